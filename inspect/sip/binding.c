/*
 * Registered contacts where nothing is terminated here: the ports that stand for them and the pinholes that let calls
 * in to them. They outlive the connection that registered; the registrar's grant is their time.
 */
#include "inspect/sip/sip_int.h"

#define MOST_S 86400u /* a grant may be for ever; then the phone is asked to say it again */

static uint64_t key_of(const struct sip_work *x, const struct endpoint *contact)
{
        const struct inspect_ctx *c = x->c;
        uint64_t h = hash_bytes(c->client_if, strlen(c->client_if), x->sh->seed[1]);

        h = hash_bytes(c->server_if, strlen(c->server_if), h);
        h = hash_bytes(&c->client.a, sizeof c->client.a, h);
        h = hash_bytes(&contact->a, sizeof contact->a, h);
        return hash_bytes(&contact->port, sizeof contact->port, h + (c->via[0] == VIA_UDP));
}

void sip_binding_orphan(struct sip_binding *b)
{
        if (!b->session)
                return;
        list_del(&b->link);
        b->session->nbindings--;
        b->session = NULL;
}

void sip_binding_end(struct sip_binding *b)
{
        struct sip_shared *sh = b->sh;

        sip_binding_orphan(b);
        sip_group_close(sh, &b->group);
        tmr_cancel(sh->wheel, &b->tmr);
        hash_del(&sh->binding_by_contact, &b->node);
        pool_put(sh->bindings, b);
}

static void on_timer(struct tmr *t, uint64_t now_ms)
{
        (void)now_ms;
        sip_binding_end(container_of(t, struct sip_binding, tmr));
}

struct sip_binding *sip_binding(const struct sip_work *x, const struct endpoint *contact, bool make)
{
        struct sip_shared *sh = x->sh;
        uint64_t key = key_of(x, contact);
        struct sip_binding *b;

        hash_each_match(n, &sh->binding_by_contact, key) {
                b = container_of(n, struct sip_binding, node);
                if (b->key == key)
                        return b;
        }
        b = make && x->s->nbindings < SIP_SESSION_BINDINGS ? pool_get(sh->bindings) : NULL;
        if (!b)
                return NULL;
        b->sh = sh;
        b->key = key;
        b->tmr.fn = on_timer;
        hash_add(&sh->binding_by_contact, &b->node, key);
        tmr_set(sh->wheel, &b->tmr, SIP_TXN_MS); /* until it is answered */
        b->session = x->s;
        list_add_tail(&x->s->bindings, &b->link);
        x->s->nbindings++;
        return b;
}

void sip_binding_granted(struct sip_work *x, const struct endpoint *contact, uint32_t expires_s)
{
        struct sip_binding *b = sip_binding(x, contact, expires_s > 0);
        struct sip_way_in way = { .at = *contact, .timeout_s = expires_s, .lasting = true };

        if (!expires_s) {
                if (b)
                        sip_binding_end(b);
                return;
        }
        if (b) {
                way.timeout_s = MIN_OF(expires_s, MOST_S);
                way.group = sip_group(x, &b->group);
                tmr_set(x->sh->wheel, &b->tmr, way.timeout_s * 1000ull);
        }
        way.lasting = way.group != 0;
        sip_signal_hole(x, DIR_C2S, &way);
}

static bool is_registration(const struct sip_work *x)
{
        return x->m->request && x->m->method == SIP_M_REGISTER && x->dir == DIR_C2S;
}

uint32_t sip_contact_group(const struct sip_work *x, const struct endpoint *contact)
{
        bool invite = x->m->method == SIP_M_INVITE && (x->m->request || x->m->status < 300);
        struct sip_binding *b;

        if (is_registration(x)) {
                b = sip_binding(x, contact, x->txn && x->txn->expires);
                return b ? sip_group(x, &b->group) : 0;
        }
        return invite && x->call && !x->call->anchored ? sip_group(x, &x->call->signal_group[x->dir]) : 0;
}
