#include "proxy/conf/license.h"

#include <stdio.h>
#include <string.h>

#define K8_TLS 1000u
#define K8_SRTP 250u
#define PHONE_TIER 10000u /* of this tier only so many may be phone-proxy sessions */
#define PHONE_MAX 5000u

static const struct license_model models[] = {
        { "5505", 10, 80, 2, 24 },          { "5510", 100, 200, 2, 100 },       { "5520", 300, 1200, 2, 1000 },
        { "5540", 1000, 4500, 2, 2000 },    { "5550", 2000, 4500, 2, 3000 },    { "5580", 4000, 13000, 2, 10000 },
        { "5512-x", 0, 0, 2, 500 },         { "5515-x", 0, 0, 2, 500 },         { "5525-x", 0, 0, 2, 1000 },
        { "5545-x", 0, 0, 2, 2000 },        { "5555-x", 0, 0, 2, 3000 },        { "5585-x-ssp10", 0, 0, 2, 3000 },
        { "5585-x-ssp20", 0, 0, 2, 10000 }, { "5585-x-ssp40", 0, 0, 2, 10000 }, { "5585-x-ssp60", 0, 0, 2, 10000 },
        { "asasm", 0, 0, 2, 10000 },        { "asav10", 0, 0, 250, 0 },         { "asav30", 0, 0, 1000, 0 },
};
static const uint32_t tiers[] = { 24, 50, 100, 250, 500, 750, 1000, 2000, 3000, 5000, 10000 };

const struct license_model *license_model_find(const char *name)
{
        for (size_t i = 0; i < ARRAY_LEN(models); i++)
                if (!strcmp(models[i].name, name))
                        return &models[i];
        return NULL;
}

bool license_tier_ok(const struct license_model *m, uint32_t uc)
{
        if (!uc || uc == m->uc)
                return true;
        for (size_t i = 0; i < ARRAY_LEN(tiers) && tiers[i] <= m->largest; i++)
                if (tiers[i] == uc)
                        return true;
        return false;
}

uint32_t license_tls_max(const struct license_model *m)
{
        return m->tls_max ? m->tls_max : MAX_OF(m->uc, m->largest);
}

static void unlicensed(uint32_t configured, struct license_limits *out)
{
        *out = (struct license_limits){ .tls = configured ? configured : TLS_PROXY_SESSIONS_DEFAULT,
                                        .uc = LICENSE_UNLIMITED,
                                        .phone = LICENSE_UNLIMITED,
                                        .srtp = LICENSE_UNLIMITED };
}

/* A larger UC tier raises the default; what the operator configured stands, up to what the model can do. */
static uint32_t tls_limit(const struct license_model *m, uint32_t configured, uint32_t uc)
{
        uint32_t most = license_tls_max(m), dflt = m->tls_default ? m->tls_default : most;

        return MIN_OF(most, configured ? configured : MAX_OF(dflt, uc));
}

void license_limits(const struct license_conf *c, uint32_t configured, struct license_limits *out)
{
        const struct license_model *m = license_model_find(c->model);
        uint32_t bought;

        if (!m) {
                unlicensed(configured, out);
                return;
        }
        bought = c->uc ? c->uc : m->uc;
        *out = (struct license_limits){ .k8 = c->k8, .srtp = c->k8 ? K8_SRTP : LICENSE_UNLIMITED };
        snprintf(out->model, sizeof out->model, "%s", m->name);
        out->tls = tls_limit(m, configured, bought);
        if (c->k8)
                out->tls = MIN_OF(out->tls, K8_TLS);
        out->uc = MIN_OF(bought, out->tls);
        out->phone = MIN_OF(out->uc, bought == PHONE_TIER ? PHONE_MAX : bought);
}

/*
 * Phone proxy, presence federation and encrypted voice inspection take a UC session each; mobility and intercompany
 * media are tls-proxy sessions and no more.
 */
struct license_use license_counts(const struct license_session *s)
{
        bool uc = s->engine != INSPECT_MMP && !s->uc_ime;

        if (!s->tls_proxy && !s->phone_proxy)
                return (struct license_use){ 0 };
        return (struct license_use){ .tls = 1, .uc = uc, .phone = uc && s->phone_proxy };
}

bool license_counts_srtp(bool client_srtp, bool server_srtp, bool pass)
{
        return (client_srtp || server_srtp) && !(client_srtp && server_srtp && pass);
}

static bool over(uint32_t now, uint32_t more, uint32_t limit)
{
        return more && (uint64_t)now + more > limit;
}

enum license_limit license_full(const struct license_limits *l, const struct license_use *now,
                                const struct license_use *more, uint32_t *limit)
{
        const struct {
                enum license_limit which;
                uint32_t now, more, limit;
        } row[] = {
                { LICENSE_TLS, now->tls, more->tls, l->tls },
                { LICENSE_PHONE, now->phone, more->phone, l->phone },
                { LICENSE_UC, now->uc, more->uc, l->uc },
        };

        for (size_t i = 0; i < ARRAY_LEN(row); i++)
                if (over(row[i].now, row[i].more, row[i].limit)) {
                        *limit = row[i].limit;
                        return row[i].which;
                }
        return LICENSE_FREE;
}
