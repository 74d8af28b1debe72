"""What the box says of itself: rates and loads are real, a crash leaves its record, a support bundle holds no secret."""
import os
import re
import subprocess

import lab as lablib
from conftest import paste, wires_up

CONFIG = lablib.BASE + """\
access-list outside_in extended permit icmp any any
access-group outside_in in interface outside
object network web
 host 10.0.0.53
 nat (inside,outside) static 192.0.2.141
"""


def test_traffic_and_cpu_are_counted(lab):
    con = lab.start()
    paste(con, CONFIG)
    wires_up(con)
    con.cmd("clear traffic")
    lab.outside.run("ping", "-c", "40", "-i", "0.01", "-W", "10", "192.0.2.141")
    text = con.cmd("show traffic")
    received = re.search(r"outside:\n\treceived \(in [\d.]+ secs\):\n\t\t(\d+) packets\t(\d+) bytes\n"
                         r"\t\t\d+ pkts/sec\t\d+ bytes/sec\n\ttransmitted \(in [\d.]+ secs\):\n\t\t(\d+) packets", text)
    assert received, text
    assert 40 <= int(received[1]) < 200 and 40 <= int(received[3]) < 200, text
    con.cmd("clear traffic")
    again = re.search(r"outside:\n\treceived \(in [\d.]+ secs\):\n\t\t(\d+) packets", con.cmd("show traffic"))
    assert int(again[1]) < 40

    def rates():
        lab.outside.run("ping", "-c", "100", "-i", "0.01", "-W", "10", "192.0.2.141")
        return re.search(r"outside:(?:.*\n){7}      1 minute input rate [1-9]\d* pkts/sec,  [1-9]\d* bytes/sec", con.cmd("show traffic"))

    lablib.wait_for("rates", rates)
    assert re.search(r"^Connections +\d+/s +\d+/s$", con.cmd("show perfmon"), re.M)
    assert re.fullmatch(r"CPU utilization for 5 seconds = \d+%; 1 minute: \d+%; 5 minutes: \d+%", con.cmd("show cpu usage").strip())
    lablib.wait_for("the dataplane's share", lambda: rates() and re.search(
        r"^ *[1-9]\d* ms +(?!0\.0%).*   vg-dataplane$", con.cmd("show processes"), re.M))

    def running():  # a thread has its name when it has begun to run
        return set(re.findall(r"(?m)^ *\d+ ms .*%   (\S+)$", con.cmd("show processes cpu-usage")))

    lablib.wait_for("the threads", lambda: lablib.worker_threads() | {"vg-log"} <= running())
    blocks = re.findall(r"^ +(\d+) +(\d+) +(\d+) +(\d+)$", con.cmd("show blocks"), re.M)
    assert [b[0] for b in blocks] == ["2048", "65700"]
    assert all(int(low) <= int(free) <= int(most) for _, most, low, free in blocks), blocks
    assert int(blocks[0][2]) < int(blocks[0][1])


def test_a_crash_leaves_its_record(lab):
    con = lab.start()
    paste(con, CONFIG)
    assert "[OK]" in con.cmd("write memory")
    assert "No crash information is available" in con.cmd("show crashinfo")
    child = lab.app.child()
    con.send("crashinfo force watchdog")
    con.until(rb"proceed\? \[confirm\]:")
    con.send("")
    lablib.wait_for("another appliance", lambda: lablib.children(lab.app.proc.pid) not in ([], [child]))
    con = lab.app.enable("cisco123")
    text = con.cmd("show crashinfo")
    assert re.search(r"Thread Name: vg-console \(\d+\)\nAborted \(signal 6\) at ", text), text
    assert re.search(r"^ *\d+: force_step\+0x[0-9a-f]+$", text, re.M), text
    assert re.search(r"^ *\d+: session_line\+0x[0-9a-f]+$", text, re.M), text
    con.cmd("clear crashinfo")
    assert "No crash information is available" in con.cmd("show crashinfo")


SECRETS = """\
enable password Secret-enable1
username op password Secret-user22 privilege 15
snmp-server community Secret-snmp33
snmp-server host inside 10.0.0.9 community Secret-snmp44
ntp authentication-key 1 md5 Secret-ntp55
crypto ca trustpoint tp
 password Secret-crl66
 enrollment url http://ra:Secret-url77@10.0.0.9/certsrv
"""


def test_a_support_bundle_holds_no_secret(lab):
    con = lab.start()
    paste(con, CONFIG)
    paste(con, SECRETS)
    con.cmd("write memory")
    text = con.cmd("show tech-support", deadline=60)
    assert text.count("------------------ show ") >= 35
    assert "------------------ show running-config ------------------" in text
    assert "Invalid input" not in text and "ERROR: %" not in text
    assert "Secret-" not in text
    plain = con.cmd("more system:running-config")
    for secret in ("Secret-snmp33", "Secret-snmp44", "Secret-url77"):  # what is not kept as a hash is really there
        assert secret in plain
    hashes = re.findall(r"password (\S+) (?:encrypted|pbkdf2)", plain)
    assert len(hashes) >= 2
    for h in hashes:
        assert h not in text
    assert re.search(r"^username op password <removed> \w+ privilege 15$", text, re.M)


def test_a_support_bundle_as_a_file(lab):
    con = lab.start()
    paste(con, CONFIG + "logging enable\nlogging buffered debugging\n")
    text = con.cmd("show tech-support file disk0:/plain.txt", deadline=60)
    assert re.fullmatch(r"\d+ bytes written to disk0:/plain.txt", text.strip()), text
    plain = open(os.path.join(lab.flash(), "plain.txt")).read()
    assert "------------------ show running-config ------------------" in plain and plain.rstrip().endswith(": end")
    con.cmd("show tech-support file disk0:/sealed.cms encrypt open-sesame", deadline=60)
    sealed = os.path.join(lab.flash(), "sealed.cms")
    assert b"show version" not in open(sealed, "rb").read()
    opened = subprocess.run(["openssl", "cms", "-decrypt", "-inform", "DER", "-in", sealed, "-binary", "-pwri_password",
                             "open-sesame"], check=True, capture_output=True).stdout.decode()
    assert "------------------ show version ------------------" in opened and opened.rstrip().endswith(": end")
    assert subprocess.run(["openssl", "cms", "-decrypt", "-inform", "DER", "-in", sealed, "-pwri_password", "other"],
                          capture_output=True).returncode != 0
    assert "open-sesame" not in con.cmd("show logging") + opened
    assert "is not a file on flash" in con.cmd("show tech-support file tftp://10.0.0.9/x")
    assert not [f for f in os.listdir(lab.flash()) if "tmp" in f]
