"""
Softphones that authenticate and do not encrypt (Cisco IP Communicator), between the VLANs of data and voice: section 8 of the samples,
from its text to the released call. TLS without encryption is OpenSSL's own. Where the TLS library of the build has no such suite these
tests are skipped, but for the one that says so.
"""
import socket
import ssl

import pytest

import lab as lablib
import phonelab
import siplab
import srtp_peer
from conftest import finish, paste
from peers import boot, sccp
from phonelab import NAME, PORT
from sccp_ends import Media, payload, talk, warm

SOFT, CM, SEEN, DESK = "10.130.50.10", "10.132.0.5", "10.130.50.5", "10.132.0.101"
MTA_DATA, MTA_VOICE = "10.130.50.2", "10.132.0.2"

SAMPLE = """\
interface GigabitEthernet0/0
 nameif data
 security-level 0
 ip address 10.130.50.1 255.255.255.0
 no shutdown
interface GigabitEthernet0/1
 nameif voice
 security-level 100
 ip address 10.132.0.1 255.255.255.0
 no shutdown
object network obj-10.132.0.5
 host 10.132.0.5
 nat (voice,data) static 10.130.50.5
access-list pp extended permit udp any host 10.132.0.5 eq tftp
access-list pp extended permit tcp any host 10.132.0.5 eq 2000
access-list pp extended permit tcp any host 10.132.0.5 eq sip
access-list pp extended permit tcp any host 10.132.0.5 eq 3804
access-group pp in interface data
ssl encryption rc4-sha1 aes128-sha1 aes256-sha1 3des-sha1 null-sha1
crypto key generate rsa label cucmtftp_kp modulus 1024
crypto ca trustpoint cucm_tftp_server
 enrollment self
 keypair cucmtftp_kp
crypto ca enroll cucm_tftp_server
no
yes
crypto ca trustpoint capf
 enrollment terminal
crypto ca authenticate capf
{capf}quit
yes
ctl-file myctl
 record-entry cucm-tftp trustpoint cucm_tftp_server address 10.130.50.5
 record-entry capf trustpoint capf address 10.130.50.5
 no shutdown
""" + phonelab.MIXED_TLS + """\
media-termination my_mediaterm
 address 10.130.50.2 interface data
 address 10.132.0.2 interface voice
phone-proxy mypp
 media-termination my_mediaterm
 tftp-server address 10.132.0.5 interface voice
 tls-proxy mytls
 ctl-file myctl
 cluster-mode mixed
 cipc security-mode authenticated
""" + phonelab.POLICY.replace("interface outside", "interface data")


def lacks(con):
    """Suites that the TLS library of this build does not have."""
    return con.cmd("show ssl").partition("it lacks:")[2].splitlines()[0].split()


def needs_null(con):
    if "null-sha1" in lacks(con):
        pytest.skip("the TLS library of this build has no NULL-SHA")


class SoftPhone(boot.Phone):
    """It does in TLS what its configuration says."""

    def connect(self, n=0):
        self.suites = {"2": "NULL-SHA:@SECLEVEL=0", "3": "AES128-SHA:@SECLEVEL=0"}[self.speaks()]
        return super().connect(n)


class Vlans(phonelab.PhoneLab):
    def __init__(self):
        super().__init__()
        self.outside.run("ip", "addr", "add", SOFT + "/24", "dev", "oA")
        self.inside.run("ip", "addr", "add", DESK + "/24", "dev", "iB")
        self.inside.run("ip", "route", "replace", "default", "via", "10.132.0.1")
        self.address(CM)
        self.pki.self_signed("capf", "CAPF-12345678", extra=("-addext", "keyUsage=critical,keyCertSign,cRLSign"))
        self.issue("lsc", NAME, ca="capf")
        self.pki.self_signed("cm", "ucm-0")
        self.con = self.start()
        self.con.cmd("terminal pager 0")

    def configure(self, text=SAMPLE):
        needs_null(self.con)
        paste(self.con, text.replace("{capf}", self.pki.pem_body("capf.crt")))
        paste(self.con, phonelab.ISSUER.format(name="cucm_cert", cert=self.pki.pem_body("cm.crt")))
        self.tftp_server(CM)
        self.softphone_file()

    def softphone_file(self, load="CIPC-8-6-6-0", mode=2):
        text = self.configuration(CM, mode=mode).replace("SCCP45.9-4-2SR1-1S", load)
        self.put(NAME + ".cnf.xml", text)

    def softphone(self, cert="lsc"):
        p = self.phone(SEEN, cert=cert)
        return SoftPhone(NAME, p.fetch, p.dial, *p.own)

    def managers(self):
        """One call manager, of two doors: to the appliance by TLS, to its plain phones without."""
        self.ldc_issuer()
        tls = phonelab.TlsDoor(self.door(CM, 2443), self.pki.path("cm.crt"), self.pki.path("cm.key"), (self.pki.path("ldc-ca.crt"),))
        return sccp.CallManager(tls), sccp.CallManager(self.door(CM, 2000))

    def soft_line(self, phone):
        media = srtp_peer.udp(self.outside, SOFT, PORT)
        return self.keep(sccp.Phone(phone.connect(), NAME, SOFT, media, phone.speaks() == "3"))

    def hard_phone(self):
        sock = srtp_peer.inside(self.inside, lambda: socket.create_connection((CM, 2000), 60, (DESK, 0)))
        return self.keep(sccp.Phone(sock, "SEP00AABBCCDDEE", DESK, srtp_peer.udp(self.inside, DESK, PORT), False))


