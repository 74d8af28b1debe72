#include "policy/conf.h"

void timeout_conf_init(struct timeout_conf *t)
{
        *t = (struct timeout_conf){
                .xlate = 10800,
                .pat_xlate = 30,
                .conn = 3600,
                .half_closed = 600,
                .udp = 120,
                .icmp = 2,
                .sip = 1800,
                .sip_media = 120,
                .sip_invite = 180,
                .sip_disconnect = 120,
                .sip_provisional = 120,
                .sunrpc = 600,
                .h323 = 300,
                .h225 = 3600,
                .mgcp = 300,
                .mgcp_pat = 300,
                .uauth = 300,
                .tcp_proxy_reassembly = 60,
                .uauth_absolute = true,
        };
}
