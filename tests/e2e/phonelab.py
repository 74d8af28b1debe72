"""The lab of phones that boot: the samples' phone proxies, a TFTP server and call managers inside, phones outside with nothing but their
factory's certificate and the address of a TFTP server.

      phone 192.0.2.10 [outside] --- appliance --- [inside] TFTP server and call manager 10.0.0.26, desk phone 10.0.0.101
"""
import contextlib
import json
import os
import re
import socket
import ssl
import struct
import sys
import time

import lab as lablib
import siplab
import srtp_peer
from conftest import paste
from peers import boot, sccp
from sccp_ends import Media, background, talk, warm

CM, SEEN = "10.0.0.26", "192.0.2.26"
DESK = "10.0.0.101"
HOME = "192.168.1.5"  # what a remote phone calls itself
NAME = "SEP001122334455"
PORT = 20000  # of phones' media: even

# What the sample leaves to its section 3.
ISSUER = """\
crypto ca trustpoint {name}
 enrollment terminal
crypto ca authenticate {name}
{cert}quit
yes
"""
ISSUERS = {"cisco_mfg_ca": "Cisco Manufacturing CA", "cap_rtp_001": "CAP-RTP-001", "cap_rtp_002": "CAP-RTP-002"}

PUBLISHER = """\
object network obj-10.0.0.26
 host 10.0.0.26
 nat (inside,outside) static 192.0.2.26
access-list pp extended permit udp any host 10.0.0.26 eq tftp
access-group pp in interface outside
crypto key generate rsa label cucmtftp_kp modulus 1024
crypto ca trustpoint cucm_tftp_server
 enrollment self
 keypair cucmtftp_kp
crypto ca enroll cucm_tftp_server
no
yes
! issuers of the phones' MICs: Cisco_Manufacturing_CA, CAP-RTP-001, CAP-RTP-002 (as in section 3)
{issuers}\
ctl-file myctl
 record-entry cucm-tftp trustpoint cucm_tftp_server address 192.0.2.26
 no shutdown
"""
SEPARATE = """\
object network obj-10.0.0.24
 host 10.0.0.24
 nat (inside,outside) static 192.0.2.24
object network obj-10.0.0.26
 host 10.0.0.26
 nat (inside,outside) static 192.0.2.26
access-list pp extended permit udp any host 10.0.0.24 eq tftp
access-group pp in interface outside
crypto key generate rsa label cucm_kp modulus 1024
crypto key generate rsa label tftp_kp modulus 1024
crypto ca trustpoint cucm
 enrollment self
 keypair cucm_kp
crypto ca enroll cucm
no
yes
crypto ca trustpoint tftp_server
 enrollment self
 fqdn tftp.example.com
 keypair tftp_kp
crypto ca enroll tftp_server
no
yes
{issuers}\
ctl-file myctl
 record-entry cucm trustpoint cucm address 192.0.2.26
 record-entry tftp trustpoint tftp_server address 192.0.2.24
 no shutdown
"""
TLS = """\
tls-proxy mytls
 server trust-point _internal_PP_myctl
"""
MIXED_TLS = """\
crypto key generate rsa label ldc_signer_key modulus 1024
crypto key generate rsa label phone_common modulus 1024
crypto ca trustpoint ldc_server
 enrollment self
 proxy-ldc-issuer
 fqdn ldc-ca.example.com
 subject-name cn=FW_LDC_SIGNER_192_0_2_1
 keypair ldc_signer_key
crypto ca enroll ldc_server
no
yes
tls-proxy mytls
 server trust-point _internal_PP_myctl
 client ldc issuer ldc_server
 client ldc key-pair phone_common
 client cipher-suite aes128-sha1 aes256-sha1
"""
MEDIA = """\
media-termination my_mediaterm
 address 10.0.0.25 interface inside
 address 192.0.2.25 interface outside
 rtp-min-port 16384 rtp-max-port 32767
"""
PHONE_PROXY = """\
phone-proxy mypp
 media-termination my_mediaterm
 tftp-server address {tftp} interface inside
 tls-proxy mytls
 ctl-file myctl
"""
POLICY = """\
class-map sec_sccp
 match port tcp eq 2443
class-map sec_sip
 match port tcp eq 5061
policy-map pp_policy
 class sec_sccp
  inspect skinny phone-proxy mypp
 class sec_sip
  inspect sip phone-proxy mypp
service-policy pp_policy interface outside
"""
MIXED_PROXY = PHONE_PROXY + " cluster-mode mixed\n"
NONSECURE = PUBLISHER + TLS + MEDIA + PHONE_PROXY.format(tftp=CM) + POLICY
MIXED = PUBLISHER + MIXED_TLS + MEDIA + MIXED_PROXY.format(tftp=CM) + POLICY