@pytest.fixture
def lab():
    it = Vlans()
    yield it
    finish(it)


def call(lab, cm, a, b):
    """Talks both ways, twice, and hangs up."""
    warm((lab.outside, MTA_DATA), (lab.inside, MTA_VOICE))
    for n in range(2):
        pa, pb = cm.connect(a, b, lab.serve)
        soft, hard = lab.of[a], lab.of[b]
        assert soft.streams[pa].remote[0] == MTA_DATA and b.listens[pb][0] == DESK
        assert hard.streams[pb].remote == a.listens[pa] and a.listens[pa][0] == MTA_VOICE
        talk(Media(soft, pa, 1), Media(hard, pb, 2), 50, 100 * n)
        lab.hang_up(cm, (a, pa), (b, pb))
        lablib.wait_for("the relay to go", lab.idle)


def test_from_paste_to_released_call(lab):
    """Authenticated by its file, by TLS and by its media: all of them can be read, none of them changed."""
    lab.configure()
    soft = lab.softphone()
    soft.boot()
    assert soft.speaks() == "2" and soft.managers == [(SEEN, 2000)]
    assert any(r["role"] == 4 and r["addr"] == SEEN for r in soft.ctl.records), "no CAPF"
    secure, plain = lab.managers()
    a = lab.register(secure, lab.soft_line(soft))
    assert NAME in secure.door.names[0], secure.door.names
    assert lab.of[a].c.sock.cipher()[0] == "NULL-SHA"
    b = lab.register(plain, lab.hard_phone())
    call(lab, secure, a, b)
    assert "NULL-SHA" in lab.con.cmd("show tls-proxy session detail")
    steps = lab.boot_steps()
    assert all(" ok " in steps[s] for s in ("CTL", "Config file", "TLS", "Register")) and "NULL-SHA" in steps["TLS"], steps


def test_a_desk_phone_next_to_it_is_encrypted(lab):
    """Whose file is no softphone's encrypts as ever, at the same proxy."""
    lab.configure()
    lab.softphone_file("SCCP45.9-4-2SR1-1S")
    phone = lab.softphone()
    phone.boot()
    assert phone.speaks() == "3"
    secure, plain = lab.managers()
    a = lab.register(secure, lab.soft_line(phone))
    assert lab.of[a].c.sock.cipher()[0] == "AES128-SHA"
    call(lab, secure, a, lab.register(plain, lab.hard_phone()))


def test_without_the_line_everybody_encrypts(lab):
    """A softphone is told so; one that does not encrypt all the same is not let in."""
    lab.configure(SAMPLE.replace(" cipc security-mode authenticated\n", ""))
    soft = lab.softphone()
    soft.boot()
    assert soft.speaks() == "3"
    soft.config = soft.config.replace("<deviceSecurityMode>3<", "<deviceSecurityMode>2<")
    with pytest.raises(ssl.SSLError):
        soft.connect()


def test_a_softphone_is_called_as_phones_are(lab):
    """Its certificate names SEP and a MAC, or there is no session."""
    lab.configure()
    lab.issue("alice", "alice-laptop", ca="capf")
    soft = lab.softphone("alice")
    soft.boot()
    sock = lab.keep(soft.connect())
    sock.settimeout(60)
    try:
        assert sock.recv(1) == b"", "it was let in"
    except ConnectionError:
        pass
    assert "names no device" in lab.con.cmd("show phone-proxy secure-phones detail")


def test_what_the_library_lacks_is_refused(lab):
    off = lacks(lab.con)
    for suite in ("null-sha1", "rc4-sha1", "3des-sha1"):
        said = lab.con.paste(f"configure terminal\nssl encryption aes128-sha1 {suite}\nend")
        assert ("is not available" in said) == (suite in off), said


class ClearPair(srtp_peer.Pair):
    suites, keyed = "NULL-SHA:@SECLEVEL=0", False


def test_a_sip_softphone():
    """Of a nonsecure cluster: its TLS is read by anybody, so no keys are written there and its media are RTP on both sides."""
    lab = siplab.SipLab()
    try:
        con = lab.start()
        con.cmd("terminal pager 0")
        needs_null(con)
        text = lab.config().replace(" endpoint any\n", " endpoint any\n cipc security-mode authenticated\n")
        paste(con, lablib.BASE + "ssl encryption aes128-sha1 null-sha1\n" + text)
        call = ClearPair(lab, siplab.CM, siplab.CM_OUTSIDE)
        for n in range(50):
            call.to_box(srtp_peer.rtp(n, 160 * n, 1, payload(1, n)))
            assert call.rtp.recv(2048)[12:] == payload(1, n)
            call.from_desk(srtp_peer.rtp(n, 160 * n, 2, payload(2, n)))
            assert call.srtp.recv(2048)[12:] == payload(2, n)
        call.end()
        call.close()
        lablib.wait_for("the relay to go", lambda: siplab.idle(con))
    finally:
        finish(lab)
