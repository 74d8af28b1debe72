"""The console under load: how long a prompt takes, and what looking costs the packets; for bench.py."""
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import calls
import mmp
import operator_desk as desk
import topo as t
from topo import INTERFACES, SECONDS, line

OPEN = """\
access-list outside_in extended permit udp any host 10.0.0.9 eq 7000
access-group outside_in in interface outside
timeout udp 10:00:00
"""
WAYS = ("apart", "joint")  # two threads on the device's core, or one


def in_background(fn, *args, **kw):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(fn, *args, **kw)
    pool.shutdown(wait=False)
    return future


def ethgen(topo, device, *args):
    return topo.tool("ethgen", f"tx={topo.outside.holder.pid}", "txif=oA", f"rx={topo.inside.holder.pid}", "rxif=iB",
                     "gw=192.0.2.1", "src=192.0.2.10", "dst=10.0.0.9", "device=" + ",".join(map(str, device.pids)),
                     *args, timeout=300)


def measured(device, shell, until):
    """Prompts by both ways while something goes on; in a thread that goes before the generators."""
    def work():
        desk.first()
        return desk.watch({"serial": device.serial.cmd, "ssh": shell.cmd}, until)
    return in_background(work)


def quiet(device, shell):
    end = time.monotonic() + SECONDS
    return measured(device, shell, lambda: time.monotonic() > end).result()


def report(what, seen, more=""):
    times, worst = seen
    for way, ms in times.items():
        line(f"prompt, {what}, {way}", f"{ms}{more}")
    line("  slowest", f"{worst[0] * 1000:.1f} ms {worst[1]}")


# ---- prompts ----

def during(device, shell, what, load):
    """load() returns a future; prompts are taken until it is over."""
    future = load()
    time.sleep(0.7)  # it warms up
    seen = measured(device, shell, future.done).result()
    r = future.result()
    report(what, seen)
    return r


def flood(topo, device, shell, what, share, args):
    slow = desk.SlowMachine(device.pids, share) if share < 1 else None
    try:
        r = during(device, shell, what,
                   lambda: in_background(ethgen, topo, device, *args, f"seconds={SECONDS * 4}"))
    finally:
        if slow:
            slow.close()
    line("  offered to carried", f"{1 / (1 - r['loss']):.2f} ({r['sent'] / SECONDS / 4:.0f} and {r['pps']:.0f} packets/s), "
                                 f"{r['dev_us']:.2f} us CPU/packet")
    device.serial.cmd("clear conn address 10.0.0.9", 60)


def serial_line(fn):
    """Bytes of a pseudo terminal pass through threads of the kernel: a generator that goes too far ahead keeps them out."""
    def work(topo):
        t.go_first(-9)
        try:
            fn(topo)
        finally:
            t.go_first()
    return work


@serial_line
def overload(topo):
    for way in WAYS:
        device = desk.ManagedBox(topo, INTERFACES + OPEN, way)
        try:
            shell = device.shell()
            report(f"{way}, nothing to do", quiet(device, shell))
            for share in (1, 0.2):
                for what, args in (("64 flows", ("payload=20",)), ("new flows", ("kind=new",))):
                    flood(topo, device, shell, f"{way}, {share:.0%} of a core, all of {what}", share, args)
        finally:
            device.close()


# ---- handshakes ----

def certificate(topo, kind):
    """One pair for the proxy and for the server behind it; our suites and OpenSSL's name of the one in use."""
    if kind == "RSA 2048":
        topo.pki.self_signed("cuma", "cuma.example.com")
        return mmp.PLAIN_RSA, "AES128-SHA"
    t.lab.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
                  "-keyout", "cuma.key", "-out", "cuma.crt", "-subj", "/CN=cuma.example.com", cwd=topo.pki.dir)
    return mmp.DEFAULTS, "ECDHE-ECDSA-AES128-GCM-SHA256"


def handshakes(topo, device, suite):
    return topo.tool("mmpload", *mmp.load_args(topo, device, "sessions", 256), f"cipher={suite}",
                     f"seconds={SECONDS * 4}")


@serial_line
def storm(topo):
    topo.give_hosts(mmp.SOURCES)
    for kind in ("RSA 2048", "ECDSA"):
        ours, theirs = certificate(topo, kind)
        for way in WAYS:
            device = desk.ManagedBox(topo, INTERFACES + mmp.config(topo, ours), way)
            try:
                r = during(device, device.shell(), f"{way}, handshakes with {kind}",
                           lambda device=device, suite=theirs: in_background(handshakes, topo, device, suite))
                line("  handshakes", f"{r['per_s']:.0f} sessions/s of two each, {r['dev_us'] / 1000:.2f} ms CPU/session, "
                                     f"{r['failed']:.0f} failed")
            finally:
                device.close()


