"""From power-on to hang-up: the samples' phone proxies, pasted; a phone with nothing but its factory's certificate boots through them."""
import socket
import struct

import pytest

import lab as lablib
import phone_tlv
import phonelab
import siplab
from conftest import sessions
from peers import boot, sccp
from phonelab import CM, NAME, SEEN
from sccp_ends import background, recorded, tshark


def test_nonsecure_with_everything_on_the_publisher(made):
    lab = made(phonelab.NONSECURE, CM)
    lab.tftp_server()
    lab.configuration()
    cm = lab.call_manager()
    pcap = lab.dir + "/inside.pcap"
    rec = lablib.record(lab, lab.inside, "iB", pcap, "tcp port 2000 or udp")
    phone = lab.phone()
    phone.boot()
    assert phone.managers == [(SEEN, 2000)] and phone.secure
    a = lab.register(cm, lab.line(phone))
    assert a.address == siplab.PHONE
    b = lab.register(cm, lab.desk_phone())
    lab.call(cm, a, b)
    steps = lab.boot_steps()
    assert all(" ok " in steps[s] for s in ("CTL", "Config file", "TLS", "Register")), steps
    lablib.wait_for("the recording", lambda: recorded(pcap, 17, sccp.STOP, 20, 2))
    lablib.end(rec)
    assert not tshark(pcap, "_ws.malformed")
    kinds = {int(x, 0) for row in tshark(pcap, "skinny", "skinny.messageId") for x in row.split(",")}
    missing = {sccp.REGISTER, sccp.OPEN, sccp.OPEN_ACK, sccp.START, sccp.CLOSE, sccp.STOP} - kinds
    assert not missing, missing


def test_a_call_manager_by_name(made):
    """The file has a host name; the DNS server of the sample (10.0.0.53) is asked, and the phone comes up and calls."""
    lab = made(phonelab.NONSECURE, CM, "10.0.0.53")
    lab.tftp_server()
    lab.dns_server("10.0.0.53", CM)
    lab.configuration("cm-1.example.com")
    cm = lab.call_manager()
    phone = lab.phone()
    phone.boot()
    assert phone.managers == [(SEEN, 2000)] and phone.secure
    lab.call(cm, lab.register(cm, lab.line(phone)), lab.register(cm, lab.desk_phone()))
    assert "cm-1.example.com" in lab.con.cmd("show dns")


def test_separate_tftp_server_in_a_mixed_cluster(made):
    """Section 6: TFTP on 10.0.0.24, its own record; TLS and keys inside too. The server's files are signed by the cluster already."""
    lab = made(phonelab.SEPARATE + phonelab.MIXED_TLS + phonelab.MEDIA + phonelab.MIXED_PROXY.format(tftp="10.0.0.24") +
               phonelab.POLICY, CM, "10.0.0.24")
    lab.trust_call_manager()
    lab.tftp_server("10.0.0.24")
    lab.cluster_signed(mode=3)
    phone = lab.phone(tftp="192.0.2.24")
    phone.boot()
    assert {(r["role"], r["addr"]) for r in phone.ctl.records if r["role"]} == {(1, SEEN), (3, "192.0.2.24")}
    lab.mixed_call(phone)


def test_mixed_cluster_with_everything_on_the_publisher(made):
    """Section 5: an authenticated phone becomes an encrypted one. The server has its file without a signature, too."""
    lab = made(phonelab.MIXED, CM)
    lab.trust_call_manager()
    lab.tftp_server()
    lab.configuration(mode=2)
    phone = lab.phone()
    phone.boot()
    assert boot.element(phone.config, "deviceSecurityMode") == "3"
    lab.mixed_call(phone)


SECONDARY = """\
object network obj-10.0.0.27
 host 10.0.0.27
 nat (inside,outside) static 192.0.2.27
crypto key generate rsa label cucm_sec_kp modulus 1024
crypto ca trustpoint cucm_sec
 enrollment self
 keypair cucm_sec_kp
crypto ca enroll cucm_sec
no
yes
"""


