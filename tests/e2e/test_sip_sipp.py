"""
What phones and call managers of others rarely do on demand, done by sipp at both ends of a phone proxy: provisional answers confirmed by PRACK (RFC 3262),
with the answer in either, and a dialog that another one replaces (RFC 3891). Each end looks at what reaches it: addresses, profile, keys.
"""
import subprocess

import pytest

import lab as lablib
import siplab
from conftest import finish, paste
from test_sip_load import KEY, STUNNEL, sipp

WORDS = {"CM": siplab.CM_OUTSIDE, "PHONE": siplab.PHONE, "KEY": KEY.partition(" ")[2], "MTA_INSIDE": siplab.MTA_INSIDE, "MTA_OUTSIDE": siplab.MTA_OUTSIDE}


@pytest.fixture
def box():
    lab = siplab.SipLab()
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + lab.config())
    for ns, at in ((lab.outside, "192.0.2.1"), (lab.inside, "10.0.0.1")):
        ns.run("ping", "-c", "1", "-W", "5", at)
    with open(lab.dir + "/stunnel.conf", "w") as f:
        f.write(STUNNEL.format(server=siplab.CM_OUTSIDE, cert=lab.pki.path("phone1001.pem"), ca=lab.pki.path("shown.crt")))
    lab.spawn(lab.outside, "stunnel", lab.dir + "/stunnel.conf", stderr=subprocess.DEVNULL)
    lablib.wait_for("stunnel", lambda: "127.0.0.1:5060" in lab.outside.run("ss", "-ltn").stdout.decode())
    yield lab
    finish(lab)


def scenario(lab, name, **words):
    with open(f"{lablib.PEERS}/{name}.xml") as f:
        text = f.read()
    for word, value in {**WORDS, **words}.items():
        text = text.replace(f"@{word}@", value)
    path = f"{lab.dir}/{name}.xml"
    with open(path, "w") as f:
        f.write(text)
    return path


def patient(lab, ns, name, *argv, **words):
    """One end of so many calls; it gives up when nothing comes any more."""
    return sipp(lab, ns, *argv, "-sf", scenario(lab, name, **words), "-recv_timeout", "60000", "-trace_err", "-error_file",
                f"{lab.dir}/{name}.err")


def callee(lab, name, n=1):
    p = patient(lab, lab.inside, name, "-i", siplab.CM, "-p", "5060", "-t", "t1", "-m", str(n), TAG="callee[call_number]")
    lablib.wait_for("sipp", lambda: f"{siplab.CM}:5060" in lab.inside.run("ss", "-ltn").stdout.decode())
    return p


def caller(lab, name, tag, *more, **words):
    return patient(lab, lab.outside, name, "127.0.0.1:5060", "-i", "127.0.0.1", "-t", "t1", "-mi", siplab.PHONE, "-m", "1", *more, TAG=tag,
                   **words)


def well(lab, *ends):
    """Each has seen what it waits for."""
    for name, p in ends:
        p.wait(90)
        if p.returncode == 0:
            continue
        try:
            with open(f"{lab.dir}/{name}.err") as f:
                why = f.read()
        except OSError:
            why = "it says nothing"
        raise AssertionError(f"{name} ended with {p.returncode}: {why[-3000:]}")


@pytest.mark.parametrize("offer", ["early", "late"])
def test_provisional_answers_are_confirmed(box, offer):
    """183 with media, PRACK, 200: `early` the caller offers and the 183 answers; `late` the 183 offers and the PRACK answers."""
    name = "prack_late" if offer == "late" else "prack"
    a = callee(box, name + "_uas")
    b = caller(box, name + "_uac", "caller", "-d", "500")
    well(box, (name + "_uac", b), (name + "_uas", a))
    lablib.wait_for("nothing to be left", lambda: siplab.idle(box.con))
    assert box.con.cmd("show phone-proxy media-sessions").startswith("0 in use, 2 most used")


def test_a_dialog_replaces_another(box):
    """The second caller names the first call by Call-ID and tags: they are the same on both sides of the appliance."""
    a = callee(box, "replaces_uas", 2)
    first = caller(box, "replaced_uac", "replaced", "-cid_str", "first")
    lablib.wait_for("the first call", lambda: "state Active" in box.con.cmd("show sip"))
    second = caller(box, "replaces_uac", "replacing", "-cid_str", "second", "-d", "500", REPLACED="first;to-tag=callee1;from-tag=replaced")
    well(box, ("replaced_uac", first), ("replaces_uac", second), ("replaces_uas", a))
    lablib.wait_for("nothing to be left", lambda: siplab.idle(box.con))
