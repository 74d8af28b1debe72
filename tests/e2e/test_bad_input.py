"""What an operator may get wrong: a wrong line is one answer and changes nothing, and every mistake has its own words."""
import hashlib
import hmac
import os

import lab as lablib
import pytest
from conftest import mobility


@pytest.fixture(scope="module")
def box():
    """Scenario 1 on an appliance that nothing in this file may change."""
    lab = lablib.Lab()
    try:
        lab.con = mobility(lab)
        yield lab
    finally:
        rc, text = lab.close()
    assert rc == 0, text[-4000:]


MODES = {
    "": [],
    "interface": ["interface GigabitEthernet0/1"],
    "object": ["object network obj-10.1.1.2-01"],
    "tls-proxy": ["tls-proxy cuma_proxy"],
    "class-map": ["class-map cuma_proxy"],
    "class": ["policy-map global_policy", "class cuma_proxy"],
}

WRONG = [
    # unknown, incomplete, ambiguous
    ("", "frobnicate", "ERROR: % Invalid input detected at '^' marker."),
    ("", "access-list outside_in extended permit tcp any host 10.1.1.2 eq 5443 bogus", "ERROR: % Invalid input"),
    ("", "access-list outside_in extended permit tcp any", "ERROR: % Incomplete command"),
    ("", "route inside 10.2.0.0 255.255.0.0", "ERROR: % Incomplete command"),
    ("", "ac", "ERROR: % Ambiguous command"),
    # values
    ("", "access-list outside_in extended permit tcp any any eq 0", "ERROR"),
    ("", "access-list outside_in extended permit tcp any any eq 65536", "ERROR"),
    ("", "access-list outside_in extended permit tcp any any range 20 10", "ERROR"),
    ("", "access-list outside_in extended permit tcp 10.0.0.0 255.0.255.0 any", "ERROR"),
    ("", "route inside 10.2.0.0 255.0.255.0 10.0.0.9", "ERROR"),
    ("", "route inside 10.2.3.4 255.255.0.0 10.0.0.9", "ERROR"),
    ("", "route inside 10.300.0.0 255.255.0.0 10.0.0.9", "ERROR"),
    ("", "hostname -bad-", "ERROR"),
    ("class-map", "match port tcp eq 0", "ERROR"),
    ("object", "host 10.1.1", "ERROR"),
    ("object", "subnet 10.1.1.0 255.0.255.0", "ERROR"),
    ("tls-proxy", "client cipher-suite aes128-sha1 none-such", "ERROR"),
    # names of nothing
    ("", "access-group nowhere in interface outside", "ERROR: access-list <nowhere> does not exist"),
    ("", "access-group outside_in in interface dmz", "ERROR"),
    ("", "route dmz 10.9.0.0 255.255.0.0 10.0.0.9", "ERROR"),
    ("", "access-list outside_in extended permit tcp any object nothing eq 80", "ERROR"),
    ("", "access-list outside_in extended permit tcp object-group nothing any eq 80", "ERROR"),
    ("", "service-policy nothing interface outside", "ERROR"),
    ("class", "inspect mmp tls-proxy nothing", "ERROR"),
    ("tls-proxy", "server trust-point nothing", "ERROR"),
    ("object", "nat (inside,dmz) static 192.0.2.150", "ERROR"),
    # what is in use
    ("", "no object network obj-10.1.1.2-01 host 10.1.1.2", "ERROR"),
    ("", "no tls-proxy cuma_proxy", "ERROR"),
    ("", "no class-map cuma_proxy", "ERROR"),
    ("", "no policy-map global_policy", "ERROR"),
    # what is there already, or collides
    ("", "route inside 10.1.1.0 255.255.255.0 10.0.0.1", "ERROR: Invalid next hop address, it belongs to one of our interfaces"),
    ("", "service-policy global_policy interface nowhere", "ERROR"),
    ("interface", "ip address 192.0.2.99 255.255.255.0",
     "ERROR: Failed to apply IP address to interface GigabitEthernet0/1, as the network overlaps with interface "
     "GigabitEthernet0/0. Two interfaces cannot be in the same subnet."),
    ("interface", "ip address 10.0.0.0 255.255.255.0", "ERROR"),
    ("interface", "ip address 10.0.0.255 255.255.255.0", "ERROR"),
    ("interface", "ip address 10.0.0.1 255.0.255.0", "ERROR"),
    ("interface", "nameif outside", "ERROR"),
    ("interface", "security-level 101", "ERROR"),
    ("class-map", "match port tcp eq 99", "ERROR: Multiple match commands are not supported"),
    ("object", "nat (inside,outside) static 192.0.2.1", "ERROR: Address 192.0.2.1 overlaps with outside interface address."),
]


