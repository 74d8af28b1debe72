"""A merge reads in pieces: other consoles go on meanwhile, and ^C ends it."""
import os
import re
import subprocess

import pytest

import sshlab
from doorlab import fixtures

box, tidy = fixtures(sshlab.SshBox)

# Long enough for whatever the other console does meanwhile; costs no memory and says nothing.
LINES = 1000000


@pytest.fixture
def endless(box):
    with open(os.path.join(box.lab.flash(), "endless.cfg"), "w") as f:
        f.write("access-list first extended permit ip any any\naccess-list first extended permit ip object never any\n"
                + "hostname fw\n" * LINES + "access-list last remark reached\n")
    for line in ("configure terminal", "clear configure access-list", "end"):
        box.con.cmd(line)
    shell = box.enabled(box.transport())
    shell.chan.settimeout(300)
    shell.send("copy /noconfirm disk0:/endless.cfg running-config\n")
    shell.until("\n")
    return shell


def begun(box):
    """The other console sees what was read so far: the merge is under way."""
    sshlab.lablib.wait_for("the first line", lambda: "permit ip any any" in box.con.cmd("show running-config access-list"))


def test_another_console_works_meanwhile(box, endless):
    """Were it kept waiting, the merge would be over before its ^C comes."""
    begun(box)
    for line in ("show clock", "configure terminal", "object network mine", "host 10.0.0.77"):
        box.con.cmd(line)
    endless.send("\x03")
    said = endless.until("fw# ")
    assert "ERROR: interrupted behind line " in said and "bytes copied" not in said
    box.con.cmd("end")
    assert " host 10.0.0.77" in box.con.cmd("show running-config object")
    assert "permit ip any any" in box.con.cmd("show access-list first")
    box.con.cmd("configure terminal")
    box.con.cmd("clear configure access-list first")
    box.con.cmd("end")


def test_saving_waits_for_its_end(box, endless):
    """A line whose object never came is there while the merge goes on, and in no saved configuration."""
    begun(box)
    assert "object never" in box.con.cmd("show running-config access-list")
    box.con.send("write memory")
    endless.send("\x03")
    assert "ERROR: interrupted behind line " in endless.until("fw# ")
    box.con.until(rb"\[OK\]")
    box.con.until(rb"fw# ")
    saved = box.con.cmd("show startup-config")
    assert "access-list first extended permit ip any any" in saved and "object never" not in saved


def test_who_waits_for_its_end_may_give_up(box, endless):
    begun(box)
    other = box.enabled(box.transport())
    other.send("copy /noconfirm disk0:/endless.cfg running-config\n")
    other.until("\n")
    other.send("\x03")
    assert "ERROR: interrupted: another console" in other.until("fw# ")
    endless.send("\x03")
    assert "ERROR: interrupted behind line " in endless.until("fw# ")


def test_an_operator_ends_it(box, endless):
    """Saving waits for the end of the merge, which comes before the last line."""
    begun(box)
    for number in re.findall(r"^(\d+) ", box.con.cmd("show ssh sessions"), re.M):
        box.con.cmd("ssh disconnect " + number)
    assert "[OK]" in box.con.cmd("write memory")
    lists = box.con.cmd("show running-config access-list")
    assert "permit ip any any" in lists and "object never" not in lists and "last" not in lists


def test_what_was_read_is_in_force_while_its_messages_wait_to_be_read(box):
    """Nobody else types anything: an address of the box tells."""
    with open(os.path.join(box.lab.flash(), "faults.cfg"), "w") as f:
        f.write("interface GigabitEthernet0/0\n ip address 192.0.2.71 255.255.255.0\n" + "no such command\n" * 100)
    shell = box.enabled(box.transport(), height=24)
    shell.send("terminal pager 24\n")
    shell.until("fw# ")
    shell.send("copy /noconfirm disk0:/faults.cfg running-config\n")
    shell.until("<--- More --->")
    sshlab.lablib.wait_for("an answer of the new address",
                           lambda: not subprocess.call(box.lab.outside.cmd("ping", "-c1", "-W1", "-q", "192.0.2.71"),
                                                       stdout=subprocess.DEVNULL))
    shell.send("q")
    shell.until("fw# ")
    for line in ("configure terminal", "interface GigabitEthernet0/0", "ip address 192.0.2.1 255.255.255.0", "end"):
        box.con.cmd(line)
