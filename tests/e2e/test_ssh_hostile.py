"""The SSH server among clients that mean no good, and clients that break off."""
import os
import re
import socket
import struct
import time

import pytest

import lab as lablib
from doorlab import fixtures
from sshlab import PASSWORD, SECRET, USER, SshBox


box, tidy = fixtures(SshBox)


def ended(s):
    """The box has closed the connection."""
    try:
        while s.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def still_there(box):
    """Serial console, SSH, and no connection that was left behind."""
    assert "UTC" in box.con.cmd("show clock")
    nobody(box)
    assert box.ssh("show clock").returncode == 0
    nobody(box)


def nobody(box):
    """Whoever has hung up has his place until the box has seen it."""
    lablib.wait_for("nobody to be connected", lambda: "10.0.0." not in box.con.cmd("show ssh sessions"))


# ---- limits ----

def test_half_open_connections_are_few_per_address_and_others_get_in(box):
    quiet = []
    for _ in range(200):
        s = box.socket()
        quiet.append(s)
    assert "UTC" in box.con.cmd("show clock")
    t = box.transport(source="10.0.0.53")  # an administrator elsewhere
    assert t.is_authenticated()
    lablib.wait_for("eight of them and the administrator",
                    lambda: box.con.cmd("show ssh sessions").count(" IN ") <= 9)
    t.close()
    for s in quiet:
        s.close()
    still_there(box)


def test_sessions_are_limited_and_the_next_is_told(box):
    box.con.cmd("configure terminal")
    box.con.cmd("quota management-session 2")
    a, b = box.transport(), box.transport()
    p = box.ssh("show clock", opts=["-o", "LogLevel=INFO"])
    assert p.returncode != 0 and "ERROR: all SSH sessions are in use" in p.err
    a.close()
    lablib.wait_for("a place", lambda: box.sessions() == 1)
    p = box.ssh("show clock")
    assert p.returncode == 0
    b.close()
    box.con.cmd("no quota management-session 2")
    box.con.cmd("end")
    assert "quota" not in box.con.cmd("show running-config")
    still_there(box)


def test_fifty_sessions_at_once(box):
    box.con.cmd("configure terminal")
    box.con.cmd("quota management-session 50")
    box.con.cmd("end")
    ts, shells = [], []
    for _ in range(50):  # each session at once: a connection that has none is ended before long
        ts.append(box.transport())
        shells.append(box.shell(ts[-1]))
    for s in shells:
        s.send("show curpriv\n")
    for s in shells:
        assert "level : 1" in s.until("fw> ")
    assert box.sessions() == 50
    for t in ts:
        t.close()
    lablib.wait_for("their ends", lambda: box.sessions() == 0)
    box.con.cmd("configure terminal")
    box.con.cmd("no quota management-session 50")
    box.con.cmd("end")
    still_there(box)


# ---- guessing ----

@pytest.mark.parametrize("user", ["admin", "nobody-here", "x" * 300, "", "a\x1b[31mb"],
                         ids=["admin", "nobody", "long", "empty", "escape"])
def test_three_wrong_passwords_end_it(box, user):
    import paramiko
    t = box.transport(log_in=False)
    for _ in range(3):
        with pytest.raises((paramiko.SSHException, EOFError)):
            t.auth_password(user, "wrong")
    lablib.wait_for("the end", lambda: not t.is_active())
    box.con.cmd("clear aaa local user lockout all")
    still_there(box)


def test_no_method_none_and_no_channel_without_a_login(box):
    import paramiko
    t = box.transport(log_in=False)
    with pytest.raises(paramiko.BadAuthenticationType) as e:
        t.auth_none(USER)
    assert set(e.value.allowed_types) == {"password", "publickey", "keyboard-interactive"}
    with pytest.raises((paramiko.SSHException, EOFError)):
        t.open_session(timeout=10)
    t.close()
    still_there(box)


# ---- messages out of state ----

def message(t, kind, *parts):
    """A message of a paramiko transport that its own code would not send now."""
    import paramiko
    m = paramiko.Message()
    m.add_byte(bytes([kind]))
    for p in parts:
        if isinstance(p, bool):
            m.add_boolean(p)
        elif isinstance(p, int):
            m.add_int(p)
        else:
            m.add_string(p)
    t._send_message(m)


@pytest.mark.parametrize("kind", [52, 51, 60, 61, 6, 80, 81, 90, 91, 93, 94, 96, 97, 98, 99, 100, 30, 31, 21, 255])
def test_messages_before_the_login(box, kind):
    """USERAUTH_SUCCESS, INFO_RESPONSE, channel and key exchange messages from one who is nobody."""
    t = box.transport(log_in=False)
    message(t, 5, b"ssh-userauth")
    message(t, kind, 1, 2, 3, b"session", 4)
    message(t, 90, b"session", 0, 1000000, 32768)
    message(t, 98, 0, b"exec", True, b"show running-config")
    time.sleep(0.05)
    assert box.sessions() == 0 or "SessionStarted" not in box.con.cmd("show ssh sessions")
    t.close()
    still_there(box)


