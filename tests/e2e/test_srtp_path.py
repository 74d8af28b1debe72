"""The way of a media packet, checked by a second implementation of SRTP: roll-over, loss, reordering, duplicates, forgeries."""
import random
import struct

import pytest

import lab as lablib
import siplab
from conftest import finish, paste
from srtp_peer import Pair, rtp

SSRC = 0x01020304


@pytest.fixture(scope="module")
def box():
    lab = siplab.SipLab()
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lablib.BASE + lab.config())
    yield lab
    finish(lab)


@pytest.fixture
def call(box):
    it = Pair(box, siplab.CM, siplab.CM_OUTSIDE)
    it.con = box.con
    yield it
    it.end()
    it.close()
    lablib.wait_for("the relay to go", lambda: siplab.idle(box.con))


def payload(index):
    return struct.pack(">Q", index) * 3


def pump(n, burst, send, receive):
    """In bursts that are waited for, so that the box's speed does not matter."""
    for at in range(0, n, burst):
        for i in range(at, min(at + burst, n)):
            send(i)
        for i in range(at, min(at + burst, n)):
            receive(i)


def test_roll_over_towards_the_desk(call):
    """From just below 65536, over more than one round."""
    first, seen = 65536 - 100, []

    def send(i):
        call.to_box(call.sender.seal(SSRC, first + i, 160 * i, payload(i)))

    def receive(i):
        p = call.rtp.recv(2048)
        assert p[12:] == payload(i)
        seen.append(struct.unpack_from(">H", p, 2)[0])

    pump(66000, 32, send, receive)
    assert all((b - a) & 0xFFFF == 1 for a, b in zip(seen, seen[1:]))


def test_roll_over_towards_the_phone(call):
    """The phone has the roll-over counter of RFC 3711 and must agree with the box's all the way."""
    call.to_box(call.sender.seal(SSRC, 7, 0, payload(0)))
    call.rtp.recv(2048)
    indexes = []

    def send(i):
        call.from_desk(rtp(65500 + i, 160 * i, SSRC, payload(i)))

    def receive(i):
        _, index, p = call.receiver.open(call.srtp.recv(2048))
        assert p == payload(i)
        indexes.append(index)

    pump(66000, 32, send, receive)
    assert all(b - a == 1 for a, b in zip(indexes, indexes[1:]))


def mangle(n, seed):
    """Packet numbers as a bad network hands them on: some lost, some twice, some late."""
    r = random.Random(seed)
    at = []
    for i in range(n):
        if i and r.random() < 0.05:
            continue
        for _ in range(2 if r.random() < 0.05 else 1):
            at.append((i + (r.randrange(1, 40) if r.random() < 0.1 else 0), len(at), i))
    return [i for _, _, i in sorted(at)]


def through(order, send, receive):
    """In bursts: all that is new in one is received before the next is sent, so that no queue on the way has to hold much."""
    heard = set()
    for at in range(0, len(order), 100):
        burst = order[at:at + 100]
        for i in burst:
            send(i)
        while not heard.issuperset(burst):
            heard.add(receive())


def rest(sock, receive):
    """What is still on its way, which is little."""
    sock.settimeout(1)
    try:
        while True:
            receive()
    except TimeoutError:
        pass


def number(p):
    return struct.unpack(">Q", p[:8])[0]


def test_a_bad_network_from_the_phone(call):
    """Exactly what arrived goes on: everything once, nothing else."""
    order, got = mangle(4000, 1), []

    def receive():
        got.append(call.rtp.recv(2048))
        return number(got[-1][12:])

    through(order, lambda i: call.to_box(call.sender.seal(SSRC, 65000 + i, 160 * i, payload(i))), receive)
    rest(call.rtp, receive)
    assert sorted(p[12:] for p in got) == sorted(payload(i) for i in set(order))
    shift = {(struct.unpack_from(">H", p, 2)[0] - number(p[12:])) & 0xFFFF for p in got}
    assert len(shift) == 1, "places in the row changed"
    twice = f"replay {len(order) - len(set(order))} "
    lablib.wait_for(twice, lambda: twice in call.con.cmd("show phone-proxy media-sessions detail"))


def test_a_bad_network_from_the_desk(call):
    call.to_box(call.sender.seal(SSRC, 7, 0, payload(0)))
    call.rtp.recv(2048)
    order, by_index = mangle(4000, 2), {}

    def receive():
        _, index, text = call.receiver.open(call.srtp.recv(2048))
        assert by_index.setdefault(index, text) == text, f"index {index} was used for two packets"
        return number(text)

    through(order, lambda i: call.from_desk(rtp(65000 + i, 160 * i, SSRC, payload(i))), receive)
    rest(call.srtp, receive)
    assert sorted(by_index.values()) == sorted(payload(i) for i in set(order))


def test_forgeries_change_nothing(call):
    """Replayed, cut, changed, of another key, of nobody: dropped and counted, and the call goes on."""
    good = [call.sender.seal(SSRC, 100 + i, 160 * i, payload(i)) for i in range(200)]
    call.to_box(good[0])
    assert call.rtp.recv(2048)[12:] == payload(0)
    rnd = random.Random(3)
    for i in range(1, 200):
        bad = bytearray(good[i])
        bad[rnd.randrange(len(bad))] ^= 1 << rnd.randrange(8)
        for packet in (good[i - 1], bytes(bad), good[i][:rnd.randrange(len(good[i]))], rnd.randbytes(60),
                       call.receiver.seal(SSRC, 100 + i, 160 * i, payload(i))):
            call.to_box(packet)
        call.to_box(good[i])
        assert call.rtp.recv(2048)[12:] == payload(i)
    call.rtp.settimeout(0.2)
    with pytest.raises(TimeoutError):
        call.rtp.recv(2048)
    text = call.con.cmd("show asp drop")
    assert "inspect-srtp-decrypt-failed" in text, text
    call.from_desk(rtp(1, 160, SSRC, payload(9)))
    call.srtp.settimeout(30)
    assert call.receiver.open(call.srtp.recv(2048))[2] == payload(9)
