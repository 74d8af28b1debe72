"""A call manager that is restarted under a call and knows nothing afterwards: phones register again by themselves, the audio never stops."""
import re

import pytest

import lab as lablib
import siplab
from conftest import finish, paste


@pytest.fixture
def lab():
    it = siplab.SipLab()
    it.call_manager()
    it.con = it.start()
    it.con.cmd("terminal pager 0")
    paste(it.con, lablib.BASE + it.config())
    it.desk_a = it.desk_phone(regint=10)
    it.phone = it.remote_phone(regint=10)
    for p in it.phones:
        p.registered()
    yield it
    finish(it)


def test_the_call_manager_is_restarted_and_all_register_again(lab):
    """The audio goes on meanwhile; the call ends, and the next one is as good as the first."""
    call = siplab.Call(lab, lab.phone, lab.desk_a)
    call.talk(1)
    lablib.end(lab.cm)
    call.talk(2)
    seen = [p.text().count("REGISTER sip:") for p in (lab.phone, lab.desk_a)]
    lab.call_manager()
    for p, n in zip((lab.phone, lab.desk_a), seen):
        lablib.wait_for(f"{p.user} to register again", lambda: re.search(r"200 OK[^#]*CSeq: \d+ REGISTER",
                                                                         p.text().split("REGISTER sip:", n + 1)[-1])
                        if p.text().count("REGISTER sip:") > n else None, 60)
    call.talk(1)
    call.end()
    assert min(call.check_audio()) > 150
    lablib.wait_for("media released", lambda: siplab.idle(lab.con))
    for p in lab.phones:
        p.forget()
    call = siplab.Call(lab, lab.phone, lab.desk_a)
    call.talk(1)
    call.end()
    assert min(call.check_audio()) > 40
    lablib.wait_for("media released", lambda: siplab.idle(lab.con))
