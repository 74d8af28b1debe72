"""What becomes of booted phones: they are reset, live behind a home router, are several at several proxy workers, ask who is to be trusted."""
import re
import ssl
import struct
import threading

import lab as lablib
import phonelab
import siplab
from conftest import paste, sessions
from peers import sccp
from phonelab import CM, NAME, SEEN
from sccp_ends import Media, talk, warm

ROUTER = "203.0.113.9"
OTHER = "SEP00112233DD22"


def nonsecure(made, text=phonelab.NONSECURE, **kw):
    lab = made(text, CM, **kw)
    lab.tftp_server()
    return lab


def test_the_call_manager_resets_phones(made):
    """Restart: it registers again at once. Reset in mid-call: it boots again; the call's relay ends with its silence, the next call is heard."""
    text = phonelab.NONSECURE.replace("policy-map pp_policy", "policy-map type inspect skinny brief\n parameters\n  timeout media 0:00:10\n"
                                      "policy-map pp_policy", 1).replace("inspect skinny phone-proxy", "inspect skinny brief phone-proxy")
    lab = nonsecure(made, text)
    lab.configuration()
    cm = lab.call_manager()
    phone = lab.phone()
    phone.boot()
    b = lab.register(cm, lab.desk_phone())
    line = lab.line(phone)
    for how in (2, 1):
        a = lab.register(cm, line)
        warm((lab.outside, siplab.MTA_OUTSIDE), (lab.inside, siplab.MTA_INSIDE))
        pa, pb = cm.connect(a, b, lab.serve)
        talk(Media(line, pa, 1), Media(lab.of[b], pb, 2), 20)
        if how == 2:
            lab.hang_up(cm, (a, pa), (b, pb))
        a.c.write(sccp.RESET, struct.pack("<I", how), a.version)
        kind, body = line.frame()
        assert kind == sccp.RESET and body.u32() == how
        line.c.close()
        assert a.c.read() is None
        a.c.close()
        lablib.wait_for("the session to end", lambda: sessions(lab.con) == 0)
        if how == 1:
            lab.hang_up(cm, (b, pb))
            phone.boot()
        lablib.wait_for("the relay to go", lab.idle, 90)
        line = lab.line(phone, media=line.media)
    lab.call(cm, lab.register(cm, line), b, 20)


def home(lab):
    """A router outside that hides a room."""
    router, room = lab.far(ROUTER), lab.namespace("room")
    router.sysctl("net.ipv4.ip_forward", 1)
    router.run("nft", "add table ip home; add chain ip home post { type nat hook postrouting priority 100; }; "
               "add rule ip home post oifname eth0 masquerade random")
    lablib.veth(router, "room", room, "eth0")
    router.run("ip", "addr", "add", "192.168.7.1/24", "dev", "room")
    room.run("ip", "addr", "add", "192.168.7.10/24", "dev", "eth0")
    room.run("ip", "route", "add", "default", "via", "192.168.7.1")
    return room


def test_two_phones_behind_a_home_router(made):
    """Nothing is forwarded there: files come from the port asked, media is learned. Both are known, each makes its call."""
    lab = nonsecure(made, phonelab.NONSECURE.replace(" ctl-file myctl\nclass", " ctl-file myctl\n tftp-reply request-port\nclass"))
    lab.issue("other", "CP-7962G-" + OTHER, ca="cisco_mfg_ca")
    room, cm = home(lab), lab.call_manager()
    b = lab.register(cm, lab.desk_phone())
    for name, cert, port in ((NAME, "sep", 20000), (OTHER, "other", 20010)):
        lab.configuration(name=name)
        phone = lab.phone(ns=room, name=name, cert=cert, manner=("same=1",))
        phone.boot()
        media = phonelab.srtp_peer.udp(room, "192.168.7.10", port)
        a = lab.register(cm, lab.line(phone, media=media))
        assert a.address == ROUTER, "the call manager was told the phone's address at home"
        lab.call(cm, a, b, 20, room)
    rows = lab.con.cmd("show phone-proxy secure-phones")
    assert len(re.findall(rf"outside +{re.escape(ROUTER)} ", rows)) == 2, rows


def test_a_phone_is_one_workers(made):
    """Files from one server, signalling with another, at three proxy workers: each phone is listed once, its boot is one story."""
    text = phonelab.SEPARATE + phonelab.TLS + phonelab.MEDIA + phonelab.PHONE_PROXY.format(tftp="10.0.0.24") + phonelab.POLICY
    lab = made(text, CM, "10.0.0.24", workers=3)
    lab.tftp_server("10.0.0.24")
    cm = lab.call_manager()
    for i in range(5):
        name, ns = f"SEP0011223344{i:02X}", lab.far(f"198.51.{100 + i}.10")
        lab.issue(f"of{i}", "CP-7962G-" + name, ca="cisco_mfg_ca")
        lab.configuration(name=name)
        phone = lab.phone(tftp="192.0.2.24", ns=ns, name=name, cert=f"of{i}")
        phone.boot()
        lab.register(cm, lab.line(phone, ns=ns, addr=f"198.51.{100 + i}.10"))
        steps = lab.boot_steps(name)
        assert all(" ok " in steps[s] for s in ("CTL", "Config file", "TLS", "Register")), steps
        assert lab.con.cmd(f"show phone-proxy secure-phones {name} detail").count("CTL") >= 1
    rows = re.findall(r"0011\.2233\.44[0-9a-f]{2}", lab.con.cmd("show phone-proxy secure-phones"))
    assert len(rows) == len(set(rows)) == 5, rows


# ---- trust verification, TCP 2445 ----


