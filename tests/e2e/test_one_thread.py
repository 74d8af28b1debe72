"""Dataplane and proxy on one thread, as on a machine with a single core: the same calls, sessions and ends."""
import contextlib
import os

import pytest

import lab as lablib
import siplab
from conftest import a_pair_of_phones, finish, mobility, open_session, sessions, Setup


def threads(app):
    found = []
    pid = app.child()
    for tid in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{tid}/comm") as f:  # others come and go
            found.append(f.read().strip())
    return sorted(name for name in found if name in ("vg-dataplane", "vg-proxy"))


@pytest.mark.parametrize("kw, cores, expected", [
    ({}, 1, ["vg-dataplane"]),
    ({"threads": "auto", "workers": 2}, 1, ["vg-dataplane", "vg-proxy"]),
    ({"threads": "apart"}, 1, ["vg-dataplane", "vg-proxy"]),
    ({"threads": "joint"}, None, ["vg-dataplane"]),
])
def test_who_has_a_thread(lab, monkeypatch, kw, cores, expected):
    monkeypatch.delenv("VOXGATE_THREADS", raising=False)
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(mine)[:cores])
    try:
        lab.start(**kw)
    finally:
        os.sched_setaffinity(0, mine)
    lablib.wait_for("the threads", lambda: threads(lab.app) == expected)


@pytest.fixture
def sip():
    lab = a_pair_of_phones(threads="joint")
    yield lab
    finish(lab)


def test_calls_on_one_thread(sip):
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk()
    call.end()
    call.check_audio()
    lablib.wait_for("media released", lambda: siplab.idle(sip.con))
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk(1)
    call.hold()
    call.resume()
    call.end()
    lablib.wait_for("media released", lambda: siplab.idle(sip.con))
    assert threads(sip.app) == ["vg-dataplane"]


def test_sessions_on_one_thread_and_an_orderly_stop(lab):
    s = Setup(lab, mobility(lab, threads="joint"))
    s.server = lablib.TlsServer(lab)
    client = open_session(s)
    block = b"content-type: http/1.1\r\ncontent-length: 4096\r\n\r\n" + os.urandom(4096)
    for _ in range(50):
        client.send(block)
    assert s.server.expect(50 * len(block)) == 50 * block
    reply = b"content-type: http/1.1\r\ncontent-length: 200000\r\n\r\n" + os.urandom(200000)
    s.server.send(reply)
    assert client.expect(len(reply)) == reply
    assert sessions(s.con) == 1
    lab.stop()
    client.proc.wait(60)  # it was told: nobody waits for a retransmission to give up
