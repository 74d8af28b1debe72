"""A phone's TFTP: tftp_client.py SERVER NAME [key=value...] -> one line of JSON. Shares no code with the appliance.

keys: blksize windowsize timeout tsize (options), port, bind, op (1 or 2), mode, lose=N (drops every Nth datagram), dup=1 (acknowledges
twice), stop=N (falls silent behind block N), patience (seconds), out (file for the contents), same=1 (hears only the port it asked).
"""
import json
import socket
import struct
import sys
import time


def main(server, name, *args):
    o = dict(a.split("=", 1) for a in args)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", int(o.get("bind", 0))))
    s.settimeout(0.3)
    mine = (server, int(o.get("port", 69)))
    ask = struct.pack("!H", int(o.get("op", 1))) + name.encode("latin-1") + b"\0" + o.get("mode", "octet").encode() + b"\0"
    for k in ("blksize", "windowsize", "timeout", "tsize"):
        if k in o:
            ask += k.encode() + b"\0" + o[k].encode() + b"\0"
    res = {"options": {}, "blocks": 0, "dups": 0, "foreign": 0}
    data, expect, tid, blk, window, unacked, count = b"", 1, None, 512, 1, 0, 0
    s.sendto(ask, mine)
    end, last_sent = time.monotonic() + float(o.get("patience", 60)), time.monotonic()
    while time.monotonic() < end:
        try:
            p, frm = s.recvfrom(70000)
        except socket.timeout:
            if tid is None and time.monotonic() - last_sent > 1.5:
                s.sendto(ask, mine)
                last_sent = time.monotonic()
            continue
        count += 1
        if "lose" in o and count % int(o["lose"]) == 0:
            continue
        if frm[0] != server or (tid and frm != tid) or ("same" in o and frm != mine):
            res["foreign"] += 1
            continue
        op = struct.unpack("!H", p[:2])[0]
        if op == 5:
            res["error"], res["text"] = struct.unpack("!H", p[2:4])[0], p[4:].rstrip(b"\0").decode("latin-1")
            res["from"] = frm[1]
            break
        tid = frm
        if op == 6:
            parts = p[2:].split(b"\0")[:-1]
            res["options"] = {k.decode().lower(): int(v) for k, v in zip(parts[::2], parts[1::2])}
            blk, window = res["options"].get("blksize", 512), res["options"].get("windowsize", 1)
            s.sendto(struct.pack("!HH", 4, 0), tid)
        elif op == 3:
            block = struct.unpack("!H", p[2:4])[0]
            if block != expect & 0xffff:
                res["dups"] += 1
                continue
            if "stop" in o and expect > int(o["stop"]):
                continue
            data += p[4:]
            res["blocks"] += 1
            expect += 1
            unacked += 1
            if unacked == window or len(p) - 4 < blk:
                unacked = 0
                for _ in range(2 if "dup" in o else 1):
                    s.sendto(struct.pack("!HH", 4, block), tid)
            if len(p) - 4 < blk:
                res["done"], res["size"], res["from"] = True, len(data), tid[1]
                break
    if "out" in o:
        with open(o["out"], "wb") as f:
            f.write(data)
    print(json.dumps(res))


main(*sys.argv[1:])
