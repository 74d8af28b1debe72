"""
XML services of a remote phone behind a router: its signed configuration names the HTTP proxy of `proxy-server`, and by that it reaches the
services' URLs, which are addresses of the inside. The proxy is tinyproxy, the phone's browser curl.
"""
import os
import sys

import pytest

import lab as lablib
import phonelab
from conftest import finish, paste
from peers import boot
from phonelab import CM, SEEN

PROXY, PROXY_SEEN = "10.0.0.80", "192.0.2.80"
SERVICES = "http://10.0.0.26:8081/services.xml"

TEXT = phonelab.NONSECURE.replace("class-map sec_sccp", """\
object network http_proxy
 host 10.0.0.80
 nat (inside,outside) static 192.0.2.80
access-list pp extended permit tcp any host 10.0.0.80 eq 8080
phone-proxy mypp
 tftp-reply request-port
 proxy-server address {address} 8080 interface {interface}
class-map sec_sccp""", 1)

TINYPROXY = """\
User root
Group root
Port 8080
Listen 10.0.0.80
Timeout 60
MaxClients 20
Allow 0.0.0.0/0
LogLevel Warning
"""


@pytest.fixture
def lab():
    it = phonelab.PhoneLab()
    yield it
    finish(it)


def start_servers(lab):
    lab.address(CM, PROXY)
    lab.tftp_server()
    text = lab.configuration()
    lab.put(phonelab.NAME + ".cnf.xml", text.replace("</device>", f" <servicesURL>{SERVICES}</servicesURL>\n <proxyServerURL></proxyServerURL>\n</device>"))
    pages = os.path.join(lab.dir, "pages")
    os.makedirs(pages)
    with open(os.path.join(pages, "services.xml"), "w") as f:
        f.write("<CiscoIPPhoneMenu><Title>Services</Title></CiscoIPPhoneMenu>\n")
    lab.spawn(lab.inside, sys.executable, os.path.join(lablib.PEERS, "web.py"), CM, "8081", pages)
    conf = os.path.join(lab.dir, "tinyproxy.conf")
    with open(conf, "w") as f:
        f.write(TINYPROXY)
    lab.spawn(lab.inside, "tinyproxy", "-d", "-c", conf)
    for at in (f"{PROXY}:8080 ", f"{CM}:8081 "):
        lablib.wait_for(at, lambda at=at: at in lab.inside.run("ss", "-ltn").stdout.decode())


@pytest.mark.parametrize("address,interface", [(PROXY, "inside"), (PROXY_SEEN, "outside")], ids=["its own address", "as the sample has it"])
def test_services(lab, address, interface):
    room = lab.rooms()[0]
    start_servers(lab)
    lab.con = lab.start()
    lab.con.cmd("terminal pager 0")
    paste(lab.con, lab.paste_of(TEXT.replace("{address}", address).replace("{interface}", interface)))
    phone = lab.phone(ns=room)
    phone.boot()
    url, proxy = boot.element(phone.config, "servicesURL"), boot.element(phone.config, "proxyServerURL")
    assert (url, proxy, phone.managers) == (SERVICES, f"{PROXY_SEEN}:8080", [(SEEN, 2000)])
    lab.register(lab.call_manager(), lab.line(phone, ns=room, addr="192.168.0.10"))
    page = room.run("curl", "-s", "-S", "--max-time", "60", "-x", "http://" + proxy, url).stdout.decode()
    assert "<Title>Services</Title>" in page, page
    assert room.run("curl", "-s", "--max-time", "3", url, check=False).stdout == b"", "the inside was reached without the proxy"
