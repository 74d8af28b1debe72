"""`copy` from and to servers that nobody here wrote: TFTP, HTTP, HTTPS, FTP, SCP."""
import os
import re
import subprocess

import pytest

import lab as lablib
from conftest import finish, paste
from filelab import HOST, serving

CONFIG = "hostname fw\n" + lablib.PORTS + "access-list wire extended permit ip any any\n"


@pytest.fixture(scope="module")
def lab():
    it = serving(CONFIG)
    yield it
    finish(it)


def put(lab, name, data):
    with open(os.path.join(lab.root, name), "wb") as f:
        f.write(data)
    os.chmod(os.path.join(lab.root, name), 0o666)


def got(lab, name):
    with open(os.path.join(lab.root, name), "rb") as f:
        return f.read()


def flash(lab, name):
    try:
        with open(os.path.join(lab.flash(), name), "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def copy(lab, *args):
    return lab.con.cmd("copy /noconfirm " + " ".join(args), 90)


URLS = {"tftp": f"tftp://{HOST}/", "http": f"http://{HOST}/", "https": f"https://{HOST}/", "ftp": f"ftp://joe:p%40ss%3a1@{HOST}/",
        "scp": f"scp://joe:p%40ss%3a1@{HOST}/"}


def test_the_host_vouches_for_nobody(lab):
    """What is trusted is configured here: the host trusts this server, and no trustpoint does."""
    lab.pki.self_signed("stranger", "stranger.example.com")
    put(lab, "host.txt", b"host\n")
    paste(lab.con, "crypto ca trustpoint other\n enrollment terminal\ncrypto ca authenticate other\n" + lab.pki.pem_body("stranger.crt") + "quit\nyes\n")
    text = copy(lab, URLS["https"] + "host.txt", "disk0:host.txt")
    assert "%Error reading https" in text and flash(lab, "host.txt") is None, text
    paste(lab.con, "no crypto ca trustpoint other noconfirm\n")


@pytest.fixture(scope="module")
def trusting(lab):
    """The server's certificate is that of a trustpoint; keys of SSH servers are believed."""
    with open(lab.dir + "/tls.crt") as f:
        body = f.read()
    text = copy(lab, URLS["https"] + "x", "disk0:x")
    assert "no trustpoint has a CA certificate" in text, text
    paste(lab.con, "crypto ca trustpoint files\n enrollment terminal\ncrypto ca authenticate files\n" + body + "quit\nyes\nno ssh stricthostkeycheck\n")
    return lab


@pytest.mark.parametrize("scheme", URLS)
def test_both_ways(trusting, scheme):
    """Through the box's own interface: what passes there is that protocol, from its address."""
    lab, data = trusting, os.urandom(200003)
    put(lab, "down.bin", data)
    lab.con.cmd("capture wire interface inside match ip host 10.0.0.1 host " + HOST)
    text = copy(lab, URLS[scheme] + "down.bin", "disk0:down.bin")
    assert re.search(r"Accessing " + scheme + r"://10.0.0.254/down.bin\.\.\.!!!!\n", text), text
    assert re.search(r"\n200003 bytes copied in \d+\.\d+ secs \(\d+ bytes/sec\)", text), text
    assert flash(lab, "down.bin") == data
    wire = lab.con.cmd("show capture wire")
    assert "10.0.0.1." in wire and HOST in wire, wire
    lab.con.cmd("no capture wire")
    text = copy(lab, "disk0:/down.bin", URLS[scheme] + "up.bin")
    assert "!!!!\n" in text and "200003 bytes copied in " in text, text
    assert got(lab, "up.bin") == data
    put(lab, "up.bin", b"")
    assert "bytes copied" in copy(lab, URLS[scheme] + "up.bin", "disk0:")
    assert flash(lab, "up.bin") == b""
    text = copy(lab, URLS[scheme] + "none.bin", "disk0:none.bin")
    assert f"%Error reading {scheme}://10.0.0.254/none.bin (" in text, text
    assert scheme in ("scp", "tftp") or "none.bin (No such file or directory)" in text, text
    assert flash(lab, "none.bin") is None


def test_paths_are_asked_for_as_they_were_typed(trusting):
    assert "bytes copied" in copy(trusting, URLS["http"] + "a/../b", "disk0:asis")
    assert flash(trusting, "asis") == b"/a/../b"


def test_configurations(trusting):
    """Merged with its refusals by line, saved, fetched."""
    lab = trusting
    put(lab, "lines.cfg", b"hostname fw2\nbanner motd hello\nnot a command\naccess-list wire extended permit tcp any any eq 99999\n")
    text = copy(lab, URLS["tftp"] + "lines.cfg", "running-config")
    assert re.search(r"line 3: .*Invalid input", text) and "line 4: ERROR" in text, text
    assert "hostname fw2" in lab.con.cmd("show running-config hostname")
    lab.con.cmd("configure terminal")
    lab.con.cmd("hostname fw")
    lab.con.cmd("end")
    put(lab, "binary.cfg", b"hostname x\0y\n")
    assert "NUL" in copy(lab, URLS["http"] + "binary.cfg", "running-config")
    assert "NUL" in copy(lab, URLS["http"] + "binary.cfg", "startup-config")
    assert "bytes copied" in copy(lab, "running-config", URLS["scp"] + "fw.cfg")
    assert b"\nhostname fw\n" in got(lab, "fw.cfg") and got(lab, "fw.cfg").rstrip().endswith(b": end")
    assert "bytes copied" in copy(lab, URLS["https"] + "fw.cfg", "startup-config")
    assert flash(lab, "startup-config") == got(lab, "fw.cfg")


def test_questions_are_the_asas(trusting):
    lab, con = trusting, trusting.con
    put(lab, "ask.txt", b"asked\n")
    con.send("copy tftp: disk0:")
    con.until(rb"Address or name of remote host \[\]\? ")
    con.send(HOST)
    con.until(rb"Source filename \[\]\? ")
    con.send("ask.txt")
    con.until(rb"Destination filename \[ask.txt\]\? ")
    assert "bytes copied" in con.cmd("") and flash(lab, "ask.txt") == b"asked\n"
    con.send(f"copy disk0:ask.txt scp://joe@{HOST}/sub.txt")
    for question, answer in ((rb"Source filename \[ask.txt\]\? ", ""), (rb"Address or name of remote host \[10.0.0.254\]\? ", ""),
                             (rb"Destination username \[joe\]\? ", ""), (rb"Destination filename \[sub.txt\]\? ", "new.txt")):
        con.until(question)
        con.send(answer)
    con.until(rb"Password: ")
    con.send("p@ss:1")
    assert "6 bytes copied" in con.until(lablib.PROMPT)
    assert got(lab, "new.txt") == b"asked\n"
    con.send(f"copy http://{HOST}/ask.txt flash:")
    con.until(rb"remote host \[10.0.0.254\]\? ")
    con.send("")
    con.until(rb"Source filename \[ask.txt\]\? ")
    con.send("")
    con.until(rb"Destination filename \[ask.txt\]\? ")
    con.send("")
    con.until(rb"Do you want to over write\? \[confirm\]")
    assert "bytes copied" not in con.cmd("n")


def test_ssh_servers_are_known_or_asked_about(trusting):
    lab, con = trusting, trusting.con
    put(lab, "k.txt", b"k\n")
    paste(con, "ssh stricthostkeycheck\n")
    try:
        text = copy(lab, URLS["scp"] + "k.txt", "disk0:k.txt")
        key = re.search(r"key-hash sha256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})", text).group(1)
        assert "not known" in text and flash(lab, "k.txt") is None, text

        def typed(answer):
            con.send("copy " + URLS["scp"] + "k.txt disk0:k.txt")
            for question in (rb"remote host \[[^]]*\]\? ", rb"username \[joe\]\? ", rb"Source filename \[[^]]*\]\? ", rb"Destination filename \[[^]]*\]\? "):
                con.until(question)
                con.send("")
            asked = con.until(rb"continue connecting \(yes/no\)\? ")
            assert key in asked, asked
            return con.cmd(answer)

        assert "bytes copied" not in typed("no") and flash(lab, "k.txt") is None
        assert "bytes copied" in typed("yes") and flash(lab, "k.txt") == b"k\n"
        paste(con, f"ssh pubkey-chain\n server {HOST}\n  key-hash sha256 {key}\n")
        assert "bytes copied" in copy(lab, URLS["scp"] + "k.txt", "disk0:k.txt")
        wrong = ("00" if key[:2] != "00" else "11") + key[2:]
        paste(con, f"ssh pubkey-chain\n server {HOST}\n  key-hash sha256 {wrong}\n")
        assert "is not the one of ssh pubkey-chain" in copy(lab, URLS["scp"] + "k.txt", "disk0:k.txt")
        assert f"ssh pubkey-chain\n server {HOST}\n  key-hash sha256 {wrong}" in con.cmd("show running-config ssh")
    finally:
        paste(con, "no ssh pubkey-chain\nno ssh stricthostkeycheck\n")


def test_wrong_passwords_and_certificates(trusting):
    lab = trusting
    os.makedirs(lab.root + "/private", exist_ok=True)
    put(lab, "private/p.txt", b"secret")
    assert "bytes copied" in copy(lab, f"https://joe:p%40ss:1@{HOST}/private/p.txt", "disk0:p.txt")
    assert "Access denied" in copy(lab, f"http://joe:wrong@{HOST}/private/p.txt", "disk0:q.txt")
    assert "Access denied" in copy(lab, f"ftp://joe:wrong@{HOST}/k.txt", "disk0:q.txt")
    assert "%Error reading scp" in copy(lab, f"scp://joe:wrong@{HOST}/k.txt", "disk0:q.txt")
    lab.inside.run("ip", "addr", "add", "10.0.0.77/32", "dev", "lo")
    other = lablib.Peer(lab, lab.inside, "file_servers", "10.0.0.77", lab.root, lab.dir + "/tls.crt", lab.dir + "/tls.key")
    text = copy(lab, "https://10.0.0.77/ask.txt", "disk0:q.txt")
    assert "%Error reading https" in text and "bytes copied" not in text, "the certificate is another host's"
    other.proc.stdin.close()
    assert flash(lab, "q.txt") is None
    assert "p%40ss" not in lab.con.cmd("show logging"), "no password in a log"


def test_what_goes_wrong_on_the_way(trusting):
    lab, con = trusting, trusting.con
    for name, words in (("short", "ended before the file did"), ("moved", "elsewhere.example.com"), ("huge", "bytes")):
        text = copy(lab, f"http://{HOST}/{name}", f"disk0:{name}")
        assert words in text and "%Error reading" in text and flash(lab, name) is None, text
    assert "No connection" in copy(lab, f"http://{HOST}:81/x", "disk0:x")
    assert "(Timed out)" in copy(lab, "tftp://10.0.0.99/x", "disk0:x")
    for url in ("tftp://joe@10.0.0.1/x", "http://10.0.0.1:99999/x", "gopher://x/y", "http:x", "http://a b"):
        assert "ERROR" in copy(lab, url, "disk0:x"), url
    assert "one of the two is here" in copy(lab, URLS["http"] + "x", URLS["tftp"] + "x")


@pytest.fixture
def small():
    """An appliance whose flash is a file system of 256 KB."""
    it = lablib.Lab()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "small", it.flash()], capture_output=True).returncode:
        it.close()
        pytest.skip("file systems cannot be mounted here")
    try:
        it.con = it.start()
        paste(it.con, CONFIG)
        yield it
    finally:
        it.stop()
        subprocess.run(["umount", it.flash()], check=True)
        finish(it)


def fill(lab):
    """Takes the last octet of its flash."""
    with open(os.path.join(lab.flash(), "fill"), "wb", buffering=0) as f:
        try:
            while f.write(b"x" * 512):
                pass
        except OSError:
            pass


def test_a_full_flash(small):
    """The old file stays whole, the reason is told, and nothing is left over."""
    con = small.con
    assert "[OK]" in con.cmd("write memory")
    old, names = flash(small, "startup-config"), sorted(os.listdir(small.flash()))
    fill(small)
    paste(con, "hostname other\n" + "".join(f"access-list long extended permit tcp any any eq {i}\n" for i in range(1, 200)))
    text = con.cmd("write memory")
    assert "No space left on device" in text and "ERROR" in text and "[OK]" not in text, text
    text = con.cmd("copy /noconfirm running-config disk0:other")
    assert "%Error writing disk0:/other (No space left on device)" in text, text
    assert flash(small, "startup-config") == old
    assert sorted(os.listdir(small.flash())) == sorted([*names, "fill"])
    con.cmd("delete /noconfirm disk0:fill")
    assert "[OK]" in con.cmd("write memory")
    assert b"hostname other" in flash(small, "startup-config")
