"""
A certificate authority proxy function and the phone's side of it, written from the facts of the protocol alone (TCP 3804, TLS from the first
byte, messages of type-length-value elements). The server builds the certificate from the phone's public key with openssl; there is no CSR.

What the facts leave open is decided here: the server sends its configured authentication mode, the phone obeys it; the reason of an end is 1
behind a certificate, 0 with nothing to do, 7 for any error, 9 for a device it does not know; serial numbers are random, validity five years.
"""
import os
import secrets
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

AUTH_REQ, AUTH_RES, KEY_REQ, KEY_RES, STORE_REQ, STORE_RES, END, IN_PROGRESS = 1, 2, 3, 4, 9, 10, 15, 17
REASON, KIND, CERT, VERSION, AUTH, SPKI, SIZE, PASSWORD, NAME, KEY_TYPE = 1, 3, 4, 7, 8, 9, 10, 11, 13, 17
KNOWN = {REASON, 2, KIND, CERT, 5, 6, VERSION, AUTH, SPKI, SIZE, PASSWORD, 12, NAME, 16, KEY_TYPE, 18, 19, 20}
OK, NOTHING, INVALID, UNKNOWN = 1, 0, 7, 9
BY_PASSWORD, NULL_STRING = 1, 2
LSC = 1

PROFILE = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth, 1.3.6.1.5.5.7.3.5
subjectAltName = URI:{name}
"""


class Refused(AssertionError):
    """What this side does not take."""


def require(ok, what):
    if not ok:
        raise Refused(what)


def openssl(*argv, cwd=None, data=None):
    return subprocess.run(["openssl", *argv], check=True, capture_output=True, cwd=cwd, input=data).stdout


class Wire:
    """Messages; each in one write, for phones stall otherwise."""

    def __init__(self, sock, session=None):
        self.sock, self.session = sock, session
        sock.settimeout(60)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            got = self.sock.recv(n - len(data))
            require(got, f"the connection ended within a message, behind {data!r}")
            data += got
        return data

    def read(self, *want):
        """Command and elements by tag."""
        magic, command, session, n = struct.unpack(">BBIH", self.exactly(8))
        require(magic == 0x55, f"a message that begins with {magic:#04x}")
        self.session = session if self.session is None else self.session  # the server's first message gives it
        require(session == self.session, f"session {session} instead of {self.session}")
        body, tags = self.exactly(n), {}
        while body:
            require(len(body) >= 3, "an element without a length")
            tag, size = struct.unpack_from(">BH", body)
            require(tag in KNOWN and tag not in tags and 3 + size <= len(body), f"element {tag} of {size} bytes")
            tags[tag], body = body[3:3 + size], body[3 + size:]
        require(not want or command in want, f"command {command} instead of {want}: {tags}")
        return command, tags

    def write(self, command, *elements):
        body = b"".join(struct.pack(">BH", tag, len(value)) + value for tag, value in elements)
        self.sock.sendall(struct.pack(">BBIH", 0x55, command, self.session, len(body)) + body)


def byte(n):
    return bytes([n])


def text(value):
    require(value.endswith(b"\0") and value.count(b"\0") == 1, f"{value!r} is no text")
    return value[:-1].decode()


# ---- the server ----


class Server:
    """One operation waits for each device of `devices`: name -> password, None for the null string. Connections are served one by one."""

    def __init__(self, door, cert, key, devices):
        self.door, self.cert, self.key, self.devices, self.number = door, cert, key, devices, 100
        self.issued, self.ended, self.callers = {}, [], []
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.set_ciphers("DEFAULT:@SECLEVEL=0")
        self.ctx.load_cert_chain(cert, key)
        door.settimeout(None)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                raw, at = self.door.accept()
            except OSError:
                return
            self.callers.append(at[0])
            try:
                raw.settimeout(60)
                self.ended.append(self.serve(self.ctx.wrap_socket(raw, server_side=True)))
            except (Refused, OSError) as e:
                self.ended.append(str(e))

    def serve(self, sock):
        self.number += 1
        w = Wire(sock, self.number)
        try:
            reason = self.operate(w)
        except Refused:
            w.write(END, (REASON, byte(INVALID)))
            raise
        w.write(END, (REASON, byte(reason)))
        sock.close()
        return reason

    def operate(self, w):
        mode = BY_PASSWORD if any(self.devices.values()) else NULL_STRING
        w.write(AUTH_REQ, (VERSION, byte(3)), (AUTH, byte(mode)))
        _, t = w.read(AUTH_RES)
        require(t[REASON] == byte(OK) and t[VERSION] == byte(3), f"{t} answers the question who it is")
        name = text(t[NAME])
        if name not in self.devices:
            return NOTHING if name in self.issued else UNKNOWN
        require(text(t[PASSWORD]) == (self.devices[name] or ""), "a wrong password")
        w.write(KEY_REQ, (SIZE, struct.pack(">H", 2048)), (KEY_TYPE, byte(0)))
        command, t = w.read(IN_PROGRESS, KEY_RES)
        if command == IN_PROGRESS:
            _, t = w.read(KEY_RES)
        der = self.issue(name, t[SPKI])
        w.write(STORE_REQ, (KIND, byte(LSC)), (CERT, b"\1" + struct.pack(">H", len(der) + 2) + b"\0" + byte(LSC) + der))
        require(w.read(STORE_RES)[1][REASON] == byte(OK), "the phone did not store its certificate")
        del self.devices[name]
        self.issued[name] = der
        return OK

    def issue(self, name, spki):
        """A certificate of that name for that key, by this server's own."""
        with tempfile.TemporaryDirectory() as d:
            def put(file, data):
                with open(os.path.join(d, file), "wb") as f:
                    f.write(data)
            put("spki.der", spki)
            put("profile", PROFILE.format(name=name).encode())
            openssl("pkey", "-pubin", "-inform", "DER", "-in", "spki.der", "-out", "pub.pem", cwd=d)
            # a request of anybody's, for its subject; the certificate has the phone's key
            openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "other.key", "-out", "csr", "-subj", f"/CN={name}/O=Example",
                    cwd=d)
            openssl("x509", "-req", "-in", "csr", "-force_pubkey", "pub.pem", "-CA", self.cert, "-CAkey", self.key, "-set_serial",
                    str(secrets.randbits(63) | 1), "-sha256", "-days", str(5 * 365), "-extfile", "profile", "-out", "lsc.crt", cwd=d)
            return openssl("x509", "-in", "lsc.crt", "-outform", "DER", cwd=d)

    def close(self):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


