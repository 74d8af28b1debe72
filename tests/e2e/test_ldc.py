"""Certificates per client: what the server behind the appliance sees is the client's name under the appliance's issuer, and
openssl verifies it in its strictest mode."""
import os
import re
import subprocess
import sys

import lab as lablib
from conftest import paste

SCENARIO = lablib.SCENARIO_1.replace(" no server authenticate-client\n", "").replace("tls-proxy cuma_proxy\n server", """\
crypto ca trustpoint mic
 enrollment terminal
{option}crypto ca authenticate mic
{mic}quit
yes
crypto key generate rsa label ldc_signer_key modulus 1024
crypto key generate rsa label phone_common modulus 1024
crypto ca trustpoint ldc_server
 enrollment self
 proxy-ldc-issuer
 fqdn ldc-ca.example.com
 subject-name cn=FW_LDC_SIGNER_192_0_2_1
 keypair ldc_signer_key
crypto ca enroll ldc_server noconfirm
tls-proxy cuma_proxy
 server""", 1).replace(" client cipher-suite", """\
 client ldc issuer ldc_server
 client ldc key-pair phone_common
 client cipher-suite""")

# Wants a certificate of whoever is signed by CAFILE and saves each one that came.
SERVER = """
import socket, ssl, sys
key, cert, ca, out = sys.argv[1:]
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.set_ciphers("DEFAULT:@SECLEVEL=0")
ctx.load_cert_chain(cert, key)
ctx.load_verify_locations(ca)
ctx.verify_mode = ssl.CERT_REQUIRED
s = socket.create_server(("10.1.1.2", 5443))
print("up", flush=True)
while True:
    c = s.accept()[0]
    try:
        t = ctx.wrap_socket(c, server_side=True)
        open(out, "wb").write(t.getpeercert(binary_form=True))
        print("seen", flush=True)
        while t.recv(4096):
            pass
    except OSError as e:
        print("refused", e, flush=True)
"""


def phones(pki, days):
    """A factory CA, and a phone of it as factories made them: SHA-1, 1024 bits, name in two attributes."""
    pki.self_signed("mic", "Cisco Manufacturing CA", extra=("-addext", "keyUsage=keyCertSign"))
    lablib.openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "phone.key", "-out", "phone.csr", "-utf8", "-subj",
                   "/serialNumber=PID:CP-7962G SN:FCH1234/O=Example/OU=EVVBU/CN=CP-7962G-SEP001122334455", cwd=pki.dir)
    os.makedirs(pki.path("ca.d"))
    for name, text in (("index.txt", ""), ("serial", "4711\n")):
        with open(pki.path("ca.d/" + name), "w") as f:
            f.write(text)
    with open(pki.path("ca.cnf"), "w") as f:
        f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=ca.d/index.txt\nserial=ca.d/serial\nnew_certs_dir=ca.d\npolicy=p\n"
                "default_md=sha1\nunique_subject=no\nx509_extensions=e\n[p]\nserialNumber=optional\norganizationName=optional\n"
                "organizationalUnitName=optional\ncommonName=optional\n[e]\nkeyUsage=digitalSignature,keyEncipherment\n"
                "extendedKeyUsage=clientAuth\n")
    end = subprocess.run(["date", "-u", "-d", f"{days} days", "+%y%m%d%H%M%SZ"], capture_output=True, check=True).stdout.decode()
    lablib.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "mic.crt", "-keyfile", "mic.key", "-startdate",
                   "140101000000Z", "-enddate", end.strip(), "-in", "phone.csr", "-out", "phone.crt", cwd=pki.dir)


def started(lab, days, option=""):
    pki = lab.pki
    phones(pki, days)
    pki.self_signed("cuma", "cuma.example.com")
    con = lab.start()
    paste(con, lablib.BASE + lablib.ROUTE_TO_CUMA + SCENARIO.format(
        pkcs12=pki.pkcs12("cuma", "sample_passphrase"), cert=pki.pem_body("cuma.crt"), mic=pki.pem_body("mic.crt"), option=option))
    shown = con.paste("configure terminal\ncrypto ca export ldc_server identity-certificate\nend")
    pem = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", shown, re.S).group(0).replace("\r", "") + "\n"
    with open(pki.path("ldc-ca.crt"), "w") as f:
        f.write(pem)
    return con


def serve(lab):
    p = lab.spawn(lab.inside, sys.executable, "-c", SERVER, lab.pki.path("cuma.key"), lab.pki.path("cuma.crt"),
                  lab.pki.path("ldc-ca.crt"), lab.pki.path("seen.der"), stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"up\n"
    return p


def phone(lab):
    return lablib.TlsClient(lab, extra=("-cert", lab.pki.path("phone.crt"), "-key", lab.pki.path("phone.key"), "-cipher",
                                        "AES128-SHA:@SECLEVEL=0", "-tls1_2"))


def x509(pki, name, form, *what):
    return lablib.openssl("x509", "-inform", form, "-in", name, "-noout", *what, cwd=pki.dir).stdout.decode()


def test_the_server_sees_the_client_by_name(lab):
    con = started(lab, 400)
    con.cmd("debug inspect tls-proxy events")
    server = serve(lab)
    client = phone(lab)
    client.send(lablib.OPEN)
    line = server.stdout.readline()
    assert line == b"seen\n", line
    pki = lab.pki
    exact = ("-subject", "-nameopt", "sname,show_type,dump_all,dump_der")
    assert x509(pki, "seen.der", "DER", *exact) == x509(pki, "phone.crt", "PEM", *exact)
    lablib.openssl("x509", "-inform", "DER", "-in", "seen.der", "-out", "seen.crt", cwd=pki.dir)
    for purpose in ("sslclient", "sslserver"):
        lablib.openssl("verify", "-x509_strict", "-check_ss_sig", "-purpose", purpose, "-CAfile", "ldc-ca.crt", "seen.crt",
                       cwd=pki.dir)
    text = x509(pki, "seen.crt", "PEM", "-text")
    for want in ("Version: 3", "sha256WithRSAEncryption", "Public-Key: (1024 bit)", "CA:FALSE",
                 "Digital Signature, Key Encipherment", "TLS Web Server Authentication, TLS Web Client Authentication",
                 "Authority Key Identifier", "Subject Key Identifier"):
        assert want in text, f"no {want} in {text}"
    lablib.wait_for("the debug line", lambda: re.search(
        r"Generating LDC for client 'cn=CP-7962G-SEP001122334455,.*', key-pair 'phone_common', issuer 'ldc_server'",
        con.cmd("show logging")))


def test_expired_phones(lab):
    con = started(lab, -30)
    server = serve(lab)
    client = phone(lab)
    client.proc.wait(60)
    lablib.wait_for("the refusal", lambda: re.search(
        r"717009: Certificate validation failed\. Certificate date is out-of-range: cn=CP-7962G-SEP001122334455,.* expired \S+ \S+ UTC; "
        r"see accept-expired-phone-certificate of trustpoint mic", con.cmd("show logging")))
    paste(con, "crypto ca trustpoint mic\n accept-expired-phone-certificate\nexit\nlogging list loglist message 780020\n")
    assert "\n accept-expired-phone-certificate" in con.cmd("show running-config crypto").replace("\r", "")
    client = phone(lab)
    client.send(lablib.OPEN)
    assert server.stdout.readline() == b"seen\n"
    lablib.wait_for("the log line", lambda: re.search(
        r"780020: Phone certificate accepted although expired: subject name: cn=CP-7962G-SEP001122334455,.* trustpoint mic",
        con.cmd("show logging")))