@pytest.mark.parametrize("kind", [52, 60, 61, 94, 95, 96, 97, 98, 99, 93, 21, 30, 255])
def test_messages_after_the_login(box, kind):
    t = box.transport()
    box.shell(t)
    message(t, kind, 0, 0xffffffff, 0x7fffffff, b"x", True)
    message(t, kind, 77, b"shell", False)
    t.close()
    still_there(box)


def test_requests_of_all_kinds_are_answered(box):
    """Each wants a reply and gets one; the session goes on."""
    import paramiko
    t = box.transport()
    c = t.open_session(timeout=30)
    c.settimeout(30)
    c.set_environment_variable("LANG", "C")
    c.get_pty("x" * 100, 0, 0)
    with pytest.raises(paramiko.SSHException):
        c.invoke_subsystem("sftp")
    c = None
    t.close()
    t = box.transport()
    c = t.open_session(timeout=30)
    c.settimeout(30)
    c.invoke_shell()
    for again in (c.invoke_shell, lambda: c.exec_command("show clock"), lambda: c.get_pty()):
        with pytest.raises(paramiko.SSHException):
            again()
    t.close()
    still_there(box)


# ---- bytes ----

def test_random_bytes_in_place_of_ssh(box):
    for n in range(40):
        s = box.socket()
        try:
            if n % 2:
                s.sendall(b"SSH-2.0-x\r\n")
            s.sendall(os.urandom(1 + n * 97))
            s.shutdown(socket.SHUT_WR)
            ended(s)
        except OSError:
            pass  # it has ended it by now
        s.close()
    still_there(box)


@pytest.mark.parametrize("hello", [b"SSH-1.5-old\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\r\n" * 5000, b"S" * 70000,
                                   b"SSH-2.0-" + b"x" * 400 + b"\r\n", b"\0" * 100],
                         ids=["ssh1", "http", "lines", "long", "name", "zeros"])
def test_other_greetings(box, hello):
    s = box.socket()
    try:
        s.sendall(hello)
        s.shutdown(socket.SHUT_WR)
        ended(s)
    except OSError:
        pass
    s.close()
    still_there(box)


@pytest.mark.parametrize("length", [0, 1, 35000, 0x7fffffff, 0xffffffff])
def test_packets_that_lie_about_their_length(box, length):
    s = box.socket()
    s.sendall(b"SSH-2.0-liar\r\n" + struct.pack(">IB", length, 4) + b"\x14" + b"\0" * 100)
    s.shutdown(socket.SHUT_WR)
    ended(s)
    s.close()
    still_there(box)


# ---- breaking off ----

DIALOGS = [
    ("enable", "Password: "),
    ("enable\n" + SECRET + "\nreload", "[Y]es/[N]o"),
    ("enable\n" + SECRET + "\ncopy running-config startup-config", "?"),
    ("enable\n" + SECRET + "\nconfigure terminal\ncrypto key zeroize rsa", "[yes/no]: "),
    ("enable\n" + SECRET + "\nconfigure terminal\ncrypto ca trustpoint t\nenrollment terminal\ncrypto ca authenticate t",
     "by itself"),
    ("enable\n" + SECRET + "\nterminal pager 5\nshow running-config", "<--- More --->"),
    ("enable\n" + SECRET + "\nping 10.0.0.200 repeat 1000", "!" * 0 + "Sending"),
]


@pytest.mark.parametrize("lines,question", DIALOGS, ids=["enable", "reload", "copy", "zeroize", "paste", "pager", "ping"])
@pytest.mark.parametrize("how", ["close", "abort"])
def test_connections_that_break_in_a_dialog(box, lines, question, how):
    t = box.transport()
    s = box.shell(t, width=80, height=24)
    s.send(lines + "\n")
    s.until(question)
    if how == "abort":
        t.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        t.sock.close()
    t.close()
    lablib.wait_for("its session to end", lambda: "10.0.0." not in box.con.cmd("show ssh sessions"))
    assert "Host key: RSA" in box.con.cmd("show ssh")
    assert "startup-config" not in os.listdir(box.lab.flash())


def test_memory_and_descriptors_are_flat(box):
    box.ssh("show clock")
    lablib.wait_for("the end", lambda: "10.0.0." not in box.con.cmd("show ssh sessions"))
    before = box.lab.app.fds()
    for n in range(30):
        if n % 3 == 0:
            box.ssh("show clock")
        elif n % 3 == 1:
            box.ssh("show clock", password="wrong")
            box.con.cmd("clear aaa local user lockout all")
        else:
            s = box.socket()
            s.sendall(b"SSH-2.0-x\r\n")
            s.close()
    lablib.wait_for("the end", lambda: "10.0.0." not in box.con.cmd("show ssh sessions"))
    lablib.wait_for("descriptors to be given back", lambda: box.lab.app.fds() <= before)
