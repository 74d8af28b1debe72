"""Both ends of SIP over TCP, as little as it takes: `sip_tcp.py phone ADDR REGISTRAR` or `sip_tcp.py registrar ADDR`.

A phone does as it is told: `register PORT` (its contact, where it listens), `offer ADDR PORT` (an INVITE with that media);
it says `status CODE [CONTACT]`, and `called FROM-PORT URI` when somebody dials it. A registrar says `contact HOST PORT` and
`media ADDR PORT` of what it reads, and does `dial HOST PORT`: a connection of its own with OPTIONS, then `status CODE`."""
import re
import socket
import sys
import threading


def say(*words):
    print(*words, flush=True)


def message(start, headers, body=""):
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return f"{start}\r\n{headers}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def read(sock, buf):
    """The next message as (start line, headers, body), None at the end."""
    while True:
        head, sep, rest = buf[0].partition(b"\r\n\r\n")
        if sep:
            n = int(re.search(rb"(?im)^content-length: *(\d+)", head).group(1))
            if len(rest) >= n:
                buf[0] = rest[n:]
                start, _, headers = head.decode().partition("\r\n")
                return start, headers + "\r\n", rest[:n].decode()
        data = sock.recv(65536)
        if not data:
            return None
        buf[0] += data


def copied(headers, *names):
    return "".join(line + "\r\n" for line in headers.splitlines() if line.split(":")[0] in names)


def answer(sock, status, headers, extra=""):
    sock.sendall(message("SIP/2.0 " + status, copied(headers, "Via", "From", "To", "Call-ID", "CSeq") + extra))


def listener(addr, port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, port))
    s.listen(8)
    return s


def serve(sock, fn):
    def connection(conn, peer):
        buf = [b""]
        while m := read(conn, buf):
            fn(conn, peer, *m)

    def accept():
        while True:
            conn, peer = sock.accept()
            threading.Thread(target=connection, args=(conn, peer), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def request(method, uri, addr, n, extra=""):
    return (f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/TCP {addr};branch=z9hG4bK{method}{n}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:a@example.com>;tag=f{n}\r\nTo: <sip:b@example.com>\r\nCall-ID: id{method}{n}\r\nCSeq: {n} {method}\r\n{extra}")


def phone(addr, registrar):
    def called(conn, peer, start, headers, body):
        say("called", peer[1], start.split()[1])
        answer(conn, "200 OK", headers)

    out, buf, n = socket.create_connection((registrar, 5060), 30), [b""], 0
    own = f"{addr}:{out.getsockname()[1]}"
    say("up")
    for line in sys.stdin:
        what, *arg = line.split()
        n += 1
        if what == "register":
            serve(listener(addr, int(arg[0])), called)
            extra = f"Contact: <sip:a@{addr}:{arg[0]};transport=tcp>;expires=60\r\n"
            out.sendall(message(*request("REGISTER", f"sip:{registrar}", own, n, extra)))
        else:
            sdp = f"v=0\r\no=- 1 1 IN IP4 {arg[0]}\r\ns=-\r\nc=IN IP4 {arg[0]}\r\nt=0 0\r\nm=audio {arg[1]} RTP/AVP 0\r\n"
            extra = f"Contact: <sip:a@{own};transport=tcp>\r\n"
            out.sendall(message(*request("INVITE", f"sip:b@{registrar}", own, n, extra), sdp))
        start, headers, _ = read(out, buf)
        contact = re.search(r"(?m)^Contact: *(\S+)", headers)
        say("status", start.split()[1], *([contact.group(1)] if contact else []))


def registrar(addr):
    def asked(conn, peer, start, headers, body):
        if start.startswith("REGISTER"):
            contact = re.search(r"(?m)^(Contact: *<sip:a@([\d.]+):(\d+).*)$", headers)
            say("contact", contact.group(2), contact.group(3))
            answer(conn, "200 OK", headers, contact.group(1).strip() + "\r\n")
        elif start.startswith("INVITE"):
            say("media", re.search(r"c=IN IP4 (\S+)", body).group(1), re.search(r"m=audio (\d+)", body).group(1))
            answer(conn, "486 Busy Here", headers)

    serve(listener(addr, 5060), asked)
    say("up")
    for n, line in enumerate(sys.stdin, 1):
        _, host, port = line.split()
        out = socket.create_connection((host, int(port)), 30)
        own = f"{addr}:{out.getsockname()[1]}"
        out.sendall(message(*request("OPTIONS", f"sip:a@{host}:{port};transport=tcp", own, n)))
        say("status", read(out, [b""])[0].split()[1])


{"phone": phone, "registrar": registrar}[sys.argv[1]](*sys.argv[2:])
