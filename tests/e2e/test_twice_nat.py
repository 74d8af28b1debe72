"""Twice NAT with real connections: an exemption, the last section behind it, both ends translated."""
import contextlib
import socket

import lab as lablib
from conftest import paste, wires_up
from srtp_peer import inside

NEAR, FAR, OTHER = "10.0.0.254", "192.0.2.10", "192.0.2.12"
RULES = """\
object network lan
 subnet 10.0.0.0 255.255.255.0
object network branch
 host 192.0.2.10
object network other
 host 192.0.2.12
object network alias
 host 10.0.0.99
object network shown
 host 192.0.2.77
nat (inside,outside) source static lan lan destination static branch branch no-proxy-arp route-lookup
nat (inside,outside) source dynamic lan shown destination static alias other
nat (inside,outside) after-auto source dynamic any interface
access-list outside_in extended permit tcp host 192.0.2.10 any eq 8080
access-group outside_in in interface outside
"""


def tcp_seen_as(ns, host, far_ns, addr, dialled=None):
    """Who calls, as the called end sees it; both have read what the other wrote."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(inside(far_ns, lambda: socket.create_server((addr, 8080))))
        server.settimeout(60)
        client = stack.enter_context(inside(ns, lambda: socket.create_connection((dialled or addr, 8080), 60, (host, 0))))
        conn, peer = server.accept()
        stack.enter_context(conn)
        conn.settimeout(60)
        client.sendall(b"question")
        assert conn.recv(8, socket.MSG_WAITALL) == b"question"
        conn.sendall(b"answer")
        assert client.recv(6, socket.MSG_WAITALL) == b"answer"
        return peer[0]


def udp_seen_as(ns, host, far_ns, addr):
    """Asked again until there is an answer: a datagram may be lost while neighbours are found."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(inside(far_ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
        client = stack.enter_context(inside(ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
        server.bind((addr, 5300))
        client.bind((host, 0))
        server.settimeout(0.2)
        client.settimeout(0.2)
        seen = []

        def answered():
            client.sendto(b"question", (addr, 5300))
            with contextlib.suppress(socket.timeout):
                seen.append(server.recvfrom(100)[1])
                server.sendto(b"answer", seen[-1])
                return client.recvfrom(100) == (b"answer", (addr, 5300))
            return False

        lablib.wait_for("an answer from " + addr, answered)
        return seen[-1][0]


def test_twice_nat(lab):
    con = lab.start()
    lab.outside.run("ip", "addr", "add", OTHER + "/24", "dev", "oA")
    paste(con, lablib.BASE + RULES)
    wires_up(con)
    assert tcp_seen_as(lab.inside, NEAR, lab.outside, FAR) == NEAR
    assert udp_seen_as(lab.inside, NEAR, lab.outside, FAR) == NEAR
    assert tcp_seen_as(lab.outside, FAR, lab.inside, NEAR) == FAR
    assert tcp_seen_as(lab.inside, NEAR, lab.outside, OTHER) == "192.0.2.1"
    assert udp_seen_as(lab.inside, NEAR, lab.outside, OTHER) == "192.0.2.1"
    assert tcp_seen_as(lab.inside, NEAR, lab.outside, OTHER, "10.0.0.99") == "192.0.2.77", "both ends"
    text = con.cmd("show nat")
    order = [text.index(s) for s in ("(Section 1)", "static lan lan   destination static branch branch",
                                     "dynamic lan shown   destination static alias other", "(Section 3)", "dynamic any interface")]
    assert order == sorted(order), text
    assert "translate_hits = 0" not in text.replace("untranslate_hits", ""), text
    paste(con, "clear configure nat\n")
    assert tcp_seen_as(lab.inside, NEAR, lab.outside, OTHER) == NEAR, "nothing is translated any more"
