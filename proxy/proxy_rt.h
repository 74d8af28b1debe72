/* tls-proxies compiled: the two profiles of each. Part root of SNAP_PROXY. */
#ifndef VOXGATE_PROXY_RT_H
#define VOXGATE_PROXY_RT_H

#include "proxy/tls_profile.h"

struct tls_proxy_rt {
        uint32_t id; /* conf id */
        char name[PROXY_NAME_MAX + 1];
        char server_tp[TRUSTPOINT_NAME_MAX + 1], client_tp[TRUSTPOINT_NAME_MAX + 1];
        bool authenticate_client;
        struct tls_profile
                *server; /* towards the TLS client; NULL: no identity certificate (sessions refused, reason below) */
        struct tls_profile *client; /* towards the TLS server */
        char unusable[160];         /* why sessions are refused, "" when usable */
        char client_suites[200];    /* for show */
};
struct proxy_rt {
        unsigned n;
        struct tls_proxy_rt *tp;
        uint32_t max_sessions;
};
static inline const struct proxy_rt *proxy_rt(const struct snapshot *s)
{
        return s->part[SNAP_PROXY]->root;
}
const struct tls_proxy_rt *tls_proxy_by_id(const struct proxy_rt *p, uint32_t id);
#define TLS_PROXY_SESSIONS_DEFAULT 4000u
#define TLS_PROXY_SESSIONS_MAX 13000u

int proxy_compile(struct snap_part *part, const struct proxy_conf *conf, const struct pki_conf *pki,
                  const struct pki_rt *assets, const struct rng *rng, const struct clock *clk, struct err *e);

#endif
