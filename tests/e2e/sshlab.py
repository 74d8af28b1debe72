"""An appliance with an SSH server, and ways to talk to it."""
import os
import subprocess

import doorlab
import lab as lablib
from conftest import paste
from doorlab import BOX, PASSWORD, SECRET, USER, DoorBox

CONFIG = doorlab.CONFIG + """\
username reader password letmein-2 privilege 5
aaa authentication ssh console LOCAL
ssh 10.0.0.0 255.255.255.0 inside
ssh timeout 10
"""

# OpenSSH's client with nothing of this machine's configuration.
OPENSSH = ["ssh", "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
           "-o", "GlobalKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1"]


class SshBox(DoorBox):
    def __init__(self, **start):
        super().__init__(**start)
        paste(self.con, CONFIG)
        self.wait_for_key()

    def wait_for_key(self):
        lablib.wait_for("the host key", lambda: "Host key: RSA, SHA256:" in self.con.cmd("show ssh"))

    def run(self, *argv, text="", timeout=60, env=None, ns=None):
        """A program of others; its CR LF are read as LF."""
        p = subprocess.run((ns or self.lab.inside).cmd(*argv), input=text.encode(), capture_output=True,
                           timeout=timeout, env=dict(os.environ, **(env or {})))
        p.out = p.stdout.decode().replace("\r", "")
        p.err = p.stderr.decode(errors="replace").replace("\r", "")
        return p

    def ssh(self, *command, opts=(), user=USER, password=PASSWORD, **kw):
        return self.run("sshpass", "-p", password, "ssh", *opts, *OPENSSH[1:], f"{user}@{BOX}", *command, **kw)

    def socket(self, source=None, **kw):
        return self.dial(22, source, **kw)

    def transport(self, source=None, log_in=True, user=USER, password=PASSWORD):
        import paramiko
        t = paramiko.Transport(self.socket(source))
        self.open.append(t)
        t.banner_timeout = t.auth_timeout = t.handshake_timeout = 60
        t.start_client(timeout=60)
        if log_in:
            t.auth_password(user, password)
        return t

    def shell(self, t, pty=True, width=511, height=1000):
        """An interactive session; what it said up to its first prompt is in greeting."""
        c = t.open_session(timeout=60)
        c.settimeout(60)
        if pty:
            c.get_pty("vt100", width, height)
        c.invoke_shell()
        s = Shell(c)
        s.greeting = s.until("fw> ")
        return s

    def enabled(self, t, **kw):
        s = self.shell(t, **kw)
        s.send("enable\n")
        s.until("Password: ")
        s.send(SECRET + "\n")
        s.until("fw# ")
        return s

    def sessions(self):
        """Rows of show ssh sessions that are logged in."""
        return self.con.cmd("show ssh sessions").count(" IN ")


class Shell:
    def __init__(self, chan):
        self.chan, self.buf = chan, ""

    def send(self, text):
        self.chan.sendall(text.encode())

    def until(self, mark):
        while mark not in self.buf:
            data = self.chan.recv(1 << 16)
            assert data, f"the session ended before {mark!r}: {self.buf[-2000:]!r}"
            self.buf += data.decode(errors="replace").replace("\r", "")
        at = self.buf.index(mark) + len(mark)
        text, self.buf = self.buf[:at], self.buf[at:]
        return text

    def cmd(self, line, prompt="fw# "):
        self.send(line + "\n")
        self.until("\n")
        return self.until(prompt)[:-len(prompt)]
