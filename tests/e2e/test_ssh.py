"""The SSH console with the clients that people use."""
import base64
import json
import os
import re
import struct
import subprocess
import sys

import pytest

import lab as lablib
from conftest import paste
from doorlab import fixtures
from jsondoc import document, parsed
from sshlab import BOX, OPENSSH, PASSWORD, SECRET, USER, SshBox

HERE = os.path.dirname(os.path.abspath(__file__))

box, tidy = fixtures(SshBox)


# ---- OpenSSH ----

def test_exec_prints_the_output_alone_and_tells_success(box):
    p = box.ssh("show version | include Software Version")
    assert p.returncode == 0, p.err
    assert re.fullmatch(r"\S.* Software Version .*\n", p.out)
    p = box.ssh("show clock\nshow curpriv")
    assert p.returncode == 0
    assert "Current privilege level : 15" in p.out and "fw" not in p.out
    p = box.ssh("show nonsense")
    assert p.returncode == 1
    assert "ERROR: % Invalid input detected at '^' marker." in p.out


def test_exec_is_not_paged_and_may_configure(box):
    p = box.ssh("show running-config all")
    assert p.returncode == 0 and p.out.endswith(": end\n") and "More" not in p.out
    p = box.ssh("configure terminal\nobject network by-exec\n host 10.0.0.99\nend")
    assert (p.returncode, p.out) == (0, ""), p.out
    assert "host 10.0.0.99" in box.con.cmd("show running-config object network")


def test_exec_runs_at_the_users_level(box):
    p = box.ssh("show running-config", user="reader", password="letmein-2")
    assert p.returncode == 1 and "interface" not in p.out
    for line in ("disable 15", "enable 15"):  # up needs a password
        p = box.ssh(f"{line}\nshow running-config", user="reader", password="letmein-2")
        assert p.returncode == 1 and "interface" not in p.out


def test_who_may_not_enable_has_no_privileges_by_a_command(box):
    paste(box.con, "username nas password letmein-4 privilege 15\nusername nas attributes\nservice-type nas-prompt\n"
                   "exit\naaa authorization exec LOCAL\n")
    try:
        p = box.ssh("show curpriv\nshow running-config", user="nas", password="letmein-4")
        assert "privilege level : 1\n" in p.out and "interface" not in p.out, p.out
        p = box.ssh(opts=["-T"], text=f"enable\n{SECRET}\n{SECRET}\n{SECRET}\n", user="nas", password="letmein-4")
        assert p.out.count("Invalid password\n") == 3 and "Access denied.\n" in p.out and "fw# " not in p.out, p.out
    finally:
        paste(box.con, "no aaa authorization exec LOCAL\nno username nas\n")


def test_shell_without_a_terminal_ends_with_its_input(box):
    p = box.ssh(opts=["-T"], text=f"show clock\nenable\n{SECRET}\nshow curpriv\n")
    assert p.returncode == 0, p.err
    assert "fw# show curpriv\nUsername : " in p.out and "level : 15" in p.out
    assert SECRET not in p.out


def test_shell_on_a_terminal(box):
    p = box.ssh(opts=["-tt"], text=f"enable\r{SECRET}\rterminal pager 0\rshow inventory\rexit\r")
    assert p.returncode == 0, p.err
    assert "fw# show inventory\n" in p.out and p.out.endswith("\nLogoff\n\n"), p.out
    greeting = p.out.split("fw> ")[0]
    assert ">" not in greeting and "#" not in greeting


def test_typed_ahead_and_ended_by_eof(box):
    """Lines and the end of input come at once; all are read."""
    p = box.ssh(opts=["-tt"], text="show clock\n" * 200 + "\x04")
    assert p.returncode == 0, p.err
    assert len(re.findall(r"\d\d:\d\d:\d\d\.\d+ ", p.out)) == 200


