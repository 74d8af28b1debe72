"""file_servers.py ADDRESS DIRECTORY CERT KEY: the directory by HTTP (80), HTTPS (443), FTP (21) and SSH (22); says what was asked.

User "joe", password "p@ss:1" for FTP, SSH (or any key) and paths below /private/. /slow never ends, /short ends early, /moved is elsewhere,
/huge says that it is larger than any disk; a path with /../ is told what it is.
"""
import base64
import http.server
import logging
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time

import paramiko
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

ADDR, ROOT, CERT, KEY = sys.argv[1:5]
USER, PASSWORD = "joe", "p@ss:1"
logging.disable(logging.CRITICAL)


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Web(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args):
        super().__init__(*args, directory=ROOT)

    def log_message(self, *args):
        pass

    def allowed(self):
        want = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if not self.path.startswith("/private/") or self.headers.get("Authorization") == want:
            return True
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def echo(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())
        return True

    def odd(self):
        if "/../" in self.path:
            return self.echo()
        size = {"/slow": 1000000, "/short": 1000, "/huge": 1 << 50}.get(self.path)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "http://elsewhere.example.com/x")
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"bye")
        if size is None:
            return self.path == "/moved"
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(b"x" * 500)
        self.wfile.flush()
        if self.path == "/slow":
            say("slow")
            try:
                while True:
                    self.wfile.write(b"x")
                    time.sleep(0.2)
            except OSError:
                say("left")
        self.close_connection = True
        return True

    def do_GET(self):
        if self.allowed() and not self.odd():
            super().do_GET()

    def do_PUT(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.allowed():
            with open(os.path.join(ROOT, os.path.basename(self.path)), "wb") as f:
                f.write(data)
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()


def web(port, tls):
    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def server_bind(self):  # without asking a DNS server for our own name
            socketserver.TCPServer.server_bind(self)
            self.server_name, self.server_port = ADDR, port

        def handle_error(self, *args):
            pass

    s = Server((ADDR, port), Web)
    if tls:
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(CERT, KEY)
        s.socket = ctx.wrap_socket(s.socket, server_side=True)
    threading.Thread(target=s.serve_forever, daemon=True).start()


class Login(paramiko.ServerInterface):
    def check_auth_password(self, user, password):
        return paramiko.AUTH_SUCCESSFUL if (user, password) == (USER, PASSWORD) else paramiko.AUTH_FAILED

    def check_auth_publickey(self, user, key):
        return paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, user):
        return "publickey,password"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, chan, command):
        threading.Thread(target=execute, args=(chan, command.decode()), daemon=True).start()
        return True


def execute(chan, command):
    """The scp program of this machine, in the directory."""
    p = subprocess.Popen(command, shell=True, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)

    def feed():
        while data := chan.recv(32768):
            p.stdin.write(data)
        p.stdin.close()

    threading.Thread(target=feed, daemon=True).start()
    while data := p.stdout.read(32768):
        chan.sendall(data)
    chan.send_exit_status(p.wait())
    chan.close()


def ssh():
    key = paramiko.ECDSAKey.generate()
    listener = socket.create_server((ADDR, 22))

    def serve():
        while True:
            t = paramiko.Transport(listener.accept()[0])
            t.add_server_key(key)
            try:
                t.start_server(server=Login())
            except Exception:  # whoever only looks at the key leaves again
                t.close()

    threading.Thread(target=serve, daemon=True).start()


def ftp():
    who = DummyAuthorizer()
    who.add_user(USER, PASSWORD, ROOT, perm="elrw")
    FTPHandler.authorizer = who
    server = FTPServer((ADDR, 21), FTPHandler)
    threading.Thread(target=lambda: server.serve_forever(handle_exit=False), daemon=True).start()


web(80, False)
web(443, True)
ssh()
ftp()
say("up")
sys.stdin.read()
