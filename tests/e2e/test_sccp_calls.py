"""SCCP through a phone proxy beyond one call: several call managers, two remote phones, transfer, bridge, music, lost connections, a mixed cluster."""
import re
import socket
import ssl
import struct

import pytest

import lab as lablib
import siplab
import srtp_peer
from peers import sccp
from sccp_ends import background, payload
from sccplab import NAME, PHONE_PROXY, SECOND, Pictures, Sccp, Voice, talk
from test_sip_tls import LDC, ldc_issuer

OTHER_CM, OTHER_CM_OUTSIDE = "10.0.0.21", "192.0.2.21"
NEIGHBOUR = "192.0.2.254"  # the second remote phone

SECONDARY = """\
object network obj-cm2
 host 10.0.0.21
 nat (inside,outside) static 192.0.2.21
access-list outside_in extended permit tcp any host 10.0.0.21 eq 2443
"""


@pytest.fixture
def net():
    it = Sccp()
    yield it
    it.close()


@pytest.fixture(params=["outside", "home"])
def anywhere(request, net):
    """A remote phone on the Internet, and one behind a router at home."""
    if request.param == "home":
        net.at_home()
    return net


def sessions(net):
    return int(net.con.cmd("show tls-proxy session count").split()[0])


def reset(sock):
    """Ends it as a machine does that has lost its state."""
    raw = socket.socket(fileno=sock.detach()) if isinstance(sock, ssl.SSLSocket) else sock
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def test_the_secondary_takes_over(net):
    """A phone holds a session with either call manager; the primary resets in mid-call: the call is heard on, the next one is the secondary's."""
    net.phone_proxy(SECONDARY)
    other = net.call_manager(OTHER_CM)
    phone = net.remote()
    a = net.register(phone)
    spare = net.remote(to=(OTHER_CM_OUTSIDE, 2443), port=20010)
    with background(other.accept) as registered:
        for _ in range(2):
            spare.alive()  # keepalives only, for as long as the primary is there
        assert sessions(net) == 2
        with background(phone.servers) as known:
            net.cm.servers(a, (siplab.CM, 2000), (OTHER_CM, 2000))
        assert known() == [(siplab.CM_OUTSIDE, 2443), (OTHER_CM_OUTSIDE, 2443)]

        desk = net.desk()
        b = net.register(desk)
        net.neighbours()
        pa, pb = net.cm.connect(a, b, net.serve)
        mine, theirs = Voice(phone, pa, 1), Voice(desk, pb, 2)
        talk(mine, theirs)
        reset(a.c.sock)
        phone.lost()
        lablib.wait_for("the primary's session to end", lambda: sessions(net) == 1)
        talk(mine, theirs)
        spare.register()
        b2 = registered()
    net.of[b2] = spare
    assert b2.name == NAME and "0011.2233.4455" in net.con.cmd("show phone-proxy secure-phones")
    desk2 = net.plain(net.lab.inside, siplab.CM, OTHER_CM, "SEP00AABBCCDD01", port=20020)
    c = net.register(desk2, other)
    pb2, pc = other.connect(b2, c, net.serve)
    talk(Voice(spare, pb2, 3), Voice(desk2, pc, 4))
    net.hang_up((b2, pb2), (c, pc), cm=other)


def test_call_managers_behind_one_address(net):
    """A small office: two call managers behind the outside interface's own address, told apart by ports, clear and secure ones 443 apart."""
    net.configure(net.trust() + PHONE_PROXY.replace("match port tcp eq 2443", "match access-list secure_ports") .replace(
        "class-map secure_sccp", """\
access-list secure_ports extended permit tcp any any eq 2443
access-list secure_ports extended permit tcp any any eq 7443
class-map secure_sccp""") + """\
object network cm1
 host 10.0.0.20
 nat (inside,outside) static interface service tcp 2443 2443
object network cm2
 host 10.0.0.21
 nat (inside,outside) static interface service tcp 7443 7443
access-list outside_in extended permit tcp any host 10.0.0.20 eq 2443
access-list outside_in extended permit tcp any host 10.0.0.21 eq 7443
access-group outside_in in interface outside
""")
    other = net.call_manager(OTHER_CM, 7000)
    for cm, port in ((net.cm, 2443), (other, 7443)):
        phone = net.remote(to=("192.0.2.1", port), port=20000 + port)
        line = net.register(phone, cm)
        with background(phone.servers) as known:
            cm.servers(line, (siplab.CM, 2000), (OTHER_CM, 7000))
        assert known() == [("192.0.2.1", 2443), ("192.0.2.1", 7443)]


