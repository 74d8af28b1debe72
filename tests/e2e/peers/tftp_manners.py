"""A TFTP server with manners of its own: tftp_manners.py ADDRESS DIRECTORY. A request is a line of its output.

Names: silent-*: never answers; dies-*: falls silent behind block 2; alien-*: a stranger's port sends a block first; options-*: grants
more than was asked for; wrap1-*: goes on with 1 behind block 65535; plain-*: knows no options; reject-*: error 8 to options;
endless-*: never ends.
"""
import os
import socket
import struct
import sys
import threading


def serve(addr, root, ask, peer):
    parts = ask[2:].split(b"\0")
    name, opts = parts[0].decode("latin-1"), dict(zip((p.lower() for p in parts[2::2]), parts[3::2]))
    print("asked", name, peer[0], flush=True)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((addr, 0))
    s.settimeout(1)
    base = os.path.basename(name)
    if base.startswith("silent-"):
        return
    if base.startswith("reject-") and opts:
        s.sendto(struct.pack("!HH", 5, 8) + b"no options\0", peer)
        return
    path = os.path.join(root, name)
    if not os.path.isfile(path) and not base.startswith("endless-"):
        s.sendto(struct.pack("!HH", 5, 1) + b"File not found\0", peer)
        return
    data = open(path, "rb").read() if os.path.isfile(path) else b""
    if base.startswith("alien-"):
        t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        t.bind((addr, 0))
    blk = 512
    if opts and not base.startswith(("plain-", "wrap1-")):
        blk = min(int(opts.get(b"blksize", 512)), 1428)
        out = b"\0\6"
        for k, v in ((b"blksize", blk), (b"tsize", len(data))):
            if k in opts and not (k == b"tsize" and base.startswith("endless-")):
                out += k + b"\0" + str(v if not base.startswith("options-") else 9000).encode() + b"\0"
        for _ in range(5):
            s.sendto(out, peer)
            try:
                p, frm = s.recvfrom(2000)
            except socket.timeout:
                continue
            if p[:2] == b"\0\5":
                return
            if frm == peer and p == b"\0\4\0\0":
                break
    at, block = 0, 1
    while True:
        piece = b"x" * blk if base.startswith("endless-") else data[at:at + blk]
        wire = block & 0xffff
        if base.startswith("wrap1-") and block > 65535:
            wire = (block - 1) % 65535 + 1
        if base.startswith("alien-"):
            t.sendto(struct.pack("!HH", 3, wire) + b"\xee" * len(piece), peer)
        for _ in range(5):
            s.sendto(struct.pack("!HH", 3, wire) + piece, peer)
            try:
                p, frm = s.recvfrom(2000)
                while p[:4] != struct.pack("!HH", 4, wire) and p[:2] != b"\0\5":
                    p, frm = s.recvfrom(2000)
            except socket.timeout:
                continue
            break
        else:
            return
        if p[:2] == b"\0\5" or (base.startswith("dies-") and block == 2) or len(piece) < blk:
            return
        at += blk
        block += 1


def main(addr, root):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((addr, 69))
    while True:
        ask, peer = s.recvfrom(2000)
        if ask[:2] == b"\0\1":
            threading.Thread(target=serve, args=(addr, root, ask, peer), daemon=True).start()


main(*sys.argv[1:])
