"""The lab of calls: a phone outside that speaks TLS and SRTP only, a call manager and a phone inside that speak neither.

      baresip 192.0.2.10 [outside] --- appliance --- [inside] Kamailio 10.0.0.20
                                                        |
                                                     [desk0] baresip 10.2.0.10

Kamailio stands for the call manager: UDP and TCP 5060, registrar and proxy. The phones play a known recording to each other.
"""
import os
import re
import struct
import subprocess
import time

import lab as lablib

RATE = 8000
CM, CM_OUTSIDE = "10.0.0.20", "192.0.2.20"
MTA_INSIDE, MTA_OUTSIDE = "10.0.0.25", "192.0.2.25"
PHONE = "192.0.2.10"

KAMAILIO = """\
#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:{addr}:5060
listen=tcp:{addr}:5060
{listen}
tcp_connection_lifetime=3605
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "nathelper.so"
loadmodule "xlog.so"
{modules}
modparam("jsonrpcs", "transport", 0)
modparam("usrloc", "db_mode", 0)
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
modparam("registrar", "max_expires", 120)
modparam("registrar", "min_expires", 5)
modparam("registrar", "method_filtering", 0)

request_route {{
        if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
        if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
        if (has_totag()) {{
                if (loose_route() || is_method("ACK")) {{
                        if (is_method("ACK") && !t_check_trans() && !loose_route()) {{ t_relay(); exit; }}
                        t_relay();
                        exit;
                }}
                t_relay();
                exit;
        }}
        if (is_method("REGISTER")) {{
                fix_nated_register();
                save("location");
                exit;
        }}
        t_check_trans();
        if (is_method("INVITE|SUBSCRIBE|REFER")) record_route();
        if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
        t_relay();
}}
"""

# Both ends of its TLS show certificates; whose are believed is in tls-ca.pem.
KAMAILIO_TLS = ("enable_tls=yes\nlisten=tls:{addr}:5061", """\
loadmodule "tls.so"
modparam("tls", "config", "{dir}/tls.cfg")""")
TLS_CFG = """\
[server:default]
method = TLSv1.2
verify_certificate = yes
require_certificate = yes
private_key = {dir}/{cert}.key
certificate = {dir}/{cert}.crt
ca_list = {dir}/tls-ca.pem
[client:default]
method = TLSv1.2
verify_certificate = yes
require_certificate = yes
private_key = {dir}/{cert}.key
certificate = {dir}/{cert}.crt
ca_list = {dir}/tls-ca.pem
"""

BARESIP = """\
poll_method epoll
sip_listen {addr}:{port}
sip_trans_bsize 128
call_local_timeout 30
call_max_calls 4
audio_path /usr/share/baresip
audio_player aubridge,x
audio_source aufile,{dir}/tone.wav
audio_alert aubridge,y
audio_level no
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_tos 184
rtp_ports 10000-20000
rtcp_mux no
jitter_buffer_delay 5-10
rtp_stats no
snd_path {dir}
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module aufile.so
module sndfile.so
module aubridge.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
{extra}
"""


RECORDINGS = {}


def recording(path, seconds, seed):
    """Noise with a character of its own: any 20 ms of it are found in one place only. Made once."""
    if seed not in RECORDINGS:
        make_recording(path, seconds, seed)
        with open(path, "rb") as f:
            RECORDINGS[seed] = f.read()
    with open(path, "wb") as f:
        f.write(RECORDINGS[seed])


def make_recording(path, seconds, seed):
    subprocess.run(["sox", "-R", "-n", "-r", str(RATE), "-c", "1", "-b", "16", path, "synth", str(seconds), "brownnoise" if seed else
                    "pinknoise", "synth", "sine", "fmod", str(300 + 200 * seed), "gain", "-6"], check=True, capture_output=True)


