"""The bench's topology and what stands in its middle.

      generator [outside] oA --veth-- bA [box: the device] bB --veth-- iB [inside] generator or server

One core for the device, another for the generators. Every device is a group of processes whose run time is taken from
/proc/PID/task/*/schedstat.
"""
import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/e2e"))
import lab  # noqa: E402

TOOLS = os.environ.get("VOXGATE_BENCH_TOOLS", os.path.join(ROOT, "build/bench"))
CORES = sorted(os.sched_getaffinity(0))
GEN_CORE, DEVICE_CORE = CORES[0], CORES[-1]
ROUNDS = int(os.environ.get("ROUNDS", "2"))
SECONDS = float(os.environ.get("SECONDS", "2"))

INTERFACES = """\
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


def line(figure, text):
    print(f"{figure:<34} {text}", flush=True)


def numbers(text):
    """NAME=NUMBER words of a generator's line."""
    return {k: float(v) for k, v in re.findall(r"(\w+)=(-?[\d.]+)", text)}


def on_core(core, start):
    """Runs start() so that the processes it makes stay on one core."""
    os.sched_setaffinity(0, {core})
    try:
        return start()
    finally:
        os.sched_setaffinity(0, set(CORES))


def go_first(value=-15):
    """This session's processes, generators and devices alike, go before other work of the machine until it ends."""
    try:
        with open("/proc/self/autogroup", "w") as f:
            f.write(str(value))
    except OSError:
        os.setpriority(os.PRIO_PROCESS, 0, value)


atexit.register(go_first, 0)


def descendants(pid):
    """A process and all below it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    parents[int(name)] = int(f.read().rpartition(")")[2].split()[1])
            except OSError:
                pass
    found = [pid]
    for p in found:
        found += [child for child, parent in parents.items() if parent == p]
    return found


def threads_cpu(pids):
    """Run time in seconds of every thread, by (thread name, thread id)."""
    out = {}
    for pid in pids:
        for tid in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{tid}/comm") as c, open(f"/proc/{pid}/task/{tid}/schedstat") as s:
                    out[c.read().strip(), int(tid)] = int(s.read().split()[0]) / 1e9
            except OSError:
                pass
    return out


def cpu_since(before, pids):
    return sum(t - before.get(who, 0) for who, t in threads_cpu(pids).items())


def rss(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("VmRSS:")) * 1024
    return total


class KernelMemory:
    """What the kernel holds for a device, by a memory control group of its own; None where that cannot be had."""

    def __init__(self, pids):
        self.dir = None
        base = "/sys/fs/cgroup/memory"
        path = f"{base}/voxgate-bench-{os.getpid()}"
        try:
            os.mkdir(path)
            self.dir = path
            for pid in pids:
                with open(path + "/cgroup.procs", "w") as f:
                    f.write(str(pid))
        except OSError:
            self.close(pids)

    def now(self):
        try:
            with open(self.dir + "/memory.kmem.usage_in_bytes") as f:
                return int(f.read())
        except (OSError, TypeError):
            return None

    def close(self, pids):
        """Gives the processes back to the root group; the group goes when they are gone from it."""
        if not self.dir:
            return
        for pid in pids:
            try:
                with open(os.path.dirname(self.dir) + "/cgroup.procs", "w") as f:
                    f.write(str(pid))
            except OSError:
                pass
        try:
            os.rmdir(self.dir)
        except OSError:
            pass
        self.dir = None


class Topology:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="voxgate-bench-")
        self.pki = lab.Pki(self.dir)
        self.outside, self.box, self.inside = (lab.Namespace(n) for n in ("outside", "box", "inside"))
        lab.veth(self.outside, "oA", self.box, "bA")
        lab.veth(self.inside, "iB", self.box, "bB")
        for ns, ifaces in ((self.outside, ["oA"]), (self.inside, ["iB"]), (self.box, ["bA", "bB"])):
            ns.run("python3", HERE + "/offload.py", *ifaces)

    def give_hosts(self, sources):
        """Kernel addresses for the ends, where sockets and not raw frames are used."""
        for i in range(sources):
            self.outside.run("ip", "addr", "add", f"192.0.2.{10 + i}/24", "dev", "oA")
        self.inside.run("ip", "addr", "add", "10.0.0.2/24", "dev", "iB")
        self.outside.run("ip", "route", "add", "default", "via", "192.0.2.1")
        self.inside.run("ip", "route", "add", "default", "via", "10.0.0.1")
        for ns in (self.outside, self.inside, self.box):
            ns.sysctl("net.ipv4.ip_local_port_range", "10000 65000")
            ns.sysctl("net.core.somaxconn", 8192)
            ns.sysctl("net.ipv4.tcp_max_syn_backlog", 8192)

    def device_addresses(self, *addresses):
        """Kernel addresses for a peer in the box, "bA 192.0.2.1/24" ...; none: the box has none."""
        for dev in ("bA", "bB"):
            self.box.run("ip", "addr", "flush", "dev", dev)
        for a in addresses:
            dev, address = a.split()
            self.box.run("ip", "addr", "add", address, "dev", dev)

    def tool(self, name, *args, timeout=60):
        """Runs a generator; its line of name=value as a dictionary of numbers."""
        argv = [f"{TOOLS}/{name}", *args]
        done = on_core(GEN_CORE, lambda: subprocess.run(argv, capture_output=True, text=True, timeout=timeout))
        found = numbers(done.stdout)
        if "dev_us" not in found:
            raise RuntimeError(f"{name} {' '.join(args)}: {done.stdout} {done.stderr}".strip())
        if done.stderr.strip():
            print("#", done.stderr.strip().splitlines()[0], file=sys.stderr)
        return found

    def losses(self):
        """Frames the kernel dropped so far, by interface."""
        out = {}
        for ns in (self.outside, self.box, self.inside):
            for row in ns.run("cat", "/proc/net/dev").stdout.decode().splitlines()[2:]:
                name, _, numbers = row.partition(":")
                if name.strip() != "lo":
                    n = numbers.split()
                    out[name.strip()] = int(n[3]) + int(n[11])
        return out

    def close(self):
        for ns in (self.outside, self.inside, self.box):
            ns.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class Nothing:
    """No process in the middle: the kernel itself forwards, on the generator's core."""
    name, pids = "kernel", ()


