"""SCCP phones: held, registering all at once, talking, booting; for bench.py."""
import os
import shutil
import statistics
import subprocess
import time

import calls
import topo as t
from topo import INTERFACES, ROUNDS, SECONDS, line

CM, CM_OUTSIDE = "10.0.0.2", "192.0.2.140"
HOMES = "198.18.0.0"  # each phone has an address of its own there
CALLS = 50  # established before a storm, with media
HELD, STORM = int(os.environ.get("HELD", "5000")), int(os.environ.get("STORM", "2000"))

# The sample "nonsecure, everything on the publisher"; phones of earlier boots may come at once.
CONFIG = """\
route outside 198.18.0.0 255.254.0.0 192.0.2.10
object network cm
 host 10.0.0.2
 nat (inside,outside) static 192.0.2.140
access-list pp extended permit udp any host 10.0.0.2 eq tftp
access-list pp extended permit tcp any host 10.0.0.2 eq 2443
access-group pp in interface outside
crypto ca trustpoint cucm_tftp_server
 enrollment self
crypto ca enroll cucm_tftp_server
no
yes
crypto ca trustpoint phone_issuer
 enrollment terminal
crypto ca authenticate phone_issuer
{issuer}quit
yes
ctl-file myctl
 record-entry cucm-tftp trustpoint cucm_tftp_server address 192.0.2.140
 no shutdown
tls-proxy maximum-sessions 13000
tls-proxy mytls
 server trust-point _internal_PP_myctl
media-termination mta
 address 10.0.0.150 interface inside
 address 192.0.2.150 interface outside
phone-proxy mypp
 media-termination mta
 tftp-server address 10.0.0.2 interface inside
 tls-proxy mytls
 ctl-file myctl
class-map sec_sccp
 match port tcp eq 2443
policy-map pp_policy
 class sec_sccp
  inspect skinny phone-proxy mypp
service-policy pp_policy interface outside
"""

PLAIN = """\
route outside 198.18.0.0 255.254.0.0 192.0.2.10
object network cm
 host 10.0.0.2
 nat (inside,outside) static 192.0.2.140
access-list pp extended permit tcp any host 10.0.0.2 eq 2000
access-group pp in interface outside
"""

# About what a call manager writes for a phone with a handful of lines: 6 KB.
XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<device>
 <deviceProtocol>SCCP</deviceProtocol>
 <devicePool><callManagerGroup><members>
  <member priority="0"><callManager><name>ucm-0</name><ports><ethernetPhonePort>2000</ethernetPhonePort></ports>
   <processNodeName>10.0.0.2</processNodeName></callManager></member>
 </members></callManagerGroup></devicePool>
 <vendorConfig><pcPort>0</pcPort><settingsAccess>1</settingsAccess><garp>0</garp><webAccess>0</webAccess></vendorConfig>
 <versionStamp>1</versionStamp>
 <loadInformation>SCCP45.9-4-2SR1-1S</loadInformation>
{more} <deviceSecurityMode>1</deviceSecurityMode>
 <transportLayerProtocol>1</transportLayerProtocol>
 <certHash></certHash>
 <encrConfig>false</encrConfig>
