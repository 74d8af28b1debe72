"""What the operator sees of calls: the list, one call, its signalling over both legs."""
import re

import lab as lablib
import siplab
from conftest import paste
from sccplab import NAME, Voice, talk
from test_sccp import net  # noqa: F401
from test_sip_call import sip  # noqa: F401


def number(con, pattern):
    """Of the call whose lines in the list match."""
    found = re.search(r"(?m)^(\d+) +" + pattern, con.cmd("show call"))
    return found and found.group(1)


def drawn(text):
    """Every line within 80 columns, every message over both legs."""
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines), text
    assert "phone" in lines[0] and "voxgate" in lines[0] and "call manager" in lines[0], text
    return lines


def ladder(con, call, last):
    """Once its last message is there: what is heard of the end may come before that."""
    lablib.wait_for(last, lambda: re.search(last, con.cmd(f"show call {call} ladder")))
    text = con.cmd(f"show call {call} ladder")
    drawn(text)
    return text


def in_order(text, *patterns):
    at = 0
    for p in patterns:
        m = re.compile(p).search(text, at)
        assert m, (p, text)
        at = m.end()


def test_a_sip_call_with_hold(sip):  # noqa: F811
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk()
    n = number(sip.con, r"SIP +active .*1001 -> 2001\n +outside 192\.0\.2\.10/\d+ TLS <-> inside ")
    assert n, sip.con.cmd("show call")
    call.hold()
    lablib.wait_for("held", lambda: number(sip.con, "SIP +held"))
    call.resume()
    lablib.wait_for("resumed", lambda: number(sip.con, "SIP +active"))
    call.end()
    text = ladder(sip.con, n, r"<-+ 200 BYE -+\|<-+ 200 BYE -+\|")
    in_order(text, r"TLS +\S+/5060 TCP", r"\|-+ INVITE -+>\|-+ INVITE -+>\|",
             rf"RTP 192\.0\.2\.10/\d+ +\| +RTP {re.escape(siplab.MTA_INSIDE)}/\d+",
             r"<-+ 200 INVITE -+\|<-+ 200 INVITE", rf"RTP {re.escape(siplab.MTA_OUTSIDE)}/\d+ +\| +RTP {re.escape(sip.desk_a.addr)}/\d+",
             r"-+ ACK -+>", r"INVITE hold -+>", r"200 INVITE", r"-+ INVITE -+>", r"-+ BYE -+>", r"200 BYE", "call ended")
    detail = sip.con.cmd(f"show call {n}")
    assert re.search(rf"(?m)^{n} +SIP +ended", detail) and "Call-ID " in detail and "answered after" in detail, detail
    assert "inline" not in text + detail and "ERROR" in sip.con.cmd("show call 4000000000")


def test_an_sccp_call(net):  # noqa: F811
    net.phone_proxy()
    phone = net.remote()
    a = net.register(phone)
    desk = net.desk()
    b = net.register(desk)
    net.neighbours()
    pa, pb = net.cm.connect(a, b, net.serve)
    talk(Voice(phone, pa, 1), Voice(desk, pb, 2))
    n = number(net.con, rf"SCCP +active .*{NAME}")
    assert n, net.con.cmd("show call")
    net.hang_up((a, pa), (b, pb))
    text = ladder(net.con, n, "StopMediaTransmission")
    in_order(text, "CallState Connected", r"\|<-+ OpenReceiveChannel -+\|<-+ OpenReceiveChannel -+\|",
             r"\|-+ OpenReceiveChannelAck -+>\|-+ OpenReceiveChannelAck -+>\|",
             rf"RTP \S+/20000 +\| +RTP {re.escape(siplab.MTA_INSIDE)}/\d+", r"<-+ StartMediaTransmission -",
             rf"RTP {re.escape(siplab.MTA_OUTSIDE)}/\d+ +\| +RTP ", "CloseReceiveChannel", "StopMediaTransmission")


def test_debug_follows_one_phone(sip):  # noqa: F811
    paste(sip.con, "no logging debug-trace\n")  # which has them in the log, whole
    assert "ERROR" in sip.con.cmd("debug call phone nonsense")
    assert "enabled" in sip.con.cmd("debug call phone 0011.2233.4499")  # nobody's
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk(1)
    assert "SIP::" not in sip.con.cmd("show clock")
    assert "enabled" in sip.con.cmd("debug call address 192.0.2.10")
    sip.phone.keys("/hold\n")
    sip.con.until(rb"SIP:: outside:192\.0\.2\.10/\d+ -> inside:\S+, INVITE")
    assert "debug call address 192.0.2.10" in sip.con.cmd("show debug")
    n = number(sip.con, "SIP +(active|held)")
    assert "enabled" in sip.con.cmd(f"debug call id {n}")
    call.end()
    sip.con.until(rb"SIP:: outside:192\.0\.2\.10/\d+ -> inside:\S+, BYE")
    sip.con.cmd("no debug call")
    assert "debug" not in sip.con.cmd("show debug")
