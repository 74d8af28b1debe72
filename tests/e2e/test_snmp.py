"""SNMP: the appliance as subagent of Debian's snmpd, asked and listened to with Net-SNMP's tools."""
import json
import os
import random
import re
import socket
import subprocess
import sys

import pytest

import lab as lablib
from conftest import finish, paste

# Where scripts/setup has unpacked it.
SNMPD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/snmpd/usr/sbin/snmpd")
# In a namespace of the lab, where nobody else has ports.
PORT, TRAPS = 16100, 16200
SINK = f"""\
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", {TRAPS}))
print("ready", flush=True)
while True:
    print(s.recv(65536).hex(), flush=True)
"""
CONFIG = lablib.PORTS + """\
hostname door
domain-name example.com
interface GigabitEthernet0/1
 description To the phones
snmp-server location Cellar, rack 3
snmp-server contact ann@example.com
snmp-server community public
snmp-server host inside 10.0.0.254 version 2c
snmp-server enable traps snmp linkup linkdown coldstart
"""
SYSTEM, IF, IFX = "1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
# The value of snmpTrapOID.0: 1.3.6.1.6.3.1.1.5.N in BER.
COLD_START, LINK_DOWN, LINK_UP = ("06092b060106030101" + "05" + n for n in ("01", "03", "04"))


class Snmp:
    """The master agent, its manager, and who is told."""

    def __init__(self, lab):
        self.lab, self.proc = lab, None
        self.socket = os.path.join(lab.dir, "master")
        self.env = dict(os.environ, SNMP_PERSISTENT_DIR=os.path.join(lab.dir, "snmp"), SNMPCONFPATH=lab.dir, MIBS="")
        self.told = open(os.path.join(lab.dir, "told"), "w+")
        lab.spawn(lab.inside, sys.executable, "-c", SINK, stdout=self.told)
        lablib.wait_for("the receiver", lambda: self.traps("ready"))

    def start(self, lines):
        conf = os.path.join(self.lab.dir, "snmpd.conf")
        with open(conf, "w") as f:
            f.write(lines + f"\nagentAddress udp:127.0.0.1:{PORT}\nrocommunity host default\n")
        log = os.path.join(self.lab.dir, "snmpd.log")
        self.proc = self.lab.spawn(self.lab.inside, SNMPD, "-f", "-C", "-c", conf, "-Lf", log, env=self.env,
                                   stdin=subprocess.DEVNULL)

    def stop(self, kill=False):
        if kill:
            self.proc.kill()
        lablib.end(self.proc)

    def ask(self, tool, *oids, community="public"):
        """Values by name, as they are typed in a file."""
        r = self.lab.inside.run(tool, "-v2c", "-c", community, "-OnetqU", "-t", "3", "-r", "3", f"127.0.0.1:{PORT}", *oids,
                                check=False, env=self.env)
        found = re.findall(r"^\.([\d.]+) (.*)$", r.stdout.decode(), re.M)
        return {name: value.strip('"') for name, value in found if not value.startswith("No ")}

    def get(self, oid, **kw):
        return self.ask("snmpget", oid, **kw).get(oid)

    def traps(self, kind):
        with open(self.told.name) as f:
            return [line for line in f if kind in line]


def snmpd_lines(con):
    """What the console has for the file, with what it does not tell: the community, and nobody's group here."""
    text = con.cmd("show snmp-server snmpd")
    assert "rocommunity COMMUNITY 10.0.0.254 -V voxgate voxgate" in text and "trap2sink 10.0.0.254:162 COMMUNITY" in text
    return (text.replace("COMMUNITY", "public").replace("0660 0755 root voxgate", "0666 0755")
            .replace("10.0.0.254:162", f"127.0.0.1:{TRAPS}").replace("10.0.0.254", "127.0.0.1"))


def up(lab):
    return lab.snmp.get(SYSTEM + ".5.0") == "door.example.com"


@pytest.fixture(scope="module")
def lab():
    it = lablib.Lab()
    it.snmp = Snmp(it)
    it.con = it.start(more=("--agentx", it.snmp.socket))
    paste(it.con, CONFIG)
    it.lines = snmpd_lines(it.con)
    it.snmp.start(it.lines)
    lablib.wait_for("the agent", lambda: up(it), 60)
    yield it
    it.snmp.told.close()
    finish(it)


def document(lab, command):
    return json.loads(lab.con.cmd(command + " | json"))


def test_who_it_is(lab):
    walk = lab.snmp.ask("snmpwalk", SYSTEM)
    assert walk[SYSTEM + ".1.0"].startswith("Voxgate Appliance Software Version 9.3(1)")
    assert walk[SYSTEM + ".4.0"] == "ann@example.com" and walk[SYSTEM + ".6.0"] == "Cellar, rack 3"
    assert 0 < int(walk[SYSTEM + ".3.0"]) <= 100 * document(lab, "show version")["uptime_seconds"] + 100
    entity = lab.snmp.ask("snmpwalk", "1.3.6.1.2.1.47.1.1.1.1")
    shown = document(lab, "show inventory")["inventory"][0]
    for column, member in ((2, "description"), (7, "name"), (11, "serial_number"), (13, "pid")):
        assert entity[f"1.3.6.1.2.1.47.1.1.1.1.{column}.1"] == shown[member]
    # The community of the host's own values has the host's.
    assert lab.snmp.get(SYSTEM + ".5.0", community="host") not in (None, "door.example.com")


