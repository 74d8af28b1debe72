"""The Debian package: built, installed, run as its service is, started again, purged; all in a scratch root.

The scratch root is an overlay on this machine's own, so that the package's dependencies are there without any download.
What starts the service there is a stand-in for systemd that reads the unit: user, capabilities, directories, commands.
"""
import os
import re
import shlex
import subprocess

import pytest

from lab import PROMPT, ROOT, Namespace, SerialConsole, end, veth, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a package is installed by root")

class ScratchRoot:
    """/ with a writable layer that is thrown away, as the root of a mount namespace. (No chroot: the kernel refuses
    user namespaces to processes in one.)"""

    def __init__(self, tmp):
        script = f"""set -e
            mount -t tmpfs tmpfs {tmp}
            cd {tmp}
            mkdir up work root
            mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root
            cd root
            mount --rbind /dev dev
            mount -t tmpfs tmpfs run
            mount -t proc proc proc
            pivot_root . mnt
            umount -l mnt
            touch /run/ready
            exec sleep infinity"""
        self.holder = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdin=subprocess.DEVNULL)
        wait_for("the scratch root", lambda: os.path.exists(self.path("/run/ready")))

    def cmd(self, *argv):
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", *argv]

    def run(self, *argv, check=True):
        p = subprocess.run(self.cmd(*argv), capture_output=True, text=True, timeout=300)
        assert not check or p.returncode == 0, (argv, p.stdout, p.stderr)
        return p

    def write(self, path, data):
        data = data if isinstance(data, bytes) else data.encode()
        subprocess.run(self.cmd("tee", path), input=data, check=True, stdout=subprocess.DEVNULL, timeout=60)

    def path(self, path):
        """A file in it as we reach it from outside."""
        return f"/proc/{self.holder.pid}/root{path}"

    def has(self, path):
        return self.run("test", "-e", path, check=False).returncode == 0

    def close(self):
        end(self.holder)


class Service:
    """What the unit says, done as systemd would."""

    def __init__(self, root, ns):
        self.root, self.ns = root, ns
        self.unit = dict(re.findall(r"^(\w+)=(.*)$", root.run("cat", "/lib/systemd/system/voxgate.service").stdout, re.M))
        self.proc = None

    def start(self):
        u, run = self.unit, "/run/" + self.unit["RuntimeDirectory"]
        caps = ",".join("+" + c[4:].lower() for c in u["AmbientCapabilities"].split())
        assert u["CapabilityBoundingSet"] == u["AmbientCapabilities"] and u["NoNewPrivileges"] == "yes"
        self.root.run("install", "-d", "-o", u["User"], "-g", u["Group"], "-m", u["RuntimeDirectoryMode"], run)
        subprocess.run(self.ns.cmd(*self.root.cmd(*shlex.split(u["ExecStartPre"].lstrip("+")))), check=True, timeout=60)
        self.proc = subprocess.Popen(
            self.ns.cmd(*self.root.cmd("setpriv", "--reuid", u["User"], "--regid", u["Group"], "--clear-groups",
                                       "--inh-caps=-all," + caps, "--ambient-caps=-all," + caps,
                                       "--bounding-set=-all," + caps, "--no-new-privs", *shlex.split(u["ExecStart"]))),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_for("the service's console", lambda: self.root.has(run + "/console") or self.proc.poll() is not None)
        assert self.proc.poll() is None, self.proc.stdout.read()
        con = SerialConsole(self.root.path(run + "/console"))
        con.send("")
        con.until(PROMPT)
        con.answer("enable", rb"Password: ", "")
        return con

    def stop(self):
        end(self.proc, 60)
        assert self.proc.returncode == 0, self.proc.stdout.read()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    p = subprocess.run([ROOT + "/scripts/package", str(tmp_path_factory.mktemp("deb"))], capture_output=True, text=True,
                       timeout=1500)
    assert p.returncode == 0, p.stderr[-2000:]
    return p.stdout.strip()


@pytest.fixture
def root(tmp_path):
    r = ScratchRoot(tmp_path)
    yield r
    r.close()


def package_in(root, package):
    with open(package, "rb") as f:
        root.write("/tmp/voxgate.deb", f.read())
    return "/tmp/voxgate.deb"


@pytest.fixture
def devices():
    """Two namespaces, the box's with eth7 and eth8, both down, as a machine has them after its start."""
    box, far = Namespace("box"), Namespace("far")
    for n in (7, 8):
        veth(far, f"far{n}", box, f"eth{n}")
        box.run("ip", "link", "set", f"eth{n}", "down")
    yield box, far
    for ns in (box, far):
        ns.close()


def test_installed_the_service_runs_and_purged_it_is_gone(package, root, devices):
    box, far = devices
    root.run("dpkg", "-i", package_in(root, package))
    assert root.run("stat", "-c", "%U:%G %a", "/var/lib/voxgate").stdout.split() == ["voxgate:voxgate", "700"]
    assert root.run("voxgate", "--version").stdout.startswith("voxgate ")
    root.write("/etc/voxgate/ports", "GigabitEthernet0/0 eth7  # outside\nGigabitEthernet0/1 eth8\n")
    service = Service(root, box)

    con = service.start()
    assert "Hardware is afpacket:eth7, " in con.cmd("show interface g0/0")
    con.paste("configure terminal\nhostname first\ninterface g0/0\nnameif outside\nno shutdown\n"
              "ip address 192.0.2.1 255.255.255.0\nend\nwrite memory\n")
    far.run("ip", "addr", "add", "192.0.2.9/24", "dev", "far7")
    far.run("ping", "-c", "1", "-W", "20", "192.0.2.1")
    service.stop()

    con = service.start()
    assert "hostname first" in con.cmd("show running-config hostname")
    assert "Hardware is afpacket:eth8, " in con.cmd("show interface g0/1")
    wait_for("an answer", lambda: far.run("ping", "-c", "1", "-W", "5", "192.0.2.1", check=False).returncode == 0)
    service.stop()

    root.run("dpkg", "-r", "voxgate")
    assert not root.has("/usr/sbin/voxgate")
    assert root.has("/var/lib/voxgate/startup-config") and root.has("/etc/voxgate/ports")
    root.run("dpkg", "-P", "voxgate")
    for path in ("/var/lib/voxgate", "/etc/voxgate", "/usr/share/doc/voxgate", "/lib/systemd/system/voxgate.service"):
        assert not root.has(path), path
    assert root.run("getent", "passwd", "voxgate", check=False).returncode != 0


def test_an_upgrade_keeps_what_the_operator_wrote(package, root):
    deb = package_in(root, package)
    root.run("dpkg", "-i", deb)
    root.write("/etc/voxgate/ports", "GigabitEthernet0/0 eth7\n")
    root.write("/var/lib/voxgate/startup-config", "hostname kept\n")
    root.run("dpkg", "-i", "--force-confdef", deb)
    assert root.run("cat", "/etc/voxgate/ports").stdout == "GigabitEthernet0/0 eth7\n"
    assert root.run("cat", "/var/lib/voxgate/startup-config").stdout == "hostname kept\n"


def test_manual_pages_render(package, root):
    root.run("dpkg", "-i", package_in(root, package))
    page = root.run("env", "MANWIDTH=100", "man", "5", "voxgate.conf")
    assert "ctl-file" in page.stdout and "show phone-proxy" in page.stdout
    assert "voxgate run" in root.run("env", "MANWIDTH=100", "man", "8", "voxgate").stdout
