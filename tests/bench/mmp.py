"""A tls-proxy with MMP in front of a server, and the arguments of its load."""
from topo import SECONDS

MAPPED, SERVER = "192.0.2.140:5443", "10.0.0.2:5443"
SOURCES = 16
# No curves: what HAProxy is told to do, too.
PLAIN_RSA = "ssl encryption aes128-sha1", " client cipher-suite aes128-sha1"
DEFAULTS = "", ""

PROXY = """\
object network cuma
 host 10.0.0.2
 nat (inside,outside) static 192.0.2.140
access-list outside_in extended permit tcp any host 10.0.0.2 eq 5443
access-group outside_in in interface outside
crypto ca import cuma_proxy pkcs12 bench
{pkcs12}quit
crypto ca trustpoint cuma_server
 enrollment terminal
crypto ca authenticate cuma_server
{cert}quit
yes
{shown}
tls-proxy maximum-sessions 4000
tls-proxy cuma_proxy
 server trust-point cuma_proxy
 no server authenticate-client
{offered}
class-map cuma_proxy
 match port tcp eq 5443
policy-map global_policy
 class cuma_proxy
  inspect mmp tls-proxy cuma_proxy
service-policy global_policy global
"""


def config(topo, suites=PLAIN_RSA):
    return PROXY.format(pkcs12=topo.pki.pkcs12("cuma", "bench"), cert=topo.pki.pem_body("cuma.crt"), shown=suites[0],
                        offered=suites[1])


def load_args(topo, device, mode, n):
    return (f"mode={mode}", f"to={MAPPED}", f"listen={SERVER}", f"cert={topo.pki.path('cuma.crt')}",
            f"key={topo.pki.path('cuma.key')}", f"client={topo.outside.holder.pid}",
            f"server={topo.inside.holder.pid}", "src=192.0.2.10", f"sources={SOURCES}", f"n={n}",
            "device=" + ",".join(map(str, device.pids)), f"seconds={SECONDS}")
