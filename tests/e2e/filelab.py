"""Servers of files beside the appliance, which nobody here wrote: TFTP, HTTP, HTTPS, FTP."""
import os
import subprocess

import lab as lablib
from conftest import paste

HOST = "10.0.0.254"


def trusted_by_its_host(lab):
    """The host of the appliance trusts the web server, and its user has a key that the SSH server lets in."""
    certs, home, crt = lab.dir + "/certs", lab.dir + "/home", lab.dir + "/tls.crt"
    os.makedirs(certs)
    os.makedirs(home + "/.ssh")
    name = subprocess.run(["openssl", "x509", "-in", crt, "-noout", "-hash"], check=True, capture_output=True).stdout.decode().strip()
    for file in (name + ".0", "ca-certificates.crt"):
        os.link(crt, os.path.join(certs, file))
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", home + "/.ssh/id_rsa"], check=True)
    in_box = lab.box.cmd
    lab.box.cmd = lambda *argv: in_box("unshare", "-m", "sh", "-c", 'mount --bind "$1" /etc/ssl/certs && HOME=$2 && shift 2 && exec "$@"', "sh",
                                       certs, home, *argv)
    return lambda: setattr(lab.box, "cmd", in_box)


def serving(config):
    """A lab whose appliance has this configuration; what the servers give and take is below root."""
    it = lablib.Lab()
    it.root = os.path.join(it.dir, "served")
    os.makedirs(it.root)
    os.chmod(it.root, 0o777)
    lablib.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", it.dir + "/tls.key", "-out", it.dir + "/tls.crt", "-days", "30",
                   "-subj", "/CN=files", "-addext", "subjectAltName=IP:" + HOST)
    as_before = trusted_by_its_host(it)
    it.con = it.start()
    as_before()
    paste(it.con, config)
    it.servers = lablib.Peer(it, it.inside, "file_servers", HOST, it.root, it.dir + "/tls.crt", it.dir + "/tls.key")
    it.spawn(it.inside, "in.tftpd", "-L", "-c", "-a", HOST + ":69", "-u", "root", "-s", it.root)
    lablib.wait_for("in.tftpd", lambda: HOST + ":69" in it.inside.run("ss", "-lun").stdout.decode())
    return it
