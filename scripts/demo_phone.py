"""A phone from its box: trust list, signed configuration, TLS; then a call to a desk phone behind a call manager that knows neither."""
from demo_base import Demo

import lab as lablib
import phonelab
import siplab
from peers import boot, sccp
from sccp_ends import Media, payload, recorded, talk, tshark, warm


class PhoneDemo(Demo):
    views_at_the_end = ("show phone-proxy", f"show phone-proxy secure-phones {phonelab.NAME} detail", "show ctl-file", "show asp drop")

    def __init__(self, batch):
        super().__init__(batch)
        self.lab = phonelab.PhoneLab()
        self.inside, self.outside = (f"{self.lab.dir}/{n}.pcap" for n in ("inside", "outside"))

    def paste(self):
        self.lab.con = self.con
        self.paste_text(self.lab.paste_of(phonelab.NONSECURE))

    def cluster(self):
        self.lab.address(phonelab.CM)
        self.lab.tftp_server()
        self.lab.configuration()
        self.cm = self.lab.call_manager()
        self.recordings = [lablib.record(self.lab, self.lab.inside, "iB", self.inside, "tcp port 2000 or udp"),
                           lablib.record(self.lab, self.lab.outside, "oA", self.outside, "udp")]
        self.desk = self.lab.register(self.cm, self.lab.desk_phone())

    def refuses(self):
        p = self.lab.phone()
        fetch = p.fetch
        p.fetch = lambda name: (lambda data: data[:-1] + bytes([data[-1] ^ 1]))(fetch(name))
        try:
            p.take_ctl()
        except AssertionError as e:
            assert "none of its tokens" in str(e), e
            return self.tell(str(e))
        raise AssertionError("it was believed")

    def trust_list(self):
        self.phone = self.lab.phone()
        ctl = self.phone.take_ctl()
        self.tell(f"{len(ctl.data)} bytes, roles {[r['role'] for r in ctl.records]}, call manager at {ctl.records[-1]['addr']}")

    def configuration(self):
        self.phone.take_config()
        assert self.phone.managers == [(phonelab.SEEN, 2000)] and self.phone.secure
        mode = boot.element(self.phone.config, "deviceSecurityMode")
        self.tell(f"security mode {mode}, call manager {self.phone.managers[0][0]}, as the phone can dial it")

    def connect(self):
        self.line = self.lab.line(self.phone)
        self.tell(f"{self.line.c.sock.version()} {self.line.c.sock.cipher()[0]}")

    def register(self):
        self.remote = self.lab.register(self.cm, self.line)
        assert self.remote.address == siplab.PHONE, "the call manager was told the phone's address at home"

    def boot_views(self):
        self.show("show ctl-file", "show phone-proxy secure-phones", f"show phone-proxy secure-phones {phonelab.NAME} detail")
        steps = self.lab.boot_steps()
        for step in ("CTL", "Config file", "TLS", "Register"):
            assert " ok " in steps[step], steps[step]
        self.contains("show phone-proxy secure-phones", "0011.2233.4455")
        self.contains("show ctl-file", phonelab.SEEN)

    def call(self, first=0):
        warm((self.lab.outside, siplab.MTA_OUTSIDE), (self.lab.inside, siplab.MTA_INSIDE))
        pa, pb = self.cm.connect(self.remote, self.desk, self.lab.serve)
        self.halves = (self.remote, pa), (self.desk, pb)
        self.keys = self.line.streams[pa].send[0], self.line.streams[pa].receive[0]
        talk(Media(self.line, pa, 1), Media(self.lab.of[self.desk], pb, 2), 150, first)

    def call_views(self):
        self.show("show phone-proxy media-sessions detail", "show phone-proxy signaling-sessions detail", "show skinny", "show conn")
        self.contains("show phone-proxy media-sessions", "2 in use")
        self.contains("show phone-proxy signaling-sessions", phonelab.NAME)
        self.contains("show skinny", "MEDIA")

    def hold(self):
        self.lab.hang_up(self.cm, *self.halves)
        lablib.wait_for("silence", self.lab.idle)
        before = self.keys
        self.call(1000)
        assert not set(before) & set(self.keys), "a key was used twice"

    def hang_up(self):
        self.lab.hang_up(self.cm, *self.halves)
        lablib.wait_for("media released", self.lab.idle)
        assert "MEDIA" not in self.con.cmd("show skinny")

    def decoded(self):
        lablib.wait_for("the recording", lambda: recorded(self.inside, 17, sccp.STOP, 20, 2))
        for r in self.recordings:
            lablib.end(r)
        bad = tshark(self.inside, "_ws.malformed")
        assert not bad, bad[:3]
        kinds = {int(x, 0) for row in tshark(self.inside, "skinny", "skinny.messageId") for x in row.split(",")}
        assert {sccp.REGISTER, sccp.OPEN, sccp.START, sccp.CLOSE, sccp.STOP} <= kinds, kinds
        spoken = len(tshark(self.inside, "rtp && rtp.p_type == 0"))
        assert spoken >= 600, f"tshark finds {spoken} packets of G.711"
        self.tell(f"{len(kinds)} kinds of SCCP messages, {spoken} packets of G.711, none malformed")

    def encrypted(self):
        with open(self.outside, "rb") as f:
            wire = f.read()
        assert wire.count(b"\x80\0") >= 600, "the recording is too short"
        for seed in (1, 2):
            for n in (*range(150), *range(1000, 1150)):
                assert payload(seed, n)[:24] not in wire, "audio in the clear outside"

    def tell(self, words):
        if not self.batch:
            print("     " + words)

    def steps(self):
        return [("the appliance starts in its lab", self.start),
                ("the sample phone proxy of a nonsecure cluster is pasted on its console, nothing refused", self.paste),
                ("inside: TFTP server and call manager, a desk phone registers with it", self.cluster),
                ("a phone refuses a CTL of which a bit was turned on its way", self.refuses),
                ("a phone from its box fetches its CTL by TFTP; it is signed by one of its own tokens", self.trust_list),
                ("it fetches its configuration, signed for it by who may sign files, with addresses it can dial", self.configuration),
                ("TLS to port 2443: the certificate is in the CTL under the address that was dialled", self.connect),
                ("it registers with the call manager, which speaks plain SCCP", self.register),
                ("CTL file, secure phone and each step of the boot are shown", self.boot_views),
                ("it calls the desk phone: SRTP outside, RTP inside, bit for bit both ways", self.call),
                ("media, signalling and SCCP sessions show it", self.call_views),
                ("hold and resume: the relay goes, another comes with keys of its own", self.hold),
                ("hang-up: everything is released", self.hang_up),
                ("tshark reads the inside as SCCP and RTP, nothing malformed", self.decoded),
                ("outside no audio was in the clear", self.encrypted),
                ("write memory", self.write)]

    def what_else(self):
        return f"\nThe phone {phonelab.NAME} and the desk phone stay registered while you look around."