def test_keyboard_interactive_and_compression(box):
    p = box.ssh("show clock", opts=["-o", "PreferredAuthentications=keyboard-interactive", "-o", "Compression=yes"])
    assert p.returncode == 0 and " UTC " in p.out, p.err


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_public_keys(box, kind):
    """A key of the user's own, among others that are not known; a password is not asked for."""
    path = os.path.join(box.lab.dir, kind)
    lablib.subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
    lablib.subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path + "-other"], check=True)
    own = ["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", path + "-other", "-i", path]
    assert box.ssh("show clock", opts=own).returncode == 255
    blob = open(path + ".pub").read().split()[1]
    box.con.cmd("configure terminal")
    box.con.cmd("username admin attributes")
    assert "ERROR" not in box.con.cmd(f"ssh authentication publickey {blob}")
    box.con.cmd("end")
    p = box.ssh("show curpriv", opts=own)
    assert p.returncode == 0 and "Username : admin" in p.out, p.err
    assert box.ssh("show clock", opts=own, user="reader").returncode == 255
    box.con.cmd("configure terminal")
    box.con.cmd("username admin attributes")
    box.con.cmd("no ssh authentication publickey")
    box.con.cmd("end")
    assert box.ssh("show clock", opts=own).returncode == 255


@pytest.mark.parametrize("kex", ["curve25519-sha256", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
                                 "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512"])
def test_key_exchanges_of_today(box, kex):
    p = box.ssh("show clock", opts=["-o", f"KexAlgorithms={kex}"])
    assert p.returncode == 0, p.err


@pytest.mark.parametrize("cipher", ["aes128-ctr", "aes256-ctr", "aes256-gcm@openssh.com",
                                    "chacha20-poly1305@openssh.com"])
def test_ciphers_of_today(box, cipher):
    p = box.ssh("show clock", opts=["-c", cipher, "-o", "MACs=hmac-sha2-256,hmac-sha2-512"])
    assert p.returncode == 0, p.err


def test_weak_algorithms_only_where_configured(box):
    weak = ["-o", "KexAlgorithms=diffie-hellman-group14-sha1"]
    p = box.ssh("show clock", opts=weak)
    assert p.returncode == 255
    box.con.cmd("configure terminal")
    box.con.cmd("ssh key-exchange group dh-group14-sha1")
    p = box.ssh("show clock", opts=weak)
    assert p.returncode == 0, p.err
    box.con.cmd("no ssh key-exchange group dh-group14-sha1")
    box.con.cmd("end")
    assert box.ssh("show clock", opts=["-c", "aes128-cbc"]).returncode == 255
    assert box.ssh("show clock", opts=["-o", "HostKeyAlgorithms=ssh-rsa"]).returncode == 255


@pytest.mark.parametrize("line,client,other", [
    ("encryption custom aes128-cbc", ["-c", "aes128-cbc"], ["-c", "aes256-ctr"]),
    ("encryption custom aes192-ctr:3des-cbc", ["-c", "3des-cbc"], ["-c", "aes128-cbc"]),
    ("encryption medium", ["-c", "aes256-cbc"], ["-c", "3des-cbc"]),
    ("encryption high", ["-c", "aes256-ctr"], ["-c", "aes128-ctr"]),
    ("integrity custom hmac-sha1", ["-c", "aes128-ctr", "-m", "hmac-sha1"], ["-c", "aes128-ctr", "-m", "hmac-sha2-256"]),
])
def test_what_is_configured_is_offered_and_nothing_else(box, line, client, other):
    """A new line is for new connections, those that there are go on."""
    t = box.transport()
    s = box.enabled(t)
    old = not line.endswith("high")
    assert (box.ssh("show clock", opts=client).returncode == 255) is old
    s.send("configure terminal\n")
    s.until("(config)# ")
    assert "ERROR" not in s.cmd("ssh cipher " + line, prompt="(config)# ")
    p = box.ssh("show clock", opts=client)
    assert p.returncode == 0 and " UTC " in p.out, p.err
    p = box.ssh("show clock", opts=[*other, "-o", "LogLevel=INFO"])
    assert p.returncode == 255 and "Unable to negotiate" in p.err, p.err
    assert "ERROR" not in s.cmd("no ssh cipher " + line, prompt="(config)# ")
    assert (box.ssh("show clock", opts=client).returncode == 255) is old
    assert box.ssh("show clock", opts=["-c", "aes128-ctr", "-m", "hmac-sha2-256"]).returncode == 0
    t.close()


