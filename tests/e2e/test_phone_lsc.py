"""LSC provisioning: a phone without a certificate registers in clear, gets one from a CAPF behind the appliance, and comes back with it."""
import socket
import ssl

import pytest

import lab as lablib
import phonelab
import siplab
from conftest import paste
from peers import capf
from phonelab import CM, NAME, OFFICE, SEEN

# Section 7 of the samples, as it stands.
PROVISIONING = """\
access-list pp extended permit tcp any host 10.0.0.26 eq 2000
access-list pp extended permit tcp any host 10.0.0.26 eq sip
access-list pp extended permit tcp any host 10.0.0.26 eq 3804
crypto ca trustpoint capf
 enrollment terminal
crypto ca authenticate capf
{capf}quit
yes
ctl-file myctl
 shutdown
 record-entry capf trustpoint capf address 192.0.2.26
 no shutdown
"""
CAPF_LIST = "<capfAuthMode>{mode}</capfAuthMode><capfList><capf><phonePort>3804</phonePort><processNodeName>10.0.0.26</processNodeName></capf></capfList>"


def without_policy(con, text):
    """What is in use is changed as the samples say: the policy is taken away and put back."""
    return paste(con, "no service-policy pp_policy interface outside\n" + text + "service-policy pp_policy interface outside\n")


def provisioned(lab, seen, password):
    """The CAPF's part of the paste, and the CAPF; its certificate is the issuer of what it issues."""
    lab.pki.self_signed("capf", "CAPF-0a1b2c3d", extra=("-addext", "keyUsage=critical,digitalSignature,keyCertSign"))
    text = PROVISIONING.format(capf=lab.pki.pem_body("capf.crt")).replace("address " + SEEN, "address " + seen)
    without_policy(lab.con, text)
    door = phonelab.srtp_peer.inside(lab.inside, lambda: socket.create_server((CM, 3804)))
    server = capf.Server(door, lab.pki.path("capf.crt"), lab.pki.path("capf.key"), {NAME: password})
    return lab.keep(server)


def certified(lab, phone, password=""):
    p = capf.Phone(NAME, lab.dir, password)
    return p.ask(phone.connect_capf()), p


def clear_registration(lab, phone, cm):
    """As phones without a certificate have to, first: at the clear port, looked into by the default policy."""
    media = phonelab.srtp_peer.udp(lab.outside, siplab.PHONE, phonelab.PORT)
    line = lab.keep(phonelab.sccp.Phone(phone.dial(phone.managers[0][0], 2000), NAME, siplab.PHONE, media, False))
    at = lab.register(cm, line)
    assert at.address == siplab.PHONE
    line.close()
    at.c.close()


def refused_without_a_certificate(lab, phone):
    """TLS ends before anybody is told of a phone, at the latest when it speaks."""
    try:
        sock = phone.connect()
        sock.settimeout(60)
        sock.sendall(bytes(12))
        assert not sock.recv(1)
    except (ssl.SSLError, ConnectionError):
        pass


@pytest.mark.parametrize("seen", [SEEN, OFFICE], ids=["its-own-address", "static-pat"])
def test_a_phone_gets_its_certificate_and_comes_back_with_it(made, seen):
    """From paste to a released call. With a wrong password, with another authority's certificate, without any: nothing of that."""
    text = phonelab.MIXED if seen == SEEN else phonelab.behind_the_interface(phonelab.MIXED)
    lab = made(text, CM)
    lab.trust_call_manager()
    server = provisioned(lab, seen, "4711")
    lab.tftp_server()
    lab.cluster_signed(mode=1, more=CAPF_LIST.format(mode=1))
    phone = lab.phone(tftp=seen)
    phone.own = None
    phone.boot()
    assert phone.capf == [(seen, 3804)] and phone.managers == [(seen, 2000)]
    assert {(r["role"], r["addr"]) for r in phone.ctl.records if r["role"]} == {(2, seen), (4, seen)}
    assert [r["role"] for r in phone.ctl.records].count(4) == 1
    refused_without_a_certificate(lab, phone)
    clear_registration(lab, phone, lab.call_manager())

    assert certified(lab, phone, "0815")[0] == capf.INVALID
    reason, own = certified(lab, phone, "4711")
    assert reason == capf.OK
    lablib.wait_for("the CAPF to be done", lambda: len(server.ended) == 2)
    assert server.ended == ["a wrong password", capf.OK] and set(server.callers) == {siplab.PHONE}, server.ended
    assert certified(lab, phone, "4711")[0] == capf.NOTHING

    lab.cluster_signed(mode=3, more=CAPF_LIST.format(mode=1))  # the operator has made it a secure one
    lab.issue("stranger", NAME)
    phone.own = lab.pki.path("stranger.crt"), lab.pki.path("stranger.key")
    phone.boot()
    refused_without_a_certificate(lab, phone)
    assert "failed" in lab.boot_steps()["TLS"], lab.boot_steps()
    phone.own = own.crt, own.key
    phone.boot()
    lab.mixed_call(phone)
    assert " ok " in lab.boot_steps()["Register"]
    old = lab.phone(tftp=seen)  # one with its factory's certificate comes in next to it
    old.boot()
    old.connect().close()
