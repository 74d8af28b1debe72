"""tls_server.py ADDRESS PORT KEY CERT [FAULT]: an MMP server for any number of clients.

Answers the opening with a session and echoes content. FAULT: `hang` never answers the handshake, `reset` resets it,
`garbage` answers with what is no TLS; `bye` answers the opening and closes first, so that its kernel remembers the ports.
"""
import asyncio
import socket
import ssl
import struct
import sys

CREATED = b"OLWP-2.0\r\nsession-id: ABCD_1234\r\nstatus: 201\r\n\r\n"
HOLD = []


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def serve(reader, writer):
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(CREATED)
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def fault(listener, how):
    loop = asyncio.get_running_loop()
    while True:
        sock, _ = await loop.sock_accept(listener)
        HOLD.append(sock)
        if how == "hang":
            continue
        await loop.sock_recv(sock, 4096)  # the client's hello
        if how == "reset":
            reset(HOLD.pop())
        else:
            await loop.sock_sendall(sock, b"220 this is not TLS\r\n" * 10)


def goodbyes(listener, tls):
    listener.setblocking(True)
    while True:
        try:
            with tls.wrap_socket(listener.accept()[0], server_side=True) as s:
                s.recv(100)
                s.sendall(CREATED)
                with socket.socket(fileno=s.detach()) as raw:
                    raw.shutdown(socket.SHUT_WR)
                    while raw.recv(4096):
                        pass
        except OSError:
            pass


async def main():
    addr, port, key, cert = sys.argv[1:5]
    listener = socket.create_server((addr, int(port)), backlog=1024)
    listener.setblocking(False)
    print("up", flush=True)
    if len(sys.argv) > 5 and sys.argv[5] != "bye":
        await fault(listener, sys.argv[5])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.load_cert_chain(cert, key)
    if len(sys.argv) > 5:
        goodbyes(listener, tls)
    server = await asyncio.start_server(serve, sock=listener, ssl=tls, ssl_handshake_timeout=120)
    await server.serve_forever()


asyncio.run(main())