@pytest.mark.parametrize("mode, line, words", WRONG, ids=[w[1][:60] for w in WRONG])
def test_a_wrong_line_changes_nothing(box, mode, line, words):
    con = box.con
    before = con.cmd("show running-config")
    for step in ("configure terminal", *MODES[mode]):
        assert not con.cmd(step)
    said = con.cmd(line)
    con.cmd("end")
    assert words in said, said
    answers = [x for x in said.splitlines() if x.strip(" ^") and not x.startswith("Two interfaces")]
    assert len(answers) <= 2, "cause once, in a line or two: " + said
    assert con.cmd("show running-config") == before


def test_a_line_longer_than_lines_may_be(box):
    before = box.con.cmd("show running-config")
    box.con.cmd("configure terminal")
    box.con.send("access-list outside_in remark " + "x" * 70000)
    said = box.con.until(lablib.PROMPT)
    box.con.cmd("end")
    assert "ERROR: line of more than" in said, said[-300:]
    assert box.con.cmd("show running-config") == before


def test_control_characters_and_bytes_that_are_no_text(box):
    before = box.con.cmd("show running-config")
    box.con.cmd("configure terminal")
    for raw in (b"hostname a\x1b[2Jb\n", b"hostname \xff\xfe\n", b"\x00\x01\x02\n", b"hostname a;b\n"):
        os.write(box.con.wfd, raw)
        box.con.until(lablib.PROMPT)
    box.con.cmd("end")
    assert box.con.cmd("show running-config") == before


# ---- PKCS#12: three different mistakes, three different answers ----

def imported(box, p12, passphrase="sample_passphrase", name="fresh"):
    return box.con.paste(f"configure terminal\ncrypto ca import {name} pkcs12 {passphrase}\n{p12}quit\nend")


def errors(out):
    return [line for line in out.splitlines() if line.startswith("ERROR")]


def test_three_mistakes_have_three_answers(box):
    pki = box.pki
    good = pki.pkcs12("cuma", "sample_passphrase")
    before = box.con.cmd("show running-config")
    keys = box.con.cmd("show crypto key mypubkey rsa")
    lines = good.splitlines(keepends=True)
    said = {
        "wrong passphrase": errors(imported(box, good, "not_the_passphrase")),
        "cut short": errors(imported(box, "".join(lines[:len(lines) // 2]))),
        "no base64": errors(imported(box, "this is *not* base 64\n")),
        "key of another": errors(imported(box, swapped(pki))),
    }
    assert all(said.values()), said
    for mistake, words in (("wrong passphrase", "passphrase is wrong"), ("cut short", "truncated: "),
                           ("no base64", "is not base64"), ("key of another", "does not match the certificate")):
        assert len(said[mistake]) == 1 and words in said[mistake][0], said
    assert box.con.cmd("show running-config") == before
    assert box.con.cmd("show crypto key mypubkey rsa") == keys


def pkcs12_mac(content, salt, count, passphrase):
    """RFC 7292, appendix B with SHA-256 and purpose 3, over the content."""
    def blocks(x):
        n = -(-len(x) // 64) * 64
        return (x * n)[:n]

    key = bytes([3]) * 64 + blocks(salt) + blocks((passphrase + "\0").encode("utf-16-be"))
    for _ in range(count):
        key = hashlib.sha256(key).digest()
    return hmac.new(key, content, "sha256").digest()


def swapped(pki):
    """A bundle of a key and somebody else's certificate. openssl refuses to make one: the certificate is exchanged
    afterwards for one of the same length, and the bundle's integrity check made anew."""
    pw = "sample_passphrase"
    for n in ("one", "two"):
        pki.self_signed(n, "cuma.example.com", extra=("-set_serial", "0x1234567890"))
        lablib.openssl("x509", "-in", n + ".crt", "-outform", "DER", "-out", n + ".der", cwd=pki.dir)
    lablib.openssl("pkcs12", "-export", "-inkey", "one.key", "-in", "one.crt", "-out", "swapped.p12", "-passout",
                   "pass:" + pw, "-keypbe", "NONE", "-certpbe", "NONE", cwd=pki.dir)
    one, two, pfx = (open(pki.path(n), "rb").read() for n in ("one.der", "two.der", "swapped.p12"))
    assert len(one) == len(two) and one in pfx
    # The layout openssl gives a file of this size: six headers in front of the content, the check in the last 67 bytes.
    begin, end, digest, salt, count = 30, len(pfx) - 67, len(pfx) - 46, pfx[-12:-4], int.from_bytes(pfx[-2:], "big")
    assert pfx[digest:digest + 32] == pkcs12_mac(pfx[begin:end], salt, count, pw), "as openssl reckons it"
    content = pfx[begin:end].replace(one, two)
    with open(pki.path("swapped.p12"), "wb") as f:
        f.write(pfx[:begin] + content + pfx[end:digest] + pkcs12_mac(content, salt, count, pw) + pfx[digest + 32:])
    return pki.base64("swapped.p12")
