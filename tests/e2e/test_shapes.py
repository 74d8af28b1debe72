"""What parsers of the ASA's displays rely on, line by line, on a box that has something to show: no line is of an unknown kind,
and what is wanted stands where they look."""
import re

import pytest

import lab as lablib
from conftest import paste

CONFIG = lablib.BASE + """\
object-group network servers
 network-object host 10.0.0.53
 network-object 10.9.0.0 255.255.255.0
object network web
 host 10.0.0.53
 nat (inside,outside) static 192.0.2.141
object network inside-net
 subnet 10.0.0.0 255.255.255.0
access-list outside_in remark who may come in
access-list outside_in extended permit icmp any any
access-list outside_in extended permit tcp any object-group servers eq www
access-group outside_in in interface outside
route inside 10.77.0.0 255.255.0.0 10.0.0.254
name 10.0.0.53 webserver
logging enable
logging timestamp
logging buffered debugging
"""


@pytest.fixture(scope="module")
def con():
    lab = lablib.Lab()
    c = lab.start()
    paste(c, CONFIG)
    lablib.wait_for("both interfaces", lambda: c.cmd("show interface ip brief").count(" up ") >= 2)
    lab.outside.run("ping", "-c", "5", "-i", "0.01", "-W", "10", "192.0.2.141")
    lab.inside.run("ping", "-c", "2", "-i", "0.01", "-W", "10", "192.0.2.10")
    c.cmd("copy /noconfirm running-config disk0:/kept.cfg")
    yield c
    rc, err = lab.close()
    assert rc == 0, err[-4000:]


IP, MAC, N = r"\d+\.\d+\.\d+\.\d+", r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}", r"\d+"
RATES = rf" +\d minute (input|output) rate {N} pkts/sec,  {N} bytes/sec| +\d minute drop rate, {N} pkts/sec"
STAMP = r"[A-Z][a-z]{2} [ \d]\d \d{4} \d\d:\d\d:\d\d"
HEX = "0x[0-9a-f]{8}"

