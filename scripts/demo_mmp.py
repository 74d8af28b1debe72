"""Mobility Advantage: a sample configuration pasted, MMP sent through openssl on both ends."""
from demo_base import Demo

import lab as lablib


class MmpDemo(Demo):
    views_at_the_end = ("show tls-proxy", "show nat", "show xlate", "show mmp", "show service-policy inspect mmp",
                        "show logging | include 725")

    def __init__(self, scenario, batch):
        super().__init__(batch)
        self.scenario = scenario
        self.server = "10.1.1.2" if scenario == 1 else "172.16.27.41"
        self.lab = lablib.Lab(inside_lo=(self.server + "/32",))
        self.lab.pki.self_signed("cuma", "cuma.example.com")

    def paste(self):
        pki = self.lab.pki
        p12, cert = pki.pkcs12("cuma", "sample_passphrase"), pki.pem_body("cuma.crt")
        if self.scenario == 1:
            route = lablib.ROUTE_TO_CUMA
            text = lablib.SCENARIO_1.format(pkcs12=p12, cert=cert)
        else:
            route = "route inside 172.16.27.0 255.255.255.0 10.0.0.254 1\n"
            text = (lablib.scenario_2(p12, cert) + "access-list outside_in extended permit tcp any host 172.16.27.41 eq 5443\n"
                    "access-group outside_in in interface outside\n")
        self.paste_text(lablib.BASE + route + text)

    def connect(self):
        self.tls_server = lablib.TlsServer(self.lab, addr=self.server)
        self.con.cmd("debug mmp")
        self.con.cmd("capture wire interface outside match tcp any any eq 5443")
        self.con.cmd("capture clear type tls-proxy interface outside")
        self.client = lablib.TlsClient(self.lab)
        self.client.send(lablib.OPEN)
        assert self.tls_server.expect(len(lablib.OPEN)) == lablib.OPEN
        self.tls_server.send(lablib.CREATED)
        assert self.client.expect(len(lablib.CREATED)) == lablib.CREATED

    def upload(self):
        self.client.send(lablib.UPLOAD)
        assert self.tls_server.expect(len(lablib.UPLOAD)) == lablib.UPLOAD

    def arp(self):
        text = self.lab.outside.run("ip", "neigh", "show", "192.0.2.140").stdout.decode()
        assert "lladdr" in text, "nobody answered ARP for 192.0.2.140"

    def no_kernel_address(self):
        for dev in ("bA", "bB"):
            text = self.lab.box.run("ip", "-o", "addr", "show", "dev", dev).stdout.decode()
            assert "inet" not in text, f"{dev} has a kernel address"

    def views(self):
        self.show("show tls-proxy session detail", "show conn", "show mmp")
        for cmd, want in (("show tls-proxy session", "cuma_proxy"), ("show conn", "UIOB"), ("show mmp", "ABCD_1234"),
                          ("show logging", "725002"), ("show xlate", "192.0.2.140"), ("show service-policy", "Inspect: mmp"),
                          ("show capture clear", "packets captured"), ("show access-list", "hitcnt=")):
            if self.scenario == 2 and cmd == "show xlate":
                want = "192.0.2.183"
            self.contains(cmd, want)

    def goodbye(self):
        self.client.proc.stdin.close()
        self.client.proc.wait(20)
        lablib.wait_for("no session left", lambda: "0 in use" in self.con.cmd("show tls-proxy session count"))

    def malformed(self):
        bad = lablib.TlsClient(self.lab)
        bad.send(b"GET / HTTP/1.1\r\n\r\n")
        bad.proc.wait(20)
        lablib.wait_for("no session left", lambda: "0 in use" in self.con.cmd("show tls-proxy session count"))
        text = self.con.cmd("show service-policy inspect mmp")
        assert "reset-drop 1," in text, text

    def steps(self):
        return [("the appliance starts in its lab", self.start),
                (f"base and scenario {self.scenario} are pasted on its console, nothing refused", self.paste),
                ("MMP session opens: openssl s_client -> appliance -> openssl s_server", self.connect),
                ("an HTTP upload passes byte for byte", self.upload),
                ("the appliance answers ARP for 192.0.2.140", self.arp),
                ("no port has a kernel address", self.no_kernel_address),
                ("session, connection, log, capture show it", self.views),
                ("the session ends cleanly", self.goodbye),
                ("a client that does not speak MMP is cut off and counted", self.malformed),
                ("write memory", self.write)]

    def what_else(self):
        return ("\nAnother client, from another terminal as root:"
                f"\n    nsenter -t {self.lab.outside.holder.pid} -n openssl s_client -connect 192.0.2.140:5443")
