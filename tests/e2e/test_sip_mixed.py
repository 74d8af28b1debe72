"""A mixed cluster in which each phone has a mode of its own: encrypted (TLS and SRTP inside), authenticated (TLS, but RTP inside). Towards the
remote phone it is TLS and SRTP always. The call manager is a script with TLS of its own: it knows the phone by the certificate it shows."""
import ssl

import pytest

import lab as lablib
import siplab
from conftest import finish
from sip_ends import Dialog, Door, Media, Wire, body, both, hang_up, parts, phone_wire, session
from test_sip_tls import LDC, MIXED, PROXY, configure, ldc_issuer


class TlsDoor(Door):
    """A call manager that asks for certificates of the appliance's issuer."""

    def __init__(self, lab):
        super().__init__(lab.inside, port=5061)
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.load_cert_chain(lab.pki.path("cm.crt"), lab.pki.path("cm.key"))
        self.ctx.load_verify_locations(lab.pki.path("ldc-ca.crt"))
        self.ctx.verify_mode = ssl.CERT_REQUIRED

    def accept(self):
        wire = Wire(self.ctx.wrap_socket(self.sock.accept()[0], server_side=True), "TLS", self.addr, 5061, self.addr)
        wire.name = dict(x for row in wire.stream.sock.getpeercert()["subject"] for x in row)["commonName"]
        return wire


@pytest.fixture(scope="module")
def box():
    lab = siplab.SipLab()
    lab.pki.self_signed("cm", siplab.CM)
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    configure(lab, LDC + PROXY + " client ldc issuer ldc_server\n client ldc key-pair phone_common\n" + MIXED,
              "phone-proxy remote_phones")
    ldc_issuer(lab)
    lab.door = TlsDoor(lab)
    for ns, at in ((lab.outside, "192.0.2.1"), (lab.inside, "10.0.0.1")):
        ns.run("ping", "-c", "1", "-W", "5", at)
    yield lab
    lab.door.close()
    finish(lab)


@pytest.fixture
def wires(box):
    phone, cm = phone_wire(box), box.door.accept()
    assert cm.name == "1001"
    yield phone, cm
    lablib.wait_for("the relays to go", lambda: siplab.idle(box.con))
    phone.close()
    cm.close()
    lablib.wait_for("the session to end", lambda: "5061" not in box.con.cmd("show conn"))


def media(box, encrypted):
    return Media(box.outside, siplab.PHONE, secure=True), Media(box.inside, siplab.CM, secure=encrypted)


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "authenticated"])
def test_the_phone_calls(box, wires, encrypted):
    """The offer inside has keys, since the leg is TLS; a call manager that keeps the desk in clear answers without."""
    phone, cm = wires
    mine, theirs = media(box, encrypted)
    one = Dialog(phone, "1001", "2001")
    one.request("INVITE", body=session(siplab.PHONE, mine.line()))
    back = Dialog(cm, "2001", "1001", invite=cm.expect("INVITE "))
    theirs.learn(*parts(body(back.invite)), offered=True)
    back.reply(back.invite, "200 OK", body=session(siplab.CM, theirs.line()))
    answer = body(one.expect("200", "INVITE"))
    mine.learn(*parts(answer))
    one.request("ACK")
    back.asked("ACK")
    both(mine, theirs)
    text = box.con.cmd("show phone-proxy media-sessions")
    assert text.count("<---> SRTP") == 1 + encrypted and text.count("<---> RTP") == 1 - encrypted, text
    hang_up(one, back)
    for m in (mine, theirs):
        m.sock.close()


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "authenticated"])
def test_the_call_manager_calls(box, wires, encrypted):
    """RTP offered inside is SRTP with keys of ours outside."""
    phone, cm = wires
    mine, theirs = media(box, encrypted)
    one = Dialog(cm, "2001", "1001")
    one.target = f"sip:1001@{siplab.PHONE}:5061;transport=tls"
    one.request("INVITE", body=session(siplab.CM, theirs.line()))
    back = Dialog(phone, "1001", "2001", invite=phone.expect("INVITE "))
    mine.learn(*parts(body(back.invite)))
    back.reply(back.invite, "200 OK", body=session(siplab.PHONE, mine.line()))
    theirs.learn(*parts(body(one.expect("200", "INVITE"))))
    one.request("ACK")
    back.asked("ACK")
    both(theirs, mine)
    if encrypted:
        assert len({mine.key, theirs.key, mine.far_key, theirs.far_key}) == 4, "a key went through"
    hang_up(one, back)
    for m in (mine, theirs):
        m.sock.close()
