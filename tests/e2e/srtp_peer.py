"""
A phone and a desk phone in one process, a second implementation of SRTP (RFC 3711, AES_CM_128_HMAC_SHA1_80) on libcrypto's AES alone.
Each socket lives in the namespace of its side; so what is sent on one side can be waited for on the other.
"""
import base64
import ctypes
import ctypes.util
import hmac
import os
import re
import socket
import ssl
import struct

CRYPTO = ctypes.CDLL(ctypes.util.find_library("crypto"))
LIBC = ctypes.CDLL(None, use_errno=True)
for name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_ctr"):
    getattr(CRYPTO, name).restype = ctypes.c_void_p
CTR = ctypes.c_void_p(CRYPTO.EVP_aes_128_ctr())


def aes_ctr(key, iv, data):
    ctx = ctypes.c_void_p(CRYPTO.EVP_CIPHER_CTX_new())
    out, n = ctypes.create_string_buffer(len(data) + 16), ctypes.c_int()
    CRYPTO.EVP_EncryptInit_ex(ctx, CTR, None, key, iv)
    CRYPTO.EVP_EncryptUpdate(ctx, out, ctypes.byref(n), data, len(data))
    CRYPTO.EVP_CIPHER_CTX_free(ctx)
    return out.raw[:len(data)]


class Srtp:
    """One direction under one master key."""

    def __init__(self, master, tag=10):
        self.n = tag
        key, salt = master[:16], master[16:]
        self.key, self.auth, self.salt = (self.derive(key, salt, label, n) for label, n in ((0, 16), (1, 20), (2, 14)))
        self.highest = {}  # index by SSRC

    @staticmethod
    def derive(key, salt, label, n):
        x = bytearray(salt)
        x[7] ^= label
        return aes_ctr(key, bytes(x) + b"\0\0", bytes(n))

    def crypt(self, ssrc, index, data):
        iv = int.from_bytes(self.salt + b"\0\0", "big") ^ ssrc << 64 ^ index << 16
        return aes_ctr(self.key, iv.to_bytes(16, "big"), data)

    def tag(self, packet, index):
        return hmac.digest(self.auth, packet + struct.pack(">I", index >> 16), "sha1")[:self.n]

    def seal(self, ssrc, index, ts, payload, pt=0):
        packet = struct.pack(">BBHII", 0x80, pt, index & 0xFFFF, ts & 0xFFFFFFFF, ssrc) + self.crypt(ssrc, index, payload)
        return packet + self.tag(packet, index)

    def open(self, packet):
        """SSRC, index and payload; RFC 3711 appendix A."""
        packet, tag = packet[:-self.n], packet[-self.n:]
        seq, ssrc = struct.unpack_from(">H", packet, 2)[0], struct.unpack_from(">I", packet, 8)[0]
        top = self.highest.get(ssrc, seq)
        roc = top >> 16
        if (top & 0xFFFF) < 32768:
            roc -= seq - (top & 0xFFFF) > 32768
        else:
            roc += (top & 0xFFFF) - 32768 > seq
        assert roc >= 0, f"SSRC {ssrc:08x}: seq {seq} before the first"
        index = roc << 16 | seq
        assert hmac.compare_digest(tag, self.tag(packet, index)), f"SSRC {ssrc:08x} seq {seq} roc {roc}: not authentic"
        self.highest[ssrc] = max(top, index)
        return ssrc, index, self.crypt(ssrc, index, packet[12:])


def rtp(seq, ts, ssrc, payload, pt=0):
    return struct.pack(">BBHII", 0x80, pt, seq & 0xFFFF, ts & 0xFFFFFFFF, ssrc) + payload


