"""The HTTPS server with curl and with Python's own client."""
import json
import re
import struct
import time

import pytest

import lab as lablib
from doorlab import fixtures
from httplab import BOX, CONFIG, PASSWORD, USER, Answer, HttpBox, basic
from promtext import samples


box, tidy = fixtures(HttpBox)


def logged(box, pattern):
    lablib.wait_for(pattern, lambda: re.search(pattern, box.log()))


# ---- commands ----

@pytest.mark.parametrize("path", ["/admin/exec/show%20version", "/admin/exec/show+version", "/admin/exec/sh%20ver"])
def test_a_command_is_run_and_answered_as_it_would_be_typed(box, path):
    a = box.curl(path)
    assert a.status == 200
    assert a.head["content-type"] == "text/plain; charset=utf-8"
    assert int(a.head["content-length"]) == len(a.body)
    assert " Software Version " in a.text and "Serial Number:" in a.text
    assert "\r" not in a.text and "fw#" not in a.text and "More" not in a.text


def test_several_commands_stand_between_slashes(box):
    a = box.curl("/admin/exec/show%20curpriv/show%20clock/")
    assert a.status == 200
    assert "Current privilege level : 15" in a.text and re.search(r"^\d\d:\d\d:\d\d\.\d+ UTC", a.text, re.M)
    a = box.curl("/admin/exec/dir%20disk0:%2F")
    assert "Directory of disk0:/" in a.text


def test_configuration_by_command_and_by_body(box):
    a = box.curl("/admin/exec/configure+terminal/object+network+by-path/host+10.0.0.98/end")
    assert (a.status, a.text) == (200, "")
    assert "host 10.0.0.98" in box.con.cmd("show running-config object network")
    a = box.curl("/admin/config", "--data-binary", "object network by-body\r\n host 10.0.0.97\r\n")
    assert (a.status, a.text) == (200, "")
    a = box.curl("/admin/exec", "--data-binary", "show running-config object network\nwrite memory\n")
    assert a.status == 200 and "host 10.0.0.97" in a.text and "[OK]" in a.text
    logged(box, r"%ASA-5-111010: User 'admin', running 'CLI' from IP 10\.0\.0\.254, executed ' ?host 10\.0\.0\.97'")
    logged(box, r"%ASA-7-111009: User 'admin' executed cmd: show running-config")


def test_a_body_of_thousands_of_lines_is_compiled_together(box):
    lines = "".join(f"access-list big extended permit tcp host 10.1.{i // 250}.{i % 250 + 1} any eq 5060\n" for i in range(3000))
    a = post(box, "/admin/config", lines)
    assert (a.status, a.text) == (200, "")
    assert "access-list big; 3000 elements" in box.con.cmd("show access-list big | include elements")
    box.configure("clear configure access-list big")


