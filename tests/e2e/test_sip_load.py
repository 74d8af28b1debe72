"""A flood of bad calls; a thousand good ones at once by sipp: through inspection by UDP, and from TLS (stunnel) through the phone proxy. Afterwards nothing of
them is left."""
import re
import socket
import struct
import subprocess
import time

import pytest

import lab as lablib
import siplab
from conftest import finish, paste
from srtp_peer import inside, udp

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
    more = "-nostdin", "-buff_size", "1048576", "-max_invite_retrans", "7"  # a minute: a busy machine loses datagrams
    return lab.spawn(ns, "sipp", *argv, *more, cwd=lab.dir, stdin=subprocess.DEVNULL, stdout=log,
                     stderr=log)


def callee(lab, transport):
    p = sipp(lab, lab.inside, "-sn", "uas", "-i", siplab.CM, "-p", "5060", "-t", transport)
    what = ("ss", "-ltn") if transport[0] == "t" else ("ss", "-lun")
    lablib.wait_for("sipp", lambda: f"{siplab.CM}:5060" in lab.inside.run(*what).stdout.decode())
    return p


def caller(lab, target, transport, addr, seconds, more=()):
    return sipp(lab, lab.outside, target, "-i", addr, "-t", transport, "-m", str(CALLS), "-l", str(CALLS), "-r", "250", "-d", f"{seconds}000",
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


def ended_well(lab, p):
    p.wait(300)
    assert p.returncode == 0, f"sipp ended with {p.returncode}: not all calls were well"
    lablib.wait_for("the calls to be gone", lambda: in_use(lab)["calls"] == 0)


def all_at_once(lab, begin, relays):
    """The callers, while all their calls stand; on a machine that is so slow that the first is over before the last, calls last longer."""
    def stand():
        now = in_use(lab)
        return now["calls"] >= CALLS and now["relays"] == 2 * relays

    for seconds in (7, 25, 100):
        p = begin(seconds)
        if lablib.wait_for("all calls at once", lambda: "stand" if stand() else p.poll() is not None and "over", 300) == "stand":
            return p
        ended_well(lab, p)
    raise AssertionError("all calls never stood at once")


def run(lab, begin, relays):
    """All calls stand at once; twice: pools that grew the first time are used again."""
    after = []
    for _ in range(2):
        ended_well(lab, all_at_once(lab, begin, relays))
        if after:
            lablib.wait_for(f"nothing more than {after[0]}", lambda: in_use(lab) == after[0], 60)
        after.append(in_use(lab))
    assert after[0]["relays"] == 0 and after[0]["Pinholes"] <= 2, after[0]  # where the two ends want signalling


ODD_VIA = ("SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK{n}", "SIP / 2.0 / UDP 255.255.255.255;branch=z9hG4bK{n}",
           "SIP/2.0/UDP 10.0.0.25:{port};branch=z9hG4bK{n};rport;received=127.0.0.1", "SIP/2.0/TCP [2001:db8::1]:0;branch={n}",
           "SIP/2.0/UDP a.example.com;ttl=999;branch=z9hG4bK{n}, SIP/2.0/UDP b;branch=z9hG4bKx{n}", "SIP/7.0/UDP ;;;", "")
HEAD = ("INVITE sip:2999@192.0.2.20 SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: <sip:x@192.0.2.20>;tag={n}\r\nTo: <sip:2001@192.0.2.20>\r\n"
        "Call-ID: flood{n}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@192.0.2.10>\r\n")
BODY = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"


def flood(n):
    """The nth message: well formed with an odd Via, or wrong in one of the ways of RFC 4475."""
    port = 1024 + n * 7 % 60000
    head, body = HEAD.format(via=ODD_VIA[n % len(ODD_VIA)].format(n=n, port=port), n=n), BODY.format(port=port)
    length = f"Content-Length: {len(body)}\r\n"
    kinds = (lambda: head + "Content-Type: application/sdp\r\n" + length + "\r\n" + body,
             lambda: head + "Content-Length: -999\r\n\r\n" + body,
             lambda: head + length + length + "\r\n" + body[:-20],
             lambda: head + "Content-Length: 9999\r\n\r\n" + body,
             lambda: head.replace("CSeq: 1 INVITE", "CSeq: 36893488147419103232 OPTIONS") + "\r\n",
             lambda: head.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia") + length + "\r\n" + body,
             lambda: head.replace("To: <sip:2001@192.0.2.20>", 'To: "Mr. J. <sip:2001@192.0.2.20') + "\r\n",
             lambda: head + "X: " + "a" * 20000 + "\r\n\r\n",
             lambda: head + "Content-Type: application/sdp\r\n" + length.replace(str(len(body)), str(len(body) + 6))
             + "\r\n" + body.replace(f"m=audio {port}", f"m=audio 999999{port}"[:20]),
             lambda: head + "Contact: *, <sip:a,b?c>;q=9;expires=-1\r\n Route: <;lr>\r\n\r\n",
             lambda: head[:n % len(head)], lambda: "\0" * (n % 100))
    return kinds[n // len(ODD_VIA) % len(kinds)]().encode()


class Echo:
    """A ping behind what was sent: answered when the appliance has taken that. A flood that waits for it is as fast as the machine."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.sock.settimeout(30)

    def wait(self, n):
        said = struct.pack(">BBHHH", 8, 0, 0, 7777, n & 0xFFFF)
        total = sum(struct.unpack(">4H", said))
        said = said[:2] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + said[4:]
        self.sock.sendto(said, ("192.0.2.1", 0))
        while True:
            heard = self.sock.recv(2048)[20:28]
            if heard[0] == 0 and heard[4:] == said[4:]:
                return


def test_a_call_stands_a_flood(box):
    """Calls to nobody and what is no SIP: bounded, and the call that stands keeps its audio."""
    box.call_manager()
    desk, phone = box.desk_phone(), box.remote_phone()
    desk.registered()
    phone.registered()
    call = siplab.Call(box, phone, desk)
    box.outside.run("ip", "addr", "add", "192.0.2.11/24", "dev", "oA")
    sock, echo = udp(box.outside, "192.0.2.11", 5060), inside(box.outside, Echo)
    try:
        end, n = time.monotonic() + 4, 0
        while time.monotonic() < end or n < 4000:
            for _ in range(20):
                sock.sendto(flood(n), (siplab.CM_OUTSIDE, 5060))
                n += 1
            echo.wait(n)
            time.sleep(0.01)
    finally:
        sock.close()
        echo.sock.close()
    text = box.con.cmd("show counters")
    assert int(re.search(r"sip +malformed +(\d+)", text).group(1)) > 1000 and calls(box.con) <= 4097, text
    call.talk(1)
    call.end()
    assert min(call.check_audio()) > 200


def test_a_thousand_calls_through_inspection(box):
    callee(box, "u1")
    path = scenario(box, "RTP/AVP", "")
    run(box, lambda seconds: caller(box, f"{siplab.CM_OUTSIDE}:5060", "u1", siplab.PHONE, seconds, ("-sf", path, "-p", "5060")), 0)


def test_a_thousand_calls_through_the_phone_proxy(box):
    callee(box, "t1")
    with open(box.dir + "/stunnel.conf", "w") as f:
        f.write(STUNNEL.format(server=siplab.CM_OUTSIDE, cert=box.pki.path("phone1001.pem"), ca=box.pki.path("shown.crt")))
    tunnel = box.spawn(box.outside, "stunnel", box.dir + "/stunnel.conf", stderr=subprocess.DEVNULL)
    lablib.wait_for("stunnel", lambda: "127.0.0.1:5060" in box.outside.run("ss", "-ltn").stdout.decode())
    path = scenario(box, "RTP/SAVP", KEY)
    run(box, lambda seconds: caller(box, "127.0.0.1:5060", "t1", "127.0.0.1", seconds, ("-sf", path)), CALLS)
    assert tunnel.poll() is None