class Phone:
    """A baresip in a namespace: its console says what happens."""

    def __init__(self, lab, ns, user, addr, account, seed, extra="", port=5060, name=None):
        self.lab, self.ns, self.user, self.addr = lab, ns, user, addr
        self.since = 0
        lab.phones.append(self)
        self.dir = os.path.join(lab.dir, "phone-" + (name or user))
        os.makedirs(self.dir)
        recording(self.path("tone.wav"), 60, seed)
        with open(self.path("config"), "w") as f:
            f.write(BARESIP.format(addr=addr, port=port, dir=self.dir, extra=extra))
        with open(self.path("accounts"), "w") as f:
            f.write(account + "\n")
        self.log = open(self.path("log"), "wb+")
        self.proc = lab.spawn(ns, "baresip", "-f", self.dir, "-s", stdin=subprocess.PIPE, stdout=self.log, stderr=self.log,
                              cwd=self.dir, bufsize=0)

    def kill(self):
        """At once: a phone that lost its call manager takes its time to say good-bye."""
        self.proc.kill()
        self.proc.wait()

    def path(self, name):
        return os.path.join(self.dir, name)

    def text(self):
        with open(self.path("log"), "rb") as f:
            f.seek(self.since)
            return f.read().decode(errors="replace")

    def forget(self):
        """What it has said and heard so far is no matter any more."""
        self.since = os.path.getsize(self.path("log"))
        for name in os.listdir(self.dir):
            if name.startswith("dump-"):
                os.remove(self.path(name))

    def expect(self, pattern, deadline=None, what=None):
        try:
            return lablib.wait_for(what or f"{self.user}: {pattern}", lambda: re.search(pattern, self.text()), deadline)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.text()[-3000:]}") from None

    def registered(self):
        self.expect(r"200 OK|All \d+ useragents? registered successfully", what=f"{self.user} to register")

    def keys(self, text):
        """Types on its console."""
        self.proc.stdin.write(text.encode())

    def dial(self, uri):
        self.keys(f"/dial {uri}\n")

    def hangup(self):
        self.keys("/hangup\n")

    def heard(self):
        """What it has played, of the newest call: samples."""
        names = sorted(n for n in os.listdir(self.dir) if n.endswith("-dec.wav"))
        return samples(self.path(names[-1])) if names else b""


def samples(path):
    """16-bit samples of a wave file, also of one that is still being written."""
    with open(path, "rb") as f:
        data = f.read()
    at = data.find(b"data")
    return data[at + 8:] if at > 0 else b""


def encode(s):
    """ITU-T G.711, mu-law."""
    sign, s = (0x80, -s) if s < 0 else (0, s)
    s = min(s, 32635) + 132
    exponent = max(s.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | s >> exponent + 3 & 15) & 0xFF


def ulaw(pcm):
    return bytes(encode(s) for (s,) in struct.iter_unpack("<h", pcm))


def datagrams(path):
    """UDP datagrams of a capture file, whole ones only: source, its port, destination, its port, payload."""
    with open(path, "rb") as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + n]
        at += 16 + n
        if len(frame) < n or frame[12:14] != b"\x08\0" or frame[23] != 17:
            continue
        ip = frame[14:14 + struct.unpack_from(">H", frame, 16)[0]]
        udp = ip[(ip[0] & 15) * 4:]
        sport, dport = struct.unpack_from(">HH", udp)
        yield ".".join(map(str, ip[12:16])), sport, ".".join(map(str, ip[16:20])), dport, udp[8:]


def rtp_payloads(path, src, pt=0):
    """Payloads of the RTP packets from an address in a capture file, by sequence number."""
    found = {}
    for a, _, _, _, p in datagrams(path):
        if a == src and len(p) > 12 and p[0] == 0x80 and p[1] & 0x7F == pt:
            found[struct.unpack_from(">H", p, 2)[0]] = p[12:]
    return found


def in_order(payloads):
    """Their concatenation; the sequence may wrap but must have no hole."""
    first = next(n for n in payloads if (n - 1) % 65536 not in payloads)
    out, n = [], first
    while n in payloads:
        out.append(payloads[n])
        n = (n + 1) % 65536
    assert len(out) == len(payloads), f"holes: {len(out)} of {len(payloads)} are in one row"
    return b"".join(out)


FRAME = 160  # bytes of G.711 in 20 ms


def heard_exactly(pcm, sent):
    """
    How many frames of a recording are, bit for bit and in order, frames of what was sent. Both zeroes of G.711 sound alike. On a busy machine
    the ear's jitter buffer may skip some, or repeat one: that is nobody's fault as long as they are few.
    """
    heard, sent = (cut(x.replace(b"\x7f", b"\xff")) for x in (ulaw(pcm), sent))
    assert heard, "nothing was heard"
    place = {frame: i for i, frame in enumerate(sent)}
    rows = [place.get(frame) for frame in heard]
    assert rows[0] is not None, "the first frame heard was never sent"
    n = rows.index(None) if None in rows else len(rows)
    assert n == len(rows) or rows[n - 1] >= len(sent) - 2, f"frame {n} of {len(rows)} was never sent"  # what is behind the end is not known
    rows = rows[:n]
    assert all(a <= b for a, b in zip(rows, rows[1:])), f"out of order: {rows}"
    skipped = rows[-1] - rows[0] + 1 - len(set(rows))
    assert skipped <= n // 5, f"{skipped} frames were not heard, {n} were"
    return n


