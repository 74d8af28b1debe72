"""SIP through a TLS proxy with Kamailio as the server, both ends verified; a mixed cluster, where each phone is presented to the call
manager by a certificate that bears its name."""
import re

import pytest

import lab as lablib
import siplab
from conftest import finish, paste

TRUST = """\
crypto ca import phones_see pkcs12 sample_passphrase
{pkcs12}quit
crypto ca trustpoint phone_issuer
 enrollment terminal
crypto ca authenticate phone_issuer
{issuer}quit
yes
crypto ca trustpoint cm
 enrollment terminal
crypto ca authenticate cm
{cm}quit
yes
object network obj-cm
 host 10.0.0.20
 nat (inside,outside) static 192.0.2.20
object network desks
 subnet 10.2.0.0 255.255.0.0
 nat (inside,outside) dynamic interface
access-list outside_in extended permit tcp any host 10.0.0.20 eq 5061
access-group outside_in in interface outside
route inside 10.2.0.0 255.255.0.0 10.0.0.254 1
"""
POLICY = """\
class-map secure_sip
 match port tcp eq 5061
policy-map secure
 class secure_sip
  inspect sip {by}
service-policy secure interface outside
"""
LDC = """\
crypto key generate rsa label ldc_signer_key modulus 2048
crypto key generate rsa label phone_common modulus 2048
crypto ca trustpoint ldc_server
 enrollment self
 proxy-ldc-issuer
 fqdn ldc-ca.example.com
 subject-name cn=FW_LDC_SIGNER_192_0_2_1
 keypair ldc_signer_key
crypto ca enroll ldc_server noconfirm
"""
PROXY = "tls-proxy secure\n server trust-point phones_see\n client trust cm\n server trust phone_issuer\n"
MIXED = """\
media-termination mta
 address 10.0.0.25 interface inside
 address 192.0.2.25 interface outside
phone-proxy remote_phones
 media-termination mta
 tls-proxy secure
 cluster-mode mixed
 endpoint any
"""


@pytest.fixture
def tls():
    lab = siplab.SipLab()
    lab.pki.self_signed("cm", siplab.CM)
    lab.issue("desk", "2001")
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    yield lab
    finish(lab)


def configure(lab, more, by):
    text = TRUST.format(pkcs12=lab.pki.pkcs12("shown", "sample_passphrase"), issuer=lab.pki.pem_body("issuer.crt"),
                        cm=lab.pki.pem_body("cm.crt"))
    paste(lab.con, lablib.BASE + text + more + POLICY.format(by=by))


def ldc_issuer(lab):
    shown = lab.con.paste("configure terminal\ncrypto ca export ldc_server identity-certificate\nend")
    with open(lab.pki.path("ldc-ca.crt"), "w") as f:
        f.write(re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", shown, re.S).group(0).replace("\r", "") + "\n")


def secure_desk(lab, user="2001", media="srtp-mand"):
    """A desk phone that speaks TLS with the call manager, and SRTP."""
    ns, addr = lab.desk()
    extra = f"sip_certificate {lab.pki.path('desk.pem')}\nsip_cafile {lab.pki.path('cm.crt')}\n"
    return siplab.Phone(lab, ns, user, addr, f"<sip:{user}@{siplab.CM};transport=tls>;outbound=\"sip:{siplab.CM}:5061;transport=tls\";"
                        f"regint=60;mediaenc={media};answermode=auto;audio_codecs=PCMU/8000/1", int(user[-1]), extra=extra)


def talk(lab, phone, desk, what=None, host=siplab.CM_OUTSIDE):
    phone.dial(f"sip:{desk.user}@{host}")
    for p in (phone, desk):
        p.expect("Call established")
    lablib.wait_for("audio both ways", lambda: min(len(p.heard()) for p in (phone, desk)) > 32000, 60)
    during = lab.con.cmd(what) if what else ""
    phone.hangup()
    desk.expect("terminated|session closed")
    for ear, mouth in ((phone, desk), (desk, phone)):
        assert siplab.heard_exactly(ear.heard(), siplab.ulaw(siplab.samples(mouth.path("tone.wav")))) > 90
    lablib.wait_for("the call to end", lambda: siplab.idle(lab.con))
    return during


def test_tls_on_both_legs(tls):
    """SRTP passes from phone to phone; the keys are theirs."""
    configure(tls, PROXY + " client trust-point phones_see\n", "tls-proxy secure")
    tls.call_manager(cert="cm", trusts=("shown.crt", "issuer.crt"))
    desk, phone = secure_desk(tls), tls.remote_phone()
    desk.registered()
    phone.registered()
    assert tls.con.cmd("show tls-proxy session count").startswith("1 in use")
    rows = talk(tls, phone, desk, "show conn")
    assert re.search(r"UDP outside 192\.0\.2\.10:\d+ inside 10\.2\.0\.10:\d+", rows), rows


def test_clear_text_towards_the_server(tls):
    """TLS ends in the box; media of phones without SRTP passes by, ports of both translated."""
    configure(tls, PROXY + " client cleartext 5060\n", "tls-proxy secure")
    tls.call_manager()
    desk = tls.desk_phone("2001")
    phone = tls.remote_phone(media="")
    desk.registered()
    phone.registered()
    talk(tls, phone, desk)


def test_a_phone_without_a_certificate(tls):
    configure(tls, PROXY + " client cleartext 5060\n", "tls-proxy secure")
    tls.call_manager()
    client = lablib.TlsClient(tls, f"{siplab.CM_OUTSIDE}:5061", extra=("-tls1_2",))
    client.proc.wait(30)
    lablib.wait_for("no session", lambda: tls.con.cmd("show tls-proxy session count").startswith("0 in use"))


def test_mixed_cluster(tls):
    """
    The call manager asks for certificates and believes the appliance's issuer only: it sees the phone by its name. Calls are SRTP on
    both legs, with keys of each; a desk phone that knows RTP only is relayed to the remote phone's SRTP.
    """
    configure(tls, LDC + PROXY + " client ldc issuer ldc_server\n client ldc key-pair phone_common\n" + MIXED,
              "phone-proxy remote_phones")
    ldc_issuer(tls)
    tls.issue("desk", "2001", ca="cm")
    tls.call_manager(cert="cm", trusts=("ldc-ca.crt", "cm.crt"))
    desk, plain, phone = secure_desk(tls), tls.desk_phone("2002"), tls.remote_phone()
    for p in (desk, plain, phone):
        p.registered()
    during = talk(tls, phone, desk, "show phone-proxy media-sessions")
    assert "SRTP connection to 192.0.2.10/" in during and f"SRTP connection to {desk.addr}/" in during, during
    keys = [re.findall(r"inline:(\S+)", p.text()) for p in (phone, desk)]
    assert all(len(k) >= 2 for k in keys) and not set(keys[0]) & set(keys[1]), keys
    phone.forget()
    during = talk(tls, plain, phone, "show phone-proxy media-sessions", host=siplab.CM)
    assert "SRTP connection to 192.0.2.10/" in during and f" RTP connection to {plain.addr}/" in during, during
