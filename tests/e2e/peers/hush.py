"""hush.py ADDRESS PORT: takes connections and says nothing, ever."""
import socket
import sys

with socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=64) as door:
    print("up", flush=True)
    kept = []
    while True:
        kept.append(door.accept())
