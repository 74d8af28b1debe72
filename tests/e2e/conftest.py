import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as lablib  # noqa: E402


# ---- what fails leaves nothing behind ----

def end_labs(labs):
    """Newest first; whether they end well is no question any more."""
    for it in reversed(list(labs)):
        try:
            it.close()
        except Exception as e:
            print("a lab that was left over does not end:", e)


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef):
    """A fixture that began ends its labs itself; those of one that did not are ended here."""
    before = list(lablib.LABS)
    outcome = yield
    made = [it for it in lablib.LABS if it not in before and not it.owner]
    if outcome.excinfo:
        end_labs(made)
    for it in made:
        it.owner = fixturedef


@pytest.hookimpl(trylast=True)
def pytest_fixture_post_finalizer(fixturedef):
    end_labs([it for it in lablib.LABS if it.owner is fixturedef])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    item.red = report.failed or getattr(item, "red", False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Behind a red test nothing is kept for the next one: what a whole file shares is made anew. Not for ever: what never begins
    would take its time for each test of the file."""
    of_file = item.getparent(pytest.Module)
    of_file.reds = getattr(of_file, "reds", 0) + item.red
    if item.red and of_file.reds <= 5:
        item.session._setupstate.teardown_exact(None)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish():
    end_labs([it for it in lablib.LABS if not it.owner])


def pytest_unconfigure():
    end_labs(lablib.LABS)


class Setup:
    """A lab whose appliance runs a configuration; con is its console in privileged mode."""

    def __init__(self, lab, con):
        self.lab, self.con = lab, con


def finish(lab):
    rc, text = lab.close()
    assert rc == 0, f"the appliance ended with {rc}: {text[-4000:]}"


@pytest.fixture
def lab():
    """A lab without an appliance; started by the test. Leaks and sanitizer reports fail the test that caused them."""
    it = lablib.Lab()
    yield it
    finish(it)


def paste(con, text):
    out = con.paste("configure terminal\n" + text + "end", deadline=90)
    errors = [line for line in out.splitlines() if line.startswith("ERROR") or "% Invalid" in line]
    assert not errors, "\n".join(errors)
    return out


def wires_up(con, n=2):
    """A wire just made takes a moment."""
    lablib.wait_for("the wires", lambda: con.cmd("show interface").count(", line protocol is up") == n)


@pytest.fixture
def made():
    """Makes labs of phones that boot, by a configuration's text and addresses inside; they are ended behind the test."""
    import phonelab
    labs = []

    def make(text, *addrs, workers=1, **kw):
        lab = phonelab.PhoneLab(**kw)
        labs.append(lab)
        lab.address(*addrs)
        lab.con = lab.start(workers=workers)
        lab.con.cmd("terminal pager 0")
        paste(lab.con, lab.paste_of(text))
        return lab

    yield make
    for lab in labs:
        finish(lab)


def a_pair_of_phones(**start):
    """The appliance with its phone proxy, a call manager, a remote phone and a desk phone, both registered."""
    import siplab
    lab = siplab.SipLab()
    lab.call_manager()
    lab.con = lab.start(**start)
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + lab.config())
    lab.desk_a, lab.phone = lab.desk_phone(), lab.remote_phone()
    lab.desk_a.registered()
    lab.phone.registered()
    return lab


def mobility(lab, text=None, **start):
    """Scenario 1 of the Mobility Advantage samples, as published."""
    if not os.path.exists(lab.pki.path("cuma.crt")):
        lab.pki.self_signed("cuma", "cuma.example.com")
    p12, cert = lab.pki.pkcs12("cuma", "sample_passphrase"), lab.pki.pem_body("cuma.crt")
    con = lab.start(**start)
    paste(con, lablib.BASE + lablib.ROUTE_TO_CUMA + (text or lablib.SCENARIO_1).format(pkcs12=p12, cert=cert))
    return con


@pytest.fixture
def mmp(lab):
    """Scenario 1 with its server running."""
    con = mobility(lab)
    s = Setup(lab, con)
    s.server = lablib.TlsServer(lab)
    return s


def open_session(s, **kw):
    """A client whose MMP session is open on both ends."""
    client = lablib.TlsClient(s.lab, **kw)
    client.send(lablib.OPEN)
    assert s.server.expect(len(lablib.OPEN)) == lablib.OPEN
    s.server.send(lablib.CREATED)
    assert client.expect(len(lablib.CREATED)) == lablib.CREATED
    return client


def sessions(con):
    import re
    return int(re.search(r"(\d+) in use", con.cmd("show tls-proxy session count")).group(1))
