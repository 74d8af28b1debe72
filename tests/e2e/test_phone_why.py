"""Why a phone does not come up: the step that failed, its reason, and nobody else is blamed for it."""
import lab as lablib
import phonelab
import siplab
from conftest import paste
from peers import sccp
from phonelab import CM
from sccp_ends import background

THIRD = "SEP00112233DD33"


def refuse(cm, text):
    """The call manager does not want the next phone that registers."""
    raw = cm.door.accept()[0]
    c = sccp.Connection(raw)
    while c.read()[0] != sccp.REGISTER:
        pass
    c.write(sccp.REJECT, text.ljust(36, b"\0"))
    assert c.read() is None
    c.sock.close()


def booted(lab, name, cert, ca="cisco_mfg_ca"):
    lab.configuration(name=name)
    lab.issue(cert, "CP-7962G-" + name, ca=ca)
    phone = lab.phone(name=name, cert=cert)
    phone.boot()
    return phone


def test_why_a_phone_does_not_register(made):
    """Rejected, with another's name, with a certificate of nobody's: each is told of that phone. The registered one keeps its story."""
    lab = made(phonelab.NONSECURE, CM)
    lab.tftp_server()
    lab.configuration()
    cm, good = lab.call_manager(), lab.phone()
    good.boot()
    with background(refuse, cm, b"No such device") as done:
        line = lab.line(good)
        assert not line.register()
        line.c.sock.close()
    done()
    failed = lab.boot_steps()["Register"]
    assert " failed " in failed and "rejected by the call manager: No such device" in failed, failed
    line = lab.line(good, media=line.media)
    a = lab.register(cm, line)
    story = lab.boot_steps()
    assert " ok " in story["Register"] and " ok " in story["TLS"], story

    other = booted(lab, THIRD, "third", ca="issuer")
    line.c.write(sccp.KEEPALIVE)
    a.answer_alive()
    assert line.c.read()[0] == sccp.KEEPALIVE_ACK
    try:
        other.connect().recv(1)
    except OSError:
        pass
    assert " failed " in lab.boot_steps(THIRD)["TLS"], lab.boot_steps(THIRD)
    assert lab.boot_steps() == story, "a KeepAlive, or the failure of its neighbour, changed it"

    paste(lab.con, "logging list loglist message 780021\n")
    liar = lab.line(good, media=line.media)
    liar.name = THIRD
    assert not liar.register()
    liar.c.sock.close()
    failed = lab.boot_steps()["Register"]
    assert " failed " in failed and f"calls itself {THIRD}" in failed, failed
    assert "not yet" in lab.boot_steps(THIRD)["Register"]
    lablib.wait_for("the message", lambda: f"780021: Phone Proxy: Dropping Skinny message from outside:{siplab.PHONE}/" in lab.con.cmd("show logging"))
