"""A remote phone's files: CTL, configuration, others, through the phone proxy; a server and phones with bad manners."""
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import lab as lablib
import phone_tlv
import siplab
from conftest import finish, paste
from phonelab import POLICY

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
CM, SEEN = siplab.CM, siplab.CM_OUTSIDE
MAC = "SEP001122334455"

CONFIG = """\
object network obj-cm
 host 10.0.0.20
 nat (inside,outside) static 192.0.2.20
object network obj-tftp
 host 10.0.0.21
 nat (inside,outside) static 192.0.2.21
access-list outside_in extended permit udp any host 10.0.0.20 eq tftp
access-list outside_in extended permit udp any host 10.0.0.21 eq tftp
access-group outside_in in interface outside
crypto key generate rsa label cucmtftp_kp modulus 1024
crypto ca trustpoint cucm_tftp_server
 enrollment self
 keypair cucmtftp_kp
crypto ca enroll cucm_tftp_server noconfirm
crypto ca trustpoint phone_issuer
 enrollment terminal
crypto ca authenticate phone_issuer
{issuer}quit
yes
ctl-file myctl
 record-entry cucm-tftp trustpoint cucm_tftp_server address 192.0.2.20
 record-entry tftp trustpoint cucm_tftp_server address 192.0.2.21
 no shutdown
tls-proxy mytls
 server trust-point _internal_PP_myctl
media-termination my_mediaterm
 address 10.0.0.25 interface inside
 address 192.0.2.25 interface outside
phone-proxy mypp
 media-termination my_mediaterm
 tftp-server address 10.0.0.20 interface inside
 tftp-server address 10.0.0.21 interface inside
 tls-proxy mytls
 ctl-file myctl
 proxy-server address 10.0.0.20 8081 interface inside
{knob}""" + POLICY

XML = """\
<device xsi:type="axl:XIPPhone" ctiid="5">
 <deviceProtocol>{protocol}</deviceProtocol>
 <devicePool><callManagerGroup><members>
  <member priority="0"><callManager><name>ucm-a</name>
   <ports><ethernetPhonePort>2000</ethernetPhonePort><sipPort>5060</sipPort><securedSipPort>5061</securedSipPort></ports>
   <processNodeName>{cm}</processNodeName></callManager></member>
 </members></callManagerGroup></devicePool>
 <sshPassword>not-for-the-log</sshPassword>
 <vendorConfig><pcPort>0</pcPort><settingsAccess>1</settingsAccess><webAccess>0</webAccess></vendorConfig>
 <deviceSecurityMode>1</deviceSecurityMode>
 <transportLayerProtocol>2</transportLayerProtocol>
 <proxyServerURL></proxyServerURL>
 <encrConfig>false</encrConfig>
</device>
"""


def put(lab, name, data):
    path = os.path.join(lab.root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def start(knob=""):
    lab = siplab.SipLab()
    lab.root = os.path.join(lab.dir, "tftp")
    os.makedirs(lab.root)
    lab.asked = open(os.path.join(lab.dir, "asked"), "w+")
    lab.spawn(lab.inside, sys.executable, os.path.join(PEERS, "tftp_manners.py"), CM, lab.root, stdout=lab.asked)
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + CONFIG.format(issuer=lab.pki.pem_body("issuer.crt"), knob=knob))
    lab.con.cmd("debug phone-proxy tftp")
    lablib.wait_for("the TFTP server", lambda: ":69 " in lab.inside.run("ss", "-lun").stdout.decode() + " ")
    return lab


@pytest.fixture(scope="module")
def lab():
    it = start()
    yield it
    finish(it)


def fetch(lab, name, *args, ns=None, out=None):
    """What a phone got: the result, and the contents."""
    path = os.path.join(lab.dir, "got" + (out or ""))
    r = (ns or lab.outside).run(sys.executable, os.path.join(PEERS, "tftp_client.py"), SEEN, name, "out=" + path, *args, timeout=120)
    with open(path, "rb") as f:
        return json.loads(r.stdout), f.read()


