"""A packet goes through: ping and curl, NAT, ACL, ARP, packet-tracer, ping from the console."""
import lab as lablib
from conftest import paste, wires_up

NAT = """\
object network web
 host 10.0.0.53
 nat (inside,outside) static 192.0.2.141
object network users
 subnet 10.0.0.0 255.255.255.0
 nat (inside,outside) dynamic interface
access-list outside_in extended permit tcp any host 10.0.0.53 eq www
access-list outside_in extended permit icmp any host 10.0.0.53
access-group outside_in in interface outside
"""


def web_server(lab, ns, addr, port=80):
    return lablib.Peer(lab, ns, "web", addr, port, lab.dir)


def curl(ns, url, **kw):
    return ns.run("curl", "-s", "-S", "--max-time", "60", url, **kw).stdout


def test_ping_and_curl_through_static_nat(lab):
    con = lab.start()
    paste(con, lablib.BASE + NAT)
    with open(lab.dir + "/big", "wb") as f:
        f.write(bytes(range(256)) * 8192)
    web_server(lab, lab.inside, "10.0.0.53")
    assert b"1 received" in lab.outside.run("ping", "-c1", "-W5", "192.0.2.141").stdout
    assert curl(lab.outside, "http://192.0.2.141/big") == bytes(range(256)) * 8192
    text = con.cmd("show access-list outside_in")
    assert "(hitcnt=1)" in text, text
    assert "192.0.2.141" in con.cmd("show xlate")


def test_pat_to_interface(lab):
    con = lab.start()
    paste(con, lablib.BASE + NAT)
    web_server(lab, lab.outside, "192.0.2.10")
    tap = lablib.Tap(lab, lab.outside, "oA")
    with open(lab.dir + "/x", "w") as f:
        f.write("from outside")
    assert curl(lab.inside, "http://192.0.2.10/x") == b"from outside"
    tap.expect(r"TCP 192\.0\.2\.1:\d+ > 192\.0\.2\.10:80 SYN len")
    text = con.cmd("show xlate")
    assert "TCP PAT from inside:10.0.0.254/" in text and "to outside:192.0.2.1/" in text, text


def test_an_answer_to_a_ping_needs_the_inspection(lab):
    con = lab.start()
    paste(con, lablib.BASE + NAT)
    assert b" 0 received" in lab.inside.run("ping", "-c1", "-W2", "192.0.2.10", check=False).stdout
    paste(con, "policy-map global_policy\n class inspection_default\n  inspect icmp\nexit\nexit\n")
    assert b"3 received" in lab.inside.run("ping", "-c3", "-i0.3", "-W5", "192.0.2.10").stdout
    assert "Inspect: icmp , packet 6, lock fail 0, drop 0" in con.cmd("show service-policy")


def test_denied_port_and_counters(lab):
    con = lab.start()
    paste(con, lablib.BASE + NAT)
    wires_up(con)
    lab.outside.run("ping", "-c1", "-W5", "192.0.2.141", check=False)
    before = con.cmd("show asp drop")
    r = lab.outside.run("curl", "-s", "--max-time", "2", "http://192.0.2.141:81/", check=False)
    assert r.returncode != 0
    after = con.cmd("show asp drop")
    assert "acl-drop" in after and after != before
    trace = con.cmd("packet-tracer input outside tcp 192.0.2.10 1234 192.0.2.141 81")
    assert "Action: drop" in trace and "(acl-drop)" in trace, trace
    trace = con.cmd("packet-tracer input outside tcp 192.0.2.10 1234 192.0.2.141 80")
    assert "Action: allow" in trace and "Untranslate 192.0.2.141/80 to 10.0.0.53/80" in trace, trace


def test_the_console_pings(lab):
    con = lab.start()
    paste(con, lablib.BASE)
    wires_up(con)
    assert "Success rate is 100 percent (5/5)" in con.cmd("ping 192.0.2.10 timeout 20")
    assert "Success rate is 100 percent (5/5)" in con.cmd("ping inside 10.0.0.254 timeout 20")
    assert b"1 received" in lab.outside.run("ping", "-c1", "-W5", "192.0.2.1").stdout
    assert "192.0.2.10" in con.cmd("show arp")


def test_arp_for_mapped_address_and_no_kernel_address(lab):
    con = lab.start()
    paste(con, lablib.BASE + NAT)
    tap = lablib.Tap(lab, lab.outside, "oA")
    lab.outside.run("ping", "-c1", "-W2", "192.0.2.141", check=False)
    tap.expect(r"ARP 192\.0\.2\.141 is-at ")
    for dev in ("bA", "bB"):
        assert b"inet" not in lab.box.run("ip", "-o", "addr", "show", "dev", dev).stdout
    assert lab.box.run("ss", "-ltnuH").stdout.strip() == b""


def test_a_cable_that_is_pulled_is_told(lab):
    con = lab.start()
    paste(con, lablib.BASE + "logging enable\nlogging buffered warnings\n")
    up = "line protocol is up"  # a wire just made takes a moment
    lablib.wait_for("the wire", lambda: up in con.cmd("show interface GigabitEthernet0/0"))
    assert "\t0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored, 0 abort\n" in con.cmd("show interface GigabitEthernet0/0")
    lab.outside.run("ip", "link", "set", "oA", "down")
    what = "%ASA-4-41100{}: Line protocol on Interface GigabitEthernet0/0, changed state to {}"
    lablib.wait_for("411002", lambda: what.format(2, "down") in con.cmd("show logging"))
    assert "line protocol is down" in con.cmd("show interface GigabitEthernet0/0")
    lab.outside.run("ip", "link", "set", "oA", "up")

    def last_is_up():
        log = con.cmd("show logging")
        return log.rfind(what.format(1, "up")) > log.rfind(what.format(2, "down"))
    lablib.wait_for("411001", last_is_up)