# ---- the phone ----


class Phone:
    def __init__(self, name, folder, password=""):
        self.name, self.password = name, password
        self.crt, self.key = (os.path.join(folder, f"lsc-{name}.{x}") for x in ("crt", "key"))

    def ask(self, sock):
        """On a TLS connection whose server it believes; the reason of the end. With a certificate in it, it is in crt and key."""
        w = Wire(sock)
        _, t = w.read(AUTH_REQ)
        require(t[VERSION] == byte(3) and t[AUTH] in (byte(BY_PASSWORD), byte(NULL_STRING)), f"{t} asks who this is")
        given = self.password if t[AUTH] == byte(BY_PASSWORD) else ""
        w.write(AUTH_RES, (REASON, byte(OK)), (VERSION, byte(3)), (PASSWORD, given.encode() + b"\0"), (NAME, self.name.encode() + b"\0"))
        command, t = w.read(KEY_REQ, END)
        if command == END:
            return t[REASON][0]
        require(t[KEY_TYPE] == byte(0), "a key that is not of RSA")
        w.write(IN_PROGRESS)
        openssl("genrsa", "-out", self.key, str(struct.unpack(">H", t[SIZE])[0]))
        spki = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")
        w.write(KEY_RES, (SPKI, spki))
        _, t = w.read(STORE_REQ)
        require(t[KIND] == byte(LSC), "another certificate than it asked for")
        self.store(t[CERT], spki)
        w.write(STORE_RES, (REASON, byte(OK)))
        return w.read(END)[1][REASON][0]

    def store(self, value, spki):
        first, n, zero, kind = struct.unpack_from(">BHBB", value)
        require((first, n, zero, kind) == (1, len(value) - 3, 0, LSC), f"a certificate behind {value[:5].hex()}")
        pem = openssl("x509", "-inform", "DER", data=value[5:])
        own = openssl("pkey", "-pubin", "-outform", "DER", data=openssl("x509", "-noout", "-pubkey", data=pem))
        require(own == spki, "a certificate for another key")
        with open(self.crt, "wb") as f:
            f.write(pem)
