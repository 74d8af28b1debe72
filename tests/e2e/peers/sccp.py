"""
SCCP phones and a call manager, written from the facts of the protocol alone. A phone refuses what a phone refuses: a frame that is not
of the version it negotiated, a length that its version does not have, media without a key on its secure connection, an address of a
type it does not know. Each socket is made by its owner, in whatever namespace that is.
"""
import os
import socket
import struct

KEEPALIVE, REGISTER, OPEN_ACK, KEEPALIVE_ACK, REGISTER_ACK, REJECT = 0x0000, 0x0001, 0x0022, 0x0100, 0x0081, 0x009D
START, STOP, CAPABILITIES_REQ, CAPABILITIES, OPEN, CLOSE, START_ACK, CALL_STATE = (0x008A, 0x008B, 0x009B, 0x0010, 0x0105, 0x0106, 0x0154,
                                                                                   0x0111)
MULTICAST, MULTICAST_ACK, STOP_MULTICAST, RESET, ANNOUNCE = 0x0101, 0x0021, 0x0103, 0x009F, 0x0122
UNREGISTER, UNREGISTER_ACK, ALARM, SERVERS, SERVERS_REQ, STATISTICS_REQ, STATISTICS = 0x0027, 0x0118, 0x0020, 0x009E, 0x0012, 0x0107, 0x0023
OPEN_VIDEO, OPEN_VIDEO_ACK, START_VIDEO, START_VIDEO_ACK, CLOSE_VIDEO, STOP_VIDEO = 0x0131, 0x0031, 0x0132, 0x0155, 0x0136, 0x0133
H264, H264_TYPE = 103, 97  # the codec by SCCP's number, and by that of its packets
ALWAYS_OLD = {REGISTER, REGISTER_ACK, CAPABILITIES_REQ, KEEPALIVE, KEEPALIVE_ACK, UNREGISTER_ACK, REJECT, 0x0002}


class Refused(AssertionError):
    """A frame that no phone, or no call manager, takes."""


def require(ok, what):
    if not ok:
        raise Refused(what)


def expected_length(kind, version):
    """Of the messages whose length a version says; None where it may vary."""
    wide = version >= 17
    return {
        OPEN: 172 if version >= 21 else 132 if wide else 116 if version == 16 else 112 if version >= 11 else 96,
        START: 172 if version >= 21 else 136 if wide else 120 if version >= 15 else 116,
        OPEN_ACK: 40 if wide else 24,
        START_ACK: 44 if wide else 28,
        CLOSE: 20,
        STOP: 20,
        KEEPALIVE: 4,
        KEEPALIVE_ACK: 4,
        CALL_STATE: 28,
        MULTICAST: 56 if wide else 40,
        MULTICAST_ACK: 16,
        STOP_MULTICAST: 16,
        SERVERS: 364 if wide else 284,
        RESET: 8,
        OPEN_VIDEO: 196 if wide else 180 if version == 16 else 176 if version >= 11 else 168,
        START_VIDEO: 188 if wide else 172,
        OPEN_VIDEO_ACK: 40 if wide else 24,
        START_VIDEO_ACK: 44 if wide else 28,
        CLOSE_VIDEO: 20,
        STOP_VIDEO: 20,
    }.get(kind)


def address(version, text):
    raw = socket.inet_aton(text)
    return raw if version < 17 else struct.pack("<I", 0) + raw + bytes(12)


