"""tls_clients.py SOURCE TARGET PORT: MMP clients, driven by lines on standard input.

    open N      N sessions more, opened and answered by the server          -> open TOTAL
    talk        content on every session, which must come back               -> talked TOTAL
    churn N     N sessions begun and given up in five ways, in turn          -> churned N
    one         one session; says how it went: open, reset, eof or alert ... -> one HOW
    close       all closed                                                   -> closed
"""
import asyncio
import errno
import socket
import ssl
import struct
import sys
import time

OPEN = b"OLWP-2.0\r\n\r\n"
CREATED = b"OLWP-2.0\r\nsession-id: ABCD_1234\r\nstatus: 201\r\n\r\n"
CONTENT = b"content-type: http/1.1\r\ncontent-length: 40\r\n\r\n" + b"x" * 40
AT_ONCE = 16

source, target, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
tls.check_hostname = False
tls.verify_mode = ssl.CERT_NONE
tls.set_ciphers("AES128-SHA:AES256-SHA:@SECLEVEL=0")
tls.maximum_version = ssl.TLSVersion.TLSv1_2
live = []
gate = asyncio.Semaphore(AT_ONCE)


async def connect(secure=True):
    opts = {"ssl": tls, "server_hostname": "cuma.example.com", "ssl_handshake_timeout": 120} if secure else {}
    return await asyncio.open_connection(target, port, local_addr=(source, 0), **opts)


async def open_session():
    async with gate:
        r, w = await connect()
        w.write(OPEN)
        assert await r.readexactly(len(CREATED)) == CREATED
        return r, w


async def talk(r, w):
    async with gate:
        w.write(CONTENT)
        assert await r.readexactly(len(CONTENT)) == CONTENT


def abort(w):
    w.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    w.transport.abort()


async def give_up(i):
    """Connect and reset; half a hello and reset; handshake and reset; handshake and leave; a session and reset."""
    async with gate:
        kind = i % 5
        r, w = await connect(secure=kind >= 2)
        if kind == 1:
            w.write(bytes.fromhex("160301020001000100fc0303") + bytes(20))
        if kind == 4:
            w.write(OPEN)
            await r.readexactly(len(CREATED))
        if kind == 3:
            w.close()
        else:
            abort(w)


async def one():
    try:
        r, w = await asyncio.wait_for(connect(), 60)
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "reset in handshake"
    except ssl.SSLError as e:
        return "alert " + (e.reason or str(e))
    try:
        w.write(OPEN)
        data = await asyncio.wait_for(r.read(100), 60)
        return "open" if data == CREATED else "eof" if not data else "data"
    except ConnectionResetError:
        return "reset"
    except ssl.SSLError as e:
        return "alert " + (e.reason or str(e))
    finally:
        w.transport.abort()


def again(sport):
    """Lets the server close first, and waits for the very end: our kernel has nothing to remember then."""
    give_up = time.monotonic() + 30
    while True:
        try:
            raw = socket.create_connection((target, port), 60, (source, sport))
            break
        except OSError as e:  # the last ACK may still be on its way
            if e.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
    with tls.wrap_socket(raw, server_hostname="cuma.example.com") as s:
        s.sendall(OPEN)
        assert s.recv(100) == CREATED
        assert not s.recv(1)
        with socket.socket(fileno=s.detach()) as raw:
            raw.settimeout(60)
            assert not raw.recv(1)


async def command(words):
    if words[0] == "open":
        live.extend(await asyncio.gather(*(open_session() for _ in range(int(words[1])))))
        return f"open {len(live)}"
    if words[0] == "talk":
        await asyncio.gather(*(talk(r, w) for r, w in live))
        return f"talked {len(live)}"
    if words[0] == "churn":
        done = await asyncio.gather(*(give_up(i) for i in range(int(words[1]))), return_exceptions=True)
        bad = [e for e in done if isinstance(e, Exception)]
        return f"churned {len(done) - len(bad)}" + (f" {bad[0]!r}" if bad else "")
    if words[0] == "again":
        for i in range(int(words[1])):
            again(40000)
        return f"again {words[1]}"
    if words[0] == "one":
        return f"one {await one()}"
    for r, w in live:
        w.close()
    live.clear()
    return "closed"


async def main():
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    print("up", flush=True)
    while line := await stdin.readline():
        try:
            print(await command(line.decode().split()), flush=True)
        except (OSError, AssertionError, asyncio.IncompleteReadError) as e:
            print(f"failed {e!r}", flush=True)


asyncio.run(main())