def cut(audio):
    """Its whole frames."""
    return [audio[i:i + FRAME] for i in range(0, len(audio) - FRAME + 1, FRAME)]


INSIDE_CM = """\
object network obj-cm
 host 10.0.0.20
 nat (inside,outside) static 192.0.2.20
access-list outside_in extended permit tcp any host 10.0.0.20 eq {port}
access-group outside_in in interface outside
"""
# What the appliance shows, and who issued the phones' certificates.
IDENTITY = """\
crypto ca import phones_see pkcs12 sample_passphrase
{pkcs12}quit
crypto ca trustpoint phone_issuer
 enrollment terminal
crypto ca authenticate phone_issuer
{issuer}quit
yes
"""
CONFIG = INSIDE_CM.format(port=5061) + "route inside 10.2.0.0 255.255.0.0 10.0.0.254 1\n" + IDENTITY + """\
tls-proxy phone_tls
 server trust-point phones_see
media-termination mta
 address 10.0.0.25 interface inside
 address 192.0.2.25 interface outside
phone-proxy remote_phones
 media-termination mta
 tls-proxy phone_tls
 endpoint any
class-map secure_sip
 match port tcp eq 5061
policy-map phones
 class secure_sip
  inspect sip phone-proxy remote_phones
service-policy phones interface outside
"""


