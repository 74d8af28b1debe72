/* Transactions: what a request was, so that its retransmissions and responses are treated alike. RFC 3261 17. */
#include "inspect/sip/sip_int.h"

/* A response repeats branch, Call-ID, CSeq and From tag of its request. */
static struct sip_key key_of(const struct sip_shared *sh, const struct sip_msg *m, enum sip_method method,
                             enum inspect_dir request_dir)
{
        struct sip_key k;

        for (unsigned i = 0; i < 2; i++) {
                uint64_t num[3] = { m->cseq, (uint64_t)method << 8 | request_dir, 0 };

                num[2] = hash_bytes(m->branch.p, m->branch.n, sh->seed[i]);
                num[2] = hash_bytes(m->call_id.p, m->call_id.n, num[2]);
                num[2] = hash_bytes(m->from_tag.p, m->from_tag.n, num[2]);
                if (method == SIP_M_UNKNOWN)
                        num[2] = hash_bytes(m->method_text.p, m->method_text.n, num[2]);
                k.h[i] = hash_bytes(num, sizeof num, sh->seed[i]);
        }
        return k;
}

/*
 * A transaction is its session's: whoever else knows its names neither answers nor repeats it. Datagrams between the
 * same two hosts may take other ports on their way back.
 */
static bool may_know(const struct sip_work *x, const struct sip_txn *t)
{
        if (t->session == x->s)
                return true;
        return x->c->via[0] == VIA_UDP && !x->c->phone && t->session->place == x->s->place;
}

static struct sip_txn *find(const struct sip_work *x, const struct sip_key *k)
{
        struct sip_txn *second = NULL;

        hash_each_match(n, &x->sh->txn_by_key, k->h[0]) {
                struct sip_txn *t = container_of(n, struct sip_txn, node);

                if (t->key.h[1] != k->h[1] || !may_know(x, t))
                        continue;
                if (t->session == x->s)
                        return t;
                second = t;
        }
        return second;
}

void sip_txn_free(struct sip_txn *t)
{
        struct sip_shared *sh = t->sh;

        tmr_cancel(sh->wheel, &t->tmr);
        hash_del(&sh->txn_by_key, &t->node);
        list_del(&t->link);
        t->session->ntxns[t->dir]--;
        pool_put(sh->txns, t);
}

static void expired(struct tmr *t, uint64_t now_ms)
{
        (void)now_ms;
        sip_txn_free(container_of(t, struct sip_txn, tmr));
}

static struct sip_txn *txn_new(struct sip_work *x, const struct sip_key *k)
{
        struct sip_shared *sh = x->sh;
        struct sip_txn *t = x->s->ntxns[x->dir] < sip_limits_of(x->c).txns[x->dir] ? pool_get(sh->txns) : NULL;

        if (!t)
                return NULL;
        t->sh = sh;
        t->session = x->s;
        t->key = *k;
        t->dir = (uint8_t)x->dir;
        t->method = (uint8_t)x->m->method;
        t->cseq = x->m->cseq;
        t->creates = x->m->method == SIP_M_INVITE && !x->m->to_tag.n;
        t->tmr.fn = expired;
        hash_add(&sh->txn_by_key, &t->node, k->h[0]);
        list_add_tail(&x->s->txns, &t->link);
        x->s->ntxns[x->dir]++;
        tmr_set(sh->wheel, &t->tmr, t->method == SIP_M_INVITE ? SIP_INVITE_TXN_MS : SIP_TXN_MS);
        return t;
}

static enum sip_fate request(struct sip_work *x)
{
        struct sip_key k = key_of(x->sh, x->m, x->m->method, x->dir);

        if (x->m->method == SIP_M_ACK)
                return SIP_FORWARD;
        x->txn = find(x, &k);
        x->again = x->txn != NULL;
        if (x->again && x->txn->failed && x->txn->method == SIP_M_INVITE) {
                sip_count(x->c, SIP_N_ABSORBED);
                x->why = "answered already";
                return SIP_DROP;
        }
        if (!x->txn)
                x->txn = txn_new(x, &k);
        if (x->txn)
                return SIP_FORWARD;
        return sip_full(x, SIP_N_TXN_FULL, "too many transactions");
}

enum sip_fate sip_txn_note(struct sip_work *x)
{
        struct sip_key k;

        if (x->m->request)
                return request(x);
        k = key_of(x->sh, x->m, x->m->method, x->dir == DIR_C2S ? DIR_S2C : DIR_C2S);
        x->txn = find(x, &k);
        return SIP_FORWARD;
}

struct sip_txn *sip_txn_invite(struct sip_work *x)
{
        struct sip_key k = key_of(x->sh, x->m, SIP_M_INVITE, x->dir);

        return find(x, &k);
}

/* How long an answered request may come, or be answered, again; each repetition of the answer starts it anew. */
static uint32_t linger(const struct sip_work *x, const struct sip_txn *t)
{
        if (t->method == SIP_M_INVITE)
                return SIP_INVITE_DONE_MS;
        return x->c->via[0] == VIA_UDP ? SIP_TXN_DGRAM_MS : SIP_TXN_STREAM_MS;
}

void sip_txn_answered(struct sip_work *x)
{
        struct sip_txn *t = x->txn;

        if (!t)
                return;
        if (x->m->status >= 200) {
                t->done = true;
                t->failed = x->m->status >= 300;
                tmr_set(x->sh->wheel, &t->tmr, linger(x, t));
        } else if (t->method == SIP_M_INVITE && !t->done) {
                tmr_set(x->sh->wheel, &t->tmr, SIP_INVITE_TXN_MS);
        }
}