class Body:
    """Reads a body from its beginning."""

    def __init__(self, data, version):
        self.data, self.version, self.at = data, version, 0

    def take(self, n):
        require(self.at + n <= len(self.data), f"a body of {len(self.data)} bytes ends too early")
        self.at += n
        return self.data[self.at - n:self.at]

    def u32(self, n=1):
        got = struct.unpack(f"<{n}I", self.take(4 * n))
        return got[0] if n == 1 else got

    def address(self):
        if self.version >= 17:
            kind = self.u32()
            require(kind == 0, f"an address of type {kind}")
            raw = self.take(4)
            require(self.take(12) == bytes(12), "something behind an IPv4 address")
        else:
            raw = self.take(4)
        return socket.inet_ntoa(raw)

    def keys(self):
        """Algorithm and master key with its salt; None without one."""
        algorithm, key_len, salt_len = struct.unpack("<IHH", self.take(8))
        key, salt = self.take(16), self.take(16)
        mki, rate = self.u32(2)
        require(not mki and not rate, "an MKI or a derivation rate")
        if not algorithm:
            require(not any(key + salt) and not key_len and not salt_len, "a key without an algorithm")
            return None
        require(algorithm in (1, 2) and key_len == 16 and salt_len == 14, f"algorithm {algorithm} with {key_len} and {salt_len} bytes")
        require(any(key) and any(salt[:14]) and not any(salt[14:]), "a key of zeroes, or one longer than it says")
        return algorithm, key + salt[:14]


class Connection:
    """Frames of a stream; a peer that ends it is None."""

    def __init__(self, sock):
        self.sock, self.buf = sock, b""
        sock.settimeout(60)

    def read(self):
        """Kind, header version and body of the next frame."""
        while len(self.buf) < 12 or len(self.buf) < 8 + struct.unpack_from("<I", self.buf)[0]:
            try:
                data = self.sock.recv(65536)
            except (ConnectionError, OSError) as e:
                if isinstance(e, TimeoutError):
                    raise AssertionError(f"nothing was said; {self.buf!r} waits") from None
                return None
            if not data:
                return None
            self.buf += data
        length, version, kind = struct.unpack_from("<III", self.buf)
        require(4 <= length <= 4096, f"a length of {length}")
        body, self.buf = self.buf[12:8 + length], self.buf[8 + length:]
        return kind, version, body

    def write(self, kind, body=b"", version=0):
        self.sock.sendall(struct.pack("<III", len(body) + 4, version, kind) + body)

    def close(self):
        self.sock.close()


class Stream:
    """Half-channels of one party at a phone."""

    def __init__(self):
        self.receive = self.send = self.remote = None


