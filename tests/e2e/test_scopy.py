"""Files over SSH (`ssh scopy enable`): OpenSSH's scp both ways of speaking, sftp, netmiko; hostile clients."""
import contextlib
import hashlib
import os
import struct
import sys

import pytest

import lab as lablib
from conftest import paste
from sshlab import BOX, OPENSSH, PASSWORD, USER, SshBox

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")


@pytest.fixture(scope="module")
def box():
    it = SshBox()
    it.work = os.path.join(it.lab.dir, "work")
    os.makedirs(it.work)
    yield it
    it.close()


@pytest.fixture(autouse=True)
def tidy(box):
    paste(box.con, "ssh scopy enable\n")
    yield
    box.hang_up()


def local(box, name, data=None):
    path = os.path.join(box.work, name)
    if data is not None:
        with open(path, "wb") as f:
            f.write(data)
    return path


def flash(box, name):
    try:
        with open(os.path.join(box.lab.flash(), name), "rb") as f:
            return f.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def scp(box, *args, user=USER, password=PASSWORD, classic=True):
    return box.run("sshpass", "-p", password, "scp", *(["-O"] if classic else []), *OPENSSH[1:],
                   *[a.replace("BOX:", f"{user}@{BOX}:") for a in args], timeout=120)


def sftp(box, batch):
    """Password authentication, so no -b: commands from standard input."""
    return box.run("sshpass", "-p", PASSWORD, "sftp", *OPENSSH[1:], f"{USER}@{BOX}", text=batch, timeout=120)


@pytest.mark.parametrize("classic", [True, False], ids=["scp", "sftp"])
def test_files_go_both_ways(box, classic):
    for name, size in (("disk0:a.bin", 0), ("flash:/a.bin", 1), ("disk0:", 300001)):
        data = os.urandom(size)
        src = local(box, "a.bin", data)
        p = scp(box, src, "BOX:" + name, classic=classic)
        assert p.returncode == 0, (name, p.err)
        assert flash(box, "a.bin") == data
        os.unlink(os.path.join(box.lab.flash(), "a.bin"))
    with open(os.path.join(box.lab.flash(), "b.bin"), "wb") as f:
        f.write(data)
    p = scp(box, "BOX:disk0:/b.bin", local(box, "got"), classic=classic)
    assert p.returncode == 0, p.err
    with open(local(box, "got"), "rb") as f:
        assert f.read() == data


@pytest.mark.parametrize("classic", [True, False], ids=["scp", "sftp"])
def test_configurations_by_name(box, classic):
    p = scp(box, "BOX:running-config", local(box, "run"), classic=classic)
    with open(local(box, "run")) as f:
        text = f.read()
    assert p.returncode == 0 and "\nhostname fw\n" in text and text.rstrip().endswith(": end"), p.err
    assert scp(box, local(box, "run"), "BOX:startup-config", classic=classic).returncode == 0
    assert flash(box, "startup-config").decode() == text
    p = scp(box, "BOX:startup-config", local(box, "start"), classic=classic)
    assert p.returncode == 0, p.err
    assert scp(box, local(box, "run"), "BOX:running-config", classic=classic).returncode != 0
    assert scp(box, local(box, "nul", b"hostname x\0"), "BOX:startup-config", classic=classic).returncode != 0
    assert flash(box, "startup-config").decode() == text


@pytest.mark.parametrize("classic", [True, False], ids=["scp", "sftp"])
def test_what_is_nobodys_is_not_served(box, classic):
    src = local(box, "x", b"evil")
    state = [n for n in os.listdir(box.lab.flash()) if n.startswith("aaa")]
    assert len(state) == 1
    before = sorted(os.listdir(os.path.join(box.lab.flash(), "pki/keys")))
    for name in ("disk0:/pki/keys/x", ".hidden", "./a/../pki/keys/x", "no/such/dir/x"):
        assert scp(box, src, "BOX:" + name, classic=classic).returncode != 0, name
    scp(box, src, "BOX:../../x", classic=classic)  # leads no higher than flash
    assert not os.path.exists(os.path.join(box.lab.dir, "x"))
    assert sorted(os.listdir(os.path.join(box.lab.flash(), "pki/keys"))) == before
    for name in ["pki/keys/" + before[0], "/etc/passwd", *state]:
        assert scp(box, "BOX:" + name, local(box, "leak"), classic=classic).returncode != 0, name
        assert not os.path.exists(local(box, "leak")), name


