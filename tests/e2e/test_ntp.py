"""The clock: set by hand and kept over a reload, and set by chrony with and without keys."""
import os
import re
import subprocess
import time

import pytest

import lab as lablib
from conftest import finish, paste

CONFIG = lablib.PORTS + """\
logging enable
logging buffered informational
logging buffer-size 100000
clock timezone CET 1
clock summer-time CEST recurring last Sun Mar 2:00 last Sun Oct 3:00
"""

CHRONY = """\
local stratum 3
allow all
cmdport 0
bindcmdaddress /
keyfile {dir}/chrony.keys
pidfile {dir}/chrony.pid
"""
# Where scripts/setup has unpacked it.
CHRONYD = os.path.join(os.path.dirname(__file__), "../../build/chrony/usr/sbin/chronyd")
KEYS = "7 MD5 ASCII:sesame\n8 SHA1 ASCII:barley\n9 SHA256 ASCII:poppy\n"


def chrony(lab):
    conf = os.path.join(lab.dir, "chrony.conf")
    with open(conf, "w") as f:
        f.write(CHRONY.format(dir=lab.dir))
    with open(os.path.join(lab.dir, "chrony.keys"), "w") as f:
        f.write(KEYS)
    return lab.spawn(lab.inside, CHRONYD, "-x", "-d", "-u", "root", "-f", conf, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def lab():
    it = lablib.Lab()
    it.con = it.start()
    paste(it.con, CONFIG)
    it.chrony = chrony(it)
    yield it
    finish(it)


@pytest.fixture(autouse=True)
def fresh(lab):
    yield
    paste(lab.con, "clear configure ntp\n")
    lablib.wait_for("nobody to be followed", lambda: not synchronized(lab))  # the client has a thread of its own
    lab.con.cmd("clear logging buffer")


def synchronized(lab):
    return "Clock is synchronized" in lab.con.cmd("show ntp status")


def year(lab):
    return int(lab.con.cmd("show clock").split()[-1])


def test_set_by_hand(lab):
    lab.con.cmd("clock set 12:00:00 4 july 2031")
    text = lab.con.cmd("show clock detail")
    assert re.match(r"12:00:\d\d\.\d+ CEST Fri Jul 4 2031\n", text), text
    assert "Time source is user configuration" in text
    assert "Summer time starts 02:00:00 CET Sun Mar 30 2031" in text
    assert "Summer time ends 03:00:00 CEST Sun Oct 26 2031" in text
    paste(lab.con, "logging timestamp\nhostname other\nhostname ciscoasa\n")
    lablib.wait_for("a line of the log", lambda: "Jul 04 2031 12:0" in lab.con.cmd("show logging"))
    lab.con.cmd("write memory")
    assert "Jul 04 2031" in lab.con.cmd("dir")
    lab.stop()
    lab.con = lab.start()
    assert "CEST Fri Jul 4 2031" in lab.con.cmd("show clock")
    lab.con.cmd("clock set host")
    assert year(lab) == time.gmtime().tm_year or time.gmtime().tm_yday in (1, 365, 366)


def test_set_by_a_server(lab):
    lab.con.cmd("clock set 12:00:00 4 july 2031")
    paste(lab.con, "ntp server 10.0.0.254\n")
    lablib.wait_for("the time", lambda: synchronized(lab), 60)
    text = lab.con.cmd("show ntp status")
    assert "synchronized, stratum 4, reference is 10.0.0.254" in text, text
    assert year(lab) < 2031
    assert "Time source is NTP" in lab.con.cmd("show clock detail")
    row = lab.con.cmd("show ntp associations")
    assert re.search(r"^\*~10\.0\.0\.254 +127\.127\.1\.1 +3 +\d+ +\d+ +\d+ ", row, re.M), row
    for message in ("%ASA-5-780033: NTP: clock was set by -", "%ASA-5-780030: NTP: clock follows"):
        lablib.wait_for(message, lambda: message in lab.con.cmd("show logging"))


@pytest.mark.parametrize("number, text", [(7, "md5 sesame"), (8, "sha1 barley"), (9, "sha256 poppy")])
def test_keys(lab, number, text):
    paste(lab.con, f"ntp authentication-key {number} {text}\nntp authenticate\nntp trusted-key {number}\n"
          f"ntp server 10.0.0.254 key {number}\n")
    lablib.wait_for("the time", lambda: synchronized(lab), 60)
    assert "our_master, authenticated, sane, valid, stratum 3" in lab.con.cmd("show ntp associations detail")
    assert text.split()[1] not in lab.con.cmd("show running-config ntp")


def test_a_wrong_key_is_not_believed(lab):
    paste(lab.con, "ntp authentication-key 7 md5 barley\nntp server 10.0.0.254 key 7\nntp server 10.0.0.53 key 5\n")
    lablib.wait_for("it to be told", lambda: lab.con.cmd("show logging").count("%ASA-4-780031") >= 2, 60)
    assert not synchronized(lab)
    assert "not believed: there is no ntp authentication-key 5" in lab.con.cmd("show ntp associations detail")
    lablib.wait_for("which one it is", lambda: "server 10.0.0.254 does not tell the time: " in lab.con.cmd("show logging"))


def test_a_server_that_is_gone_is_told(lab):
    paste(lab.con, "ntp server 10.0.0.254\n")
    lablib.wait_for("the time", lambda: synchronized(lab), 60)
    lablib.end(lab.chrony)
    lab.con.cmd("clock set 12:00:00 4 july 2031")  # asks again at once
    lablib.wait_for("it to be told", lambda: "NTP: server 10.0.0.254 does not tell the time: " in
                    lab.con.cmd("show logging"), 60)
    assert not synchronized(lab)
    assert year(lab) == 2031
    lab.chrony = chrony(lab)
    lab.con.cmd("clock set 12:00:00 5 july 2031")
    lablib.wait_for("the time", lambda: synchronized(lab), 60)
    assert year(lab) < 2031