# ---- what looking costs the packets ----

CONNS = int(os.environ.get("CONNS", "1000000"))
PACED = ("rate=2500", "flows=50", "payload=172", "look=all")  # as 50 streams of 20 ms
MOST = ("rate=100000", "flows=64", "payload=172")
LONG = 200  # seconds are longer than anything here takes


class Paced:
    """Datagrams on their way while something is done. Every one of 2,500 a second is looked at, or 100,000 are counted."""

    def __init__(self, topo, device, load, seconds):
        self.future = in_background(ethgen, topo, device, *load, f"seconds={seconds}")
        time.sleep(0.5)  # its flows are made

    def result(self):
        return self.future.result()


def seen_by_packets(r):
    return (f"lost {r['loss'] * 100:.4f} %  on their way p50 {r['p50_us'] / 1000:.2f} p99 {r['p99_us'] / 1000:.2f} most "
            f"{r['most_us'] / 1000:.1f} ms")


class Cost:
    """Time and CPU of the device while a block runs."""

    def __init__(self, device):
        self.device = device

    def all(self):
        """Of processes, so that of threads which have ended is in it; to 10 ms."""
        spent = 0
        for pid in self.device.pids:
            with open(f"/proc/{pid}/stat") as f:
                spent += sum(map(int, f.read().rpartition(")")[2].split()[11:13]))
        return spent / os.sysconf("SC_CLK_TCK")

    def worker(self):
        return sum(s for who, s in t.threads_cpu(self.device.pids).items() if who[0] == "vg-dataplane")

    def __enter__(self):
        self.cpu, self.dp, self.start = self.all(), self.worker(), time.monotonic()
        return self

    def __exit__(self, *_):
        self.wall = time.monotonic() - self.start
        self.cpu, self.dp = self.all() - self.cpu, self.worker() - self.dp

    def __str__(self):
        return f"{self.wall:.2f} s, CPU {self.cpu:.2f} s ({self.dp:.2f} of the packets' thread)"


def look(device, command):
    """One command by OpenSSH's exec; how many lines came."""
    p = device.ssh(command, subprocess.PIPE)
    lines = t.on_core(t.GEN_CORE, lambda: sum(chunk.count(b"\n") for chunk in iter(lambda: p.stdout.read(1 << 16), b"")))
    if p.wait(60):
        raise RuntimeError(f"{command}: exit status {p.returncode}")
    return lines


def cost_of(topo, device, command, rounds=1):
    """Alone, then while paced packets are on their way, then while many are."""
    look(device, "show clock")
    with Cost(device) as c:
        lines = look(device, command)
    line(f"{command}", f"{lines} lines, {c}")
    seconds = max(1.5, 3 * c.wall)
    for load, what in ((PACED, "2,500/s"), (MOST, "100,000/s")):
        for _ in range(rounds):
            before = Paced(topo, device, load, 1.5).result()
            paced = Paced(topo, device, load, seconds)
            with Cost(device) as c:
                look(device, command)
            r = paced.result()
            line(f"  {what} before", seen_by_packets(before))
            line(f"  {what} during", seen_by_packets(r) + f"; the command took {c.wall:.2f} s")


def make_conns(topo, device, n):
    before = t.rss(device.pids)
    r = ethgen(topo, device, "kind=new", f"count={n}", "rate=100000", f"seconds={LONG}", "payload=20")
    memory = t.rss(device.pids) - before
    said = device.serial.cmd("show conn count")
    line(f"{n} conns", f"{said.strip()}, {memory / n:.0f} octets of RSS each; lost {100 * r['loss']:.2f} %")


def clear(topo, device):
    for load, what in ((PACED, "2,500/s"), (MOST, "100,000/s")):
        make_conns(topo, device, CONNS)
        paced = Paced(topo, device, load, 8)
        with Cost(device) as c:
            said = device.serial.cmd("clear conn address 192.0.2.0-192.0.2.255", 60)
        line("clear conn", f"{said.strip()} {c}")
        line(f"  {what} during", seen_by_packets(paced.result()))


def conns(topo):
    device = desk.ManagedBox(topo, INTERFACES + OPEN, os.environ.get("THREADS", "apart"))
    try:
        make_conns(topo, device, CONNS)
        for command in ("show conn", "show conn count", "show conn address 192.0.2.77", "show conn address 192.0.2.254",
                        "show conn detail"):
            cost_of(topo, device, command)
        clear(topo, device)
    finally:
        device.close()


# ---- what working at the console costs the calls ----

USERS = """\
object network users
 subnet 10.0.0.0 255.255.255.0
 nat (inside,outside) dynamic interface
"""
TALKING = 50  # calls: 5,000 packets a second