def test_two_remote_phones(net):
    """What one relay sends the other receives: SRTP from end to end, but never by the same keys."""
    net.phone_proxy()
    (one, a), (two, b) = net.enrol(), net.enrol(SECOND, addr=NEIGHBOUR)
    net.neighbours()
    net.lab.outside.run("ping", "-c", "1", "-W", "10", "-I", NEIGHBOUR, siplab.MTA_OUTSIDE)
    for seed in (1, 3):
        pa, pb = net.cm.connect(a, b, net.serve)
        keys = {half[0] for p, party in ((one, pa), (two, pb)) for half in (p.streams[party].send, p.streams[party].receive)}
        assert len(keys) == 4, "two streams have a key in common"
        talk(Voice(one, pa, seed), Voice(two, pb, seed + 1), 30)
        assert net.con.cmd("show phone-proxy media-sessions").startswith("4 in use")
        net.hang_up((a, pa), (b, pb))
        net.no_relay()


def test_transfer(anywhere):
    """The desk hands the remote phone to a colleague: it keeps its receiving half, and is told to send elsewhere."""
    net = anywhere
    net.phone_proxy()
    (phone, a), (desk, b), (colleague, c) = net.enrol(), net.enrol_desk(), net.enrol_desk("SEP00AABBCCDD02", port=20030)
    net.neighbours()
    pa, pb = net.cm.connect(a, b, net.serve)
    talk(Voice(phone, pa, 1), Voice(desk, pb, 2))
    net.hang_up((b, pb))
    net.cm.disconnect((a, pa), kinds=(sccp.STOP,))
    phone.until(sccp.STOP)
    pc = pb + 100
    with net.serve(c, sccp.OPEN):
        net.cm.open(c, pc)
    with net.serve(a, sccp.START):
        net.cm.start(a, pa, c.listens[pc])
    with net.serve(c, sccp.START):
        net.cm.start(c, pc, a.listens[pa])
    talk(Voice(phone, pa, 3), Voice(colleague, pc, 4))
    net.hang_up((a, pa), (c, pc))
    net.no_relay()


def test_a_bridge(anywhere):
    """A conference: either remote phone and the desk speak with the bridge, each by streams of its own."""
    net = anywhere
    net.phone_proxy()
    phones, lines = zip(net.enrol(), net.enrol(SECOND, addr=NEIGHBOUR), net.enrol_desk())
    legs, ports = zip(*(net.enrol_desk(f"CFB00AABBCCDD{i}", port=20100 + 10 * i) for i in range(3)))
    net.neighbours()
    net.lab.outside.run("ping", "-c", "1", "-W", "10", "-I", NEIGHBOUR, siplab.MTA_OUTSIDE)
    halves, voices, bridge = [], [], []
    for i in range(3):
        pa, pb = net.cm.connect(lines[i], ports[i], net.serve)
        halves.append((lines[i], pa, ports[i], pb))
        voices.append(Voice(phones[i], pa, 1 + i))
        bridge.append(Voice(legs[i], pb, 11 + i))
    for speaker in range(3):
        said = voices[speaker].say()
        assert bridge[speaker].hear() == said
        for i in range(3):  # everybody else hears what the bridge makes of it
            if i != speaker:
                bridge[i].to_ear(voices[i], 5)
    for line, pa, port, pb in halves:
        net.hang_up((line, pa), (port, pb))
    net.no_relay()


