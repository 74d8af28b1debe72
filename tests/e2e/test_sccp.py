"""SCCP: a remote phone by TLS 2443 and SRTP, a call manager and a desk phone that speak neither; and phones at a plain firewall."""
import contextlib
import os
import socket
import ssl

import pytest

import lab as lablib
import siplab
import srtp_peer
from conftest import finish, paste
from peers import sccp
from sccp_ends import background, payload, tshark

NAME = "SEP001122334455"
HOME = "192.168.1.5"  # what the remote phone calls itself
PORT = 20000  # of phones' media: even

CONFIG = """\
object network obj-cm
 host 10.0.0.20
 nat (inside,outside) static 192.0.2.20
access-list outside_in extended permit tcp any host 10.0.0.20 eq {port}
access-group outside_in in interface outside
"""
PHONE_PROXY = """\
crypto ca import phones_see pkcs12 sample_passphrase
{pkcs12}quit
crypto ca trustpoint phone_issuer
 enrollment terminal
crypto ca authenticate phone_issuer
{issuer}quit
yes
tls-proxy phone_tls
 server trust-point phones_see
media-termination mta
 address 10.0.0.25 interface inside
 address 192.0.2.25 interface outside
phone-proxy remote_phones
 media-termination mta
 tls-proxy phone_tls
class-map secure_sccp
 match port tcp eq 2443
policy-map phones
 class secure_sccp
  inspect skinny phone-proxy remote_phones
service-policy phones interface outside
"""


class Sccp:
    """The lab with a call manager inside; phones are made by the tests."""

    def __init__(self, version=17):
        self.lab = siplab.SipLab()
        self.lab.issue("sep", NAME)
        self.con = self.lab.start()
        self.con.cmd("terminal pager 0")
        door = srtp_peer.inside(self.lab.inside, lambda: socket.create_server((siplab.CM, 2000)))
        self.cm = sccp.CallManager(door, version)
        self.of, self.open = {}, [door]

    def phone_proxy(self):
        p = self.lab.pki
        paste(self.con, lablib.BASE + CONFIG.format(port=2443) +
              PHONE_PROXY.format(pkcs12=p.pkcs12("shown", "sample_passphrase"), issuer=p.pem_body("issuer.crt")))

    def remote(self, name=NAME, cert="sep", version=17):
        """By TLS; own address of a home network that nobody else knows."""
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname = False
        ctx.load_verify_locations(self.lab.pki.path("shown.crt"))
        ctx.load_cert_chain(self.lab.pki.path(cert + ".crt"), self.lab.pki.path(cert + ".key"))
        raw = srtp_peer.inside(self.lab.outside, lambda: socket.create_connection((siplab.CM_OUTSIDE, 2443), 60))
        media = srtp_peer.udp(self.lab.outside, siplab.PHONE, PORT)
        return self.keep(sccp.Phone(ctx.wrap_socket(raw), name, HOME, media, True, version))

    def plain(self, ns, addr, server, name, version=17):
        sock = srtp_peer.inside(ns, lambda: socket.create_connection((server, 2000), 60, (addr, 0)))
        return self.keep(sccp.Phone(sock, name, addr, srtp_peer.udp(ns, addr, PORT), False, version))

    def keep(self, phone):
        self.open.append(phone)
        return phone

    def register(self, phone):
        """Both ends of it; returns the call manager's."""
        with background(phone.register) as done:
            line = self.cm.accept()
        assert done() and line.name == phone.name
        self.of[line] = phone
        return line

    @contextlib.contextmanager
    def serve(self, line, *kinds):
        with background(self.of[line].until, *kinds) as done:
            try:
                yield
            except AssertionError:
                done()  # what the phone has to say is nearer to the cause
                raise
        done()

    def hang_up(self, *halves):
        self.cm.disconnect(*halves)
        for line, _ in halves:
            self.of[line].until(sccp.CLOSE, sccp.STOP)

    def close(self):
        for it in self.open:
            it.close()
        finish(self.lab)


@pytest.fixture
def net():
    it = Sccp()
    yield it
    it.close()


def clear_audio(phone, party, far, count, seed):
    """RTP from one phone's socket arrives at the other's, bit for bit and in order."""
    for n in range(count):
        phone.media.sendto(srtp_peer.rtp(n, n * 160, seed, payload(seed, n)), phone.streams[party].remote)
        got = far.media.recv(2048)
        assert got[12:] == payload(seed, n) and got[1] == 0


