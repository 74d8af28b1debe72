/*
 * Licences, as the models of the ASA have them: which limits a model sets and which sessions count against them.
 * Without a `license` line there are none. docs/licences.md.
 */
#ifndef VOXGATE_PROXY_CONF_LICENSE_H
#define VOXGATE_PROXY_CONF_LICENSE_H

#include "platform/base/err.h"
#include "platform/base/inspect_id.h"
#include "proxy/conf/conf.h"

#define LICENSE_UNLIMITED UINT32_MAX
#define TLS_PROXY_SESSIONS_DEFAULT 4000u /* without a licence */
#define TLS_PROXY_SESSIONS_MAX 13000u

struct license_model {
        const char *name;
        uint32_t tls_default, tls_max; /* tls-proxy sessions; 0: not published, the largest tier stands for both */
        uint32_t uc;                   /* UC sessions it comes with */
        uint32_t largest;              /* tier that can be bought; 0: none */
};
/* NULL: there is no such model. */
const struct license_model *license_model_find(const char *name);
/* Can the model have that tier? uc 0: what it comes with. */
bool license_tier_ok(const struct license_model *m, uint32_t uc);
/* Most tls-proxy sessions that may be configured on it. */
uint32_t license_tls_max(const struct license_model *m);

struct license_limits {                    /* sessions at the same time; LICENSE_UNLIMITED: no limit */
        char model[LICENSE_MODEL_MAX + 1]; /* "": no licence */
        bool k8;
        uint32_t tls; /* of all kinds together */
        uint32_t uc;
        uint32_t phone; /* of these, by phone proxies */
        uint32_t srtp;  /* media sessions that are encrypted or decrypted here */
};
/* configured: `tls-proxy maximum-sessions`, 0 none. */
void license_limits(const struct license_conf *c, uint32_t configured, struct license_limits *out);

/* A session, as far as counting cares. */
struct license_session {
        enum inspect_id engine;
        bool tls_proxy, phone_proxy, uc_ime;
};
struct license_use { /* sessions that count: of one session, or of all now */
        uint32_t tls, uc, phone;
};
struct license_use license_counts(const struct license_session *s);
/* A media session counts where it is encrypted or decrypted, not where SRTP passes as it is. */
bool license_counts_srtp(bool client_srtp, bool server_srtp, bool pass);

enum license_limit { LICENSE_FREE, LICENSE_TLS, LICENSE_UC, LICENSE_PHONE };
/* The limit that one more such session would break, *limit its value; LICENSE_FREE: none. */
enum license_limit license_full(const struct license_limits *l, const struct license_use *now,
                                const struct license_use *more, uint32_t *limit);
static inline bool license_srtp_full(const struct license_limits *l, uint32_t now)
{
        return now >= l->srtp;
}

#endif
