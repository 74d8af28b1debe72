"""An operator at a terminal, played by pexpect: help, completion, editing, history, the pager, interrupted dialogs."""
import os
import re
import signal
import subprocess

import lab as lablib
import pexpect
import pytest

UP, LEFT, RIGHT = "\x1b[A", "\x1b[D", "\x1b[C"


class Operator:
    """A terminal on which an appliance runs, or a serial line to one."""

    def __init__(self, lab, child):
        self.lab, self.child = lab, child

    def type(self, keys):
        self.child.send(keys)

    def see(self, pattern, timeout=60):
        self.child.expect(pattern, timeout=timeout)
        return self.child.before

    def cmd(self, line, prompt=r"ciscoasa(\(\S+\))?# $"):
        self.type(line + "\r")
        self.see("\n")
        return self.see(prompt)

    def page(self):
        """What is longer than a page, left after the first."""
        said = self.see("<--- More --->$")
        self.type("q")
        self.see("ciscoasa# $")
        return said

    def enable(self):
        self.see("ciscoasa> $")
        self.type("enable\r")
        self.see("Password: $")
        self.type("\r")
        self.see("ciscoasa# $")


def hang_up(child):
    """Ends it by force; pexpect has little patience with a program that takes its time to go."""
    try:
        child.close(force=True)
    except pexpect.ExceptionPexpect:
        lablib.wait_for("its end", lambda: not child.isalive())


@pytest.fixture(params=["stdio", "pty"])
def operator(lab, request):
    """The same console twice: on the terminal the appliance was started from, and at the end of a serial line."""
    link = lab.dir + "/console"
    argv = [lablib.voxgate_bin(), "run", "--flash", lab.flash(), "--console",
            "stdio" if request.param == "stdio" else "pty:" + link]
    for iface, dev in lab.ports:
        argv += ["--port", f"{iface}=afpacket:{dev}"]
    argv = lab.box.cmd(*argv)
    proc = None
    if request.param == "stdio":
        child = pexpect.spawn(argv[0], argv[1:], encoding="utf-8", dimensions=(24, 100), timeout=60)
        lab.guard = child.pid
    else:
        proc = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        lab.guard = proc.pid
        lablib.wait_for("the serial line", lambda: lablib.os.path.islink(link))
        child = pexpect.spawn("/usr/bin/python3", ["-u", lablib.PEERS + "/serial.py", link], encoding="utf-8",
                              dimensions=(24, 100), timeout=60)
        child.expect("up\r\n")
        child.send("\r")
    o = Operator(lab, child)
    o.kind = request.param
    yield o
    hang_up(child)
    if proc:
        lablib.end(proc)
        assert proc.returncode == 0


def test_help_completion_and_history(operator):
    o = operator
    o.enable()
    o.type("show ver?")
    said = o.see(r"ciscoasa# show ver$")
    assert re.search(r"^\s*version", said.split("?", 1)[1], re.M), said
    o.type("\t")
    o.see("sion ?")
    o.type("\r")
    assert "Voxgate" in o.page()
    o.type("show ho\x03")
    o.see(r"\^C\r?\n")
    o.see("ciscoasa# $")
    o.cmd("show clock")
    o.type(UP + UP)
    o.see("version")  # over the "clock" that the first step back has brought
    o.type("\r")
    assert "Voxgate" in o.page()
    o.type("show clokc" + LEFT + "\x08" + RIGHT + "k\r")  # a slip of the pen, put right before Enter
    o.see("\n")
    assert re.search(r"\d\d:\d\d:\d\d\.\d+ ", o.see("ciscoasa# $"))


def test_end_of_input_is_a_key_that_logs_out(operator):
    o = operator
    for _ in range(2):
        o.enable()
        o.type("\x04")
        o.see("available commands")
        o.see("ciscoasa> $")
        o.type("\x04")  # without privileges as well
        o.see("available commands")


def test_modes_and_interrupted_dialogs(operator):
    o = operator
    o.enable()
    o.cmd("configure terminal")
    o.cmd("object network x")
    o.type("\x1a")
    o.see("ciscoasa# $")
    o.cmd("configure terminal")
    o.type("crypto ca import tp pkcs12 secret\r")
    o.see("on a line by itself:\r?\n")
    o.type("MIIB\r\x03")
    o.see(r"ciscoasa\(config\)# $")
    o.type("crypto key generate rsa modulus 1024\r")
    o.see(r"ciscoasa\(config\)# $", 60)
    o.type("crypto key generate rsa modulus 1024\r")
    o.see(r"\[yes/no\]: $")
    o.type("maybe\r")
    o.see("Please answer 'yes' or 'no'")
    o.see(r"\[yes/no\]: $")
    o.type("\x03")
    o.see(r"ciscoasa\(config\)# $")
    o.cmd("end")
    assert "trustpoint tp" not in o.cmd("show running-config | include trustpoint")


def test_pager(operator):
    o = operator
    o.enable()
    o.type("show running-config\r")
    first = o.see("<--- More --->$")
    assert first.count("\n") >= 20
    o.type("\r")
    line = o.see("<--- More --->$")
    assert line.count("\n") == 1, repr(line)
    o.type(" ")
    page = o.see("<--- More --->$")
    assert page.count("\n") >= 20
    o.type("q")
    o.see("ciscoasa# $")
    o.cmd("terminal pager 0")
    assert ": end" in o.cmd("show running-config")
    assert "hostname" in o.cmd("show running-config | include ^host")


def test_a_password_is_not_shown(operator):
    o = operator
    o.enable()
    o.cmd("configure terminal")
    o.cmd("enable password topsecret")
    o.cmd("end")
    o.type("disable\r")
    o.see("ciscoasa> $")
    o.type("enable\r")
    o.see("Password: $")
    o.type("topsecret\r")
    assert "topsecret" not in o.see("ciscoasa# $")
    o.type("disable\renable\rwrong\r")
    o.see("Invalid password")


def test_log_lines_go_above_the_line_being_typed(operator):
    o = operator
    o.enable()
    for line in ("configure terminal", "interface GigabitEthernet0/0", "nameif outside", "ip address 192.0.2.1 255.255.255.0",
                 "no shutdown", "exit", "logging enable", "logging console debugging", "end"):
        o.cmd(line)
    o.type("show clo")
    o.see("show clo")
    o.lab.outside.run("curl", "--max-time", "3", "http://192.0.2.1/", check=False)
    o.see(r"%ASA-7-710005: TCP request discarded from 192.0.2.10/\d+ to outside:192.0.2.1/80\r?\n")
    o.see("ciscoasa# show clo")
    o.type("ck\r")
    o.see(r"\d\d:\d\d:\d\d\.\d+ ")


def test_reload_brings_the_console_back(operator):
    o = operator
    o.enable()
    o.type("reload\r")
    o.see(r"\[confirm\]$")
    o.type("\r")
    o.see("SHUTDOWN NOW")
    o.type("enable\r")  # typed ahead: a serial line keeps it
    o.see("ciscoasa> ")
    assert "up\r\n" not in o.see("Password: $"), "the line was hung up"
    o.type("\r")
    o.see("ciscoasa# $")
    o.type("show version\r")
    assert "Voxgate" in o.page()


def test_a_crash_does_not_hang_up_the_line(operator):
    o = operator
    o.enable()
    os.kill(lablib.children(o.lab.guard)[0], signal.SIGKILL)
    o.see("Type help")
    o.type("\r")
    assert "up\r\n" not in o.see("ciscoasa> $")
