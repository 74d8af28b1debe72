"""The lab: an appliance between an outside and an inside namespace, driven on its console.

      client 192.0.2.10 [outside] oA --veth-- bA [box] bB --veth-- iB [inside] server 10.0.0.254, 10.1.1.2

The appliance's ports bA and bB have no kernel address. Namespaces are held by processes of ours, so the same code works as
root and inside `unshare -Urn`. Everything is ended by its own process id.
"""
import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import tty

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEADLINE = float(os.environ.get("VOXGATE_DEADLINE", "60"))

# Programs of others speak English here, ask no agent for keys and go through nobody's proxy, whoever has started us.
os.environ["LC_ALL"] = "C.UTF-8"
for name in [k for k in os.environ if k.lower().endswith("_proxy") or k == "SSH_AUTH_SOCK"]:
    del os.environ[name]


def voxgate_bin():
    for p in (os.environ.get("VOXGATE_BIN"), ROOT + "/build/release/voxgate", ROOT + "/build/debug/voxgate"):
        if p and os.path.exists(p):
            return p
    raise RuntimeError("voxgate is not built: scripts/build release")


def wait_for(what, cond, deadline=None):
    """Polls until cond() is true; what it waits for is in the failure."""
    end = time.monotonic() + (deadline or DEADLINE)
    while True:
        value = cond()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("timed out waiting for " + what)
        time.sleep(0.02)


class Namespace:
    """A network namespace alive as long as its holder process."""

    def __init__(self, name):
        self.name = name
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        try:
            self._up()
        except BaseException:
            self.close()
            raise

    def _up(self):
        mine = os.readlink("/proc/self/ns/net")
        wait_for("namespace " + self.name, lambda: self._ns() not in (None, mine))
        self.run("ip", "link", "set", "lo", "up")
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)

    def _ns(self):
        try:
            return os.readlink(f"/proc/{self.holder.pid}/ns/net")
        except OSError:
            return None

    def cmd(self, *argv):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *argv]

    def run(self, *argv, check=True, timeout=60, **kw):
        return subprocess.run(self.cmd(*argv), check=check, timeout=timeout, capture_output=True, **kw)

    def popen(self, *argv, **kw):
        return subprocess.Popen(self.cmd(*argv), **kw)

    def sysctl(self, key, value):
        self.run("sh", "-c", f"echo {value} > /proc/sys/{key.replace('.', '/')}", check=False)

    def close(self):
        end(self.holder)


def end(proc, timeout=10):
    """Ends a process of ours by its own id."""
    if proc is None or proc.poll() is not None:
        return
    proc.terminate()
    try:
        proc.wait(timeout)
    except subprocess.TimeoutExpired:
        proc.kill()
        proc.wait()


def veth(a, a_name, b, b_name):
    a.run("ip", "link", "add", a_name, "type", "veth", "peer", "name", b_name, "netns", str(b.holder.pid))
    a.run("ip", "link", "set", a_name, "up")
    b.run("ip", "link", "set", b_name, "up")


PROMPT = re.compile(rb"(?:^|\n)([A-Za-z0-9._/-]+(?:\([a-z0-9-]+\))?[>#] )$")
DONE = re.compile(PROMPT.pattern[:-1] + rb"(?=\n|\Z)")  # log lines may stand behind the prompt by the time it is read


class Ended(AssertionError):
    """The console's other end is gone."""


