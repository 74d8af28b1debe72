"""The HTTPS server among clients that mean no good, and clients that break off."""
import os
import random
import re
import ssl
import time

import pytest

import lab as lablib
from doorlab import fixtures
from httplab import BOX, HttpBox, basic, until_closed


box, tidy = fixtures(HttpBox)


def still_there(box):
    """Serial console, HTTPS, and no connection that was left behind."""
    box.hang_up()
    assert "UTC" in box.con.cmd("show clock")
    lablib.wait_for("nobody to be connected", lambda: "10.0.0." not in sessions(box))
    a = box.curl("/admin/exec/show%20clock")
    assert a.status == 200


def sessions(box):
    return box.con.cmd("show http sessions").replace("show http sessions", "")


def test_thousands_of_half_open_connections(box):
    """They say nothing: few of an address stay, and an administrator elsewhere gets in."""
    for _ in range(1500):
        box.tcp()
    assert sessions(box).count("Negotiating") <= 12
    a = box.curl("/admin/exec/show%20clock", "--interface", "10.0.0.53")
    assert a.status == 200
    assert "UTC" in box.con.cmd("show clock")
    still_there(box)


@pytest.mark.parametrize("what", ["random", "tls", "sslv2", "http", "big"])
def test_what_is_no_tls(box, what):
    rnd = random.Random(5)
    data = {"random": bytes(rnd.randrange(256) for _ in range(4000)),
            "tls": b"\x16\x03\x01\x40\x00" + bytes(rnd.randrange(256) for _ in range(0x4000)),
            "sslv2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37),
            "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "big": b"\x16\x03\x03\xff\xff" + bytes(70000)}[what]
    s = box.tcp()
    try:
        s.sendall(data)
    except ConnectionError:
        pass
    got = until_closed(s)
    assert b"HTTP" not in got and len(got) < 100
    lablib.wait_for("725006", lambda: "725006: Device failed SSL handshake with client inside:10.0.0.254" in box.log())
    still_there(box)


def test_old_versions_and_weak_suites_are_refused(box):
    for opts in (["-tls1"], ["-tls1_1"], ["-cipher", "AES128-SHA"], ["-cipher", "AES128-GCM-SHA256"]):
        p = box.lab.inside.run("openssl", "s_client", "-connect", f"{BOX}:443", *opts, check=False,
                               input=b"", timeout=30)
        assert b"Cipher is (NONE)" in p.stdout or p.returncode != 0, opts


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00", b"GET\x00/ HTTP/1.1\r\n\r\n", b"\r\n\r\n\r\n", b"A" * 5000,
                                  b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000,
                                  b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 100 + b"\r\n",
                                  b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
                         ids=["tls", "nul", "empty", "long", "head", "fields", "lengths"])
def test_what_is_no_http(box, data):
    s = box.tls()
    s.sendall(data)
    got = until_closed(s)
    assert re.match(rb"HTTP/1\.1 4(00|14|31) [A-Z]", got) and b"\r\nConnection: close\r\n" in got
    assert got.partition(b"\r\n\r\n")[2].startswith(b"ERROR: ") and got.endswith(b"\n")
    still_there(box)


def test_random_bytes_inside_tls(box):
    rnd = random.Random(7)
    for _ in range(20):
        s = box.tls()
        try:
            s.sendall(bytes(rnd.randrange(256) for _ in range(rnd.randrange(1, 3000))))
            s.unwrap()
        except (OSError, ssl.SSLError, ValueError):
            pass
        s.close()
    still_there(box)


def test_clients_that_break_off_anywhere(box):
    whole = f"POST /admin/exec HTTP/1.1\r\nHost: x\r\n{basic()}Content-Length: 20\r\n\r\nshow clock\nshow vers".encode()
    for n in range(1, len(whole), 23):
        s = box.tls()
        s.sendall(whole[:n])
        s.close()
    s = box.tls()  # in the middle of a long answer
    s.sendall(f"GET /admin/exec/show%20logging HTTP/1.1\r\nHost: x\r\n{basic()}\r\n".encode())
    s.recv(1)
    s.close()
    still_there(box)
    lablib.wait_for("nobody on the list", lambda: "https" not in box.con.cmd("who"))


def test_a_client_that_does_not_read_stops_nobody(box):
    box.con.cmd("show logging")
    slow = []
    for _ in range(4):
        s = box.tls()
        s.sendall((f"GET /admin/exec/show%20running-config%20all HTTP/1.1\r\nHost: x\r\n{basic()}\r\n" * 40).encode())
        slow.append(s)
    start = time.monotonic()
    for _ in range(3):
        assert box.curl("/admin/exec/show%20clock").status == 200
    assert "UTC" in box.con.cmd("show clock")
    assert time.monotonic() - start < 60
    still_there(box)


def test_guesses_are_delayed_and_locked_out(box):
    box.configure("username victim password letmein-9 privilege 15", "aaa local authentication attempts max-fail 3")
    try:
        s = box.tls()
        start = time.monotonic()
        for _ in range(3):
            s.sendall(f"GET / HTTP/1.1\r\nHost: x\r\n{basic('victim', 'guess')}\r\n".encode())
        got = until_closed(s)
        assert got.count(b"HTTP/1.1 401 ") == 3 and got.count(b"ERROR: Login incorrect\n") == 3
        assert got.count(b"Connection: close") == 1
        assert time.monotonic() - start >= 6  # 1, 2, 4 seconds
        lablib.wait_for("113006", lambda: "113006" in box.log())
        assert box.curl("/", user="victim", password="letmein-9").status == 401
        box.con.cmd("clear aaa local user lockout all")
        assert box.curl("/", user="victim", password="letmein-9").status == 200
    finally:
        box.configure("no username victim", "no aaa local authentication attempts max-fail 3")
    still_there(box)


@pytest.mark.parametrize("user,password", [("x" * 65, "y"), ("a\x1b[31mb", "y"), ("", ""), ("admin", "p" * 600),
                                           ("%n%s", "%s"), ("admin\n", "x")],
                         ids=["long", "escape", "empty", "password", "format", "newline"])
def test_odd_credentials(box, user, password):
    s = box.tls()
    s.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{basic(user, password)}\r\n".encode())
    got = until_closed(s)
    assert got.startswith(b"HTTP/1.1 401 ")
    assert "\x1b" not in box.log()


def test_slow_headers_end(box):
    """One byte now and then keeps a connection 30 seconds, logged in or not; others are served meanwhile."""
    connects = time.monotonic()
    a, b = box.tls(), box.tls()
    b.sendall(f"GET / HTTP/1.1\r\nHost: x\r\n{basic()}\r\n".encode())
    assert b.recv(15) == b"HTTP/1.1 200 OK"
    since = {a: connects, b: time.monotonic()}
    ended, at = {}, 0
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"z" * 4000
    while len(ended) < 2 and time.monotonic() - connects < 150:
        for s in (a, b):
            if s in ended:
                continue
            s.settimeout(0.2)
            try:
                s.sendall(head[at:at + 1])
                if b"HTTP/1.1 408 " in s.recv(4096):
                    ended[s] = time.monotonic() - since[s]
            except (ssl.SSLWantReadError, TimeoutError):
                pass
            except OSError:
                ended[s] = time.monotonic() - since[s]
        at += 1
    assert len(ended) == 2 and all(25 < t < 90 for t in ended.values()), ended
    still_there(box)
