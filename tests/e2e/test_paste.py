"""Long pastes: cost in proportion, all in force at the end, and what is saved comes back to the byte."""
import lab as lablib
from conftest import paste, wires_up

FEW, MANY = 1000, 10000
ROUTE = "route inside 10.0.0.0 255.0.0.0 10.0.0.254 1\n"


def ace(i):
    return f"permit tcp host 192.0.2.{2 + i % 250} host 10.{i % 7}.{i // 250}.{1 + i % 99} eq {1024 + i}"


def trace(con, i):
    wires_up(con)
    return con.cmd(f"packet-tracer input outside tcp 192.0.2.{2 + i % 250} 4000 10.{i % 7}.{i // 250}.{1 + i % 99} {1024 + i}")


def lines(first, n):
    return "".join(f"access-list long extended {ace(i)}\n" for i in range(first, first + n))


def cost(lab, con, text, n):
    """CPU nanoseconds a line."""
    before = lab.app.cpu_ns()
    paste(con, text)
    return (lab.app.cpu_ns() - before) / n


def test_pasting_is_linear_and_in_force_at_its_end(lab):
    con = lab.start()
    paste(con, lablib.BASE + ROUTE + "access-list long extended deny udp any any\naccess-group long in interface outside\n")
    cost(lab, con, lines(0, 200), 200)  # the first pages
    few = cost(lab, con, lines(200, FEW), FEW)
    many = cost(lab, con, lines(200 + FEW, MANY), MANY)
    assert many < 3 * few, f"{few:.0f} ns a line among {FEW}, {many:.0f} among {MANY}"
    last = 200 + FEW + MANY - 1
    shown = trace(con, last)
    assert f"access-list long extended {ace(last)}" in shown and "Action: allow" in shown, shown
    shown = trace(con, last + 1)
    assert "Action: drop" in shown and "(acl-drop)" in shown, shown
    assert f"access-list long; {last + 2} elements" in con.cmd("show access-list long | include elements")


def test_a_long_configuration_reloads_to_the_same_bytes(lab):
    con = lab.start()
    paste(con, lablib.BASE + ROUTE + lines(0, MANY) + "access-group long in interface outside\n")
    before = con.cmd("show running-config")
    assert before.count("access-list long extended") == MANY
    assert "[OK]" in con.cmd("write memory")
    with open(lab.flash() + "/startup-config") as f:
        saved = f.read()
    lab.stop()
    con = lab.start("cisco123")
    assert con.cmd("show running-config") == before
    assert con.cmd("show startup-config").split("\n: end")[0].endswith(saved.split("\n: end")[0].split("\n!\n", 1)[1])
    assert f"access-list long extended {ace(MANY - 1)}" in trace(con, MANY - 1)
    assert "[OK]" in con.cmd("write memory")
    with open(lab.flash() + "/startup-config") as f:
        again = f.read()

    def body(text):  # but for when it was written
        return [line for line in text.splitlines() if not line.startswith(": Written by")]

    assert body(again) == body(saved)