class SipLab(lablib.Lab):
    def __init__(self):
        super().__init__(inside_lo=(CM + "/32",))
        self.inside.sysctl("net.ipv4.ip_forward", 1)
        self.desks, self.fars, self.phones = [], [], []
        self.certificates()

    def desk(self):
        """A namespace for one more phone inside, behind the router there; its address."""
        n = len(self.desks)
        ns, addr, gw = self.namespace(f"desk{n}"), f"10.2.{n}.10", f"10.2.{n}.1"
        lablib.veth(self.inside, f"iD{n}", ns, "eth0")
        self.inside.run("ip", "addr", "add", gw + "/24", "dev", f"iD{n}")
        ns.run("ip", "addr", "add", addr + "/24", "dev", "eth0")
        ns.run("ip", "route", "add", "default", "via", gw)
        self.desks.append(ns)
        return ns, addr

    def certificates(self):
        """One the appliance shows, and one of the phone, issued by a CA of its own."""
        p = self.pki
        p.self_signed("shown", CM_OUTSIDE)
        p.self_signed("issuer", "Phones CA", extra=("-addext", "keyUsage=critical,keyCertSign,cRLSign"))
        self.issue("phone1001", "1001")

    def issue(self, name, cn, days=3650, ca="issuer"):
        p = self.pki
        p.new_key(name)
        lablib.openssl("req", "-new", "-key", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={cn}", cwd=p.dir)
        lablib.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", ca + ".crt", "-CAkey", ca + ".key", "-CAcreateserial", "-days",
                       str(days), "-out", f"{name}.crt", cwd=p.dir)
        with open(p.path(name + ".pem"), "w") as f:
            for part in (".key", ".crt"):
                with open(p.path(name + part)) as g:
                    f.write(g.read())

    def config(self):
        return CONFIG.format(pkcs12=self.pki.pkcs12("shown", "sample_passphrase"), issuer=self.pki.pem_body("issuer.crt"))

    def call_manager(self, ns=None, addr=CM, cert=None, trusts=()):
        """
        Kamailio inside, or in another namespace; its log is cm_text(). With a certificate it speaks TLS too, to whoever shows
        one that `trusts` (files) vouch for.
        """
        listen, modules = KAMAILIO_TLS if cert else ("disable_tls=yes", "")
        ns, path = ns or self.inside, os.path.join(self.dir, "kamailio.cfg")
        with open(path, "w") as f:
            f.write(KAMAILIO.format(addr=addr, listen=listen.format(addr=addr), modules=modules.format(dir=self.dir)))
        with open(os.path.join(self.dir, "tls.cfg"), "w") as f:
            f.write(TLS_CFG.format(dir=self.dir, cert=cert))
        with open(os.path.join(self.dir, "tls-ca.pem"), "w") as f:
            for name in trusts:
                with open(self.pki.path(name)) as g:
                    f.write(g.read())
        self.cm_log = open(os.path.join(self.dir, "kamailio.log"), "wb+")
        run = os.path.join(self.dir, "kamailio-run")
        os.makedirs(run, exist_ok=True)
        self.cm = self.spawn(ns, "kamailio", "-f", path, "-DD", "-E", "-m", "64", "-M", "8", "-Y", run, "-w", run,
                             stdout=self.cm_log, stderr=self.cm_log)
        lablib.wait_for("kamailio", lambda: f"{addr}:{5061 if cert else 5060}" in ns.run("ss", "-ltn").stdout.decode())
        return self.cm

    def plain_phone(self, ns, user, addr, server=CM, transport="udp", answer="auto", seed=None, regint=60,
                    **kw):
        """A phone that knows neither TLS nor SRTP."""
        return Phone(self, ns, user, addr, f"<sip:{user}@{server};transport={transport}>;outbound=\"sip:{server}:5060;"
                     f"transport={transport}\";regint={regint};answermode={answer};audio_codecs=PCMU/8000/1",
                     int(user[-1]) if seed is None else seed, **kw)

    def close(self):
        for p in self.phones:
            p.kill()
        return super().close()

    def cm_text(self):
        with open(os.path.join(self.dir, "kamailio.log"), "rb") as f:
            return f.read().decode(errors="replace")

    def desk_phone(self, user="2001", **kw):
        ns, addr = self.desk()
        return self.plain_phone(ns, user, addr, **kw)

    def far(self, addr="198.51.100.10"):
        """A namespace outside, behind the router there, that the appliance reaches by its default route."""
        n, gw = len(self.fars), addr.rsplit(".", 1)[0] + ".1"
        ns = self.namespace(f"far{n}")
        self.outside.sysctl("net.ipv4.ip_forward", 1)
        lablib.veth(self.outside, f"oF{n}", ns, "eth0")
        self.outside.run("ip", "addr", "add", gw + "/24", "dev", f"oF{n}")
        ns.run("ip", "addr", "add", addr + "/24", "dev", "eth0")
        ns.run("ip", "route", "add", "default", "via", gw)
        self.fars.append(ns)
        return ns

    def rooms(self, addr="203.0.113.9", n=1):
        """Networks behind a router outside that has one address and lets in only answers; a namespace with a phone's address in each."""
        router = self.far(addr)
        router.sysctl("net.ipv4.ip_forward", 1)
        router.run("nft", "add table ip home; add chain ip home post { type nat hook postrouting priority 100; }; "
                   "add rule ip home post oifname eth0 masquerade random")
        made = []
        for i in range(n):
            room = self.namespace(f"room{i}")
            lablib.veth(router, f"room{i}", room, "eth0")
            router.run("ip", "addr", "add", f"192.168.{i}.1/24", "dev", f"room{i}")
            room.run("ip", "addr", "add", f"192.168.{i}.10/24", "dev", "eth0")
            room.run("ip", "route", "add", "default", "via", f"192.168.{i}.1")
            made.append(room)
        return made

    def remote_phone(self, user="1001", target=CM_OUTSIDE, ns=None, addr=PHONE, cert=None, seed=0, media="srtp-mand", answer="auto",
                     regint=60, **kw):
        """A phone that speaks TLS and SRTP only, shows its certificate and trusts the appliance's."""
        extra = (f"sip_certificate {self.pki.path((cert or 'phone' + user) + '.pem')}\n"
                 f"sip_cafile {self.pki.path('shown.crt')}\n")
        return Phone(self, ns or self.outside, user, addr, f"<sip:{user}@{target};transport=tls>;outbound=\"sip:{target}:5061;"
                     f"transport=tls\";regint={regint};mediaenc={media};answermode={answer};audio_codecs=PCMU/8000/1",
                     seed, extra=extra + kw.pop("extra", ""), **kw)


