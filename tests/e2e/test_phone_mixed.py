"""Phones of a mixed cluster: each as its call manager has it. Files are the cluster's own, signed by it."""
import ssl

import pytest

import phonelab
import siplab
from peers import boot, sccp
from phonelab import CM, NAME, OFFICE, SEEN
from sip_ends import Door
from test_phone_sip_boot import Ends, SecureDoor


@pytest.fixture
def mixed(made):
    def make(text=phonelab.MIXED, **kw):
        lab = made(text, CM, **kw)
        lab.trust_call_manager()
        lab.tftp_server()
        return lab
    return make


class KeylessManager(phonelab.SecureManager):
    """To phones that only authenticate: TLS, and media without keys."""

    def connect(self, a, b, serve):
        return sccp.CallManager.connect(self, a, b, serve)

    def open(self, line, party, key=None, **kw):
        sccp.CallManager.open(self, line, party, None, **kw)

    def start(self, line, party, remote, key=None):
        sccp.CallManager.start(self, line, party, remote, None)


@pytest.mark.parametrize("mode", [1, 3])
def test_a_phone_without_a_file_takes_everybodys(mixed, mode):
    """Its own is not there, neither with a signature nor without: XMLDefault, edited and signed as well."""
    lab = mixed()
    lab.cluster_signed("XMLDefault", mode=mode)
    phone = lab.phone()
    phone.boot()
    assert boot.element(phone.config, "deviceSecurityMode") == "3" and phone.managers == [(SEEN, 2000)]
    if mode == 3:
        return lab.mixed_call(phone)
    cm = lab.call_manager()
    lab.call(cm, lab.register(cm, lab.line(phone)), lab.register(cm, lab.desk_phone()), 20)


def test_the_publisher_behind_static_pat(mixed):
    lab = mixed(phonelab.behind_the_interface(phonelab.MIXED))
    lab.cluster_signed()
    phone = lab.phone(tftp=OFFICE)
    phone.boot()
    lab.mixed_call(phone)


def test_a_phone_that_only_authenticates(mixed):
    """TLS on both legs, SRTP outside as ever, RTP inside: the call manager has no keys for it."""
    lab = mixed()
    lab.cluster_signed(mode=2)
    phone = lab.phone()
    phone.boot()
    assert boot.element(phone.config, "deviceSecurityMode") == "3"
    lab.ldc_issuer()
    cm = lab.secure_manager(kind=KeylessManager)
    a = lab.register(cm, lab.line(phone))
    assert NAME in cm.door.names[0]
    b = lab.register(lab.call_manager(), lab.desk_phone())  # which has none either
    lab.call(cm, a, b, 20)


def test_a_phone_that_is_not_secure_there(mixed):
    """TLS and SRTP outside, TCP 2000 and RTP inside, for as long as its file says so; then it is presented by a certificate."""
    lab = mixed()
    lab.cluster_signed(mode=1)
    clear = lab.call_manager()
    phone = lab.phone()
    phone.boot()
    assert phone.secure
    line = lab.line(phone)
    a = lab.register(clear, line)
    assert a.address == siplab.PHONE
    desk = lab.desk_phone()
    lab.call(clear, a, lab.register(clear, desk), 20)
    assert f"inside {CM}:2000" in lab.con.cmd("show conn")
    line.close()
    desk.close()
    lab.cluster_signed(mode=3)
    phone.boot()
    lab.mixed_call(phone)


def turned_away(phone):
    """It is believed, and its connection reset all the same: somebody else's leg was made for it."""
    try:
        with phone.connect() as sock:
            sock.settimeout(60)
            assert not sock.recv(1)
    except (ConnectionError, ssl.SSLError):
        pass


def test_phones_of_both_modes_at_one_address(mixed):
    """The latest file was the other's: a phone is reset, once, and comes again to the leg that is its own."""
    lab = mixed()
    other = "SEP00112233DD22"
    lab.issue("other", "CP-7962G-" + other, ca="cisco_mfg_ca")
    lab.cluster_signed(mode=1)
    lab.cluster_signed(other, mode=3)
    lab.ldc_issuer()
    clear, secure = lab.call_manager(), lab.secure_manager()
    one, two = lab.phone(), lab.phone(name=other, cert="other")
    one.boot()
    two.boot()  # at the same address
    turned_away(one)
    line = lab.line(one)
    a = lab.register(clear, line)
    turned_away(two)
    second = lab.line(two, media=phonelab.srtp_peer.udp(lab.outside, siplab.PHONE, phonelab.PORT + 10))
    b = lab.register(secure, second)
    assert [n.endswith(other) for n in secure.door.names] == [True]
    desk = lab.register(clear, lab.desk_phone())
    lab.call(clear, a, desk, 20)
    secure_desk = lab.register(secure, lab.secure_desk_phone("SEP00AABBCCDD01", media=phonelab.PORT + 2))
    lab.call(secure, b, secure_desk, 20)


def test_a_sip_phone_that_is_not_secure_there_and_a_secure_one_of_sccp(mixed):
    """The mode is one of each protocol, for all phones of an address."""
    lab = mixed()
    other = "SEP00112233DD22"
    lab.issue("other", "CP-7962G-" + other, ca="cisco_mfg_ca")
    lab.cluster_signed(mode=1, protocol="SIP")
    lab.cluster_signed(other, mode=3)
    sip, skinny = lab.phone(), lab.phone(name=other, cert="other")
    sip.boot()
    skinny.boot()
    ends = Ends(lab, sip, lab.keep(Door(lab.inside, CM)), False)
    ends.register()
    ends.call()
    lab.mixed_call(skinny)
    lab.cluster_signed(mode=3, protocol="SIP")
    sip.boot()
    ends = Ends(lab, sip, SecureDoor(lab), True)
    ends.register()
    ends.call()
