#!/usr/bin/env python3
"""bench.py [NAME...]: measures the shipped binary and prints one line per figure. Names: see FIGURES at the end."""
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time

import calls
import console
import mmp
import phones
import topo as t
from topo import INTERFACES, ROUNDS, SECONDS, line

PERMIT = "access-list outside_in extended permit {} any host 10.0.0.9 eq 7000\n"
GROUP = "access-group outside_in in interface outside\n"
NAT = """\
object network server
 host 10.0.0.9
 nat (inside,outside) static 192.0.2.9
object network users
 subnet 10.0.0.0 255.255.255.0
 nat (inside,outside) dynamic interface
"""


# ---- packets ----

INWARD = ("gw=192.0.2.1", "src=192.0.2.10")
PATHS = {
    "forwarded": (*INWARD, "dst=10.0.0.9"),
    "static NAT": (*INWARD, "dst=192.0.2.9", "seen-dst=10.0.0.9"),
    "PAT": ("gw=10.0.0.1", "src=10.0.0.20", "dst=192.0.2.10", "seen-src=192.0.2.1"),
}


def ethgen(topo, device, path, *args):
    outer, inner = (topo.outside, "oA"), (topo.inside, "iB")
    (tx, txif), (rx, rxif) = (inner, outer) if path == "PAT" else (outer, inner)
    return topo.tool("ethgen", f"tx={tx.holder.pid}", f"txif={txif}", f"rx={rx.holder.pid}", f"rxif={rxif}",
                     *PATHS[path], "device=" + ",".join(map(str, device.pids)), *args)


def packet_line(what, payload, rate, r):
    load = f"{rate // 1000}k/s" if rate else "all"
    wrong = f", {r['wrong']:.0f} WRONG" if r["wrong"] else ""
    sender = "" if rate else f"  sender {r['gen_us']:.2f} us"
    line(f"{what}, {payload} B, {load}",
         f"{r['dev_us']:6.2f} us CPU/packet  {r['pps']:7.0f} packets/s  loss {100 * r['loss']:.1f} %  "
         f"latency p50 {r['p50_us']:.0f} p99 {r['p99_us']:.0f} us{sender}{wrong}")


def packets(topo, device, path):
    for payload in (64, 172):
        for rate in (10000, 100000, 0):
            r = ethgen(topo, device, path, f"payload={payload}", f"rate={rate}", f"seconds={SECONDS / 2}")
            packet_line(path, payload, rate, r)


def forward(topo):
    device = t.Voxgate(topo, INTERFACES + PERMIT.format("udp") + GROUP)
    try:
        packets(topo, device, "forwarded")
    finally:
        device.close()


def nat(topo):
    device = t.Voxgate(topo, INTERFACES + PERMIT.format("udp") + GROUP + NAT)
    try:
        packets(topo, device, "static NAT")
        packets(topo, device, "PAT")
    finally:
        device.close()


MASQUERADE = """\
table ip bench {
 chain post { type nat hook postrouting priority 100; oifname bB masquerade; }
 chain pass { type filter hook forward priority 0; policy drop; ct state established accept; udp dport 7000 accept; }
}
"""


def kernel(topo):
    """The kernel's own forwarding has no process: it runs on the sender's core, so the figure holds the sender's share."""
    topo.device_addresses("bA 192.0.2.1/24", "bB 10.0.0.1/24")
    topo.box.sysctl("net.ipv4.ip_forward", 1)
    kernel_line(topo, "kernel forwarding")
    if shutil.which("nft"):
        topo.box.run("nft", "-f", "-", input=MASQUERADE.encode())
        kernel_line(topo, "kernel NAT", "seen-src=10.0.0.1")


def kernel_line(topo, what, *args):
    for payload in (64, 172):
        r = ethgen(topo, t.Nothing, "forwarded", f"payload={payload}", f"seconds={SECONDS / 2}", *args)
        line(f"{what}, {payload} B, all", f"{r['gen_us']:6.2f} us CPU/packet, the sender's work included  "
                                          f"latency p50 {r['p50_us']:.0f} us")


# ---- access lists ----

def elsewhere(rng):
    return rng.choice((f"host 10.77.{rng.randrange(256)}.{rng.randrange(256)}",
                       f"10.{rng.randrange(64, 128)}.{rng.randrange(256)}.0 255.255.255.0",
                       f"172.{rng.randrange(16, 32)}.0.0 255.255.0.0"))


