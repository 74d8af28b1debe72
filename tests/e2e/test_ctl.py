"""ctl-file: the CTL file on flash is one that a phone trusts, and what phones are shown is in it."""
import os
import re
import ssl
import subprocess

import lab as lablib
import pytest
from conftest import paste
from ctl_check import CCM_TFTP, SAST, Ctl
from jsondoc import document

PASSWORD = "cisco123"

# "Phone proxy, nonsecure cluster, call manager and TFTP on the publisher" of the samples, as far as SIP goes.
CONFIG = """\
object network obj-10.0.0.26
 host 10.0.0.26
 nat (inside,outside) static 192.0.2.26
access-list pp extended permit udp any host 10.0.0.26 eq tftp
access-list pp extended permit tcp any host 10.0.0.26 eq 5061
access-group pp in interface outside
crypto key generate rsa label cucmtftp_kp modulus 1024
crypto ca trustpoint cucm_tftp_server
 enrollment self
 keypair cucmtftp_kp
crypto ca enroll cucm_tftp_server noconfirm
ctl-file myctl
 record-entry cucm-tftp trustpoint cucm_tftp_server address 192.0.2.26
 no shutdown
tls-proxy mytls
{server}media-termination my_mediaterm
 address 10.0.0.25 interface inside
 address 192.0.2.25 interface outside
phone-proxy mypp
 media-termination my_mediaterm
 tftp-server address 10.0.0.26 interface inside
 tls-proxy mytls
 ctl-file myctl
class-map sec_sip
 match port tcp eq 5061
policy-map pp_policy
 class sec_sip
  inspect sip phone-proxy mypp
service-policy pp_policy interface outside
"""
SERVER = " server trust-point _internal_PP_myctl\n"


def ctl_path(lab):
    return os.path.join(lab.flash(), "pki", "ctl", "myctl.tlv")


def ctl_bytes(lab):
    with open(ctl_path(lab), "rb") as f:
        return f.read()


def shown(lab):
    """The certificate that a phone is shown at the call manager's address."""
    p = lab.outside.run("openssl", "s_client", "-connect", "192.0.2.26:5061", "-tls1_2", "-cipher",
                        "AES128-SHA:@SECLEVEL=0", check=False, stdin=subprocess.DEVNULL, timeout=60)
    pem = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", p.stdout.decode(), re.S)
    assert pem, (p.stdout + p.stderr).decode()[-2000:]
    return ssl.PEM_cert_to_DER_cert(pem.group(0))


def up(lab, server=SERVER):
    """The configuration runs; something listens where the call manager would be."""
    lab.inside.run("ip", "addr", "add", "10.0.0.26/24", "dev", "iB")
    lablib.Peer(lab, lab.inside, "web", "10.0.0.26", 5060, lab.dir)
    con = lab.start()
    out = paste(con, lablib.BASE + CONFIG.format(server=server))
    assert not re.search(r"not in force.*(CTL|certificate)", out), out
    return con


# Without a trustpoint of its own, a tls-proxy of phones shows the certificate of their ctl-file.
@pytest.mark.parametrize("server", [SERVER, "", " server trust-point cucm_tftp_server\n"])
def test_what_phones_are_shown_is_in_the_ctl_file(lab, server):
    con = up(lab, server)
    ctl = Ctl(ctl_bytes(lab))
    roles = [(r.role, r.address) for r in ctl.records]
    assert roles == [(SAST, None)] * 2 + [(CCM_TFTP, "192.0.2.26")] * 2
    assert ctl.trusts_tls(shown(lab), "192.0.2.26")
    assert not ctl.trusts_tls(shown(lab), "192.0.2.27")
    text = con.cmd("show ctl-file")
    assert "ctl-file myctl: version 1.2" in text and text.count("CCM+TFTP") == 2 and "192.0.2.26" in text
    (file,) = document(con, "show ctl-file")["ctl_files"]
    assert file["name"] == "myctl" and [r["address"] for r in file["records"]] == [a for _, a in roles], file
    (file,) = document(con, "show ctl-file myctl parsed")["ctl_files"]
    assert {"record": 3, "tag": 10, "name": "IPADDRESS", "length": 4, "value": "192.0.2.26"} in file["tags"], file
    parsed = con.cmd("show ctl-file myctl parsed")
    assert re.search(r"^4 +FUNCTION +2 +Security Token", parsed, re.M), parsed
    assert re.search(r"^10 +IPADDRESS +4 +192\.0\.2\.26", parsed, re.M), parsed


def test_restart_keeps_the_file_and_its_tokens(lab):
    con = up(lab)
    before, cert = ctl_bytes(lab), shown(lab)
    assert "[OK]" in con.cmd("write memory")
    lab.stop()
    con = lab.start(PASSWORD)
    assert "ERROR" not in con.greeting and "WARNING: ctl-file" not in con.greeting, con.greeting
    assert ctl_bytes(lab) == before and shown(lab) == cert
    # New records, the same tokens: phones take the new file.
    paste(con, "no service-policy pp_policy interface outside\nctl-file myctl\n shutdown\n"
               " record-entry tftp trustpoint cucm_tftp_server address 192.0.2.30\n no shutdown\n"
               "service-policy pp_policy interface outside\n")
    old, new = Ctl(before), Ctl(ctl_bytes(lab))
    assert [r.cert for r in new.records[:4]] == [r.cert for r in old.records] and len(new.records) == 6
    assert shown(lab) == cert


