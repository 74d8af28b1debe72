"""Calls in shapes that phones and proxies of others do not make on demand; what the appliance makes of each message is read at its far
end, and audio is compared there, packet by packet."""
import re

import pytest

import lab as lablib
import siplab
from conftest import finish, paste
from sip_ends import Dialog, Door, Media, body, both, hang_up, parts, phone_wire, port, session, talk
from srtp_peer import header


@pytest.fixture(scope="module")
def box():
    lab = siplab.SipLab()
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + lab.config())
    lab.door = Door(lab.inside)
    for ns, at in ((lab.outside, "192.0.2.1"), (lab.inside, "10.0.0.1")):  # neighbours are known: no packet overtakes another
        ns.run("ping", "-c", "1", "-W", "5", at)
    yield lab
    lab.door.close()
    finish(lab)


class Ends:
    """A phone outside and a call manager with its desk phones inside, each with its connection."""

    def __init__(self, box):
        self.box, self.con, self.open = box, box.con, []
        self.phone, self.cm = phone_wire(box), box.door.accept()

    def media(self, **kw):
        """An m-line of the phone and one of a desk phone."""
        pair = Media(self.box.outside, siplab.PHONE, secure=True, **kw), Media(self.box.inside, siplab.CM, **kw)
        self.open += pair
        return pair

    def relays(self):
        return int(re.match(r"(\d+) in use", self.con.cmd("show phone-proxy media-sessions")).group(1)) // 2

    def call(self, desk="2001"):
        """The phone calls: both dialogs and the audio of both."""
        out, audio = Dialog(self.phone, "1001", desk), self.media()
        out.request("INVITE", body=session(siplab.PHONE, audio[0].line()))
        back = self.ring(desk, audio[1])
        back.reply(back.invite, "200 OK", body=session(siplab.CM, audio[1].line()))
        audio[0].learn(*parts(body(out.expect("200", "INVITE"))))
        out.request("ACK")
        back.asked("ACK")
        return out, back, *audio

    def ring(self, desk, *media):
        """The call manager takes an INVITE with an offer for these m-lines."""
        invite = self.cm.expect("INVITE ")
        for m, part in zip(media, parts(body(invite)), strict=True):
            m.learn(part)
        back = Dialog(self.cm, desk, "1001", invite=invite)
        return back

    def close(self):
        for x in (*self.open, self.phone, self.cm):
            (x.sock if isinstance(x, Media) else x).close()


@pytest.fixture
def ends(box):
    """Nobody calls before, nobody afterwards; nothing is left of the sessions either."""
    it = Ends(box)
    yield it
    lablib.wait_for("the relays to go", lambda: siplab.idle(box.con))
    it.close()
    lablib.wait_for("the session to end", lambda: "5061" not in box.con.cmd("show conn"))
    for kind in ("Pinholes", "Proxied flows", "Connections"):
        lablib.wait_for(f"no {kind}", lambda: re.search(rf"{kind} +0 in use", box.con.cmd("show memory detail")))


# ---- transfer

def test_attended_transfer_by_the_phone(ends):
    """It talks to two desks and connects them: REFER to one names the call with the other."""
    one, desk_a, *audio_a = ends.call("2001")
    two, desk_b, *audio_b = ends.call("2002")
    both(*audio_a)
    both(*audio_b)
    local, remote = two.tags()
    replaces = f"Replaces={two.call_id}%3Bto-tag%3D{remote}%3Bfrom-tag%3D{local}"
    one.request("REFER", f"Refer-To: <sip:2002@{siplab.CM_OUTSIDE}?{replaces}>\nReferred-By: <sip:1001@{siplab.CM_OUTSIDE}>\n")
    refer = desk_a.asked("REFER")
    assert header(refer, "Refer-To") == f"<sip:2002@{siplab.CM}?{replaces}>", refer
    assert header(refer, "Referred-By") == f"<sip:1001@{siplab.CM}>", refer
    desk_a.reply(refer, "202 Accepted")
    one.expect("202", "REFER")
    for status in ("100 Trying", "200 OK"):
        desk_a.request("NOTIFY", "Event: refer\nSubscription-State: active\nContent-Type: message/sipfrag\n", f"SIP/2.0 {status}\r\n")
        notify = one.asked("NOTIFY")
        assert body(notify) == f"SIP/2.0 {status}\r\n"
        one.reply(notify, "200 OK")
        desk_a.expect("200", "NOTIFY")
    hang_up(desk_b, two)
    lablib.wait_for("one relay", lambda: ends.relays() == 1)
    both(*audio_a)
    hang_up(one, desk_a)


