"""Primary and secondary of a mixed cluster with a TFTP server of its own, each seen from two interfaces: six entries in one CTL."""
import lab as lablib
import phone_tlv
import phonelab
import siplab
from conftest import sessions
from phonelab import CM, NAME
from sccp_ends import background

TFTP, SECOND = "10.0.0.24", "10.0.0.27"
OTHER = "SEP00112233DD22"
DMZ = """\
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 192.168.1.1 255.255.255.0
 no shutdown
"""
HOST = """\
object network obj-{real}-0{n}
 host {real}
 nat (inside,{to}) static {seen}
"""
IDENTITY = """\
crypto key generate rsa label {name}_kp modulus 1024
crypto ca trustpoint {name}
 enrollment self
 keypair {name}_kp
crypto ca enroll {name}
no
yes
"""
SIDES = (("outside", "192.0.2."), ("dmz", "192.168.1."))
SERVERS = (("cucm", "cucm", CM), ("cucm", "cucm_sec", SECOND), ("tftp", "tftp_server", TFTP))


def sample():
    """Section 6 with its primary and secondary and its phones on two interfaces: a record and a trustpoint for each address."""
    text, records = DMZ, ""
    for role, name, real in SERVERS:
        for n, (to, net) in enumerate(SIDES, 1):
            seen = net + real.rsplit(".", 1)[1]
            text += HOST.format(real=real, n=n, to=to, seen=seen) + IDENTITY.format(name=f"{name}_in_to_{to}")
            records += f" record-entry {role} trustpoint {name}_in_to_{to} address {seen}\n"
    text += "access-list pp extended permit udp any host 10.0.0.24 eq tftp\n"
    text += "".join(f"access-group pp in interface {to}\n" for to, _ in SIDES)
    media = phonelab.MEDIA.replace(" rtp-min", " address 192.168.1.25 interface dmz\n rtp-min")
    return (text + "{issuers}ctl-file myctl\n" + records + " no shutdown\n" + phonelab.MIXED_TLS + media +
            phonelab.MIXED_PROXY.format(tftp=TFTP) + phonelab.POLICY + "service-policy pp_policy interface dmz\n")


def test_phones_of_two_interfaces_go_to_the_secondary(made):
    """Each holds two sessions; the primary goes away, either phone registers with the secondary and calls a desk phone there."""
    lab = made(sample(), CM, SECOND, TFTP, wires=(("dmz", "192.168.1.10/24", "192.168.1.1"),))
    lab.trust_call_manager()
    lab.ldc_issuer()
    lab.issue("other", "CP-7962G-" + OTHER, ca="cisco_mfg_ca")
    lab.tftp_server(TFTP)
    dmz = lab.more["dmz"]
    phones = [lab.phone("192.0.2.24"), lab.phone("192.168.1.24", dmz, OTHER, "other")]
    for p, (_, net) in zip(phones, SIDES):
        lab.cluster_signed(p.name, cms=(CM, SECOND))
        p.boot()
        assert p.managers == [(net + "26", 2000), (net + "27", 2000)]
        assert {(r["role"], r["addr"]) for r in p.ctl.records if r["role"]} == {
            (phone_tlv.CCM if role == "cucm" else phone_tlv.TFTP, n + real.rsplit(".", 1)[1]) for role, _, real in SERVERS for _, n in SIDES}
    places = ((lab.outside, siplab.PHONE, siplab.MTA_OUTSIDE), (dmz, "192.168.1.10", "192.168.1.25"))
    primary, secondary = lab.secure_manager(), lab.secure_manager(SECOND)

    for i, (p, (ns, at, _)) in enumerate(zip(phones, places)):
        p.first = lab.line(p, ns=ns, addr=at)
        p.at = lab.register(primary, p.first)
        p.second = lab.line(p, 1, media=p.first.media)
        with background(secondary.accept) as p.taken:
            p.second.alive()
            assert sessions(lab.con) == i + 2
            p.at.c.close()
            assert p.first.frame() is None
            p.first.c.close()
            assert p.second.register()
        p.at = p.taken()
        lab.of[p.at] = p.second
        assert p.at.name == p.name
        lablib.wait_for("the primary's session to end", lambda i=i: sessions(lab.con) == i + 1)
    assert sorted(secondary.door.names) == sorted(primary.door.names) and NAME in secondary.door.names[0]
    b = lab.register(secondary, lab.secure_desk_phone(server=SECOND))
    for p, (ns, _, mta) in zip(phones, places):
        lab.call(secondary, p.at, b, 20, ns, mta)
