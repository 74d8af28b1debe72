"""An appliance that people connect to: what its SSH and its HTTPS clients have in common."""
import ctypes
import os
import socket
import threading

import pytest

import lab as lablib

USER, PASSWORD, SECRET, BOX = "admin", "letmein-1", "enable-1", "10.0.0.1"

CONFIG = """\
hostname fw
enable password enable-1
username admin password letmein-1 privilege 15
""" + lablib.PORTS + """\
logging enable
logging buffered debugging
logging buffer-size 1000000
"""


class DoorBox:
    """con is the serial console in privileged mode; open holds what hang_up() closes."""

    def __init__(self, **start):
        self.lab, self.open = lablib.Lab(), []
        self.con = self.lab.start(**start)

    def dial(self, port, source=None, timeout=60, ns=None):
        """A TCP connection to the box, made inside the namespace."""
        s = in_namespace(ns or self.lab.inside, socket.socket)
        self.open.append(s)
        s.settimeout(timeout)
        if source:
            s.bind((source, 0))
        s.connect((BOX, port))
        return s

    def hang_up(self):
        for s in reversed(self.open):
            s.close()
        self.open = []

    def log(self):
        return self.con.cmd("show logging")

    def close(self):
        self.hang_up()
        rc, text = self.lab.close()
        assert rc == 0, f"the appliance ended with {rc}: {text[-4000:]}"


def fixtures(make):
    """box, one for all tests of a file, and tidy: what a test that failed has left open is in the way of no other."""
    @pytest.fixture(scope="module")
    def box():
        it = make()
        yield it
        it.close()

    @pytest.fixture(autouse=True)
    def tidy(request):
        yield
        if "box" in request.fixturenames:
            request.getfixturevalue("box").hang_up()

    return box, tidy


def in_namespace(ns, fn):
    """Runs fn in a thread inside the network namespace; a socket stays where it was made."""
    out = []

    def work():
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open(f"/proc/{ns.holder.pid}/ns/net", os.O_RDONLY)
        try:
            if libc.setns(fd, 0x40000000):
                raise OSError(ctypes.get_errno(), "setns")
            out.append(fn())
        finally:
            os.close(fd)

    t = threading.Thread(target=work)
    t.start()
    t.join()
    assert out, "the namespace cannot be entered"
    return out[0]
