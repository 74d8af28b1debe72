"""A server that refuses, hangs, lies or resets: its client is told, it is counted and logged, other sessions go on."""
import re

import lab as lablib
import pytest
from conftest import mobility, paste, sessions

OTHER = """\
object network obj-10.1.1.3-01
 host 10.1.1.3
 nat (inside,outside) static 192.0.2.142
access-list outside_in extended permit tcp any host 10.1.1.3 eq 5443
"""


@pytest.fixture(scope="module")
def two():
    """A good server at 10.1.1.2 with sessions; a place for a bad one at 10.1.1.3. One appliance for all faults."""
    lab = lablib.Lab(inside_lo=("10.1.1.2/32", "10.1.1.3/32"))
    try:
        lab.con = mobility(lab)
        paste(lab.con, OTHER + "logging buffered debugging\nlogging buffer-size 1000000\n")
        lablib.Peer(lab, lab.inside, "tls_server", "10.1.1.2", 5443, lab.pki.path("cuma.key"), lab.pki.path("cuma.crt"))
        lab.good = lablib.Peer(lab, lab.outside, "tls_clients", "192.0.2.10", "192.0.2.140", 5443)
        lab.good.ask("open 10", "open 10")
        lab.client = lablib.Peer(lab, lab.outside, "tls_clients", "192.0.2.254", "192.0.2.142", 5443)
        lab.tap = lablib.Tap(lab, lab.outside, "oA")
        yield lab
    finally:
        rc, text = lab.close()
    assert rc == 0, text[-4000:]


def statistics(con):
    """What became of sessions, as the operator sees it, and the flows dropped for it."""
    text = con.cmd("show tls-proxy session statistics")
    rows = dict(re.findall(r"^(\S.*?) +(\d+)$", text, re.M))
    rows.update(re.findall(r"\((\S+)\) +(\d+)$", con.cmd("show asp drop flow"), re.M))
    return {name: int(n) for name, n in rows.items()}


def one_try(lab, log, counted, serve=(), name="cuma"):
    """A session to the bad server while the good one talks; how it ended for the client. The log and the counters say
    so, and the client's reset is seen on its wire."""
    con = lab.con
    con.cmd("clear logging buffer")
    before = statistics(con)
    bad = None
    if serve is not None:
        bad = lablib.Peer(lab, lab.inside, "tls_server", "10.1.1.3", 5443, lab.pki.path(name + ".key"),
                          lab.pki.path(name + ".crt"), *serve)
    lab.tap.read()
    lab.tap.text = ""
    lab.client.proc.stdin.write(b"one\n")
    lab.good.ask("talk", "talked 10")
    said = lab.client.line(r"one (.*)", 60).group(1)
    lab.tap.expect(r"TCP 192\.0\.2\.142:5443 > 192\.0\.2\.254:\d+ (\S+,)*RST")
    lablib.wait_for("the session to go", lambda: sessions(con) == 10)
    lab.good.ask("talk", "talked 10")
    if bad:
        lablib.end(bad.proc)
    shown = lablib.wait_for(f"{log} in the log", lambda: re.search(log, con.cmd("show logging")))
    after = statistics(con)
    for c in counted:
        assert after.get(c, 0) == before.get(c, 0) + 1, f"{c}: {before} -> {after}"
    return said, shown


FAILED = "Failed: handshake with the server"
UNVERIFIED = "Failed: server not verified"
NOT_THERE = "Failed: server refused"
REFUSED = r"%ASA-4-780002: TLS proxy: session from outside:192\.0\.2\.254/\d+ to inside:10\.1\.1\.3/5443 refused: "


def test_server_refuses(two):
    said, _ = one_try(two, REFUSED + "server: connect: Connection refused", [NOT_THERE, "connect-refused"], serve=None)
    assert said in ("reset", "eof")


def test_server_shows_a_wrong_certificate(two):
    two.pki.self_signed("other", "cuma.example.com")
    said, _ = one_try(two, REFUSED + "server: The certificate of trustpoint cuma_server is no CA certificate", [UNVERIFIED, "ssl-server-unverified"], name="other")
    assert said in ("reset", "eof")


def test_server_resets_in_the_handshake(two):
    said, _ = one_try(two, REFUSED + "server: .*reset", [FAILED, "ssl-server-handshake-failed"], serve=("reset",))
    assert said in ("reset", "eof")


def test_server_speaks_no_tls(two):
    said, _ = one_try(two, REFUSED + "server: ", [FAILED, "ssl-server-handshake-failed"], serve=("garbage",))
    assert said in ("reset", "eof")


def test_server_hangs(two):
    said, _ = one_try(two, REFUSED + "server did not finish connecting in time", [FAILED, "ssl-server-handshake-failed"],
                      serve=("hang",))
    assert said in ("reset", "eof")


def test_client_gets_an_alert(two):
    """A client whose suites the appliance does not take is told so by TLS before it is reset."""
    r = two.outside.run("openssl", "s_client", "-connect", "192.0.2.142:5443", "-tls1_2", "-cipher", "AES256-CCM8:@SECLEVEL=0",
                        check=False, input=b"")
    assert b"alert handshake failure" in r.stderr, r.stderr
    two.good.ask("talk", "talked 10")
    lablib.wait_for("the session to go", lambda: sessions(two.con) == 10)
    lablib.wait_for("725014", lambda: "725014" in two.con.cmd("show logging"))
