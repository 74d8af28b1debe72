"""SCCP: a remote phone by TLS 2443 and SRTP, a call manager and a desk phone that speak neither; and phones at a plain firewall."""
import pytest

import lab as lablib
import siplab
import srtp_peer
from jsondoc import document
from peers import sccp
from sccp_ends import background, payload, recorded, tshark, warm
from sccplab import NAME, SECOND, Sccp, Voice, talk


@pytest.fixture
def net():
    it = Sccp()
    yield it
    it.close()


@pytest.mark.parametrize("version", [11, 17, 20, 22])
def test_a_remote_phone_calls_a_desk_phone(net, version):
    """TLS 2443 outside, TCP 2000 inside; SRTP outside, RTP inside; hold, resume, hang up. The inside leg is SCCP to tshark too."""
    net.cm.version = version
    net.phone_proxy()
    pcap = net.lab.dir + "/inside.pcap"
    rec = lablib.record(net.lab, net.lab.inside, "iB", pcap, "tcp port 2000")
    phone = net.remote(version=version)
    a = net.register(phone)
    assert phone.version == version and a.address == siplab.PHONE, "the call manager was told the phone's address at home"
    desk = net.desk(version=version)
    b = net.register(desk)
    assert "0011.2233.4455" in net.con.cmd("show phone-proxy secure-phones")
    net.neighbours()

    pa, pb = net.cm.connect(a, b, net.serve)
    assert a.listens[pa][0] == siplab.MTA_INSIDE and phone.streams[pa].remote[0] == siplab.MTA_OUTSIDE
    assert desk.streams[pb].remote == a.listens[pa]
    talk(Voice(phone, pa, 1), Voice(desk, pb, 2), 50)
    assert net.con.cmd("show phone-proxy media-sessions").startswith("2 in use")
    assert "MEDIA" in net.con.cmd("show skinny")
    listed = document(net.con, "show skinny")["phones"]
    assert [p["registered"] for p in listed] == [True] * len(listed) and any(p["media"] for p in listed), listed
    phones = document(net.con, "show phone-proxy secure-phones")["phones"]
    assert "0011.2233.4455" in [p["mac_address"] for p in phones], phones
    calls = net.con.cmd("show phone-proxy signaling-sessions")
    assert NAME in calls and "Local SRTP key set, Remote SRTP key set" in calls, calls
    first = phone.streams[pa]
    keys = first.send[0], first.receive[0]

    net.hang_up((a, pa), (b, pb))  # on hold
    net.no_relay()
    pa, pb = net.cm.connect(a, b, net.serve)
    again = phone.streams[pa]
    assert not {again.send[0], again.receive[0]} & set(keys), "a key was used twice"
    talk(Voice(phone, pa, 3), Voice(desk, pb, 4))
    with background(phone.alive) as done:
        a.answer_alive()
    done()
    net.hang_up((a, pa), (b, pb))
    net.no_relay()
    calls = net.con.cmd("show phone-proxy signaling-sessions")
    assert NAME in calls and "no media" in calls, "registered, without a call: " + calls

    lablib.wait_for("the recording", lambda: recorded(pcap, version, sccp.STOP, 20, 2))
    lablib.end(rec)
    assert not tshark(pcap, "_ws.malformed")
    kinds = {int(x, 0) for row in tshark(pcap, "skinny", "skinny.messageId") for x in row.split(",")}
    assert {sccp.REGISTER, sccp.REGISTER_ACK, sccp.OPEN, sccp.OPEN_ACK, sccp.START, sccp.CLOSE, sccp.STOP} <= kinds, kinds


def test_a_phone_takes_its_session_up_again(net):
    """After a lost connection its handshake is a short one; a commit that makes the appliance's profiles anew asks for a whole one."""
    net.phone_proxy()
    first, a = net.enrol()
    assert not first.c.sock.session_reused
    again = net.remote(like=first, port=20040)
    assert again.c.sock.session_reused
    assert again.c.sock.getpeercert(True) == first.c.sock.getpeercert(True)
    b = net.register(again)
    desk = net.desk()
    c = net.register(desk)
    net.neighbours()
    pa, pb = net.cm.connect(b, c, net.serve)
    talk(Voice(again, pa, 1), Voice(desk, pb, 2))
    net.hang_up((b, pa), (c, pb))
    lablib.wait_for("a message that tells of it", lambda: "725003" in net.con.cmd("show logging"))
    net.con.paste("configure terminal\nssl encryption aes128-sha1 aes256-sha1\nend")
    third = net.remote(like=again, port=20060)
    assert not third.c.sock.session_reused
    net.register(third)


def test_a_phone_with_anothers_name_is_refused(net):
    net.phone_proxy()
    phone = net.remote(name=SECOND, cert="sep")
    with background(phone.register) as done:
        net.cm.accept()
    assert not done()
    assert "0011.2233" not in net.con.cmd("show phone-proxy secure-phones")


def test_phones_at_a_plain_firewall(net):
    """`inspect skinny` of the default policy: addresses translated in messages, media let in for as long as the channel is open."""
    net.configure(siplab.INSIDE_CM.format(port=2000))
    outside = net.plain(net.lab.outside, siplab.PHONE, siplab.CM_OUTSIDE, NAME)
    a = net.register(outside)
    desk = net.desk()
    b = net.register(desk)
    warm((net.lab.outside, "192.0.2.1"), (net.lab.inside, "10.0.0.1"))
    pa, pb = net.cm.connect(a, b, net.serve)
    assert outside.streams[pa].remote[0] == siplab.CM_OUTSIDE, "an address of the inside was told outside"
    talk(Voice(outside, pa, 1), Voice(desk, pb, 2))
    conns = net.con.cmd("show conn")
    flagged = [line for line in conns.splitlines() if line.endswith("k")]
    assert any(line.startswith("TCP") and ":2000" in line for line in flagged), conns
    assert any(line.startswith("UDP") and f":{desk.port}" in line for line in flagged), conns
    to = outside.streams[pa].remote
    net.hang_up((a, pa), (b, pb))
    desk.media.settimeout(2)
    lablib.wait_for("the connection to end", lambda: f"inside {siplab.CM}:{desk.port}" not in net.con.cmd("show conn"))
    outside.media.sendto(srtp_peer.rtp(99, 0, 1, payload(1, 99)), to)
    with pytest.raises(TimeoutError):
        desk.media.recv(2048)
