#include "cli/conf/dns_conf.h"

#include "cli/conf/store.h"
#include "platform/base/str.h"

void dns_group_conf_init(struct dns_group_conf *g)
{
        conf_list_init(&g->servers, sizeof(struct dns_server_conf), NULL);
        g->timeout_s = DNS_TIMEOUT_DEFAULT;
        g->retries = DNS_RETRIES_DEFAULT;
        g->expire_min = DNS_EXPIRE_DEFAULT;
        g->poll_min = DNS_POLL_DEFAULT;
}

void dns_group_conf_fini(struct conf_obj *o)
{
        struct dns_group_conf *g = (void *)o;

        conf_list_fini(&g->servers);
}

void dns_conf_of(const struct store *s, struct dns_conf *out)
{
        const char *name = *s->sys.dns_group ? s->sys.dns_group : DNS_GROUP_DEFAULT;
        const struct dns_group_conf *g = conf_list_find(&s->sys.dns_groups, name);

        *out = (struct dns_conf){ .timeout_s = g ? g->timeout_s : DNS_TIMEOUT_DEFAULT,
                                  .retries = g ? g->retries : DNS_RETRIES_DEFAULT,
                                  .expire_min = g ? g->expire_min : DNS_EXPIRE_DEFAULT };
        str_copy(out->group, sizeof out->group, name);
        str_copy(out->domain, sizeof out->domain, g && *g->domain ? g->domain : s->sys.domain);
        conf_each(struct name_conf, i, &s->sys.dns_lookup)
                if (out->nifaces < DNS_IFACES_MAX)
                        str_copy(out->nameif[out->nifaces++], sizeof out->nameif[0], i->o.name);
        if (!g)
                return;
        conf_each(struct dns_server_conf, a, &g->servers)
                if (out->nservers < DNS_SERVERS_MAX)
                        out->server[out->nservers++] = a->addr;
}