class Peer:
    def __init__(self, name, topo, *argv):
        self.name = name
        self.log = open(os.path.join(topo.dir, name + ".log"), "w")
        self.proc = on_core(DEVICE_CORE, lambda: topo.box.popen(*argv, stdin=subprocess.DEVNULL, stdout=self.log,
                                                                stderr=self.log))

    @property
    def pids(self):
        return descendants(self.proc.pid)

    def close(self):
        lab.end(self.proc)
        self.log.close()


def write_all(out, data):
    """An unbuffered file may take less than it is given."""
    while data:
        data = data[out.write(data):]


class Voxgate:
    """The shipped binary, configured by pasting on its console."""
    name = "voxgate"
    ports = [("GigabitEthernet0/0", "bA"), ("GigabitEthernet0/1", "bB")]

    def __init__(self, topo, config=""):
        self.flash = os.path.join(topo.dir, "flash")
        os.makedirs(self.flash, mode=0o700, exist_ok=True)
        self.app = on_core(DEVICE_CORE, lambda: lab.Appliance(topo.box, self.ports, self.flash))
        try:
            self.console = self.app.enable()
            self.configure(config)
        except BaseException:
            self.close()
            raise

    @property
    def pids(self):
        return descendants(self.app.proc.pid)

    def type(self, lines, deadline=120):
        """Pastes lines at full speed and reads all that comes back, until the device says what time it is."""
        text = (lines.rstrip("\n") + "\nshow clock\n").encode()
        threading.Thread(target=write_all, args=(self.app.proc.stdin, text), daemon=True).start()
        out = self.console.until(rb"\d\d:\d\d:\d\d\.\d+ [^\n]*\n", deadline)
        self.console.until(lab.PROMPT, deadline)
        return out

    def configure(self, lines):
        """Pastes a configuration; anything refused ends the bench."""
        out = self.type("configure terminal\n" + lines.rstrip("\n") + "\nend") if lines else ""
        bad = [line for line in out.splitlines() if line.startswith("ERROR") or "% Invalid" in line]
        if bad:
            raise RuntimeError("configuration refused: " + bad[0])

    def close(self):
        code = self.app.close()
        if code:
            text = self.app.stderr()[-2000:]
            raise RuntimeError(f"voxgate ended with {code}: {text}")
