"""RANCID as Debian ships it logs in, collects and recognises the end of a configuration."""
import os

import pytest

from sshlab import BOX, PASSWORD, SECRET, USER, SshBox

RANCID = "/usr/lib/rancid/bin"


@pytest.fixture
def box():
    b = SshBox()
    yield b
    b.close()


@pytest.fixture
def home(tmp_path):
    """A home directory with the collector's own login file."""
    ssh = tmp_path / "plain-ssh"  # the login program takes one word
    ssh.write_text("#!/bin/sh\nexec ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \"$@\"\n")
    ssh.chmod(0o755)
    rc = tmp_path / ".cloginrc"
    rc.write_text(f"add user {BOX} {USER}\nadd password {BOX} {PASSWORD} {SECRET}\nadd method {BOX} ssh\n"
                  f"add sshcmd {BOX} {{{ssh}}}\n")
    rc.chmod(0o600)
    return str(tmp_path)


def rancid(box, home, *argv):
    env = {"HOME": home, "BASEDIR": home, "TMPDIR": home, "PATH": RANCID + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
           "TERM": "network", "NOPIPE": "YES"}
    return box.run("sh", "-c", 'cd "$HOME" && exec "$@"', "sh", *argv, env=env, timeout=280)


def test_clogin_runs_commands(box, home):
    p = rancid(box, home, RANCID + "/clogin", "-f", home + "/.cloginrc", "-c", "show version;show running-config", BOX)
    assert p.returncode == 0, p.out + p.err
    assert "Software Version" in p.out and "interface GigabitEthernet0/0" in p.out
    assert "\n: end\n" in p.out


def test_a_whole_collection_is_clean(box, home):
    p = rancid(box, home, RANCID + "/rancid", "-d", "-l", "-t", "cisco", BOX)
    new = os.path.join(home, BOX + ".new")
    assert os.path.exists(new), p.out + p.err
    with open(new) as f:
        text = f.read()
    assert "End of run not found" not in p.err and "missed cmd" not in p.err, p.err[-2000:]
    assert "interface GigabitEthernet0/0" in text and "nameif outside" in text and "hostname fw" in text
    assert PASSWORD not in text and SECRET not in text