def test_only_where_enabled_and_for_level_15(box):
    src = local(box, "x", b"data")
    p = scp(box, src, "BOX:y", user="reader", password="letmein-2")
    assert p.returncode != 0 and "privilege level 15" in p.err + p.out, p.err
    assert scp(box, src, "BOX:y", user="reader", password="letmein-2", classic=False).returncode != 0
    paste(box.con, "no ssh scopy enable\n")
    p = scp(box, src, "BOX:y")
    assert p.returncode != 0 and "ssh scopy enable" in p.err + p.out, p.err
    assert scp(box, src, "BOX:y", classic=False).returncode != 0
    assert flash(box, "y") is None


def test_sftp_session(box):
    src = local(box, "s.txt", b"some text\n" * 1000)
    p = sftp(box, f"mkdir dir\nput {src} dir/s.txt\nls -l dir\nrename dir/s.txt t.txt\nget t.txt {local(box, 't.txt')}\nrmdir dir\nls\nrm t.txt\npwd\n")
    assert p.returncode == 0, p.err
    assert "s.txt" in p.out and "10000" in p.out and "startup-config" in p.out or "t.txt" in p.out, p.out
    assert "pki" not in p.out and "Remote working directory: /" in p.out, p.out
    with open(local(box, "t.txt"), "rb") as f:
        assert f.read() == b"some text\n" * 1000
    assert flash(box, "t.txt") is None and flash(box, "dir/s.txt") is None
    for done in ("put disk0:/dir/s.txt", "rename disk0:/dir/s.txt disk0:/t.txt", "delete disk0:/t.txt"):
        lablib.wait_for(done + " in the log", lambda: f"User 'admin' executed the 'scopy {done}' command." in box.con.cmd("show logging | include scopy"))


def test_a_broken_upload_leaves_nothing(box):
    for classic in (True, False):
        t = box.transport()
        c = t.open_session(timeout=30)
        c.settimeout(30)
        if classic:
            c.exec_command("scp -t disk0:/cut.bin")
            assert c.recv(1) == b"\0"
            c.sendall(b"C0644 100000 cut.bin\n")
            assert c.recv(1) == b"\0"
            c.sendall(b"x" * 5000)
        else:
            c.invoke_subsystem("sftp")
            packet(c, b"\1\0\0\0\3")
            assert answer(c)[0] == 2
            packet(c, b"\3" + struct.pack(">I", 7) + string(b"cut.bin") + struct.pack(">II", 0x1a, 0))
            handle = answer(c)[5:]
            packet(c, b"\6" + struct.pack(">I", 8) + handle + struct.pack(">Q", 0) + string(b"x" * 5000))
            assert answer(c)[:9] == b"\x65" + struct.pack(">II", 8, 0)
        t.close()
        lablib.wait_for("the session to end", lambda: box.sessions() == 0)
        assert flash(box, "cut.bin") is None
        assert not [n for n in os.listdir(box.lab.flash()) if n.startswith("cut")]


def packet(c, body):
    c.sendall(struct.pack(">I", len(body)) + body)


def string(s):
    return struct.pack(">I", len(s)) + s


def answer(c):
    def exactly(n):
        data = b""
        while len(data) < n:
            more = c.recv(n - len(data))
            assert more, "the session ended"
            data += more
        return data
    return exactly(struct.unpack(">I", exactly(4))[0])