def offer(**only):
    """A client's KEXINIT (RFC 4253, 7.1) in its packet, with the algorithms of `only` in place of what all know."""
    lists = dict(kex="curve25519-sha256,ecdh-sha2-nistp256", key="rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256",
                 cipher="aes128-ctr,aes256-ctr", mac="hmac-sha2-256,hmac-sha1", compression="none")
    lists.update(only)
    names = [lists[n] for n in ("kex", "key", "cipher", "cipher", "mac", "mac", "compression", "compression")]
    body = b"\x14" + bytes(16) + b"".join(ssh_string(n) for n in [*names, "", ""]) + bytes(5)
    pad = 8 - (5 + len(body)) % 8 + 8
    return struct.pack(">IB", 1 + len(body) + pad, pad) + body + bytes(pad)


def ssh_string(text):
    return struct.pack(">I", len(text)) + text.encode()


@pytest.mark.parametrize("only", [{"cipher": "arcfour"}, {"mac": "hmac-md5"}, {"kex": "diffie-hellman-group1-sha1"},
                                  {"key": "ssh-dss"}], ids=lambda d: next(iter(d)))
def test_a_client_that_says_all_at_once_sees_what_it_could_have_had(box, only):
    """Greeting and offer in one segment: the box's own offer is there before the connection ends."""
    s = box.socket()
    s.sendall(b"SSH-2.0-hasty\r\n" + offer(**only))
    data = b""
    while more := s.recv(65536):
        data += more
    greeting, _, rest = data.partition(b"\r\n")
    assert greeting.startswith(b"SSH-2.0-") and rest[5] == 20, data  # KEXINIT
    assert b"aes256-gcm@openssh.com" in rest and only.popitem()[1].encode() not in rest, rest


def test_a_greeting_may_come_octet_by_octet_and_the_boxs_waits_for_none(box):
    s = box.socket()
    greeting = s.recv(100)
    assert greeting.startswith(b"SSH-2.0-") and greeting.endswith(b"\r\n")
    for octet in b"SSH-2.0-slow\r\n":
        s.sendall(bytes([octet]))
    assert s.recv(4096)[5] == 20


def test_the_client_exchanges_keys_again_and_again(box):
    p = box.ssh(opts=["-tt", "-o", "RekeyLimit=16K"],
                text=f"enable\r{SECRET}\rterminal pager 0\r" + "show running-config all\r" * 20 + "exit\r")
    assert p.returncode == 0, p.err
    assert p.out.count("\n: end\n") == 20


