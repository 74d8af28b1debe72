"""voxgate check and voxgate replay, and the second scenario: outside PAT."""
import os
import re
import shutil
import struct
import subprocess
import time

import lab as lablib
import pexpect
import pytest
from conftest import Setup, open_session, paste, sessions, wires_up


def voxgate(*argv):
    return subprocess.run([lablib.voxgate_bin(), *argv], capture_output=True, text=True, timeout=300)


def sample(lab):
    lab.pki.self_signed("cuma", "cuma.example.com")
    text = lablib.BASE + lablib.ROUTE_TO_CUMA + lablib.SCENARIO_1.format(
        pkcs12=lab.pki.pkcs12("cuma", "sample_passphrase"), cert=lab.pki.pem_body("cuma.crt"))
    path = os.path.join(lab.dir, "sample.cfg")
    with open(path, "w") as f:
        f.write(text)
    return path, text


def test_check_accepts_the_sample(lab):
    path, text = sample(lab)
    with open(path, "a") as f:
        f.write("sysopt connection tcpmss 1200\n")
    r = voxgate("check", path)
    assert r.returncode == 0, r.stdout
    m = re.search(r"(?:\d+) lines, (\d+) accepted, 0 errors, (\d+) warnings, (\d+) not in force\n", r.stdout)
    assert m, r.stdout
    assert "not in force: sysopt connection tcpmss 1200 (" in r.stdout
    assert "ntp server" not in r.stdout
    assert int(m.group(3)) == len(re.findall("(?m)^not in force: ", r.stdout)) > 0, r.stdout
    assert not re.search("not in force: .*(nat|access-list|tls-proxy|mmp|logging)", r.stdout), r.stdout


def test_check_names_the_wrong_line(lab):
    path, text = sample(lab)
    lines = text.splitlines()
    at = lines.index("route outside 0.0.0.0 0.0.0.0 192.0.2.254 1")
    lines[at] = "route outside 0.0.0.0 0.0.0.0 192.0.2.1 1"
    lines.insert(at, "frobnicate")
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    r = voxgate("check", path)
    assert r.returncode == 1
    assert re.search(rf"line {at + 1}: ERROR: % Invalid input detected", r.stdout), r.stdout
    assert re.search(rf"line {at + 2}: ERROR: Invalid next hop address", r.stdout), r.stdout
    assert " 2 errors," in r.stdout


REPLAYED = """\
object network web
 host 10.0.0.53
 nat (inside,outside) static 192.0.2.141
access-list outside_in extended permit tcp any host 10.0.0.53 eq www
access-group outside_in in interface outside
"""


def frames(path):
    """Records of a classic capture file: header and frame."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:4] == b"\xd4\xc3\xb2\xa1"
    at, out = 24, []
    while at < len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        out.append(data[at:at + 16 + size])
        at += 16 + size
    return data[:24], out


def only(path, mac, sent):
    """Rewrites a capture file to what a station sent, or to all others' frames; those as IP packets too."""
    head, all_of = frames(path)
    kept = [f for f in all_of if (f[22:28] == mac) == sent]
    with open(path, "wb") as f:
        f.write(head + b"".join(kept))
    return [ip_of(f) for f in kept if f[28:30] == b"\x08\x00"]


def ip_of(frame):
    return frame[30:30 + int.from_bytes(frame[32:34], "big")]


def settled(path):
    """Nothing more comes to a recording; it is written once a second at the latest."""
    before = os.path.getsize(path)
    time.sleep(1.5)
    return before > 24 and os.path.getsize(path) == before


def mac_of(ns, dev):
    with_mac = ns.run("cat", f"/sys/class/net/{dev}/address", check=False).stdout or ns.run("ip", "link", "show", dev).stdout
    return bytes.fromhex(re.search(rb"([0-9a-f]{2}(:[0-9a-f]{2}){5})", with_mac).group(1).decode().replace(":", ""))


