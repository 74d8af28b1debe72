"""CTL files and signed files as a phone judges them: the bytes by struct, certificates and signatures by openssl. It
shares nothing with the appliance but the published layout (tag, length, value; big-endian)."""
import os
import struct
import subprocess
import tempfile

SAST, CCM, CCM_TFTP, TFTP, CAPF = 0, 1, 2, 3, 4
CONTAINERS = (3, 7, 9)
DIGESTS = {1: "-sha1", 2: "-sha256", 3: "-sha512"}


def openssl(*argv, data=b""):
    return subprocess.run(["openssl", *argv], input=data, check=True, capture_output=True).stdout


class Header:
    """Everything before the records or the payload."""

    def __init__(self, data):
        self.tlv, self.order, at = {}, [], 0
        self.size = struct.unpack_from(">H", data, 8)[0]
        assert self.size <= len(data) and self.size % 4 == 0, self.size
        while at < self.size and data[at] != 13:
            tag, n = struct.unpack_from(">BH", data, at)
            assert at + 3 + n <= self.size, f"tag {tag} leaves the header"
            assert tag not in self.tlv, f"tag {tag} twice"
            self.order.append(tag)
            self.tlv[tag] = data[at + 3:at + 3 + n]
            if tag == 12:
                self.signature_at = at
            at += 3 if tag in CONTAINERS else 3 + n
        assert data[at:self.size] == b"\x0d" * (self.size - at) and self.size - at < 4
        self.version = tuple(self.tlv[1])
        self.signer, self.issuer, self.name = (text(self.tlv[t]) for t in (4, 6, 14))
        self.serial = self.tlv[5]
        self.digest = DIGESTS[self.tlv[8][0]]
        assert self.tlv[10] == b"\0", "not RSA"
        assert 64 << self.tlv[11][0] == len(self.tlv[12]), "modulus and signature disagree"

    def signed(self, data):
        """What the signature is of: the file without the signature's tag, length and value."""
        return data[:self.signature_at] + data[self.signature_at + 3 + len(self.tlv[12]):]


def text(value):
    assert value.endswith(b"\0") and value.count(b"\0") == 1, value
    return value[:-1].decode()


class Record:
    def __init__(self, data, at):
        tag, n, self.size = struct.unpack_from(">BHH", data, at)
        assert (tag, n) == (1, 2) and at + self.size <= len(data), "no record begins here"
        self.tlv, self.order, i = {}, [1], at + 5
        while i < at + self.size:
            tag, n = struct.unpack_from(">BH", data, i)
            assert i + 3 + n <= at + self.size, f"tag {tag} leaves its record"
            assert tag not in self.tlv
            self.order.append(tag)
            self.tlv[tag] = data[i + 3:i + 3 + n]
            i += 3 + n
        self.role = struct.unpack(">H", self.tlv[4])[0]
        self.dns, self.subject, self.issuer = (text(self.tlv[t]) for t in (2, 3, 5))
        self.serial, self.cert = self.tlv[6], self.tlv[9]
        self.address = ".".join(map(str, self.tlv[10])) if 10 in self.tlv else None

    def check(self):
        """The record says what its certificate says."""
        serial = openssl("x509", "-inform", "DER", "-noout", "-serial", data=self.cert).decode().strip().split("=")[1]
        assert int(serial, 16) == int.from_bytes(self.serial, "big") and self.serial[0] != 0
        pem = openssl("x509", "-inform", "DER", "-noout", "-pubkey", data=self.cert)
        assert openssl("rsa", "-pubin", "-RSAPublicKey_out", "-outform", "DER", data=pem) == self.tlv[7]
        assert self.cert.endswith(self.tlv[8]), "the signature is not the certificate's own"
        names = openssl("x509", "-inform", "DER", "-noout", "-subject", "-issuer", "-nameopt", "sep_comma_plus,dn_rev",
                        data=self.cert).decode().splitlines()
        for line, have in zip(names, (self.subject, self.issuer)):
            want = line.split("=", 1)[1].strip().replace(",", ";").replace(";unstructuredName=", ";HOSTNAME=")
            assert want == have, (want, have)


def verifies(data, header, cert):
    """openssl's word on the signature."""
    with tempfile.TemporaryDirectory() as d:
        key, sig = os.path.join(d, "key.pem"), os.path.join(d, "sig")
        with open(key, "wb") as f:
            f.write(openssl("x509", "-inform", "DER", "-noout", "-pubkey", data=cert))
        with open(sig, "wb") as f:
            f.write(header.tlv[12])
        done = subprocess.run(["openssl", "dgst", header.digest, "-verify", key, "-signature", sig],
                              input=header.signed(data), capture_output=True)
        return done.returncode == 0


class Ctl:
    """A CTL file that a phone without one would take: signed by a token that is in it. AssertionError otherwise."""

    def __init__(self, data):
        self.header, self.records = Header(data), []
        assert self.header.version == (1, 2) and self.header.name == "CTLFile.tlv"
        assert self.header.order == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15], self.header.order
        at = self.header.size
        while at < len(data):
            self.records.append(Record(data, at))
            at += self.records[-1].size
        for r in self.records:
            r.check()
        signers = [r for r in self.records if r.role == SAST and (r.serial, r.issuer) == (self.header.serial, self.header.issuer)]
        assert len(signers) == 1 and signers[0].subject == self.header.signer
        assert verifies(data, self.header, signers[0].cert), "the signature is wrong"

    def trusts_tls(self, cert, address):
        """May a call manager at this address show this certificate (DER)?"""
        return any(r.cert == cert and r.address == address and r.role in (CCM, CCM_TFTP) for r in self.records)

    def payload(self, data, name):
        """What is in a signed file that was asked for under this name; AssertionError where a phone refuses it."""
        h = Header(data)
        assert h.version[0] == 1 and h.version[1] <= 2, h.version
        assert h.name == name, f"the header names {h.name}"
        signers = [r for r in self.records if (r.serial, r.issuer) == (h.serial, h.issuer) and r.role in (CCM_TFTP, TFTP)]
        assert signers, "the signer has no TFTP role"
        assert verifies(data, h, signers[0].cert), "the signature is wrong"
        return data[h.size:]