class Console:
    """A console that is a pair of pipes, or of descriptors of ours: writes lines, reads up to prompts."""

    def __init__(self, rfd, wfd, log=None):
        self.rfd, self.wfd, self.log, self.buf = rfd, wfd, log, b""
        os.set_blocking(rfd, False)

    def _fill(self, wait):
        r, _, _ = select.select([self.rfd], [], [], wait)
        if not r:
            return False
        try:
            data = os.read(self.rfd, 1 << 16)
        except BlockingIOError:
            return False
        if not data:
            raise Ended("the appliance ended: " + self.buf.decode(errors="replace")[-2000:])
        self.buf += data
        if self.log:
            self.log.write(data.decode(errors="replace"))
            self.log.flush()
        return True

    def until(self, pattern, deadline=None):
        """Reads up to the pattern; returns what came before it, which is in self.last."""
        end_at = time.monotonic() + (deadline or DEADLINE)
        pattern = re.compile(pattern) if isinstance(pattern, bytes) else pattern
        while True:
            m = pattern.search(self.buf)
            if m:
                text = self.buf[: m.start()].decode(errors="replace")
                self.last = self.buf[m.start(): m.end()].decode(errors="replace")
                self.buf = self.buf[m.end():]
                return text
            if time.monotonic() > end_at:
                raise AssertionError("console: no " + repr(pattern.pattern) + ", only " + repr(self.buf[-1500:]))
            self._fill(0.1)

    def send(self, line):
        """Types lines; what the console prints meanwhile is read, so that neither side waits for the other."""
        data = line.encode() + b"\n"
        while data:
            r, w, _ = select.select([self.rfd], [self.wfd], [], DEADLINE)
            assert r or w, "console: takes no input"
            if r:
                self._fill(0)
            if w:
                data = data[os.write(self.wfd, data[:4096]):]

    def cmd(self, line, deadline=None):
        """Types a line, returns what it printed. A pipe's console writes the line it read: output starts behind it."""
        self.send(line)
        self.until(re.escape(line.encode()) + rb"\n", deadline)
        self.buf = b"\n" + self.buf
        return self.until(DONE, deadline).lstrip("\n")

    def answer(self, line, question, reply, deadline=None):
        """A line whose command asks; returns question and answer's output."""
        self.send(line)
        text = self.until(question, deadline)
        return text + self.last + self.cmd(reply, deadline)

    def paste(self, text, deadline=None):
        """Pastes many lines at once; returns everything printed up to a marker behind them."""
        self.send(text.rstrip("\n"))
        self.send("show clock")
        out = self.until(rb"\d\d:\d\d:\d\d\.\d+ [^\n]*\n", deadline)
        self.buf = b"\n" + self.buf
        self.until(PROMPT, deadline)
        return out


ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\r")


class SerialConsole(Console):
    """The end of a serial line (--console pty:LINK): the appliance edits and echoes as on a terminal."""

    def __init__(self, link, log=None):
        wait_for("the serial line", lambda: os.path.islink(link))
        self.fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)
        super().__init__(self.fd, self.fd, log)

    def _fill(self, wait):
        got = super()._fill(wait)
        self.buf = ESCAPES.sub(b"", self.buf)
        return got

    def cmd(self, line, deadline=None):
        self.send(line)
        self.until(rb"\n", deadline)
        self.buf = b"\n" + self.buf
        return self.until(PROMPT, deadline).lstrip("\n")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(p) for p in f.read().split()]


def worker_threads():
    """Of the dataplane and the proxy, who share one where there is one core."""
    kind = os.environ.get("VOXGATE_THREADS") or "auto"
    joint = kind == "joint" or (kind == "auto" and len(os.sched_getaffinity(0)) == 1)
    return {"vg-dataplane"} if joint else {"vg-dataplane", "vg-proxy"}


