"""
A phone and a call manager that say what a test tells them to, message by message: what phones and proxies of others do not do on demand
(offers in odd places, several dialogs, REFER with Replaces). Media is sealed and opened by the second implementation of srtp_peer.py.
"""
import base64
import itertools
import os
import re
import socket
import ssl
import struct

import siplab
from srtp_peer import Srtp, Stream, header, inside, rtp, udp

SUITE = "AES_CM_128_HMAC_SHA1_80"
NUMBERS = itertools.count(1)


def parts(sdp):
    """The m-lines of a description, each with what belongs to it."""
    return re.split(r"(?m)^(?=m=)", sdp)[1:]


def port(part):
    return int(re.match(r"m=\S+ (\d+)", part).group(1))


class Media:
    """One m-line of one end, with a socket of its own; clear, or SRTP with a key of its own."""

    def __init__(self, ns, addr, kind="audio", secure=False, pt=0):
        self.addr, self.kind, self.secure, self.pt = addr, kind, secure, pt
        self.sock, self.key, self.remote, self.index = udp(ns, addr), os.urandom(30), None, 1000
        self.sender, self.ssrc, self.answered, self.far_key = Srtp(self.key), int.from_bytes(os.urandom(4), "big"), "1", None

    def line(self, *more):
        proto, crypto = ("RTP/SAVP", f"a=crypto:{self.answered} {SUITE} inline:{base64.b64encode(self.key).decode()}\r\n") \
            if self.secure else ("RTP/AVP", "")
        return (f"m={self.kind} {self.sock.getsockname()[1]} {proto} {self.pt}\r\nc=IN IP4 {self.addr}\r\n{crypto}"
                + "".join(f"a={x}\r\n" for x in more))

    def learn(self, part, offered=False):
        """
        Takes what the far end's m-line says: where to send, and its key. A clear end must not see one, nor a secure end miss it; but
        `offered` by TLS it may be, to be answered in clear.
        """
        proto = part.split()[2]
        crypto = re.search(rf"a=crypto:(\d+) {SUITE} inline:([A-Za-z0-9+/=]+)", part)
        assert proto == ("RTP/SAVP" if self.secure or offered else "RTP/AVP") and bool(crypto) == (self.secure or offered), part
        self.remote = re.search(r"c=IN IP4 (\S+)", part).group(1), port(part)
        if crypto:
            self.answered, key = crypto.group(1), base64.b64decode(crypto.group(2))
            if key != self.far_key:
                self.far_key, self.receiver = key, Srtp(key)

    def refused(self):
        return re.sub(r" \d+ ", " 0 ", self.line().split("\r\n")[0], count=1) + "\r\n"

    def send(self, payload):
        self.index += 1
        ts = 160 * self.index
        self.sock.sendto(self.sender.seal(self.ssrc, self.index, ts, payload, self.pt) if self.secure else
                         rtp(self.index, ts, self.ssrc, payload, self.pt), self.remote)

    def hear(self):
        """The next packet's payload."""
        packet = self.sock.recv(2048)
        return self.receiver.open(packet)[2] if self.secure else packet[12:]

    def silent(self):
        """Nothing has come. Whoever asks has heard of something sent later."""
        self.sock.settimeout(0)
        try:
            return not self.sock.recv(2048)
        except BlockingIOError:
            return True
        finally:
            self.sock.settimeout(30)


def talk(*ways, n=20):
    """Each pair (mouth, ear): n packets, each awaited, bit for bit."""
    for i in range(n):
        for mouth, ear in ways:
            said = struct.pack(">QQ", next(NUMBERS), i) * 10
            mouth.send(said)
            heard = ear.hear()
            assert heard == said, f"packet {i} arrived as {heard.hex()} instead of {said.hex()}"


def both(a, b, n=20):
    talk((a, b), (b, a), n=n)


def session(addr, *lines):
    return f"v=0\r\no=- {next(NUMBERS)} 1 IN IP4 {addr}\r\ns=-\r\nc=IN IP4 {addr}\r\nt=0 0\r\n" + "".join(lines)


class Wire:
    """A connection on which one end speaks."""

    def __init__(self, sock, transport, addr, at, host):
        self.stream, self.transport, self.addr, self.at, self.host = Stream(sock), transport, addr, at, host

    def write(self, text, body=""):
        self.stream.write(text + ("Content-Type: application/sdp\n" if body.startswith("v=0") else ""), body)

    def expect(self, start):
        text = self.stream.read()
        assert text.startswith(start), f"{start!r} was expected, but:\n{text}"
        return text

    def close(self):
        self.stream.sock.close()

    def contact(self, user):
        return f"<sip:{user}@{self.addr}:{self.at};transport={self.transport.lower()}>"

    def reply(self, request, status, more="", body="", tag=None, user=None):
        """An answer in the dialog of a request; gives the To tag where it has none."""
        to = header(request, "To")
        if tag and ";tag=" not in to:
            to += ";tag=" + tag
        copied = "".join(f"{line}\n" for line in re.findall(r"(?im)^(?:via|record-route): .*?(?=\r?$)", request))
        contact = f"Contact: {self.contact(user)}\n" if user else ""
        self.write(f"SIP/2.0 {status}\n{copied}From: {header(request, 'From')}\nTo: {to}\nCall-ID: {header(request, 'Call-ID')}\n"
                   f"CSeq: {header(request, 'CSeq')}\n{contact}{more}", body)


