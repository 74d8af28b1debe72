"""Datagrams that do not fit: both ends are real kernels, which cut and put together on their own."""
import re
import subprocess

import lab as lablib
from conftest import paste, wires_up

RULES = """\
object network web
 host 10.0.0.53
 nat (inside,outside) static 192.0.2.141
access-list outside_in extended permit udp any host 10.0.0.53 eq 5000
access-list outside_in extended permit icmp any host 10.0.0.53
access-group outside_in in interface outside
"""

# What a datagram socket of the kernel gets, it sends back the other way round.
SERVER = """\
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.0.53", 5000))
print("ready", flush=True)
while True:
    data, peer = s.recvfrom(65535)
    s.sendto(data[::-1], peer)
"""
CLIENT = """\
import random, socket, sys
n = int(sys.argv[1])
data = random.Random(n).randbytes(n)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(30)
s.sendto(data, ("192.0.2.141", 5000))
print("same" if s.recv(65535) == data[::-1] else "other")
"""


def test_long_datagrams_between_two_kernels(lab):
    con = lab.start()
    paste(con, lablib.BASE + RULES)
    wires_up(con)
    server = lab.spawn(lab.inside, "/usr/bin/python3", "-u", "-c", SERVER, stdout=subprocess.PIPE)
    assert server.stdout.readline() == b"ready\n"
    ping = lab.outside.run("ping", "-c3", "-W20", "-s", "4000", "192.0.2.141", check=False).stdout
    assert b" 0% packet loss" in ping, ping
    for n in (3000, 1473, 30000):
        said = lab.outside.run("/usr/bin/python3", "-c", CLIENT, str(n)).stdout
        assert said == b"same\n", (n, said)
    ping = lab.outside.run("ping", "-c2", "-W20", "-s", "4000", "192.0.2.1", check=False).stdout
    assert b" 0% packet loss" in ping, ping
    text = con.cmd("show fragment")
    counts = re.findall(r"Queue: (\d+), Assembled: (\d+), Fail: (\d+), Overflow: (\d+)", text)
    assert counts == [("0", "8", "0", "0"), ("0", "6", "0", "0")], text


def test_a_flood_of_beginnings_is_bounded(lab):
    """First fragments without an end: some are kept for a while, the rest is refused, others are served."""
    con = lab.start()
    paste(con, lablib.BASE + RULES)
    wires_up(con)
    flood = ("import socket\n"
             "s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)\n"
             "for i in range(1, 1001):\n"
             "    h = bytes([0x45, 0, 0, 0]) + i.to_bytes(2, 'big') + bytes([0x20, 0, 64, 17, 0, 0])\n"
             "    h += socket.inet_aton('192.0.2.10') + socket.inet_aton('192.0.2.141')\n"
             "    s.sendto(h + bytes(64), ('192.0.2.141', 0))\n")
    lab.outside.run("ping", "-c1", "-W20", "192.0.2.141")
    lab.outside.run("/usr/bin/python3", "-c", flood)
    lablib.wait_for("refused fragments", lambda: "fragment-source-limit" in con.cmd("show asp drop"))
    assert "Queue: 50, " in con.cmd("show fragment outside")
    ping = lab.outside.run("ping", "-c1", "-W20", "-s", "4000", "-I", "192.0.2.254", "192.0.2.141", check=False).stdout
    assert b" 0% packet loss" in ping, ping
    lablib.wait_for("the end of those that wait", lambda: "Queue: 0, " in con.cmd("show fragment outside"))