class Appliance:
    """voxgate run in a namespace: the guard is our child, the appliance the guard's."""

    def __init__(self, box, ports, flash, glue=None, workers=1, log=None, console="stdio", stderr=None, threads=None, more=()):
        argv = [voxgate_bin(), "run", "--flash", flash, "--console", console, "--workers", str(workers), *more]
        threads = threads or os.environ.get("VOXGATE_THREADS")
        if threads:
            argv += ["--threads", threads]
        for iface, dev in ports:
            argv += ["--port", f"{iface}=afpacket:{dev}"]
        if glue:
            argv += ["--glue", glue]
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", TERM="dumb")
        self.stderr_file = stderr or tempfile.TemporaryFile()
        self.proc = subprocess.Popen(box.cmd(*argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=self.stderr_file, env=env, bufsize=0)
        try:
            self.console = self._console(console, log)
        except BaseException:
            end(self.proc)
            raise

    def _console(self, kind, log):
        if kind == "stdio":
            return Console(self.proc.stdout.fileno(), self.proc.stdin.fileno(), log)
        line = SerialConsole(kind.partition(":")[2], log)
        line.send("")
        return line

    def enable(self, password=""):
        """Privileged mode; what was printed before the first prompt is in the console's greeting."""
        con = self.console
        con.greeting = con.until(PROMPT)
        con.send("enable")
        con.until(rb"Password: ")
        con.send(password)
        con.until(PROMPT)
        return con

    def child(self):
        """The appliance's process id."""
        return wait_for("the appliance's process", lambda: children(self.proc.pid))[0]

    def fds(self):
        return len(os.listdir(f"/proc/{self.child()}/fd"))

    def cpu_ns(self):
        """CPU time of all threads so far."""
        total, pid = 0, self.child()
        for tid in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{tid}/schedstat") as f:  # threads come and go
                total += int(f.read().split()[0])
        return total

    def stderr(self):
        self.stderr_file.seek(0)
        return self.stderr_file.read().decode(errors="replace")

    def close(self):
        """Ends the appliance, a console on pipes by the end of its input; its exit code (sanitizers make it non-zero)."""
        if isinstance(self.console, SerialConsole):
            end(self.proc, 60)
            os.close(self.console.fd)
        if self.proc.poll() is None:
            try:
                self.proc.stdin.close()
                os.set_blocking(self.proc.stdout.fileno(), True)
                while os.read(self.proc.stdout.fileno(), 1 << 16):
                    pass
                self.proc.wait(60)
            except (OSError, subprocess.TimeoutExpired):
                end(self.proc)
        self.proc.stdout.close()
        return self.proc.returncode


def openssl(*argv, cwd=None, **kw):
    return subprocess.run(["openssl", *argv], check=True, cwd=cwd, capture_output=True, **kw)


class Keys:
    """RSA keys, made once for all labs of this process: to make them takes longer than what is done with them."""

    def __init__(self):
        self.dir, self.made = None, set()

    def path(self, bits, n):
        """The nth one of that size."""
        if not self.dir:
            self.dir = tempfile.TemporaryDirectory(prefix="voxgate-keys-")
        path = os.path.join(self.dir.name, f"{bits}-{n}.key")
        if path not in self.made:
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", "-out", path)
            self.made.add(path)
        return path


KEYS = Keys()


class Pki:
    """Certificates of the lab, made fresh with openssl; no two in a lab share a key."""

    def __init__(self, folder):
        self.dir, self.nkeys = folder, 0

    def path(self, name):
        return os.path.join(self.dir, name)

    def new_key(self, name, bits=2048):
        shutil.copy(KEYS.path(bits, self.nkeys), self.path(name + ".key"))
        self.nkeys += 1

    def self_signed(self, name, cn, bits=2048, days=3650, extra=()):
        self.new_key(name, bits)
        openssl("req", "-x509", "-key", f"{name}.key", "-out", f"{name}.crt", "-days", str(days), "-subj", f"/CN={cn}/O=Example",
                "-addext", f"subjectAltName=DNS:{cn}", *extra, cwd=self.dir)

    def pkcs12(self, name, passphrase, legacy=False):
        openssl("pkcs12", "-export", "-inkey", f"{name}.key", "-in", f"{name}.crt", "-out", f"{name}.p12", "-passout",
                f"pass:{passphrase}", *(["-legacy"] if legacy else []), cwd=self.dir)
        return self.base64(f"{name}.p12")

    def base64(self, name):
        return subprocess.run(["openssl", "base64", "-in", name], cwd=self.dir, check=True,
                              capture_output=True).stdout.decode()

    def pem_body(self, name):
        with open(self.path(name)) as f:
            return "".join(line for line in f if not line.startswith("-----"))


PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")


class Peer:
    """A program of peers/ in a namespace: says "up" when it is ready, then talks line by line."""

    def __init__(self, lab, ns, name, *args):
        self.proc = lab.spawn(ns, sys.executable, f"{PEERS}/{name}.py", *map(str, args), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, bufsize=0)
        self.out = os.fdopen(os.dup(self.proc.stdout.fileno()), "rb", 0)
        self.buf = b""
        self.line("up")

    def line(self, pattern, deadline=None):
        """The next line, which must match."""
        end_at = time.monotonic() + (deadline or 2 * DEADLINE)
        while b"\n" not in self.buf:
            left = end_at - time.monotonic()
            assert left > 0 and select.select([self.out], [], [], left)[0], f"peer: no {pattern}, only {self.buf}"
            data = self.out.read(1 << 16)
            assert data, f"peer ended before {pattern}: {self.buf}"
            self.buf += data
        got, self.buf = self.buf.split(b"\n", 1)
        m = re.fullmatch(pattern, got.decode())
        assert m, f"peer said {got!r} instead of {pattern}"
        return m

    def ask(self, line, pattern, deadline=None):
        self.proc.stdin.write(line.encode() + b"\n")
        return self.line(pattern, deadline)


class Tap(Peer):
    """What passes a device, a line each (peers/tap.py says how); works inside a user namespace, where tcpdump does not."""

    def __init__(self, lab, ns, dev):
        super().__init__(lab, ns, "tap", dev)
        self.text = ""

    def read(self):
        while select.select([self.out], [], [], 0)[0] and (data := self.out.read(1 << 16)):
            self.buf += data
        whole, nl, self.buf = self.buf.rpartition(b"\n")
        self.text += (whole + nl).decode()
        return self.text

    def expect(self, pattern, deadline=None):
        """Waits for a line; returns the match."""
        try:
            return wait_for(f"{pattern} on the wire", lambda: re.search(pattern, self.read()), deadline)
        except AssertionError as e:
            raise AssertionError(f"{e}, only\n{self.text[-3000:]}") from None


def record(lab, ns, dev, path, expr):
    """Captures to a file until it is ended; a capture program of others."""
    p = lab.spawn(ns, "dumpcap", "-q", "-P", "-i", dev, "-f", expr, "-w", path, stderr=subprocess.DEVNULL)
    wait_for("dumpcap", lambda: os.path.exists(path) and os.path.getsize(path) >= 24)
    return p


# Labs that nobody has closed yet. conftest.py ends those whose fixture or test did not get so far.
LABS = []


class Lab:
    """Namespaces, wires, certificates, and an appliance when asked for. owner: the fixture that ends it, once it has begun."""

    def __init__(self, outside=("192.0.2.10/24", "192.0.2.254/24"), inside=("10.0.0.254/24", "10.0.0.53/24"),
                 inside_lo=("10.1.1.2/32",), out_gw="192.0.2.1", in_gw="10.0.0.1"):
        self.dir = tempfile.mkdtemp(prefix="voxgate-lab-")
        self.pki = Pki(self.dir)
        self.procs, self.app, self.ports, self.extra, self.owner = [], None, [], [], None
        LABS.append(self)
        self.outside, self.box, self.inside = map(self.namespace, ("outside", "box", "inside"))
        self.wire(self.outside, "oA", "bA", outside)
        self.wire(self.inside, "iB", "bB", inside)
        for a in inside_lo:
            self.inside.run("ip", "addr", "add", a, "dev", "lo")
        self.outside.run("ip", "route", "add", "default", "via", out_gw)
        self.inside.run("ip", "route", "add", "default", "via", in_gw)

    def wire(self, ns, dev, port, addrs=()):
        """A wire from a namespace to the appliance's next port."""
        veth(ns, dev, self.box, port)
        for a in addrs:
            ns.run("ip", "addr", "add", a, "dev", dev)
        self.ports.append((f"GigabitEthernet0/{len(self.ports)}", port))

    def namespace(self, name):
        self.extra.append(Namespace(name))
        return self.extra[-1]

    def flash(self):
        p = os.path.join(self.dir, "flash")
        os.makedirs(p, mode=0o700, exist_ok=True)
        return p

    def run(self, **kw):
        """Starts the appliance; its console is as it came up."""
        self.app = Appliance(self.box, self.ports, self.flash(), **kw)
        return self.app

    def start(self, password="", **kw):
        return self.run(**kw).enable(password)

    def stop(self):
        """Ends the appliance; a sanitizer's report is a failure of the caller."""
        app, self.app = self.app, None
        rc = app.close()
        assert rc == 0, f"the appliance ended with {rc}: {app.stderr()[-4000:]}"

    def spawn(self, ns, *argv, **kw):
        p = ns.popen(*argv, **kw)
        self.procs.append(p)
        return p

    def close(self):
        rc = self.app.close() if self.app else 0
        text = self.app.stderr() if self.app else ""
        for p in reversed(self.procs):
            end(p)
        for ns in self.extra:
            ns.close()
        shutil.rmtree(self.dir, ignore_errors=True)
        if self in LABS:
            LABS.remove(self)
        return rc, text


PORTS = """\
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 192.0.2.1 255.255.255.0
 no shutdown
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.0.0.1 255.255.255.0
 no shutdown
"""
BASE = """\
hostname ciscoasa
domain-name example.com
enable password cisco123
username admin password cisco123 privilege 15
""" + PORTS + """\
route outside 0.0.0.0 0.0.0.0 192.0.2.254 1
dns domain-lookup inside
dns server-group DefaultDNS
 name-server 10.0.0.53
 domain-name example.com
clock timezone UTC 0
ntp server 10.0.0.123 source inside
crypto key generate rsa modulus 1024
aaa authentication ssh console LOCAL
ssh 10.0.0.0 255.255.255.0 inside
ssh timeout 30
console timeout 0
logging enable
logging timestamp
logging list loglist message 711001
logging list loglist message 725001-725014
logging list loglist message 717001-717038
logging buffer-size 1000000
logging buffered loglist
logging debug-trace
"""

ROUTE_TO_CUMA = "route inside 10.1.1.0 255.255.255.0 10.0.0.254 1\n"

SCENARIO_1 = """\
object network obj-10.1.1.2-01
 host 10.1.1.2
 nat (inside,outside) static 192.0.2.140
access-list outside_in extended permit tcp any host 10.1.1.2 eq 5443
access-group outside_in in interface outside
crypto ca import cuma_proxy pkcs12 sample_passphrase
{pkcs12}quit
! CUMA server's self-signed certificate, to authenticate the server leg
crypto ca trustpoint cuma_server
 enrollment terminal
crypto ca authenticate cuma_server
{cert}quit
yes
tls-proxy cuma_proxy
 server trust-point cuma_proxy
 no server authenticate-client
 client cipher-suite aes128-sha1 aes256-sha1
class-map cuma_proxy
 match port tcp eq 5443
policy-map global_policy
 class cuma_proxy
  inspect mmp tls-proxy cuma_proxy
service-policy global_policy global
"""

# Scenario 2: TLS proxy behind a corporate firewall, outside PAT. The sample draws both sides in one /24; the lab uses
# disjoint networks, as its note advises.
SCENARIO_2_NAT = """\
object network obj-172.16.27.41-01
 host 172.16.27.41
 nat (inside,outside) static 192.0.2.140
object network obj-0.0.0.0-01
 subnet 0.0.0.0 0.0.0.0
 nat (outside,inside) dynamic 192.0.2.183
"""


def scenario_2(pkcs12, cert):
    body = SCENARIO_1.split("access-group outside_in in interface outside\n", 1)[1]
    return SCENARIO_2_NAT + body.format(pkcs12=pkcs12, cert=cert)


class TlsServer:
    """openssl s_server behind the appliance; what it reads and says goes through pipes."""

    def __init__(self, lab, addr="10.1.1.2", port=5443, name="cuma", extra=()):
        self.proc = lab.spawn(lab.inside, "openssl", "s_server", "-accept", f"{addr}:{port}", "-key", lab.pki.path(name + ".key"),
                              "-cert", lab.pki.path(name + ".crt"), "-quiet", "-naccept", "1000",
                              "-cipher", "DEFAULT:@SECLEVEL=0", *extra,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        os.set_blocking(self.proc.stdout.fileno(), False)
        self.buf = b""
        wait_for("s_server", lambda: f":{port} " in lab.inside.run("ss", "-ltn").stdout.decode() + " ")

    def expect(self, n):
        """The first n bytes that come out of the tunnel."""
        def read():
            data = self.proc.stdout.read()
            if data:
                self.buf += data
            return len(self.buf) >= n
        wait_for(f"{n} bytes at the server (has {self.buf!r})", read)
        out, self.buf = self.buf[:n], self.buf[n:]
        return out

    def send(self, data):
        self.proc.stdin.write(data)


class TlsClient(TlsServer):
    def __init__(self, lab, target="192.0.2.140:5443", extra=("-cipher", "AES128-SHA:@SECLEVEL=0", "-tls1_2")):
        self.proc = lab.spawn(lab.outside, "openssl", "s_client", "-connect", target, "-quiet", "-servername",
                              "cuma.example.com", "-no_ign_eof", "-nocommands", *extra, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, bufsize=0)
        os.set_blocking(self.proc.stdout.fileno(), False)
        self.buf = b""


OPEN = b"OLWP-2.0\r\n\r\n"
CREATED = b"OLWP-2.0\r\nsession-id: ABCD_1234\r\nstatus: 201\r\n\r\n"
UPLOAD = b"content-type: http/1.1\r\ncontent-length: 40\r\n\r\n" + b"GET /contacts HTTP/1.1\r\nHost: cuma\r\n\r\n!!"[:40].ljust(40, b"!")