class Player:
    """Music or an announcement: a server inside that speaks to a phone which only hears."""

    def __init__(self, net, port=24000):
        self.net, self.sock, self.n = net, srtp_peer.udp(net.lab.inside, siplab.CM, port), 0
        net.open.append(self.sock)

    def open(self, phone, line, party, source):
        with self.net.serve(line, sccp.OPEN):
            self.net.cm.open(line, party, source=source)
        self.phone, self.to = phone, line.listens[party]
        self.ear = srtp_peer.Srtp(phone.streams[party].receive[0][1], 4)
        self.heard = []

    def plays(self):
        self.n += 1
        self.sock.sendto(srtp_peer.rtp(self.n, self.n * 160, 7, payload(7, self.n)), self.to)
        self.phone.media.settimeout(0.2)
        try:
            self.heard.append(self.ear.open(self.phone.media.recv(2048))[2])
            assert self.heard[-1] in (payload(7, n) for n in range(self.n + 1)), "something else was heard than was said"
        except TimeoutError:
            pass
        return len(self.heard) >= 20

    def play(self, what):
        lablib.wait_for(what, self.plays)
        self.phone.media.settimeout(60)


@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_music_on_hold(anywhere, named):
    """Unicast: the held phone only hears, from a server whose address the call manager may or may not tell. Multicast is refused for it."""
    net = anywhere
    net.phone_proxy()
    (phone, a), (desk, b) = net.enrol(), net.enrol_desk()
    net.neighbours()
    pa, pb = net.cm.connect(a, b, net.serve)
    talk(Voice(phone, pa, 1), Voice(desk, pb, 2))
    net.hang_up((a, pa), (b, pb))
    assert not net.cm.multicast(a, pa + 50, ("239.1.1.1", 16384)), "music in clear was promised"
    music = Player(net)
    music.open(phone, a, pa + 60, (siplab.CM if named else "0.0.0.0", 4000))
    music.play("music")  # who is not named is learned first
    net.cm.disconnect((a, pa + 60), kinds=(sccp.CLOSE,))
    phone.until(sccp.CLOSE)
    pa, pb = net.cm.connect(a, b, net.serve)  # resumed
    talk(Voice(phone, pa, 3), Voice(desk, pb, 4))
    net.hang_up((a, pa), (b, pb))
    net.no_relay()


def test_an_announcement(anywhere):
    """Nobody answers the second call: an annunciator, registered like a phone, tells so; what it says is heard before any word of the phone's."""
    net = anywhere
    net.phone_proxy()
    (phone, a), (desk, b) = net.enrol(), net.enrol_desk()
    annunciator = net.register(net.desk("ANN_00AABBCCDD", port=20030))
    net.neighbours()
    pa, pb = net.cm.connect(a, b, net.serve)
    talk(Voice(phone, pa, 1), Voice(desk, pb, 2))
    net.hang_up((a, pa), (b, pb))
    body = struct.pack("<96I", *(0,) * 96) + struct.pack("<5I", 0, net.cm.conf, pa, 0, 0)
    annunciator.c.write(sccp.ANNOUNCE, body, annunciator.version)
    assert net.of[annunciator].step() == sccp.ANNOUNCE
    voice = Player(net, 24002)
    voice.open(phone, a, pa + 70, (siplab.CM, 24002))
    voice.play("the announcement")
    net.cm.disconnect((a, pa + 70), kinds=(sccp.CLOSE,))
    phone.until(sccp.CLOSE)
    net.no_relay()


def test_video(anywhere):
    """Pictures besides the voice: streams of their own, keys of their own, each compared at the other end; voice goes on without them."""
    net = anywhere
    net.phone_proxy()
    (phone, a), (desk, b) = net.enrol(), net.enrol_desk()
    phone.camera = srtp_peer.udp(*net.place, 20500)
    desk.camera = srtp_peer.udp(net.lab.inside, siplab.CM, 20500)
    net.neighbours()
    pa, pb = net.cm.connect(a, b, net.serve)
    va, vb = net.cm.connect_video(a, b, net.serve)
    keys = [half[0] for p in (pa, va) for half in (phone.streams[p].send, phone.streams[p].receive)]
    assert len(set(keys)) == 4, "voice and pictures have a key in common"
    assert phone.streams[va].remote[0] == siplab.MTA_OUTSIDE and desk.streams[vb].remote == a.listens[va]
    voices = Voice(phone, pa, 1), Voice(desk, pb, 2)
    pictures = Pictures(phone, va, 3), Pictures(desk, vb, 4)
    for _ in range(20):
        talk(*voices, 1)
        talk(*pictures, 1)
    assert net.con.cmd("show phone-proxy media-sessions").startswith("4 in use")
    net.cm.disconnect((a, va), (b, vb), kinds=(sccp.CLOSE_VIDEO, sccp.STOP_VIDEO))
    phone.until(sccp.CLOSE_VIDEO, sccp.STOP_VIDEO)
    desk.until(sccp.CLOSE_VIDEO, sccp.STOP_VIDEO)
    talk(*voices)
    net.hang_up((a, pa), (b, pb))
    net.no_relay()