def secure_audio(phone, party, desk, desk_party, count, first=0):
    """SRTP of the remote phone and RTP of the desk phone; whatever is sent is heard before the next."""
    s = phone.streams[party]
    out, into = (srtp_peer.Srtp(half[0][1], 4 if half[0][0] == 1 else 10) for half in (s.send, s.receive))
    for n in range(first, first + count):
        phone.media.sendto(out.seal(0x1111, n, n * 160, payload(1, n)), s.remote)
        assert desk.media.recv(2048)[12:] == payload(1, n)
        desk.media.sendto(srtp_peer.rtp(n, n * 160, 0x2222, payload(2, n)), desk.streams[desk_party].remote)
        assert into.open(phone.media.recv(2048))[2] == payload(2, n)


def warm(lab, *pairs):
    """Neighbours are known before the first packet: none waits, none overtakes."""
    for ns, addr in pairs:
        ns.run("ping", "-c", "1", "-W", "10", addr)


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
    desk = net.plain(net.lab.inside, siplab.CM, siplab.CM, "SEP00AABBCCDDEE", version)
    b = net.register(desk)
    assert "0011.2233.4455" in net.con.cmd("show phone-proxy secure-phones")
    warm(net.lab, (net.lab.outside, siplab.MTA_OUTSIDE), (net.lab.inside, siplab.MTA_INSIDE))

    pa, pb = net.cm.connect(a, b, net.serve)
    assert a.listens[pa][0] == siplab.MTA_INSIDE and phone.streams[pa].remote[0] == siplab.MTA_OUTSIDE
    assert desk.streams[pb].remote == a.listens[pa]
    secure_audio(phone, pa, desk, pb, 50)
    assert net.con.cmd("show phone-proxy media-sessions").startswith("2 in use")
    assert "MEDIA" in net.con.cmd("show skinny")
    calls = net.con.cmd("show phone-proxy signaling-sessions")
    assert NAME in calls and "Local SRTP key set, Remote SRTP key set" in calls, calls
    first = phone.streams[pa]
    keys = first.send[0], first.receive[0]

    net.hang_up((a, pa), (b, pb))  # on hold
    lablib.wait_for("the relay to go", lambda: net.con.cmd("show phone-proxy media-sessions").startswith("0 in use"))
    pa, pb = net.cm.connect(a, b, net.serve)
    again = phone.streams[pa]
    assert not {again.send[0], again.receive[0]} & set(keys), "a key was used twice"
    secure_audio(phone, pa, desk, pb, 20, 100)
    with background(phone.alive) as done:
        a.answer_alive()
    done()
    net.hang_up((a, pa), (b, pb))
    lablib.wait_for("the relay to go", lambda: net.con.cmd("show phone-proxy media-sessions").startswith("0 in use"))

    lablib.wait_for("the recording", lambda: os.path.getsize(pcap) > 2000)
    lablib.end(rec)
    assert not tshark(pcap, "_ws.malformed")
    kinds = {int(x, 0) for row in tshark(pcap, "skinny", "skinny.messageId") for x in row.split(",")}
    assert {sccp.REGISTER, sccp.REGISTER_ACK, sccp.OPEN, sccp.OPEN_ACK, sccp.START, sccp.CLOSE, sccp.STOP} <= kinds, kinds


def test_a_phone_with_anothers_name_is_refused(net):
    net.phone_proxy()
    phone = net.remote(name="SEP001122334466")
    with background(phone.register) as done:
        net.cm.accept()
    assert not done()
    assert "0011.2233" not in net.con.cmd("show phone-proxy secure-phones")


def test_phones_at_a_plain_firewall(net):
    """`inspect skinny` of the default policy: addresses translated in messages, media let in for as long as the channel is open."""
    paste(net.con, lablib.BASE + CONFIG.format(port=2000))
    outside = net.plain(net.lab.outside, siplab.PHONE, siplab.CM_OUTSIDE, NAME)
    a = net.register(outside)
    desk = net.plain(net.lab.inside, siplab.CM, siplab.CM, "SEP00AABBCCDDEE")
    b = net.register(desk)
    warm(net.lab, (net.lab.outside, "192.0.2.1"), (net.lab.inside, "10.0.0.1"))
    pa, pb = net.cm.connect(a, b, net.serve)
    assert outside.streams[pa].remote[0] == siplab.CM_OUTSIDE, "an address of the inside was told outside"
    clear_audio(outside, pa, desk, 20, 1)
    clear_audio(desk, pb, outside, 20, 2)
    to = outside.streams[pa].remote
    net.hang_up((a, pa), (b, pb))
    desk.media.settimeout(2)
    lablib.wait_for("the connection to end", lambda: f"inside {siplab.CM}:{desk.port}" not in net.con.cmd("show conn"))
    outside.media.sendto(srtp_peer.rtp(99, 0, 1, payload(1, 99)), to)
    with pytest.raises(TimeoutError):
        desk.media.recv(2048)