def test_keepalives_are_answered(box):
    """Three of them; what the client logs tells when. Input that ends later keeps it there for a while."""
    log = os.path.join(box.lab.dir, "keepalives")
    p = box.lab.spawn(box.lab.inside, "sshpass", "-p", PASSWORD, "ssh", "-E", log, "-o", "LogLevel=DEBUG3", *OPENSSH[1:], "-o",
                      "ServerAliveInterval=1", "-o", "ServerAliveCountMax=60", f"{USER}@{BOX}", stdin=subprocess.PIPE,
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def answered():
        with open(log) as f:
            said = f.read()
        assert p.poll() is None, said
        return len(re.findall("receive packet: type 8[12]", said)) >= 3 <= said.count("send packet: type 80")

    lablib.wait_for("the log", lambda: os.path.exists(log))
    lablib.wait_for("answers to three", answered)
    out, err = p.communicate(b"show clock\nexit\n", timeout=60)
    assert p.returncode == 0 and b" UTC " in out, err


def test_forwarding_is_refused(box):
    p = box.run("sshpass", "-p", PASSWORD, *OPENSSH, "-N", "-o", "ExitOnForwardFailure=yes", "-R", "9999:127.0.0.1:22",
                f"{USER}@{BOX}")
    assert p.returncode == 255 and "remote port forwarding failed" in p.err
    p = box.run("sshpass", "-p", PASSWORD, *OPENSSH, "-W", "10.0.0.254:22", f"{USER}@{BOX}")
    assert p.returncode == 255 and "forwarding failed" in p.err


# ---- other clients ----

def test_dropbear(box):
    p = box.run("dbclient", "-y", "-y", f"{USER}@{BOX}", "show version | include Software",
                env={"DROPBEAR_PASSWORD": PASSWORD, "HOME": box.lab.dir})
    assert p.returncode == 0 and "Software Version" in p.out, p.err
    p = box.run("dbclient", "-y", "-y", f"{USER}@{BOX}", "show nonsense",
                env={"DROPBEAR_PASSWORD": PASSWORD, "HOME": box.lab.dir})
    assert p.returncode == 1


def test_plink(box):
    key = re.search(r"SHA256:\S+", box.con.cmd("show ssh")).group(0)
    p = box.run("plink", "-ssh", "-batch", "-hostkey", key, "-pw", PASSWORD, f"{USER}@{BOX}", "show clock",
                env={"HOME": box.lab.dir})
    assert p.returncode == 0 and " UTC " in p.out, p.err
    p = box.run("plink", "-ssh", "-batch", "-hostkey", key, "-pw", PASSWORD, "-t", f"{USER}@{BOX}",
                text="show clock\rexit\r", env={"HOME": box.lab.dir})
    assert p.returncode == 0 and "Logoff" in p.out, p.err


def test_netmiko(box):
    p = box.run("/usr/bin/python3", "-I", f"{HERE}/peers/netmiko_asa.py", BOX, USER, PASSWORD, SECRET, timeout=300)
    assert p.returncode == 0, p.err
    got = json.loads(p.stdout)
    assert got["prompt"] == "fw#"
    assert "Software Version" in got["version"]
    assert "host 10.0.0.77" in got["shown"] and "ERROR" not in got["config"] and not got["mode"]
    assert got["long"].rstrip().endswith(": end")
    assert "Invalid input" in got["refused"]
    assert "[OK]" in got["saved"]


def test_paramiko_changes_its_window(box):
    t = box.transport()
    s = box.enabled(t, width=80, height=10)
    s.send("show running-config\n")
    s.until("<--- More --->")
    s.send("q")
    s.until("fw# ")
    s.chan.resize_pty(511, 1000)
    assert s.cmd("show curpriv").startswith("Username : ")
    line = "show version | include " + "x" * 480
    s.send(line + "\n")
    assert s.until("\n") == line + "\n"  # verbatim, unbroken
    s.until("fw# ")
    t.close()


def test_a_second_channel_is_refused(box):
    import paramiko
    t = box.transport()
    s = box.shell(t)
    with pytest.raises(paramiko.ChannelException):
        t.open_session(timeout=30)
    with pytest.raises(paramiko.ChannelException):
        t.open_channel("direct-tcpip", ("10.0.0.254", 22), ("127.0.0.1", 1), timeout=30)
    assert "level : 1" in s.cmd("show curpriv", prompt="fw> ")
    t.close()


# ---- the box's side ----

def test_sessions_are_listed_and_ended(box):
    a, b = box.transport(), box.transport(user="reader", password="letmein-2")
    box.shell(a)
    other = box.shell(b)
    text = box.con.cmd("show ssh sessions")
    assert re.search(r"^\d+ +10\.0\.0\.254 +2\.0 +IN +\S+ +\S+ +SessionStarted +admin$", text, re.M), text
    sid = re.search(r"^(\d+) .* reader$", text, re.M).group(1)
    rows = {r["username"]: r for r in document(box.con, "show ssh sessions")["sessions"]}
    assert set(rows) == {"admin", "reader"} and str(rows["reader"]["sid"]) == sid, rows
    assert rows["admin"]["client_address"] == "10.0.0.254" and rows["admin"]["in"]["encryption"] in text, rows
    shown = parsed(box.ssh("show users | json").stdout)["sessions"]  # one document and nothing else
    assert [r["own"] for r in shown].count(True) == 1 and {r["line"] for r in shown} == {"ssh"} | {"serial"}, shown
    assert box.con.cmd(f"ssh disconnect {sid}") == ""
    lablib.wait_for("the end", lambda: other.chan.closed or not other.chan.recv(4096))
    assert a.is_active()
    a.close()
    assert "ERROR: there is no SSH session 77" in box.con.cmd("ssh disconnect 77")
    lablib.wait_for("the log", lambda: 'user "reader" disconnected by SSH server, reason: "Terminated by operator"'
                    in box.con.cmd("show logging | include 315011"))


def test_who_is_not_named_is_refused(box):
    """By interface, by address, and by name of a service that does not listen."""
    ns = box.lab.outside
    p = box.run(*OPENSSH, "-o", "ConnectTimeout=2", "admin@192.0.2.1", ns=ns)
    assert p.returncode == 255
    lablib.wait_for("710003", lambda: re.search(r"%ASA-3-710003: TCP access denied by ACL from 192\.0\.2\.10/\d+ to outside:192\.0\.2\.1/22",
                                                box.con.cmd("show logging | include 7100")))


def test_a_client_that_does_not_read_stops_nobody(box):
    t = box.transport()
    s = box.enabled(t)
    s.send("terminal pager 0\n" + "show running-config all\n" * 2000)
    for _ in range(20):
        assert "UTC" in box.con.cmd("show clock")
    other = box.ssh("show clock")
    assert other.returncode == 0
    t.close()
    lablib.wait_for("its end", lambda: "admin" not in box.con.cmd("show ssh sessions"))


def test_clear_conn_spares_the_console_it_is_typed_on(box):
    p = box.ssh("show conn all\nshow conn\nclear conn\nshow curpriv")
    assert p.returncode == 0, p.err
    everything, through = p.out.split("in use")[1:3]
    assert f" {BOX}:22," in everything and ":22," not in through
    assert "connection(s) deleted." in p.out and "Username : admin" in p.out


def test_ten_thousand_lines_pasted(box):
    t = box.transport()
    s = box.enabled(t)
    s.send("configure terminal\n")
    s.until("(config)# ")
    lines = "".join(f"access-list big extended permit tcp any host 10.{i >> 16}.{i >> 8 & 255}.{i & 255} eq {i % 60000 + 1}\n"
                    for i in range(10000))
    s.send(lines + "end\nshow clock\n")
    out = s.until(" UTC ")
    assert out.count("access-list big extended") == 10000
    assert "ERROR" not in out
    t.close()
    text = box.con.cmd("show access-list big | include elements")
    assert "; 10000 elements;" in text
    box.con.cmd("configure terminal")
    box.con.cmd("clear configure access-list big")
    box.con.cmd("end")


def test_ecdsa_host_key(box):
    """Beside the RSA key once there is one, for each client; each curve; gone when it is removed."""
    def offered(algorithm):
        return box.ssh("show clock", opts=["-o", "HostKeyAlgorithms=" + algorithm]).returncode

    assert offered("ecdsa-sha2-nistp256") == 255
    rsa = re.search(r"Host key: RSA, (SHA256:\S+)", box.con.cmd("show ssh")).group(1)
    try:
        for bits in ("384", "521", "256"):
            box.con.cmd("configure terminal")
            said = box.con.cmd(f"crypto key generate ecdsa elliptic-curve {bits} noconfirm")
            assert "INFO: The name for the keys will be: <Default-ECDSA-Key>" in said
            box.con.cmd("end")
            assert offered("ecdsa-sha2-nistp" + bits) == 0
        assert offered("ecdsa-sha2-nistp384") == 255 and offered("rsa-sha2-256") == 0
        ssh = box.con.cmd("show ssh")
        assert f"Host key: RSA, {rsa}" in ssh
        key = re.search(r"Host key: ECDSA, (SHA256:\S+)", ssh).group(1)
        doc = document(box.con, "show ssh")
        assert (doc["host_key"], doc["host_key_ecdsa"]) == (rsa, key)
        shown, = document(box.con, "show crypto key mypubkey ecdsa")["keys"]
        assert (shown["name"], shown["bits"]) == ("<Default-ECDSA-Key>", 256)
        assert "Key name: <Default-ECDSA-Key>" not in box.con.cmd("show crypto key mypubkey rsa")
        p = box.run("plink", "-ssh", "-batch", "-hostkey", key, "-pw", PASSWORD, f"{USER}@{BOX}", "show clock",
                    env={"HOME": box.lab.dir})
        assert p.returncode == 0, p.err
        p = box.run("dbclient", "-y", "-y", f"{USER}@{BOX}", "show clock",
                    env={"DROPBEAR_PASSWORD": PASSWORD, "HOME": f"{box.lab.dir}/ecdsa"})
        assert p.returncode == 0, p.err
        assert box.transport().get_remote_server_key().get_name() == "ecdsa-sha2-nistp256"
    finally:
        box.con.cmd("configure terminal")
        box.con.cmd("crypto key zeroize ecdsa noconfirm")
        box.con.cmd("end")
    assert "ECDSA" not in box.con.cmd("show ssh")
    assert offered("ecdsa-sha2-nistp256") == 255 and offered("rsa-sha2-256") == 0


def configure(box, *lines):
    """What they said."""
    said = [box.con.cmd(line) for line in ("configure terminal", *lines, "end")]
    return "".join(said)


def test_eddsa_host_key(box):
    """Made by command; alone where the configuration says so; a client that knows it meets the same one again."""
    def offered(algorithm, *opts):
        return box.ssh("show clock", opts=["-o", "HostKeyAlgorithms=" + algorithm, *opts]).returncode

    assert offered("ssh-ed25519") == 255
    known = os.path.join(box.lab.dir, "known-eddsa")
    strict = ("-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes")
    try:
        assert "nobody can connect by SSH until it is made: crypto key generate eddsa" in configure(
            box, "ssh key-exchange hostkey eddsa")
        assert offered("rsa-sha2-256") == 255
        said = configure(box, "crypto key generate eddsa edwards-curve ed25519")
        assert "INFO: The name for the keys will be: <Default-EdDSA-Key>" in said, said
        assert offered("ssh-ed25519") == 0 and offered("rsa-sha2-256") == 255
        assert "Host key in use: EdDSA only\n" in box.con.cmd("show ssh")
        assert "ssh key-exchange hostkey eddsa" in box.con.cmd("show running-config ssh")
        configure(box, "no ssh key-exchange hostkey eddsa")
        assert offered("ssh-ed25519") == 0 and offered("rsa-sha2-256") == 0
        key = re.search(r"Host key: EdDSA, (SHA256:\S+)", box.con.cmd("show ssh")).group(1)
        doc = document(box.con, "show ssh")
        assert (doc["host_key_eddsa"], doc["host_key_ecdsa"], doc["host_key_only"]) == (key, None, None), doc
        shown, = document(box.con, "show crypto key mypubkey eddsa")["keys"]
        assert (shown["name"], shown["bits"]) == ("<Default-EdDSA-Key>", 256), shown
        assert shown["key_data"].startswith("302a300506032b6570032100"), shown
        line = box.run("ssh-keyscan", "-t", "ed25519", BOX).out
        with open(known, "w") as f:
            f.write(line)
        printed = box.run("ssh-keygen", "-l", "-f", known).out
        assert key in printed and "256" in printed, printed
        assert base64.b64decode(line.split()[-1])[-32:].hex() == shown["key_data"][-64:]
        assert box.run("sshpass", "-p", PASSWORD, "ssh", *strict, "-F", "/dev/null", "-o", "HostKeyAlgorithms=ssh-ed25519",
                       f"{USER}@{BOX}", "show clock").returncode == 0
        p = box.run("plink", "-ssh", "-batch", "-hostkey", key, "-pw", PASSWORD, f"{USER}@{BOX}", "show clock",
                    env={"HOME": box.lab.dir})
        assert p.returncode == 0, p.err
        assert box.transport().get_remote_server_key().get_name() in ("ssh-ed25519", "rsa-sha2-512", "ssh-rsa")
        for kind in ("rsa", "ecdsa"):
            assert "EdDSA" not in box.con.cmd(f"show crypto key mypubkey {kind}")
    finally:
        configure(box, "no ssh key-exchange hostkey eddsa", "crypto key zeroize eddsa noconfirm")
    assert "EdDSA" not in box.con.cmd("show ssh")
    assert offered("ssh-ed25519") == 255 and offered("rsa-sha2-256") == 0


def test_levels_of_ciphers_are_shown(box):
    text = box.con.cmd("show ssh ciphers")
    assert "Available SSH Encryption and Integrity Algorithms\n" in text.replace("\r", "")
    doc = document(box.con, "show ssh ciphers")
    levels = {r["level"]: r["algorithms"] for r in doc["encryption"]["levels"]}
    assert list(levels) == ["all", "low", "medium", "high", "fips"]
    assert "3des-cbc" in levels["low"] and "3des-cbc" not in levels["medium"]
    assert "  high: " + " ".join(levels["high"]) in text
    assert doc["encryption"]["in_force"] == doc["integrity"]["in_force"] == "default"
    box.con.cmd("configure terminal")
    box.con.cmd("ssh cipher encryption custom aes256-ctr:aes128-ctr")
    box.con.cmd("ssh cipher integrity fips")
    doc = document(box.con, "show ssh ciphers")
    text = box.con.cmd("show ssh ciphers")
    box.con.cmd("no ssh cipher encryption custom aes256-ctr:aes128-ctr")
    box.con.cmd("no ssh cipher integrity fips")
    box.con.cmd("end")
    assert (doc["encryption"]["in_force"], doc["encryption"]["algorithms"]) == ("custom", ["aes256-ctr", "aes128-ctr"])
    assert "  In force (custom): aes256-ctr aes128-ctr" in text
    assert doc["integrity"]["in_force"] == "fips"
    assert doc["integrity"]["algorithms"] == [r["algorithms"] for r in doc["integrity"]["levels"]
                                              if r["level"] == "fips"][0]


def test_the_host_key_stays(lab):
    """Over a restart of everything; a new one is made only by command, and said so."""
    box = SshBox.__new__(SshBox)
    box.lab, box.open, box.con = lab, [], lab.start()
    from conftest import paste
    from sshlab import CONFIG
    paste(box.con, CONFIG)
    box.wait_for_key()
    key = re.search(r"SHA256:\S+", box.con.cmd("show ssh")).group(0)
    box.con.cmd("configure terminal")
    box.con.cmd("crypto key generate ecdsa")
    box.con.cmd("crypto key generate eddsa")
    box.con.cmd("end")
    edwards = re.search(r"Host key: EdDSA, SHA256:\S+", box.con.cmd("show ssh")).group(0)
    curve = re.search(r"Host key: ECDSA, SHA256:\S+", box.con.cmd("show ssh")).group(0)
    assert "[OK]" in box.con.cmd("write memory")
    lab.stop()
    box.con = lab.start(password=SECRET)
    text = box.con.cmd("show ssh")
    assert key in text and curve in text and edwards in text
    assert box.ssh("show clock").returncode == 0
    box.con.cmd("configure terminal")
    text = box.con.answer("crypto key generate rsa modulus 2048", rb"\[yes/no\]: ", "yes")
    assert "already defined" in text
    box.con.cmd("end")
    assert key not in box.con.cmd("show ssh")
    assert box.ssh("show clock").returncode == 0
    box.con.cmd("configure terminal")
    box.con.answer("crypto key zeroize rsa", rb"\[yes/no\]: ", "yes")
    box.con.cmd("end")
    assert curve in box.con.cmd("show ssh") and "Host key: RSA" not in box.con.cmd("show ssh")
    assert box.ssh("show clock").returncode == 0
    box.con.cmd("configure terminal")
    box.con.answer("crypto key zeroize ecdsa", rb"\[yes/no\]: ", "yes")
    box.con.cmd("end")
    assert edwards in box.con.cmd("show ssh") and box.ssh("show clock").returncode == 0
    box.con.cmd("configure terminal")
    box.con.answer("crypto key zeroize eddsa", rb"\[yes/no\]: ", "yes")
    box.con.cmd("end")
    assert "Host key: none" in box.con.cmd("show ssh")
    assert box.ssh("show clock").returncode == 255
    lablib.wait_for("the log", lambda: "%ASA-3-315004" in box.con.cmd("show logging"))
    box.con.cmd("configure terminal")
    assert "INFO: There is no host key" in box.con.cmd("ssh 10.0.0.0 255.255.0.0 inside")
    box.con.cmd("end")
    box.wait_for_key()
    assert box.ssh("show clock").returncode == 0
