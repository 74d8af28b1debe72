"""Somebody new, on the console of an appliance as it comes out of the box, who knows what he wants and no command: he
types only words that `?` has just offered, and values where it offers to take one, until Mobility Advantage clients get through."""
import os
import re

import lab as lablib
from conftest import Setup, open_session, sessions


class Newcomer:
    """At a serial line. A word is typed as it was offered; one with = in front is a value of his own."""

    def __init__(self, con):
        self.con, self.prompt = con, ""
        self.wait()

    def wait(self):
        text = self.con.until(lablib.PROMPT)
        self.prompt = self.con.last.lstrip("\n")
        return text

    def ask(self, typed):
        """What `?` offers behind what is typed, page by page."""
        text = self.pages(typed)
        offered = re.findall(r"^ *  (\S.*?)(?:  |$)", text, re.M)
        assert offered, f"nothing is offered behind {typed!r}: {text}"
        return offered

    def pages(self, typed=""):
        """The whole list of `?`."""
        text = ""
        self.key("?")
        self.con.until(rb"\?\n")
        while True:
            text += self.con.until(("<--- More --->|(?:^|\n)" + re.escape(self.prompt + typed) + "$").encode())
            if "More" not in self.con.last:
                return text
            self.key(" ")

    def key(self, text):
        os.write(self.con.wfd, text.encode())

    def type(self, line, until=None):
        """One line, word by word; returns what it printed, up to the next prompt or another end."""
        typed = ""
        for word in line.split():
            offered = self.ask(typed)
            own = word.startswith("=")
            word = word.lstrip("=")
            if own:
                assert word in offered or any(re.match(r"[A-Z<(]", o) for o in offered), f"{typed!r} takes no value: {offered}"
            else:
                assert word in offered, f"{word!r} is not offered behind {typed!r}: {offered}"
            self.key(word + " ")
            typed += word + " "
            self.con.until(re.escape(word + " ").encode())
        offered = self.ask(typed)
        assert "<cr>" in offered, f"{typed!r} is not complete: {offered}"
        self.key("\r")
        self.con.until(rb"\n")
        if until:
            return self.con.until(until)
        self.con.buf = b"\n" + self.con.buf
        return self.wait()

    def does(self, lines):
        for line in lines.strip().splitlines():
            text = self.type(line)
            assert "ERROR" not in text, f"{line}: {text}"

    def paste(self, text):
        for line in (text.strip() + "\nquit").splitlines():
            self.key(line + "\r")
        self.con.buf = b"\n" + self.con.buf


ADDRESSES = """
configure terminal
interface GigabitEthernet0/0
nameif =outside
ip address =192.0.2.1 =255.255.255.0
no shutdown
exit
interface GigabitEthernet0/1
nameif =inside
ip address =10.0.0.1 =255.255.255.0
no shutdown
exit
route inside =10.1.1.0 =255.255.255.0 =10.0.0.254
object network =mobility
host =10.1.1.2
nat (inside,outside) static =192.0.2.140
exit
access-list =from-outside extended permit tcp any host =10.1.1.2 eq =5443
access-group from-outside in interface outside
"""

PROXY = """
tls-proxy =mobility
server trust-point shown
no server authenticate-client
client cipher-suite aes128-sha1 aes256-sha1
exit
class-map =mobility
match port tcp eq =5443
exit
policy-map global_policy
class mobility
inspect mmp tls-proxy mobility
exit
exit
service-policy global_policy global
"""


def test_from_the_box_to_mobility(lab):
    lab.pki.self_signed("cuma", "cuma.example.com")
    con = lab.run(console="pty:" + os.path.join(lab.dir, "line")).console
    he = Newcomer(con)
    assert "empty password" in con_help(he, "enable")
    he.type("enable", until=rb"Password: ")
    he.key("\r")
    he.wait()
    he.does("terminal pager =0")
    he.does(ADDRESSES)
    he.type("crypto ca import =shown pkcs12 =secret-word", until=rb"quit[^\n]*\n")
    he.paste(lab.pki.pkcs12("cuma", "secret-word"))
    assert "ERROR" not in he.wait()
    he.does("crypto ca trustpoint =server\nenrollment terminal\nexit")
    he.type("crypto ca authenticate server", until=rb"quit[^\n]*\n")
    he.paste(lab.pki.pem_body("cuma.crt"))
    con.until(rb"\[yes/no\]: ")
    he.key("yes\r")
    he.wait()
    he.does(PROXY)
    assert "Not usable" not in he.type("show tls-proxy")
    assert "OK" in he.type("write memory")
    s = Setup(lab, con)
    s.server = lablib.TlsServer(lab)
    open_session(s)
    assert sessions(con) == 1
    assert "5443" in he.type("show conn")


def con_help(he, word):
    """The line of `?` about a word."""
    return next(line for line in he.pages().splitlines() if line.split()[:1] == [word])
