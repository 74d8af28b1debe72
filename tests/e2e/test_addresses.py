"""Nothing outside the appliance can collide with what is inside it: flows that cross twice, any address of 10/8, its own
syslog and TFTP among a thousand proxied flows."""
import os
import re
import subprocess

import lab as lablib
from conftest import mobility, paste, sessions


def server(lab, ns, addr, name="cuma"):
    return lablib.Peer(lab, ns, "tls_server", addr, 5443, lab.pki.path(name + ".key"), lab.pki.path(name + ".crt"))


def clients(lab, source, target="192.0.2.140"):
    return lablib.Peer(lab, lab.outside, "tls_clients", source, target, 5443)


TWICE = """\
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 10.9.0.1 255.255.255.0
 no shutdown
interface GigabitEthernet0/3
 nameif core
 security-level 90
 ip address 10.200.0.1 255.255.255.0
 no shutdown
route outside 198.51.100.0 255.255.255.0 192.0.2.10 1
route dmz 198.51.100.0 255.255.255.0 10.9.0.254 2
object network real-server
 host 10.200.0.2
 nat (core,dmz) static 10.1.1.2
access-list dmz_in extended permit tcp any host 10.200.0.2 eq 5443
access-group dmz_in in interface dmz
"""


def router(lab):
    """The inside host has a second leg on the dmz and hands on what is for 10.1.1.2: the same addresses and ports come
    to the appliance once more, on another interface."""
    r = lab.inside
    lab.wire(r, "iC", "bC", ("10.9.0.254/24",))
    core = lab.namespace("core")
    lab.wire(core, "cD", "bD", ("10.200.0.2/24",))
    core.run("ip", "route", "add", "default", "via", "10.200.0.1")
    r.sysctl("net.ipv4.ip_forward", 1)
    for dev in ("all", "iB", "iC"):
        r.sysctl(f"net.ipv4.conf.{dev}.rp_filter", 0)
        r.sysctl(f"net.ipv4.conf.{dev}.send_redirects", 0)
    r.run("ip", "route", "add", "10.1.1.2/32", "via", "10.9.0.1")
    lab.outside.run("ip", "addr", "add", "198.51.100.10/32", "dev", "lo")
    lab.outside.sysctl("net.ipv4.conf.all.arp_announce", 2)  # the appliance takes no ARP from outside its networks
    return core


def test_the_same_flow_crosses_the_box_twice():
    lab = lablib.Lab(inside_lo=())
    try:
        core = router(lab)
        con = mobility(lab)
        paste(con, TWICE)
        server(lab, core, "10.200.0.2")
        taps = [lablib.Tap(lab, lab.inside, "iB"), lablib.Tap(lab, lab.inside, "iC")]
        c = clients(lab, "198.51.100.10")
        assert c.ask("open 20", ".*").group(0) == "open 20", con.cmd("show logging") + con.cmd("show asp drop")
        c.ask("talk", "talked 20")
        assert sessions(con) == 40
        ports = [set(re.findall(r"198\.51\.100\.10:(\d+) > 10\.1\.1\.2:5443 SYN len", t.read())) for t in taps]
        assert len(ports[0]) == 20 and ports[0] == ports[1], "the same tuples on both interfaces"
        conns = con.cmd("show conn port 5443")
        assert len(re.findall("(?m)^TCP outside", conns)) == 20 and len(re.findall("(?m)^TCP dmz", conns)) == 20, conns
        c.ask("close", "closed")
        lablib.wait_for("all sessions to end", lambda: sessions(con) == 0)
    finally:
        rc, text = lab.close()
    assert rc == 0, text[-4000:]


def test_real_addresses_anywhere_in_10():
    """First and last host of 10/8, and addresses that a private namespace of other products likes to use."""
    hosts = ["10.0.0.2", "10.1.2.3", "10.64.0.1", "10.127.255.254", "10.128.0.1", "10.240.0.1", "10.255.255.254"]
    lab = lablib.Lab(inside_lo=[h + "/32" for h in hosts])
    try:
        con = mobility(lab)
        paste(con, "route inside 10.0.0.0 255.0.0.0 10.0.0.254 1\n" + "".join(
            f"object network h{i}\n host {h}\n nat (inside,outside) static 192.0.2.{150 + i}\n"
            f"access-list outside_in extended permit tcp any host {h} eq 5443\n" for i, h in enumerate(hosts)))
        talkers = []
        for i, h in enumerate(hosts):
            server(lab, lab.inside, h)
            talkers.append(clients(lab, "192.0.2.10", f"192.0.2.{150 + i}"))
            talkers[-1].ask("open 3", "open 3")
        for t in talkers:
            t.ask("talk", "talked 3")
        assert sessions(con) == 3 * len(hosts)
        shown = con.cmd("show tls-proxy session")
        assert all(shown.count(f"inside {h}:5443") == 3 for h in hosts), shown
    finally:
        rc, text = lab.close()
    assert rc == 0, text[-4000:]


FLOWS = 1000


def test_syslog_and_tftp_among_a_thousand_flows(lab):
    lab.inside.run("ip", "addr", "add", "10.0.0.253/24", "dev", "iB")
    con = mobility(lab)
    log = os.path.join(lab.dir, "syslog")
    lablib.Peer(lab, lab.inside, "syslog_server", "10.0.0.253", log)
    tftp = lablib.Peer(lab, lab.inside, "tftp_server", "10.0.0.253", lab.dir)
    server(lab, lab.inside, "10.1.1.2")
    paste(con, "logging host inside 10.0.0.253\nlogging trap informational\nlogging message 302013 level 5\n")
    con.cmd("capture wire interface outside match tcp any any eq 5443 buffer 4000000")
    c = clients(lab, "192.0.2.10")
    c.ask(f"open {FLOWS}", f"open {FLOWS}", 180)
    assert sessions(con) == FLOWS
    c.proc.stdin.write(b"talk\n")
    said = con.cmd("copy /noconfirm /pcap capture:wire tftp://10.0.0.253/wire.pcap", 60)
    n = int(re.search(r"(\d+) packets copied", said).group(1))
    tftp.line(r"got wire.pcap \d+")
    c.line(f"talked {FLOWS}", 120)
    shown = subprocess.run(["capinfos", "-Mc", os.path.join(lab.dir, "wire.pcap")], capture_output=True, check=True).stdout
    assert int(re.search(rb"packets: +(\d+)", shown).group(1)) == n >= 4 * FLOWS

    def logged():
        with open(log) as f:
            text = f.read()
        built = set(re.findall(r"(?m)^10\.0\.0\.1 .*%ASA-5-302013: Built inbound TCP connection \d+ for "
                               r"outside:192\.0\.2\.10/(\d+) ", text))
        return len(built) == FLOWS

    lablib.wait_for("a message of each flow at the syslog server", logged)
    c.ask("close", "closed")
    lablib.wait_for("all sessions to end", lambda: sessions(con) == 0)