def test_attended_transfer_by_a_desk(ends):
    """A desk phone connects the remote one with a third: the remote phone's INVITE has Replaces, and speaks of a call it was never in."""
    one, desk_a, *audio_a = ends.call("2001")
    both(*audio_a)
    named = "desk-call-77@10.2.0.10"
    desk_a.request("REFER", f"Refer-To: <sip:2002@{siplab.CM}?Replaces=desk-call-77%4010.2.0.10%3Bto-tag%3Dx1%3Bfrom-tag%3Dx2>\n"
                   f"Referred-By: <sip:2001@{siplab.CM}>\n")
    refer = one.asked("REFER")
    assert header(refer, "Refer-To") == \
        f"<sip:2002@{siplab.CM_OUTSIDE}?Replaces=desk-call-77%4010.2.0.10%3Bto-tag%3Dx1%3Bfrom-tag%3Dx2>", refer
    one.reply(refer, "202 Accepted")
    desk_a.expect("202", "REFER")
    two, (mine, theirs) = Dialog(ends.phone, "1001", "2002"), ends.media()
    replaces = f"{named};to-tag=x1;from-tag=x2"
    two.request("INVITE", f"Replaces: {replaces}\nRequire: replaces\n", session(siplab.PHONE, mine.line()))
    desk_b = ends.ring("2002", theirs)
    assert header(desk_b.invite, "Replaces") == replaces, desk_b.invite
    desk_b.reply(desk_b.invite, "200 OK", body=session(siplab.CM, theirs.line()))
    mine.learn(*parts(body(two.expect("200", "INVITE"))))
    two.request("ACK")
    desk_b.asked("ACK")
    both(mine, theirs)
    hang_up(desk_a, one)
    lablib.wait_for("one relay", lambda: ends.relays() == 1)
    both(mine, theirs)
    hang_up(two, desk_b)


def test_a_call_takes_another_ones_place(ends):
    """An INVITE from inside with Replaces: the remote phone gives up the old call for it."""
    one, desk_a, *_ = ends.call("2001")
    local, remote = one.tags()
    mine, theirs = ends.media()
    desk_b = Dialog(ends.cm, "2002", "1001")
    desk_b.target = desk_a.target
    desk_b.request("INVITE", f"Replaces: {one.call_id};to-tag={local};from-tag={remote}\n", session(siplab.CM, theirs.line()))
    invite = ends.phone.expect("INVITE ")
    assert header(invite, "Replaces") == f"{one.call_id};to-tag={local};from-tag={remote}", invite
    two = Dialog(ends.phone, "1001", "2002", invite=invite)
    mine.learn(*parts(body(invite)))
    two.reply(invite, "200 OK", body=session(siplab.PHONE, mine.line()))
    theirs.learn(*parts(body(desk_b.expect("200", "INVITE"))))
    desk_b.request("ACK")
    two.asked("ACK")
    hang_up(one, desk_a)
    lablib.wait_for("one relay", lambda: ends.relays() == 1)
    both(mine, theirs)
    hang_up(desk_b, two)


# ---- before the answer

