"""Several phones: two of them at home behind one NAT address, desk phones inside and in a DMZ. They call each other, hold, transfer."""
import time

import pytest

import lab as lablib
import siplab
from conftest import finish, paste

DMZ, DESK_DMZ = "172.16.5.1", "172.16.5.10"
NAT_ADDR = "203.0.113.9"

CONFIG = """\
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 172.16.5.1 255.255.255.0
 no shutdown
access-list dmz_in extended permit udp any host 10.0.0.20 eq sip
access-group dmz_in in interface dmz
policy-map global_policy
 class inspection_default
  inspect sip
service-policy global_policy global
logging list loglist message 607001-607004
"""


@pytest.fixture(scope="module")
def office():
    lab = siplab.SipLab()
    dmz = lab.namespace("dmz")
    lab.wire(dmz, "dC", "bC", (DESK_DMZ + "/24",))
    dmz.run("ip", "route", "add", "default", "via", DMZ)
    lab.issue("phone1002", "1002")
    lab.call_manager()
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + CONFIG + lab.config())
    rooms = lab.rooms(NAT_ADDR, 2)
    lab.a, lab.b = (lab.remote_phone(f"100{i + 1}", ns=ns, addr=f"192.168.{i}.10", seed=3 * i) for i, ns in enumerate(rooms))
    lab.desk_a, lab.desk_b = lab.desk_phone("2001"), lab.desk_phone("2002")
    lab.dmz = lab.plain_phone(dmz, "2004", DESK_DMZ)
    for p in lab.phones:
        p.registered()
    yield lab
    finish(lab)


@pytest.fixture
def phones(office):
    """Nobody is talking, before and afterwards; what was said before is forgotten."""
    for p in office.phones:
        p.forget()
    yield office
    lablib.wait_for("everything to be released", lambda: siplab.idle(office.con))


def talk(*phones, seconds=2):
    """Until each has heard that much more; two bytes a sample."""
    want = {p: len(p.heard()) + seconds * 16000 for p in phones}
    lablib.wait_for("audio", lambda: all(len(p.heard()) >= n for p, n in want.items()), 60)


def end(caller, *others):
    caller.hangup()
    for p in (caller, *others):
        p.expect("terminated|session closed")


def exact(ear, mouth, frames):
    assert siplab.heard_exactly(ear.heard(), siplab.ulaw(siplab.samples(mouth.path("tone.wav")))) >= frames


def dial(caller, callee, host):
    caller.dial(f"sip:{callee.user}@{host}")
    for p in (caller, callee):
        p.expect("Call established")


def test_two_phones_behind_one_address_call_each_other(phones):
    """The media makes a hairpin in the box: both legs are SRTP of their own."""
    dial(phones.a, phones.b, siplab.CM_OUTSIDE)
    talk(phones.a, phones.b)
    text = phones.con.cmd("show phone-proxy media-sessions")
    assert text.startswith("4 in use") and text.count(f"SRTP connection to {NAT_ADDR}/") == 2, text
    end(phones.a, phones.b)
    exact(phones.a, phones.b, 90)
    exact(phones.b, phones.a, 90)


def test_a_desk_phone_on_a_third_interface(phones):
    dial(phones.a, phones.dmz, siplab.CM_OUTSIDE)
    talk(phones.a, phones.dmz)
    assert f"RTP connection to {DESK_DMZ}/" in phones.con.cmd("show phone-proxy media-sessions")
    end(phones.dmz, phones.a)
    exact(phones.a, phones.dmz, 90)
    exact(phones.dmz, phones.a, 90)


def test_both_phones_of_a_house_at_once(phones):
    dial(phones.a, phones.desk_a, siplab.CM_OUTSIDE)
    dial(phones.desk_b, phones.b, siplab.CM)
    talk(phones.a, phones.b, phones.desk_a, phones.desk_b)
    end(phones.a, phones.desk_a)
    end(phones.b, phones.desk_b)
    for ear, mouth in ((phones.a, phones.desk_a), (phones.desk_a, phones.a), (phones.b, phones.desk_b), (phones.desk_b, phones.b)):
        exact(ear, mouth, 90)


def test_a_desk_phone_transfers_a_remote_one(phones):
    """REFER: the remote phone is told of the third one by the address it can reach."""
    dial(phones.a, phones.desk_a, siplab.CM_OUTSIDE)
    talk(phones.a, phones.desk_a, seconds=1)
    phones.desk_a.keys(f"/transfer sip:2002@{siplab.CM}\n")
    phones.desk_b.expect("Call established")
    phones.a.expect(f"Refer-To: ?<?sip:2002@{siplab.CM_OUTSIDE}")
    talk(phones.desk_b)
    end(phones.desk_b, phones.a)
    exact(phones.desk_b, phones.a, 90)


def test_a_remote_phone_transfers_a_desk_phone(phones):
    dial(phones.desk_a, phones.a, siplab.CM)
    talk(phones.a, phones.desk_a, seconds=1)
    phones.a.keys(f"/transfer sip:2002@{siplab.CM_OUTSIDE}\n")
    phones.desk_b.expect("Call established")
    phones.desk_a.expect(f"Refer-To: ?<?sip:2002@{siplab.CM}")
    lablib.wait_for("the relay to go", lambda: siplab.idle(phones.con))
    phones.desk_b.hangup()
    phones.desk_a.expect("terminated|session closed")


def test_nobody_answers_and_the_caller_gives_up(phones):
    """CANCEL; and a call that is refused."""
    for nth in range(3):
        phones.a.dial(f"sip:2999@{siplab.CM_OUTSIDE}")
        phones.a.expect("404|Not Found")
        lablib.wait_for("the relay to go", lambda: siplab.idle(phones.con))
        phones.a.forget()
    for wait in (0, 0.02, 0.1):  # CANCEL and the answer meet
        phones.a.dial(f"sip:2001@{siplab.CM_OUTSIDE}")
        time.sleep(wait)
        phones.a.hangup()
        phones.a.expect("(BYE|CANCEL) sip:[\\s\\S]*SIP/2.0 200 OK[\\s\\S]*CSeq: \\d+ (BYE|CANCEL)")
        lablib.wait_for("the relay to go", lambda: siplab.idle(phones.con))
        phones.a.forget()