class Phone:
    """It answers what its call manager asks; steps are waited for by the test."""

    def __init__(self, sock, name, own, media, secure, version=17):
        """own: the address it writes; media: its bound datagram socket."""
        self.c, self.name, self.own, self.media, self.secure, self.asked = Connection(sock), name, own, media, secure, version
        self.version, self.keepalive, self.streams, self.state = 0, 0, {}, None
        self.port = media.getsockname()[1]
        self.camera = None  # the socket of its pictures, where it has them

    def frame(self, want=None):
        """The next frame, after the checks that every phone makes."""
        got = self.c.read()
        if got is None:
            return None
        kind, version, body = got
        if kind in ALWAYS_OLD:
            require(version in (0, self.version), f"{kind:#06x} of version {version}")
        else:
            require(version == self.version, f"{kind:#06x} of version {version} on a connection of version {self.version}")
        length = expected_length(kind, version)
        require(length in (None, len(body) + 4), f"{kind:#06x} of version {version} with a length of {len(body) + 4}")
        require(want is None or kind == want, f"{kind:#06x} instead of {want and hex(want)}")
        require(kind not in (MULTICAST, STOP_MULTICAST) or not self.secure, "clear media for everybody, told on a secure connection")
        return kind, Body(body, version)

    def register(self):
        text = f"Name={self.name} Load=9.4 Last=Initialized".encode()
        self.c.write(ALARM, struct.pack("<I80sI", 2, text, 0) + socket.inet_aton(self.own))
        self.c.write(REGISTER, struct.pack("<16sII", self.name.encode(), 0, 1) + socket.inet_aton(self.own) +
                     struct.pack("<IIIB3xII", 434, 5, 0, self.asked, 0, 0))
        got = self.frame()
        if got is None or got[0] == REJECT:
            return False
        require(got[0] == REGISTER_ACK, f"{got[0]:#06x} answers a registration")
        self.keepalive = got[1].u32()
        got[1].take(12)
        self.version = min(self.asked, got[1].take(1)[0])
        self.frame(CAPABILITIES_REQ)
        self.c.write(CAPABILITIES, struct.pack("<IIIII", 1, 4, 20, 0, 0) + bytes(17 * 16), self.version)
        return True

    def alive(self):
        self.c.write(KEEPALIVE)
        self.frame(KEEPALIVE_ACK)

    def lost(self):
        """Its call manager ends the connection."""
        got = self.c.read()
        if got and got[0] == RESET:
            got = self.c.read()
        require(got is None, f"{got} instead of the end")

    def servers(self):
        """Where else it is served: addresses and ports, by what its call manager says."""
        self.c.write(SERVERS_REQ, version=self.version)
        _, b = self.frame(SERVERS)
        b.take(5 * 48)
        ports = b.u32(5)
        return [(a, p) for a, p in zip([b.address() for _ in range(5)], ports) if p]

    def key(self, keys):
        require(self.secure == (keys is not None), "media without a key" if self.secure else "a key that nobody can keep secret")
        return keys

    def step(self):
        """Deals with one frame; says of what kind it was."""
        kind, b = self.frame()
        if kind == OPEN:
            self.on_open(b)
        elif kind == START:
            self.on_start(b)
        elif kind == OPEN_VIDEO:
            self.on_open_video(b)
        elif kind == START_VIDEO:
            self.on_start_video(b)
        elif kind in (CLOSE, STOP, CLOSE_VIDEO, STOP_VIDEO):
            self.on_end(kind, b)
        elif kind == CALL_STATE:
            self.state = b.u32()
        return kind

    def until(self, *kinds):
        """Steps until each of them has come once, in any order."""
        left = list(kinds)
        while left:
            kind = self.step()
            if kind in left:
                left.remove(kind)

    def stream(self, party):
        return self.streams.setdefault(party, Stream())

    def on_open(self, b):
        conf, party, _, payload, _, _, call = b.u32(7)
        require(payload == 4, f"payload {payload}")
        self.stream(party).receive = (self.key(b.keys()),)
        self.answer_open(OPEN_ACK, self.port, party, call)

    def on_open_video(self, b):
        conf, party, payload, _, call, _, kind, _ = b.u32(8)
        require((payload, kind) == (H264, H264_TYPE), f"video {payload} in packets of type {kind}")
        b.take(76)
        self.stream(party).receive = (self.key(b.keys()),)
        self.answer_open(OPEN_VIDEO_ACK, self.camera.getsockname()[1], party, call)

    def answer_open(self, kind, port, party, call):
        self.c.write(kind, struct.pack("<I", 0) + address(self.version, self.own) + struct.pack("<III", port, party, call),
                     self.version)

    def on_start(self, b):
        conf, party = b.u32(2)
        remote = b.address(), b.u32()
        b.u32(6)
        self.sends(b, START_ACK, self.port, conf, party, b.u32(), remote)

    def on_start_video(self, b):
        conf, party, payload = b.u32(3)
        remote = b.address(), b.u32()
        call, _, kind, _ = b.u32(4)
        require((payload, kind) == (H264, H264_TYPE), f"video {payload} in packets of type {kind}")
        b.take(76)
        self.sends(b, START_VIDEO_ACK, self.camera.getsockname()[1], conf, party, call, remote)

    def sends(self, b, ack, port, conf, party, call, remote):
        require(remote[1] and remote[1] < 65536 and not remote[1] & 1, f"media to port {remote[1]}")
        s = self.stream(party)
        s.send, s.remote = (self.key(b.keys()),), remote
        if self.version >= 15:
            self.c.write(ack, struct.pack("<III", conf, party, call) + address(self.version, self.own) + struct.pack("<II", port, 0),
                         self.version)

    def on_end(self, kind, b):
        _, party, _ = b.u32(3)
        s = self.streams.get(party)
        closes = kind in (CLOSE, CLOSE_VIDEO)
        require(s and (s.receive if closes else s.send), f"the end of half-channel {party}, which is not open")
        if closes:
            s.receive = None
        else:
            s.send = None
        if not s.send and not s.receive:
            del self.streams[party]

    def close(self):
        self.c.close()
        self.media.close()
        if self.camera:
            self.camera.close()


