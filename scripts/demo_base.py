"""What the demos have in common: steps with verdicts, the operator's view, and the console for whoever watches."""
import os
import select
import subprocess
import sys
import termios
import tty

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))


class Demo:
    """A scenario: fills in self.lab, steps() and what the operator sees at the end."""

    views_at_the_end = ()

    def __init__(self, batch):
        self.batch, self.failed, self.n, self.con = batch, 0, 0, None

    def step(self, words, fn):
        self.n += 1
        try:
            result = fn()
            ok = result is not False
            why = ""
        except (AssertionError, subprocess.SubprocessError, OSError) as e:
            ok, why = False, f": {e}"
        self.failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {self.n:2} {words}{why}", flush=True)
        return ok

    def show(self, *commands):
        """The operator's view, for who watches."""
        for c in commands if not self.batch else ():
            print(f"\nciscoasa# {c}\n{self.con.cmd(c).rstrip()}")

    def start(self):
        """Whoever watches gets a console with line editing at the end: a serial line. A transcript is easier on a pipe."""
        if self.batch:
            self.con = self.lab.start()
            return
        self.con = self.lab.start(console=f"pty:{self.lab.dir}/console")
        self.con.cmd("terminal pager 0")

    def paste_text(self, text):
        self.con.log = None if self.batch else sys.stdout
        out = self.con.paste("configure terminal\n" + text + "end", deadline=60)
        self.con.log = None
        print("" if self.batch else "\n", end="")
        errors = [line for line in out.splitlines() if line.startswith("ERROR")]
        assert not errors, "refused: " + "; ".join(errors)

    def contains(self, cmd, want):
        text = self.con.cmd(cmd)
        assert want in text, f"{cmd} shows no {want!r}: {text[:300]}"
        return text

    def write(self):
        self.contains("write memory", "[OK]")

    def run(self):
        for words, fn in self.steps():
            if not self.step(words, fn):
                break
        if not self.batch and not self.failed:
            self.operator()
        rc, text = self.lab.close()
        if self.batch:
            self.step("the appliance stops and leaves nothing behind", lambda: rc == 0 or (_ for _ in ()).throw(
                AssertionError(f"exit code {rc} {text[-2000:]}")))
        print(f"{self.n - self.failed} passed, {self.failed} failed")
        return 1 if self.failed else 0

    def operator(self):
        """The operator's view, then the operator himself."""
        self.show(*self.views_at_the_end)
        self.con.cmd("terminal pager 24")
        print(self.what_else() + "\nYou are on the appliance's console, in privileged mode. Ctrl-] ends the lab.\n", flush=True)
        self.con.send("")
        interact(self.con.fd)

    def what_else(self):
        return ""


def copy(src, dst):
    """Carries what is there; false at the end."""
    try:
        data = os.read(src, 4096)
    except OSError:
        return False
    leave = b"\x1d" in data
    os.write(dst, data.split(b"\x1d")[0])
    return bool(data) and not leave


def interact(fd):
    """The user's terminal, or lines on standard input, and the serial line, until Ctrl-] or the end of either."""
    saved = termios.tcgetattr(0) if os.isatty(0) else None
    if saved:
        tty.setraw(0)
    try:
        while True:
            ready = select.select([0, fd], [], [])[0]
            if fd in ready and not copy(fd, 1):
                return
            if 0 in ready and not copy(0, fd):
                break
        while select.select([fd], [], [], 1)[0] and copy(fd, 1):
            pass
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
        print()
