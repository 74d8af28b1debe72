"""The HTTPS server: what each rule of it is for, one by one, on connections of our own."""
import calendar
import json
import time

import pytest

from doorlab import fixtures
from httplab import BOX, Answer, HttpBox, basic, until_closed


box, tidy = fixtures(HttpBox)


def request(path, *fields, method="GET", version="1.1", who=basic(), body=""):
    lines = [f"{method} {path} HTTP/{version}", f"Host: {BOX}", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n" + who + "\r\n" + body).encode("latin-1")


def answer(s, got=b""):
    """One answer that has a length."""
    while b"\r\n\r\n" not in got:
        more = s.recv(65536)
        assert more, got
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    a = Answer(head + b"\r\n\r\n")
    while len(body) < int(a.head["content-length"]):
        body += s.recv(65536)
    a.body, a.text = body, body.decode()
    return a


def ask(s, *args, **kw):
    s.sendall(request(*args, **kw))
    return answer(s)


def test_each_request_is_judged_by_its_own_credentials(box):
    """A connection that somebody is logged in on is nobody else's."""
    s = box.tls()
    assert "level : 15" in ask(s, "/admin/exec/show%20curpriv").text
    assert ask(s, "/admin/exec/show%20curpriv", who=basic("admin", "wrong")).status == 401
    a = ask(s, "/admin/exec/show%20curpriv", who=basic("reader", "letmein-2"))
    assert a.status == 200 and "level : 1\n" in a.text, a.text
    assert ask(s, "/metrics", who="").status == 401
    assert "level : 15" in ask(s, "/admin/exec/show%20curpriv").text


def test_after_three_wrong_passwords_it_ends(box):
    s = box.tls()
    answers = [ask(s, "/", who=basic("nobody", f"wrong{i}")) for i in range(3)]
    assert [a.status for a in answers] == [401] * 3
    assert [a.head.get("connection") for a in answers] == [None, None, "close"]
    assert until_closed(s) == b""


def test_level_0_sees_no_figures(box):
    box.configure("username none password letmein-5 privilege 0")
    s = box.tls()
    a = ask(s, "/metrics", who=basic("none", "letmein-5"))
    assert (a.status, a.text) == (403, "ERROR: Command authorization failed\n")
    assert ask(s, "/metrics", who=basic("reader", "letmein-2")).status == 200
    box.configure("no username none")


@pytest.mark.parametrize("path", ["/admin/exec", "/admin/config"])
def test_bodies_hold_no_control_characters(box, path):
    s = box.tls()
    for bad in "\x00", "\x1b", "\x7f":
        a = ask(s, path, method="POST", body=f"hostname a{bad}b\n")
        assert a.status == 400 and a.text == "ERROR: the body holds control characters\n"
    lines = "\tshow clock\r\n" if path.endswith("exec") else "\thostname\tfw\r\n"
    assert ask(s, path, method="POST", body=lines).status == 200
    assert "hostname fw" in box.con.cmd("show running-config hostname")


def test_a_body_waits_to_be_asked_for(box):
    s = box.tls()
    body = "show clock\n"
    s.sendall(request("/admin/exec", "Expect: 100-continue", f"Content-Length: {len(body)}", method="POST"))
    assert s.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    s.sendall(body.encode())
    assert " UTC " in answer(s).text


def test_a_body_of_a_stranger_is_not_read(box):
    """What is behind it is no request: the connection ends with the refusal."""
    s = box.tls()
    s.sendall(request("/admin/config", method="POST", who="", body="hostname gone\n") + request("/"))
    a = answer(s)
    assert a.status == 401 and a.head["connection"] == "close"
    assert until_closed(s) == b""


def test_json_only_where_one_table_is_asked_for(box):
    s, like = box.tls(), "Accept: application/json"
    a = ask(s, "/admin/exec/show%20nameif", like)
    assert a.head["content-type"] == "application/json" and json.loads(a.text)
    for path in ("/admin/exec/show%20nameif/show%20clock", "/admin/exec/dir"):
        a = ask(s, path, like)
        assert a.status == 200 and a.head["content-type"].startswith("text/plain"), (path, a.text)
    a = ask(s, "/admin/exec/show%20nonsense", like)
    assert a.status == 400 and a.head["content-type"].startswith("text/plain") and a.text.count("ERROR") == 1


def test_clients_of_http_1_0(box):
    s = box.tls()
    s.sendall(request("/admin/exec/show%20clock", "Connection: keep-alive", version="1.0"))
    a = answer(s)
    assert a.status == 200 and a.head["connection"] == "keep-alive"
    s.sendall(request("/admin/exec" + "/show%20running-config%20all" * 8, "Connection: keep-alive", version="1.0"))
    raw = Answer(until_closed(s))  # its end is the end of the connection
    assert "transfer-encoding" not in raw.head and raw.head["connection"] == "close"
    assert raw.text.count(": end\n") == 8 and raw.text.endswith(": end\n")


def test_a_look_has_no_body(box):
    """What follows the head on the connection is the next answer."""
    s = box.tls()
    for path in "/", "/metrics", "/admin/config", "/nothing":
        s.sendall(request(path, method="HEAD") + request("/admin/exec/show%20clock"))
        got = b""
        while b"\r\n\r\n" not in got:
            got += s.recv(65536)
        a = answer(s, got.partition(b"\r\n\r\n")[2])
        assert a.status == 200 and " UTC " in a.text, (path, a.text)


def test_nothing_is_kept_on_the_way(box):
    for path in "/", "/metrics", "/nothing", "/admin/exec/show%20clock":
        a = ask(box.tls(), path)
        assert a.head["cache-control"] == "no-store" and a.head["x-content-type-options"] == "nosniff"
        assert abs(calendar.timegm(time.strptime(a.head["date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.time()) < 3600


def test_what_stands_behind_a_question_mark_is_not_a_command(box):
    a = ask(box.tls(), "/admin/exec/show%20clock?show=version")
    assert a.status == 200 and " UTC " in a.text and "Voxgate" not in a.text


@pytest.mark.parametrize("name", ["a%22b", "a%7Cb", "a%3Fb", "a%20json"])
def test_names_of_captures_are_words(box, name):
    for path in f"/capture/{name}", f"/capture/{name}/pcap":
        a = ask(box.tls(), path)
        assert a.status == 404 and "no such capture" in a.text, a.text