def post(box, path, body):
    s = box.tls()
    s.sendall((f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{basic()}"
               f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
    return Answer(read_all(s))


def read_all(s):
    got = b""
    while True:
        data = s.recv(65536)
        if not data:
            return got
        got += data


def test_what_is_refused_has_a_status(box):
    a = box.curl("/admin/exec/show%20nonsense")
    assert a.status == 400 and "ERROR: % Invalid input detected at '^' marker." in a.text
    a = box.curl("/admin/exec/reload")
    assert a.status == 400
    assert a.text == "ERROR: this command asks questions, and nobody can answer here: use a console\n"
    make = "/admin/exec/configure%20terminal/crypto%20key%20generate%20rsa%20label%20twice%20modulus%202048"
    assert box.curl(make).status == 200
    a = box.curl(make)  # there is one now: shall it be replaced?
    assert a.status == 400 and a.text.endswith("nobody can answer here: use a console\n")
    assert box.curl("/admin/exec/").status == 400
    assert box.curl("/admin/exec/show%0Aversion").status == 400
    assert box.curl("/admin/exec/show%2").status == 400


def test_users_keep_to_their_level(box):
    a = box.curl("/admin/exec/show%20running-config", user="reader", password="letmein-2")
    assert a.status == 400 and "interface" not in a.text
    a = box.curl("/admin/config", user="reader", password="letmein-2")
    assert a.status == 403 and "interface" not in a.text
    assert box.curl("/capture/x/pcap", user="reader", password="letmein-2").status == 403
    box.configure("aaa authorization command LOCAL", "privilege show level 1 mode exec command running-config")
    try:
        a = box.curl("/admin/exec/write%20memory", user="reader", password="letmein-2")
        assert (a.status, a.text) == (403, "ERROR: Command authorization failed\n")
        a = box.curl("/admin/config", user="reader", password="letmein-2")
        assert a.status == 200 and a.text.endswith(": end\n")
    finally:
        box.configure("no privilege show level 1 mode exec command running-config",
                      "no aaa authorization command LOCAL")


def test_the_configuration(box):
    a = box.curl("/admin/config")
    assert a.status == 200 and a.text.startswith(": Saved") and a.text.endswith(": end\n")
    assert "\nhttp server enable\nhttp 10.0.0.0 255.255.255.0 inside\n" in a.text
    assert PASSWORD not in a.text


def test_json_for_who_wants_it(box):
    a = box.curl("/admin/exec/show%20interface%20ip%20brief", "-H", "Accept: application/json")
    assert a.status == 200 and a.head["content-type"] == "application/json"
    assert BOX in json.dumps(json.loads(a.text))
    b = box.curl("/admin/exec/show%20interface%20ip%20brief%20|%20json")
    assert b.head["content-type"] == "application/json" and json.loads(b.text)
    c = box.curl("/admin/exec/show%20interface%20ip%20brief", "-H", "Accept: */*")
    assert c.head["content-type"].startswith("text/plain") and "Interface" in c.text


def test_what_has_no_table_says_so(box):
    a = box.curl("/admin/exec/show%20tech-support", "-H", "Accept: application/json")
    assert a.status == 400 and a.head["content-type"].startswith("text/plain") and "has no table" in a.text


def test_the_server_itself_as_json(box):
    lablib.wait_for("nobody to be in", lambda: "admin" not in box.con.cmd("show http sessions"))
    s = box.tls()
    s.sendall(f"GET /admin/exec/show%20http%20sessions HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n{basic()}\r\n".encode())
    mine = [x for x in json.loads(one(s).text)["sessions"] if x["username"] == "admin"]
    assert mine and mine[-1]["client_address"] == "10.0.0.254" and mine[-1]["requests"] == 1
    it = json.loads(box.curl("/admin/exec/show%20http", "-H", "Accept: application/json").text)
    assert it["port"] == 443 and it["idle_timeout_seconds"] == 1200 and it["session_timeout_seconds"] is None
    assert it["allowed"] == [{"network": "10.0.0.0", "mask": "255.255.255.0", "interface": "inside"}]


def test_long_answers_come_in_pieces(box):
    a = box.curl("/admin/exec" + "/show%20running-config%20all" * 20)
    assert a.status == 200 and a.rc == 0
    assert len(a.body) > 16384 and a.head.get("transfer-encoding") == "chunked"
    assert a.text.count(": end\n") == 20


# ---- HTTP ----

def test_a_connection_serves_many_requests_and_logs_in_once(box):
    lablib.wait_for("nobody to be in", lambda: "admin" not in box.con.cmd("show http sessions"))
    s = box.tls()
    mine = rf"605005: Login permitted from 10\.0\.0\.254/{s.getsockname()[1]} to inside:10\.0\.0\.1/https for user \"admin\""
    for _ in range(20):
        s.sendall(f"GET /admin/exec/show%20curpriv HTTP/1.1\r\nHost: x\r\n{basic()}\r\n".encode())
        a = one(s)
        assert a.status == 200 and "level : 15" in a.text
    logged(box, mine)
    assert re.search(r"https +admin +15 +10\.0\.0\.254", box.con.cmd("who"))
    assert re.search(r"10\.0\.0\.254 +TLSv1\.2 +ECDHE-RSA-\S+ +LoggedIn +20 .*admin",
                     box.con.cmd("show http sessions"))
    # pipelined
    ask = f"GET /admin/exec/show%20clock HTTP/1.1\r\nHost: x\r\n{basic()}\r\n"
    s.sendall((ask * 3).encode())
    rest = b""
    for _ in range(3):
        a = one(s, rest)
        assert a.status == 200
        rest = a.rest
    assert len(re.findall(mine, box.log())) == 1
    sid = re.search(r"^(\d+) +10\.0\.0\.254 .*admin", box.con.cmd("show http sessions"), re.M).group(1)
    box.con.cmd("http disconnect " + sid)
    assert read_all(s) == b""
    lablib.wait_for("its end", lambda: "admin" not in box.con.cmd("show http sessions"))
    lablib.wait_for("an empty seat", lambda: "https" not in box.con.cmd("who"))


def stay(box, user=USER, password=PASSWORD):
    """A connection that logs in and stays; its first status."""
    s = box.tls()
    s.sendall(f"GET /admin/exec/show%20curpriv HTTP/1.1\r\nHost: x\r\n{basic(user, password)}\r\n".encode())
    return one(s)


def test_one_user_does_not_keep_others_out(box):
    lablib.wait_for("nobody to be in", lambda: "reader" not in box.con.cmd("show http sessions"))
    for _ in range(8):
        assert stay(box, "reader", "letmein-2").status == 200
    a = stay(box, "reader", "letmein-2")
    assert a.status == 503 and a.text.startswith("ERROR: this user has as many HTTPS sessions as one may have")
    assert stay(box).status == 200
    box.hang_up()
    lablib.wait_for("nobody to be in", lambda: "reader" not in box.con.cmd("show http sessions"))
    assert stay(box, "reader", "letmein-2").status == 200


def one(s, got=b""):
    """One answer with a length."""
    while b"\r\n\r\n" not in got:
        got += s.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    n = int(re.search(rb"content-length: (\d+)", head, re.I).group(1))
    while len(body) < n:
        body += s.recv(65536)
    a = Answer(head + b"\r\n\r\n" + body[:n])
    a.rest = body[n:]
    return a


def test_head_runs_nothing(box):
    a = box.curl("/admin/exec/configure%20terminal/hostname%20changed", "-I")
    assert a.status == 200 and a.body == b""
    assert "hostname fw" in box.con.cmd("show running-config hostname")
    a = box.curl("/metrics", "-I")
    assert a.status == 200 and a.body == b"" and int(a.head["content-length"]) > 1000


@pytest.mark.parametrize("path,opts,status", [
    ("/", [], 200), ("/nothing", [], 404), ("/admin", [], 404), ("/metricsx", [], 404), ("/capture/", [], 404),
    ("/capture/none", [], 400), ("/capture/none/pcap", [], 404), ("/capture/a/b", [], 404), ("/capture/a%20b", [], 404),
    ("/metrics", ["-X", "POST"], 405), ("/admin/config", ["-X", "DELETE"], 405), ("/admin/config", ["-X", "POST"], 400),
    ("/" + "x" * 5000, [], 414), ("/", ["-H", "X-Big: " + "y" * 9000], 431), ("/metrics?x=1", [], 200),
    ("/admin/config", ["-H", "Transfer-Encoding: chunked", "-d", "x"], 501),
    ("/admin/config", ["-H", "Content-Length: 300000", "-X", "POST"], 413),
    ("/metrics", ["-H", "Sec-Fetch-Site: cross-site"], 403), ("/metrics", ["-H", "Origin: https://evil.example"], 403),
    ("/metrics", ["-H", "Sec-Fetch-Site: none"], 200), ("/metrics", ["-H", f"Origin: https://{BOX}:443", "-H", f"Host: {BOX}:443"], 200),
])
def test_statuses(box, path, opts, status):
    a = box.curl(path, *opts)
    assert a.status == status, a.text
    if status >= 400:
        assert a.text.startswith("ERROR: ") or "%" in a.text
    if status == 405:
        assert "GET" in a.head["allow"]


def test_who_has_not_logged_in_learns_nothing(box):
    for path in ("/", "/metrics", "/nothing", "/admin/exec/show%20version"):
        a = box.curl(path, user=None)
        assert a.status == 401 and a.head["www-authenticate"].startswith("Basic realm=")
        assert a.text == "ERROR: log in with a user name and a password (Basic)\n"
    a = box.curl("/", password="wrong")
    assert (a.status, a.text) == (401, "ERROR: Login incorrect\n")
    logged(box, r"605004: Login denied from 10\.0\.0\.254/\d+ to inside:10\.0\.0\.1/https for user \"admin\"")
    assert box.curl("/", "-H", "Authorization: Bearer x", user=None).status == 401


def test_a_removed_user_is_out_at_once(box):
    box.configure("username guest password letmein-3 privilege 15")
    s = box.tls()
    ask = f"GET /admin/exec/show%20clock HTTP/1.1\r\nHost: x\r\n{basic('guest', 'letmein-3')}\r\n".encode()
    s.sendall(ask)
    assert one(s).status == 200
    box.configure("no username guest")
    s.sendall(ask)
    assert one(s).status == 401


# ---- captures ----

def test_a_capture_as_text_and_as_a_file(box):
    box.con.cmd("capture here interface inside")
    try:
        assert box.lab.inside.run("ping", "-c", "1", "-W", "5", BOX, check=False) is not None
        lablib.wait_for("packets", lambda: re.search(r"[1-9]\d* packets? captured", box.con.cmd("show capture here")))
        a = box.curl("/capture/here")
        assert a.status == 200 and "captured" in a.text
        a = box.curl("/capture/here/pcap")
        assert a.status == 200 and a.head["content-type"] == "application/vnd.tcpdump.pcap"
        magic, = struct.unpack("<I", a.body[:4])
        assert magic in (0xa1b2c3d4, 0xa1b23c4d)
        at, n = 24, 0
        while at < len(a.body):
            caplen, = struct.unpack("<I", a.body[at + 8:at + 12])
            at += 16 + caplen
            n += 1
        assert at == len(a.body) and n > 0
        logged(box, "executed the 'copy /noconfirm /pcap capture:here https:' command")
    finally:
        box.con.cmd("no capture here")


# ---- metrics ----

def test_metrics_are_what_prometheus_reads(box):
    lablib.wait_for("an empty seat", lambda: "https" not in box.con.cmd("who"))
    first = box.curl("/metrics")
    assert first.status == 200 and first.head["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    a = samples(first.text)
    assert a[("voxgate_interface_up", (("interface", "inside"),))] == 1
    assert a[("voxgate_console_sessions", (("line", "https"),))] == 1
    assert abs(a[("voxgate_start_time_seconds", ())] + a[("voxgate_uptime_seconds", ())] - time.time()) < 60
    want = {"voxgate_interface_receive_packets_total", "voxgate_tls_handshakes_total", "voxgate_logins_total",
            "voxgate_https_answers_total", "voxgate_log_messages_total", "voxgate_cpu_seconds_total"}

    def later():
        """The log's thread counts when it gets to it."""
        b = samples(box.curl("/metrics").text)
        assert all(b[k] >= a[k] for k in a if k[0].endswith("_total"))
        return want <= {k[0] for k in a if k[0].endswith("_total") and b[k] > a[k]} and b

    b = lablib.wait_for("all of them to go up", later)
    assert any(k[0] == "voxgate_dropped_packets_total" for k in a) and len(a) < 1000
    assert any(k[0] == "voxgate_connections" and v >= 1 for k, v in b.items())


def test_what_an_operator_clears_does_not_go_back_in_metrics(box):
    box.lab.inside.run("curl", "-s", "--max-time", "1", f"http://{BOX}:81/", check=False)  # nothing listens
    a = samples(box.curl("/metrics").text)
    assert sum(v for k, v in a.items() if k[0] == "voxgate_dropped_packets_total") > 0
    box.con.cmd("clear asp drop")
    b = samples(box.curl("/metrics").text)
    assert all(b[k] >= a[k] for k in a if k[0].endswith("_total"))


def test_a_certificate_has_its_end_in_metrics(box):
    box.configure("crypto ca trustpoint web", "enrollment self", "subject-name CN=fw.example.com", "exit",
                  "crypto ca enroll web noconfirm")
    try:
        lablib.wait_for("the certificate", lambda: "fw.example.com" in box.con.cmd("show crypto ca certificates web"))
        a = samples(box.curl("/metrics").text)
        assert a[("voxgate_certificate_not_after_seconds", (("trustpoint", "web"),))] > time.time() + 86400
        before = box.curl("/", "-v")
        box.configure("ssl trust-point web inside")
        assert "Certificate: trustpoint web" in box.con.cmd("show http")
        s = box.tls()
        der = s.getpeercert(True)
        import hashlib
        print_ = ":".join(f"{x:02X}" for x in hashlib.sha256(der).digest())
        assert print_ in box.con.cmd("show http")
        assert before.status == 200
    finally:
        box.configure("no ssl trust-point web inside")
    assert "Certificate: self-signed" in box.con.cmd("show http")


# ---- whether it is there ----

def test_nothing_listens_that_is_not_configured():
    box = HttpBox(CONFIG.replace("http server enable\nhttp 10.0.0.0 255.255.255.0 inside\n", ""), port=0)
    try:
        assert "not listening" in box.con.cmd("show http")
        box.port = 443
        closed(box, "710005")
        out = box.configure("http server enable 8443")
        assert 'Nobody may connect before "http NETWORK MASK INTERFACE"' in out
        box.configure("http 10.0.0.99 255.255.255.255 inside")
        box.listening(8443)
        box.port = 8443
        closed(box, "710003")
        box.configure("http 10.0.0.0 255.255.255.0 inside")
        assert box.curl("/metrics").status == 200
        s = box.tls()
        s.sendall(f"GET / HTTP/1.1\r\nHost: x\r\n{basic()}\r\n".encode())
        assert one(s).status == 200
        box.configure("http server idle-timeout 30", "http server session-timeout 60")
        run = box.con.cmd("show running-config http")
        assert run.splitlines()[-5:] == ["http server enable 8443", "http server idle-timeout 30",
                                         "http server session-timeout 60", "http 10.0.0.99 255.255.255.255 inside",
                                         "http 10.0.0.0 255.255.255.0 inside"], run
        box.configure("http server enable")  # another port: who is connected to the old one is sent away
        assert read_all(s) == b""
        box.listening(443)
        box.port = 443
        assert box.curl("/metrics").status == 200
        # without users it is the enable password, and no name
        box.configure("no aaa authentication http console LOCAL")
        a = box.curl("/admin/exec/show%20curpriv", user="", password="enable-1")
        assert a.status == 200 and "level : 15" in a.text
        assert box.curl("/", user="", password="").status == 401
        assert box.curl("/", user="admin", password=PASSWORD).status == 401
        box.configure("clear configure http")
        box.listening(0)
        assert "http" not in box.con.cmd("show running-config http").replace("show running-config http", "")
        closed(box, "710005")
        # the certificate stays, whatever comes and goes
        assert "Certificate: self-signed" in box.con.cmd("show http")
        print_ = fingerprint(box)
        box.configure("http server enable", "http 10.0.0.0 255.255.255.0 inside")
        assert "[OK]" in box.con.cmd("write memory")
        box.lab.stop()
        box.con = box.lab.start(password="enable-1")
        box.listening(443)
        assert box.curl("/", user="", password="enable-1").status == 200
        assert fingerprint(box) == print_
    finally:
        box.close()


def fingerprint(box):
    return re.search(r"Fingerprint: SHA256 ([0-9A-F:]{95})", box.con.cmd("show http")).group(1)


def closed(box, message):
    n = box.log().count(message)

    def told():
        p = box.lab.inside.run("curl", "-s", "-k", "--max-time", "1", f"https://{BOX}:{box.port}/", check=False)
        assert p.returncode != 0 and p.stdout == b""
        return box.log().count(message) > n

    lablib.wait_for(message, told)
