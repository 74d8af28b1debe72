"""An appliance with an HTTPS server, and ways to ask it."""
import ssl
import subprocess

import doorlab
import lab as lablib
from conftest import paste
from doorlab import BOX, PASSWORD, USER, DoorBox

CONFIG = doorlab.CONFIG + """\
domain-name example.com
username reader password letmein-2 privilege 1
aaa authentication http console LOCAL
http server enable
http 10.0.0.0 255.255.255.0 inside
"""


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.head = {k.lower(): v.strip() for k, v in (x.split(":", 1) for x in lines[1:])}
        self.text = self.body.decode(errors="replace")


class HttpBox(DoorBox):
    def __init__(self, config=CONFIG, port=443, **start):
        super().__init__(**start)
        self.port = port
        self.con.cmd("terminal pager 0")
        paste(self.con, config)
        if port:
            self.listening(port)

    def listening(self, port):
        want = f"listening on port {port}" if port else "not listening"
        lablib.wait_for("HTTPS server: " + want, lambda: want in self.con.cmd("show http"))

    def configure(self, *lines):
        out = paste(self.con, "\n".join(lines) + "\n")
        return out

    def curl(self, path, *opts, user=USER, password=PASSWORD, ns=None, timeout=60):
        """curl on the inside; head, body and status of the last answer."""
        who = ["-u", f"{user}:{password}"] if user is not None else []
        p = subprocess.run((ns or self.lab.inside).cmd("curl", "-q", "-s", "-k", "-i", "--max-time", "50", *who, *opts,
                                                       f"https://{BOX}:{self.port}{path}"),
                           capture_output=True, timeout=timeout)
        raw = p.stdout
        while raw.startswith(b"HTTP/1.1 100"):
            raw = raw.partition(b"\r\n\r\n")[2]
        assert raw, f"curl {p.returncode}: {p.stderr.decode()}"
        a = Answer(raw)
        a.rc = p.returncode
        return a

    def tcp(self, **kw):
        return self.dial(self.port, **kw)

    def tls(self, **kw):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        s = c.wrap_socket(self.tcp(**kw))
        self.open.append(s)
        return s


def basic(user=USER, password=PASSWORD):
    import base64
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() + "\r\n"


def until_closed(s):
    """Everything until the box closes the connection."""
    got = b""
    try:
        while True:
            data = s.recv(65536)
            if not data:
                return got
            got += data
    except (ConnectionError, ssl.SSLError, OSError):
        return got
