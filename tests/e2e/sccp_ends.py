"""What tests and demo of SCCP calls share: work that goes on meanwhile, media of either kind, what others make of a recording."""
import contextlib
import os
import struct
import subprocess
import threading

import srtp_peer


@contextlib.contextmanager
def background(work, *args):
    """Lets work go on meanwhile; what it returned, or raised, comes out of done()."""
    out = {}

    def run():
        try:
            out["value"] = work(*args)
        except BaseException as e:  # noqa: B902 - it is raised where it is waited for
            out["error"] = e

    def done():
        t.join(90)
        assert not t.is_alive(), f"{work.__name__} is still under way"
        if "error" in out:
            raise out["error"]
        return out["value"]

    t = threading.Thread(target=run, daemon=True)
    t.start()
    yield done
    t.join(90)


def payload(seed, n):
    return bytes((seed * 31 + n * 7 + i) & 0xFF for i in range(160))


class Media:
    """A phone's end of a stream: SRTP where it was given keys, else RTP."""

    def __init__(self, phone, party, seed):
        s = phone.streams[party]
        self.sock, self.remote, self.seed = phone.media, s.remote, seed
        self.out, self.into = (half[0] and srtp_peer.Srtp(half[0][1], 4 if half[0][0] == 1 else 10) for half in (s.send, s.receive))

    def say(self, n):
        """A packet; its payload."""
        said = payload(self.seed, n)
        at = n, n * 160, said
        packet = self.out.seal(self.seed, *at) if self.out else srtp_peer.rtp(n, n * 160, self.seed, said)
        self.sock.sendto(packet, self.remote)
        return said

    def hear(self):
        packet = self.sock.recv(2048)
        return self.into.open(packet)[2] if self.into else packet[12:]


def talk(a, b, count, first=0):
    """Whatever is said is heard, bit for bit, before the next is."""
    for n in range(first, first + count):
        for mouth, ear in ((a, b), (b, a)):
            said = mouth.say(n)
            assert ear.hear() == said, f"packet {n} differs"


def warm(*pairs):
    """Neighbours are known before the first packet: none waits, none overtakes."""
    for ns, addr in pairs:
        ns.run("ping", "-c", "1", "-W", "10", addr)


def tshark(path, show, *fields):
    argv = ["tshark", "-r", path, "-d", "tcp.port==2000,skinny", "-d", "udp.port==20000,rtp", "-Y", show]
    for f in fields:
        argv += ["-e", f]
    env = dict(os.environ, HOME=os.path.dirname(path))  # nobody's preferences: it crashes where it may not read them
    return subprocess.run(argv + (["-T", "fields"] if fields else []), check=True, capture_output=True, text=True, env=env).stdout.splitlines()


def recorded(path, version, kind, length, count):
    """Have so many frames of a kind come to the file? The recorder writes in bursts."""
    with open(path, "rb") as f:
        return f.read().count(struct.pack("<III", length, version, kind)) >= count
