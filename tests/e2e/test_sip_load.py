"""A thousand calls at once by sipp: through inspection by UDP, and from TLS (stunnel) through the phone proxy. Afterwards nothing of
them is left."""
import re
import subprocess

import pytest

import lab as lablib
import siplab
from conftest import finish, paste

CALLS = 1000
KINDS = ("connection", "pinhole", "xlate", "tls", "inspection state", "stream buffer", "leg", "srtp context", "media session",
         "sip call", "secure phone")
PLAIN = """\
access-list outside_in extended permit udp any host 10.0.0.20 eq sip
policy-map global_policy
 class inspection_default
  inspect sip
service-policy global_policy global
timeout sip_media 0:01:00
"""
KEY = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
STUNNEL = """\
foreground = yes
pid =
[sip]
client = yes
accept = 127.0.0.1:5060
connect = {server}:5061
cert = {cert}
CAfile = {ca}
verifyPeer = yes
"""


@pytest.fixture
def box():
    lab = siplab.SipLab()
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + lab.config() + PLAIN)
    yield lab
    finish(lab)


def scenario(lab, proto, more):
    with open(lablib.PEERS + "/uac.xml") as f:
        text = f.read().replace("@PROTO@", proto).replace("@MORE@", more).replace("@TARGET@", siplab.CM_OUTSIDE)
    path = lab.dir + "/uac.xml"
    with open(path, "w") as f:
        f.write(text)
    return path


def sipp(lab, ns, *argv):
    log = open(f"{lab.dir}/sipp-{len(lab.procs)}.log", "wb")
    return lab.spawn(ns, "sipp", *argv, "-nostdin", "-buff_size", "1048576", cwd=lab.dir, stdin=subprocess.DEVNULL, stdout=log,
                     stderr=log)


def callee(lab, transport):
    p = sipp(lab, lab.inside, "-sn", "uas", "-i", siplab.CM, "-p", "5060", "-t", transport)
    what = ("ss", "-ltn") if transport[0] == "t" else ("ss", "-lun")
    lablib.wait_for("sipp", lambda: f"{siplab.CM}:5060" in lab.inside.run(*what).stdout.decode())
    return p


def caller(lab, target, transport, addr, more=()):
    return sipp(lab, lab.outside, target, "-i", addr, "-t", transport, "-m", str(CALLS), "-l", str(CALLS), "-r", "250", "-d", "7000",
                "-mi", siplab.PHONE, "-mp", "20000", *more)


def calls(con):
    return int(re.search(r"Total: (\d+)", con.cmd("show sip")).group(1))


def in_use(lab):
    """What calls take of the box: relays, pinholes, flows, buffers, descriptors, memory by kind."""
    text = lab.con.cmd("show memory detail")
    rows = {k: int(re.search(rf"{k} +(\d+) in use", text).group(1)) for k in ("Pinholes", "Proxied flows", "Packet buffers", "Connections")}
    rows["relays"] = int(re.match(r"(\d+) in use", lab.con.cmd("show phone-proxy media-sessions")).group(1))
    for kind in KINDS:
        rows[kind] = int(re.search(rf"(?m)^{kind} +\d+ +(\d+) ", text).group(1))
    return {**rows, "calls": calls(lab.con), "descriptors": lab.app.fds()}


def run(lab, begin, relays):
    """All calls stand at once; twice: pools that grew the first time are used again."""
    after = []
    for _ in range(2):
        p = begin()
        lablib.wait_for("all calls at once", lambda: calls(lab.con) >= CALLS, 30)
        now = in_use(lab)
        assert now["relays"] == 2 * relays, now
        p.wait(60)
        assert p.returncode == 0, f"sipp ended with {p.returncode}: not all calls were well"
        lablib.wait_for("the calls to be gone", lambda: in_use(lab)["calls"] == 0, 60)
        if after:
            lablib.wait_for(f"nothing more than {after[0]}", lambda: in_use(lab) == after[0], 60)
        after.append(in_use(lab))
    assert after[0]["relays"] == 0 and after[0]["Pinholes"] <= 2, after[0]  # where the two ends want signalling


def test_a_thousand_calls_through_inspection(box):
    callee(box, "u1")
    path = scenario(box, "RTP/AVP", "")
    run(box, lambda: caller(box, f"{siplab.CM_OUTSIDE}:5060", "u1", siplab.PHONE, ("-sf", path, "-p", "5060")), 0)


def test_a_thousand_calls_through_the_phone_proxy(box):
    callee(box, "t1")
    with open(box.dir + "/stunnel.conf", "w") as f:
        f.write(STUNNEL.format(server=siplab.CM_OUTSIDE, cert=box.pki.path("phone1001.pem"), ca=box.pki.path("shown.crt")))
    tunnel = box.spawn(box.outside, "stunnel", box.dir + "/stunnel.conf", stderr=subprocess.DEVNULL)
    lablib.wait_for("stunnel", lambda: "127.0.0.1:5060" in box.outside.run("ss", "-ltn").stdout.decode())
    path = scenario(box, "RTP/SAVP", KEY)
    run(box, lambda: caller(box, "127.0.0.1:5060", "t1", "127.0.0.1", ("-sf", path)), CALLS)
    assert tunnel.poll() is None
