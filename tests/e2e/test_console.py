"""The console as an operator has it: a serial line with editing, captures that leave the box."""
import os
import re
import select
import struct
import time
import tty

import lab as lablib
from conftest import open_session

# A server as they are: each request, also a repeated one, gets an answer from a port of its own.
TFTPD = r"""
import select, socket, sys

def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("10.1.1.2", port))
    return s

listen, transfers = udp(69), {}
print("ready", flush=True)
while True:
    for s in select.select([listen, *transfers], [], [], 60)[0]:
        d, peer = s.recvfrom(2000)
        if s is listen:
            t = udp(0)
            transfers[t] = [b"", 1]
            t.sendto(b"\0\4\0\0", peer)
            continue
        got = transfers[s]
        if int.from_bytes(d[2:4], "big") == got[1] & 0xffff:
            got[0], got[1] = got[0] + d[4:], got[1] + 1
        s.sendto(b"\0\4" + d[2:4], peer)
        if len(d) < 516:
            open(sys.argv[1], "wb").write(got[0])
            sys.exit(0)
"""


def records(path):
    """Frames of a capture file, read without the appliance's own code."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at, out = 24, []
    while at < len(data):
        caplen = struct.unpack(order + "I", data[at + 8: at + 12])[0]
        out.append(data[at + 16: at + 16 + caplen])
        at += 16 + caplen
    assert at == len(data)
    return out


def test_captures_leave_the_box(mmp):
    mmp.con.cmd("capture wire interface outside match tcp any any eq 5443")
    mmp.con.cmd("capture clear type tls-proxy interface outside")
    open_session(mmp)
    path = os.path.join(mmp.lab.dir, "got.pcap")
    server = mmp.lab.spawn(mmp.lab.inside, "python3", "-c", TFTPD, path, stdout=lablib.subprocess.PIPE)
    assert server.stdout.readline() == b"ready\n"
    text = mmp.con.cmd("copy /noconfirm /pcap capture:clear tftp://10.1.1.2/clear.pcap")
    n = int(re.search(r"(\d+) packets? copied in ", text).group(1))
    server.wait(60)
    frames = records(path)
    assert len(frames) == n
    assert b"".join(f[54:] for f in frames if f[26:30] == bytes((192, 0, 2, 10))) == lablib.OPEN
    text = mmp.con.cmd("copy /noconfirm /pcap capture:wire disk0:wire.pcap")
    n = int(re.search(r"(\d+) packets copied in ", text).group(1))
    assert len(records(os.path.join(mmp.lab.flash(), "wire.pcap"))) == n > 10


def test_upload_to_nobody_times_out(mmp):
    mmp.con.cmd("capture wire interface outside")
    text = mmp.con.cmd("copy /noconfirm /pcap capture:wire tftp://10.0.0.99/x", deadline=120)
    assert "%Error writing tftp://10.0.0.99/x (Timed out)" in text


class SerialLine:
    """The operator's end of --console pty:LINK."""

    def __init__(self, link):
        lablib.wait_for("the serial line", lambda: os.path.islink(link))
        self.fd, self.buf = os.open(link, os.O_RDWR | os.O_NOCTTY), b""
        tty.setraw(self.fd)

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, want, deadline=60):
        want, end = want.encode(), time.monotonic() + deadline
        while want not in self.buf:
            assert select.select([self.fd], [], [], max(0, end - time.monotonic()))[0], \
                f"no {want} after {self.buf[-1000:]}"
            self.buf += os.read(self.fd, 4096)
        text, self.buf = self.buf.split(want, 1)
        return text.decode()


def test_serial_line(lab):
    link = os.path.join(lab.dir, "console")
    argv = [lablib.voxgate_bin(), "run", "--flash", lab.flash(), "--console", "pty:" + link]
    proc = lab.spawn(lab.box, *argv, stdout=lablib.subprocess.DEVNULL)
    con = SerialLine(link)
    con.type("\r")
    con.until("ciscoasa> ")
    con.type("en\r\r")
    con.until("Password: ")
    con.until("ciscoasa# ")
    con.type("sh ver?")
    assert "version" in con.until("ciscoasa# sh ver")
    con.type("\t\r")  # the rest of the word, then Enter
    con.until("Software Version ")
    con.until("<--- More --->")
    con.type(" ")
    con.until("ciscoasa# ")
    con.type("show run\r")
    con.until("<--- More --->")
    con.type("q")
    con.until("\r              \rciscoasa# ")
    con.type("conf t\r")
    con.until("(config)# ")
    con.type("host fw\r\nwrong\x03")  # CR LF is one Enter; ^C drops the line
    con.until("fw(config)# wrong^C\r\n")
    con.type("\x1a")
    con.until("fw# ")
    con.type("terminal pager 0\r")
    con.until("fw# ")
    lines = "".join(f"access-list typed extended permit tcp any any eq {1 + i}\r" for i in range(2000))
    con.type("conf t\r")
    con.until("(config)# ")
    for i in range(0, len(lines), 1000):  # a terminal program that reads what it is sent
        con.type(lines[i:i + 1000])
        while select.select([con.fd], [], [], 0)[0]:
            con.buf += os.read(con.fd, 4096)
    con.until("eq 2000\r\n", 120)
    con.type("end\r")
    con.until("fw# ", 60)
    con.type("show access-list typed | include elements\r")
    con.until("access-list typed; 2000 elements", 60)
    con.type("exit\r")
    con.until("Logoff")
    con.until("fw> ")
    proc.terminate()
    assert proc.wait(60) in (0, -15, 143)
    lablib.wait_for("the link to go", lambda: not os.path.lexists(link))