def test_primary_and_secondary(made):
    """Both are in the CTL and in the file; the phone holds a session to each, and goes to the secondary when the primary resets."""
    text = phonelab.NONSECURE.replace("{issuers}", SECONDARY + "{issuers}").replace(
        " no shutdown\ntls-proxy", " record-entry cucm trustpoint cucm_sec address 192.0.2.27\n no shutdown\ntls-proxy")
    assert text.count("192.0.2.27") == 2
    lab = made(text, CM, "10.0.0.27")
    lab.tftp_server()
    lab.configuration(CM, "10.0.0.27")
    cms = [lab.call_manager(a) for a in (CM, "10.0.0.27")]
    phone = lab.phone()
    phone.boot()
    assert phone.managers == [(SEEN, 2000), ("192.0.2.27", 2000)]
    first = lab.line(phone)
    second = lab.line(phone, 1, media=first.media)
    primary = lab.register(cms[0], first)
    lablib.wait_for("two sessions", lambda: sessions(lab.con) == 2)
    primary.c.close()
    assert first.frame() is None
    first.c.close()
    a = lab.register(cms[1], second)
    lablib.wait_for("one session", lambda: sessions(lab.con) == 1)
    lab.call(cms[1], a, lab.register(cms[1], lab.desk_phone("10.0.0.27")), 20)


TWO_SIDES = """\
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 192.168.1.1 255.255.255.0
 no shutdown
object network obj-10.0.0.26-01
 host 10.0.0.26
 nat (inside,outside) static 192.0.2.26
object network obj-10.0.0.26-02
 host 10.0.0.26
 nat (inside,dmz) static 192.168.1.2
access-list pp extended permit udp any host 10.0.0.26 eq tftp
access-group pp in interface outside
access-group pp in interface dmz
crypto key generate rsa label out_kp modulus 1024
crypto key generate rsa label dmz_kp modulus 1024
crypto ca trustpoint cucm_in_to_out
 enrollment self
 keypair out_kp
crypto ca enroll cucm_in_to_out
no
yes
crypto ca trustpoint cucm_in_to_dmz
 enrollment self
 keypair dmz_kp
crypto ca enroll cucm_in_to_dmz
no
yes
{issuers}\
ctl-file myctl
 record-entry cucm-tftp trustpoint cucm_in_to_out address 192.0.2.26
 record-entry cucm-tftp trustpoint cucm_in_to_dmz address 192.168.1.2
 no shutdown
""" + phonelab.TLS + phonelab.MEDIA.replace(" rtp-min", " address 192.168.1.25 interface dmz\n rtp-min") + phonelab.PHONE_PROXY.format(
    tftp=CM) + phonelab.POLICY + "service-policy pp_policy interface dmz\n"
OTHER = "SEP00112233DD22"


def test_phones_at_two_interfaces(made):
    """Two addresses of one call manager: a phone is told the one it can dial, and both are in the list."""
    lab = made(TWO_SIDES, CM, wires=(("dmz", "192.168.1.10/24", "192.168.1.1"),))
    lab.issue("other", "CP-7962G-" + OTHER, ca="cisco_mfg_ca")
    lab.tftp_server()
    for name in (NAME, OTHER):
        lab.configuration(name=name)
    cm = lab.call_manager()
    out = lab.phone()
    far = lab.phone("192.168.1.2", lab.more["dmz"], OTHER, "other")
    for p in (out, far):
        p.boot()
    assert out.ctl.data == far.ctl.data and out.managers == [(SEEN, 2000)] and far.managers == [("192.168.1.2", 2000)]
    b = lab.register(cm, lab.desk_phone())
    lab.call(cm, lab.register(cm, lab.line(out)), b, 20)
    lab.call(cm, lab.register(cm, lab.line(far, ns=lab.more["dmz"], addr="192.168.1.10")), b, 20, lab.more["dmz"], "192.168.1.25")


# ---- what a phone refuses ----


class Meddled:
    """A booted phone whose files pass through somebody's hands; the appliance's own are what it is given otherwise."""

    def __init__(self, phone):
        self.phone, self.fetch, self.hand = phone, phone.fetch, {}
        phone.fetch = lambda name: self.hand.get(name, lambda x: x)(self.fetch(name))

    def refuses(self, why, work, **hand):
        self.hand = {f"CTL{NAME}.tlv" if k == "ctl" else f"{NAME}.cnf.xml.sgn": v for k, v in hand.items()}
        with pytest.raises(AssertionError, match=why):
            work()
        self.hand = {}


def role(was, now):
    """A list in which the records of a role have another one; unsigned, as it were."""
    old, new = (b"\4\0\2" + bytes([0, r]) for r in (was, now))
    return lambda data: data.replace(old, new)


def vouch_for_cluster(lab, phone):
    """The call manager's own signatures are believed too."""
    lab.pki.self_signed("cm", "ucm-0")
    der, serial = (lablib.openssl("x509", "-in", "cm.crt", *a, cwd=lab.pki.dir).stdout for a in (("-outform", "DER"), ("-noout", "-serial")))
    phone.ctl.records.append({"role": phone_tlv.TFTP, "cert": der, "serial": bytes.fromhex(serial.decode().strip().partition("=")[2]),
                              "addr": None, "dns": ""})


