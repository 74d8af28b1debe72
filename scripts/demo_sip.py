"""A secure call: a remote phone that speaks TLS and SRTP only, a call manager and desk phones that speak neither."""
import os
import re

from demo_base import Demo

import lab as lablib
import siplab


class SipDemo(Demo):
    views_at_the_end = ("show phone-proxy", "show phone-proxy secure-phones", "show tls-proxy session detail", "show asp drop",
                        "show logging | include 725")

    def __init__(self, batch):
        super().__init__(batch)
        self.lab = siplab.SipLab()

    def paste(self):
        self.paste_text(lablib.BASE + self.lab.config())

    def register(self):
        self.lab.call_manager()
        self.desks = [self.lab.desk_phone("2001"), self.lab.desk_phone("2002")]
        self.phone = self.lab.remote_phone()
        for p in (*self.desks, self.phone):
            p.registered()
        rows = self.con.cmd("show phone-proxy secure-phones")
        assert re.search(r"(?m)^.*192\.0\.2\.10.*\b1001\b", rows), f"the appliance does not know the phone: {rows}"
        self.before = siplab.held(self.con)

    def call(self):
        self.con.cmd("capture relay interface inside match udp host 10.0.0.25 any")
        self.wire = self.lab.dir + "/outside.pcap"
        self.rec = lablib.record(self.lab, self.lab.outside, "oA", self.wire, "udp")
        self.now = siplab.Call(self.lab, self.phone, self.desks[0])
        self.now.talk(4)

    def views(self):
        self.show("show phone-proxy media-sessions detail", "show phone-proxy signaling-sessions", "show sip", "show conn")
        text = self.contains("show phone-proxy media-sessions", "2 in use")
        assert re.search(r"SRTP connection to 192\.0\.2\.10/\d+ +tx_pkts [1-9]\d* rx_pkts [1-9]\d*", text), text
        assert re.search(r"RTP connection to 10\.2\.0\.10/\d+ +tx_pkts [1-9]\d* rx_pkts [1-9]\d*", text), text
        self.contains("show sip", "Active")
        self.contains("show conn", "192.0.2.10")
        self.contains("show phone-proxy", "nonsecure")

    def capture(self):
        self.con.cmd("copy /noconfirm /pcap capture:relay disk0:relay.pcap")
        self.con.cmd("no capture relay")
        port = re.search(r"m=audio (\d+)", self.desks[0].text()).group(1)
        for ear, mouth in ((siplab.MTA_INSIDE, self.phone), (self.desks[0].addr, self.desks[0])):
            found = siplab.tshark_payloads(os.path.join(self.lab.flash(), "relay.pcap"), port, ear)
            assert len(found) > 100, f"tshark finds {len(found)} packets of G.711 from {ear}"
            said = siplab.ulaw(siplab.samples(mouth.path("tone.wav")))
            assert siplab.in_order(found) in said, f"tshark plays other audio than {mouth.user} said"

    def hold(self):
        self.now = siplab.Call(self.lab, self.phone, self.desks[0])
        self.now.talk(1)
        self.now.hold()
        self.contains("show phone-proxy media-sessions", "2 in use")
        self.now.resume()

    def audio(self):
        self.now.end()
        lablib.end(self.rec)
        to_desk, to_phone = self.now.check_audio()
        assert to_desk > 200 and to_phone > 150, (to_desk, to_phone)
        if not self.batch:
            print(f"     {to_desk} frames at the desk phone, {to_phone} at the remote phone, all bit for bit")

    def encrypted(self):
        said = siplab.ulaw(siplab.samples(self.phone.path("tone.wav")))
        with open(self.wire, "rb") as f:
            wire = f.read()
        bits = [said[i:i + 40] for i in range(0, 32000, 160)]
        assert len(wire) > 80000 and not any(b in wire for b in bits if len(set(b)) > 4), "audio in the clear outside"

    def transfer(self):
        self.desks[0].keys(f"/transfer sip:2002@{siplab.CM}\n")
        self.desks[1].expect("Call established|Incoming|call: answering")
        lablib.wait_for("audio at the third phone", lambda: len(self.desks[1].heard()) > 48000, 60)
        self.phone.hangup()
        self.desks[1].expect("terminated|session closed")
        lablib.end(self.now.rec)
        said = siplab.ulaw(siplab.samples(self.phone.path("tone.wav")))
        frames = siplab.heard_exactly(self.desks[1].heard(), said)
        assert frames > 90, f"the third phone heard {frames} frames"

    def released(self):
        """Every table is as it was before the first call."""
        def left():
            now = siplab.held(self.con)
            return {name: (n, now.get(name)) for name, n in self.before.items() if now.get(name) != n}
        try:
            lablib.wait_for("everything to be released", lambda: not left(), 60)
        except AssertionError as e:
            raise AssertionError(f"{e}: before and now {left()}") from None

    def steps(self):
        return [("the appliance starts in its lab", self.start),
                ("a phone proxy is pasted on its console, nothing refused", self.paste),
                ("phones register: baresip by TLS outside, by UDP inside, Kamailio is the call manager", self.register),
                ("the remote phone calls a desk phone", self.call),
                ("phone proxy, media, calls and connections show it", self.views),
                ("the decrypted capture plays as G.711 in tshark", self.capture),
                ("after hang-up: each heard the other bit for bit", self.audio),
                ("outside nothing was in the clear", self.encrypted),
                ("a second call: hold brings silence, resume brings audio again", self.hold),
                ("a transfer: the desk phone hands the caller on to a third phone", self.transfer),
                ("hang-up: everything is released", self.released),
                ("write memory", self.write)]

    def what_else(self):
        return "\nThe remote phone and the desk phones (1001, 2001, 2002) go on running while you look around."