def boot(lab, what):
    """One line of the last boot of the phone."""
    text = lab.con.cmd(f"show phone-proxy secure-phones {MAC} detail")
    return next(line for line in text.splitlines() if line.strip().startswith(what))


def ctl_of(lab, **kw):
    res, data = fetch(lab, f"CTL{MAC}.tlv", **kw)
    assert res["done"], res
    return phone_tlv.Ctl(data)


def count(lab, what):
    return int(re.search(r"(\d+) " + what, lab.con.cmd("show phone-proxy")).group(1))


def test_a_phone_trusts_its_ctl(lab):
    ctl = ctl_of(lab)
    assert ctl.name == "CTLFile.tlv" and ctl.version[0] == 1 and ctl.trusted()
    roles = [r["role"] for r in ctl.records]
    assert roles.count(phone_tlv.SAST) == 2
    assert {(r["role"], r["addr"]) for r in ctl.records if r["role"] != phone_tlv.SAST} == {(phone_tlv.CCM_TFTP, SEEN), (phone_tlv.TFTP, "192.0.2.21")}
    assert "ok" in boot(lab, "CTL")
    phones = lab.con.cmd("show phone-proxy secure-phones")
    assert "0011.2233.4455" in phones and siplab.PHONE in phones
    assert fetch(lab, "CTLFile.tlv")[1] == ctl.data


def test_its_configuration_is_edited_and_signed(lab):
    ctl = ctl_of(lab)
    for protocol in ("SIP", "SCCP"):
        put(lab, MAC + ".cnf.xml", XML.format(protocol=protocol, cm=CM))
        res, data = fetch(lab, MAC + ".cnf.xml.sgn", "blksize=1428", "tsize=0")
        assert res["done"] and res["options"]["tsize"] == len(data)
        sgn = phone_tlv.Signed(data)
        assert sgn.name == MAC + ".cnf.xml.sgn" and sgn.version == (1, 0) and abs(sgn.time - time.time()) < 600
        assert ctl.signs_files(sgn)
        want = XML.format(protocol=protocol, cm=SEEN)
        for a, b in (("<deviceSecurityMode>1", "<deviceSecurityMode>3"), ("<webAccess>0", "<webAccess>1"), ("<pcPort>0", "<pcPort>1"),
                     ("<proxyServerURL>", f"<proxyServerURL>{SEEN}:8081")):
            want = want.replace(a, b)
        if protocol == "SIP":
            want = want.replace("<transportLayerProtocol>2", "<transportLayerProtocol>3")
        got = sgn.body.decode()
        for tag in ("garp", "voiceVlanAccess", "spanToPCPort"):  # they were missing
            assert got.count(f"<{tag}>1</{tag}>") == 1
            got = re.sub(rf"\s*<{tag}>1</{tag}>", "", got)
        assert got == want
    assert "ok" in boot(lab, "Config file")
    lablib.wait_for("the debug line", lambda: "Modifying to encrypted mode" in lab.con.cmd("show logging"))
    assert "not-for-the-log" not in lab.con.cmd("show logging")


def test_a_file_that_cannot_be_made_safe_is_refused_with_the_reason(lab):
    for cm, why in (("ucm.example.com", "ucm.example.com"), ("10.0.0.99", "10.0.0.99"), ("<!ENTITY x>", "")):
        put(lab, MAC + ".cnf.xml", XML.format(protocol="SIP", cm=cm))
        res, _ = fetch(lab, MAC + ".cnf.xml.sgn", "patience=60")  # the DNS server of the sample is not there
        assert res["error"] == 0 and why in res["text"], res
        line = boot(lab, "Config file")
        assert "failed" in line and why in line
    for data in (b"", b"<device>" * 40, b"x" * 70000, b"<device>" + b"<a>" * 200 + b"</a>" * 200 + b"</device>"):
        put(lab, MAC + ".cnf.xml", data)
        assert "error" in fetch(lab, MAC + ".cnf.xml.sgn")[0]


