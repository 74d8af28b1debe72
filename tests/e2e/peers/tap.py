"""tap.py DEVICE: one line for each ARP, TCP, UDP or ICMP frame that passes the device."""
import socket
import struct
import sys

FLAGS = ((2, "SYN"), (1, "FIN"), (4, "RST"), (16, "ACK"))


def arp(p):
    op, mac = struct.unpack("!6xH6s", p[:14])
    sender, target = socket.inet_ntoa(p[14:18]), socket.inet_ntoa(p[24:28])
    return f"ARP who-has {target} tell {sender}" if op == 1 else f"ARP {sender} is-at {mac.hex(':')}"


def ip(p):
    hl, proto = (p[0] & 15) * 4, p[9]
    src, dst = socket.inet_ntoa(p[12:16]), socket.inet_ntoa(p[16:20])
    body = p[hl:struct.unpack("!H", p[2:4])[0]]
    if proto == 1:
        return f"ICMP {src} > {dst} type {body[0]} code {body[1]}"
    if proto not in (6, 17):
        return None
    sport, dport = struct.unpack("!HH", body[:4])
    if proto == 17:
        return f"UDP {src}:{sport} > {dst}:{dport} len {len(body) - 8}"
    names = ",".join(name for bit, name in FLAGS if body[13] & bit)
    return f"TCP {src}:{sport} > {dst}:{dport} {names} len {len(body) - (body[12] >> 4) * 4}"


def main():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    try:
        s.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)  # SO_RCVBUFFORCE
    except PermissionError:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)  # as much of it as the machine allows
    s.bind((sys.argv[1], 3))
    print("up", flush=True)
    while True:
        frame = s.recv(1 << 16)
        kind = frame[12:14]
        line = arp(frame[14:]) if kind == b"\x08\x06" else ip(frame[14:]) if kind == b"\x08\x00" else None
        if line:
            print(line, flush=True)


main()
