"""Calls between a remote phone (TLS, SRTP) and desk phones (UDP, RTP), through the phone proxy, with real peers."""
import re
import subprocess

import pytest

import lab as lablib
import siplab
from conftest import a_pair_of_phones, finish


@pytest.fixture
def sip():
    lab = a_pair_of_phones()
    yield lab
    finish(lab)


def test_audio_is_exact_in_both_directions(sip):
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk()
    text = sip.con.cmd("show phone-proxy media-sessions")
    assert text.startswith("2 in use") and siplab.MTA_INSIDE in text and siplab.MTA_OUTSIDE in text and sip.desk_a.addr in text, text
    assert re.search(r"SRTP connection to 192\.0\.2\.10/\d+ +tx_pkts \d+ rx_pkts \d+", text), text
    assert "Active" in sip.con.cmd("show sip")
    conns = sip.con.cmd("show conn")
    mine, theirs = rf"{re.escape(siplab.MTA_OUTSIDE)}:(\d+)", rf"{re.escape(siplab.MTA_INSIDE)}:(\d+)"
    legs = (rf"(?m)^UDP outside 192\.0\.2\.10:\d+ outside {mine}, idle 0:00:0\d, bytes [1-9]\d+, flags m$",
            rf"(?m)^UDP inside {re.escape(sip.desk_a.addr)}:\d+ inside {theirs}, idle 0:00:0\d, bytes [1-9]\d+, flags m$")
    assert all(len(re.findall(leg, conns)) == 1 for leg in legs), conns
    assert re.search(r"(?m)^TCP outside 192\.0\.2\.10:\d+ inside \S+:\d+, idle \S+, bytes \d+, flags \S*$", conns), conns
    call.end()
    to_desk, to_phone = call.check_audio()
    assert to_desk >= 150 and to_phone >= 100, (to_desk, to_phone)
    lablib.wait_for("media released", lambda: siplab.idle(sip.con))


def test_a_desk_phone_calls_the_remote_one(sip):
    rec = lablib.record(sip, sip.desk_a.ns, "eth0", sip.dir + "/in.pcap", "udp portrange 10000-40000")
    sip.desk_a.dial(f"sip:1001@{siplab.CM}")
    sip.desk_a.expect("Call established")
    lablib.wait_for("audio", lambda: len(siplab.rtp_payloads(sip.dir + "/in.pcap", siplab.MTA_INSIDE)) > 100, 60)
    sip.desk_a.hangup()
    sip.phone.expect("terminated|closed")
    lablib.end(rec)
    said = siplab.ulaw(siplab.samples(sip.phone.path("tone.wav")))
    assert siplab.in_order(siplab.rtp_payloads(sip.dir + "/in.pcap", siplab.MTA_INSIDE)) in said
    sent = siplab.in_order(siplab.rtp_payloads(sip.dir + "/in.pcap", sip.desk_a.addr))
    assert siplab.heard_exactly(sip.phone.heard(), sent) > 60
    lablib.wait_for("media released", lambda: siplab.idle(sip.con))


def test_nothing_leaves_in_the_clear(sip):
    path = sip.dir + "/out.pcap"
    rec = lablib.record(sip, sip.outside, "oA", path, "udp")
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk(2)
    call.end()
    lablib.end(rec)
    call.check_audio()
    said = siplab.ulaw(siplab.samples(sip.phone.path("tone.wav")))
    with open(path, "rb") as f:
        wire = f.read()
    assert len(wire) > 50000
    frames = [said[i:i + 40] for i in range(0, 16000, 160)]
    assert not any(f in wire for f in frames if len(set(f)) > 4), "the phone's audio is on the outside wire"


def test_hold_and_resume(sip):
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk(1)
    call.hold()
    assert "2 in use" in sip.con.cmd("show phone-proxy media-sessions")
    call.resume()
    call.end()
    lablib.wait_for("media released", lambda: siplab.idle(sip.con))


def test_a_phone_without_a_trusted_certificate_is_refused(sip):
    sip.pki.self_signed("other", "Other CA", extra=("-addext", "keyUsage=critical,keyCertSign,cRLSign"))
    sip.issue("phone1003", "1003", ca="other")
    stranger = sip.remote_phone("1003", port=5070)
    stranger.expect("reg: .*failed|Register: .*|Connection reset", what="the stranger to be refused")
    assert "registered successfully" not in stranger.text()
    assert "1003" not in sip.cm_text()
    lablib.wait_for("a reason", lambda: "717" in sip.con.cmd("show logging | include certificate"))


def test_the_call_manager_restarts_in_mid_call(sip):
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk(1)
    lablib.end(sip.cm)
    call.talk(2)
    lablib.end(call.rec)
    call.check_audio()


def test_what_the_appliance_captures_is_g711(sip):
    """The clear leg of a relay, captured by the appliance, decoded by tshark."""
    sip.con.cmd(f"capture heard interface inside buffer 2000000 match udp host {siplab.MTA_INSIDE} host {sip.desk_a.addr}")
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk(2)
    call.end()
    sip.con.cmd("copy /noconfirm /pcap capture:heard disk0:heard.pcap")
    sip.con.cmd("no capture heard")
    port = re.search(r"m=audio (\d+)", sip.desk_a.text()).group(1)
    found = siplab.tshark_payloads(sip.flash() + "/heard.pcap", port, siplab.MTA_INSIDE)
    assert len(found) >= 90
    audio = siplab.in_order(found)
    assert audio in siplab.ulaw(siplab.samples(sip.phone.path("tone.wav")))