# Of each command: the kinds of lines it may consist of, in the words parsers look for; those of the first group must occur.
SHAPES = {
    "dir": ([rf"Directory of disk0:/", rf"{N} +-rwx +{N} +\d\d:\d\d:\d\d [A-Z][a-z]{{2}} \d\d \d{{4}} +\S+",
             rf"{N} bytes total \({N} bytes free/{N}% free\)"], []),
    "ping 10.0.0.254": ([r"Type escape sequence to abort\.", rf"Sending 5, 100-byte ICMP Echos to {IP}, timeout is 2 seconds:", r"[!?.]+",
                         r"Success rate is (100|\d\d?) percent \(\d/5\), round-trip min/avg/max = \d+/\d+/\d+ ms"], []),
    "show access-list": ([rf"access-list cached ACL log flows: total {N}, denied {N} \(deny-flow-max {N}\)", rf" +alert-interval {N}",
                          rf"access-list \S+; {N} elements; name hash: {HEX}", rf"access-list \S+ line {N} remark .*",
                          rf"access-list \S+ line {N} extended (permit|deny) .* \(hitcnt={N}\) {HEX} ",
                          rf"  access-list \S+ line {N} extended (permit|deny) .* \(hitcnt={N}\) {HEX} "], []),
    "show access-list outside_in brief": ([r"access-list cached .*", " +alert-interval 300", rf"access-list \S+; name hash: {HEX}",
                                           r"[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8}"], []),
    "show arp": ([rf"\t\S+ {IP} {MAC} (\d+|-)"], []),
    "show asp drop": ([r"Frame drop:", r"Flow drop:", r"Last clearing: Never"], [rf"  .+ \([a-z0-9_-]+\) +{N}"]),
    "show failover": ([r"Failover Off ?", r"Failover unit Primary", r"Failover LAN Interface: not Configured"], []),
    "show interface": ([r'Interface \S+ "\S*", is up, line protocol is up', r"  Hardware is \S+, BW \d+ Mbps, DLY \d+ usec",
                        r"\tAuto-Duplex\(.*\), Auto-Speed\(.*\)", rf"\tMAC address {MAC}, MTU {N}", rf"\tIP address {IP}, subnet mask {IP}",
                        rf"\t{N} packets input, {N} bytes, {N} no buffer", rf"\tReceived {N} broadcasts, {N} runts, {N} giants",
                        rf"\t{N} input errors, {N} CRC, {N} frame, {N} overrun, {N} ignored, {N} abort",
                        rf"\t{N} packets output, {N} bytes, {N} underruns", rf"\t{N} output errors, {N} collisions, {N} interface resets",
                        r'  Traffic Statistics for "\S+":', rf"\t{N} packets input, {N} bytes", rf"\t{N} packets output, {N} bytes",
                        rf"\t{N} packets dropped", RATES], []),
    "show interface ip brief": ([r"Interface +IP-Address +OK\? Method Status +Protocol",
                                 rf"\S+ +({IP}|unassigned) +YES (manual|unset) +(up|down|administratively down) +(up|down)"], []),
    "show inventory": ([r'Name: "Chassis", DESCR: ".*"', r"PID: \S+ +, VID: \S+ +, SN: \S+"], []),
    "show logging": ([r"Syslog logging: enabled", r"    [A-Z][A-Za-z -]+: .*", rf"{STAMP}: %ASA-[0-7]-\d{{6}}: .*"],
                     [r"    Global TCP syslog stats::", r"        [A-Z_]+: \d+.*"]),
    "show module": ([r"Mod +Card Type +Model +Serial No\. ", r"Mod +MAC Address Range +Hw Version +Fw Version +Sw Version +",
                     r"Mod +Status +Data Plane Status +Compatibility", r"[- ]+", rf" +0 \S+ +\S+ +\S+ ?",
                     rf" +0 {MAC} to {MAC} +\S+ +\S+ +\S+ *", r" +0 Up Sys +Not Applicable *"], []),
    "show names": ([rf"name {IP} \S+.*"], []),
    "show nat": ([r"Auto NAT Policies \(Section 2\)", r"1 \(inside\) to \(outside\) source static \S+ \S+ *",
                  rf"    translate_hits = {N}, untranslate_hits = {N}"], []),
    "show resource usage": ([r"Resource +Current +Peak +Limit +Denied Context", rf"\S.* +{N} +{N} +({N}|N/A|unlimited) +{N} System"], []),
    "show route": ([r"Codes: .*", r"       .*", rf"Gateway of last resort is {IP} to network 0\.0\.0\.0",
                    rf"S\*       0\.0\.0\.0 0\.0\.0\.0 \[1/0\] via {IP}, \S+", rf"S        {IP} {IP} \[1/0\] via {IP}, \S+",
                    rf"C        {IP} {IP} is directly connected, \S+", rf"L        {IP} {IP} is directly connected, \S+"], []),
    "show running-config object network": ([r"object network \S+", rf" host ({IP}|webserver)"], [r" (subnet|nat) .*"]),
    "show running-config access-group": ([r"access-group \S+ in interface \S+"], []),
    "show version": ([r".+ Software Version \S+ ", r"Device Manager Version \S+", r"Compiled on [A-Z][a-z]{2} \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d by \w+",
                      r'System image file is "disk0:/\S+"', r'Config file at boot was "startup-config"', r"\S+ up (\d+ (sec|min|hour|day|year)s? ?)+",
                      r"Hardware:   \S+, \d+ MB RAM, CPU [\w ]+ \d+ MHz, 1 CPU \(\d+ cores\)", rf" ?\d+: Ext: \S+ +: address is {MAC}, irq 0",
                      r"Licensed features for this platform:", r"[\w /-]+ +: \S+ +perpetual", r"This platform has .*", r"Serial Number: \S+",
                      r"Configuration register is 0x1",
                      r"Configuration (last modified by \S+ at \d\d:\d\d:\d\d\.\d{3} \S+ \S+ \S+ +\d+ \d{4}|has not been modified.*)"], []),
    "show xlate": ([rf"{N} in use, {N} most used", r"Flags: .*N - net-to-net", rf"NAT from \S+:{IP} to \S+:{IP}",
                    r"    flags \w+ idle \d+:\d\d:\d\d timeout \d+:\d\d:\d\d"], []),
    "show memory": ([rf"Free memory: +{N} bytes \(\d\d+%\)", rf"Used memory: +{N} bytes \(\d\d+%\)", r"-+ +-+", rf"Total memory: +{N} bytes \(100%\)"], []),
    "show traffic": ([r"\S+:", r"\t(received|transmitted) \(in \d+\.\d{3} secs\):", rf"\t\t{N} packets\t{N} bytes",
                      rf"\t\t{N} pkts/sec\t{N} bytes/sec", RATES], []),
    "show service-policy": ([r"Global policy: ", r"  Service-policy: \S+", r"    Class-map: \S+",
                             rf"      Inspect: [\w -]+, packet {N}, lock fail {N}, drop {N}, reset-drop {N}, .*v6-fail-close {N}.*"], [r" {8,}\S.*"]),
    "show nameif": ([r"Interface +Name +Security", rf"\S+ +\S+ +{N}"], []),
    "show mode": ([r"Security context mode: single"], []),
    "show shun": ([], []),
    "show checkheaps": ([r"Checkheaps stats from buffer validation runs", r"-+", rf"Connections by their packets +: [1-9]\d* checked, 0 faulty",
                         rf"[A-Z][a-z ]+: {N} checked, 0 faulty", rf"[A-Z][a-z ]+: {N}( bytes| millisecs|)"], []),
    "show clock": ([r"\d\d:\d\d:\d\d\.\d{3} \S+ [A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d{4}"], []),
}


@pytest.mark.parametrize("command", SHAPES)
def test_every_line_is_of_a_known_kind(con, command):
    must, may = SHAPES[command]
    lines = [line for line in con.cmd(command).split("\n") if line.strip()]
    for line in lines:
        assert any(re.fullmatch(kind, line) for kind in must + may), f"{command}: {line!r} is of no known kind"
    for kind in must:
        assert any(re.fullmatch(kind, line) for line in lines), f"{command}: nothing like {kind!r} in {lines}"
