"""SIP inspection with both ends translated, and with a translation that changes nothing: each end reads addresses of its own side only, and hears the other."""
import re
import socket

import pytest

import lab as lablib
from conftest import finish, paste
from sip_ends import Dialog, Door, Media, Wire, body, both, hang_up, parts, session
from srtp_peer import inside

NEAR, FAR = "10.0.0.254", "192.0.2.10"
INSPECT = """\
policy-map global_policy
 class inspection_default
  inspect sip
service-policy global_policy global
access-list outside_in extended permit tcp any host 10.0.0.254 eq sip
access-group outside_in in interface outside
"""
NEAR_AS = "object network near\n host 10.0.0.254\n nat (inside,outside) static {}\n"
FAR_AS = "object network far\n host 192.0.2.10\n nat (outside,inside) static {}\n"
# Everybody is shared but towards the far end.
EXEMPT = """\
object network all
 subnet 10.0.0.0 255.255.255.0
 nat (inside,outside) dynamic 192.0.2.31
object network far
 host 192.0.2.10
nat (inside,outside) source static all all destination static far far
"""
# What the far end is called inside, what the near end is called outside.
SIDES = {
    "both": ("10.0.0.99", "192.0.2.30", FAR_AS.format("10.0.0.99") + NEAR_AS.format("192.0.2.30")),
    "far": ("10.0.0.99", NEAR, FAR_AS.format("10.0.0.99")),
    "shared": (FAR, "192.0.2.31", "object network near\n host 10.0.0.254\n nat (inside,outside) dynamic 192.0.2.31\n"),
    "identity": (FAR, NEAR, NEAR_AS.format(NEAR)),
    "exempt": (FAR, NEAR, EXEMPT),
}


@pytest.fixture(params=SIDES)
def fw(request):
    lab = lablib.Lab()
    lab.far_as, lab.near_as, rules = SIDES[request.param]
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + rules + INSPECT)
    for ns, at in ((lab.outside, "192.0.2.1"), (lab.inside, "10.0.0.1")):
        ns.run("ping", "-c", "1", "-W", "5", at)
    yield lab
    finish(lab)


def dial(ns, addr, host):
    sock = inside(ns, lambda: socket.create_connection((host, 5060), 60, (addr, 0)))
    return Wire(sock, "TCP", addr, 5060, host)


def reads(text, mine, theirs):
    """Only names of this side."""
    found = set(re.findall(r"\d+\.\d+\.\d+\.\d+", text))
    assert found <= {mine, theirs}, f"{found} in\n{text}"
    return text


def call(lab, ns, addr, far_ns, far_addr, dialled, seen_as):
    """From one to the other: what is dialled is the far end, which sees the caller as another."""
    door = Door(far_ns, far_addr)
    wire = dial(ns, addr, dialled)
    other = door.accept()
    mine, theirs = Media(ns, addr), Media(far_ns, far_addr)
    one = Dialog(wire, "a", "b")
    offer = session(addr, mine.line())
    one.request("INVITE", body=offer)
    invite = reads(other.expect("INVITE "), far_addr, seen_as)
    assert invite.startswith(f"INVITE sip:b@{far_addr} ") and f"c=IN IP4 {seen_as}" in invite, invite
    if (dialled, seen_as) == (far_addr, addr):
        assert body(invite) == offer, "a translation to itself changes nothing"
    back = Dialog(other, "b", "a", invite=invite)
    theirs.learn(*parts(body(invite)))
    back.reply(invite, "200 OK", body=session(far_addr, theirs.line()))
    answer = reads(one.expect("200", "INVITE"), addr, dialled)
    assert f"c=IN IP4 {dialled}" in answer and f"<sip:b@{dialled}:5060;transport=tcp>" in answer, answer
    mine.learn(*parts(body(answer)))
    one.request("ACK")
    reads(back.asked("ACK"), far_addr, seen_as)
    both(mine, theirs)
    back.request("INVITE", body=session(far_addr, theirs.line("sendonly")))  # the other way round, in the same dialog
    again = reads(one.asked("INVITE"), addr, dialled)
    assert f"c=IN IP4 {dialled}" in again, again
    one.reply(again, "200 OK", body=session(addr, mine.line("recvonly")))
    assert f"c=IN IP4 {seen_as}" in reads(back.expect("200", "INVITE"), far_addr, seen_as)
    back.request("ACK")
    one.asked("ACK")
    one.request("INVITE", body=session(addr, "m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n"))  # held the old way
    held = back.asked("INVITE")
    reads(held.replace("0.0.0.0", far_addr), far_addr, seen_as)
    back.reply(held, "200 OK", body=session(far_addr, theirs.line("inactive")))
    one.expect("200", "INVITE")
    one.request("ACK")
    back.asked("ACK")
    hang_up(back, one)
    for it in (wire, other, door, mine.sock, theirs.sock):
        it.close()
    lablib.wait_for("the call to be gone", lambda: "Total: 0" in lab.con.cmd("show sip"))


def test_a_call_out(fw):
    call(fw, fw.inside, NEAR, fw.outside, FAR, fw.far_as, fw.near_as)


def test_a_call_in(fw):
    if fw.near_as == "192.0.2.31":
        return  # who stands behind a shared address is called where it has registered: test_sip_contact
    call(fw, fw.outside, FAR, fw.inside, NEAR, fw.near_as, fw.far_as)
