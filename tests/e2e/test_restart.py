"""Reload, crash, torn files: ports come back, the saved configuration is in force, or what is wrong with it is said."""
import os
import re
import signal
import time

import lab as lablib
from conftest import paste

NAT = """\
object network web
 host 10.0.0.53
 nat (inside,outside) static 192.0.2.141
access-list outside_in extended permit icmp any host 10.0.0.53
access-group outside_in in interface outside
"""
PASSWORD = "cisco123"


def running(con):
    return con.cmd("show running-config")


def pings(lab):
    return b"1 received" in lab.outside.run("ping", "-c1", "-W5", "192.0.2.141", check=False).stdout


def answers(lab):
    """A kernel that asked for the address too early asks again."""
    lablib.wait_for("an answer to a ping", lambda: pings(lab))


def startup(lab):
    return os.path.join(lab.flash(), "startup-config")


def saved(lab, extra=""):
    con = lab.start()
    paste(con, lablib.BASE + NAT + extra)
    assert "[OK]" in con.cmd("write memory")
    return con


def test_write_memory_and_restart_give_the_same_bytes(lab):
    con = saved(lab)
    before = running(con)
    assert "nat (inside,outside) static 192.0.2.141" in before
    lab.stop()
    con = lab.start(PASSWORD)
    assert running(con) == before
    assert con.greeting.count("ERROR") == 0, con.greeting
    answers(lab)


def test_reload(lab):
    con = saved(lab)
    before, child = running(con), lab.app.child()
    paste(con, "hostname unsaved\n")
    con.send("reload")
    con.until(rb"\[Y\]es/\[N\]o: ")
    con.send("n")
    con.until(rb"Proceed with reload\? \[confirm\]")
    con.send("")
    con.until(rb"SHUTDOWN NOW")
    lablib.wait_for("another appliance", lambda: lab.app.proc.poll() is None and lablib.children(lab.app.proc.pid)
                    not in ([], [child]))
    con = lab.app.enable(PASSWORD)
    assert running(con) == before
    answers(lab)
    assert "192.0.2.141" in con.cmd("show xlate")


def kill(lab, con):
    """The appliance dies, the guard starts another; its console in privileged mode."""
    child = lab.app.child()
    os.kill(child, signal.SIGKILL)
    lablib.wait_for("another appliance", lambda: lablib.children(lab.app.proc.pid) not in ([], [child]))
    return lab.app.enable(PASSWORD)


def test_guard_starts_a_killed_appliance_again(lab):
    con = saved(lab)
    before = running(con)
    answers(lab)
    con = kill(lab, con)
    assert running(con) == before
    answers(lab)
    assert "signal 9" in lab.app.stderr()


def test_guard_gives_up_on_an_appliance_that_keeps_dying(lab):
    saved(lab)
    for _ in range(5):  # not once more: at its end the guard may have a sanitizer's child
        child = lab.app.child()
        os.kill(child, signal.SIGKILL)
        lablib.wait_for("the guard", lambda: lab.app.proc.poll() is not None or
                        lablib.children(lab.app.proc.pid) != [child])
    assert lab.app.proc.wait(60) == 128 + signal.SIGKILL
    assert "giving up" in lab.app.stderr()
    lab.app.proc.stdout.close()
    lab.app = None


def flash_state(lab):
    """What a save changes: the names there are, and which file is the startup-config."""
    try:
        st = os.stat(startup(lab))
        ident = (st.st_ino, st.st_mtime_ns)
    except FileNotFoundError:
        ident = None
    return sorted(os.listdir(lab.flash())), ident


def kill_while_saving(lab, con):
    """At the first sign of the save on flash."""
    names, child = set(os.listdir(lab.flash())), lab.app.child()
    before = flash_state(lab)
    con.send("write memory")
    give_up = time.monotonic() + lablib.DEADLINE
    while flash_state(lab) == before:  # without a pause: it must be caught while it is written
        assert time.monotonic() < give_up
    os.kill(child, signal.SIGKILL)
    lablib.wait_for("another appliance", lambda: lablib.children(lab.app.proc.pid) not in ([], [child]))
    return names


def whole(text):
    """The hostname of a configuration that is all there."""
    assert text.rstrip().endswith(": end"), text[-200:]
    assert len(re.findall(r"^access-list long extended", text, re.M)) == 5000
    return re.search(r"^hostname (\S+)$", text, re.M).group(1)


def test_kill_during_write_leaves_the_old_or_the_new_file(lab):
    lines = "".join(f"access-list long extended permit tcp any any eq {i + 1}\n" for i in range(5000))
    con = saved(lab, "hostname name0\n" + lines)
    seen = []
    for i in range(1, 5):
        paste(con, f"hostname name{i}\n")
        names = kill_while_saving(lab, con)
        with open(startup(lab)) as f:
            seen.append(whole(f.read()))
        assert seen[-1] in ((seen[-2:-1] or ["name0"])[0], f"name{i}")
        con = lab.app.enable(PASSWORD)
        assert whole(running(con)) == seen[-1]
        assert "ERROR" not in con.greeting, con.greeting
        assert set(os.listdir(lab.flash())) <= names | {"startup-config.prev"}, "what was cut short is swept"


def test_a_torn_file_is_reported_by_line_and_denies(lab):
    saved(lab)
    lab.stop()
    with open(startup(lab), "rb+") as f:
        text = f.read()
        cut = text.index(b"access-list outside_in extended permit icmp") + len(b"access-list outside_in extended per")
        f.truncate(cut)
    line = text[:cut].count(b"\n") + 1
    con = lab.start(PASSWORD)
    assert "cut short" in con.greeting and f"line {line}" in con.greeting, con.greeting
    assert "cut short" in con.cmd("show startup-config errors")
    assert "access-list outside_in" not in running(con)
    assert not pings(lab), "default deny"
    trace = con.cmd("packet-tracer input outside icmp 192.0.2.10 8 0 192.0.2.141")
    assert "Action: drop" in trace, trace


def test_a_wrong_line_is_reported_with_its_number(lab):
    saved(lab)
    lab.stop()
    with open(startup(lab)) as f:
        lines = f.read().splitlines(keepends=True)
    at = lines.index("logging timestamp\n")
    lines[at:at + 1] = ["logging timestump\n", "route nowhere 10.9.0.0 255.255.0.0 10.0.0.7 1\n"]
    with open(startup(lab), "w") as f:
        f.writelines(lines)
    con = lab.start(PASSWORD)
    assert f"line {at + 1}" in con.greeting and f"line {at + 2}" in con.greeting, con.greeting
    assert "logging timestamp" not in running(con)
    answers(lab)  # the other lines are in force