# The small office: everything of the publisher behind the outside interface's own address, a line for each port.
PAT = """\
object network cm_{host}_{port}
 host {host}
 nat (inside,outside) static interface service {proto} {port} {mapped}
"""
OFFICE = "192.0.2.1"  # the outside interface's own


def static_pat(*ports, host=CM):
    """Each udp or tcp and a port; where it is seen as another, that too."""
    return "".join(PAT.format(host=host, proto=p, port=n, mapped=m[0] if m else n) for p, n, *m in ports)


OFFICE_PORTS = static_pat(("udp", "tftp"), ("tcp", 2000), ("tcp", 2443), ("tcp", "sip"), ("tcp", 5061), ("tcp", 3804))


def behind_the_interface(text):
    """A sample whose publisher has no address of its own outside."""
    own = text.index("object network obj-10.0.0.26\n"), text.index("access-list pp")
    return (text[:own[0]] + OFFICE_PORTS + text[own[1]:]).replace("address " + SEEN, "address " + OFFICE)


XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<device>
 <deviceProtocol>SCCP</deviceProtocol>
 <devicePool><callManagerGroup><members>
{members} </members></callManagerGroup></devicePool>
 <vendorConfig><pcPort>0</pcPort><settingsAccess>1</settingsAccess><garp>0</garp><webAccess>0</webAccess></vendorConfig>
 <versionStamp>1</versionStamp>
 <loadInformation>SCCP45.9-4-2SR1-1S</loadInformation>
 <deviceSecurityMode>{mode}</deviceSecurityMode>
 <transportLayerProtocol>1</transportLayerProtocol>
 <certHash></certHash>
 <encrConfig>false</encrConfig>
</device>
"""
MEMBER = """\
  <member priority="{n}"><callManager><name>ucm-{n}</name><ports><ethernetPhonePort>{port}</ethernetPhonePort></ports>
   <processNodeName>{addr}</processNodeName></callManager></member>
"""


class TlsDoor:
    """Of a call manager that asks for certificates: who connects is named by his."""

    def __init__(self, door, cert, key, trusts):
        self.door, self.names = door, []
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.set_ciphers("DEFAULT:@SECLEVEL=0")
        self.ctx.load_cert_chain(cert, key)
        for path in trusts:
            self.ctx.load_verify_locations(path)
        self.ctx.verify_mode = ssl.CERT_REQUIRED

    def settimeout(self, seconds):
        self.door.settimeout(seconds)

    def accept(self):
        raw, at = self.door.accept()
        raw.settimeout(60)
        sock = self.ctx.wrap_socket(raw, server_side=True)
        self.names.append(dict(x for row in sock.getpeercert()["subject"] for x in row)["commonName"])
        return sock, at


class SecureManager(sccp.CallManager):
    """Both phones get each other's keys."""

    def connect(self, a, b, serve):
        self.key = {}
        return super().connect(a, b, serve)

    def open(self, line, party, key=None):
        self.key[party] = key or sccp.new_key()
        super().open(line, party, self.key[party])

    def start(self, line, party, remote, key=None):
        super().start(line, party, remote, key or self.key[party ^ 1])