def phone_wire(lab, cm_outside=siplab.CM_OUTSIDE, addr=siplab.PHONE, cert="phone1001", ns=None):
    """The TLS connection of a remote phone."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.load_verify_locations(lab.pki.path("shown.crt"))
    ctx.load_cert_chain(lab.pki.path(cert + ".crt"), lab.pki.path(cert + ".key"))
    sock = inside(ns or lab.outside, lambda: socket.create_connection((cm_outside, 5061), 60, (addr, 0)))
    return Wire(ctx.wrap_socket(sock), "TLS", addr, 5061, cm_outside)


class Door:
    """Where a call manager waits for connections."""

    def __init__(self, ns, addr=siplab.CM, port=5060):
        self.addr, self.sock = addr, inside(ns, lambda: socket.create_server((addr, port)))
        self.sock.settimeout(60)

    def accept(self):
        return Wire(self.sock.accept()[0], "TCP", self.addr, 5060, self.addr)

    def close(self):
        self.sock.close()


class Dialog:
    """One end of a call: as caller from its INVITE on, as callee from the INVITE it was sent."""

    def __init__(self, wire, user, peer, call_id=None, invite=None):
        self.wire, self.user, self.cseq = wire, user, 0
        self.local, self.remote = f"<sip:{user}@{wire.host}>;tag={user}t{next(NUMBERS)}", f"<sip:{peer}@{wire.host}>"
        self.call_id, self.target = call_id or f"call{next(NUMBERS)}", f"sip:{peer}@{wire.host}"
        if invite:
            self.call_id, self.remote = header(invite, "Call-ID"), header(invite, "From")
            self.local = header(invite, "To") + f";tag={user}t{next(NUMBERS)}"
            self.invite, self.target = invite, re.search(r"<(.*?)>", header(invite, "Contact")).group(1)

    def tags(self):
        return tuple(x.partition(";tag=")[2] for x in (self.local, self.remote))

    def request(self, method, more="", body="", cseq=None):
        if cseq is None and method not in ("ACK", "CANCEL"):
            self.cseq += 1
        n = cseq or self.cseq
        contact = f"Contact: {self.wire.contact(self.user)}\n" if method in ("INVITE", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY") else ""
        branch = f"z9hG4bK{self.call_id}{self.user}{n}{'' if method == 'CANCEL' else method}"
        if method == "INVITE":
            self.branch = branch
        if method == "CANCEL":
            branch = self.branch
        self.wire.write(f"{method} {self.target} SIP/2.0\nVia: SIP/2.0/{self.wire.transport} {self.wire.addr}:{self.wire.at};branch={branch}\n"
                        f"Max-Forwards: 70\nFrom: {self.local}\nTo: {self.remote}\nCall-ID: {self.call_id}\nCSeq: {n} {method}\n"
                        f"{contact}{more}", body)

    def expect(self, status, method=None):
        """An answer to this side's request; the first one with a tag is whom it talks to."""
        text = self.wire.expect(f"SIP/2.0 {status}")
        assert header(text, "Call-ID") == self.call_id and header(text, "From") == self.local, text
        if method:
            assert header(text, "CSeq").endswith(" " + method), text
        self.answered(text)
        return text

    def answered(self, text):
        if header(text, "CSeq").endswith("INVITE") and not text.startswith("SIP/2.0 100"):
            self.remote = header(text, "To")
            found = re.search(r"(?im)^contact: *<(.*?)>", text)
            self.target = found.group(1) if found else self.target

    def asked(self, method):
        """A request of the other side in this dialog."""
        text = self.wire.expect(method + " ")
        assert header(text, "Call-ID") == self.call_id, text
        assert (header(text, "From"), header(text, "To")) == (self.remote, self.local), (text, self.remote, self.local)
        return text

    def reply(self, request, status, more="", body=""):
        self.wire.reply(request, status, more, body, self.local.partition(";tag=")[2],
                        self.user if header(request, "CSeq").endswith(("INVITE", "UPDATE")) else None)


def hang_up(quitter, other):
    quitter.request("BYE")
    other.reply(other.asked("BYE"), "200 OK")
    quitter.expect("200", "BYE")


def body(text):
    return text.partition("\r\n\r\n")[2]
