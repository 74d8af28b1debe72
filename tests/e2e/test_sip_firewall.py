"""SIP inspection alone, nothing terminated: a phone inside registers at a call manager outside, through NAT, and talks to a phone
outside. Media goes from phone to phone through pinholes; what either hears is what the other said, bit for bit."""
import re

import pytest

import lab as lablib
import siplab
from conftest import finish, paste

REGISTRAR, FAR, NEAR = "192.0.2.10", "198.51.100.10", "10.2.0.10"
MEDIA = re.compile(rf"UDP outside {FAR}:\d+ inside {NEAR}:\d+")

BASE = """\
route inside 10.2.0.0 255.255.0.0 10.0.0.254 1
policy-map global_policy
 class inspection_default
  inspect sip
service-policy global_policy global
logging list loglist message 607001
"""
NAT = {
    "static": ("192.0.2.30", "object network phone\n host 10.2.0.10\n nat (inside,outside) static 192.0.2.30\n"),
    "pat": ("192.0.2.1", "object network phones\n subnet 10.2.0.0 255.255.0.0\n nat (inside,outside) dynamic interface\n"),
    "pat-address": ("192.0.2.31", "object network phones\n subnet 10.2.0.0 255.255.0.0\n nat (inside,outside) dynamic 192.0.2.31\n"),
}


def start(nat, transport):
    lab = siplab.SipLab()
    lab.call_manager(lab.outside, REGISTRAR)
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    lab.seen, rules = NAT[nat]
    paste(lab.con, lablib.BASE + rules + BASE)
    ns, addr = lab.desk()
    lab.near = lab.plain_phone(ns, "2001", addr, REGISTRAR, transport)
    lab.far_phone = lab.plain_phone(lab.far(FAR), "3002", FAR, REGISTRAR, transport)
    lab.near.registered()
    lab.far_phone.registered()
    return lab


@pytest.fixture(params=[("static", "udp"), ("pat", "udp"), ("static", "tcp"), ("pat-address", "tcp")], ids="-".join)
def fw(request):
    lab = start(*request.param)
    yield lab
    finish(lab)


def rtp(path, src):
    return siplab.in_order(siplab.rtp_payloads(path, src))


def call(lab, caller, callee, during=lambda: None):
    """A call of two seconds, in which something is looked at; both ears are compared at the ends, and the addresses on the outside wire."""
    paths = [f"{lab.dir}/{p.user}-{caller.user}.pcap" for p in (lab.near, lab.far_phone)]
    recs = [lablib.record(lab, p.ns, "eth0", path, "udp portrange 1024-65535 and not port 5060")
            for p, path in zip((lab.near, lab.far_phone), paths)]
    caller.dial(f"sip:{callee.user}@{REGISTRAR}")
    caller.expect("Call established")
    callee.expect("Call established")
    for path, src in zip(paths, (FAR, lab.seen)):
        lablib.wait_for(f"audio from {src} in {path}", lambda: len(siplab.rtp_payloads(path, src)) > 100)
    during()
    lablib.wait_for("the call to stand", lambda: re.search(r"Total: 1\s+call-id \S+\s+state Active", lab.con.cmd("show sip")))
    caller.hangup()
    for p in (caller, callee):
        p.expect("terminated|closed")
    for r in recs:
        lablib.end(r)
    said = [siplab.ulaw(siplab.samples(p.path("tone.wav"))) for p in (lab.near, lab.far_phone)]
    assert rtp(paths[1], lab.seen) in said[0] and rtp(paths[0], FAR) in said[1]
    assert siplab.heard_exactly(lab.near.heard(), rtp(paths[0], FAR)) > 60
    assert siplab.heard_exactly(lab.far_phone.heard(), rtp(paths[1], lab.seen)) > 60
    assert not siplab.rtp_payloads(paths[1], NEAR), "the inside address is on the outside wire"


def test_calls_both_ways(fw):
    lab = fw
    call(lab, lab.near, lab.far_phone,
         lambda: lablib.wait_for("RTP and RTCP", lambda: len(MEDIA.findall(lab.con.cmd("show conn"))) == 2))
    # a last packet of the phone inside, behind the BYE, may begin a flow of its own: it needs no pinhole
    lablib.wait_for("the way in to be closed", lambda: f"Initiator: {FAR}" not in lab.con.cmd("show conn detail"))
    lablib.wait_for("its pinholes to go", lambda: int(re.search(r"Pinholes +(\d+) in use", lab.con.cmd("show memory detail")).group(1)) <= 2)
    lablib.wait_for("the call to be gone", lambda: "Total: 0" in lab.con.cmd("show sip"))
    call(lab, lab.far_phone, lab.near)
    lablib.wait_for("607001", lambda: "%ASA-6-607001: Pre-allocate SIP RTP secondary channel" in lab.con.cmd("show logging"))
