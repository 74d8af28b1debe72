"""SIP phones from power-on to hang-up: trust list and file by TFTP, REGISTER and a call by TLS 5061, through the samples' phone proxies."""
import re
import ssl

import pytest

import lab as lablib
import phonelab
import siplab
from peers import boot
from phonelab import CM, NAME, OFFICE, SEEN
from sccp_ends import warm
from sip_ends import Dialog, Door, Media, Wire, body, both, hang_up, parts, session
from srtp_peer import header


class Ends:
    """A booted phone and a call manager with a desk phone, a connection each."""

    def __init__(self, lab, phone, door, secure):
        self.lab, self.host, self.secure = lab, phone.managers[0][0], secure
        self.phone = Wire(phone.connect(), "TLS", siplab.PHONE, 5061, self.host)
        self.cm = door.accept()
        for it in (self.phone, self.cm):
            lab.keep(it)
        warm((lab.outside, siplab.MTA_OUTSIDE), (lab.inside, siplab.MTA_INSIDE))

    def register(self):
        contact = f"Contact: {self.phone.contact('4001')};+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-001122334455>\"" \
                  f";+u.sip!devicename.ccm.cisco.com=\"{NAME}\";expires=120\n"
        reg = Dialog(self.phone, "4001", "4001", "reg")
        reg.request("REGISTER", contact)
        at = self.cm.expect("REGISTER ")
        assert CM in at.split("\r\n")[0] and f"devicename.ccm.cisco.com=\"{NAME}\"" in at, at
        self.cm.reply(at, "200 OK", f"Contact: {header(at, 'Contact')}\n", tag="r")
        reg.expect("200", "REGISTER")

    def call(self):
        """The phone calls the desk; both hear each other; it hangs up."""
        lab = self.lab
        mine, desk = Media(lab.outside, siplab.PHONE, secure=True), Media(lab.inside, CM, secure=self.secure)
        out = Dialog(self.phone, "4001", "2001")
        out.request("INVITE", body=session(siplab.PHONE, mine.line()))
        invite = self.cm.expect("INVITE ")
        desk.learn(*parts(body(invite)))
        back = Dialog(self.cm, "2001", "4001", invite=invite)
        back.reply(invite, "200 OK", body=session(CM, desk.line()))
        mine.learn(*parts(body(out.expect("200", "INVITE"))))
        out.request("ACK")
        back.asked("ACK")
        assert mine.remote[0] == siplab.MTA_OUTSIDE and desk.remote[0] == siplab.MTA_INSIDE
        both(mine, desk)
        assert lab.con.cmd("show phone-proxy media-sessions").startswith("2 in use")
        hang_up(out, back)
        lablib.wait_for("the relay to go", lambda: siplab.idle(lab.con))
        for m in (mine, desk):
            m.sock.close()


class SecureDoor:
    """The call manager of a mixed cluster; who connects has the name of his certificate."""

    def __init__(self, lab):
        trusts = (lab.pki.path("ldc-ca.crt"),)
        self.door = phonelab.TlsDoor(lab.door(CM, 5061), lab.pki.path("cm.crt"), lab.pki.path("cm.key"), trusts)
        self.door.settimeout(60)

    def accept(self):
        sock, _ = self.door.accept()
        assert NAME in self.door.names[-1], self.door.names
        return Wire(sock, "TLS", CM, 5061, CM)


BEHIND = phonelab.behind_the_interface(phonelab.NONSECURE)


@pytest.mark.parametrize("text, seen, port, mixed", [
    (phonelab.NONSECURE, SEEN, 5061, False), (phonelab.MIXED, SEEN, 5061, True), (BEHIND, OFFICE, 5061, False),
    (BEHIND.replace("service tcp 5061 5061", "service tcp 5061 7061"), OFFICE, 7061, False),
], ids=["nonsecure", "mixed", "small-office", "small-office-other-port"])
def test_a_sip_phone_boots_registers_and_calls(made, text, seen, port, mixed):
    lab = made(text, CM)
    lab.tftp_server()
    if mixed:
        lab.trust_call_manager()
        lab.ldc_issuer()
        lab.cluster_signed(mode=3, protocol="SIP")
    else:
        lab.configuration(protocol="SIP")
    phone = lab.phone(tftp=seen)
    phone.boot()
    assert phone.managers == [(seen, port)] and phone.sip
    assert [boot.element(phone.config, e) for e in ("deviceSecurityMode", "transportLayerProtocol")] == ["3", "3"]
    ends = Ends(lab, phone, SecureDoor(lab) if mixed else lab.keep(Door(lab.inside, CM)), mixed)
    ends.register()
    for _ in range(2):
        ends.call()
    steps = lab.boot_steps()
    assert all(" ok " in steps[s] for s in ("CTL", "Config file", "TLS", "Register")), steps
    assert re.search(r"outside +192\.0\.2\.10 +\d+ +0011\.2233\.4455", lab.con.cmd("show phone-proxy secure-phones"))


def test_a_phone_of_others_with_what_the_file_says(made):
    """baresip and Kamailio: server, port and whose certificate is believed are from file and CTL; its own is the factory's."""
    lab = made(phonelab.NONSECURE + "route inside 10.2.0.0 255.255.0.0 10.0.0.254 1\n", CM)
    lab.tftp_server()
    lab.configuration(protocol="SIP")
    phone = lab.phone()
    phone.boot()
    address, port = phone.managers[0]
    with open(lab.pki.path("shown.crt"), "w") as f:
        f.writelines(ssl.DER_cert_to_PEM_cert(r["cert"]) for r in phone.ctl.records if r["addr"] == address)
    siplab.SipLab.call_manager(lab, addr=CM)
    desk = siplab.SipLab.desk_phone(lab, "2001", server=CM)
    far = lab.remote_phone(NAME, target=address, cert="sep")  # it does not say its device but as its user
    assert port == 5061
    for p in (desk, far):
        p.registered()
    call = siplab.Call(lab, far, desk, f"sip:2001@{address}")
    call.talk()
    call.end()
    assert min(call.check_audio()) > 90
    assert all(" ok " in lab.boot_steps()[s] for s in ("CTL", "Config file", "TLS", "Register"))