class PhoneLab(siplab.SipLab):
    def __init__(self, wires=()):
        """wires: more of them, each from a namespace's name and its address to the next port."""
        super().__init__()
        self.more = {}
        for name, addr, gw in wires:
            ns = self.more[name] = self.namespace(name)
            self.wire(ns, f"w{name}", f"b{name}", (addr,))
            ns.run("ip", "route", "add", "default", "via", gw)
        for name, cn in ISSUERS.items():
            self.pki.self_signed(name, cn, extra=("-addext", "keyUsage=critical,keyCertSign,cRLSign"))
        self.issue("sep", "CP-7962G-" + NAME, ca="cisco_mfg_ca")
        self.root = os.path.join(self.dir, "tftp")
        os.makedirs(self.root)
        self.open, self.of, self.home = [], {}, {}

    # ---- inside ----

    def address(self, *addrs):
        for a in addrs:
            self.inside.run("ip", "addr", "add", a + "/32", "dev", "lo")

    def tftp_server(self, addr=CM):
        out = open(os.path.join(self.dir, "asked"), "w")
        self.spawn(self.inside, sys.executable, os.path.join(lablib.PEERS, "tftp_manners.py"), addr, self.root, stdout=out)
        lablib.wait_for("the TFTP server", lambda: f"{addr}:69 " in self.inside.run("ss", "-lun").stdout.decode())

    def dns_server(self, addr, answer):
        """Every name has that address."""
        self.spawn(self.inside, sys.executable, os.path.join(lablib.PEERS, "dns_manners.py"), addr, answer, stdout=open(os.path.join(self.dir, "questions"), "w"))
        lablib.wait_for("the DNS server", lambda: f"{addr}:53 " in self.inside.run("ss", "-lun").stdout.decode())

    def put(self, name, data):
        with open(os.path.join(self.root, name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())

    def configuration(self, *cms, name=NAME, mode=1, protocol="SCCP", more=""):
        """cms: addresses, or each with its port; more: elements of the end of the file."""
        at = [cm if isinstance(cm, tuple) else (cm, 2000) for cm in cms or (CM,)]
        text = XML.format(mode=mode, members="".join(MEMBER.format(n=n, addr=a, port=p) for n, (a, p) in enumerate(at)))
        text = text.replace("<deviceProtocol>SCCP", f"<deviceProtocol>{protocol}").replace("</device>", more + "</device>")
        self.put(name + ".cnf.xml", text)
        return text

    def cluster_signed(self, name=NAME, mode=3, cms=(), **kw):
        """Only as the cluster signs it."""
        text = self.configuration(*cms, name=name, mode=mode, **kw)
        os.remove(os.path.join(self.root, name + ".cnf.xml"))
        self.put(name + ".cnf.xml.sgn", self.signed(name + ".cnf.xml.sgn", text))

    def call_manager(self, addr=CM, version=17, port=2000):
        return sccp.CallManager(self.door(addr, port), version)

    def secure_manager(self, addr=CM, version=17, kind=SecureManager):
        """TLS on 2443, to phones in the name of which the appliance speaks, and to the desk phone's issuer."""
        trusts = (self.pki.path("ldc-ca.crt"), self.pki.path("issuer.crt"))
        return kind(TlsDoor(self.door(addr, 2443), self.pki.path("cm.crt"), self.pki.path("cm.key"), trusts), version)

    def door(self, addr, port):
        return self.keep(srtp_peer.inside(self.inside, lambda: socket.create_server((addr, port))))

    def desk_phone(self, server=CM, name="SEP00AABBCCDDEE", version=17, port=2000, media=PORT):
        self.at_desk()
        sock = srtp_peer.inside(self.inside, lambda: socket.create_connection((server, port), 60, (DESK, 0)))
        return self.keep(sccp.Phone(sock, name, DESK, srtp_peer.udp(self.inside, DESK, media), False, version))

    def secure_desk_phone(self, name="SEP00AABBCCDDEE", version=17, server=CM, media=PORT):
        """TLS and SRTP inside as well."""
        self.issue("desk", name)
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname = False
        ctx.load_verify_locations(self.pki.path("cm.crt"))
        ctx.load_cert_chain(self.pki.path("desk.crt"), self.pki.path("desk.key"))
        self.at_desk()
        raw = srtp_peer.inside(self.inside, lambda: socket.create_connection((server, 2443), 60, (DESK, 0)))
        sock = ctx.wrap_socket(raw, do_handshake_on_connect=False)
        return self.keep(sccp.Phone(sock, name, DESK, srtp_peer.udp(self.inside, DESK, media), True, version))

    def at_desk(self):
        if DESK not in self.home:
            self.home[DESK] = self.inside.run("ip", "addr", "add", DESK + "/24", "dev", "iB")

    def signed(self, name, text):
        """A file as a cluster signs it: with its call manager's key, SHA-1."""
        def tlv(tag, value):
            return bytes([tag]) + struct.pack("!H", len(value)) + value

        serial = lablib.openssl("x509", "-in", "cm.crt", "-noout", "-serial", cwd=self.pki.dir).stdout.decode().strip().partition("=")[2]
        who = b"CN=ucm-0;O=Example\0"
        signer = tlv(3, tlv(4, who) + tlv(5, bytes.fromhex(serial)) + tlv(6, who))
        how = tlv(7, tlv(8, b"\1") + tlv(9, tlv(10, b"\0") + tlv(11, b"\2")))
        tail = tlv(14, name.encode() + b"\0") + tlv(15, struct.pack("!I", int(time.time())))
        n = 10 + len(signer + how) + 3 + 256 + len(tail)
        head = tlv(1, b"\1\0") + tlv(2, struct.pack("!H", (n + 3) & ~3)) + signer + how
        tail += b"\x0d" * (-n % 4)
        sig = lablib.openssl("dgst", "-sha1", "-sign", "cm.key", cwd=self.pki.dir, input=head + tail + text.encode()).stdout
        return head + tlv(12, sig) + tail + text.encode()

    # ---- outside ----

    def phone(self, tftp=SEEN, ns=None, name=NAME, cert="sep", manner=()):
        """As it comes out of its box; manner: options of its TFTP."""
        ns = ns or self.outside

        def fetch(file):
            path = os.path.join(self.dir, "got")
            r = ns.run(sys.executable, os.path.join(lablib.PEERS, "tftp_client.py"), tftp, file, "out=" + path, "patience=40", *manner,
                       timeout=90)
            res = json.loads(r.stdout)
            if res.get("error") == 1:
                return None
            assert res.get("done"), f"{file}: {res}"
            with open(path, "rb") as f:
                return f.read()

        def dial(address, port, patience=60):
            return srtp_peer.inside(ns, lambda: socket.create_connection((address, port), patience))

        return boot.Phone(name, fetch, dial, self.pki.path(cert + ".crt"), self.pki.path(cert + ".key"))

    def line(self, phone, n=0, ns=None, addr=siplab.PHONE, version=17, media=None):
        """A booted phone's connection to its call manager."""
        media = media or srtp_peer.udp(ns or self.outside, addr, PORT)
        return self.keep(sccp.Phone(phone.connect(n), phone.name, HOME, media, True, version))

    def keep(self, it):
        self.open.append(it)
        return it

    def register(self, cm, phone):
        """Both ends of it; returns the call manager's."""
        with background(phone.register) as done:
            line = cm.accept()
            while line is None:  # a connection of a phone that thought better of it
                line = cm.accept()
        assert done(), "the registration was rejected"
        assert line.name == phone.name
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

    def hang_up(self, cm, *halves):
        cm.disconnect(*halves)
        for line, _ in halves:
            self.of[line].until(sccp.CLOSE, sccp.STOP)

    def call(self, cm, a, b, count=50, ns=None, mta=siplab.MTA_OUTSIDE):
        """Two calls, both ways, hung up."""
        phone, desk = self.of[a], self.of[b]
        warm((ns or self.outside, mta), (self.inside, siplab.MTA_INSIDE))
        for n in range(2):
            pa, pb = cm.connect(a, b, self.serve)
            assert phone.streams[pa].remote[0] == mta and desk.streams[pb].remote == a.listens[pa]
            talk(Media(phone, pa, 1), Media(desk, pb, 2), count, 100 * n)
            assert 2 <= int(self.con.cmd("show phone-proxy media-sessions").split()[0]) <= 2 + 2 * n  # the first call's may rest
            self.hang_up(cm, (a, pa), (b, pb))
        lablib.wait_for("the relays to go", self.idle)

    def mixed_call(self, phone):
        """The call manager knows the phone by a certificate in its name, which the appliance has made."""
        self.ldc_issuer()
        cm = self.secure_manager()
        a = self.register(cm, self.line(phone))
        b = self.register(cm, self.secure_desk_phone())
        assert phone.name in cm.door.names[0], cm.door.names
        self.call(cm, a, b, 20)

    # ---- the appliance ----

    def trust_call_manager(self):
        """Of a mixed cluster: what it shows inside is believed."""
        self.pki.self_signed("cm", "ucm-0")
        paste(self.con, ISSUER.format(name="cucm_cert", cert=self.pki.pem_body("cm.crt")))

    def paste_of(self, text):
        issuers = "".join(ISSUER.format(name=n, cert=self.pki.pem_body(n + ".crt")) for n in ISSUERS)
        return lablib.BASE + text.replace("{issuers}", issuers)

    def ldc_issuer(self):
        shown = self.con.paste("configure terminal\ncrypto ca export ldc_server identity-certificate\nend")
        pem = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", shown, re.S).group(0).replace("\r", "") + "\n"
        with open(self.pki.path("ldc-ca.crt"), "w") as f:
            f.write(pem)

    def boot_steps(self, name=NAME):
        """What the operator is told of the last boot: step -> line."""
        text = self.con.cmd(f"show phone-proxy secure-phones {name} detail")
        return {line.split("  ")[1]: line for line in text.splitlines()[1:] if line.startswith("  ")}

    def idle(self):
        return self.con.cmd("show phone-proxy media-sessions").startswith("0 in use")

    def close(self):
        for it in self.open:
            it.close()
        return super().close()
