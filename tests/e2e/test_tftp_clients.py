"""TFTP clients of others get through the phone proxy what a phone gets: tftp-hpa, atftp, busybox, curl, with options and without."""
import os
import re
import signal
import subprocess
import time

import pytest

import lab as lablib
import phone_tlv
import phonelab
from conftest import finish, paste
from phonelab import NAME, SEEN

CTL, CONFIG = f"CTL{NAME}.tlv", f"{NAME}.cnf.xml.sgn"
TIME, SIGNATURE = 0x0f, 0x0c


def hpa(name, out):
    return ("tftp", "-m", "binary", SEEN, "-c", "get", name, out)


def atftp(*options):
    return lambda name, out: ("atftp", *(word for o in options for word in ("--option", o)), "--get", "-r", name, "-l", out, SEEN)


def busybox(*options):
    return lambda name, out: ("busybox", "tftp", *options, "-g", "-r", name, "-l", out, SEEN)


def curl(*options):
    return lambda name, out: ("curl", "-sS", "-m", "60", *options, "-o", out, f"tftp://{SEEN}/{name}")


# How it is called; its exit status and its words where there is no such file.
CLIENTS = {
    "tftp-hpa": (hpa, 0, "Error code 1: "),
    "atftp": (atftp("disable tsize", "disable timeout", "disable blksize"), 255, "File not found"),
    "atftp-options": (atftp("blksize 1428", "tsize 0", "timeout 2"), 255, "File not found"),
    "atftp-small": (atftp("blksize 100"), 255, "File not found"),
    "busybox": (busybox(), 1, "server error: (1) "),
    "busybox-blksize": (busybox("-b", "1428"), 1, "server error: (1) "),
    "busybox-large": (busybox("-b", "65464"), 1, "server error: (1) "),
    "curl": (curl(), 68, "curl: (68)"),
    "curl-blksize": (curl("--tftp-blksize", "1428"), 68, "curl: (68)"),
    "curl-plain": (curl("--tftp-no-options"), 68, "curl: (68)"),
}


@pytest.fixture(scope="module")
def lab():
    it = phonelab.PhoneLab()
    it.address(phonelab.CM)
    it.tftp_server()
    it.configuration()
    it.con = it.start()
    it.con.cmd("terminal pager 0")
    paste(it.con, it.paste_of(phonelab.NONSECURE))
    it.own = it.phone().fetch
    yield it
    finish(it)


def get(lab, client, name):
    """The finished program, and the file; None: there is none."""
    out = os.path.join(lab.dir, "theirs")
    if os.path.exists(out):
        os.remove(out)
    time.sleep(0.02)  # an address that asks more than 50 times a second is not answered, and a client's pauses are long
    done = lab.outside.run(*client(name, out), check=False)
    try:
        with open(out, "rb") as f:
            return done, f.read()
    except FileNotFoundError:
        return done, None


def parts(data):
    """Of a signed file, without what is new each time it is signed."""
    sgn = phone_tlv.Signed(data)
    return {tag: value for tag, value in sgn.tag.items() if tag not in (TIME, SIGNATURE)}, sgn.length, sgn.body


@pytest.mark.parametrize("client", CLIENTS)
def test_a_phones_files(lab, client):
    how = CLIENTS[client][0]
    done, data = get(lab, how, CTL)
    assert done.returncode == 0, done
    assert data == lab.own(CTL)
    ctl = phone_tlv.Ctl(data)
    assert ctl.trusted()
    done, data = get(lab, how, CONFIG)
    assert done.returncode == 0, done
    assert parts(data) == parts(lab.own(CONFIG)) and ctl.signs_files(phone_tlv.Signed(data))


@pytest.mark.parametrize("client", CLIENTS)
def test_files_that_end_where_a_block_does(lab, client):
    for name, size in (("empty", 0), ("blocks", 1024), ("frames", 2856), ("load", 100001)):
        sent = os.urandom(size)
        lab.put(name, sent)
        done, data = get(lab, CLIENTS[client][0], name)
        assert done.returncode == 0 and (data or b"") == sent, (name, done)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_file_that_is_not_there(lab, client):
    how, status, words = CLIENTS[client]
    done, data = get(lab, how, "nothing.xml")
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == status and words.lower() in said.lower(), done
    assert not data


def in_the_middle(lab, client, name, size):
    """It cannot go on: nobody reads what it writes. Its process, and what it wrote, opened for reading."""
    pipe = os.path.join(lab.dir, "pipe")
    os.mkfifo(pipe)
    fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    proc = lab.spawn(lab.outside, *client(name, pipe), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def begun():
        try:
            return os.read(fd, size)
        except BlockingIOError:
            return b""
    lablib.wait_for("the file's beginning", begun)
    os.set_blocking(fd, True)
    os.remove(pipe)
    return proc, open(fd, "rb")


def given_up(lab):
    return int(re.search(r"(\d+) phone silent", lab.con.cmd("show phone-proxy")).group(1))


def test_one_that_is_interrupted_and_one_that_is_killed(lab):
    """The first says so, and its transfer ends; of the other nothing is heard, and nobody else waits for that."""
    load = os.urandom(1500000)
    lab.put("load", load)
    before = given_up(lab)
    proc, end = in_the_middle(lab, CLIENTS["atftp"][0], "load", 1000)
    proc.send_signal(signal.SIGINT)
    with end:
        assert len(end.read()) < len(load) - 1000
    assert proc.wait(30) != 0
    lablib.wait_for("its transfer to end", lambda: "TFTP transfers: 0 in use" in lab.con.cmd("show phone-proxy"))
    assert given_up(lab) == before + 1
    proc, end = in_the_middle(lab, CLIENTS["busybox"][0], "load", 1000)
    proc.kill()
    proc.wait(30)
    end.close()
    for client in ("tftp-hpa", "atftp-options", "busybox", "curl"):
        assert get(lab, CLIENTS[client][0], "load")[1] == load
