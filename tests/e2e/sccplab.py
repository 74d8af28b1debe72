"""The lab of SCCP calls: remote phones by TLS 2443 and SRTP, call managers and desk phones inside that may speak neither."""
import contextlib
import socket
import ssl

import lab as lablib
import siplab
import srtp_peer
from conftest import finish, paste
from peers import sccp
from sccp_ends import Media, background, warm

NAME, SECOND = "SEP001122334455", "SEP001122334466"
HOME = "192.168.1.5"  # what a remote phone calls itself
HOME_ROOM = "192.168.0.10"  # where one is that is behind a router
PORT = 20000  # of phones' media: even

PHONE_PROXY = """\
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
        for name, cert in ((NAME, "sep"), (SECOND, "sep2")):
            self.lab.issue(cert, name)
        self.con = self.lab.start()
        self.con.cmd("terminal pager 0")
        self.of, self.open = {}, []
        self.place = self.lab.outside, siplab.PHONE  # of a remote phone: namespace and address
        self.cm = self.call_manager(version=version)

    def call_manager(self, addr=siplab.CM, port=2000, version=17, tls=None):
        """One more, at an address of the inside; tls: the context of its door."""
        if addr != siplab.CM:
            self.lab.inside.run("ip", "addr", "replace", addr + "/32", "dev", "lo")
        door = srtp_peer.inside(self.lab.inside, lambda: socket.create_server((addr, port)))
        self.open.append(door)
        return sccp.CallManager(door, version, tls)

    def configure(self, text):
        paste(self.con, lablib.BASE + text)

    def trust(self):
        p = self.lab.pki
        return siplab.IDENTITY.format(pkcs12=p.pkcs12("shown", "sample_passphrase"), issuer=p.pem_body("issuer.crt"))

    def phone_proxy(self, more=""):
        self.configure(siplab.INSIDE_CM.format(port=2443) + self.trust() + PHONE_PROXY + more)

    def remote(self, name=NAME, cert=None, version=17, to=(siplab.CM_OUTSIDE, 2443), addr=None, port=PORT, like=None):
        """By TLS; own address of a home network that nobody else knows. like: a phone whose TLS session it takes up again."""
        ns, addr = (self.lab.outside, addr) if addr else self.place
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname = False
        ctx.load_verify_locations(self.lab.pki.path("shown.crt"))
        cert = cert or {NAME: "sep", SECOND: "sep2"}[name]
        ctx.load_cert_chain(self.lab.pki.path(cert + ".crt"), self.lab.pki.path(cert + ".key"))
        session, ctx = (like.c.sock.session, like.c.sock.context) if like else (None, ctx)
        raw = srtp_peer.inside(ns, lambda: socket.create_connection(to, 60, (addr, 0)))
        media = srtp_peer.udp(ns, addr, port)
        return self.keep(sccp.Phone(ctx.wrap_socket(raw, session=session), name, HOME, media, True, version))

    def plain(self, ns, addr, server, name, version=17, port=PORT, tls=None):
        """A phone that the appliance does nothing for; tls: its context."""
        sock = srtp_peer.inside(ns, lambda: socket.create_connection((server, 2443 if tls else 2000), 60, (addr, 0)))
        sock = tls.wrap_socket(sock, do_handshake_on_connect=False) if tls else sock  # its register() does it
        return self.keep(sccp.Phone(sock, name, addr, srtp_peer.udp(ns, addr, port), tls is not None, version))

    def desk(self, name="SEP00AABBCCDDEE", **kw):
        return self.plain(self.lab.inside, siplab.CM, siplab.CM, name, **kw)

    def keep(self, phone):
        self.open.append(phone)
        return phone

    def register(self, phone, cm=None):
        """Both ends of it; returns the call manager's."""
        with background(phone.register) as done:
            line = (cm or self.cm).accept()
        assert done() and line.name == phone.name
        self.of[line] = phone
        return line

    def enrol(self, *args, **kw):
        """A remote phone and its line: one after the other, so that the call manager meets them in that order."""
        phone = self.remote(*args, **kw)
        return phone, self.register(phone)

    def enrol_desk(self, *args, **kw):
        phone = self.desk(*args, **kw)
        return phone, self.register(phone)

    @contextlib.contextmanager
    def serve(self, line, *kinds):
        with background(self.of[line].until, *kinds) as done:
            try:
                yield
            except AssertionError:
                done()  # what the phone has to say is nearer to the cause
                raise
        done()

    def hang_up(self, *halves, cm=None):
        (cm or self.cm).disconnect(*halves)
        for line, _ in halves:
            self.of[line].until(sccp.CLOSE, sccp.STOP)

    def no_relay(self):
        lablib.wait_for("the relays to go", lambda: self.con.cmd("show phone-proxy media-sessions").startswith("0 in use"))

    def at_home(self):
        """Remote phones are behind a router with one address, which lets in only answers and gives every flow another port."""
        self.place = self.lab.rooms()[0], HOME_ROOM

    def neighbours(self):
        """Known before the first packet: none waits, none overtakes."""
        warm((self.place[0], siplab.MTA_OUTSIDE),(self.lab.outside, siplab.MTA_OUTSIDE), (self.lab.inside, siplab.MTA_INSIDE))

    def close(self):
        for it in self.open:
            it.close()
        finish(self.lab)


class Voice(Media):
    """What a phone says and hears of one stream, in numbers of its own."""

    def __init__(self, phone, party, seed):
        super().__init__(phone, party, seed)
        self.n = 100 * seed

    def say(self):
        self.n += 1
        return super().say(self.n)

    def to_ear(self, other, count=20):
        """Bit for bit and in order: what is said is heard before the next."""
        for _ in range(count):
            said = self.say()
            assert other.hear() == said


class Pictures(Voice):
    """The same of what its camera sees: longer packets, of a type of their own."""

    def __init__(self, phone, party, seed):
        super().__init__(phone, party, seed)
        self.sock = phone.camera

    def say(self):
        self.n += 1
        said = bytes((self.seed * 31 + self.n * 7 + i) & 0xFF for i in range(1100))
        at = self.n, self.n * 3000, said, sccp.H264_TYPE
        packet = self.out.seal(self.seed, *at) if self.out else srtp_peer.rtp(self.n, self.n * 3000, self.seed, *at[2:])
        self.sock.sendto(packet, self.remote)
        return said

    def hear(self):
        packet = self.sock.recv(2048)
        assert packet[1] & 0x7F == sccp.H264_TYPE
        return self.into.open(packet)[2] if self.into else packet[12:]


def talk(a, b, count=20):
    a.to_ear(b, count)
    b.to_ear(a, count)
