#include <string.h>

#include "cli/cmd/rows.h"
#include "pki/enroll.h"
#include "platform/base/str.h"

/* The name stands in every prompt: clients look for it with patterns, so nothing but letters, digits and hyphens. */
static int check_hostname(struct conf_ctx *c, void *obj, struct err *e)
{
        struct sys_conf *s = &c->store->sys;
        static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

        (void)obj;
        if (!*s->hostname)
                str_copy(s->hostname, sizeof s->hostname, "ciscoasa");
        if (strspn(s->hostname, legal) == strlen(s->hostname) && *s->hostname != '-')
                return 0;
        return err_set(e, ERR_SYNTAX, "Invalid hostname: %s: letters, digits and hyphens only", s->hostname);
}

/* The certificate of HTTPS is made later, when nobody is there to be told. */
static void after_name(struct conf_ctx *c, void *obj, bool no_form)
{
        const struct sys_conf *s = &c->store->sys;
        const struct enroll_params p = { .hostname = s->hostname, .domain = s->domain };
        struct err e = { 0 };

        (void)obj;
        (void)no_form;
        if (!c->late && s->http.enabled && pki_names_check(&p, &e) < 0)
                conf_warning(c, "HTTPS cannot have a certificate with this name: %s", e.text);
}

static const struct cmd_bind hostname_bind[] = { BIND("HOST", struct store, sys.hostname), { 0 } };
static const struct cmd_bind domain_bind[] = { BIND("DOMAIN", struct store, sys.domain), { 0 } };

const struct cmd_row rows_hostname[] = {
        { ROW_LEAF, "hostname HOST:word(63)", "Change host name of the system", hostname_bind, DIRTY_SYS,
          .check = check_hostname, .after = after_name },
        { ROW_LEAF, "domain-name DOMAIN:word(127)", "Change domain name", domain_bind, .dirty = DIRTY_SYS,
          .after = after_name },
        END,
};

/* ---- the prompt ---- */
static int check_prompt(struct conf_ctx *c, void *obj, struct err *e)
{
        uint8_t *p = c->store->sys.prompt;

        (void)obj;
        (void)e;
        if (!p[0]) {
                p[0] = PROMPT_HOSTNAME;
                p[1] = PROMPT_CONTEXT;
        }
        return 0;
}

static const struct cmd_bind prompt_bind[] = { BIND("PARTS", struct store, sys.prompt), { 0 } };

const struct cmd_row rows_prompt[] = {
        { ROW_LEAF, "prompt PARTS:promptparts", "Configure the session prompt", prompt_bind, DIRTY_SYS,
          .check = check_prompt },
        END,
};
