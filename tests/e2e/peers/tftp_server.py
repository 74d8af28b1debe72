"""tftp_server.py ADDRESS DIRECTORY: takes files by TFTP write requests; says `got NAME BYTES` of each."""
import os
import socket
import sys


def receive(addr, client):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((addr, 0))
    s.settimeout(30)
    s.sendto(b"\0\4\0\0", client)
    data, want = b"", 1
    while True:
        block, client = s.recvfrom(2000)
        if int.from_bytes(block[2:4], "big") == want & 0xFFFF:
            data, want = data + block[4:], want + 1
        s.sendto(b"\0\4" + block[2:4], client)
        if len(block) < 516:
            return data


listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind((sys.argv[1], 69))
print("up", flush=True)
while True:
    request, who = listener.recvfrom(2000)
    if request[:2] == b"\0\2":
        name = request[2:].split(b"\0")[0].decode()
        content = receive(sys.argv[1], who)
        with open(os.path.join(sys.argv[2], os.path.basename(name)), "wb") as f:
            f.write(content)
        print(f"got {name} {len(content)}", flush=True)
