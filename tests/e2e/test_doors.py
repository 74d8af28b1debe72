"""The doors of the box, SSH and HTTPS, with as many before them as there may be, and far more."""
import socket
import struct

import pytest

import lab as lablib
from doorlab import in_namespace
from httplab import BOX, CONFIG, HttpBox, basic, until_closed
from sshlab import OPENSSH

SESSIONS, OF_ONE = 32, 8
SYNS = 2000  # at each door
CONFIG += """\
username u1 password letmein-1
username u2 password letmein-1
username u3 password letmein-1
username u4 password letmein-1
aaa authentication ssh console LOCAL
ssh 10.0.0.0 255.255.255.0 inside
"""


@pytest.fixture(scope="module")
def box():
    it = HttpBox(CONFIG)
    lablib.wait_for("the host key", lambda: "Host key: RSA, SHA256:" in it.con.cmd("show ssh"))
    yield it
    it.close()


@pytest.fixture(autouse=True)
def tidy(box):
    yield
    box.hang_up()
    lablib.wait_for("nobody to be in", lambda: "LoggedIn" not in box.con.cmd("show http sessions"))


def ssh(box):
    return box.lab.inside.run("sshpass", "-p", "letmein-1", *OPENSSH, f"admin@{BOX}", "show curpriv", check=False)


def enter(box, user):
    """A connection that asks for a page and stays; what is answered first."""
    s = box.tls()
    s.sendall(f"GET / HTTP/1.1\r\nHost: x\r\n{basic(user)}\r\n".encode())
    return s, s.recv(65536).decode()


def logged_in(box):
    return box.con.cmd("show http sessions").count("LoggedIn")


def test_the_session_after_the_last_is_told_and_a_place_comes_back(box):
    inside = []
    for n in range(SESSIONS):
        s, answer = enter(box, f"u{1 + n // OF_ONE}")
        assert answer.startswith("HTTP/1.1 200 "), (n, answer)
        inside.append(s)
    assert logged_in(box) == SESSIONS
    s, answer = enter(box, "admin")
    answer += until_closed(s).decode()
    assert answer.startswith("HTTP/1.1 503 ") and "\r\nConnection: close\r\n" in answer
    assert answer.endswith('ERROR: all HTTPS sessions are in use: see "show http sessions"\n')
    assert "UTC" in box.con.cmd("show clock")
    assert b"level : 15" in ssh(box).stdout  # another door
    inside[17].close()
    lablib.wait_for("a place", lambda: logged_in(box) == SESSIONS - 1)
    s, answer = enter(box, "admin")
    assert answer.startswith("HTTP/1.1 200 ")


def test_one_user_has_eight_and_others_get_in(box):
    for _ in range(OF_ONE):
        assert enter(box, "u1")[1].startswith("HTTP/1.1 200 ")
    s, answer = enter(box, "u1")
    assert "ERROR: this user has as many HTTPS sessions as one may have" in answer + until_closed(s).decode()
    assert enter(box, "u2")[1].startswith("HTTP/1.1 200 ")


# ---- connections that are begun and never finished ----

def checksum(data):
    n = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


def syn(source, sport, dport):
    src, dst = socket.inet_aton(source), socket.inet_aton(BOX)
    tcp = struct.pack("!HHIIHHHHBBH", sport, dport, sport * 65537, 0, 0x6002, 64240, 0, 0, 2, 4, 1460)
    tcp = tcp[:16] + struct.pack("!H", checksum(src + dst + struct.pack("!HH", 6, len(tcp)) + tcp)) + tcp[18:]
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, src, dst) + tcp


def half_open(box, dport):
    """From many addresses that never answer."""
    s = in_namespace(box.lab.inside, lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
    with s:
        for n in range(SYNS):
            s.sendto(syn(f"10.0.0.{100 + n % 100}", 20000 + n // 100, dport), (BOX, 0))


def test_thousands_of_half_open_connections(box):
    """The local console answers meanwhile, and who comes later gets in at once, at either door."""
    half_open(box, 443)
    half_open(box, 22)
    assert "UTC" in box.con.cmd("show clock")
    lablib.wait_for("them to be there", lambda: box.con.cmd("show conn count").split()[0] not in ("0", "1"))
    assert enter(box, "admin")[1].startswith("HTTP/1.1 200 ")
    assert b"level : 15" in ssh(box).stdout
    half_open(box, 443)
    half_open(box, 22)
    assert b"level : 15" in ssh(box).stdout
    assert enter(box, "u1")[1].startswith("HTTP/1.1 200 ")
    assert "UTC" in box.con.cmd("show clock")
    assert "punt-no-mem" not in box.con.cmd("show asp drop")  # the oldest of them give way


def test_thousands_that_connect_and_say_nothing(box):
    """Few of an address stay at either door, and an administrator elsewhere gets in."""
    for _ in range(600):
        box.dial(443)
        box.dial(22)
    assert "UTC" in box.con.cmd("show clock")
    assert box.con.cmd("show http sessions").count("Negotiating") <= 12
    assert box.con.cmd("show ssh sessions").count("Negotiating") <= 2 * 8
    p = box.lab.inside.run("sshpass", "-p", "letmein-1", *OPENSSH, "-b", "10.0.0.53", f"admin@{BOX}", "show curpriv",
                           check=False)
    assert b"level : 15" in p.stdout, p.stderr
    assert box.curl("/", "--interface", "10.0.0.53").status == 200