def ace(rng):
    """A line which does not match the traffic, in one field at least; in the others it often does."""
    proto = rng.choice(("udp", "udp", "udp", "tcp", "tcp", "tcp", "ip", "icmp"))
    near_src = rng.choice(("any", "192.0.2.0 255.255.255.0", f"host 192.0.2.{rng.randrange(10, 138)}"))
    near_dst = rng.choice(("any", "10.0.0.0 255.255.255.0", "host 10.0.0.9"))
    other_port = rng.choice((f"eq {rng.randrange(1, 7000)}", f"eq {rng.randrange(7001, 65536)}",
                             f"range {rng.randrange(7001, 30000)} {rng.randrange(30000, 65536)}",
                             f"lt {rng.randrange(2, 7000)}", f"gt {rng.randrange(7001, 65535)}", "neq 7000"))
    port = rng.choice(("", " eq 7000", " range 6000 8000")) if proto in ("udp", "tcp") else ""
    action = rng.choice(("permit", "deny"))
    miss = rng.choice(("src", "dst", "dst", "port" if port or proto in ("udp", "tcp") else "dst"))
    if miss == "src":
        near_src = elsewhere(rng)
    elif miss == "dst":
        near_dst = elsewhere(rng)
    else:
        port = " " + other_port
    return f"access-list outside_in extended {action} {proto} {near_src} {near_dst}{port}\n"


def aces(n):
    """n mixed lines, the last ones matching: the same lines in every run."""
    rng = random.Random(2113)
    return "".join(ace(rng) for _ in range(n))


def new_flows(topo):
    base = {}
    for n in (1, 10000):
        for kind, proto in (("new", "udp"), ("syn", "tcp")):
            device = t.Voxgate(topo, INTERFACES + aces(n - 1) + PERMIT.format(proto) + GROUP)
            try:
                runs = [one_flood(topo, device, kind) for _ in range(3)]
            finally:
                device.close()
            r = sorted(runs, key=lambda x: x["dev_us"])[1]
            ratio = r["dev_us"] / base.setdefault(kind, r["dev_us"])
            line(f"new {proto.upper()} flow, {n} ACE{'s' * (n > 1)}",
                 f"{r['dev_us']:6.2f} us CPU/flow  {r['pps']:7.0f} flows/s carried  {1e6 / r['dev_us']:7.0f} per CPU "
                 f"second  {ratio:.2f} x of 1 ACE  loss {100 * r['loss']:.0f} %")


def one_flood(topo, device, kind):
    """Every frame a flow of its own, as fast as they can be sent; the table is emptied afterwards."""
    r = ethgen(topo, device, "forwarded", f"kind={kind}", "count=100000", "seconds=5")
    device.type("clear conn all")
    return r


TRACE = "packet-tracer input outside udp 192.0.2.10 4000 10.0.0.9 7000"


def timed(device, lines):
    """CPU and wall milliseconds until the lines are in force and a packet-tracer has seen it."""
    pids = device.pids
    before, start = t.threads_cpu(pids), time.monotonic()
    out = device.type(lines + TRACE)
    wall, cpu = time.monotonic() - start, t.cpu_since(before, pids)
    if "allow" not in out.rpartition("Action:")[2]:
        raise RuntimeError("the last line is not in force: " + out[-500:])
    return cpu * 1000, wall * 1000


def commit(topo):
    for n in (10, 1000, 10000):
        device = t.Voxgate(topo, INTERFACES)
        try:
            cpu, wall = timed(device, "configure terminal\n" + aces(n - 1) + PERMIT.format("udp") + GROUP + "end\n")
            more = "configure terminal\naccess-list outside_in extended permit udp any host 10.0.0.10 eq 7000\nend\n"
            cpu1, wall1 = timed(device, more)
            line(f"commit of {n} ACEs", f"{cpu:7.1f} ms CPU  {wall:7.1f} ms wall; one more line afterwards "
                                        f"{cpu1:.1f} ms CPU  {wall1:.1f} ms wall")
        finally:
            device.close()


# ---- TLS ----

HAPROXY = """\
global
 nbthread 1
 maxconn 9000
 tune.ssl.cachesize 0
defaults
 mode tcp
 timeout connect 5s
 timeout client 300s
 timeout server 300s
listen mmp
 bind {mapped} ssl crt {dir}/cuma.both ciphers AES128-SHA:@SECLEVEL=0 ssl-max-ver TLSv1.2 no-tls-tickets
 server cuma {server} ssl verify required ca-file {dir}/cuma.crt ciphers AES128-SHA:@SECLEVEL=0 ssl-max-ver TLSv1.2 no-ssl-reuse
"""


def make_certificates(topo):
    topo.pki.self_signed("cuma", "cuma.example.com")
    with open(topo.pki.path("cuma.both"), "w") as out:
        for part in ("cuma.crt", "cuma.key"):
            with open(topo.pki.path(part)) as f:
                out.write(f.read())


def start_voxgate(topo):
    topo.device_addresses()
    return t.Voxgate(topo, INTERFACES + mmp.config(topo))


def start_haproxy(topo):
    topo.device_addresses("bA 192.0.2.1/24", "bA 192.0.2.140/32", "bB 10.0.0.1/24")
    path = os.path.join(topo.dir, "haproxy.cfg")
    with open(path, "w") as f:
        f.write(HAPROXY.format(mapped=mmp.MAPPED, server=mmp.SERVER, dir=topo.dir))
    peer = t.Peer("haproxy", topo, "haproxy", "-db", "-f", path)
    t.lab.wait_for("haproxy", lambda: b":5443 " in topo.box.run("ss", "-ltn").stdout)
    return peer


