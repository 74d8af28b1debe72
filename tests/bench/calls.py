"""SIP calls and their media: the appliance's phone proxy, rtpengine and Kamailio in the same place; for bench.py."""
import os
import re
import shutil
import statistics
import subprocess
import time

import rtpengine
import topo as t
from topo import INTERFACES, ROUNDS, SECONDS, line

CM, CM_OUTSIDE = "10.0.0.2", "192.0.2.140"
PHONES, CALLEES = "192.0.2.60", "10.0.0.60"  # where media goes: no kernel has these
MTA_OUTSIDE, MTA_INSIDE = "192.0.2.150", "10.0.0.150"
CONNECTIONS = 16

PHONE_PROXY = """\
object network cm
 host 10.0.0.2
 nat (inside,outside) static 192.0.2.140
access-list outside_in extended permit tcp any host 10.0.0.2 eq 5061
access-group outside_in in interface outside
crypto ca import phones_see pkcs12 bench
{pkcs12}quit
crypto ca trustpoint phone_issuer
 enrollment terminal
crypto ca authenticate phone_issuer
{issuer}quit
yes
tls-proxy phone_tls
 server trust-point phones_see
media-termination mta
 address 10.0.0.150 interface inside
 address 192.0.2.150 interface outside
phone-proxy remote_phones
 media-termination mta
 tls-proxy phone_tls
 endpoint any
class-map secure_sip
 match port tcp eq 5061
policy-map phones
 class secure_sip
  inspect sip phone-proxy remote_phones
service-policy phones interface outside
"""

PLAIN = """\
object network cm
 host 10.0.0.2
 nat (inside,outside) static 192.0.2.140
access-list outside_in extended permit tcp any host 10.0.0.2 eq 5060
access-list outside_in extended permit udp any host 10.0.0.2 eq 5060
access-group outside_in in interface outside
"""

KAMAILIO = """\
#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
tcp_children=1
tcp_max_connections=4096
enable_tls=yes
tls_max_connections=4096
auto_aliases=no
listen=udp:192.0.2.140:5060
listen=tcp:192.0.2.140:5060
listen=tls:192.0.2.140:5061
listen=udp:10.0.0.1:5060
listen=tcp:10.0.0.1:5060
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "tls.so"
modparam("tls", "private_key", "{key}")
modparam("tls", "certificate", "{cert}")
modparam("tls", "ca_list", "{issuer}")
modparam("tls", "tls_method", "TLSv1.2")
modparam("tls", "cipher_list", "AES128-SHA:@SECLEVEL=0")
modparam("tls", "verify_certificate", 1)
modparam("tls", "require_certificate", 1)
modparam("rr", "enable_double_rr", 2)
request_route {{
        if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
        if (has_totag()) {{ loose_route(); t_relay(); exit; }}
        if (!is_method("REGISTER")) record_route();
        $du = "sip:10.0.0.2:5060;transport={out}";
        $fs = "{out}:10.0.0.1:5060";
        t_relay();
}}
"""


def certificates(topo):
    """One that the device shows, one of the phones, issued by a CA of its own."""
    p = topo.pki
    p.self_signed("shown", CM_OUTSIDE)
    p.self_signed("issuer", "Phones CA", extra=("-addext", "keyUsage=critical,keyCertSign,cRLSign"))
    t.lab.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "phone.key", "-out", "phone.csr",
                  "-subj", "/CN=phone", cwd=p.dir)
    t.lab.openssl("x509", "-req", "-in", "phone.csr", "-CA", "issuer.crt", "-CAkey", "issuer.key", "-CAcreateserial",
                  "-days", "100", "-out", "phone.crt", cwd=p.dir)


def phone_proxy_config(topo):
    return INTERFACES + PHONE_PROXY.format(pkcs12=topo.pki.pkcs12("shown", "bench"),
                                           issuer=topo.pki.pem_body("issuer.crt"))


def phone_proxy(topo):
    topo.device_addresses()
    return t.Voxgate(topo, phone_proxy_config(topo))


def inspection(topo):
    topo.device_addresses()
    return t.Voxgate(topo, INTERFACES + PLAIN)


def kamailio(topo, out):
    topo.device_addresses("bA 192.0.2.1/24", "bA 192.0.2.140/32", "bB 10.0.0.1/24")
    path, run = os.path.join(topo.dir, "kamailio.cfg"), os.path.join(topo.dir, "kamailio")
    os.makedirs(run, exist_ok=True)
    with open(path, "w") as f:
        f.write(KAMAILIO.format(modules=KAMAILIO_MODULES, out=out, key=topo.pki.path("shown.key"),
                                cert=topo.pki.path("shown.crt"), issuer=topo.pki.path("issuer.crt")))
    peer = t.Peer("kamailio", topo, "kamailio", "-f", path, "-DD", "-E", "-m", "256", "-M", "16", "-Y", run,
                  "-w", run)
    t.lab.wait_for("kamailio", lambda: b"192.0.2.140:5061" in topo.box.run("ss", "-ltn").stdout)
    time.sleep(1)  # its workers come after its sockets
    return peer


