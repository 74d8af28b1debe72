"""A DNS server with bad manners, chosen by the first label of the name: silent-, wrongid-, twice- (a wrong id first, then
the right one), martian-, tcp- (truncated datagrams), refused-, garbage-; anything else has the address given."""
import select
import socket
import struct
import sys

addr, answer = sys.argv[1], socket.inet_aton(sys.argv[2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((addr, 53))
tcp = socket.socket()
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcp.bind((addr, 53))
tcp.listen(8)


def label(q):
    return q[13:13 + q[12]].decode(errors="replace").lower().split("-")[0]


def reply(q, rcode=0, data=None, flags=0x8180, ident=None):
    end = q.index(b"\0", 12) + 5
    head = struct.pack(">HHHHHH", ident if ident is not None else struct.unpack(">H", q[:2])[0], flags | rcode, 1, 1 if data else 0, 0, 0)
    rr = struct.pack(">HHHIH", 0xc00c, 1, 1, 60, 4) + data if data else b""
    return head + q[12:end] + rr


def datagram(q):
    kind, ident = label(q), struct.unpack(">H", q[:2])[0]
    if kind == "silent":
        return []
    if kind == "wrongid":
        return [reply(q, data=answer, ident=ident ^ k) for k in (1, 2, 0x8000)]
    if kind == "twice":
        return [reply(q, data=socket.inet_aton("10.0.0.66"), ident=ident ^ 1), reply(q, data=answer)]
    if kind == "martian":
        return [reply(q, data=socket.inet_aton("240.0.0.9"))]
    if kind == "tcp":
        return [reply(q, flags=0x8380)]
    if kind == "refused":
        return [reply(q, rcode=5)]
    if kind == "garbage":
        return [q[:2] + b"\x81\x80\0\1\0\7\0\0\0\0" + b"\xc0\x0c" * 9]
    return [reply(q, data=answer)]


print("ready", flush=True)
while True:
    for s in select.select([udp, tcp], [], [])[0]:
        if s is udp:
            q, peer = udp.recvfrom(2048)
            print(f"{peer[0]} {peer[1]} {struct.unpack('>H', q[:2])[0]} {label(q)}", flush=True)
            for r in datagram(q):
                udp.sendto(r, peer)
        else:
            c, _ = tcp.accept()
            q = c.recv(2048)[2:]
            r = reply(q, data=answer)
            c.sendall(struct.pack(">H", len(r)) + r)
            c.close()