def share_of_threads(before, pids):
    spent = {who: s - before.get(who, 0) for who, s in t.threads_cpu(pids).items()}
    total = sum(spent.values()) or 1
    top = sorted(spent.items(), key=lambda x: -x[1])[:3]
    return ", ".join(f"{who[0]} {100 * s / total:.0f} %" for who, s in top if s / total > 0.02)


def in_turn(topo, figure, mode, n, unit):
    """A B A B; the figure is the mean, the ratio that of the means."""
    seen = {"voxgate": [], "haproxy": []}
    shares = {}
    for _ in range(ROUNDS):
        for start in (start_voxgate, start_haproxy):
            device = start(topo)
            try:
                pids = device.pids
                before = t.threads_cpu(pids)
                seen[device.name].append(topo.tool("mmpload", *mmp.load_args(topo, device, mode, n)))
                shares[device.name] = share_of_threads(before, pids)
            finally:
                device.close()
    mean = {name: statistics.mean(r["dev_us"] for r in runs) for name, runs in seen.items()}
    for name, runs in seen.items():
        gen = statistics.mean(r["gen_us"] for r in runs)
        failed = sum(r["failed"] for r in runs)
        line(f"{figure}, {name}",
             f"{mean[name]:8.2f} us CPU/{unit} ({', '.join('%.1f' % r['dev_us'] for r in runs)})  "
             f"{1e6 / mean[name]:6.0f} per CPU second  {mean[name] / mean['haproxy']:.2f} x haproxy  "
             f"generator {gen:.1f} us  p50 {runs[-1]['p50_us']:.0f} us"
             + (f"  {failed:.0f} FAILED" if failed else "") + f"  [{shares[name]}]")


def sessions(topo):
    in_turn(topo, "new TLS session", "sessions", 32, "session")


def messages(topo):
    in_turn(topo, "1 KB message", "messages", 100, "message")


def idle_memory(topo, start, n):
    device = start(topo)
    pids = device.pids
    kernel_memory = t.KernelMemory(pids)
    args = mmp.load_args(topo, device, "idle", n)
    load = t.on_core(t.GEN_CORE, lambda: subprocess.Popen([f"{t.TOOLS}/mmpload", *args], stdin=subprocess.PIPE,
                                                          stdout=subprocess.PIPE, text=True))
    try:
        before, kernel_before = t.rss(pids), kernel_memory.now()
        said = load.stdout.readline()
        if not said.startswith("open="):
            raise RuntimeError("idle sessions did not open: " + said)
        time.sleep(2)  # buffers of the handshakes go back, timers run once
        after, kernel_after = t.rss(pids), kernel_memory.now()
        kernel_text = "unknown" if kernel_before is None else f"{(kernel_after - kernel_before) / n / 1024:.1f} KB"
        line(f"idle session, {device.name}", f"{(after - before) / n / 1024:6.1f} KB of RSS each ({n} sessions), "
                                             f"kernel memory {kernel_text} each")
    finally:
        load.stdin.close()
        load.wait(30)
        kernel_memory.close(pids)
        device.close()


def idle(topo):
    for start in (start_voxgate, start_haproxy):
        idle_memory(topo, start, int(os.environ.get("IDLE", "2000")))


FIGURES = {
    "kernel": kernel, "forward": forward, "nat": nat, "newflows": new_flows, "commit": commit,
    "sessions": sessions, "messages": messages, "idle": idle, **calls.FIGURES, **phones.FIGURES,
    **console.FIGURES,
}
WITH_HOSTS = ("sessions", "messages", "idle", *calls.FIGURES, *phones.FIGURES)


def run(name):
    topo = t.Topology()
    try:
        if name in WITH_HOSTS:
            topo.give_hosts(mmp.SOURCES)
            make_certificates(topo)
        FIGURES[name](topo)
        return True
    except (AssertionError, RuntimeError, subprocess.SubprocessError, OSError) as why:
        line(name, f"FAILED: {why}")
        return False
    finally:
        topo.close()


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((x.partition(":")[2].strip() for x in f if x.startswith("model name")), "?")
    return f"{model}, {len(t.CORES)} cores, Linux {platform.release()}, {time.strftime('%Y-%m-%d')}"


def main():
    names = sys.argv[1:] or list(FIGURES)
    unknown = [n for n in names if n not in FIGURES]
    if unknown or os.geteuid() != 0:
        print(f"scripts/bench: {'no figure ' + unknown[0] if unknown else 'must be root'}\n"
              f"usage: scripts/bench [{' | '.join(FIGURES)}]...", file=sys.stderr)
        return 2
    print(f"# {machine()}; generators on core {t.GEN_CORE}, the device on core {t.DEVICE_CORE}", flush=True)
    t.go_first()
    start = time.monotonic()
    results = [run(n) for n in names]
    print(f"# {time.monotonic() - start:.0f} s", flush=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
