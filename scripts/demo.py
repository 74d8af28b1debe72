#!/usr/bin/env python3
"""Mobility Advantage in the lab: pastes a sample configuration, sends MMP through openssl on both ends, shows the operator's view."""
import argparse
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import lab as lablib  # noqa: E402


class Demo:
    def __init__(self, scenario, batch):
        self.scenario, self.batch, self.failed, self.n = scenario, batch, 0, 0
        self.server = "10.1.1.2" if scenario == 1 else "172.16.27.41"
        self.lab = lablib.Lab(inside_lo=(self.server + "/32",))
        self.lab.pki.self_signed("cuma", "cuma.example.com")
        self.con = None

    def step(self, words, fn):
        self.n += 1
        try:
            result = fn()
            ok = result is not False
            why = ""
        except (AssertionError, subprocess.SubprocessError, OSError) as e:
            ok, why = False, f": {e}"
        self.failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {self.n:2} {words}{why}", flush=True)
        return ok

    def show(self, *commands):
        for c in commands:
            text = self.con.cmd(c)
            if not self.batch:
                print(f"ciscoasa# {c}\n{text}")

    # ---- steps ----
    def start(self):
        self.con = self.lab.start()

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
        out = self.con.paste("configure terminal\n" + lablib.BASE + route + text + "end")
        errors = [line for line in out.splitlines() if line.startswith("ERROR")]
        assert not errors, "refused: " + "; ".join(errors)

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
        for cmd, want in (("show tls-proxy session", "cuma_proxy"), ("show conn", "UIOB"), ("show mmp", "ABCD_1234"),
                          ("show logging", "725002"), ("show xlate", "192.0.2.140"), ("show service-policy", "inspect mmp".replace("inspect ", "Inspect: ")),
                          ("show capture clear", "packets captured"), ("show access-list", "hitcnt=")):
            if self.scenario == 2 and cmd == "show xlate":
                want = "192.0.2.183"
            text = self.con.cmd(cmd)
            assert want in text, f"{cmd} shows no {want!r}: {text[:300]}"

    def malformed(self):
        bad = lablib.TlsClient(self.lab)
        bad.send(b"GET / HTTP/1.1\r\n\r\n")
        bad.proc.wait(20)
        lablib.wait_for("one session left", lambda: "1 in use" in self.con.cmd("show tls-proxy session count"))

    def goodbye(self):
        self.client.proc.stdin.close()
        self.client.proc.wait(20)
        lablib.wait_for("no session left", lambda: "0 in use" in self.con.cmd("show tls-proxy session count"))

    def write(self):
        text = self.con.cmd("write memory")
        assert "[OK]" in text, text

    def run(self):
        steps = [("the appliance starts in its lab", self.start),
                 (f"base and scenario {self.scenario} are pasted on its console, nothing refused", self.paste),
                 ("MMP session opens: openssl s_client -> appliance -> openssl s_server", self.connect),
                 ("an HTTP upload passes byte for byte", self.upload),
                 ("the appliance answers ARP for 192.0.2.140", self.arp),
                 ("no port has a kernel address", self.no_kernel_address),
                 ("session, connection, log, capture show it", self.views),
                 ("a client that does not speak MMP is cut off", self.malformed),
                 ("the session ends cleanly", self.goodbye),
                 ("write memory", self.write)]
        for words, fn in steps:
            if not self.step(words, fn):
                break
        if not self.batch and not self.failed:
            self.operator()
        rc, text = self.lab.close()
        if self.batch:
            self.step("the appliance stops and leaves nothing behind", lambda: rc == 0 or (_ for _ in ()).throw(
                AssertionError(f"exit code {rc} {text[-2000:]}")))
        print(f"{self.n - self.failed} passed, {self.failed} failed")
        return 1 if self.failed else 0

    def operator(self):
        """The operator's view, then the operator himself."""
        self.show("show tls-proxy", "show nat", "show logging | include 725")
        print("You are on the appliance's console; exit or end of input ends the lab.\n")
        threading.Thread(target=self.pump_out, daemon=True).start()
        print("ciscoasa# ", end="", flush=True)
        for line in sys.stdin:
            self.con.send(line.rstrip("\n"))
            if self.lab.app.proc.poll() is not None:
                break

    def pump_out(self):
        fd = self.lab.app.proc.stdout.fileno()
        os.set_blocking(fd, True)
        while True:
            data = os.read(fd, 65536)
            if not data:
                return
            sys.stdout.write(data.decode(errors="replace"))
            sys.stdout.flush()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--scenario", type=int, choices=(1, 2), default=1)
    ap.add_argument("--batch", action="store_true")
    o = ap.parse_args()
    sys.exit(Demo(o.scenario, o.batch).run())


main()
