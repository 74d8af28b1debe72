"""Host names: in phones' files, ping and copy, from a DNS server inside (dnsmasq) and from one with bad manners."""
import os
import re
import sys

import pytest

import lab as lablib
import phone_tlv
import siplab
import test_phone_files as files
from conftest import finish, paste
from jsondoc import document

MAC, CM, SEEN = files.MAC, files.CM, files.SEEN
DNS, BAD_DNS, TFTP = "10.0.0.53", "10.0.0.54", "10.0.0.21"


def listening(lab, addr):
    return lambda: f"{addr}:53 " in lab.inside.run("ss", "-lun").stdout.decode() + " "


@pytest.fixture(scope="module")
def lab():
    it = files.start()
    for a in (DNS, BAD_DNS, TFTP):
        it.inside.run("ip", "addr", "add", a + "/32", "dev", "lo")
    hosts = os.path.join(it.dir, "hosts")
    with open(hosts, "w") as f:
        f.write(f"{CM} cm1.example.com\n10.0.0.99 other.example.com\n10.0.0.99 both.example.com\n{CM} both.example.com\n{TFTP} tftp.example.com\n")
    it.spawn(it.inside, "dnsmasq", "--keep-in-foreground", "--user=root", "--conf-file=/dev/null", "--listen-address=" + DNS,
             "--bind-interfaces", "--no-resolv", "--no-hosts", "--addn-hosts=" + hosts, "--local=/example.com/", "--local-ttl=300",
             "--pid-file=" + os.path.join(it.dir, "dnsmasq.pid"))
    it.questions = open(os.path.join(it.dir, "questions"), "w+")
    it.spawn(it.inside, sys.executable, os.path.join(files.PEERS, "dns_manners.py"), BAD_DNS, CM, stdout=it.questions)
    for a in (DNS, BAD_DNS):
        lablib.wait_for("the DNS server", listening(it, a))
    yield it
    finish(it)


@pytest.fixture(autouse=True)
def fresh(lab):
    """The server of the sample, an empty cache."""
    ask(lab, DNS)


def ask(lab, *servers, timeout=2, retries=2):
    paste(lab.con, "dns server-group DefaultDNS\nno dns server-group DefaultDNS\ndns server-group DefaultDNS\n name-server " + " ".join(servers) +
          f"\n domain-name example.com\n timeout {timeout}\n retries {retries}\n")
    lab.con.cmd("clear dns-hosts cache")


def config(lab, cm, **kw):
    files.put(lab, MAC + ".cnf.xml", files.XML.format(protocol="SIP", cm=cm))
    return files.fetch(lab, MAC + ".cnf.xml.sgn", "patience=90", **kw)


def served(lab, cm):
    """The call manager a phone is told of, when the file has this one."""
    ctl = files.ctl_of(lab)
    res, data = config(lab, cm)
    assert res.get("done"), res
    sgn = phone_tlv.Signed(data)
    assert ctl.signs_files(sgn)
    return re.search(r"<processNodeName>(.*?)</processNodeName>", sgn.body.decode()).group(1)


def refused(lab, cm):
    res, _ = config(lab, cm)
    assert res.get("error") == 0, res
    line = files.boot(lab, "Config file")
    assert "failed" in line and cm in line
    return res["text"]


def questions(lab):
    lab.questions.seek(0)
    return [line.split() for line in lab.questions.read().splitlines() if line != "ready"]


def test_a_name_in_a_phones_file_becomes_its_address(lab):
    for name in ("cm1.example.com", "cm1", "CM1.Example.com."):
        assert served(lab, name) == SEEN, name
    assert served(lab, "both.example.com") == SEEN  # of two addresses the one that the CTL has
    text = lab.con.cmd("show dns host cm1")
    assert re.search(rf"Name: cm1\.example\.com\n +Address: {CM} +TTL 00:0[45]:\d\d", text), text
    assert re.search(rf"cm1\.example\.com +\(temp, OK\) 0 +IP +{CM}\n", lab.con.cmd("show dns-hosts"))
    (name,) = document(lab.con, "show dns host cm1")["names"]
    assert name["name"] == "cm1.example.com" and name["addresses"][0]["address"] == CM, name
    assert 240 <= name["addresses"][0]["ttl_seconds"] < 360, name
    assert CM in [a for h in document(lab.con, "show dns-hosts")["hosts"] for a in h["addresses"]]


def test_a_name_without_use_is_refused_by_name_server_and_reason(lab):
    paste(lab.con, "logging buffered errors\n")
    text = refused(lab, "nobody.example.com")
    assert "nobody.example.com" in text and "no such name" in text and DNS in text
    assert "10.0.0.99" in refused(lab, "other.example.com")  # an address, but no call manager of the CTL
    assert "not a host name" in refused(lab, "a..b")
    lablib.wait_for("746016", lambda: re.search(
        rf"%ASA-3-746016: user-identity: DNS lookup for nobody.example.com failed, reason: no such name, says DNS server {DNS}; "
        rf"{MAC}.cnf.xml.sgn is refused", lab.con.cmd("show logging")))
    paste(lab.con, "logging buffered loglist\n")
    assert files.count(lab, "for a name without address") >= 2