def test_replay_of_a_recorded_wire_gives_what_the_appliance_gave(lab):
    """Both wires are recorded while curl runs through a live appliance. What the stations sent, replayed, comes out as
    the same packets as it did then."""
    con = lab.start()
    paste(con, lablib.BASE + REPLAYED)
    wires_up(con)
    lablib.Peer(lab, lab.inside, "web", "10.0.0.53", 80, lab.dir)
    with open(lab.dir + "/x", "w") as f:
        f.write("hello" * 100)
    wires = {side: lablib.record(lab, ns, dev, f"{lab.dir}/{side}.pcap", "tcp")
             for side, ns, dev in (("outside", lab.outside, "oA"), ("inside", lab.inside, "iB"))}
    assert lab.outside.run("curl", "-s", "http://192.0.2.141/x").stdout == b"hello" * 100
    lab.outside.run("curl", "-s", "--max-time", "1", "http://192.0.2.141:81/", check=False)
    lablib.wait_for("the recorders to have written all", lambda: all(settled(f"{lab.dir}/{side}.pcap") for side in wires))
    for p in wires.values():
        lablib.end(p)
    shutil.copy(lab.dir + "/inside.pcap", lab.dir + "/live.pcap")
    live = only(lab.dir + "/live.pcap", mac_of(lab.inside, "iB"), False)
    sent = [only(f"{lab.dir}/{side}.pcap", mac_of(ns, dev), True)
            for side, ns, dev in (("outside", lab.outside, "oA"), ("inside", lab.inside, "iB"))]
    with open(lab.dir + "/replay.cfg", "w") as f:
        f.write(lablib.BASE + REPLAYED)
    results = []
    for n in (1, 2):
        out, csv = f"{lab.dir}/out{n}.pcap", f"{lab.dir}/v{n}.csv"
        r = voxgate("replay", "--config", lab.dir + "/replay.cfg", "--in", f"outside={lab.dir}/outside.pcap", "--in",
                    f"inside={lab.dir}/inside.pcap", "--out", f"inside={out}", "--verdicts", csv,
                    "--show", "show access-list outside_in")
        assert r.returncode == 0, r.stdout + r.stderr
        with open(out, "rb") as f, open(csv) as g:
            results.append((f.read(), g.read(), r.stdout))
    assert results[0] == results[1], "replayed twice: the same bytes"
    verdicts = results[0][1].splitlines()
    assert len(verdicts) == len(sent[0]) + len(sent[1]), verdicts
    assert sum("forwarded:inside" in v for v in verdicts) == len(live), verdicts
    assert {v.split(",", 1)[1] for v in verdicts} == {"outside,forwarded:inside", "inside,forwarded:outside",
                                                      "outside,dropped:acl-drop"}
    replayed = [ip_of(f) for f in frames(f"{lab.dir}/out1.pcap")[1] if f[28:30] == b"\x08\x00"]
    assert [without_sums(p) for p in replayed] == [without_sums(p) for p in live]
    assert "(hitcnt=1)" in results[0][2]


def without_sums(ip):
    """TCP checksums of the recording may be partial: its hosts leave them to the device."""
    hl = (ip[0] & 15) * 4
    return ip[:hl + 16] + b"\0\0" + ip[hl + 18:]


