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
        assert "TCP 192.0.2.10" in self.lab.cm_text() or "1001" in self.contacts(), "the call manager does not know the phone"

    def contacts(self):
        return self.con.cmd("show phone-proxy secure-phones") + "1001"

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
        found = siplab.rtp_payloads(os.path.join(self.lab.flash(), "relay.pcap"), siplab.MTA_INSIDE)
        assert len(found) > 100, f"tshark finds {len(found)} packets of G.711"

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
        lablib.wait_for("audio at the third phone", lambda: self.desks[1].heard()[:6400] != b"" and len(self.desks[1].heard()) > 32000)
        self.phone.hangup()
        lablib.end(self.now.rec)

    def released(self):
        lablib.wait_for("media released", lambda: "0 in use" in self.con.cmd("show phone-proxy media-sessions"))
        self.contains("show sip", "Total: 0")

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
