"""Certificate trust lists and signed files as a phone reads them, written from the format's description alone; openssl checks signatures."""
import os
import struct
import subprocess
import tempfile

SAST, CCM, CCM_TFTP, TFTP, CAPF = range(5)
CONTAINERS = (0x03, 0x07, 0x09)


def tlvs(data, at, end):
    """(tag, value, offset of the tag) up to end; containers are entered, padding is skipped."""
    while at < end:
        tag = data[at]
        if tag == 0x0d:
            at += 1
            continue
        n = struct.unpack_from("!H", data, at + 1)[0]
        yield tag, data[at + 3:at + 3 + n], at
        at += 3 if tag in CONTAINERS else 3 + n


class Signed:
    """The header that CTL files and .sgn files share; body is what follows."""

    def __init__(self, data):
        assert data[:3] == b"\1\0\2" and data[5:8] == b"\2\0\2"
        self.data, self.version = data, (data[3], data[4])
        self.length = struct.unpack_from("!H", data, 8)[0]
        assert self.length % 4 == 0 and self.length <= len(data)
        self.tag = {}
        for tag, value, at in tlvs(data, 10, self.length):
            assert tag not in self.tag, hex(tag)
            self.tag[tag] = value
            if tag == 0x0c:
                self.signed = data[:at] + data[at + 3 + len(value):]
        self.name = self.tag[0x0e].rstrip(b"\0").decode()
        self.serial, self.signature, self.digest = self.tag[5], self.tag[0x0c], self.tag[8][0]
        self.time = struct.unpack("!I", self.tag[0x0f])[0] if 0x0f in self.tag else None
        self.body = data[self.length:]

    def verified_by(self, der):
        """Does the certificate's key verify the file? Asked of openssl, on the raw bytes."""
        with tempfile.TemporaryDirectory() as d:
            def put(name, data):
                with open(os.path.join(d, name), "wb") as f:
                    f.write(data)
                return os.path.join(d, name)
            key = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", put("crt", der), "-pubkey", "-noout"], check=True, capture_output=True)
            r = subprocess.run(["openssl", "dgst", {1: "-sha1", 2: "-sha256", 3: "-sha512"}[self.digest], "-verify", put("key", key.stdout),
                                "-signature", put("sig", self.signature), put("data", self.signed)], capture_output=True)
            return r.returncode == 0


class Ctl(Signed):
    """records: dicts role, cert (DER), serial, dns, addr."""

    def __init__(self, data):
        super().__init__(data)
        self.records, at = [], self.length
        while at < len(data):
            assert data[at:at + 3] == b"\1\0\2"
            n = struct.unpack_from("!H", data, at + 3)[0]
            assert 5 < n <= len(data) - at
            tag = {t: v for t, v, _ in self.flat(at + 5, at + n)}
            self.records.append({"role": struct.unpack("!H", tag[4])[0], "cert": tag.get(9), "serial": tag[6],
                                 "dns": tag[2].rstrip(b"\0").decode(), "addr": ".".join(str(b) for b in tag[0x0a]) if 0x0a in tag else None})
            at += n

    def flat(self, at, end):
        while at < end:
            n = struct.unpack_from("!H", self.data, at + 1)[0]
            yield self.data[at], self.data[at + 3:at + 3 + n], at
            at += 3 + n

    def trusted(self):
        """As a phone without one takes it: signed by one of its own tokens."""
        return any(r["role"] == SAST and r["serial"] == self.serial and self.verified_by(r["cert"]) for r in self.records)

    def signs_files(self, signed):
        """Is the signer of a file one that may?"""
        return any(r["role"] in (CCM_TFTP, TFTP) and r["serial"] == signed.serial and signed.verified_by(r["cert"]) for r in self.records)
