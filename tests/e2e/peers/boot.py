"""
A phone from power-on to its call managers: trust list, signed configuration, TLS. Written from the files' description alone; it refuses
what a phone refuses: a trust list of somebody else, a file signed by who may not sign files or meant for another name, a certificate that
the list does not have at the address it dialled. How it fetches files and dials is its owner's.
"""
import re
import ssl

import phone_tlv
from peers.sccp import require

CLEAR, SECURE = 2000, 443  # a secure port is the clear one and so much more
MAX_LIST, MAX_FILE = 65536, 2048 * 1024


def element(text, name, default=""):
    m = re.search(rf"<{name}(?:\s[^>]*)?>(.*?)</{name}>", text, re.S)
    return m.group(1).strip() if m else default


def signers(ctl, signed):
    return [r for r in ctl.records if r["serial"] == signed.serial]


class Phone:
    suites = "AES128-SHA:@SECLEVEL=0"

    def __init__(self, name, fetch, dial, cert, key):
        """fetch(name): a file of the TFTP server's, or None; dial(address, port): a connected socket; cert, key: its own, files."""
        self.name, self.fetch, self.dial, self.own = name, fetch, dial, (cert, key)
        self.ctl, self.config, self.managers, self.secure, self.sip, self.capf = None, None, [], False, False, []

    def take_ctl(self):
        """The first one is believed; another only when a token of the one it has signed it. Not found: the old one stays."""
        data = self.fetch(f"CTL{self.name}.tlv") or self.fetch("CTLFile.tlv")
        if data is None:
            return self.ctl
        require(len(data) <= MAX_LIST, f"a trust list of {len(data)} bytes")
        new = phone_tlv.Ctl(data)
        require(new.name == "CTLFile.tlv", f"a trust list called {new.name}")
        require(new.trusted(), "a trust list that none of its tokens has signed")
        if self.ctl:
            known = [r for r in signers(self.ctl, new) if r["role"] == phone_tlv.SAST]
            require(any(new.verified_by(r["cert"]) for r in known), "a trust list of tokens that this phone does not know")
        self.ctl = new
        return new

    def take_file(self, name):
        """A file under its signature."""
        name += ".sgn"
        data = self.fetch(name)
        if data is None:
            return None
        require(len(data) <= MAX_FILE, f"a file of {len(data)} bytes")
        signed = phone_tlv.Signed(data)
        known = signers(self.ctl, signed)
        require(known, f"{name}: its signer is not in the trust list")
        may = [r for r in known if r["role"] in (phone_tlv.TFTP, phone_tlv.CCM_TFTP)]
        require(may, f"{name}: its signer has no TFTP role, but {sorted({r['role'] for r in known})}")
        require(any(signed.verified_by(r["cert"]) for r in may), f"{name}: a signature that is wrong")
        require(signed.name == name, f"{name}: a file for {signed.name}")
        return signed.body.decode()

    def take_config(self):
        """Its own; else, as one that nobody knows yet, everybody's."""
        self.config = self.take_file(self.name + ".cnf.xml") or self.take_file("XMLDefault.cnf.xml")
        require(self.config is not None, "no configuration")
        require(element(self.config, "encrConfig", "false") == "false", "a configuration that is encrypted")
        self.secure = element(self.config, "deviceSecurityMode") in ("2", "3")
        self.sip = element(self.config, "deviceProtocol") == "SIP"
        require(not self.sip or not self.secure or element(self.config, "transportLayerProtocol") == "3", "security without TLS")
        port, usual = ("securedSipPort", 5061) if self.sip else ("ethernetPhonePort", CLEAR)
        members = re.findall(r'<member\s+priority="(\d)">(.*?)</member>', element(self.config, "members"), re.S)
        self.managers = [(element(text, "processNodeName"), int(element(text, port, str(usual)))) for _, text in sorted(members)]
        require(self.managers, "a configuration without call managers")
        self.capf = [(element(text, "processNodeName"), int(element(text, "phonePort", "3804")))
                     for text in re.findall(r"<capf>(.*?)</capf>", self.config, re.S)]

    def boot(self):
        require(self.take_ctl(), "no trust list")
        self.take_config()

    def speaks(self):
        """Authenticated, it speaks TLS that does not encrypt, and media without keys; encrypted, both are."""
        return element(self.config, "deviceSecurityMode")

    def connect(self, n=0):
        """By TLS to a call manager of its configuration; the connection."""
        require(self.secure, "a configuration without security, for a phone with a trust list")
        address, port = self.managers[n]
        return self.tls(address, port + (0 if self.sip else SECURE), (phone_tlv.CCM, phone_tlv.CCM_TFTP), "call manager", self.own)

    def connect_capf(self, n=0):
        """To a CAPF of its configuration. Nobody has to show a certificate to get one."""
        return self.tls(*self.capf[n], (phone_tlv.CAPF,), "CAPF", None)

    def tls(self, address, port, roles, what, own):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE  # the list says what is believed, nobody else
        ctx.set_ciphers(self.suites)
        if own:
            ctx.load_cert_chain(*own)
        sock = ctx.wrap_socket(self.dial(address, port))
        shown = sock.getpeercert(binary_form=True)
        known = [r for r in self.ctl.records if r["cert"] == shown and r["role"] in roles]
        try:
            require(known, f"{address} shows a certificate that is no {what}'s in the trust list")
            require(any(r["addr"] == address for r in known), f"{address} shows the certificate of {[r['addr'] for r in known]}")
        except AssertionError:
            sock.close()
            raise
        return sock