def test_a_phone_refuses_a_wrong_list(made):
    """One that was changed on its way, one whose signer may not sign files, one whose call managers are elsewhere; and files likewise."""
    lab = made(phonelab.NONSECURE, CM)
    lab.tftp_server()
    lab.configuration()
    cm = lab.call_manager()
    m = Meddled(lab.phone())
    p = m.phone
    m.refuses("none of its tokens", p.boot, ctl=lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    m.refuses("none of its tokens", p.boot, ctl=role(0, 7))
    m.refuses("a trust list of", p.boot, ctl=lambda data: data + bytes(65536))
    m.refuses("a trust list called", p.boot, ctl=lambda data: data.replace(b"CTLFile", b"CTLfile"))
    p.boot()
    m.refuses("a file of", p.take_config, config=lambda data: data + bytes(2 << 20))
    m.refuses("no configuration", p.take_config, config=lambda data: None)
    m.refuses("wrong", p.take_config, config=lambda data: data.replace(b"192.0.2.26", b"192.0.2.66"))
    name = NAME.encode()
    m.refuses("wrong", p.take_config, config=lambda data: data.replace(name, b"SEP001122334466"))
    p.fetch = lambda _: m.fetch("RINGLIST.XML.sgn")
    lab.put("RINGLIST.XML", lab.configuration())
    with pytest.raises(AssertionError, match="a file for RINGLIST.XML.sgn"):
        p.take_config()
    good = p.ctl
    for changed, why, work in ((role(2, 1), "no TFTP role", p.take_config), (role(2, 3), "no call manager's", p.connect)):
        p.ctl = phone_tlv.Ctl(changed(good.data))
        p.fetch = m.fetch
        with pytest.raises(AssertionError, match=why):
            work()
    p.ctl = phone_tlv.Ctl(good.data.replace(socket.inet_aton(SEEN), socket.inet_aton("192.0.2.66")))
    with pytest.raises(AssertionError, match=f"{SEEN} shows the certificate of .*192.0.2.66"):
        p.connect()
    p.ctl = good
    vouch_for_cluster(lab, p)
    for text, why in ((phonelab.XML.replace("<encrConfig>false", "<encrConfig>true"), "encrypted"), (phonelab.XML, "without call managers")):
        p.fetch = lambda name, text=text: lab.signed(name, text.format(mode=3, members=""))
        with pytest.raises(AssertionError, match=why):
            p.take_config()
    p.fetch, p.secure = m.fetch, False
    with pytest.raises(AssertionError, match="without security"):
        p.connect()
    p.take_config()
    lab.register(cm, lab.line(p))


def test_a_phone_that_knows_other_tokens(made):
    """It keeps the list of the firewall it knew before, and does not come up behind another one; erased, it does."""
    before, lab = (made(phonelab.NONSECURE, CM) for _ in range(2))
    phone = lab.phone()
    phone.ctl = before.phone().take_ctl()
    with pytest.raises(AssertionError, match="tokens that this phone does not know"):
        phone.boot()
    lab.tftp_server()
    lab.configuration()
    with pytest.raises(AssertionError, match="its signer is not in the trust list"):
        phone.take_config()
    with pytest.raises(AssertionError, match="no call manager's in the trust list"):
        phone.secure, phone.managers = True, [(SEEN, 2000)]
        phone.connect()
    phone.ctl = None
    phone.boot()
    lab.register(lab.call_manager(), lab.line(phone))


def test_a_phone_refuses_frames_of_another_version():
    here, there = socket.socketpair()
    phone = sccp.Phone(here, NAME, phonelab.HOME, socket.socket(socket.AF_INET, socket.SOCK_DGRAM), False, 17)

    class Door:
        settimeout = there.settimeout

        def accept(self):
            return there, None

    cm = sccp.CallManager(Door(), 17)
    with background(phone.register) as done:
        line = cm.accept()
    assert done() and phone.version == 17
    body = struct.pack("<6I", 5, 1, 1, 0, 4, 0)
    line.c.write(sccp.CALL_STATE, body, 17)
    assert phone.step() == sccp.CALL_STATE
    for version, text in ((20, body), (0, body), (17, body + bytes(4))):
        line.c.write(sccp.CALL_STATE, text, version)
        with pytest.raises(sccp.Refused):
            phone.step()
    phone.close()
    there.close()