def test_what_is_not_signed_or_not_there(lab):
    put(lab, MAC + ".cnf.xml", XML.format(protocol="SIP", cm=CM))
    assert fetch(lab, MAC + ".cnf.xml")[0]["error"] == 2
    assert fetch(lab, MAC + ".cnf.xml.enc.sgn")[0]["error"] == 2
    for name in (f"ITL{MAC}.tlv", "ITLFile.tlv", "nothing.xml", "nothing.xml.sgn", "SEP00AABBCCDDEE.cnf.xml.sgn"):
        assert fetch(lab, name)[0]["error"] == 1, name
    lab.asked.seek(0)
    assert "ITL" not in lab.asked.read()


def test_other_files_pass_and_are_signed_where_a_phone_asks(lab):
    ctl, ring = ctl_of(lab), os.urandom(3000)
    put(lab, "Desktops/320x212x12/List.xml", ring)
    put(lab, "empty.txt", b"")
    assert fetch(lab, "Desktops/320x212x12/List.xml")[1] == ring
    assert fetch(lab, "empty.txt")[0]["size"] == 0
    sgn = phone_tlv.Signed(fetch(lab, "Desktops/320x212x12/List.xml.sgn")[1])
    assert sgn.name == "Desktops/320x212x12/List.xml.sgn" and sgn.body == ring and ctl.signs_files(sgn)
    load = os.urandom(1500000)
    put(lab, "cnu45.9-4-2SR1-1S.sbn", load)
    for args in ((), ("blksize=65464", "windowsize=64", "tsize=0"), ("windowsize=4", "lose=50"), ("dup=1",)):
        data = load if args and "lose=50" not in args else load[:100000]
        put(lab, "cnu45.9-4-2SR1-1S.sbn", data)
        res, got = fetch(lab, "cnu45.9-4-2SR1-1S.sbn", "patience=60", *args)
        assert got == data, (args, res)
        if "dup=1" in args:
            assert res["dups"] == 0, res


def test_programs_of_others(lab):
    """curl as the phone, in.tftpd behind another line as the server, with and without options."""
    lab.inside.run("ip", "addr", "add", "10.0.0.21/32", "dev", "lo")
    lab.spawn(lab.inside, "in.tftpd", "-L", "-a", "10.0.0.21:69", "-u", "root", "-s", lab.root)
    lablib.wait_for("in.tftpd", lambda: "10.0.0.21:69" in lab.inside.run("ss", "-lun").stdout.decode())
    ring = os.urandom(50000)
    put(lab, "ring.raw", ring)
    for args in (("--tftp-blksize", "1024"), ("--tftp-no-options",)):
        out = lab.outside.run("curl", "-s", "-m", "30", *args, "tftp://192.0.2.21/ring.raw")
        assert out.stdout == ring
    assert lab.outside.run("curl", "-s", "-m", "30", "tftp://192.0.2.21/none.raw", check=False).returncode == 68  # not found


def test_names_that_lead_elsewhere(lab):
    before = count(lab, "name")
    for name in ("../../etc/passwd", "/etc/passwd", "a\\b", "x" * 200, "a\x7fb"):
        assert fetch(lab, name)[0]["error"] in (2, 4)
    assert count(lab, "name") >= before + 4
    assert fetch(lab, "x.txt", "op=2")[0]["error"] == 2
    assert fetch(lab, "x.txt", "mode=netascii")[0]["error"] == 0
    assert fetch(lab, "x.txt", "mode=strange")[0]["error"] == 4


def test_servers_with_bad_manners(lab):
    for kind in ("plain", "reject", "alien", "dies", "silent", "options"):
        put(lab, kind + "-file", b"0123456789" * 500)
    before = count(lab, "server silent")
    for kind in ("plain", "reject", "alien"):
        assert fetch(lab, kind + "-file")[1] == b"0123456789" * 500, kind
    with ThreadPoolExecutor() as phones:  # each is waited for
        for kind, (res, _) in phones.map(lambda k: (k, fetch(lab, k + "-file", "patience=60", out=k)), ("dies", "silent", "options")):
            assert "error" in res and "done" not in res, (kind, res)
    assert count(lab, "server silent") >= before + 2
    res, _ = fetch(lab, "endless-file", "patience=60")
    assert "too large" in res["text"], res


