"""Who types: a box with a serial line and SSH on a port of its own, and the times from Enter to the prompt."""
import os
import re
import shutil
import socket
import subprocess
import time

import doorlab
import sshlab
import topo as t

PASSWORD, SECRET, BOX, DESK = "letmein-1", "enable-1", "10.9.0.1", "10.9.0.2"

MANAGEMENT = """\
hostname fw
interface GigabitEthernet0/2
 nameif management
 security-level 90
 ip address 10.9.0.1 255.255.255.0
 no shutdown
username admin password letmein-1 privilege 15
aaa authentication ssh console LOCAL
ssh 10.9.0.0 255.255.255.0 management
ssh timeout 60
quota management-session 60
enable password enable-1
"""


def first():
    """The stopwatch goes before what it measures; the generators stay behind it."""
    os.sched_setaffinity(0, {t.GEN_CORE})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except OSError:
        os.setpriority(os.PRIO_PROCESS, 0, -20)


class Times:
    """Of one kind of command, in ms."""

    def __init__(self):
        self.ms = []

    def add(self, seconds):
        self.ms.append(seconds * 1000)

    def at(self, q):
        ms = sorted(self.ms)
        return ms[int((len(ms) - 1) * q)] if ms else float("nan")

    def __str__(self):
        return f"median {self.at(.5):.1f} p99 {self.at(.99):.1f} most {self.at(1):.1f} ms of {len(self.ms)}"


class Shell:
    """A session on a terminal, read as it comes."""

    def __init__(self, transport):
        self.chan = transport.open_session(timeout=60)
        self.chan.settimeout(60)
        self.chan.get_pty("vt100", 200, 1000)
        self.chan.invoke_shell()
        self.until(b"fw> ")
        self.chan.sendall(b"enable\n")
        self.until(b"Password: ")
        self.chan.sendall(SECRET.encode() + b"\n")
        self.until(b"fw# ")
        self.cmd("terminal pager 0")

    def until(self, mark):
        """Reads until its end looks like that."""
        buf, end = b"", re.compile(mark + rb"$")
        while not end.search(buf[-200:]):
            try:
                data = self.chan.recv(1 << 16)
            except TimeoutError:
                raise RuntimeError(f"ssh: no {mark!r}, only {buf[-500:]!r}") from None
            if not data:
                raise RuntimeError(f"the session ended: {buf[-500:]!r}")
            buf += data
        return buf

    def cmd(self, line):
        self.chan.sendall(line.encode() + b"\n")
        return self.until(rb"\nfw(\([a-z-]+\))?# ").decode(errors="replace").replace("\r", "")

    def paste(self, text):
        """Types all of it at once, asks what time it is and reads until that is said; all that came."""
        data, out, end = (text + "show clock\n").encode(), bytearray(), re.compile(rb"\d\d:\d\d:\d\d\.\d+ .*\r?\n\r*fw# $")
        self.chan.setblocking(False)
        while not end.search(out[-200:]):
            moved = False
            if data and self.chan.send_ready():
                data, moved = data[self.chan.send(data[:32768]):], True
            if self.chan.recv_ready():
                out += self.chan.recv(1 << 16)
                moved = True
            if not moved:
                time.sleep(0.0005)
        self.chan.settimeout(60)
        return bytes(out)


class SlowMachine:
    """The device gets a share of its core, in slices of a millisecond: one generator is then several times too much."""
    BASE = "/sys/fs/cgroup/cpu"

    def __init__(self, pids, share):
        self.pids, self.dir = pids, f"{self.BASE}/voxgate-bench-{os.getpid()}"
        os.mkdir(self.dir)
        self.put("cpu.shares", 100000)  # what it may have it gets before other work of the machine
        self.put("cpu.cfs_period_us", int(1000 / share))
        self.put("cpu.cfs_quota_us", 1000)
        for pid in pids:
            self.put("cgroup.procs", pid)

    def put(self, name, value, base=None):
        with open(f"{base or self.dir}/{name}", "w") as f:
            f.write(str(value))

    def close(self):
        for pid in self.pids:
            self.put("cgroup.procs", pid, self.BASE)
        os.rmdir(self.dir)


class ManagedBox(t.Voxgate):
    """Configured on the console by pipe, then started again with its serial line on a pseudo terminal."""
    ports = t.Voxgate.ports + [("GigabitEthernet0/2", "bC")]

    def __init__(self, topo, config, threads):
        self.topo, self.open = topo, []
        self.desk = t.lab.Namespace("desk")
        t.lab.veth(self.desk, "dC", topo.box, "bC")
        for ns, iface in ((self.desk, "dC"), (topo.box, "bC")):
            ns.run("python3", t.HERE + "/offload.py", iface)
        self.desk.run("ip", "addr", "add", DESK + "/24", "dev", "dC")
        shutil.rmtree(os.path.join(topo.dir, "flash"), ignore_errors=True)
        super().__init__(topo, config + MANAGEMENT)
        self.type("write memory")
        super().close()
        link = os.path.join(topo.dir, "line")
        self.app = t.on_core(t.DEVICE_CORE, lambda: t.lab.Appliance(topo.box, self.ports, self.flash,
                                                                    console="pty:" + link, threads=threads))
        self.serial = self.app.enable(SECRET)
        self.serial.cmd("terminal pager 0")
        t.lab.wait_for("the host key", lambda: "Host key: RSA, SHA256:" in self.serial.cmd("show ssh"))

    def shell(self):
        import paramiko
        sock = doorlab.in_namespace(self.desk, socket.socket)
        sock.settimeout(60)
        sock.connect((BOX, 22))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as OpenSSH does
        tr = paramiko.Transport(sock)
        self.open.append(tr)
        tr.banner_timeout = tr.auth_timeout = tr.handshake_timeout = 60
        tr.start_client(timeout=60)
        tr.auth_password("admin", PASSWORD)
        return Shell(tr)

    def ssh(self, command, out=subprocess.DEVNULL):
        """OpenSSH runs one command; the process."""
        argv = ["nice", "-n", "-5", "sshpass", "-p", PASSWORD, *sshlab.OPENSSH, f"admin@{BOX}", command]
        return t.on_core(t.GEN_CORE, lambda: self.desk.popen(*argv, stdin=subprocess.DEVNULL, stdout=out))

    def close(self):
        for tr in self.open:
            tr.close()
        try:
            super().close()
        finally:
            self.topo.box.run("ip", "link", "del", "bC")  # now, not some time after its namespace
            self.desk.close()


COMMANDS = ("show clock", "show version", "show conn count")


def watch(kinds, until):
    """Types the commands by all ways in turn until `until` is true; {way: Times}, and the slowest command."""
    times, worst = {way: Times() for way in kinds}, (0, "")
    while not until():
        for command in COMMANDS:
            for way, cmd in kinds.items():
                start = time.monotonic()
                cmd(command)
                took = time.monotonic() - start
                times[way].add(took)
                worst = max(worst, (took, f"{command} by {way}"))
        time.sleep(0.02)
    return times, worst
