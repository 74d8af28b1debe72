"""web.py ADDRESS PORT DIRECTORY: files by HTTP, one thread a client, no look-up of names."""
import http.server
import socketserver
import sys
from functools import partial


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128


with Server((sys.argv[1], int(sys.argv[2])), partial(Quiet, directory=sys.argv[3])) as server:
    print("up", flush=True)
    server.serve_forever()