def reliable(one, back, status, rseq, sdp=""):
    """A provisional response that is acknowledged; returns it as it arrived."""
    back.reply(back.invite, status, f"Require: 100rel\nRSeq: {rseq}\n", sdp)
    got = one.expect(status[:3], "INVITE")
    assert header(got, "RSeq") == str(rseq) and header(got, "Require") == "100rel", got
    one.request("PRACK", f"RAck: {rseq} 1 INVITE\n")
    prack = back.asked("PRACK")
    assert header(prack, "RAck") == f"{rseq} 1 INVITE", prack
    back.reply(prack, "200 OK")
    one.expect("200", "PRACK")
    return got


def test_early_media_with_prack(ends):
    """The answer comes in a reliable 183; both are heard before the 200, which has no SDP."""
    one, (mine, theirs) = Dialog(ends.phone, "1001", "2001"), ends.media()
    one.request("INVITE", "Supported: 100rel\n", session(siplab.PHONE, mine.line()))
    back = ends.ring("2001", theirs)
    got = reliable(one, back, "183 Session Progress", 1, session(siplab.CM, theirs.line()))
    mine.learn(*parts(body(got)))
    both(mine, theirs)
    reliable(one, back, "180 Ringing", 2)
    both(mine, theirs)
    back.reply(back.invite, "200 OK")
    one.expect("200", "INVITE")
    one.request("ACK")
    back.asked("ACK")
    both(mine, theirs)
    hang_up(back, one)


def test_early_media_of_the_phone_and_an_offer_in_prack(ends):
    """The call manager calls; the phone's 183 answers; PRACK makes another offer, UPDATE one more, all before the phone is picked up."""
    one, (mine, theirs) = Dialog(ends.cm, "2001", "1001"), ends.media()
    other = ends.media()[1]
    one.target = f"sip:1001@{siplab.PHONE}:{registered(ends)};transport=tcp"
    one.request("INVITE", "Supported: 100rel\n", session(siplab.CM, theirs.line()))
    back = Dialog(ends.phone, "1001", "2001", invite=ends.phone.expect("INVITE "))
    mine.learn(*parts(body(back.invite)))
    back.reply(back.invite, "183 Session Progress", "Require: 100rel\nRSeq: 7\n", session(siplab.PHONE, mine.line()))
    theirs.learn(*parts(body(one.expect("183", "INVITE"))))
    both(theirs, mine)
    for method, more in (("PRACK", "RAck: 7 1 INVITE\n"), ("UPDATE", "")):
        one.request(method, more, session(siplab.CM, other.line()))
        offer = back.asked(method)
        mine.learn(*parts(body(offer)))
        back.reply(offer, "200 OK", body=session(siplab.PHONE, mine.line()))
        other.learn(*parts(body(one.expect("200", method))))
        both(other, mine)
        other, theirs = theirs, other
    back.reply(back.invite, "200 OK")
    one.expect("200", "INVITE")
    one.request("ACK")
    back.asked("ACK")
    both(theirs, mine)
    hang_up(one, back)


def registered(ends):
    """The phone registers; the port its contact has inside."""
    Dialog(ends.phone, "1001", "1001", "reg").request("REGISTER", f"Contact: {ends.phone.contact('1001')};expires=60\n")
    at = ends.cm.expect("REGISTER ")
    ends.cm.reply(at, "200 OK", f"Contact: {header(at, 'Contact')}\n", tag="r")
    ends.phone.expect("SIP/2.0 200")
    return int(re.search(r"@192\.0\.2\.10:(\d+)", header(at, "Contact")).group(1))


def test_forked_to_two_desks_with_early_media(ends):
    """Each answers with a tag and a place of its own; the last to speak is heard; the second picks up, the first is no more."""
    one, (mine, first) = Dialog(ends.phone, "1001", "2001"), ends.media()
    second = ends.media()[1]
    one.request("INVITE", body=session(siplab.PHONE, mine.line()))
    back = ends.ring("2001", first)
    second.remote = first.remote
    fork = Dialog(ends.cm, "2001", "1001", invite=back.invite)
    for branch, m in ((back, first), (fork, second)):
        branch.reply(branch.invite, "183 Session Progress", body=session(siplab.CM, m.line()))
        mine.learn(*parts(body(one.expect("183", "INVITE"))))
        both(mine, m)
    fork.reply(fork.invite, "200 OK", body=session(siplab.CM, second.line()))
    mine.learn(*parts(body(one.expect("200", "INVITE"))))
    assert one.tags()[1] == fork.tags()[0]
    one.request("ACK")
    fork.asked("ACK")
    first.send(bytes(160))  # the loser is not told yet
    both(mine, second)
    hang_up(one, fork)


