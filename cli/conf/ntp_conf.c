#include "cli/conf/ntp_conf.h"

#include "cli/conf/store.h"
#include "cli/lang/types.h"
#include "platform/base/str.h"

static bool is_trusted(const struct store *s, uint32_t id)
{
        conf_each(struct ntp_trusted_line, t, &s->sys.ntp_trusted)
                if (t->id == id)
                        return true;
        return false;
}

static void add_key(const struct store *s, const struct ntp_key_line *l, struct ntp_conf *out)
{
        struct ntp_key *k;

        if (out->nkeys == NTP_KEYS_MAX)
                return;
        k = &out->key[out->nkeys++];
        k->id = l->id;
        k->hash = (enum ntp_hash)l->hash;
        k->trusted = is_trusted(s, l->id);
        str_copy(k->key, sizeof k->key, l->key);
}

static void add_server(const struct ntp_server_line *l, struct ntp_conf *out)
{
        struct ntp_server_conf *c;

        if (out->nservers == NTP_SERVERS_MAX)
                return;
        c = &out->server[out->nservers++];
        c->key = l->key;
        c->prefer = l->prefer;
        str_copy(c->host, sizeof c->host, l->host);
        str_copy(c->nameif, sizeof c->nameif, l->nameif);
}

void ntp_conf_of(const struct store *s, struct ntp_conf *out)
{
        *out = (struct ntp_conf){ .authenticate = s->sys.ntp_authenticate };
        conf_each(struct ntp_key_line, k, &s->sys.ntp_keys)
                add_key(s, k, out);
        conf_each(struct ntp_server_line, l, &s->sys.ntp_servers)
                add_server(l, out);
}