</device>
"""


def prepare(topo):
    calls.certificates(topo)
    topo.outside.run("ip", "route", "add", "local", "198.18.0.0/15", "dev", "lo")
    topo.outside.sysctl("net.ipv4.conf.all.arp_announce", 2)  # asked for by an address of the wire
    with open(os.path.join(topo.dir, "phone.xml"), "w") as f:
        f.write(XML.format(more="".join(f" <line><featureID>9</featureID><displayName>{n}</displayName></line>\n"
                                        for n in range(75))))


def proxy(topo):
    topo.device_addresses()
    shutil.rmtree(os.path.join(topo.dir, "flash"), ignore_errors=True)  # keys are made anew: nothing is asked
    return t.Voxgate(topo, INTERFACES + CONFIG.format(issuer=topo.pki.pem_body("issuer.crt")))


def firewall(topo):
    topo.device_addresses()
    return t.Voxgate(topo, INTERFACES + PLAIN)


def args(topo, device, mode, n, **more):
    over = more.pop("over", "tls")
    port = {"boot": 69}.get(mode, 2443 if over == "tls" else 2000)
    found = {"mode": mode, "in": over, "to": f"{CM_OUTSIDE}:{port}", "listen": f"{CM}:{69 if mode == 'boot' else 2000}", "n": n,
             "client": topo.outside.holder.pid, "server": topo.inside.holder.pid, "src": "198.18.0.1", "sources": n,
             "ca": topo.pki.path("issuer.crt"), "ca-key": topo.pki.path("issuer.key"), "seconds": SECONDS,
             "device": ",".join(map(str, device.pids)), **more}
    return [f"{k}={v}" for k, v in found.items()]


def storm(topo):
    for parallel in (32, 0):
        runs = []
        for _ in range(ROUNDS):
            device = proxy(topo)
            try:
                runs.append(topo.tool("phoneload", *args(topo, device, "storm", STORM + CALLS, parallel=parallel, audio=CALLS), timeout=120))
            finally:
                device.close()
        for r in runs:
            line(f"storm, {STORM} phones, {parallel or 'all'} at once",
                 f"{r['seconds']:.2f} s  {r['per_s']:.0f}/s  {r['dev_us'] / 1000:.3f} ms CPU/registration  p50 {r['p50_us'] / 1000:.0f} "
                 f"p99 {r['p99_us'] / 1000:.0f} ms  {r['lost']:.0f} connections lost  generator {r['gen_us'] / 1000:.3f} ms")
            for when in ("before", "during"):
                line(f"  {CALLS} calls' media {when} it", f"{100 * r[when + '_lost']:.3f} % lost  p50 {r[when + '_p50'] / 1000:.2f} "
                     f"p99 {r[when + '_p99'] / 1000:.2f} most {r[when + '_most'] / 1000:.1f} ms")


def messages(topo):
    for name, over, start in (("phone proxy, TLS -> TCP", "tls", proxy), ("inspection, TCP, static NAT", "tcp", firewall)):
        for kind, count in (("key", 2), ("call", 6)):
            for rate in (500, 2000, 0 if kind == "key" else 4500):  # a port of a relay rests for 5 s: 1,600 calls/s for ever
                runs = []
                for _ in range(ROUNDS):
                    device = start(topo)
                    try:
                        at_once = {"at-once": 64}
                        runs.append(topo.tool("phoneload", *args(topo, device, "rate", 200, over=over, kind=kind, rate=rate / (count / 2),
                                                                 **at_once), timeout=120))
                    finally:
                        device.close()
                us = statistics.mean(r["dev_us"] for r in runs) / count
                failed = sum(r["failed"] for r in runs)
                line(f"{kind}s, {name}, {2 * rate or 'all'}/s", f"{us:.1f} us CPU/message ({', '.join('%.1f' % (r['dev_us'] / count) for r in runs)})  "
                     f"{1e6 / us:.0f} per CPU second  {statistics.mean(r['per_s'] for r in runs) * count:.0f} messages/s  "
                     f"p50 {runs[-1]['p50_us'] / 1000:.2f} p99 {runs[-1]['p99_us'] / 1000:.1f} ms" + (f"  {failed:.0f} FAILED" if failed else ""))


def boots(topo):
    for blksize in (0, 1428):
        for _ in range(ROUNDS):
            device = proxy(topo)
            try:
                at_once = {"at-once": 64}
                r = topo.tool("phoneload", *args(topo, device, "boot", STORM, file=os.path.join(topo.dir, "phone.xml"), blksize=blksize,
                                                 **at_once), timeout=150)
            finally:
                device.close()
            line(f"boot by TFTP, blocks of {blksize or 512}", f"{r['dev_us'] / 1000:.3f} ms CPU/boot  {1e6 / r['dev_us']:.0f} per CPU second  "
                 f"{r['per_s']:.0f} boots/s  {r['bytes']:.0f} bytes  p50 {r['p50_us'] / 1000:.0f} p99 {r['p99_us'] / 1000:.0f} ms  "
                 f"{r['done']:.0f} of {STORM}  {r['refused']:.0f} refused  {r['resent']:.0f} sent again")


def held(topo):
    device = proxy(topo)
    pids = device.pids
    kernel_memory = t.KernelMemory(pids)
    load = t.on_core(t.GEN_CORE, lambda: subprocess.Popen([f"{t.TOOLS}/phoneload", *args(topo, device, "hold", HELD, parallel=64)],
                                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1))
    try:
        before, kernel_before = t.rss(pids), kernel_memory.now()
        said = load.stdout.readline()
        if not said.startswith("held="):
            raise RuntimeError("phones did not register: " + said)
        time.sleep(2)  # buffers of the handshakes go back, timers run once
        after, kernel_after = t.rss(pids), kernel_memory.now()
        kernel_text = "unknown" if kernel_before is None else f"{(kernel_after - kernel_before) / HELD / 1024:.1f} KB"
        line(f"{HELD} phones held", f"{(after - before) / HELD / 1024:.1f} KB of RSS each, kernel memory {kernel_text} each  ({said.strip()})")
        rate = HELD / 30
        for load_rate in (rate, 10 * rate):
            load.stdin.write(f"{load_rate} 10\n")
            r = t.numbers(load.stdout.readline())
            line(f"{HELD} phones, {load_rate:.0f} keepalives/s", f"{100 * r['cpu_s'] / r['seconds']:.2f} % of a core  {r['dev_us']:.0f} us CPU each  "
                 f"p50 {r['p50_us'] / 1000:.2f} p99 {r['p99_us'] / 1000:.2f} ms  {r['failed']:.0f} unanswered")
    finally:
        load.stdin.close()
        load.wait(60)
        kernel_memory.close(pids)
        device.close()


def phones(topo):
    prepare(topo)
    parts = {"held": held, "storm": storm, "messages": messages, "boots": boots}
    for name in os.environ.get("PHONES", " ".join(parts)).split():
        parts[name](topo)


FIGURES = {"phones": phones}