def test_hostile_clients(box):
    """Nonsense ends the session or is refused, and nothing else is the worse for it."""
    for first in (b"\0\0\0\0", b"\xff\xff\xff\xff" + b"x" * 100, struct.pack(">I", 5) + b"\6aaaa", struct.pack(">I", 5) + b"\1\0\0\0\3" + struct.pack(">I", 1) + b"\3"):
        c = box.transport().open_session(timeout=30)
        c.settimeout(30)
        c.invoke_subsystem("sftp")
        c.sendall(first)
        while c.recv(65536):
            pass
        box.hang_up()
    for line in (b"C0644 99999999999999999999 x\n", b"C0644 5 ../x\n", b"D0755 0 dir\n", b"C0644 99999999999 big\n"):
        c = box.transport().open_session(timeout=30)
        c.settimeout(30)
        c.exec_command("scp -t disk0:/")
        assert c.recv(1) == b"\0"
        c.sendall(line)
        assert c.recv(1) == b"\1", line
        box.hang_up()
    c = box.transport().open_session(timeout=30)
    c.settimeout(30)
    c.exec_command("scp -t disk0:/")
    with contextlib.suppress(OSError):  # it may end before it has taken all of it
        c.sendall(b"C" * 100000)
    while c.recv(65536):
        pass
    assert box.ssh("show clock").returncode == 0


def test_netmiko(box):
    """file_transfer(): asks for room, compares MD5, copies by classic scp, compares again."""
    data = os.urandom(50000)
    src = local(box, "net.bin", data)
    script = ("import sys, logging\nfrom netmiko import ConnectHandler, file_transfer\n"
              "c = ConnectHandler(device_type='cisco_asa', host=sys.argv[1], username='admin', password='letmein-1', secret='enable-1', fast_cli=False)\n"
              "for d, s, n in (('put', sys.argv[2], 'net.bin'), ('get', 'net.bin', sys.argv[2] + '.back')):\n"
              "    print(file_transfer(c, source_file=s, dest_file=n, file_system='disk0:', direction=d, overwrite_file=True))\n"
              "c.disconnect()\n")
    p = box.run(sys.executable, "-c", script, BOX, src, timeout=200)
    assert p.returncode == 0, p.err[-2000:]
    assert p.out.count("'file_verified': True") == 2, p.out
    assert flash(box, "net.bin") == data
    with open(src + ".back", "rb") as f:
        assert f.read() == data


def test_sums(box):
    with open(os.path.join(box.lab.flash(), "sum.bin"), "wb") as f:
        f.write(b"summed")
    md5, sha = hashlib.md5(b"summed").hexdigest(), hashlib.sha512(b"summed").hexdigest()
    assert f"(disk0:/sum.bin) = {md5}" in box.con.cmd("verify /md5 disk0:/sum.bin")
    assert f"(disk0:/sum.bin) = {sha}" in box.con.cmd("verify /sha-512 disk0:/sum.bin")
    assert "Verified (disk0:/sum.bin)" in box.con.cmd(f"verify /md5 disk0:/sum.bin {md5.upper()}")
    assert "%Error verifying disk0:/sum.bin" in box.con.cmd("verify /md5 disk0:/sum.bin " + "0" * 32)


def test_control_c_ends_a_copy(box):
    root = os.path.join(box.lab.dir, "served")
    os.makedirs(root, exist_ok=True)
    lablib.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", root + "/k", "-out", root + "/c", "-days", "9", "-subj", "/CN=x")
    peer = lablib.Peer(box.lab, box.lab.inside, "file_servers", "10.0.0.254", root, root + "/c", root + "/k")
    s = box.enabled(box.transport())
    s.send("copy /noconfirm http://10.0.0.254/slow disk0:slow\n")
    peer.line("slow")
    s.until("...!")
    s.send("\x03")
    assert "(Interrupted)" in s.until("fw# ")
    peer.line("left")
    assert flash(box, "slow") is None
    assert not [n for n in os.listdir(box.lab.flash()) if ".tmp" in n]
