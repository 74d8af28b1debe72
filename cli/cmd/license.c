/* license: an option of ours. Without it there are no limits but those of the machine. */
#include "cli/cmd/rows.h"
#include "proxy/conf/license.h"

#define L(f) proxy.license.f

static int check_license(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct store *s = obj;
        const struct license_model *m = license_model_find(s->L(model));

        (void)c;
        if (!m || license_tier_ok(m, s->L(uc)))
                return 0;
        return err_set(e, ERR_RANGE, "model %s has no licence of %u UC sessions: the largest is %u", m->name,
                       s->L(uc), MAX_OF(m->uc, m->largest));
}

/* A limit above what the model can do is cut, and that is said. */
static void after_license(struct conf_ctx *c, void *obj, bool no_form)
{
        const struct store *s = obj;
        struct license_limits l;

        if (no_form || !s->proxy.max_sessions)
                return;
        license_limits(&s->proxy.license, s->proxy.max_sessions, &l);
        if (l.tls < s->proxy.max_sessions)
                conf_warning(c, "tls-proxy maximum-sessions %u is above the limit of the licence: %u are in force",
                             s->proxy.max_sessions, l.tls);
        else if (*l.model && l.tls < s->L(uc))
                conf_warning(c, "tls-proxy maximum-sessions %u is below the UC licence of %u sessions",
                             s->proxy.max_sessions, s->L(uc));
}

#define MODEL(name) BIND_WORD(name, struct store, L(model))
static const struct cmd_bind bind[] = {
        MODEL("5505"),
        MODEL("5510"),
        MODEL("5520"),
        MODEL("5540"),
        MODEL("5550"),
        MODEL("5580"),
        MODEL("5512-x"),
        MODEL("5515-x"),
        MODEL("5525-x"),
        MODEL("5545-x"),
        MODEL("5555-x"),
        MODEL("5585-x-ssp10"),
        MODEL("5585-x-ssp20"),
        MODEL("5585-x-ssp40"),
        MODEL("5585-x-ssp60"),
        MODEL("asasm"),
        MODEL("asav10"),
        MODEL("asav30"),
        BIND("N", struct store, L(uc)),
        BIND_FLAG("k8", struct store, L(k8)),
        BIND_FLAG("k9", struct store, L(k9)),
        { 0 },
};

const struct cmd_row rows_license[] = {
        { ROW_LEAF,
          "license model {5505|5510|5520|5540|5550|5580|5512-x|5515-x|5525-x|5545-x|5555-x|5585-x-ssp10|5585-x-ssp20|"
          "5585-x-ssp40|5585-x-ssp60|asasm|asav10|asav30} [uc N:u32(2-10000)] [{k8|k9}]",
          "Session limits of a model", bind, DIRTY_PROXY, .check = check_license, .after = after_license },
        END,
};
