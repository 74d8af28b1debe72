"""syslog_server.py ADDRESS FILE: writes each datagram to port 514 as a line: who sent it, and what."""
import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
except PermissionError:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)  # as much of it as the machine allows
s.bind((sys.argv[1], 514))
print("up", flush=True)
with open(sys.argv[2], "w") as out:
    while True:
        data, who = s.recvfrom(4096)
        out.write(f"{who[0]} {data.decode(errors='replace').strip()}\n")
        out.flush()