class Line:
    """A phone as its call manager knows it."""

    def __init__(self, connection, name, version):
        self.c, self.name, self.version, self.listens, self.address = connection, name, version, {}, None

    def frame(self, want):
        while True:
            got = self.c.read()
            require(got is not None, f"{self.name}: the connection ended before {want:#06x}")
            kind, version, body = got
            if kind == KEEPALIVE:
                self.c.write(KEEPALIVE_ACK)
                continue
            require(version in (0, self.version), f"{kind:#06x} of version {version}")
            length = expected_length(kind, version)
            require(length in (None, len(body) + 4), f"{kind:#06x} with a length of {len(body) + 4}")
            require(kind == want, f"{kind:#06x} instead of {want:#06x}")
            return Body(body, version)

    def answer_alive(self):
        got = self.c.read()
        require(got and got[0] == KEEPALIVE, f"{got} is no keepalive")
        self.c.write(KEEPALIVE_ACK)


class CallManager:
    """One call at a time, with clear media or keys of its own."""

    def __init__(self, door, version=17, tls=None):
        """tls: the context of its own end, where phones come by TLS."""
        self.door, self.version, self.tls, self.party, self.conf = door, version, tls, 100, 16
        self.call_of = {}  # of each party: the conference, which is the call too
        door.settimeout(60)

    def accept(self):
        """Takes the registration of the next phone."""
        sock = self.door.accept()[0]
        c = Connection(self.tls.wrap_socket(sock, server_side=True) if self.tls else sock)
        while True:
            got = c.read()
            if got is None:
                return None
            if got[0] == REGISTER:
                break
            require(got[0] in (ALARM, KEEPALIVE), f"{got[0]:#06x} before a registration")
            if got[0] == KEEPALIVE:  # of a phone that is registered elsewhere
                c.write(KEEPALIVE_ACK)
        body = got[2]
        line = Line(c, body[:16].rstrip(b"\0").decode(), min(body[40], self.version))
        line.address = socket.inet_ntoa(body[24:28])
        c.write(REGISTER_ACK, struct.pack("<I8sIB3x", 30, b"M/D/YA", 60, self.version))
        c.write(CAPABILITIES_REQ)
        line.frame(CAPABILITIES)
        return line

    def keys(self, key):
        """A block without a key, or with one of ours."""
        if key is None:
            return bytes(48)
        return struct.pack("<IHH", 1, 16, 14) + key[:16] + key[16:] + bytes(2) + bytes(8)

    def open(self, line, party, key=None, source=("0.0.0.0", 4000)):
        self.call_of[party] = self.conf
        body = struct.pack("<7I", self.conf, party, 20, 4, 0, 0, self.conf) + self.keys(key) + struct.pack("<4I", 0, 0, 101, 10)
        if line.version >= 11:
            body += struct.pack("<II", 0, 0) + address(line.version, source[0]) + struct.pack("<I", source[1])
        if line.version >= 16:
            body += struct.pack("<I", 0)
        body += bytes(expected_length(OPEN, line.version) - 4 - len(body))
        line.c.write(OPEN, body, line.version)
        b = line.frame(OPEN_ACK)
        require(b.u32() == 0, "the phone has no channel")
        line.listens[party] = b.address(), b.u32()
        require(b.u32() == party, "an acknowledgement of another party")

    def start(self, line, party, remote, key=None):
        body = struct.pack("<II", self.conf, party) + address(line.version, remote[0]) + struct.pack("<4I", remote[1], 20, 4, 184)
        body += bytes(12) + struct.pack("<I", self.conf) + self.keys(key) + struct.pack("<5I", 0, 0, 101, 10, 0)
        body += bytes(expected_length(START, line.version) - 4 - len(body))
        line.c.write(START, body, line.version)
        if line.version >= 15:
            b = line.frame(START_ACK)
            require(b.u32(2) == (self.conf, party), "an acknowledgement of another party")
            b.u32()
            require((b.address(), b.u32()) == line.listens[party], "a phone that sends from elsewhere than it listens")

    def open_video(self, line, party):
        self.call_of[party] = self.conf
        body = struct.pack("<8I", self.conf, party, H264, 1, self.conf, 0, H264_TYPE, 0) + bytes(76) + self.keys(None)
        body += struct.pack("<II", 0, 0) + address(line.version, "0.0.0.0") + struct.pack("<I", 4000)
        body += bytes(expected_length(OPEN_VIDEO, line.version) - 4 - len(body))
        line.c.write(OPEN_VIDEO, body, line.version)
        b = line.frame(OPEN_VIDEO_ACK)
        require(b.u32() == 0, "the phone has no channel")
        line.listens[party] = b.address(), b.u32()
        require(b.u32() == party, "an acknowledgement of another party")

    def start_video(self, line, party, remote):
        body = struct.pack("<3I", self.conf, party, H264) + address(line.version, remote[0])
        body += struct.pack("<5I", remote[1], self.conf, 0, H264_TYPE, 136) + bytes(76) + self.keys(None)
        body += bytes(expected_length(START_VIDEO, line.version) - 4 - len(body))
        line.c.write(START_VIDEO, body, line.version)
        if line.version >= 15:
            b = line.frame(START_VIDEO_ACK)
            require(b.u32(2) == (self.conf, party), "an acknowledgement of another party")
            b.u32()
            require((b.address(), b.u32()) == line.listens[party], "a phone that sends from elsewhere than it listens")

    def connect_video(self, a, b, serve):
        """Pictures of the call that is there: parties of their own."""
        self.party += 2
        pa, pb = self.party, self.party + 1
        for line, party in ((a, pa), (b, pb)):
            with serve(line, OPEN_VIDEO):
                self.open_video(line, party)
        for line, party, far in ((a, pa, b.listens[pb]), (b, pb, a.listens[pa])):
            with serve(line, START_VIDEO):
                self.start_video(line, party, far)
        return pa, pb

    def multicast(self, line, party, group):
        """Music for everybody; says whether the phone hears it."""
        line.c.write(MULTICAST, struct.pack("<II", self.conf, party) + address(line.version, group[0]) +
                     struct.pack("<6I", group[1], 20, 4, 0, 0, self.conf), line.version)
        status, of, call = line.frame(MULTICAST_ACK).u32(3)
        require((of, call) == (party, self.conf), "an acknowledgement of another party")
        line.c.write(STOP_MULTICAST, struct.pack("<III", self.conf, party, self.conf), line.version)
        return status == 0

    def servers(self, line, *known):
        """Answers who asks for other call managers."""
        line.frame(SERVERS_REQ)
        known += (("0.0.0.0", 0),) * (5 - len(known))
        body = b"".join(f"cm{i}".encode().ljust(48, b"\0") if p else bytes(48) for i, (_, p) in enumerate(known))
        body += struct.pack("<5I", *(p for _, p in known)) + b"".join(address(line.version, a) for a, _ in known)
        line.c.write(SERVERS, body, line.version)

    def connect(self, a, b, serve, keys=(None, None)):
        """Both ways; parties are new each time. serve(kinds) lets the phones answer meanwhile. keys: what a and b hear by."""
        self.conf += 1
        self.party += 2
        pa, pb = self.party, self.party + 1
        for line, party, key in ((a, pa, keys[0]), (b, pb, keys[1])):
            line.c.write(CALL_STATE, struct.pack("<6I", 5, 1, self.conf, 0, 4, 0), line.version)
            with serve(line, CALL_STATE, OPEN):
                self.open(line, party, key)
        for line, party, far, key in ((a, pa, b.listens[pb], keys[1]), (b, pb, a.listens[pa], keys[0])):
            with serve(line, START):
                self.start(line, party, far, key)
        return pa, pb

    def disconnect(self, *halves, kinds=(CLOSE, STOP)):
        for line, party in halves:
            for kind in kinds:
                call = self.call_of[party]
                line.c.write(kind, struct.pack("<4I", call, party, call, 0), line.version)


def new_key():
    return os.urandom(30)