def interface_values(lab, i, shown):
    """What SNMP should say of an interface that is shown so."""
    t = shown["traffic"]
    v = {(IF, 2): f"Adaptive Security Appliance '{shown['nameif']}' interface", (IF, 4): shown["mtu"], (IF, 3): 6,
         (IF, 7): 1, (IF, 8): 1, (IF, 10): t["bytes_in"], (IF, 16): t["bytes_out"], (IF, 17): t["packets_out"],
         (IFX, 1): shown["nameif"], (IFX, 6): t["bytes_in"], (IFX, 7): t["packets_in"] - shown["broadcasts_in"],
         (IFX, 9): shown["broadcasts_in"], (IFX, 10): t["bytes_out"], (IFX, 18): shown.get("description") or "",
         (IFX, 15): shown["bandwidth_mbps"]}
    return {f"{base}.{column}.{i}": str(value) for (base, column), value in v.items()}


def test_interfaces_are_as_shown(lab):
    lab.outside.run("ping", "-c", "3", "-i", "0.2", "192.0.2.1", check=False)
    lab.inside.run("ping", "-c", "2", "-i", "0.2", "10.0.0.1", check=False)

    def same():
        shown = document(lab, "show interface")["interfaces"]
        walk = dict(lab.snmp.ask("snmpwalk", IF), **lab.snmp.ask("snmpbulkwalk", IFX))
        want = {k: v for i, s in enumerate(shown, 1) if s["nameif"] for k, v in interface_values(lab, i, s).items()}
        lab.differ = {k: (v, walk.get(k)) for k, v in want.items() if walk.get(k) != v}
        return want and not lab.differ and max(int(walk[f"{IF}.17.{i}"]) for i in (1, 2)) >= 3

    try:
        lablib.wait_for("the same values", same)
    except AssertionError:
        raise AssertionError(lab.differ) from None
    addresses = lab.snmp.ask("snmpwalk", "1.3.6.1.2.1.4.20.1.2")
    assert addresses == {"1.3.6.1.2.1.4.20.1.2.10.0.0.1": "2", "1.3.6.1.2.1.4.20.1.2.192.0.2.1": "1"}


def test_all_ways_of_walking_agree(lab):
    def walked():
        """On a busy machine one may be given up in the middle."""
        walks = [lab.snmp.ask(*how, "1.3.6.1") for how in (("snmpwalk",), ("snmpbulkwalk",), ("snmpbulkwalk", "-Cr50"))]
        return list(walks[0]) == list(walks[1]) == list(walks[2]) and walks

    walks = lablib.wait_for("three that agree", walked, 120)
    numbers = [[int(n) for n in name.split(".")] for name in walks[0]]
    assert numbers == sorted(numbers) and len(numbers) > 60
    subtrees = [s["oid"] for s in document(lab, "show snmp-server oidlist")["subtrees"]]
    ours = [name for name in walks[0] if any(name.startswith(oid + ".") for oid in subtrees)]
    assert len(ours) == len(walks[0]), set(walks[0]) - set(ours)
    assert all(any(name.startswith(oid + ".") for name in ours) for oid in subtrees)


def test_load_is_as_shown(lab):
    cpu, conns, memory = "1.3.6.1.4.1.9.9.109.1.1.1.1", "1.3.6.1.4.1.9.9.147.1.2.2.2.1.5.40", "1.3.6.1.4.1.9.9.221.1.1.1.1"

    def same():
        shown, walk = document(lab, "show cpu usage"), lab.snmp.ask("snmpwalk", cpu)
        want = [int(shown["percent_" + t] + 0.5) for t in ("5_seconds", "1_minute", "5_minutes")]
        return want == [int(walk[f"{cpu}.{c}.1"]) for c in (3, 4, 5)] == [int(walk[f"{cpu}.{c}.1"]) for c in (6, 7, 8)]

    lablib.wait_for("the same load", same)
    lab.outside.run("ping", "-c", "1", "192.0.2.1", check=False)
    lablib.wait_for("the same connections", lambda: [document(lab, "show conn count")[m] for m in ("in_use", "most_used")] ==
                    [int(lab.snmp.get(f"{conns}.{n}")) for n in (6, 7)])
    used, free = (int(lab.snmp.get(f"{memory}.{c}.1.1")) for c in (18, 20))
    total = document(lab, "show memory")["total_bytes"]
    assert 0 < used < total and 0 < free < total
    assert abs(used + free - total) < total // 5  # asked for one after the other


def states(lab):
    """ifAdminStatus and ifOperStatus of the outside interface."""
    return lab.snmp.get(IF + ".7.1"), lab.snmp.get(IF + ".8.1")


