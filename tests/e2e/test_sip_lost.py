"""What was under the call goes: the phone's connection, the call manager, the media. The call goes on as long as somebody talks."""
import re

import pytest

import lab as lablib
import siplab
from conftest import finish, paste
from sip_ends import Dialog, Door, Media, body, both, hang_up, parts, phone_wire, session
from srtp_peer import header

SECOND = "192.0.2.11"


@pytest.fixture(scope="module")
def box():
    """All the while a call stands of which nothing is heard; its phone has lost its connection too."""
    lab = siplab.SipLab()
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    lab.issue("phone1002", "1002")
    paste(lab.con, lablib.BASE + lab.config() + "timeout sip_media 0:01:00\nlogging list loglist message 607001-607004\n")
    lab.door = Door(lab.inside)
    lab.outside.run("ip", "addr", "add", SECOND + "/24", "dev", "oA")
    for ns, at in ((lab.outside, "192.0.2.1"), (lab.inside, "10.0.0.1")):
        ns.run("ping", "-c", "1", "-W", "5", at)
    lab.quiet = 0
    quiet = Phone(lab, SECOND, "1002")
    quiet.call()
    quiet.drop()
    lab.quiet = 1
    yield lab
    lab.door.close()
    finish(lab)


def relays(con):
    return int(re.match(r"(\d+) in use", con.cmd("show phone-proxy media-sessions")).group(1)) // 2


def calls(con):
    return int(re.search(r"Total: (\d+)", con.cmd("show sip")).group(1))


class Phone:
    """A phone with its connection to the call manager, which it may lose and make again, and a call."""

    def __init__(self, box, addr=siplab.PHONE, user="1001"):
        self.box, self.addr, self.user, self.open, self.registrations = box, addr, user, [], 0
        self.connect()

    def connect(self):
        """A connection, and a registration on it."""
        self.phone = phone_wire(self.box, addr=self.addr, cert="phone" + self.user)
        self.cm = self.box.door.accept()
        self.open += self.phone, self.cm
        self.registrations += 1
        reg = Dialog(self.phone, self.user, self.user, "reg" + self.user)
        reg.request("REGISTER", f"Contact: {self.phone.contact(self.user)};expires=60\n", cseq=self.registrations)
        at = self.cm.expect("REGISTER ")
        self.contact = re.search(r"<(.*?)>", header(at, "Contact")).group(1)
        self.cm.reply(at, "200 OK", f"Contact: {header(at, 'Contact')}\n", tag="r")
        self.phone.expect("SIP/2.0 200")

    def again(self):
        """The phone is back; its call and that of the call manager are on the new connection."""
        self.connect()
        self.out.wire, self.back.wire = self.phone, self.cm

    def drop(self):
        """The connection is reset from outside."""
        self.box.outside.run("ss", "-K", "src", self.addr, "dst", siplab.CM_OUTSIDE, "dport", "=", "5061")
        with pytest.raises((ConnectionError, AssertionError)):
            self.cm.stream.read()

    def call(self):
        self.audio = Media(self.box.outside, self.addr, secure=True), Media(self.box.inside, siplab.CM)
        self.open += [a.sock for a in self.audio]
        mine, theirs = self.audio
        self.out = Dialog(self.phone, self.user, "2001")
        self.out.request("INVITE", body=session(self.addr, mine.line()))
        invite = self.cm.expect("INVITE ")
        theirs.learn(*parts(body(invite)))
        self.back = Dialog(self.cm, "2001", self.user, invite=invite)
        self.back.reply(invite, "200 OK", body=session(siplab.CM, theirs.line()))
        mine.learn(*parts(body(self.out.expect("200", "INVITE"))))
        self.out.request("ACK")
        self.back.asked("ACK")

    def close(self):
        for x in self.open:
            x.close()


@pytest.fixture
def phone(box):
    it = Phone(box)
    it.call()
    both(*it.audio)
    yield it
    lablib.wait_for("the relay to go", lambda: relays(box.con) <= box.quiet and calls(box.con) <= box.quiet)
    it.close()
    lablib.wait_for("the session to end", lambda: "5061" not in box.con.cmd("show conn"))


def hold_and_resume(phone):
    """The call manager's re-INVITE, at the address it knows from the call, reaches the phone by the address that is its own."""
    mine, theirs = phone.audio
    for direction in ("sendonly", "sendrecv"):
        phone.back.request("INVITE", body=session(siplab.CM, theirs.line(direction)))
        offer = phone.out.asked("INVITE")
        assert offer.startswith(f"INVITE sip:{phone.user}@{phone.addr}:5061;transport=tls "), offer
        mine.learn(*parts(body(offer)))
        phone.out.reply(offer, "200 OK", body=session(phone.addr, mine.line("recvonly" if direction == "sendonly" else "sendrecv")))
        theirs.learn(*parts(body(phone.back.expect("200", "INVITE"))))
        phone.back.request("ACK")
        phone.out.asked("ACK")
    both(mine, theirs)


@pytest.mark.parametrize("end", ["phone", "call manager"])
def test_the_phone_loses_its_connection_and_comes_back(phone, end):
    phone.drop()
    both(*phone.audio)
    phone.again()
    both(*phone.audio)
    hold_and_resume(phone)
    hang_up(*((phone.out, phone.back) if end == "phone" else (phone.back, phone.out)))


def test_the_call_manager_takes_the_registered_contact(phone):
    """One that sends what belongs to a call to where the phone is registered now."""
    phone.drop()
    phone.again()
    phone.back.target = phone.contact
    hold_and_resume(phone)
    hang_up(phone.back, phone.out)


def test_the_old_connection_is_silent(phone):
    """The phone lost its power or its way: nobody told the appliance, the phone is back on another connection."""
    box = phone.box
    port = phone.phone.stream.sock.getsockname()[1]
    box.outside.run("nft", "add table ip lost; add chain ip lost out { type filter hook output priority 0; }; "
                    f"add rule ip lost out tcp sport {port} drop")
    try:
        phone.again()
        both(*phone.audio)
        hold_and_resume(phone)
        hang_up(phone.back, phone.out)
        lablib.wait_for("the relay to go", lambda: relays(box.con) <= box.quiet)
    finally:
        box.outside.run("nft", "delete", "table", "ip", "lost")


def test_the_call_manager_is_back_and_knows_no_call(phone):
    """It was restarted: its connections went, the audio did not; a BYE of the phone is answered 481, which is the end of it as well."""
    phone.cm.close()
    with pytest.raises((ConnectionError, AssertionError, OSError)):
        phone.phone.stream.read()
    phone.phone.close()
    both(*phone.audio)
    phone.again()
    both(*phone.audio)
    phone.out.request("BYE")
    phone.back.reply(phone.back.asked("BYE"), "481 Call/Transaction Does Not Exist")
    phone.out.expect("481", "BYE")


def test_a_call_in_which_nobody_talks_ends(box):
    """Its phone has not come back: the last thing left of it is the relay, and that goes with the time for media."""
    lablib.wait_for("the quiet call to end", lambda: siplab.idle(box.con), 90)
    box.quiet = 0
    for kind in ("Pinholes", "Proxied flows", "Connections"):
        lablib.wait_for(f"no {kind}", lambda: re.search(rf"{kind} +0 in use", box.con.cmd("show memory detail")))