def inside(ns, make):
    """What make() returns, made in a namespace of the lab."""
    with open("/proc/self/ns/net") as home, open(f"/proc/{ns.holder.pid}/ns/net") as there:
        assert LIBC.setns(there.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
        try:
            return make()
        finally:
            assert LIBC.setns(home.fileno(), 0) == 0


def udp(ns, addr, port=0):
    def make():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        s.bind((addr, port))
        s.settimeout(30)
        return s
    return inside(ns, make)


class Stream:
    """SIP messages of a connection, one at a time."""

    def __init__(self, sock):
        self.sock, self.buf = sock, b""
        sock.settimeout(60)

    def read(self):
        while True:
            head, end, rest = self.buf.partition(b"\r\n\r\n")
            n = int(re.search(rb"(?i)\ncontent-length: *(\d+)", head).group(1)) if end else 0
            if end and len(rest) >= n:
                self.buf = rest[n:]
                return (head + end + rest[:n]).decode()
            data = self.sock.recv(65536)
            assert data, f"the connection ended behind {self.buf!r}"
            self.buf += data

    def write(self, head, body=""):
        self.sock.sendall((head.replace("\n", "\r\n") + f"Content-Length: {len(body)}\r\n\r\n" + body).encode())


def header(text, name):
    return re.search(rf"(?im)^{name}: *(.*?)\r?$", text).group(1)


def media(text):
    """Where an SDP wants its packets."""
    return re.search(r"c=IN IP4 (\S+)", text).group(1), int(re.search(r"m=audio (\d+)", text).group(1))


def sdp(addr, port, proto, more=""):
    return f"v=0\r\no=- 1 1 IN IP4 {addr}\r\ns=-\r\nc=IN IP4 {addr}\r\nt=0 0\r\nm=audio {port} {proto} 0\r\n{more}"


class Pair:
    """A call through the appliance: the phone by TLS and SRTP, the desk phone with its call manager by TCP and RTP."""

    suites, keyed = "DEFAULT", True  # what the phone's TLS offers, and whether its media have keys

    def __init__(self, lab, cm, cm_outside, phone="192.0.2.10", cert="phone1001"):
        desk = cm  # its neighbour entry is there: no packet waits for ARP
        self.key = os.urandom(30)
        self.srtp, self.rtp = udp(lab.outside, phone), udp(lab.inside, desk)
        door = inside(lab.inside, lambda: socket.create_server((cm, 5060)))
        door.settimeout(60)
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname = False
        ctx.set_ciphers(self.suites)
        ctx.load_verify_locations(lab.pki.path("shown.crt"))
        ctx.load_cert_chain(lab.pki.path(cert + ".crt"), lab.pki.path(cert + ".key"))
        self.phone = Stream(ctx.wrap_socket(inside(lab.outside, lambda: socket.create_connection((cm_outside, 5061), 60))))
        self.invite(phone, cm_outside)
        self.cm = Stream(door.accept()[0])
        door.close()
        self.answer(desk)
        # A kernel that learns a neighbour while it sends may overtake what it keeps waiting: both know the box beforehand.
        for ns, at in ((lab.outside, self.outside), (lab.inside, self.inside)):
            ns.run("ping", "-c", "1", "-W", "20", at[0])

    def invite(self, phone, cm):
        key = base64.b64encode(self.key).decode()
        self.phone.write(f"INVITE sip:2001@{cm} SIP/2.0\nVia: SIP/2.0/TLS {phone}:5061;branch=z9hG4bKone\nMax-Forwards: 70\n"
                         f"From: <sip:1001@{cm}>;tag=one\nTo: <sip:2001@{cm}>\nCall-ID: pair\nCSeq: 1 INVITE\n"
                         f"Contact: <sip:1001@{phone}:5061;transport=tls>\nContent-Type: application/sdp\n",
                         sdp(phone, self.srtp.getsockname()[1], *(("RTP/SAVP", f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n")
                                                                if self.keyed else ("RTP/AVP",))))
        self.dialog = f"From: <sip:1001@{cm}>;tag=one\nTo: <sip:2001@{cm}>;tag=two\nCall-ID: pair\nMax-Forwards: 70\n"
        self.via = f"Via: SIP/2.0/TLS {phone}:5061;branch=z9hG4bK"

    def reply(self, request, more="", body=""):
        to = header(request, "To")
        self.cm.write(f"SIP/2.0 200 OK\nVia: {header(request, 'Via')}\nFrom: {header(request, 'From')}\n"
                      f"To: {to if ';tag=' in to else to + ';tag=two'}\nCall-ID: {header(request, 'Call-ID')}\n"
                      f"CSeq: {header(request, 'CSeq')}\n{more}", body)

    def answer(self, desk):
        offer = self.cm.read()
        assert "RTP/AVP" in offer and "crypto" not in offer, offer
        self.inside = media(offer)
        self.reply(offer, f"Contact: <sip:2001@{desk}:5060;transport=tcp>\nContent-Type: application/sdp\n",
                   sdp(desk, self.rtp.getsockname()[1], "RTP/AVP"))
        ok = self.phone.read()
        assert ok.startswith("SIP/2.0 200") and ("RTP/SAVP" in ok) == ("crypto" in ok) == self.keyed, ok
        self.outside = media(ok)
        if self.keyed:
            self.sender = Srtp(self.key)
            self.receiver = Srtp(base64.b64decode(re.search(r"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/=]+)", ok).group(1)))
        self.target = re.search(r"<(.*?)>", header(ok, "Contact")).group(1)
        self.request("ACK", 1)
        assert self.cm.read().startswith("ACK ")

    def request(self, method, cseq):
        self.phone.write(f"{method} {self.target} SIP/2.0\n{self.via}{method}{cseq}\n{self.dialog}CSeq: {cseq} {method}\n")

    def to_box(self, packet):
        self.srtp.sendto(packet, self.outside)

    def from_desk(self, packet):
        self.rtp.sendto(packet, self.inside)

    def end(self):
        self.request("BYE", 2)
        self.reply(self.cm.read())
        assert self.phone.read().startswith("SIP/2.0 200")

    def close(self):
        for s in (self.srtp, self.rtp, self.phone.sock, self.cm.sock):
            s.close()
