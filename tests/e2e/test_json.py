"""`show ... | json`: every command that has a table gives a document, on an empty box and on a busy one, and says there what
its text says."""
import itertools
import os
import re
import subprocess

import lab as lablib
import pytest
import siplab
from jsondoc import document, names_of, parsed
from test_sip_call import sip  # noqa: F401

# What stands for the placeholders of a command: words that mean something on the busy box, or nothing anywhere.
VALUES = {
    "ADDRESS": "192.0.2.10", "PORT": "5061", "IFC": "outside", "NAME": "nobody", "KEY": "acl-drop", "PROTOCOL": "sip",
    "TRUSTPOINT": None, "HOST": "192.0.2.10", "MAC": "0011.2233.4455", "CALL": "1", "COUNT": "3", "NUMBER": "1",
    "FILE": "disk0:/", "KIND": None, "SLOT": None, "ID": "106023", "N": "1",
}
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/json.md")
SPELLED = {"show {flash|disk0}": ["show flash:"]}


def forms():
    """The commands with a table, as the reference manual made from the program's rows has them."""
    page = subprocess.run([lablib.voxgate_bin(), "manual"], capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.findall(r"^\.TP\n\.B (.*)\n.*\nWith\n\.B \| json$", page.replace("\\", ""), re.M)
    assert len(found) > 50 and "show nameif" in found, found
    return found


def tokens(form):
    return re.findall(r"[\[\]{}|]|[^\s\[\]{}|]+", form)


def group(words):
    """The alternatives up to the closing bracket; each is a list of words and of groups."""
    alternatives = [[]]
    while words:
        w = words.pop(0)
        if w in "]}":
            break
        if w == "|":
            alternatives.append([])
        else:
            alternatives[-1].append((w, group(words)) if w in "[{" else w)
    return alternatives


def filled(w):
    """A word of a line; None: nothing can stand for it. A placeholder that is not known here is an error of this test."""
    return VALUES[w] if w.isupper() else w


def lines(seq, most):
    """Lines of a sequence in which at most so many optional groups are taken; inside of one that is taken, any."""
    found = [([], 0)]
    for item in seq:
        if isinstance(item, str):
            choices = [([filled(item)], 0)]
        else:
            inside = [words for alternative in item[1] for words, _ in lines(alternative, 9)]
            choices = [(words, item[0] == "[") for words in inside] + ([([], 0)] if item[0] == "[" else [])
        found = [(a + b, n + m) for a, n in found for b, m in choices if n + m <= most]
    return [(words, n) for words, n in found if None not in words]


def commands():
    """Of each form the shortest line, and those with one group of what may be left out."""
    found = []
    for form in forms():
        made = SPELLED.get(form) or [" ".join(words) for words, _ in lines(group(tokens(form))[0], 1)]
        found += [line for line in made if line not in found]
    assert {"show conn", "show conn detail", "show asp drop flow acl-drop", "show call 1 ladder"} <= set(found), found
    return found


def walk(con, may_fail):
    """Every command; the documents of those that have something to tell."""
    docs = {}
    for c in commands():
        text = con.cmd(c + " | json")
        if re.fullmatch(r"ERROR: [^\n]*\n?", text):
            assert any(word in c for word in may_fail), c + ": " + text
            continue
        docs[c] = parsed(text)
    return docs


def test_an_empty_box(lab):
    con = lab.start()
    docs = walk(con, ("nobody", "show call 1", "running-config diff"))
    assert docs["show conn"] == {"in_use": 0, "most_used": 0, "connections": []}
    assert docs["show xlate"]["translations"] == [] and docs["show tls-proxy"]["tls_proxies"] == []
    assert [i["nameif"] for i in docs["show interface"]["interfaces"]] == [None, None]
    assert "has no table" in con.cmd("show running-config | json")


def same_row(text, pattern, row, *names):
    """The groups of the text's line are these members of the document's row."""
    m = re.search(pattern, text, re.M)
    assert m, (pattern, text)
    assert [str(row[n]) for n in names] == list(m.groups()), (m.groups(), row)


def rows_agree(con):
    """What does not change while one looks."""
    for i in document(con, "show nameif")["interfaces"]:
        same_row(con.cmd("show nameif"), rf"^({i['interface']}) +(\S+) +(\d+)$", i, "interface", "nameif", "security_level")
    for r in document(con, "show route")["routes"]:
        same_row(con.cmd("show route"), rf"^{re.escape(r['code'])} +{r['network']} ({r['mask']}) .*[ ,]+(\S+)$", r, "mask", "interface")
    inventory = document(con, "show inventory")["inventory"][0]
    same_row(con.cmd("show inventory"), r"VID: (\S+) *, SN: (\S+)", inventory, "vid", "serial_number")
    lines = [line for acl in document(con, "show access-list")["access_lists"] for line in acl["lines"]]
    text = con.cmd("show access-list")
    assert lines and all(f"line {line['line']} {line['text']} (hitcnt=" in text for line in lines), text
    proxy = document(con, "show phone-proxy")["phone_proxies"][0]
    same_row(con.cmd("show phone-proxy"), r"^Phone-Proxy '(\S+)': .* ref_cnt (\d+)$", proxy, "name", "references")
    certs = document(con, "show crypto ca certificates")["certificates"]
    serials = re.findall(r"Certificate Serial Number: (\S+)", con.cmd("show crypto ca certificates"))
    assert certs and [c["serial_number"] for c in certs] == serials
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", c["not_after"]) for c in certs), certs


def test_a_busy_box(sip):  # noqa: F811
    con = sip.con
    con.cmd("capture nobody interface outside match udp any any")
    call = siplab.Call(sip, sip.phone, sip.desk_a)
    call.talk(1)
    docs = walk(con, ("nobody", "running-config diff"))
    conns = docs["show conn"]["connections"]
    tls = [c for c in conns if c["protocol"] == "TCP" and c["outside_address"] == "192.0.2.10"]
    assert len(tls) == 1 and tls[0]["bytes"] > 1000 and tls[0]["outside_interface"] == "outside", conns
    assert f":{tls[0]['outside_port']} inside {tls[0]['inside_address']}:{tls[0]['inside_port']}, " in con.cmd("show conn")
    media = docs["show phone-proxy media-sessions detail"]
    assert media["in_use"] == 2 == len(media["sessions"]) and media["srtp_sessions"] == 1, media
    assert {m["transport"] for m in media["sessions"]} == {"RTP", "SRTP"}
    assert all(m["rx_packets"] > 20 and m["jitter_seconds"] < 5 for m in media["sessions"]), media
    (listed,) = docs["show call"]["calls"]
    assert listed["protocol"] == "SIP" and listed["state"] == "active" and listed["client_address"] == "192.0.2.10", listed
    ladder = docs["show call 1 ladder"]
    assert "INVITE" in [e["message"] for e in ladder["events"]] and ladder["id"] == 1, ladder
    session = docs["show phone-proxy signaling-sessions detail"]["sessions"][0]
    assert session["media"][0]["local_srtp_key"] is True and session["call_id"] in con.cmd("show sip"), session
    assert docs["show sip"]["total"] == 1 and docs["show sip"]["calls"][0]["call_id"] == session["call_id"]
    frames = docs["show capture nobody"]["packets"]
    assert frames and all(" udp " in f["packet"] for f in frames), frames[:3]
    assert {t["thread"] for t in docs["show cpu detailed"]["threads"]} >= lablib.worker_threads()
    rows_agree(con)
    on_the_page(docs)
    call.end()


def on_the_page(docs):
    with open(PAGE) as f:
        told = set(re.findall(r"[a-z][a-z0-9_]*", f.read()))
    missing = set().union(*map(names_of, docs.values())) - told
    assert not missing, f"not in docs/json.md: {missing}"


GROUPS = """object-group network phones
 description the phones
 network-object host 10.0.0.1
 network-object 10.0.1.0 255.255.255.0
object-group service web tcp
 port-object eq www
"""


def test_a_box_with_something_set(lab):
    con = lab.start()
    con.cmd("write memory")
    for line in ("configure terminal", *GROUPS.splitlines(), "hostname changed", "ssh version 1", "end", "configure session later",
                 "hostname other", "end"):
        assert "ERROR" not in con.cmd(line), line
    for line in ("reload in 90 noconfirm reason new cables", "debug sip", "debug call address 10.9.9.9"):
        con.cmd(line)
    docs = {c: document(con, c) for c in (
        "show object-group", "show object-group id web", "show configuration session", "show running-config diff", "show reload",
        "show debug", "show checksum", "show ssl", "show crashinfo", "show failover", "show history",
        "show configuration inert")}
    assert docs["show object-group"]["object_groups"] == [
        {"type": "network", "name": "phones", "protocol": None, "description": "the phones",
         "members": ["network-object host 10.0.0.1", "network-object 10.0.1.0 255.255.255.0"]},
        {"type": "service", "name": "web", "protocol": "tcp", "description": None, "members": ["port-object eq www"]}]
    assert con.cmd("show object-group").strip() == GROUPS.strip()
    assert [g["name"] for g in docs["show object-group id web"]["object_groups"]] == ["web"]
    (session,) = docs["show configuration session"]["sessions"]
    assert session["name"] == "later" and session["user"] is None and session["stale"] is False, session
    assert session["differences"] == [{"line": "hostname changed", "change": "removed"},
                                      {"line": "hostname other", "change": "added"}], session
    changes = [(d["change"], d["line"]) for d in docs["show running-config diff"]["differences"]]
    assert ("added", "hostname changed") in changes and ("added", "object-group service web tcp") in changes, changes
    assert 5000 < docs["show reload"]["in_seconds"] <= 5400 and docs["show reload"]["reason"] == "new cables", docs["show reload"]
    con.cmd("reload cancel")
    assert document(con, "show reload") == {"scheduled": None, "in_seconds": None, "reason": None}
    assert "10.9.9.9" in docs["show debug"]["call"], docs["show debug"]
    assert {"debug": "sip", "level": 1} in docs["show debug"]["debugs"], docs["show debug"]
    assert docs["show crashinfo"] == {"saved": False}
    assert docs["show checksum"]["checksum"] == re.sub(r"[^0-9a-f]", "", con.cmd("show checksum").split(":")[1])
    assert docs["show ssl"]["library"] in con.cmd("show ssl") and docs["show ssl"]["trust_points"] == []
    assert "debug sip" in docs["show history"]["commands"], docs["show history"]
    inert = docs["show configuration inert"]
    (ssh,) = [x for x in inert["lines"] if x["line"] == "ssh version 1"]
    text = con.cmd("show configuration inert")
    assert ssh["block"] is None and f"ssh version 1\n  -- {ssh['reason']}\n" in text, (ssh, text)
    assert inert["count"] == len(inert["lines"]) and f"\n{inert['count']} lines accepted but" in text, (inert, text)
    on_the_page(docs)


def test_foreign_text_and_the_filters_beside_it(lab):
    """Names that are not ours do not break the document; nothing else is mixed into it."""
    con = lab.start()
    with open(lab.flash() + '/quo"te\\ and \udcff\x1b.txt'.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"),
              "w") as f:
        f.write("x")
    files = document(con, "dir")["files"]
    assert 'quo"te\\ and \ufffd\x1b.txt' in [f["name"] for f in files], files
    assert all(f["bytes"] >= 0 and isinstance(f["directory"], bool) for f in files)
    assert con.cmd("show nameif | json | include x").startswith("ERROR: % json stands alone")
    assert "json" in con.cmd("show nameif | ?") and "json" not in con.cmd("show running-config | ?")


@pytest.mark.parametrize("form,made", [
    ("show cpu [usage]", ["show cpu usage", "show cpu"]),
    ("show x {a|b} [PORT]", ["show x a 5061", "show x a", "show x b 5061", "show x b"]),
    ("show x [{flow|frame} [KEY]]", ["show x flow acl-drop", "show x flow", "show x frame acl-drop", "show x frame", "show x"]),
    ("show interface [{IFC|KIND SLOT}]", ["show interface outside", "show interface"]),
    ("show x [a] [b]", ["show x a", "show x b", "show x"]),
])
def test_lines_are_made_of_forms(form, made):
    assert [" ".join(words) for words, _ in lines(group(tokens(form))[0], 1)] == made


def test_the_page_names_every_command():
    with open(PAGE) as f:
        page = f.read()
    for form in forms():
        words = [w for w in itertools.takewhile(lambda w: w not in "[{" and not w.isupper(), tokens(form))]
        assert f"`{' '.join(words)}`" in page or any(f"`{line}`" in page for line in SPELLED.get(form, ())) or (
            words[-1] in ("all", "detailed", "detail") and f"`{' '.join(words[:-1])}`" in page), form