def test_those_who_are_told_are_told(lab):
    lablib.wait_for("both starts", lambda: len(lab.snmp.traps(COLD_START)) >= 2)  # snmpd's and ours
    before = len(lab.snmp.traps(LINK_DOWN)), len(lab.snmp.traps(LINK_UP))
    paste(lab.con, "interface GigabitEthernet0/0\nshutdown\n")
    lablib.wait_for("linkDown", lambda: len(lab.snmp.traps(LINK_DOWN)) == before[0] + 1)
    lablib.wait_for("the states", lambda: states(lab) == ("2", "2"))
    paste(lab.con, "interface GigabitEthernet0/0\nno shutdown\n")
    lablib.wait_for("linkUp", lambda: len(lab.snmp.traps(LINK_UP)) == before[1] + 1)
    lab.outside.run("ip", "link", "set", "oA", "down")
    lablib.wait_for("linkDown of the wire", lambda: len(lab.snmp.traps(LINK_DOWN)) == before[0] + 2)
    lablib.wait_for("the states", lambda: states(lab) == ("1", "2"))
    paste(lab.con, "no snmp-server enable traps snmp linkup\n")

    def up_and_down():
        """The agent looks once a second, so it may miss this."""
        for word, number in (("up", "1"), ("down", "2")):
            lab.outside.run("ip", "link", "set", "oA", word)
            lablib.wait_for("the link", lambda n=number: states(lab) == ("1", n))
        return len(lab.snmp.traps(LINK_DOWN)) > before[0] + 2

    lablib.wait_for("linkDown again", up_and_down)
    assert len(lab.snmp.traps(LINK_UP)) == before[1] + 1
    lab.outside.run("ip", "link", "set", "oA", "up")
    paste(lab.con, "snmp-server enable traps snmp linkup\n")
    assert document(lab, "show snmp-server statistics")["traps"] >= 5


def told_of(lab, text):
    """Notifications clogMessageGenerated with that text."""
    return [t for t in lab.snmp.traps("060b2b06010401090929020001") if text.encode().hex() in t]


def test_messages_are_told(lab):
    paste(lab.con, "logging enable\nlogging history notifications\nsnmp-server enable traps syslog\n")
    for n in (1, 2):
        text = f"111008: User 'enable_15' executed the 'snmp-server location Cellar, rack 3{n}' command."
        paste(lab.con, f"snmp-server location Cellar, rack 3{n}\n")
        lablib.wait_for("the message", lambda t=text: told_of(lab, t))
        assert len(told_of(lab, text)) == 1
    assert document(lab, "show logging setting")["history"]["messages"] >= 2
    paste(lab.con, "no logging history\nsnmp-server location Cellar, rack 4\nlogging history notifications\n"
          "snmp-server location Cellar, rack 3\n")
    lablib.wait_for("the last message", lambda: told_of(lab, "rack 3' command."))
    assert not told_of(lab, "rack 4")
    paste(lab.con, "no logging enable\nno logging history\nno snmp-server enable traps syslog\n")


def state(lab):
    return document(lab, "show snmp-server statistics")["state"]


def begin_anew(lab):
    """At once, not when it is patient enough."""
    paste(lab.con, "no snmp-server enable\n")
    lablib.wait_for("the end", lambda: state(lab) == "off")
    paste(lab.con, "snmp-server enable\n")


def test_a_master_that_comes_and_goes(lab):
    for kill in (False, True):
        lab.snmp.stop(kill)
        lablib.wait_for("the end", lambda: state(lab) != "connected")
        assert document(lab, "show snmp-server statistics")["why"]
        assert "door up" in lab.con.cmd("show version")
        lab.snmp.start(lab.lines)
        lablib.wait_for("the agent", lambda: up(lab), 60)
    begin_anew(lab)
    lablib.wait_for("the agent", lambda: up(lab), 60)
    paste(lab.con, "no snmp-server community public\nno snmp-server host inside 10.0.0.254 trap version 2c\n")
    lablib.wait_for("nobody to ask", lambda: state(lab) == "off")
    assert not up(lab)
    paste(lab.con, "snmp-server community public\n")
    lablib.wait_for("the agent", lambda: up(lab), 60)


def test_a_master_that_is_none(lab):
    """Garbage, silence, half a PDU, an end in the middle: the console goes on, and the true one is found again."""
    lab.snmp.stop()
    os.path.exists(lab.snmp.socket) and os.unlink(lab.snmp.socket)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(lab.snmp.socket)
        s.listen()
        s.settimeout(60)
        os.chmod(lab.snmp.socket, 0o666)
        for data in (random.Random(1).randbytes(70000), b"\1\22\20\0" + b"\0" * 15 + b"\7", b"\1\2\20", b"\1\22\20\0" + b"\0" * 12 + b"\0\0\0\10"):
            begin_anew(lab)
            con, _ = s.accept()
            with con:
                con.settimeout(60)
                assert con.recv(4)[:2] == b"\1\1"  # Open
                try:
                    con.sendall(data)
                except OSError:
                    pass  # it has seen enough
                assert state(lab) in ("connecting", "not connected", "connected")
    os.unlink(lab.snmp.socket)
    lab.snmp.start(lab.lines)
    begin_anew(lab)
    lablib.wait_for("the agent", lambda: up(lab), 60)
