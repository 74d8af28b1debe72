"""ping, ping tcp, the questions of ping alone, traceroute into silence; and ^C, which ends whatever takes long."""
import os
import time

import pytest

import lab as lablib
from conftest import finish, paste

HOST, NOBODY = "10.0.0.254", "10.0.0.77"


@pytest.fixture(scope="module")
def lab():
    it = lablib.Lab()
    it.con = it.start(console="pty:" + it.dir + "/line")
    it.con.cmd("terminal pager 0")
    paste(it.con, "hostname fw\n" + lablib.PORTS + "route outside 0 0 192.0.2.10\n")
    lablib.Peer(it, it.inside, "hush", HOST, "80")
    yield it
    finish(it)


def test_a_port_that_is_open_and_one_that_is_not(lab):
    con = lab.con
    con.cmd("capture wire interface inside match tcp any host " + HOST)
    text = con.cmd(f"ping tcp {HOST} 80 repeat 3 timeout 20")
    assert f"No source specified. Pinging from identity interface.\nSending 3 TCP SYN requests to {HOST} port 80\nfrom 10.0.0.1, timeout is 20 seconds:\n!!!\n" in text, text
    assert "Success rate is 100 percent (3/3), round-trip min/avg/max = " in text, text
    assert con.cmd("show capture wire").count("> 10.0.0.254.80: S ") >= 3
    lablib.wait_for("the resets that end them", lambda: con.cmd("show capture wire").count("> 10.0.0.254.80: R ") >= 3)
    lablib.wait_for("no connection left", lambda: "0 in use" in con.cmd("show conn count"))
    text = con.cmd(f"ping tcp inside {HOST} 81 repeat 2 timeout 20 source 10.0.0.1")
    assert "No source" not in text and "RR\nSuccess rate is 0 percent (0/2)" in text, text
    con.cmd("no capture wire")
    assert "..\nSuccess rate is 0 percent (0/2)" in con.cmd(f"ping tcp {NOBODY} 80 repeat 2 timeout 1")
    assert "ERROR: 10.0.0.9 is the address of none of our interfaces" in con.cmd(f"ping tcp {HOST} 80 source 10.0.0.9")
    assert "ERROR: 192.0.2.1 is the address of interface outside" in con.cmd(f"ping tcp inside {HOST} 80 source 192.0.2.1")


def asked(con, answers):
    """What follows the last answer; each question is the ASA's."""
    con.send("ping")
    for question, answer in answers:
        con.until(question.encode().replace(b"[", rb"\[").replace(b"]", rb"\]").replace(b"?", rb"\?"))
        con.send(answer)
    return con.until(lablib.PROMPT)


def test_ping_asks(lab):
    echo = [("TCP Ping [n]: ", ""), ("Interface: ", ""), ("Target IP address: ", HOST), ("Repeat count: [5] ", "2"), ("Datagram size: [100] ", "64"),
            ("Timeout in seconds: [2] ", "20"), ("Extended commands [n]: ", ""), ("Sweep range of sizes [n]: ", "")]
    text = asked(lab.con, echo)
    assert f"Sending 2, 64-byte ICMP Echos to {HOST}, timeout is 20 seconds:\n!!\nSuccess rate is 100 percent (2/2)" in text, text
    tcp = [("TCP Ping [n]: ", "y"), ("Interface: ", "inside"), ("Target IP address: ", HOST), ("Target IP port: ", "80"), ("Specify source? [n]: ", "y"),
           ("Source IP address: ", "10.0.0.1"), ("Source IP port: [0] ", ""), ("Repeat count: [5] ", "1"), ("Timeout in seconds: [2] ", "20")]
    text = asked(lab.con, tcp)
    assert f"Sending 1 TCP SYN requests to {HOST} port 80\nfrom 10.0.0.1, timeout is 20 seconds:\n!\n" in text, text
    assert "ERROR: x is no number from 1 to 99999" in asked(lab.con, [*echo[:3], ("Repeat count: [5] ", "x")])
    assert "ERROR: interface nowhere does not exist" in asked(lab.con, [echo[0], ("Interface: ", "nowhere"), *echo[2:]])


def test_a_way_into_silence_ends(lab):
    """Thirty hops say nothing: less than a minute and a half in place of four and a half."""
    text = lab.con.cmd("traceroute 198.51.100.7 timeout 1 ttl 1 3")
    assert text.count("  *  *  *") == 3, text
    began = time.monotonic()
    lab.con.cmd("traceroute 198.51.100.7 probe 3 ttl 1 8")
    assert time.monotonic() - began < 60, "three probes wait together"


# What takes a minute or longer by itself, and what it says when it is under way.
LONG = [("ping 198.51.100.7 repeat 99999", b"timeout is"), ("ping tcp 198.51.100.7 80 repeat 99999", b"timeout is"),
        ("traceroute 198.51.100.7 timeout 3600", b"Tracing"), (f"copy /noconfirm http://{HOST}/x disk0:x", b"Accessing"),
        (f"copy /noconfirm tftp://{NOBODY}/x disk0:x", b"Accessing"), (f"configure net {NOBODY}:x", b"Accessing"),
        (f"configure http://{HOST}/x", b"Accessing"), (f"write net {NOBODY}:x", b"Building"),
        (f"copy /noconfirm running-config scp://joe:x@{HOST}:80/x", None), ("ping fw.example.com", None)]


@pytest.mark.parametrize("command,sign", LONG)
def test_an_interrupt_ends_it(lab, command, sign):
    con = lab.con
    if not sign:
        paste(con, "dns domain-lookup inside\ndns server-group DefaultDNS\n name-server 10.0.0.77\n timeout 30\n")
    con.send(command)
    if sign:
        con.until(sign)
    else:
        time.sleep(0.5)  # a ^C that is too early drops the line, which ends it as well
    os.write(con.wfd, b"\x03")
    con.until(lablib.PROMPT)
    assert "hostname fw" in con.cmd("show running-config hostname")