def test_a_silent_server_is_waited_for_and_holds_up_nobody(lab):
    ask(lab, BAD_DNS, timeout=1, retries=1)
    files.put(lab, "ring.raw", b"z" * 5000)
    files.put(lab, MAC + ".cnf.xml", files.XML.format(protocol="SIP", cm="silent-cm.example.com"))
    argv = [sys.executable, os.path.join(files.PEERS, "tftp_client.py"), SEEN, MAC + ".cnf.xml.sgn", "patience=90",
            "out=" + os.path.join(lab.dir, "slow")]
    slow = lab.outside.popen(*argv, stdout=-1)
    lablib.wait_for("the question", lambda: any(q[3] == "silent" for q in questions(lab)))
    assert slow.poll() is None
    assert files.fetch(lab, "ring.raw")[1] == b"z" * 5000  # others get theirs meanwhile
    out = slow.communicate(timeout=90)[0].decode()
    assert f"no answer from DNS server {BAD_DNS}" in out, out
    ask(lab, BAD_DNS, DNS, timeout=1, retries=1)  # the next one knows it
    assert served(lab, "cm1.example.com") == SEEN


def test_answers_that_are_none(lab):
    ask(lab, BAD_DNS, timeout=10, retries=0)
    assert served(lab, "good-1.example.com") == SEEN
    assert served(lab, "twice-1.example.com") == SEEN  # what came first had another id
    assert served(lab, "tcp-1.example.com") == SEEN
    for name, why in (("martian-1", "no host can have"), ("refused-1", "refused by"), ("garbage-1", "DNS server"), ("wrongid-1", "no answer")):
        ask(lab, BAD_DNS, timeout=1 if why == "no answer" else 10, retries=0)
        text = refused(lab, name + ".example.com")
        assert why in text and BAD_DNS in text, text
    stats = lab.con.cmd("show dns statistics")
    assert int(re.search(r"Strange datagrams (\d+)", stats).group(1)) >= 4, stats
    asked = questions(lab)
    assert len({q[1] for q in asked}) > len(asked) // 2 and len({q[2] for q in asked}) > len(asked) // 2  # ports, ids


def test_only_through_interfaces_that_are_enabled(lab):
    paste(lab.con, "no dns domain-lookup inside\n")
    assert "dns domain-lookup" in refused(lab, "cm1.example.com")
    paste(lab.con, "dns domain-lookup outside\n")
    assert "interface inside, which has no dns domain-lookup" in refused(lab, "cm1.example.com")
    paste(lab.con, "no dns domain-lookup outside\ndns domain-lookup inside\n")
    assert served(lab, "cm1.example.com") == SEEN


def test_another_group(lab):
    paste(lab.con, f"dns server-group lab\n name-server {DNS}\n domain-name example.com\nno dns server-group DefaultDNS\n")
    assert "has no name-server" in refused(lab, "cm1.example.com")
    paste(lab.con, "dns-group lab\n")
    assert served(lab, "cm1") == SEEN
    assert "ERROR" in lab.con.paste("configure terminal\nno dns server-group lab\nend")
    paste(lab.con, "no dns-group lab\nno dns server-group lab\n")


def test_ping_and_copy_by_name(lab):
    assert f"Echos to {CM}," in lab.con.cmd("ping cm1 repeat 1 timeout 20")
    assert "Success rate is 100 percent (1/1)" in lab.con.cmd("ping inside cm1.example.com repeat 1 timeout 20")
    assert f"% Invalid Hostname: nobody: no such name, says DNS server {DNS}" in lab.con.cmd("ping nobody")
    saved = os.path.join(lab.dir, "saved")
    os.makedirs(saved)
    os.chmod(saved, 0o777)
    lab.spawn(lab.inside, "in.tftpd", "-L", "-c", "-a", TFTP + ":69", "-u", "root", "-s", saved)
    lablib.wait_for("in.tftpd", lambda: TFTP + ":69" in lab.inside.run("ss", "-lun").stdout.decode())
    text = lab.con.cmd("copy /noconfirm running-config tftp://tftp/fw.cfg")
    assert "bytes copied" in text, text
    with open(os.path.join(saved, "fw.cfg")) as f:
        assert "dns server-group DefaultDNS" in f.read()
    assert "Invalid Hostname" in lab.con.cmd("copy /noconfirm running-config tftp://nobody.example.com/x")


def test_traceroute(lab):
    far = lab.far("198.51.100.77")
    far.sysctl("net.ipv4.icmp_ratelimit", 0)
    lab.outside.sysctl("net.ipv4.icmp_ratelimit", 0)
    one_hop = r" 1  192\.0\.2\.\d+( \d+ msec){3}\n"
    for how in ("", " use-icmp", " source outside probe 3 port 40000"):
        text = lab.con.cmd("traceroute 198.51.100.77" + how)
        assert re.search(r"Type escape sequence to abort.\nTracing the route to 198.51.100.77\n\n" + one_hop +
                         r" 2  198\.51\.100\.77( \d+ msec){3}$", text), text
    assert re.search(rf"Tracing the route to cm1 \({CM}\)\n\n 1  {CM} \d+ msec$", lab.con.cmd("traceroute cm1 probe 1"))
    text = lab.con.cmd("traceroute 198.51.100.78 timeout 1 probe 1 ttl 2 2")
    assert re.search(r"\n 2 ( (198\.51\.100\.1|192\.0\.2\.\d+) \d+ msec !H|  \*)$", text), text
    assert "ERROR" in lab.con.cmd("traceroute 198.51.100.77 ttl 9 2") and "ERROR" in lab.con.cmd("traceroute 198.51.100.77 source 10.9.9.9")