def test_phones_that_fall_silent_or_come_in_masses(lab):
    put(lab, "some.txt", b"y" * 20000)
    fetch(lab, "some.txt", "stop=3", "patience=1")
    flood = """
import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(3000):
    if i % 20 == 0:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto([b"\\0\\1some.txt\\0octet\\0", b"\\0\\2x\\0octet\\0", os.urandom(40), b"\\0\\4\\0\\1"][i % 4], (sys.argv[1], 69))
"""

    def limited():
        lab.outside.run(sys.executable, "-c", flood, SEEN)
        return count(lab, "per-source limit") > 0
    lablib.wait_for("limits to show", limited, 120)
    other = lab.far("198.51.100.20")
    assert fetch(lab, "some.txt", "patience=100", ns=other)[1] == b"y" * 20000  # another phone does not feel it
    lablib.wait_for("phones given up", lambda: count(lab, "phone silent") > 0, 240)
    lablib.wait_for("all to end", lambda: "TFTP transfers: 0 in use" in lab.con.cmd("show phone-proxy"), 240)


def test_signalling_of_a_known_phone_is_let_in(lab):
    """No access-list permits 5061; before its CTL request a phone gets no answer, afterwards TLS begins."""
    lab.con.cmd("clear phone-proxy secure-phones")
    ns = lab.far("203.0.113.30")
    s_client = ("openssl", "s_client", "-connect", f"{SEEN}:5061", "-tls1_2", "-cipher", "DEFAULT:@SECLEVEL=0")
    with pytest.raises(subprocess.TimeoutExpired):
        ns.run(*s_client, input=b"", timeout=3, check=False)
    ctl = ctl_of(lab, ns=ns)
    text = ns.run(*s_client, "-showcerts", input=b"", check=False).stdout.decode()
    pem = re.search(r"-----BEGIN CERTIFICATE-----\n(.*?)-----END", text, re.S)
    assert pem, text
    import base64
    shown = base64.b64decode(pem.group(1))
    assert any(r["cert"] == shown and r["addr"] == SEEN and r["role"] in (phone_tlv.CCM, phone_tlv.CCM_TFTP) for r in ctl.records)
    assert "failed" in boot(lab, "TLS")  # it showed no certificate
    for port in (22, 2000):
        with pytest.raises(subprocess.TimeoutExpired):
            ns.run("openssl", "s_client", "-connect", f"{SEEN}:{port}", input=b"", timeout=3, check=False)


def test_behind_a_home_router():
    """Answers from the port asked pass a masquerade that would not let in any other."""
    lab = start(" tftp-reply request-port\n")
    try:
        router = lab.far("203.0.113.9")
        router.sysctl("net.ipv4.ip_forward", 1)
        router.run("nft", "add table ip home; add chain ip home post { type nat hook postrouting priority 100; }; "
                   "add rule ip home post oifname eth0 masquerade random")
        room = lab.namespace("room")
        lablib.veth(router, "room", room, "eth0")
        router.run("ip", "addr", "add", "192.168.7.1/24", "dev", "room")
        room.run("ip", "addr", "add", "192.168.7.10/24", "dev", "eth0")
        room.run("ip", "route", "add", "default", "via", "192.168.7.1")
        put(lab, MAC + ".cnf.xml", XML.format(protocol="SIP", cm=CM))
        ctl = ctl_of(lab, ns=room)
        res, data = fetch(lab, MAC + ".cnf.xml.sgn", "same=1", "blksize=1428", "windowsize=4", ns=room)
        assert res["from"] == 69 and ctl.signs_files(phone_tlv.Signed(data))
    finally:
        finish(lab)
