"""Syslog by TCP to rsyslog: lines arrive whole, and what it would not hear of does not begin while it is down."""
import os
import subprocess
import sys

import lab as lablib
from conftest import paste

CONFIG = lablib.PORTS + """\
hostname box1
logging enable
logging timestamp rfc5424
logging device-id hostname
logging trap informational
logging host inside 10.0.0.254 tcp/1470
"""

RSYSLOG = """\
global(net.enableDNS="off")
module(load="imtcp")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imtcp" port="1470" address="10.0.0.254")
action(type="omfile" file="{log}" template="raw")
"""

TRY = """\
import socket, sys
s = socket.socket()
s.settimeout(float(sys.argv[1]))
s.connect(("192.0.2.10", 7777))
"""


def rsyslog(lab, log):
    conf = os.path.join(lab.dir, "rsyslog.conf")
    with open(conf, "w") as f:
        f.write(RSYSLOG.format(log=log))
    return lab.spawn(lab.inside, "rsyslogd", "-n", "-f", conf, "-i", os.path.join(lab.dir, "rsyslog.pid"),
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def reaches_outside(lab, patience):
    return lab.inside.run(sys.executable, "-c", TRY, str(patience), check=False).returncode == 0


def text_of(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


def test_connections_wait_for_the_server(lab):
    con = lab.start()
    log = os.path.join(lab.dir, "syslog")
    lab.spawn(lab.outside, sys.executable, "-c", "import socket\ns = socket.create_server(('192.0.2.10', 7777))\n"
              "while True:\n  s.accept()")
    paste(con, CONFIG)
    lablib.wait_for("the server to be found missing", lambda: "Not connected" in con.cmd("show logging setting"))
    assert not reaches_outside(lab, 3)
    assert "conn-limit" in con.cmd("show asp drop")
    paste(con, "logging permit-hostdown\n")
    lablib.wait_for("a connection although it is down", lambda: reaches_outside(lab, 3))
    paste(con, "no logging permit-hostdown\n")
    assert not reaches_outside(lab, 3)
    server = rsyslog(lab, log)
    lablib.wait_for("the connection to rsyslog", lambda: "1470 Connected" in con.cmd("show logging setting"), 60)
    lablib.wait_for("a connection", lambda: reaches_outside(lab, 3))
    lablib.wait_for("its message at rsyslog", lambda: "302013" in text_of(log))
    assert "<165>1 2" in text_of(log) and "Z box1 : %ASA-5-111008: " in text_of(log), text_of(log)
    assert "192.0.2.10/7777" in text_of(log)
    assert "%ASA-6-414004: TCP Syslog Server inside: 10.0.0.254/1470 - Connection restored" in text_of(log)
    lablib.end(server)
    lablib.wait_for("the loss to be noticed", lambda: "Not connected" in con.cmd("show logging setting"))
    assert not reaches_outside(lab, 3)
    lab.stop()