def many_lines(n, name):
    return "".join(f"access-list {name} extended permit udp host 10.{i >> 8}.{i & 255}.9 any eq {1024 + i % 60000}\n" for i in range(n))


def jobs(device, shell):
    """What an operator does, by name."""
    def paste():
        shell.cmd("configure terminal")
        shell.paste(many_lines(10000, "pasted") + "end\n")
    return {
        "nothing": lambda: time.sleep(2),
        "10,000 lines pasted and committed": paste,
        "a line more": lambda: [shell.cmd(c) for c in ("configure terminal", "access-list outside_in extended permit udp any host 10.0.0.77", "end")],
        "show access-list (10,000)": lambda: look(device, "show access-list"),
        "show running-config": lambda: look(device, "show running-config"),
        "write memory": lambda: shell.cmd("write memory"),
        "show xlate (50,000)": lambda: look(device, "show xlate"),
        "show conn (50,000)": lambda: look(device, "show conn"),
        "show call": lambda: look(device, "show call"),
        "show tech-support": lambda: look(device, "show tech-support"),
        "clear xlate": lambda: shell.cmd("clear xlate"),
        "lines removed and committed": lambda: [shell.cmd(c) for c in ("configure terminal", "clear configure access-list pasted", "end")],
    }


def audio(topo):
    calls.certificates(topo)
    topo.give_hosts(mmp.SOURCES)
    device = desk.ManagedBox(topo, calls.phone_proxy_config(topo) + USERS, os.environ.get("THREADS", "apart"))
    try:
        shell = device.shell()
        topo.tool("ethgen", f"tx={topo.inside.holder.pid}", "txif=iB", f"rx={topo.outside.holder.pid}", "rxif=oA", "gw=10.0.0.1",
                  "src=10.0.0.80", "dst=192.0.2.200", "seen-src=192.0.2.1", "kind=new", "count=50000", "rate=40000", "device=",
                  "seconds=10", "payload=20")
        with calls.Calls(topo, device, TALKING, "all") as talk:
            for name, job in jobs(device, shell).items():
                job_during(talk, device, name, job)
    finally:
        device.close()


def job_during(talk, device, name, job):
    seconds = 8 if "pasted" in name else 4
    future = in_background(talk.trial, TALKING * 100, seconds)
    time.sleep(0.3)
    with Cost(device) as c:
        job()
    over = future.done()
    r = future.result()
    line(name, f"{c.wall:.2f} s{' (longer than the audio)' if over else ''}  audio: lost {100 * r['loss']:.4f} %  late p50 "
               f"{r['p50_us'] / 1000:.2f} p99 {r['p99_us'] / 1000:.2f} most {r['most_us'] / 1000:.1f} ms of {r['looked_at']:.0f}")


# ---- many sessions, long pastes ----

SESSIONS = 50


@serial_line
def ssh(topo):
    device = desk.ManagedBox(topo, INTERFACES + OPEN, WAYS[0])
    try:
        before = t.rss(device.pids)
        with Cost(device) as c:
            shells = [device.shell() for _ in range(SESSIONS)]
        line(f"{SESSIONS} SSH sessions", f"{c}; {(t.rss(device.pids) - before) / SESSIONS / 1024:.0f} KB of RSS each")
        times, start = desk.Times(), time.monotonic()

        def type_often(shell):
            for command in desk.COMMANDS * 10:
                began = time.monotonic()
                shell.cmd(command)
                times.add(time.monotonic() - began)

        with Cost(device) as c, ThreadPoolExecutor(SESSIONS) as pool:
            list(pool.map(type_often, shells))
        line("  all type at once", f"{len(times.ms) / (time.monotonic() - start):.0f} prompts/s, {times}; "
                                   f"{c.cpu / len(times.ms) * 1000:.2f} ms CPU each")
        report("with them open", quiet(device, shells[0]))
        pasted(device, shells[0])
    finally:
        device.close()


def pasted(device, shell):
    lines = many_lines(10000, "pasted")
    shell.cmd("configure terminal")
    with Cost(device) as c:
        out = shell.paste(lines + "end\n")
    echoed = out.count(b"access-list pasted extended")
    held = device.serial.cmd("show access-list pasted | include elements").strip()
    line("10,000 lines pasted by SSH", f"{c}; {echoed} echoed, {held.partition(';')[2].strip()}")


PARTS = {"overload": overload, "storm": storm, "conns": conns, "audio": audio, "ssh": ssh}


def console(topo):
    """Each part in a topology of its own."""
    for name in os.environ.get("CONSOLE", " ".join(PARTS)).split():
        own = t.Topology()
        try:
            PARTS[name](own)
        finally:
            own.close()


FIGURES = {"console": console}