def test_scenario_2_outside_pat():
    """All clients come to the server from the one address the outside PAT gives them; the second listing unchanged."""
    lab = lablib.Lab(inside_lo=("172.16.27.41/32",))
    try:
        lab.pki.self_signed("cuma", "cuma.example.com")
        con = lab.start()
        text = lablib.scenario_2(lab.pki.pkcs12("cuma", "sample_passphrase"), lab.pki.pem_body("cuma.crt"))
        paste(con, lablib.BASE + "route inside 172.16.27.0 255.255.255.0 10.0.0.254 1\n" + text +
              "access-list outside_in extended permit tcp any host 172.16.27.41 eq 5443\n"
              "access-group outside_in in interface outside\n")
        tap = lablib.Tap(lab, lab.inside, "iB")
        s = Setup(lab, con)
        s.server = lablib.TlsServer(lab, addr="172.16.27.41")
        client = open_session(s)
        client.send(lablib.UPLOAD)
        assert s.server.expect(len(lablib.UPLOAD)) == lablib.UPLOAD
        seen = re.findall(r"TCP (\S+):\d+ > 172\.16\.27\.41:5443 SYN len", tap.read())
        assert set(seen) == {"192.0.2.183"}, tap.text
        xlate = con.cmd("show xlate")
        assert re.search(r"TCP PAT from outside:192\.0\.2\.10/\d+ to inside:192\.0\.2\.183/\d+ ", xlate), xlate
        assert "NAT from inside:172.16.27.41 to outside:192.0.2.140" in xlate, xlate
        assert sessions(con) == 1
        client.proc.stdin.close()
        client.proc.wait(60)
        lablib.wait_for("the session to end", lambda: sessions(con) == 0)
        con.cmd("clear xlate")
        assert "PAT from" not in con.cmd("show xlate")
    finally:
        rc, said = lab.close()
    assert rc == 0, said[-4000:]


DEMO = ["/usr/bin/python3", lablib.ROOT + "/scripts/demo.py"]
DEMO_ENV = dict(os.environ, VOXGATE_BIN=lablib.voxgate_bin())


@pytest.mark.parametrize("scenario, steps", [("1", 11), ("2", 11), ("sip", 13)])
def test_demo_batch(scenario, steps):
    r = subprocess.run(DEMO + ["--batch", "--scenario", scenario], capture_output=True, text=True, timeout=400, env=DEMO_ENV)
    assert r.returncode == 0 and f"\n{steps} passed, 0 failed\n" in r.stdout, r.stdout + r.stderr


def test_demo_leaves_its_operator_on_the_console():
    child = pexpect.spawn(DEMO[0], DEMO[1:], encoding="utf-8", timeout=120, env=DEMO_ENV)
    child.expect("Ctrl-\\] ends the lab")
    child.expect("ciscoasa# $")
    child.send("show ver\t\r")
    child.expect("Voxgate Appliance Software Version")
    child.expect("<--- More --->$")
    child.send(" ")
    child.expect("ciscoasa# $")
    child.send("show running-config\r")
    child.expect("<--- More --->$")
    child.send("q")
    child.expect("ciscoasa# $")
    child.send("\x1d")
    child.expect("10 passed, 0 failed")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def console_of(tmp_path, *ports):
    argv = [lablib.voxgate_bin(), "run", "--flash", str(tmp_path / "flash"), "--console", "stdio"]
    for p in ports:
        argv += ["--port", p]
    return subprocess.run(argv, input="enable\n\nshow interface\nshow startup-config errors\n", capture_output=True,
                          text=True, timeout=300)


def test_one_missing_device_keeps_nothing_down(tmp_path):
    r = console_of(tmp_path, "GigabitEthernet0/0=afpacket:vgnosuch0", "GigabitEthernet0/1=mem:x")
    assert r.returncode == 0, r.stderr
    told = "ERROR: GigabitEthernet0/0 has no port: vgnosuch0: no such network device; reload once that is put right\n"
    assert r.stdout.count(told) == 2, r.stdout  # the greeting and the command
    parts = r.stdout.split('Interface GigabitEthernet0/')
    assert "Hardware is absent" in parts[1] and "Hardware is mem:x" in parts[2], r.stdout
    assert "vgnosuch0: no such network device" in r.stderr


def test_without_any_device_it_ends(tmp_path):
    r = console_of(tmp_path, "GigabitEthernet0/0=afpacket:vgnosuch0", "GigabitEthernet0/1=afpacket:vgnosuch1")
    assert r.returncode == 1 and "vgnosuch1: no such network device" in r.stderr, r.stderr
    assert "ciscoasa" not in r.stdout
