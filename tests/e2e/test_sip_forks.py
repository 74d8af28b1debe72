"""Kamailio rings several phones at once: desks inside, remote phones behind one NAT address. The one that is picked up talks, the others are
told, and nothing of them stays. Some hear before they are picked up."""
import re

import pytest

import lab as lablib
import siplab
from conftest import finish, paste
from test_sip_phones import CONFIG, NAT_ADDR, talk


@pytest.fixture(scope="module")
def office():
    """1001 and 1002 are at home; 1009 rings there on both; 2009 on two desks; 2008 hears before it is picked up."""
    lab = siplab.SipLab()
    dmz = lab.namespace("dmz")
    lab.wire(dmz, "dC", "bC", ("172.16.5.10/24",))
    for user in ("1002", "1003"):
        lab.issue("phone" + user, user)
    lab.call_manager()
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + CONFIG + lab.config())
    rooms = [(ns, f"192.168.{i}.10") for i, ns in enumerate(lab.rooms(NAT_ADDR, 2))]
    desks = [lab.desk() for _ in range(2)]
    lab.a = lab.remote_phone(ns=rooms[0][0], addr=rooms[0][1], answer="manual")
    lab.desk = lab.plain_phone(*desks[0][:1], "2001", desks[0][1], answer="manual")
    lab.homes = [lab.remote_phone("1009", ns=ns, addr=at, seed=3 + i, cert=f"phone100{2 + i}", port=5070, answer="manual",
                                  name=f"home{i}") for i, (ns, at) in enumerate(rooms)]
    lab.desks = [lab.plain_phone(ns, "2009", at, seed=5 + i, port=5070, answer="manual", name=f"desk{i}")
                 for i, (ns, at) in enumerate(desks)]
    lab.early_desk = lab.plain_phone(desks[1][0], "2008", desks[1][1], port=5080, answer="early")
    for p in lab.phones:
        p.registered()
    yield lab
    finish(lab)


@pytest.fixture
def phones(office):
    for p in office.phones:
        p.forget()
    yield office
    lablib.wait_for("everything to be released", lambda: siplab.idle(office.con))


def heard(ear, mouth, frames):
    """Every frame heard was said, in that order; on a busy machine the ear's jitter buffer may skip some, or repeat one."""
    said, pcm = ([s[i:i + siplab.FRAME] for i in range(0, len(s) - siplab.FRAME + 1, siplab.FRAME)] for s in
                 (siplab.ulaw(x).replace(b"\x7f", b"\xff") for x in (siplab.samples(mouth.path("tone.wav")), ear.heard())))
    place = {frame: i for i, frame in enumerate(said)}
    rows = [place.get(frame) for frame in pcm]
    assert len(rows) >= frames and None not in rows, f"{rows.count(None)} of {len(rows)} frames heard were never said"
    assert all(a <= b for a, b in zip(rows, rows[1:])), rows


def relays(con):
    return int(re.match(r"(\d+) in use", con.cmd("show phone-proxy media-sessions")).group(1)) // 2


def end(quitter, other):
    quitter.hangup()
    for p in (quitter, other):
        p.expect("terminated|session closed")


@pytest.mark.parametrize("first", [0, 1])
def test_two_desks_ring(phones, first):
    winner, loser = phones.desks[first], phones.desks[1 - first]
    phones.a.dial(f"sip:2009@{siplab.CM_OUTSIDE}")
    for p in phones.desks:
        p.expect("180 Ringing")
    winner.keys("/accept\n")
    for p in (phones.a, winner):
        p.expect("Call established")
    loser.expect("CANCEL sip:[\\s\\S]*487 Request Terminated")
    talk(phones.a, winner)
    assert relays(phones.con) == 1
    end(phones.a, winner)
    heard(winner, phones.a, 90)
    heard(phones.a, winner, 90)


@pytest.mark.parametrize("first", [0, 1])
def test_two_remote_phones_ring(phones, first):
    """Each has a relay while it rings; the one that is not picked up gives it back."""
    winner, loser = phones.homes[first], phones.homes[1 - first]
    phones.desk.dial(f"sip:1009@{siplab.CM}")
    for p in phones.homes:
        p.expect("180 Ringing")
    assert relays(phones.con) == 2
    winner.keys("/accept\n")
    for p in (phones.desk, winner):
        p.expect("Call established")
    loser.expect("CANCEL sip:[\\s\\S]*487 Request Terminated")
    lablib.wait_for("the loser's relay to go", lambda: relays(phones.con) == 1)
    talk(phones.desk, winner)
    end(winner, phones.desk)
    heard(winner, phones.desk, 90)
    heard(phones.desk, winner, 90)


def test_a_remote_phone_rings_remote_phones(phones):
    """Both legs of the call go through the box, and so do both branches."""
    phones.a.dial(f"sip:1009@{siplab.CM_OUTSIDE}")
    for p in phones.homes:
        p.expect("180 Ringing")
    phones.homes[1].keys("/accept\n")
    for p in (phones.a, phones.homes[1]):
        p.expect("Call established")
    phones.homes[0].expect("CANCEL sip:[\\s\\S]*487 Request Terminated")
    talk(phones.a, phones.homes[1])
    end(phones.homes[1], phones.a)
    heard(phones.a, phones.homes[1], 90)


def test_nobody_picks_up(phones):
    """The caller gives up while all ring; and all refuse."""
    phones.desk.dial(f"sip:1009@{siplab.CM}")
    for p in phones.homes:
        p.expect("180 Ringing")
    phones.desk.hangup()
    for p in phones.homes:
        p.expect("CANCEL sip:[\\s\\S]*487 Request Terminated")
        p.forget()
    lablib.wait_for("the relays to go", lambda: siplab.idle(phones.con))
    phones.desk.dial(f"sip:1009@{siplab.CM}")
    for p in phones.homes:
        p.expect("180 Ringing")
        p.hangup()
    phones.desk.expect("4\\d\\d|6\\d\\d")


def early(con):
    """Packets on the way to the desk of the one call there is."""
    return int(re.search(r"<---> RTP connection to \S+ +tx_pkts (\d+)", con.cmd("show phone-proxy media-sessions")).group(1))


def test_its_ear_is_open_before_it_is_picked_up(phones):
    """183 with SDP: what the caller says arrives already; the call follows."""
    caller, callee = phones.a, phones.early_desk
    caller.dial(f"sip:2008@{siplab.CM_OUTSIDE}")
    caller.expect("183 Session Progress")
    lablib.wait_for("early audio", lambda: early(phones.con) > 50)
    assert "Call established" not in caller.text()
    callee.keys("/accept\n")
    for p in (caller, callee):
        p.expect("Call established")
    talk(caller, callee)
    end(caller, callee)
    heard(caller, callee, 90)
    heard(callee, caller, 90)
