"""Syslog by TLS to rsyslog: only to a server that a trustpoint vouches for and that has the name that is meant; EMBLEM by UDP."""
import os
import re
import subprocess

import lab as lablib
from conftest import paste

CONFIG = lablib.PORTS + """\
logging enable
logging buffer-size 1000000
logging buffered debugging
logging trap informational
logging permit-hostdown
logging host inside 10.0.0.254 udp/5140 format emblem
crypto ca reference-identity logs
 dns-id logs.example.com
crypto ca reference-identity other
 dns-id other.example.com
 cn-id other
"""

TRUST = """\
crypto ca trustpoint {name}
 enrollment terminal
crypto ca authenticate {name} nointeractive
{ca}quit
"""

RSYSLOG = """\
global(net.enableDNS="off" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{dir}/logs.crt"
       defaultNetstreamDriverCertFile="{dir}/logs.crt" defaultNetstreamDriverKeyFile="{dir}/logs.key")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
module(load="imudp")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imtcp" port="6514" address="10.0.0.254")
input(type="imudp" port="5140" address="10.0.0.254")
action(type="omfile" file="{dir}/syslog" template="raw")
"""


def rsyslog(lab):
    conf = os.path.join(lab.dir, "rsyslog.conf")
    with open(conf, "w") as f:
        f.write(RSYSLOG.format(dir=lab.dir))
    return lab.spawn(lab.inside, "rsyslogd", "-n", "-f", conf, "-i", os.path.join(lab.dir, "rsyslog.pid"),
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def heard(lab):
    try:
        with open(os.path.join(lab.dir, "syslog")) as f:
            return f.read()
    except OSError:
        return ""


def setting(con):
    return con.cmd("show logging setting")


def test_only_the_server_that_is_meant(lab):
    con = lab.start()
    lab.pki.self_signed("logs", "logs.example.com")
    lab.pki.self_signed("stranger", "stranger.example.com")
    paste(con, CONFIG)
    server = rsyslog(lab)
    paste(con, TRUST.format(name="wrong", ca=lab.pki.pem_body("stranger.crt")))
    paste(con, "logging host inside 10.0.0.254 tcp/6514 secure reference-identity other\n")
    # a CA that is not the server's
    lablib.wait_for("the refusal", lambda: "tcp/6514 SECURE Not connected" in setting(con) and
                    "Failed to find a suitable trustpoint" in con.cmd("show logging"), 60)
    lablib.wait_for("414003 and 725014", lambda: all(m in con.cmd("show logging") for m in ("%ASA-3-414003", "%ASA-7-725014")))
    log = con.cmd("show logging")
    assert "%ASA-6-725001: Starting SSL handshake with server inside:10.0.0.254/6514 to 10.0.0.1/" in log, log
    assert "%ASA-6-725006: Device failed SSL handshake with server inside:10.0.0.254/6514 to 10.0.0.1/" in log, log
    assert "%ASA-3-414003: TCP Syslog Server inside: 10.0.0.254/6514 not responding" in log, log
    assert "%ASA-7-725014: SSL lib error. Function: ssl_client_handshake Reason: " in log, log
    assert "%ASA-7-725013" not in log and "%ASA-6-725007" not in log, log
    # trusted, but another than is meant
    paste(con, TRUST.format(name="right", ca=lab.pki.pem_body("logs.crt")))
    lablib.wait_for("the other name to be refused", lambda: "none of the names of the reference-identity"
                    in setting(con), 60)
    # the one
    paste(con, "logging host inside 10.0.0.254 tcp/6514 secure reference-identity logs\n")
    lablib.wait_for("the connection", lambda: "tcp/6514 SECURE Connected" in setting(con), 60)
    con.cmd("clear logging counter")
    paste(con, "hostname box1\n")
    lablib.wait_for("a line by TLS and one by UDP", lambda: "%ASA-5-111008: User 'enable_15' executed the "
                    "'hostname box1' command." in heard(lab) and
                    "%ASA-config-5-111008: User 'enable_15' executed the 'hostname box1' command." in heard(lab))
    assert "<165>:%ASA-config-5-111008" in heard(lab), heard(lab)
    for message in ("%ASA-6-725002: Device completed SSL handshake with server inside:10.0.0.254/6514", "right to validate certificate"):
        lablib.wait_for(message, lambda: message in con.cmd("show logging"))
    cipher = r"%ASA-7-725013: SSL server inside:10\.0\.0\.254/6514 to 10\.0\.0\.1/\d+ chooses cipher ECDHE-\S+"
    lablib.wait_for("the cipher", lambda: re.search(cipher, con.cmd("show logging")))
    lablib.end(server)
    lablib.wait_for("the end to be told", lambda: "%ASA-6-725007: SSL session with server inside:10.0.0.254/6514 to 10.0.0.1/"
                    in con.cmd("show logging"))
    lab.stop()
