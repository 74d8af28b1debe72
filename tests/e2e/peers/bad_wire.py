"""
A wire that is bad to RTP: bad_wire.py DEVICE_A DEVICE_B hands frames from either device to the other. "bad SEED" makes it lose, repeat and delay
media from then on, "good" ends that and says what it did, for each way: seen, lost, twice, late. It says so when a packet has gone either
way behind the last that was lost: before that nobody can have missed it. Lateness is counted in packets, not in time: a late packet goes
behind one to five of those that follow it.
"""
import random
import select
import socket
import sys

KINDS = ("seen", "lost", "twice", "late")


def is_rtp(frame):
    """UDP of IPv4 that begins as RTP does; not RTCP."""
    if frame[12:14] != b"\x08\0" or frame[23] != 17:
        return False
    p = frame[14 + (frame[14] & 15) * 4 + 8:]
    return len(p) > 12 and p[0] >> 6 == 2 and not 72 <= p[1] & 0x7F <= 79


class Way:
    def __init__(self, out):
        self.out, self.held, self.bad, self.well = out, [], None, False
        self.count = dict.fromkeys(KINDS, 0)

    def begin(self, seed):
        self.bad = random.Random(seed)
        self.count = dict.fromkeys(KINDS, 0)

    def end(self):
        self.bad = None
        for _, frame in self.held:
            self.out.send(frame)
        self.held, self.well = [], False

    def __str__(self):
        return " ".join(f"{k} {self.count[k]}" for k in KINDS)

    def frame(self, frame):
        if self.bad is None or not is_rtp(frame):
            self.out.send(frame)
            self.well = self.well or is_rtp(frame)
            return
        self.count["seen"] += 1
        self.media(frame, self.bad.random())
        self.held = [(n - 1, f) for n, f in self.held]
        for _, f in (x for x in self.held if x[0] < 0):
            self.out.send(f)
        self.held = [x for x in self.held if x[0] >= 0]

    def media(self, frame, dice):
        if dice < 0.05:
            self.count["lost"] += 1
        elif dice < 0.15:
            self.count["late"] += 1
            self.held.append((self.bad.randrange(1, 6), frame))
        else:
            self.out.send(frame)
            if dice < 0.20:
                self.count["twice"] += 1
                self.out.send(frame)


def main():
    socks = []
    for dev in sys.argv[1:3]:
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind((dev, 0))
        socks.append(s)
    ways = {socks[0]: Way(socks[1]), socks[1]: Way(socks[0])}
    asked = False
    print("up", flush=True)
    while True:
        for s in select.select([*socks, sys.stdin], [], [])[0]:
            if s is sys.stdin:
                word = sys.stdin.readline().split()
                if not word:
                    return
                if word[0] == "bad":
                    for i, way in enumerate(ways.values()):
                        way.begin(int(word[1]) + i)
                    print("bad", flush=True)
                else:
                    asked = True
                    for way in ways.values():
                        way.end()
                continue
            frame, where = s.recvfrom(65536)
            if where[2] != socket.PACKET_OUTGOING:
                ways[s].frame(frame)
        if asked and all(way.well for way in ways.values()):
            asked = False
            print(" | ".join(map(str, ways.values())), flush=True)


main()