@pytest.mark.parametrize("late", [False, True], ids=["refused", "answered all the same"])
def test_given_up_while_early_media_is_heard(ends, late):
    one, (mine, theirs) = Dialog(ends.phone, "1001", "2001"), ends.media()
    one.request("INVITE", body=session(siplab.PHONE, mine.line()))
    back = ends.ring("2001", theirs)
    back.reply(back.invite, "183 Session Progress", body=session(siplab.CM, theirs.line()))
    mine.learn(*parts(body(one.expect("183", "INVITE"))))
    talk((theirs, mine))
    invited = one.target
    one.target, one.remote = f"sip:2001@{siplab.CM_OUTSIDE}", one.remote.partition(";tag=")[0]
    one.request("CANCEL")
    cancel = ends.cm.expect("CANCEL ")
    back.reply(cancel, "200 OK")
    one.expect("200", "CANCEL")
    if late:
        back.reply(back.invite, "200 OK", body=session(siplab.CM, theirs.line()))
        one.expect("200", "INVITE")
        one.request("ACK", cseq=1)
        back.asked("ACK")
        hang_up(one, back)
    else:
        back.reply(back.invite, "487 Request Terminated")
        one.expect("487", "INVITE")
        one.target = invited
        one.request("ACK", cseq=1)
        ends.cm.expect("ACK ")


# ---- offers late and again

def test_an_offerless_invite_from_inside(ends):
    """The phone offers in its 200, the call manager answers in ACK; a later INVITE without an offer resumes."""
    one, (mine, theirs) = Dialog(ends.cm, "2001", "1001"), ends.media()
    one.target = f"sip:1001@{siplab.PHONE}:{registered(ends)};transport=tcp"
    back = None
    for _ in range(2):
        one.request("INVITE")
        invite = ends.phone.expect("INVITE ")
        assert not body(invite)
        back = back or Dialog(ends.phone, "1001", "2001", invite=invite)
        back.reply(invite, "200 OK", body=session(siplab.PHONE, mine.line()))
        theirs.learn(*parts(body(one.expect("200", "INVITE"))))
        one.request("ACK", body=session(siplab.CM, theirs.line()))
        mine.learn(*parts(body(back.asked("ACK"))))
        both(theirs, mine)
    hang_up(back, one)


def test_an_offerless_invite_from_the_phone(ends):
    one, (mine, theirs) = Dialog(ends.phone, "1001", "2001"), ends.media()
    one.request("INVITE")
    back = ends.ring("2001")
    back.reply(back.invite, "200 OK", body=session(siplab.CM, theirs.line()))
    mine.learn(*parts(body(one.expect("200", "INVITE"))))
    one.request("ACK", body=session(siplab.PHONE, mine.line()))
    theirs.learn(*parts(body(back.asked("ACK"))))
    both(mine, theirs)
    hang_up(one, back)


def again(asker, other, offer, answer, learn):
    """An offer in a call, its answer; learn = (m-lines that hear the offer, m-lines that hear the answer)."""
    asker.request("INVITE", body=offer)
    invite = other.asked("INVITE")
    for m, part in zip(learn[0], parts(body(invite)), strict=True):
        m.learn(part) if m else check_refused(part)
    other.reply(invite, "200 OK", body=answer() if callable(answer) else answer)
    for m, part in zip(learn[1], parts(body(asker.expect("200", "INVITE"))), strict=True):
        m.learn(part) if m else check_refused(part)
    asker.request("ACK")
    other.asked("ACK")


def check_refused(part):
    assert port(part) == 0 and "crypto" not in part, part


