"""Nothing is left behind: sessions held, opened and given up while the configuration changes under them."""
import re

import lab as lablib
import pytest
from conftest import mobility, sessions

HELD = 50
CHURN = 1000
ROUNDS = 10


def numbers(con):
    """What the appliance holds: memory blocks by kind, and the tables of its worker."""
    text = con.cmd("show memory detail")
    kinds = re.findall(r"^(\S.*?) +(\d+) +\d+ +\d+$", text, re.M)
    tables = re.findall(r"^  (\w[\w ]+?) +(\d+) in use", text, re.M)
    usage = re.findall(r"^(\w[\w ]+?) +(\d+) +\d+ +(?:\d+|N/A) +\d+ System$", con.cmd("show resource usage all"), re.M)
    assert kinds and tables and {"PAT ports", "Leased PAT blocks"} <= {name for name, _ in usage}, text
    return {name: int(n) for name, n in kinds + tables + usage}


def quiet(con):
    """The numbers, once nothing is under way any more."""
    lablib.wait_for("the last session", lambda: sessions(con) == 0)
    lablib.wait_for("the last connection", lambda: numbers(con)["Connections"] == 0)
    lablib.wait_for("the last flow id", lambda: numbers(con)["Proxied flows"] == 0)
    lablib.wait_for("the last port of the outside PAT", lambda: numbers(con)["PAT ports"] == 0, 120)  # pat-xlate: 30 s
    # A packet waits a moment for the address of a neighbour that is not there.
    lablib.wait_for("the last packet buffer", lambda: numbers(con)["Packet buffers"] == 0)
    return numbers(con)


def edits(i, p12):
    """A new certificate, another NAT rule, another ACE, the inspection taken away and given back."""
    return (f"crypto ca import cuma_proxy pkcs12 sample_passphrase\n{p12}quit\n"
            f"object network extra\n host 10.0.0.{100 + i}\n nat (inside,outside) static 192.0.2.{200 + i}\n"
            f"access-list outside_in line 1 extended permit tcp any host 10.0.0.{100 + i} eq {1000 + i}\n"
            f"no access-list outside_in extended permit tcp any host 10.0.0.{100 + i} eq {1000 + i}\n"
            "no object network extra\n"
            "policy-map global_policy\n class cuma_proxy\n  no inspect mmp tls-proxy cuma_proxy\n"
            "  inspect mmp tls-proxy cuma_proxy\n")


def one_round(con, churn, syn, p12s, i, n):
    churn.proc.stdin.write(f"churn {n}\n".encode())
    con.paste("configure terminal\n" + edits(i, p12s[i % 2]) + "end", 60)
    syn.ask("syn 20", "sent 20")
    lablib.wait_for("half-open connections", lambda: con.cmd("show conn address 192.0.2.66").count("TCP ") == 20)
    assert "deleted" in con.cmd("clear conn address 192.0.2.66")
    churn.line(f"churned {n}.*")
    con.cmd("clear conn address 192.0.2.254")


# Clients share an address towards the server: each session has a port of it, which must come back.
OUTSIDE_PAT = """\
object network clients
 subnet 192.0.2.0 255.255.255.0
 nat (outside,inside) dynamic 192.0.2.183
"""


@pytest.mark.parametrize("workers", [1, 3])
def test_sessions_come_and_go_while_the_configuration_changes(lab, workers):
    con = mobility(lab, workers=workers)
    con.paste("configure terminal\n" + OUTSIDE_PAT + "end")
    pki = lab.pki
    pki.self_signed("next", "cuma.example.com")
    p12s = [pki.pkcs12("next", "sample_passphrase"), pki.pkcs12("cuma", "sample_passphrase")]
    lablib.Peer(lab, lab.inside, "tls_server", "10.1.1.2", 5443, pki.path("cuma.key"), pki.path("cuma.crt"))
    held = lablib.Peer(lab, lab.outside, "tls_clients", "192.0.2.10", "192.0.2.140", 5443)
    churn = lablib.Peer(lab, lab.outside, "tls_clients", "192.0.2.254", "192.0.2.140", 5443)
    syn = lablib.Peer(lab, lab.outside, "syn", "oA", "192.0.2.66", "192.0.2.140", 5443)
    held.ask("open 5", "open 5")
    one_round(con, churn, syn, p12s, 1, 10)  # what is made once and kept
    held.ask("close", "closed")
    lablib.wait_for("the last session", lambda: sessions(con) == 0)
    con.cmd("clear xlate")  # here nobody waits for pat-xlate
    before, fds = quiet(con), lab.app.fds()

    held.ask(f"open {HELD}", f"open {HELD}")
    for i in range(ROUNDS):
        one_round(con, churn, syn, p12s, i, CHURN // ROUNDS)
    held.ask("talk", f"talked {HELD}")
    assert sessions(con) >= HELD
    assert numbers(con)["PAT ports"] >= HELD and numbers(con)["Xlates"] >= HELD
    con.cmd("clear conn")
    after = quiet(con)
    assert after == before
    assert lab.app.fds() == fds