class Verifier:
    """Whatever it is asked about is valid: role 1, for an hour."""

    def __init__(self, door, ctx):
        self.door, self.ctx, self.asked = door, ctx, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        raw, at = self.door.accept()
        raw.settimeout(60)
        with self.ctx.wrap_socket(raw, server_side=True) as sock:
            head = exactly(sock, 10)
            magic, version, command, _, session, n = struct.unpack(">BBBBIH", head)
            body = exactly(sock, n)
            self.asked.append((at[0], magic, version, command, body))
            answer = b"\x07\0\1\0" + b"\x08\0\1\1" + b"\x09\0\4" + struct.pack(">I", 3600)
            sock.sendall(struct.pack(">BBBBIH", 0x57, 1, 2, 0, session, len(answer)) + answer)


def exactly(sock, n):
    data = b""
    while len(data) < n:
        got = sock.recv(n - len(data))
        assert got, f"the end behind {data!r}"
        data += got
    return data


def test_trust_verification_passes(made):
    """The file names the service where phones find it; there it is as the access-list says, looked into by nobody."""
    text = phonelab.NONSECURE.replace("access-group pp", "access-list pp extended permit tcp any host 10.0.0.26 eq 2445\naccess-group pp", 1)
    lab = nonsecure(made, text)
    lab.configuration(more="<TVS><members><member priority=\"0\"><port>2445</port><address>10.0.0.26</address></member></members></TVS>")
    lab.pki.self_signed("tvs", "TVS")
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(lab.pki.path("tvs.crt"), lab.pki.path("tvs.key"))
    door = lab.door(CM, 2445)
    service = Verifier(door, ctx)
    phone = lab.phone()
    phone.boot()
    assert phone.fetch(f"ITL{NAME}.tlv") is None and phone.fetch("ITLFile.tlv") is None
    assert f"<address>{SEEN}</address>" in phone.config and "<port>2445</port>" in phone.config
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own.check_hostname = False
    own.load_verify_locations(lab.pki.path("tvs.crt"))
    with own.wrap_socket(phone.dial(SEEN, 2445)) as sock:
        name = b"\0CP-7962G-" + NAME.encode() + b"\0"
        body = b"\x01" + struct.pack(">H", len(name)) + name
        sock.sendall(struct.pack(">BBBBIH", 0x57, 1, 1, 0, 77, len(body)) + body)
        assert struct.unpack(">BBBBIH", exactly(sock, 10)) == (0x57, 1, 2, 0, 77, 15)
        assert exactly(sock, 15)[3] == 0, "not valid"
    assert service.asked == [(siplab.PHONE, 0x57, 1, 1, body)]


# ---- what the samples add to their deployments (8.1), as it stands; the phone proxy is taken out of use the way they say ----

OUT_OF_USE = """\
no service-policy pp_policy interface outside
policy-map pp_policy
 class sec_sccp
  no inspect skinny phone-proxy mypp
 class sec_sip
  no inspect sip phone-proxy mypp
"""
ADDITIONS = """\
phone-proxy mypp
 proxy-server address 192.0.2.80 8080 interface outside
 timeout secure-phones 0:10:00
 no disable service-settings
! TFTP rate limit, 300 requests/s of 80 bytes (S2)
access-list tftpacl extended permit udp any host 10.0.0.26 eq tftp
class-map tftpclass
 match access-list tftpacl
policy-map pp_policy
 class tftpclass
  police input 192000
! who may ping the media termination address (S2)
icmp permit 198.51.100.0 255.255.255.0 echo outside
icmp deny any outside
"""
OLD_LIST = """\
ctl-file myctl
 shutdown
! reuse an existing CTL
ctl-file myctl
 cluster-ctl-file disk0:/old_ctlfile.tlv
 no shutdown
"""


def pings(ns, addr, patience=20):
    return ns.run("ping", "-c", "1", "-W", str(patience), addr, check=False).returncode == 0


def test_the_samples_additions_to_a_running_phone_proxy(made):
    lab = nonsecure(made)
    lab.configuration()
    phone = lab.phone()
    phone.boot()
    far = lab.far()
    assert pings(lab.outside, siplab.MTA_OUTSIDE) and "<webAccess>1" in phone.config and "proxyServerURL" not in phone.config
    with open(lab.flash() + "/old_ctlfile.tlv", "wb") as f:
        f.write(phone.ctl.data)  # of a cluster that happens to have the same servers
    again = phonelab.POLICY[phonelab.POLICY.index("policy-map pp_policy"):]
    paste(lab.con, OUT_OF_USE + OLD_LIST + ADDITIONS + again)
    phone.boot()  # the tokens are those it knows
    assert "<webAccess>0" in phone.config and "<proxyServerURL>192.0.2.80:8080</proxyServerURL>" in phone.config
    cm = lab.call_manager()
    a = lab.register(cm, lab.line(phone))
    assert re.search(r"0011\.2233\.4455 +0:10:00", lab.con.cmd("show phone-proxy secure-phones"))
    counted = re.search(r"(?s)class-map: tftpclass.*?conformed (\d+) packets", lab.con.cmd("show service-policy interface outside"), re.I)
    assert counted and int(counted.group(1)) >= 2, lab.con.cmd("show service-policy interface outside")
    assert not pings(lab.outside, siplab.MTA_OUTSIDE, 2) and pings(far, siplab.MTA_OUTSIDE)
    lab.con.cmd("configure terminal")
    lab.con.cmd("no icmp deny any outside")
    lab.con.cmd("no icmp permit 198.51.100.0 255.255.255.0 echo outside")
    lab.con.cmd("end")
    lab.call(cm, a, lab.register(cm, lab.desk_phone()), 20)
