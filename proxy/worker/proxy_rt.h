/* tls-proxies, media-termination and phone proxies compiled. Part root of SNAP_PROXY. */
#ifndef VOXGATE_PROXY_WORKER_PROXY_RT_H
#define VOXGATE_PROXY_WORKER_PROXY_RT_H

#include "inspect/ctx.h"
#include "pki/pki_rt.h"
#include "proxy/conf/conf.h"
#include "proxy/conf/license.h"
#include "proxy/tls/tls_profile.h"

struct ldc_rt; /* proxy/session/ldc.h: issuer and key for certificates per phone */
struct net_rt;

/* What a tls-proxy without a trustpoint of its own shows to clients of an interface: `ssl trust-point`. */
struct server_on {
        uint16_t iface; /* IFACE_NONE: every one that has no other */
        char tp[TRUSTPOINT_NAME_MAX + 1];
        struct tls_profile *server; /* NULL: it has no certificate */
};

struct tls_proxy_rt {
        uint32_t id; /* conf id */
        char name[PROXY_NAME_MAX + 1];
        char server_tp[TRUSTPOINT_NAME_MAX + 1], client_tp[TRUSTPOINT_NAME_MAX + 1];
        bool authenticate_client;
        struct tls_profile
                *server; /* towards the TLS client; NULL: no identity certificate (sessions refused, reason below) */
        unsigned n_on;   /* instead of server, by the interface of the client */
        struct server_on *on;
        struct tls_profile *client; /* towards the TLS server; without a certificate of ours where ldc is set */
        struct ldc_rt *ldc;         /* a certificate per phone is shown there instead; NULL: none */
        bool cleartext;             /* the server leg is TCP */
        char unusable[160];         /* why sessions are refused, "" when usable */
        char client_suites[200];    /* for show */
};
struct media_term_rt {
        uint32_t id;
        char name[PROXY_NAME_MAX + 1];
        unsigned n;
        struct mta_rt {
                struct addr addr;
                uint16_t iface; /* IFACE_NONE: the global address */
        } * at;
        uint16_t port_lo, port_hi;
};
/* Why a phone trusts what it is shown and given. References of its own: certificates, key. */
struct phone_ctl_rt {
        char name[PROXY_NAME_MAX + 1]; /* of the ctl-file */
        const uint8_t *file;           /* the CTL file as it is served */
        size_t file_n;
        struct ctl_signer signer; /* of .sgn files */
        unsigned n;
        struct ctl_place {     /* a record of the file, security tokens left out */
                uint16_t role; /* enum ctl_role */
                struct addr addr;
                char dns[CTL_NAME_MAX + 1];
                bool shown; /* its certificate is the one that phones are shown */
                bool signs; /* its certificate is the signer's */
        } at[CTL_RECORDS_MAX];
};
/* Will a phone that dials a (global address) trust the call manager it finds there: TLS certificate, address and
 * role?
 */
bool phone_ctl_trusts_cm(const struct phone_ctl_rt *c, const struct addr *a);
/* Will it trust the files that it gets from there? */
bool phone_ctl_trusts_tftp(const struct phone_ctl_rt *c, const struct addr *a);
/* Is there a CAPF record for it? */
bool phone_ctl_has_capf(const struct phone_ctl_rt *c, const struct addr *a);

struct phone_proxy_rt {
        uint32_t id;
        struct phone_params params;      /* engines see this */
        const struct media_term_rt *mta; /* of the same part; NULL: unusable */
        uint32_t tls_proxy_id;
        uint32_t timeout_ms;            /* of secure phones */
        const struct phone_ctl_rt *ctl; /* NULL: no ctl-file, or one that is not up */
        unsigned ntftp;
        struct pp_tftp_rt {
                struct addr addr;
                uint16_t port, iface;
        } tftp[TFTP_SERVERS_MAX];
        bool tftp_same_port;     /* answers come from the port that was asked */
        bool keep_settings;      /* no disable service-settings */
        bool cipc_authenticated;
        struct addr proxy_server; /* fam NONE: none */
        uint16_t proxy_port;
        char unusable[160];
};
/* The media-termination address for a side on iface: its own, else the global one. NULL: none. */
const struct mta_rt *media_term_at(const struct media_term_rt *m, uint16_t iface);
/* The CTL of its phones: bytes, or NULL and why not; who signs files; is this one of its call managers, servers, names? */
const uint8_t *phone_proxy_ctl(const struct phone_proxy_rt *p, size_t *n);
const char *phone_proxy_ctl_lack(const struct phone_proxy_rt *p);
const struct ctl_signer *phone_proxy_signer(const struct phone_proxy_rt *p);
bool phone_proxy_lists(const struct phone_proxy_rt *p, const struct addr *a);
bool phone_proxy_names(const struct phone_proxy_rt *p, const char *dns);

struct proxy_rt {
        unsigned n_media_terms, n_phone_proxies;
        struct media_term_rt *media_term;
        struct phone_proxy_rt *phone_proxy;
        unsigned n;
        struct tls_proxy_rt *tp;
        uint32_t max_sessions; /* = license.tls */
        struct license_limits license;
};
static inline const struct proxy_rt *proxy_rt(const struct snapshot *s)
{
        return s->part[SNAP_PROXY]->root;
}
/* Of a tls-proxy without a trustpoint of its own; NULL: nothing is configured for this interface. */
const struct server_on *server_on_iface(const struct tls_proxy_rt *t, uint16_t iface);
const struct tls_proxy_rt *tls_proxy_by_id(const struct proxy_rt *p, uint32_t id);
const struct phone_proxy_rt *phone_proxy_by_id(const struct proxy_rt *p, uint32_t id);

int proxy_compile(struct snap_part *part, const struct proxy_conf *conf, const struct pki_conf *pki,
                  const struct pki_rt *assets, const struct net_rt *net, const struct rng *rng,
                  const struct clock *clk, struct err *e);

#endif