def test_what_a_ctl_file_has_made_is_listed_and_can_be_saved(lab):
    """Among the trustpoints, as long as it is there; a token leaves as PKCS12 with its key."""
    con = up(lab)
    made = ["_internal_PP_myctl", "_internal_myctl_SAST_0", "_internal_myctl_SAST_1"]
    text = con.cmd("show crypto ca trustpoints")
    assert re.findall(r"(?m)^Trustpoint (\S+):\n    Certificate configured\.$", text) == ["cucm_tftp_server", *made], text
    assert "_internal" not in con.cmd("show running-config crypto")
    text = con.cmd("show crypto ca certificates _internal_PP_myctl")
    assert re.search(r"(?s)^Certificate\n  Status: Available.*\n    cn=_internal_PP_myctl\n.*Associated Trustpoints: _internal_PP_myctl ", text), text
    assert text.count("Status: Available") == 1 and con.cmd("show crypto ca certificates").count("Associated Trustpoints: _internal") == 3
    assert "ERROR: Trustpoint _internal_PP_other does not exist" in con.cmd("show crypto ca certificates _internal_PP_other")
    out = con.paste("configure terminal\ncrypto ca export _internal_myctl_SAST_0 pkcs12 secret12\n"
                    "crypto ca export _internal_PP_myctl identity-certificate\nend")
    der = ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", out.replace("\r", ""), re.S).group(0) + "\n")
    assert der == shown(lab)
    p12 = re.search(r"-----BEGIN PKCS12-----\n(.*?)-----END PKCS12-----", out.replace("\r", ""), re.S).group(1)
    with open(lab.pki.path("sast.p12"), "wb") as f:
        f.write(lablib.openssl("base64", "-d", input=p12.encode()).stdout)
    pem = lablib.openssl("pkcs12", "-in", "sast.p12", "-passin", "pass:secret12", "-nodes", "-legacy", cwd=lab.pki.dir).stdout.decode()
    assert "PRIVATE KEY" in pem
    token = ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", pem, re.S).group(0))
    assert token == Ctl(ctl_bytes(lab)).records[0].cert
    for what in ("crypto ca export _internal_myctl_SAST_4 pkcs12 secret12", "crypto ca export _internal_PP_x identity-certificate"):
        con.cmd("configure terminal")
        assert "ERROR: Trustpoint _internal_" in con.cmd(what)
        con.cmd("end")
    paste(con, "no service-policy pp_policy interface outside\nno policy-map pp_policy\nno phone-proxy mypp\nno tls-proxy mytls\nctl-file myctl\n shutdown\n"
               "no ctl-file myctl\n")
    assert "_internal" not in con.cmd("show crypto ca trustpoints")


def test_a_ctl_file_in_use_is_frozen(lab):
    con = up(lab)
    before = ctl_bytes(lab)
    con.cmd("configure terminal")
    con.cmd("ctl-file myctl")
    assert "uses it in an applied service policy" in con.cmd("shutdown")
    assert "uses it in an applied service policy" in con.cmd("sast 3")
    con.cmd("end")
    assert ctl_bytes(lab) == before


def test_a_missing_record_is_told_where_the_policy_is_applied(lab):
    con = lab.start()
    out = con.paste("configure terminal\n" + lablib.BASE
                    + CONFIG.format(server=SERVER).replace("address 192.0.2.26", "address 192.0.2.99") + "end", deadline=90)
    assert ("ERROR: ctl-file myctl has no record-entry with the TFTP role for 192.0.2.26, where phones find the TFTP "
            "server 10.0.0.26") in out


def test_the_clusters_own_file(lab):
    """Its servers are trusted and named; a damaged one is refused with the reason, and nothing changes."""
    con = up(lab)
    with open(os.path.join(lab.flash(), "old.tlv"), "wb") as f:
        f.write(ctl_bytes(lab))
    with open(os.path.join(lab.flash(), "bad.tlv"), "wb") as f:
        f.write(ctl_bytes(lab)[:-5])
    before = ctl_bytes(lab)
    paste(con, "no service-policy pp_policy interface outside\nctl-file myctl\n shutdown\n"
               " cluster-ctl-file disk0:/bad.tlv\n")
    con.cmd("configure terminal")
    con.cmd("ctl-file myctl")
    assert "ERROR: record 4 of the CTL file is damaged" in con.cmd("no shutdown")
    con.cmd("cluster-ctl-file disk0:/none.tlv")
    assert "ERROR" in con.cmd("no shutdown")
    con.cmd("cluster-ctl-file disk0:/old.tlv")
    con.cmd("no record-entry cucm-tftp trustpoint cucm_tftp_server address 192.0.2.26")
    assert "ERROR" not in con.cmd("no shutdown")
    con.cmd("end")
    ctl = Ctl(ctl_bytes(lab))
    assert [r.cert for r in ctl.records] == [r.cert for r in Ctl(before).records]
    assert " cluster-ctl-file disk0:/old.tlv\n no shutdown" in con.cmd("show running-config ctl-file")
