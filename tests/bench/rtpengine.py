"""rtpengine in the device's place: started in user space with one worker, calls made by its control protocol."""
import base64
import ctypes
import os
import re
import socket

import topo as t

CONTROL = ("127.0.0.1", 2223)


def start(topo):
    topo.device_addresses("bA 192.0.2.1/24", "bB 10.0.0.1/24")
    topo.box.sysctl("net.core.rmem_default", 4 << 20)
    return t.Peer("rtpengine", topo, "rtpengine", "--config-file=none", "--foreground", "--log-stderr",
                  "--log-level=3", "--table=-1", "--num-threads=1", "--media-num-threads=0", f"--pidfile={topo.dir}/rtpengine.pid",
                  "--interface=outside/192.0.2.1", "--interface=inside/10.0.0.1",
                  "--listen-ng=%s:%d" % CONTROL, "--port-min=30000", "--port-max=60000", "--timeout=600",
                  "--silent-timeout=600")


# ---- its control protocol: a cookie and a bencoded dictionary in a datagram ----

def encode(x):
    if isinstance(x, dict):
        return b"d" + b"".join(encode(k) + encode(x[k]) for k in sorted(x)) + b"e"
    if isinstance(x, list):
        return b"l" + b"".join(encode(i) for i in x) + b"e"
    x = x.encode()
    return b"%d:%s" % (len(x), x)


def string_of(answer, name):
    """A string of an answer's dictionary."""
    at = answer.find(b"%d:%s" % (len(name), name.encode()))
    if at < 0:
        return ""
    at += len(b"%d:" % len(name)) + len(name)
    size, _, rest = answer[at:].partition(b":")
    return rest[:int(size)].decode()


class Control:
    def __init__(self, topo):
        self.sock, self.cookie = in_namespace(topo.box, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)), 0
        self.sock.settimeout(1)

    def sdp(self, **command):
        """The description it answers with; it may still be starting."""
        for _ in range(10):
            self.cookie += 1
            self.sock.sendto(b"c%d " % self.cookie + encode(command), CONTROL)
            try:
                answer = self.sock.recv(65535)
            except OSError:
                continue
            if string_of(answer, "result") == "ok":
                return string_of(answer, "sdp")
            raise RuntimeError(f"rtpengine: {answer!r}")
        raise RuntimeError("rtpengine does not answer")


def in_namespace(ns, make):
    """What make() makes, made in a namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    own, there = (os.open(f"/proc/{who}/ns/net", os.O_RDONLY) for who in ("self", ns.holder.pid))
    try:
        if libc.setns(there, 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return make()
        finally:
            libc.setns(own, 0)
    finally:
        os.close(own)
        os.close(there)


SDP = "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} {profile} 0\r\n" \
      "a=rtpmap:0 PCMU/8000\r\n{more}"
SUITE = "AES_CM_128_HMAC_SHA1_80"


def place(sdp):
    ip = re.search(r"c=IN IP4 (\S+)", sdp).group(1)
    return ip, re.search(r"m=audio (\d+)", sdp).group(1)


def make_calls(topo, n, path, phones, callees):
    """n calls between phones with SRTP and callees with RTP; writes what callload would."""
    control = Control(topo)
    plain = {"ICE": "remove", "replace": ["origin", "session-connection"]}
    with open(path, "w") as out:
        for i in range(n):
            key = base64.b64encode(bytes((i * 11 + k * 7 + (i >> 8)) & 255 for k in range(30))).decode()
            port, call = 20000 + 2 * i, f"call{i}"
            offered = {"call-id": call, "from-tag": "phone", "transport-protocol": "RTP/AVP",
                       "direction": ["outside", "inside"], "rtcp-mux": ["demux"]}
            answered = {"call-id": call, "from-tag": "phone", "to-tag": "callee"}
            offer = control.sdp(command="offer", **offered, **plain,
                                sdp=SDP.format(ip=phones, port=port, profile="RTP/SAVP",
                                               more=f"a=crypto:1 {SUITE} inline:{key}\r\n"))
            answer = control.sdp(command="answer", **answered, **plain,
                                 sdp=SDP.format(ip=callees, port=port, profile="RTP/AVP", more=""))
            other = re.search(SUITE + r" inline:([A-Za-z0-9+/]{40})", answer).group(1)
            print(phones, port, *place(answer), callees, port, *place(offer), key, other, file=out)
    control.sock.close()