def test_the_phone_loses_its_connection(net):
    """In mid-call: both go on hearing each other, the phone comes back by another connection and makes another call."""
    net.phone_proxy()
    (phone, a), (desk, b) = net.enrol(), net.enrol_desk()
    net.neighbours()
    pa, pb = net.cm.connect(a, b, net.serve)
    mine, theirs = Voice(phone, pa, 1), Voice(desk, pb, 2)
    talk(mine, theirs)
    reset(phone.c.sock)
    lablib.wait_for("the session to end", lambda: sessions(net) == 0)
    assert a.c.read() is None, "the call manager was not told"
    talk(mine, theirs)
    again = net.remote(port=20040)
    a2 = net.register(again)
    net.hang_up((b, pb))
    pa, pb = net.cm.connect(a2, b, net.serve)
    talk(Voice(again, pa, 3), Voice(desk, pb, 4))
    net.hang_up((a2, pa), (b, pb))


def test_a_mixed_cluster(net):
    """TLS on both legs: the call manager knows the phone by its name, its keys are in force inside and never reach the remote phone."""
    lab = net.lab
    lab.pki.self_signed("cm", siplab.CM)
    net.configure(siplab.INSIDE_CM.format(port=2443) + net.trust() + f"""\
crypto ca trustpoint cm
 enrollment terminal
crypto ca authenticate cm
{lab.pki.pem_body('cm.crt')}quit
yes
""" + LDC + PHONE_PROXY.replace(" server trust-point phones_see\n", """\
 server trust-point phones_see
 client trust cm
 server trust phone_issuer
 client ldc issuer ldc_server
 client ldc key-pair phone_common
""").replace(" tls-proxy phone_tls\nclass", " tls-proxy phone_tls\n cluster-mode mixed\nclass"))
    lab.con = net.con
    ldc_issuer(lab)
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(lab.pki.path("cm.crt"), lab.pki.path("cm.key"))
    for ca in ("ldc-ca.crt", "issuer.crt"):
        ctx.load_verify_locations(lab.pki.path(ca))
    ctx.verify_mode = ssl.CERT_REQUIRED
    cm = net.call_manager(port=2443, tls=ctx)
    phone = net.remote()
    a = net.register(phone, cm)
    shown = a.c.sock.getpeercert()
    assert dict(x for row in shown["subject"] for x in row)["commonName"] == NAME
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own.check_hostname = False
    own.load_verify_locations(lab.pki.path("cm.crt"))
    own.load_cert_chain(lab.pki.path("sep2.crt"), lab.pki.path("sep2.key"))
    desk = net.plain(lab.inside, siplab.CM, siplab.CM, SECOND, tls=own)
    b = net.register(desk, cm)
    net.neighbours()
    keys = sccp.new_key(), sccp.new_key()
    pa, pb = cm.connect(a, b, net.serve, keys)
    far, near = phone.streams[pa], desk.streams[pb]
    assert (near.send[0][1], near.receive[0][1]) == keys
    assert not {far.send[0][1], far.receive[0][1]} & set(keys), "a key of the call manager reached the remote phone"
    talk(Voice(phone, pa, 1), Voice(desk, pb, 2), 30)
    text = net.con.cmd("show phone-proxy media-sessions")
    assert len(re.findall("SRTP connection to", text)) == 2, text
    net.hang_up((a, pa), (b, pb), cm=cm)
    net.no_relay()
