#!/usr/bin/env python3
"""Mobility Advantage in the lab: pastes a sample configuration, sends MMP through openssl on both ends, shows the operator's view."""
import argparse
import os
import select
import subprocess
import sys
import termios
import tty

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
        """The operator's view, for who watches."""
        for c in commands if not self.batch else ():
            print(f"\nciscoasa# {c}\n{self.con.cmd(c).rstrip()}")

    # ---- steps ----
    def start(self):
        """Whoever watches gets a console with line editing at the end: a serial line. A transcript is easier on a pipe."""
        if self.batch:
            self.con = self.lab.start()
            return
        self.con = self.lab.start(console=f"pty:{self.lab.dir}/console")
        self.con.cmd("terminal pager 0")

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
        self.con.log = None if self.batch else sys.stdout
        out = self.con.paste("configure terminal\n" + lablib.BASE + route + text + "end")
        self.con.log = None
        print("" if self.batch else "\n", end="")
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
        self.show("show tls-proxy session detail", "show conn", "show mmp")
        for cmd, want in (("show tls-proxy session", "cuma_proxy"), ("show conn", "UIOB"), ("show mmp", "ABCD_1234"),
                          ("show logging", "725002"), ("show xlate", "192.0.2.140"), ("show service-policy", "inspect mmp".replace("inspect ", "Inspect: ")),
                          ("show capture clear", "packets captured"), ("show access-list", "hitcnt=")):
            if self.scenario == 2 and cmd == "show xlate":
                want = "192.0.2.183"
            text = self.con.cmd(cmd)
            assert want in text, f"{cmd} shows no {want!r}: {text[:300]}"

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
                 ("the session ends cleanly", self.goodbye),
                 ("a client that does not speak MMP is cut off and counted", self.malformed),
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
        self.show("show tls-proxy", "show nat", "show xlate", "show mmp", "show service-policy inspect mmp",
                  "show logging | include 725")
        self.con.cmd("terminal pager 24")
        print("\nAnother client, from another terminal as root:"
              f"\n    nsenter -t {self.lab.outside.holder.pid} -n openssl s_client -connect 192.0.2.140:5443"
              "\nYou are on the appliance's console, in privileged mode. Ctrl-] ends the lab.\n", flush=True)
        self.con.send("")
        interact(self.con.fd)


def copy(src, dst):
    """Carries what is there; false at the end."""
    try:
        data = os.read(src, 4096)
    except OSError:
        return False
    leave = b"\x1d" in data
    os.write(dst, data.split(b"\x1d")[0])
    return bool(data) and not leave


def interact(fd):
    """The user's terminal, or lines on standard input, and the serial line, until Ctrl-] or the end of either."""
    saved = termios.tcgetattr(0) if os.isatty(0) else None
    if saved:
        tty.setraw(0)
    try:
        while True:
            ready = select.select([0, fd], [], [])[0]
            if fd in ready and not copy(fd, 1):
                return
            if 0 in ready and not copy(0, fd):
                break
        while select.select([fd], [], [], 1)[0] and copy(fd, 1):
            pass
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
        print()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--scenario", type=int, choices=(1, 2), default=1)
    ap.add_argument("--batch", action="store_true")
    o = ap.parse_args()
    sys.exit(Demo(o.scenario, o.batch).run())


main()
