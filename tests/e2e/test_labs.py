"""The labs themselves: a test that fails, or a fixture that does not get to its end, leaves nothing to others and nothing behind."""
import os
import subprocess
import sys
import textwrap

import pytest

import lab as lablib

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN = """\
import os
import pytest
import lab as lablib

class Bare(lablib.Lab):
    def __init__(self):
        super().__init__()
        self.spawn(self.inside, "sleep", "1000")
        with open("pids", "a") as f:
            f.write("".join(f"{p.pid}\\n" for p in (*self.procs, *(ns.holder for ns in self.extra))))
"""


def inner(tmp_path, text):
    """Runs tests with the conftest of this folder; how many passed, failed and had errors, and its words."""
    (tmp_path / "test_inner.py").write_text(BEGIN + textwrap.dedent(text))
    p = subprocess.run([sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "no:cacheprovider", "-p",
                        "no:xdist", "-p", "conftest", "test_inner.py"], cwd=tmp_path, env=dict(os.environ, PYTHONPATH=HERE), capture_output=True,
                       text=True, timeout=300)
    return p.stdout.strip().splitlines()[-1].strip("= ").rpartition(" in ")[0], p.stdout + p.stderr


def none_left(tmp_path, want):
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == want, pids
    assert not [p for p in pids if os.path.exists(f"/proc/{p}")]


def test_a_fixture_that_does_not_begin(tmp_path):
    """Neither the lab of its own nor the one it began with are there afterwards, and no process of them."""
    said, text = inner(tmp_path, """
        @pytest.fixture(scope="module")
        def good():
            it = Bare()
            yield it
            it.close()

        @pytest.fixture
        def bad(good):
            Bare()
            assert False, "it does not begin"

        def test_one(bad):
            pass

        def test_two():
            assert lablib.LABS == []
        """)
    assert said == "1 passed, 1 error", text
    none_left(tmp_path, 2 * 4)


def test_a_lab_without_a_fixture(tmp_path):
    said, text = inner(tmp_path, """
        def test_one():
            Bare()
            assert False

        def test_two():
            assert lablib.LABS == []
        """)
    assert said == "1 failed, 1 passed", text
    none_left(tmp_path, 4)


def test_what_a_file_shares_is_made_anew_behind_a_red_test(tmp_path):
    said, text = inner(tmp_path, """
        @pytest.fixture(scope="module")
        def shared():
            it = Bare()
            it.changed = False
            yield it
            it.close()

        def test_red(shared):
            shared.changed = True
            assert False

        def test_behind_it(shared):
            assert not shared.changed
            shared.changed = True

        def test_behind_a_green_one(shared):
            assert shared.changed
        """)
    assert said == "1 failed, 2 passed", text
    none_left(tmp_path, 2 * 4)


def test_a_namespace_that_does_not_come_up(monkeypatch):
    made = []
    begin = lablib.subprocess.Popen

    def popen(*args, **kw):
        made.append(begin(*args, **kw))
        return made[-1]

    monkeypatch.setattr(lablib.subprocess, "Popen", popen)
    monkeypatch.setattr(lablib.Namespace, "_up", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lablib.Lab()
    assert len(made) == 1 and made[0].poll() is not None
    it = lablib.LABS[-1]
    it.close()
    assert it not in lablib.LABS and not os.path.exists(it.dir)
