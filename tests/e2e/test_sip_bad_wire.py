"""A remote phone on a wire that loses, repeats and reorders its media: what arrives is what was said, at its place, once; the statistics say
what the wire did."""
import array
import fcntl
import re
import socket
import struct

import pytest

import lab as lablib
import siplab
from conftest import finish, paste
from srtp_peer import inside

FAR = "198.51.100.10"


@pytest.fixture
def lab():
    it = siplab.SipLab()
    it.call_manager()
    it.con = it.start()
    it.con.cmd("terminal pager 0")
    paste(it.con, lablib.BASE + it.config())
    far = wire(it)
    it.desk_a = it.desk_phone(regint=10)
    it.phone = it.remote_phone(ns=far, addr=FAR, regint=10)
    for p in it.phones:
        p.registered()
    yield it
    finish(it)


def whole_frames(dev):
    """Checksums are made and segments cut before the wire, on which a program hands them on (SIOCETHTOOL: ETHTOOL_STXCSUM)."""
    value = array.array("I", (0x17, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8946, struct.pack("16sP", dev.encode(), value.buffer_info()[0]) + bytes(16))


def wire(lab):
    """A phone's namespace, and the bad wire between it and the router outside."""
    far, mid = lab.namespace("far"), lab.namespace("mid")
    lab.outside.sysctl("net.ipv4.ip_forward", 1)
    lablib.veth(lab.outside, "oW", mid, "w0")
    lablib.veth(mid, "w1", far, "eth0")
    for ns, dev in ((lab.outside, "oW"), (far, "eth0")):
        inside(ns, lambda: whole_frames(dev))
    lab.outside.run("ip", "addr", "add", "198.51.100.1/24", "dev", "oW")
    far.run("ip", "addr", "add", FAR + "/24", "dev", "eth0")
    far.run("ip", "route", "add", "default", "via", "198.51.100.1")
    lab.bad = lablib.Peer(lab, mid, "bad_wire", "w1", "w0")
    return far


def statistics(con):
    """What the appliance says of the side of the remote phone."""
    text = con.cmd("show phone-proxy media-sessions detail").partition(siplab.MTA_OUTSIDE)[2].partition("Media-session")[0]
    return {k: int(re.search(rf"\b{k} (\d+)", text).group(1)) for k in ("rx_pkts", "lost", "replay", "authentication", "malformed")}


def test_a_bad_wire(lab):
    call = siplab.Call(lab, lab.phone, lab.desk_a)
    call.talk(1)
    lab.bad.ask("bad 1", "bad")
    call.talk(6)
    counts = lab.bad.ask("good", ".*").group(0).split(" | ")
    out, back = ({k: int(n) for k, n in re.findall(r"(\w+) (\d+)", c)} for c in counts)
    assert min(out["lost"], out["twice"], out["late"]) > 3 and out["seen"] > 200, counts
    lab.phone.keys("/hold\n")  # so that nothing is on its way while both are looked at
    lablib.wait_for("silence", call.silent)
    stat = statistics(lab.con)
    lab.phone.keys("/resume\n")
    call.talk(1)
    call.end()
    # Where each packet stands in the row, and what it carries: once, and as it was said.
    got = siplab.rtp_payloads(call.pcap, siplab.MTA_INSIDE)
    rows = [p for a, _, _, _, p in siplab.datagrams(call.pcap) if a == siplab.MTA_INSIDE and len(p) > 12 and p[1] & 0x7F == 0]
    assert len(rows) == len(got), "a packet came twice"
    assert stat["replay"] == out["twice"] and not stat["authentication"], (stat, out)
    assert stat["lost"] == out["lost"], (stat, out)
    check_places(got, siplab.ulaw(siplab.samples(lab.phone.path("tone.wav"))))
    assert len(lab.phone.heard()) > 5 * 16000
    lablib.wait_for("media released", lambda: siplab.idle(lab.con))


def check_places(got, said):
    """Between two holds of the call the number of a packet is its place in the recording."""
    first = next(n for n in got if (n - 1) % 65536 not in got)
    at = said.find(got[first])
    assert at >= 0 and at % siplab.FRAME == 0
    known = {said[i:i + siplab.FRAME] for i in range(0, len(said), siplab.FRAME)}
    assert all(p in known for p in got.values()), "something was heard that was never said"
    for n in range(300):  # before it is held
        p = got.get((first + n) % 65536)
        assert p is None or p == said[at + n * siplab.FRAME:at + (n + 1) * siplab.FRAME], f"packet {n} is out of its place"