KAMAILIO_MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules/"


def callload_args(topo, device, mode, way="tls-tcp", **more):
    over, out = way.split("-")
    args = {"mode": mode, "in": over, "out": out, "to": f"{CM_OUTSIDE}:{5061 if over == 'tls' else 5060}",
            "listen": f"{CM}:5060", "media-out": PHONES, "media-in": CALLEES, "client": topo.outside.holder.pid,
            "server": topo.inside.holder.pid, "src": "192.0.2.10", "cert": topo.pki.path("phone.crt"),
            "key": topo.pki.path("phone.key"), "conns": CONNECTIONS, "device": ",".join(map(str, device.pids)),
            **more}
    return [f"{k}={v}" for k, v in args.items()]


# ---- SIP ----

def sip_ways(topo):
    """Name, way and start of every device compared; Kamailio where it is installed."""
    ways = [("phone proxy", "tls-tcp", phone_proxy), ("inspection", "tcp-tcp", inspection),
            ("inspection", "udp-udp", inspection)]
    if shutil.which("kamailio") and os.path.exists(KAMAILIO_MODULES + "tls.so"):
        ways += [("kamailio", way, lambda topo, out=way[4:]: kamailio(topo, out))
                 for way in ("tls-tcp", "tcp-tcp", "udp-udp")]
    else:
        line("SIP call, kamailio", "not installed (kamailio, kamailio-tls-modules)")
    return sorted(ways, key=lambda w: w[1])


def sip(topo):
    certificates(topo)
    seen = {}
    for rate in (500, 1500, 3000):
        for _ in range(ROUNDS):
            for name, way, start in sip_ways(topo):
                device = start(topo)
                try:
                    srtp = int(name == "phone proxy")
                    r = topo.tool("callload", *callload_args(topo, device, "rate", way, srtp=srtp, rate=rate,
                                                             seconds=SECONDS, calls=64))
                finally:
                    device.close()
                seen.setdefault((rate, way, name), []).append(r)
    for (rate, way, name), runs in seen.items():
        mean = statistics.mean(r["dev_us"] for r in runs)
        peer = seen.get((rate, way, "kamailio"))
        ratio = f"  {statistics.mean(r['dev_us'] for r in peer) / mean:.2f} times less than kamailio" \
            if peer and name != "kamailio" else ""
        failed = sum(r["failed"] for r in runs)
        line(f"SIP call {way}, {name}, {rate}/s",
             f"{mean / 1000:.3f} ms CPU ({', '.join('%.3f' % (r['dev_us'] / 1000) for r in runs)})  "
             f"{statistics.mean(r['per_s'] for r in runs):.0f} calls/s  p50 {runs[-1]['p50_us'] / 1000:.1f} ms{ratio}"
             + (f"  {failed:.0f} FAILED" if failed else ""))


# ---- media ----

class Calls:
    """n calls through the device, held as long as this lives. Memory is what they took."""

    def __init__(self, topo, device, n, look="some"):
        self.topo, self.device, self.n, self.look = topo, device, n, look
        self.path = os.path.join(topo.dir, "streams")

    def __enter__(self):
        self.load, self.gen, before = None, None, t.rss(self.device.pids)
        try:
            if self.device.name == "voxgate":
                self.load = self.signal()
                gateways = MTA_OUTSIDE, MTA_INSIDE
            else:
                rtpengine.make_calls(self.topo, self.n, self.path, PHONES, CALLEES)
                gateways = "192.0.2.1", "10.0.0.1"
            self.memory = (t.rss(self.device.pids) - before) / self.n
            self.gen = self.media(*gateways)
            self.trial(min(self.n * 100, 20000), 1)  # neighbours, first packets
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for p in (self.gen, self.load):
            if p:
                p.stdin.close()
                p.wait(10)
                p.stdout.close()

    def signal(self):
        args = callload_args(self.topo, self.device, "hold", srtp=1, calls=self.n, streams=self.path)
        p = t.on_core(t.GEN_CORE, lambda: subprocess.Popen([f"{t.TOOLS}/callload", *args], stdin=subprocess.PIPE,
                                                           stdout=subprocess.PIPE, text=True))
        said = p.stdout.readline()
        if said != f"held={self.n}\n":
            raise RuntimeError("calls were not made: " + said)
        return p

    def media(self, gw_out, gw_in):
        args = (f"streams={self.path}", f"out={self.topo.outside.holder.pid}", "outif=oA", "inif=iB",
                f"in={self.topo.inside.holder.pid}", f"gw-out={gw_out}", f"gw-in={gw_in}",
                *(["look=all"] if self.look == "all" else []), "device=" + ",".join(map(str, self.device.pids)))
        return t.on_core(t.GEN_CORE, lambda: subprocess.Popen([f"{t.TOOLS}/rtpload", *args], stdin=subprocess.PIPE,
                                                              stdout=subprocess.PIPE, text=True, bufsize=1))

    def trial(self, rate, seconds, burst=0):
        self.gen.stdin.write(f"{rate} {seconds} {burst}\n")
        text = self.gen.stdout.readline()
        if not text:
            raise RuntimeError(f"rtpload ended with {self.gen.wait(10)}")
        found = (word.partition("=") for word in text.split())
        return {name: float(value) for name, _, value in found}