def test_video_refused_added_and_removed(ends):
    """Two m-lines; the second one has port 0, comes later by the phone's wish, goes, and comes again by the call manager's."""
    one, (a_phone, a_desk), (v_phone, v_desk) = Dialog(ends.phone, "1001", "2001"), ends.media(), ends.media(kind="video", pt=99)
    one.request("INVITE", body=session(siplab.PHONE, a_phone.line(), v_phone.line("rtpmap:99 VP8/90000")))
    back = ends.ring("2001", a_desk, v_desk)
    assert "a=rtpmap:99 VP8/90000" in body(back.invite)
    back.reply(back.invite, "200 OK", body=session(siplab.CM, a_desk.line(), v_desk.refused()))
    audio, video = parts(body(one.expect("200", "INVITE")))
    a_phone.learn(audio)
    check_refused(video)
    one.request("ACK")
    back.asked("ACK")
    both(a_phone, a_desk)
    lablib.wait_for("one relay", lambda: ends.relays() == 1)

    again(one, back, session(siplab.PHONE, a_phone.line(), v_phone.line()), lambda: session(siplab.CM, a_desk.line(), v_desk.line()),
          ((a_desk, v_desk), (a_phone, v_phone)))
    assert ends.relays() == 2
    talk((a_phone, a_desk), (v_phone, v_desk), (a_desk, a_phone), (v_desk, v_phone))
    again(one, back, session(siplab.PHONE, a_phone.line(), v_phone.refused()),
          lambda: session(siplab.CM, a_desk.line(), v_desk.refused()), ((a_desk, None), (a_phone, None)))
    lablib.wait_for("one relay", lambda: ends.relays() == 1)
    both(a_phone, a_desk)
    again(back, one, session(siplab.CM, a_desk.line(), v_desk.line()), lambda: session(siplab.PHONE, a_phone.line(), v_phone.line()),
          ((a_phone, v_phone), (a_desk, v_desk)))
    assert ends.relays() == 2
    talk((v_desk, v_phone), (a_desk, a_phone), (v_phone, v_desk), (a_phone, a_desk))
    hang_up(back, one)


def test_an_offer_in_a_call_is_refused(ends):
    """488: what was agreed goes on, nothing of the refused offer stays."""
    one, back, mine, theirs = ends.call()
    v_phone = ends.media(kind="video", pt=99)[0]
    one.request("INVITE", body=session(siplab.PHONE, mine.line(), v_phone.line()))
    invite = back.asked("INVITE")
    back.reply(invite, "488 Not Acceptable Here")
    one.expect("488")
    one.request("ACK")
    back.asked("ACK")
    lablib.wait_for("one relay", lambda: ends.relays() == 1)
    both(mine, theirs)
    hang_up(one, back)


def test_music_and_announcements(ends):
    """A far end that only speaks: the phone hears it though nothing ever came from it; held with music of another place, and back."""
    one, (mine, theirs) = Dialog(ends.phone, "1001", "2001"), ends.media()
    music = ends.media()[1]
    one.request("INVITE", body=session(siplab.PHONE, mine.line("recvonly")))
    back = ends.ring("2001", theirs)
    assert "a=recvonly" in body(back.invite)
    back.reply(back.invite, "200 OK", body=session(siplab.CM, theirs.line("sendonly")))
    mine.learn(*parts(body(one.expect("200", "INVITE"))))
    one.request("ACK")
    back.asked("ACK")
    talk((theirs, mine))
    again(back, one, session(siplab.CM, music.line("sendonly")), lambda: session(siplab.PHONE, mine.line("recvonly")), ((mine,), (music,)))
    talk((music, mine), n=50)
    mine.send(bytes(160))  # not wanted while it is on hold
    talk((music, mine))
    assert music.silent() and theirs.silent()
    again(back, one, session(siplab.CM, theirs.line()), lambda: session(siplab.PHONE, mine.line()), ((mine,), (theirs,)))
    talk((theirs, mine), (mine, theirs))
    hang_up(back, one)
