"""A TLS flow goes through: openssl on both ends, MMP inspected in between; every way it can go wrong."""
import os
import re
import subprocess

import lab as lablib
from conftest import Setup, mobility, open_session, sessions
from jsondoc import document


def test_session_upload_and_end(mmp):
    client = open_session(mmp)
    client.send(lablib.UPLOAD)
    assert mmp.server.expect(len(lablib.UPLOAD)) == lablib.UPLOAD
    assert sessions(mmp.con) == 1
    detail = mmp.con.cmd("show tls-proxy session detail")
    assert "outside 192.0.2.10:" in detail and "SSLOK" in detail and "AES128-SHA" in detail, detail
    (session,) = document(mmp.con, "show tls-proxy session detail")["sessions"]
    assert session["client"]["state"] == "SSLOK" and "AES128-SHA" in session["client"]["cipher"] and session["tls_proxy"] == "cuma_proxy"
    assert document(mmp.con, "show tls-proxy")["tls_proxies"][0]["active_sessions"] == 1
    (mobile,) = document(mmp.con, "show mmp")["sessions"]
    assert mobile["client_port"] == session["client_port"] and "session-id=" in mobile["description"], mobile
    assert "UIOB" in mmp.con.cmd("show conn")
    client.proc.stdin.close()
    client.proc.wait(60)
    lablib.wait_for("the session to end", lambda: sessions(mmp.con) == 0)
    lablib.wait_for("the connection to end", lambda: "5443" not in mmp.con.cmd("show conn"))


def test_debug_lines(mmp):
    mmp.con.cmd("configure terminal")
    mmp.con.cmd("no logging debug-trace")
    mmp.con.cmd("end")
    mmp.con.cmd("debug mmp")
    open_session(mmp)
    text = mmp.con.until(rb"MMP:: status: 201")
    text += mmp.con.last
    want = (rf"MMP:: received {len(lablib.OPEN)} bytes from outside:192.0.2.10/\d+ to inside:10.1.1.2/5443",
            r"MMP:: version OLWP-2.0",
            rf"MMP:: forward {len(lablib.OPEN)}/{len(lablib.OPEN)} bytes from outside:192.0.2.10/\d+ to inside:10.1.1.2/5443",
            r"MMP:: session-id: ABCD_1234", r"MMP:: status: 201")
    for w in want:
        assert re.search(w, text), f"no {w} in {text}"


def test_big_transfer_is_byte_identical(mmp):
    client = open_session(mmp)
    data = os.urandom(4096)
    block = b"content-type: http/1.1\r\ncontent-length: 4096\r\n\r\n" + data
    for _ in range(50):
        client.send(block)
    assert mmp.server.expect(50 * len(block)) == 50 * block
    reply = b"content-type: http/1.1\r\ncontent-length: 200000\r\n\r\n" + os.urandom(200000)
    mmp.server.send(reply)
    assert client.expect(len(reply)) == reply


def cut_off(s, bad, good=b""):
    """Sends good and bad on a fresh session; the client must be disconnected, and the server sees nothing of what is bad."""
    client = lablib.TlsClient(s.lab)
    client.send(good + bad)
    client.proc.wait(60)
    lablib.wait_for("no session", lambda: sessions(s.con) == 0)
    assert good.startswith(s.server.proc.stdout.read() or b"")


def test_malformed_and_oversize_are_cut_off(mmp):
    cut_off(mmp, b"GET / HTTP/1.1\r\n\r\n")
    cut_off(mmp, b"content-length: 4097\r\ncontent-type: http/1.1\r\n\r\n", lablib.OPEN)
    cut_off(mmp, b"OLWP-2.0\r\n" + b"a: " + b"x" * 5000)
    counts = mmp.con.cmd("show service-policy inspect mmp")
    assert re.search(r"reset-drop 3|drop 3", counts), counts


def test_client_reset_reaches_the_server(mmp):
    open_session(mmp)
    tap = lablib.Tap(mmp.lab, mmp.lab.inside, "iB")
    mmp.lab.outside.run("ss", "-K", "dst", "192.0.2.140", "dport", "=", "5443")
    tap.expect(r"TCP \S+ > 10\.1\.1\.2:5443 RST")
    lablib.wait_for("no session", lambda: sessions(mmp.con) == 0)


def test_old_session_survives_a_new_certificate(mmp):
    old = open_session(mmp)
    mmp.lab.pki.self_signed("second", "cuma.example.com")
    p12 = mmp.lab.pki.pkcs12("second", "sample_passphrase")
    mmp.con.paste("configure terminal\ncrypto ca import cuma_proxy pkcs12 sample_passphrase\n" + p12 + "quit\nend")
    old.send(lablib.UPLOAD)
    assert mmp.server.expect(len(lablib.UPLOAD)) == lablib.UPLOAD
    shown = mmp.lab.outside.run("sh", "-c", "openssl s_client -connect 192.0.2.140:5443 </dev/null 2>/dev/null | openssl x509 -serial -noout").stdout
    want = subprocess.run(["openssl", "x509", "-serial", "-noout", "-in", mmp.lab.pki.path("second.crt")], capture_output=True).stdout
    assert shown == want


def test_veth_glue(lab):
    con = mobility(lab, glue="veth")
    s = Setup(lab, con)
    s.server = lablib.TlsServer(lab)
    client = open_session(s)
    client.send(lablib.UPLOAD)
    assert s.server.expect(len(lablib.UPLOAD)) == lablib.UPLOAD


def test_captures(mmp):
    mmp.con.cmd("capture wire interface outside match tcp any any eq 5443")
    mmp.con.cmd("capture clear type tls-proxy interface outside")
    open_session(mmp)
    assert re.search(r"capture wire type raw-data interface outside \[Capturing - [1-9]\d* bytes\]", mmp.con.cmd("show capture"))
    assert "192.0.2.140.5443: S " in mmp.con.cmd("show capture wire")
    out = mmp.con.cmd("copy /noconfirm /pcap capture:clear disk0:clear.pcap")
    assert "packets copied" in out, out
    text = subprocess.run(["tshark", "-r", mmp.lab.flash() + "/clear.pcap", "-T", "fields", "-e", "tcp.payload"],
                          capture_output=True, check=True, env=dict(os.environ, HOME=mmp.lab.dir)).stdout.decode()
    assert lablib.OPEN.hex() in text and lablib.CREATED.hex() in text




def test_a_server_that_remembers_the_ports(lab):
    """A client may take its port again at once, while the server's kernel still holds the last connection of the same
    addresses and ports: sequence numbers of the server leg are the private kernel's, so the server challenges the SYN."""
    con = mobility(lab)
    lablib.Peer(lab, lab.inside, "tls_server", "10.1.1.2", 5443, lab.pki.path("cuma.key"), lab.pki.path("cuma.crt"), "bye")
    tap = lablib.Tap(lab, lab.inside, "iB")
    client = lablib.Peer(lab, lab.outside, "tls_clients", "192.0.2.10", "192.0.2.140", 5443)
    challenged = r"10\.1\.1\.2:5443 > 192\.0\.2\.10:40000 ACK len 0\nTCP 192\.0\.2\.10:40000 > 10\.1\.1\.2:5443 RST len 0"
    for _ in range(10):  # every other SYN is, as its sequence number falls
        client.ask("again 12", "again 12")
        if re.search(challenged, tap.read()):
            break
    else:
        raise AssertionError("no SYN was challenged: this test has not seen what it is for")
    lablib.wait_for("no session", lambda: sessions(con) == 0)
