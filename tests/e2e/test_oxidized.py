"""The session of a configuration collector as Oxidized's model for the ASA has it, command by command; what it cuts off and what
it drops is done here as it does it, so that what is left must be the configuration and nothing that changes by itself."""
import re

import pytest

from sshlab import BOX, PASSWORD, SECRET, USER, SshBox  # noqa: F401

# A line of name characters, > or #, at most one blank: its idea of a prompt.
PROMPT = re.compile(r"^\r*([\w.@()-]+[#>]\s?)$", re.M)


@pytest.fixture
def box():
    b = SshBox()
    yield b
    b.close()


class Collector:
    def __init__(self, chan):
        self.chan, self.buf = chan, ""

    def expect(self, pattern=PROMPT):
        while True:
            m = pattern.search(self.buf)
            if m and m.end() == len(self.buf):
                text, self.buf = self.buf[:m.start()], ""
                return text
            data = self.chan.recv(65536)
            assert data, f"the session ended: {self.buf!r}"
            self.buf += data.decode()

    def cmd(self, line, pattern=PROMPT):
        self.chan.sendall((line + "\n").encode())
        text = self.expect(pattern)
        assert text.startswith(line), f"no echo of {line!r}: {text[:100]!r}"
        return text.replace("\r", "")


def collect(box):
    t = box.transport()
    chan = t.open_session(timeout=30)
    chan.settimeout(60)
    chan.get_pty("vt100", 80, 24)
    chan.invoke_shell()
    c = Collector(chan)
    c.expect()
    c.cmd("enable", re.compile(r"^[Pp]assword:\s*$", re.M))
    chan.sendall((SECRET + "\n").encode())
    c.expect()
    c.cmd("terminal pager 0")
    assert "multiple" not in c.cmd("show mode")
    version = [line for line in c.cmd("show version").split("\n")[1:]
               if not re.search(r" up \d+ |days|Configuration last modified by|Configuration has not been modified|Start-up time", line)]
    inventory = c.cmd("show inventory").split("\n")[1:]
    config = c.cmd("more system:running-config").split("\n")
    chan.sendall(b"exit\n")
    rest = b""
    while True:
        data = chan.recv(4096)
        if not data:
            break
        rest += data
    assert b"Logoff" in rest
    assert chan.recv_exit_status() == 0
    t.close()
    head, body = config[1:4], [line for line in config[4:] if not line.startswith(": ")]
    return version, inventory, head, body


def test_two_collections_are_alike(box):
    version, inventory, head, body = collect(box)
    assert any("Software Version" in line for line in version) and any(line.startswith("Name: ") for line in inventory)
    assert all(not line or line.startswith((":", "!")) for line in head), head  # cut off: nothing is lost
    assert any(line.startswith("ASA Version ") for line in body) and "hostname fw" in body
    assert collect(box) == (version, inventory, head, body)
