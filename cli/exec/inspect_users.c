#include "cli/exec/inspect_users.h"

#include <string.h>

#include "cli/conf/store.h"
#include "platform/base/str.h"

/* A tls-proxy is named by the line itself, or by its phone-proxy. */
static bool names(const struct store *s, const struct inspect_conf *i, enum inspect_names what, const char *name)
{
        const struct phone_proxy_conf *p;

        if (what == NAMES_PHONE_PROXY)
                return strcmp(i->phone_proxy, name) == 0;
        p = conf_list_find(&s->proxy.phone_proxies, i->phone_proxy);
        return strcmp(p ? p->tls_proxy : i->tls_proxy, name) == 0;
}

static unsigned of_class(const struct store *s, const struct class_action_conf *c, enum inspect_names what,
                         const char *name, struct inspect_user *out, unsigned n)
{
        conf_each(struct inspect_conf, i, &c->inspects) {
                if (n == INSPECT_USERS_MAX || !names(s, i, what, name))
                        continue;
                str_copy(out[n].cls, sizeof out[n].cls, c->o.name);
                out[n].id = i->o.id;
                out[n++].engine = i->engine;
        }
        return n;
}

unsigned inspect_users(struct box *b, enum inspect_names what, const char *name,
                       struct inspect_user out[INSPECT_USERS_MAX])
{
        unsigned n = 0;

        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct policy_map_conf, pm, &b->store->policy.policies)
                conf_each(struct class_action_conf, c, &pm->classes)
                        n = of_class(b->store, c, what, name, out, n);
        pthread_mutex_unlock(&b->conf_lock);
        return n;
}
