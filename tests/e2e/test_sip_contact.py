"""SIP over TCP behind a shared address: a contact where the phone listens has a port taken for it, and who dials that port reaches
the phone; media of a host that is no end of the connection is announced by the first message that names it."""
import pytest

import lab as lablib
from conftest import finish, paste

REGISTRAR, PHONE, OTHER = "192.0.2.10", "10.0.0.254", "10.0.0.53"

CONFIG = """\
object network phones
 subnet 10.0.0.0 255.255.255.0
 nat (inside,outside) dynamic {shared}
{more}policy-map global_policy
 class inspection_default
  inspect sip
service-policy global_policy global
"""
PBX = f"object network pbx\n host {PHONE}\n nat (inside,outside) static 192.0.2.32\n"


@pytest.fixture
def tcp():
    """Starts the two ends behind a configuration."""
    it = lablib.Lab()

    def start(shared, more=""):
        it.con = it.start()
        it.con.cmd("terminal pager 0")
        paste(it.con, lablib.BASE + CONFIG.format(shared=shared, more=more))
        it.registrar = lablib.Peer(it, it.outside, "sip_tcp", "registrar", REGISTRAR)
        it.phone = lablib.Peer(it, it.inside, "sip_tcp", "phone", PHONE, REGISTRAR)
        return it

    yield start
    finish(it)


@pytest.mark.parametrize("shared,seen", [("192.0.2.31", "192.0.2.31"), ("interface", "192.0.2.1")])
def test_a_contact_behind_pat_is_reached(tcp, shared, seen):
    lab = tcp(shared)
    assert lab.phone.ask("register 5080", r"status (\d+) (\S+)").groups() == ("200", f"<sip:a@{PHONE}:5080;transport=tcp>;expires=60")
    host, port = lab.registrar.line(r"contact (\S+) (\d+)").groups()
    assert host == seen and int(port) >= 1024 and port != "5080"
    assert f"TCP PAT from inside:{PHONE}/5080 to outside:{seen}/{port} flags ri" in lab.con.cmd("show xlate")
    for _ in range(2):  # any number of connections, while the registration lasts
        assert lab.registrar.ask(f"dial {host} {port}", r"status (\d+)").group(1) == "200"
        assert lab.phone.line(r"called (\d+) (\S+)").group(2) == f"sip:a@{PHONE}:5080;transport=tcp"
    assert f"inside {PHONE}:5080" in lab.con.cmd("show conn")


def test_the_first_message_names_another_host(tcp):
    """A PBX with an address of its own speaks for a phone behind a shared one. Nothing says a message over TCP twice."""
    lab = tcp("192.0.2.31", PBX)
    assert lab.phone.ask(f"offer {OTHER} 4000", r"status (\d+)").group(1) == "486"
    host, port = lab.registrar.line(r"media (\S+) (\d+)").groups()
    assert host == "192.0.2.31" and int(port) % 2 == 0 and int(port) >= 1024