def tshark_payloads(path, port, src):
    """G.711 that tshark decodes from an address in a capture file, by sequence number; port: either end's, to be read as RTP."""
    out = subprocess.run(["tshark", "-r", path, "-d", f"udp.port=={port},rtp", "-Y", f"rtp && ip.src == {src}", "-T", "fields", "-e",
                          "rtp.seq", "-e", "rtp.p_type", "-e", "rtp.payload"], check=True, capture_output=True, text=True,
                         env=dict(os.environ, HOME=os.path.dirname(path))).stdout  # nobody's preferences
    rows = [line.split("\t") for line in out.splitlines()]
    assert rows and all(kind == "0" for _, kind, _ in rows), f"tshark finds {len(rows)} packets from {src}, not all of G.711"
    return {int(seq): bytes.fromhex(p.replace(":", "")) for seq, _, p in rows}


def held(con):
    """What calls take of the appliance, by name: connections, pinholes, relays, ports, calls, phones, translations, memory."""
    memory = con.cmd("show memory detail")
    rows = re.findall(r"(?m)^  (\w[\w ]+?) +(\d+) in use", memory)
    rows += re.findall(r"(?m)^(media session|sip call|secure phone|srtp context|xlate|pinhole) +\d+ +(\d+) ", memory)
    rows += re.findall(r"(?m)^(\w[\w ]+?) +(\d+) +\d+ +(?:\d+|N/A) +\d+ System$", con.cmd("show resource usage all"))
    found = {name: int(n) for name, n in rows}
    found["conns"] = int(re.match(r"(\d+) in use", con.cmd("show conn count")).group(1))
    found["xlates"] = int(re.match(r"(\d+) in use", con.cmd("show xlate count")).group(1))
    found["relays"] = int(re.match(r"(\d+) in use", con.cmd("show phone-proxy media-sessions")).group(1))
    found["calls"] = int(re.search(r"Total: (\d+)", con.cmd("show sip")).group(1))
    found["phones"] = int(re.search(r"(\d+) in use", con.cmd("show phone-proxy secure-phones")).group(1))
    return found


def idle(con):
    """No call, no relay."""
    return "0 in use" in con.cmd("show phone-proxy media-sessions") and "Total: 0" in con.cmd("show sip")


class Call:
    """A call from the remote phone to a desk phone, with the audio of both on record."""

    def __init__(self, lab, phone, desk, uri=None):
        self.lab, self.phone, self.desk = lab, phone, desk
        self.pcap = os.path.join(lab.dir, f"call-{desk.user}.pcap")
        if os.path.exists(self.pcap):  # an earlier call's: the recorder is ready when its own file is there
            os.unlink(self.pcap)
        self.rec = lablib.record(lab, desk.ns, "eth0", self.pcap, "udp portrange 10000-40000")
        phone.dial(uri or f"sip:{desk.user}@{CM_OUTSIDE}")
        phone.expect("Call established")

    def packets(self):
        """RTP packets to the desk phone so far."""
        return len(rtp_payloads(self.pcap, MTA_INSIDE))

    def talk(self, seconds=3):
        """Both sides are heard for a while."""
        want = self.packets() + seconds * 50
        lablib.wait_for(f"{want} packets", lambda: self.packets() >= want, 4 * lablib.DEADLINE)

    def hold(self):
        """Holds it; returns when the other side has agreed and nothing is said any more."""
        seen = self.phone.text().count("200 OK")
        self.phone.keys("/hold\n")
        lablib.wait_for("the hold", lambda: self.phone.text().count("200 OK") > seen)
        lablib.wait_for("silence", self.silent)

    def silent(self):
        """The recorder writes once a second at the latest."""
        before = self.packets()
        time.sleep(1.5)
        return self.packets() == before

    def resume(self):
        self.phone.keys("/resume\n")
        self.talk(2)

    def end(self):
        self.phone.hangup()
        self.desk.expect("terminated|closed")
        lablib.end(self.rec)

    def check_audio(self):
        """What reached either ear is what the other side said, bit for bit. Returns frames (20 ms) heard at the desk, at the phone."""
        to_desk, from_desk = (in_order(rtp_payloads(self.pcap, a)) for a in (MTA_INSIDE, self.desk.addr))
        said = ulaw(samples(self.phone.path("tone.wav")))
        at = said.find(to_desk)
        assert at >= 0, "the desk phone was sent other audio than the remote phone said"
        return len(to_desk) // FRAME, heard_exactly(self.phone.heard(), from_desk)