def media_device(topo, name):
    return phone_proxy(topo) if name == "voxgate" else rtpengine.start(topo)


def media_devices():
    if shutil.which("rtpengine"):
        return ["voxgate", "rtpengine"]
    line("relay, rtpengine", "not installed (rtpengine-daemon)")
    return ["voxgate"]


def carried(calls, start):
    """The highest rate with at most 0.1 % lost, and 4 % still inside when sending ends, in steps of 10 %; a rate has two
    chances, the machine is shared."""
    best, rate = None, start
    while True:
        tries = (calls.trial(int(rate), min(SECONDS, 1)) for _ in range(2))
        good = next((r for r in tries if r["loss"] <= 0.001 and r["inside"] <= 0.04 and
                     r["offered"] > 0.97 * rate), None)
        if not good:
            return best
        best, rate = good, rate * 1.1


def relay_line(what, r, more=""):
    wrong = f", {r['wrong']:.0f} WRONG" if r["wrong"] else ""
    line(what, f"{r['dev_us']:6.2f} us CPU/packet  {r['pps']:7.0f} packets/s  loss {100 * r['loss']:.3f} %  latency "
               f"p50 {r['p50_us']:.0f} p99 {r['p99_us']:.0f} us{wrong}{more}")


LOADS = (("10k/s", 10000), ("100k/s", 100000), ("all", 0))


def relay_round(topo, name, n, seen):
    """What one device does with n calls; every number goes into seen."""
    device = media_device(topo, name)
    try:
        with Calls(topo, device, n) as calls:
            for what, rate in LOADS:
                if name == "voxgate" or rate:  # overload would spoil what comes after it
                    seen.setdefault((n, what, name), []).append(calls.trial(rate, SECONDS))
            best = carried(calls, 200000 if name == "voxgate" else 90000)
            if best:
                seen.setdefault((n, "carried", name), []).append(best)
            seen.setdefault((n, "recovery", name), []).append(calls.trial(20000, 1, burst=1))
            seen.setdefault((n, "memory", name), []).append(calls.memory)
    finally:
        device.close()


def relay(topo):
    certificates(topo)
    seen = {}
    for n in map(int, os.environ.get("STREAMS", "1 100 1000").split()):
        for _ in range(ROUNDS):
            for name in media_devices():
                relay_round(topo, name, n, seen)
        relay_report(n, {key: runs for key, runs in seen.items() if key[0] == n})


def middle(runs):
    return sorted(runs, key=lambda r: r["dev_us"])[len(runs) // 2]


def relay_report(n, seen):
    streams = f"{n} call" + "s" * (n > 1)
    for (_, what, name), runs in sorted(seen.items(), key=lambda x: (x[0][1], x[0][2] != "voxgate")):
        peer = seen.get((n, what, "rtpengine"))
        if what == "memory":
            if n > 1:
                line(f"{streams}, memory, {name}", f"{statistics.mean(runs) / 1024:6.1f} KB of RSS each")
            continue
        r, more = middle(runs), ""
        if peer and name != "rtpengine" and middle(peer)["loss"] < 0.01:
            more = f"  {middle(peer)['dev_us'] / r['dev_us']:.2f} times less than rtpengine"
        if what == "recovery":
            more = f"  at 20k/s, {r['drained_ms']:.0f} ms behind a second of overload ({r['burst_pps']:.0f} " \
                   f"packets/s, loss {100 * r['burst_loss']:.0f} %)"
        relay_line(f"{streams}, {what}, {name}", r, more)


def overruns(device):
    return sum(map(int, re.findall(r"(\d+) overrun", device.type("show interface"))))


def many(topo):
    """2,500 calls of 100 packets a second each, with the loss told apart by where it happened."""
    certificates(topo)
    n = int(os.environ.get("CALLS", "2500"))
    device = phone_proxy(topo)
    try:
        with Calls(topo, device, n) as calls:
            before = {**topo.losses(), "the device's rings": overruns(device)}
            r = calls.trial(n * 100, max(SECONDS, 4))
            lost = {**topo.losses(), "the device's rings": overruns(device)}
            where = ", ".join(f"{k} {lost[k] - before[k]}" for k in lost)
            relay_line(f"{n} calls at once", r, f"  lost {r['sent'] - r['got']:.0f} of {r['sent']:.0f} ({where})  "
                                                f"{calls.memory / 1024:.1f} KB of RSS each")
    finally:
        device.close()


FIGURES = {"sip": sip, "relay": relay, "calls": many}
