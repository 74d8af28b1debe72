#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "cli/lang/types.h"
#include "platform/base/str.h"
#include "platform/net/iface.h"
#include "proxy/worker/proxy_worker.h"

void box_tz(struct box *b, struct tz *out)
{
        pthread_mutex_lock(&b->conf_lock);
        store_tz(b->store, out);
        pthread_mutex_unlock(&b->conf_lock);
}

void each_worker(struct box *b, void (*fn)(struct worker *w, void *arg), void *arg)
{
        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i])
                        worker_call(b->worker[i], fn, arg);
}

void each_proxy(struct box *b, void (*fn)(struct proxy_worker *p, void *arg), void *arg)
{
        for (unsigned i = 0; i < b->nproxies; i++)
                if (b->proxy[i])
                        proxy_call(b->proxy[i], fn, arg);
}

const char *ifc_name(const struct snapshot *s, uint16_t iface)
{
        return iface_name(net_rt(s), iface);
}

const char *proto_name(uint8_t proto, char *out)
{
        switch (proto) {
        case IPPROTO_TCP_:
                return "TCP";
        case IPPROTO_UDP_:
                return "UDP";
        case IPPROTO_ICMP_:
                return "ICMP";
        default:
                snprintf(out, 8, "%u", proto);
                return out;
        }
}

int with_names(struct session *s, const struct args *a, struct err *e,
               int (*fn)(struct session *s, const struct args *a, struct err *e))
{
        struct table *t = session_table(s);
        struct addr_names names;
        int rc;

        if (t->json)
                return fn(s, a, e);
        addr_names_of_box(session_box(s), &names);
        t->names = &names;
        rc = fn(s, a, e);
        t->names = NULL;
        addr_names_fini(&names);
        return rc;
}

bool addr_of_word(struct box *b, const char *word, struct addr *out)
{
        const struct addr *a;

        if (addr_parse(word, out))
                return true;
        pthread_mutex_lock(&b->conf_lock);
        a = type_alias(&(struct type_env){ .store = b->store }, word, strlen(word));
        if (a)
                *out = *a;
        pthread_mutex_unlock(&b->conf_lock);
        return a != NULL;
}

bool is_word(const char *word, const char *arg)
{
        return arg && *arg && str_prefix_ci(word, arg);
}

void box_serial(const struct box *b, char out[BOX_SERIAL_TEXT])
{
        const struct iface_binding *p = b->bind && b->bind->n && b->bind->b[0].port != 0xFFFF ? &b->bind->b[0] : NULL;
        struct wbuf w = wbuf_of(out, BOX_SERIAL_TEXT);

        for (unsigned i = 0; p && i < sizeof p->mac.b; i++)
                wbuf_printf(&w, "%02X", p->mac.b[i]);
        if (!p)
                wbuf_str(&w, "unknown");
        wbuf_text(&w);
}
