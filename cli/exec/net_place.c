#include "cli/exec/net_place.h"

#include "cli/conf/store.h"

static struct tftp_server_conf configured(struct box *b)
{
        struct tftp_server_conf t;

        pthread_mutex_lock(&b->conf_lock);
        t = b->store->sys.tftp;
        pthread_mutex_unlock(&b->conf_lock);
        return t;
}

/* The interface of the line is that of its server, no other's. */
static int take_server(const struct tftp_server_conf *t, const char *typed, size_t n, struct copy_end *out,
                       struct err *e)
{
        char host[ADDR_TEXT_MAX] = "";

        if (*t->nameif)
                addr_print(&t->host, host);
        if (n && copy_host(out, typed, n, e) < 0)
                return -1;
        if (!n)
                str_copy(out->host, sizeof out->host, host);
        if (!strcmp(out->host, host))
                str_copy(out->nameif, sizeof out->nameif, t->nameif);
        return 0;
}

int net_place(struct session *s, const char *typed, struct copy_end *out, struct err *e)
{
        const struct tftp_server_conf t = configured(session_box(s));
        const char *colon, *file;

        if (typed && strstr(typed, "://")) {
                if (copy_parse(typed, out, e) < 0)
                        return -1;
                return copy_is_remote(out) && *out->host && *out->name
                               ? 0
                               : err_set(e, ERR_SYNTAX, "tftp://HOST/FILE expected");
        }
        *out = (struct copy_end){ .kind = COPY_TFTP };
        typed = typed ? typed : ":";
        colon = strchr(typed, ':');
        if (!colon)
                return err_set(e, ERR_SYNTAX, "SERVER:FILE, :FILE or a URL expected: %s has no \":\"", typed);
        file = colon[1] ? colon + 1 : t.file;
        if (take_server(&t, typed, (size_t)(colon - typed), out, e) < 0)
                return -1;
        if (!*out->host || !*file)
                return err_set(e, ERR_STATE,
                               "%s is not known: type SERVER:FILE, or configure tftp-server IFC SERVER FILE",
                               *out->host ? "the name of the file" : "the server");
        return str_copy(out->name, sizeof out->name, file)
                       ? 0
                       : err_set(e, ERR_RANGE, "name of more than %zu characters", sizeof out->name - 1);
}
