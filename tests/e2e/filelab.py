"""Servers of files beside the appliance, which nobody here wrote: TFTP, HTTP, HTTPS, FTP."""
import os

import lab as lablib
from conftest import paste

HOST = "10.0.0.254"


def serving(config):
    """A lab whose appliance has this configuration; what the servers give and take is below root."""
    it = lablib.Lab()
    it.root = os.path.join(it.dir, "served")
    os.makedirs(it.root)
    os.chmod(it.root, 0o777)
    lablib.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", it.dir + "/tls.key", "-out", it.dir + "/tls.crt", "-days", "30",
                   "-subj", "/CN=files", "-addext", "subjectAltName=IP:" + HOST)
    it.con = it.start()
    paste(it.con, config)
    it.servers = lablib.Peer(it, it.inside, "file_servers", HOST, it.root, it.dir + "/tls.crt", it.dir + "/tls.key")
    it.spawn(it.inside, "in.tftpd", "-L", "-c", "-a", HOST + ":69", "-u", "root", "-s", it.root)
    lablib.wait_for("in.tftpd", lambda: HOST + ":69" in it.inside.run("ss", "-lun").stdout.decode())
    return it
