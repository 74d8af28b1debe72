"""Log messages by mail: the first server takes none, the second one does; who gets what."""
import email
import json
import os
import sys

import lab as lablib
from conftest import paste

CONFIG = lablib.PORTS + """\
hostname door
domain-name example.com
logging enable
logging class config mail notifications
logging from-address door@example.com
logging recipient-address ann@example.com
logging recipient-address bob@example.com level errors
logging recipient-address eve@example.com level notifications
"""

# As much of a server as a client needs; nobody is called eve. One file for each mail.
SERVER = """\
import json, os, socket, sys
said = {"HELO": b"250 hello", "EHLO": b"250 hello", "MAIL": b"250 ok", "RCPT": b"250 ok", "DATA": b"354 go on", "QUIT": b"221 bye"}
s = socket.create_server(("10.0.0.254", 25))
print("ready", flush=True)
n = 0
while True:
    con = s.accept()[0]
    with con, con.makefile("rwb") as f:
        con.settimeout(60)
        words, data = [], []
        f.write(b"220 mail\\r\\n")
        f.flush()
        while line := f.readline():
            words.append(line.decode().strip())
            answer = said.get(words[-1][:4].upper(), b"500 what?")
            if "eve@" in words[-1]:
                answer = b"550 nobody of that name"
            f.write(answer + b"\\r\\n")
            f.flush()
            if answer[:3] == b"354":
                while (line := f.readline()) not in (b".\\r\\n", b""):
                    data.append(line.decode())
                f.write(b"250 taken\\r\\n")
                f.flush()
            if answer[:3] == b"221":
                break
        if data:
            n += 1
            with open(sys.argv[1] + "/new", "w") as out:
                json.dump({"said": words, "data": "".join(data)}, out)
            os.rename(sys.argv[1] + "/new", f"{sys.argv[1]}/{n}.json")
"""


def mails(box):
    """What has been taken so far, oldest first."""
    found = []
    for name in sorted((n for n in os.listdir(box) if n.endswith(".json")), key=lambda n: int(n[:-5])):
        with open(os.path.join(box, name)) as f:
            found.append(json.load(f))
    return found


def test_messages_come_by_mail(lab):
    con = lab.start()
    box = os.path.join(lab.dir, "mails")
    os.mkdir(box)
    server = lab.spawn(lab.inside, sys.executable, "-c", SERVER, box, stdout=-1)
    assert server.stdout.readline() == b"ready\n"
    paste(con, CONFIG)
    status = lablib.wait_for("the first messages", lambda: json.loads(con.cmd("show logging setting | json"))["mails"])
    assert status["sent"] == 0 and "smtp-server is missing" in status["cause"]
    paste(con, "smtp-server 192.0.2.10 10.0.0.254\nclock timezone CET 1\n")
    text = "%ASA-5-111008: User 'enable_15' executed the 'clock timezone CET 1' command.\n"
    lablib.wait_for("the mail", lambda: any(text in m["data"].replace("\r", "") for m in mails(box)))
    for m in mails(box):
        assert m["said"][0] == "EHLO door.example.com"
        assert [w.split(" SIZE")[0] for w in m["said"][1:3]] == ["MAIL FROM:<door@example.com>", "RCPT TO:<ann@example.com>"]
        read = email.message_from_string(m["data"])
        assert read["From"] == "<door@example.com>" and read["To"] == "<ann@example.com>"
        assert read["Subject"].startswith("door.example.com: ") and read["Subject"].endswith(", notifications")
        assert all(line.startswith("%ASA-5-111") for line in read.get_payload().splitlines())

    def one_is_refused():
        now = json.loads(con.cmd("show logging setting | json"))["mails"]
        return now if now["failed"] and now.get("cause") else None

    assert lablib.wait_for("the answer to the other one", one_is_refused)["sent"] >= 1
