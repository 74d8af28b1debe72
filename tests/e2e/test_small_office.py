"""The small office: call manager and TFTP server behind the outside interface's own address, a static PAT line for each port."""
import pytest

import lab as lablib
import phonelab
import siplab
from conftest import sessions
from phonelab import CM, OFFICE

SECOND = "10.0.0.27"
# The policy of two call managers that share an address: the ports are theirs, as they are inside.
PORTS = """\
access-list secure_ports extended permit tcp any any eq 2443
access-list secure_ports extended permit tcp any any eq 7443
class-map sec_sccp
 match access-list secure_ports
"""


def test_everything_behind_the_interface(made):
    """A nonsecure cluster: boot by TFTP, registration, a call; the clear port is as open as the access-list says."""
    lab = made(phonelab.behind_the_interface(phonelab.NONSECURE), CM)
    lab.tftp_server()
    lab.configuration()
    cm = lab.call_manager()
    phone = lab.phone(tftp=OFFICE)
    phone.boot()
    assert phone.managers == [(OFFICE, 2000)]
    a = lab.register(cm, lab.line(phone))
    assert a.address == siplab.PHONE
    lab.call(cm, a, lab.register(cm, lab.desk_phone()), 20)
    with pytest.raises(TimeoutError):
        sock = phone.dial(OFFICE, 2000, 3)
        sock.close()


@pytest.mark.parametrize("clear", [7000, 2000])
def test_two_call_managers_share_the_address(made, clear):
    """2000/2443 and 7000/7443 outside; inside the second listens at the same ports, or at those of all call managers."""
    text = phonelab.behind_the_interface(phonelab.NONSECURE)
    text = phonelab.static_pat(("tcp", clear + 443, 7443), host=SECOND) + text
    text = text.replace("class-map sec_sccp\n match port tcp eq 2443\n", PORTS)
    lab = made(text, CM, SECOND)
    lab.tftp_server()
    lab.configuration(CM, (SECOND, clear))
    cms = lab.call_manager(), lab.call_manager(SECOND, port=clear)
    phone = lab.phone(tftp=OFFICE)
    phone.boot()
    assert phone.managers == [(OFFICE, 2000), (OFFICE, 7000)]
    first = lab.line(phone)
    second = lab.line(phone, 1, media=first.media)
    a = lab.register(cms[0], first)
    lab.call(cms[0], a, lab.register(cms[0], lab.desk_phone()), 20)
    assert sessions(lab.con) == 2
    a.c.close()
    assert first.frame() is None
    first.c.close()
    b = lab.register(cms[1], second)
    desk = lab.desk_phone(SECOND, "SEP00AABBCCDD01", port=clear, media=phonelab.PORT + 2)
    lab.call(cms[1], b, lab.register(cms[1], desk), 20)
    lablib.wait_for("one session", lambda: sessions(lab.con) == 1)
