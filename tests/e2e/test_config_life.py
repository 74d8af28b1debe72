"""Where configurations are: boot config, configure net and http, write net."""
import os

import pytest
import test_restart as restart

import lab as lablib
from conftest import finish, paste
from filelab import HOST, serving
from test_copy import fill, small  # noqa: F401


def hostname(con):
    return con.cmd("show running-config hostname").strip()


def test_a_kill_between_two_files_leaves_one_that_is_whole(lab):
    """Saves go to another file, and back: whichever a start reads is all there, and what it says is the old or the new."""
    con = restart.saved(lab, "hostname name0\n" + "".join(f"access-list long extended permit tcp any any eq {i + 1}\n" for i in range(5000)))
    was = "name0"
    for i, line in enumerate(("boot config disk0:/b.cfg\n", "no boot config\n", "boot config disk0:/b.cfg\n"), 1):
        paste(con, f"{line}hostname name{i}\n")
        restart.kill_while_saving(lab, con)
        con = lab.app.enable(restart.PASSWORD)
        assert "ERROR" not in con.greeting, con.greeting
        now = restart.whole(restart.running(con))
        assert now in (was, f"name{i}")
        assert not [n for n in os.listdir(lab.flash()) if ".tmp" in n], "what was cut short is swept"
        was = now


def test_a_lost_file_is_told_at_the_start(lab):
    con = restart.saved(lab)
    paste(con, "hostname second\nboot config disk0:/b.cfg\n")
    assert "[OK]" in con.cmd("write memory")
    lab.stop()
    con = lab.start(restart.PASSWORD)
    assert hostname(con) == "hostname second" and "ERROR" not in con.greeting
    con.cmd("delete /noconfirm b.cfg")
    lab.stop()
    con = lab.start(restart.PASSWORD)
    assert "disk0:/b.cfg, which `boot config` names, is not there" in con.greeting, con.greeting
    assert hostname(con) != "hostname second" and not restart.pings(lab)
    assert "no longer held" in con.cmd("write memory")
    restart.answers(lab)


@pytest.fixture(scope="module")
def served():
    it = serving("hostname fw\n" + lablib.PORTS)
    yield it
    finish(it)


def test_to_a_server_and_back(served):
    con, path = served.con, os.path.join(served.root, "fw.cfg")
    assert "the server is not known" in con.cmd("write net")
    paste(con, f"tftp-server inside {HOST} fw.cfg\n")
    text = con.cmd("write net")
    assert text.startswith("Building configuration...\nCryptochecksum: ") and text.rstrip().endswith("!\n[OK]"), text
    with open(path, encoding="utf-8") as f:
        saved = f.read()
    assert "\nhostname fw\n" in saved and saved.rstrip().endswith(": end")
    paste(con, "hostname typed\nbanner motd kept\n")
    text = con.cmd("configure net")
    assert f"Accessing tftp://{HOST}/fw.cfg...!" in text and "Cryptochecksum (changed): " in text and "ERROR" not in text, text
    assert hostname(con) == "hostname fw" and "banner motd kept" in con.cmd("show running-config banner")
    assert "[OK]" in con.cmd(f"write net {HOST}:other.cfg") and os.path.exists(os.path.join(served.root, "other.cfg"))
    text = con.cmd("configure net :none.cfg")
    assert f"%Error reading tftp://{HOST}/none.cfg (" in text, text
    paste(con, "no banner motd\nno tftp-server\n")


def test_from_a_web_server(served):
    con = served.con
    with open(os.path.join(served.root, "lines.cfg"), "wb") as f:
        f.write(b"hostname web\nnonsense\n")
    text = con.cmd(f"configure http://{HOST}/lines.cfg")
    assert "line 2: ERROR" in text and hostname(con) == "hostname web", text
    text = con.cmd(f"configure http://joe:bad@{HOST}/private/lines.cfg")
    assert "%Error reading http://" in text and "bad" not in text.splitlines()[-1], text
    assert "no trustpoint has a CA certificate" in con.cmd(f"configure https://{HOST}/lines.cfg")
    with open(os.path.join(served.root, "binary.cfg"), "wb") as f:
        f.write(b"hostname bad\0\n")
    assert "NUL" in con.cmd(f"configure http://{HOST}/binary.cfg") and hostname(con) == "hostname web"
    paste(con, "hostname fw\n")


def test_a_full_flash_keeps_the_start_as_it_was(small):  # noqa: F811
    """There is no room for the other file: the next start reads the one before, whole."""
    con = small.con
    assert "[OK]" in con.cmd("write memory")
    paste(con, "hostname other\nboot config disk0:/b.cfg\n" + "".join(f"access-list long extended permit tcp any any eq {i}\n" for i in range(1, 200)))
    fill(small)
    text = con.cmd("write memory")
    assert "No space left on device" in text and "[OK]" not in text, text
    assert "\nCONFIG_FILE variable = \nCurrent CONFIG_FILE variable = disk0:/b.cfg" in con.cmd("show bootvar")
    small.stop()
    con = small.con = small.start()
    assert hostname(con) == "hostname fw" and "ERROR" not in con.greeting, con.greeting
