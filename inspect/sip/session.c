/* State of a proxy worker and of a session: made, ticked, ended. */
#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

void *sip_shared_new(const struct inspect_host *ops, void *host_worker, struct log_src *log)
{
        struct sip_shared *sh = mem_alloc(MEM_SIP, sizeof *sh);

        if (!sh)
                return NULL;
        sh->ops = ops;
        sh->host_worker = host_worker;
        sh->log = log;
        sh->wheel = tmr_wheel_new(0);
        sh->calls = pool_new(sizeof(struct sip_call), SIP_CALLS_MAX, POOL_LIFO);
        sh->txns = pool_new(sizeof(struct sip_txn), SIP_TXNS_MAX, POOL_LIFO);
        sh->media = pool_new(sizeof(struct sip_media), SIP_MEDIA_MAX, POOL_LIFO);
        sh->bindings = pool_new(sizeof(struct sip_binding), SIP_BINDINGS_MAX, POOL_LIFO);
        if (!sh->wheel || !sh->calls || !sh->txns || !sh->media || !sh->bindings ||
            hash_init(&sh->call_by_id, SIP_CALLS_MAX) < 0 || hash_init(&sh->txn_by_key, SIP_TXNS_MAX) < 0 ||
            hash_init(&sh->binding_by_contact, SIP_BINDINGS_MAX) < 0 ||
            (ops && ops->random && ops->random(host_worker, sh->seed, sizeof sh->seed) < 0)) {
                sip_shared_free(sh);
                return NULL;
        }
        return sh;
}

void sip_shared_free(void *shared)
{
        struct sip_shared *sh = shared;

        if (!sh)
                return;
        if (sh->calls)
                sip_clear(sh);
        hash_fini(&sh->call_by_id);
        hash_fini(&sh->txn_by_key);
        for (uint32_t i = 0; sh->bindings && i < pool_high(sh->bindings); i++)
                if (pool_live(sh->bindings, i))
                        sip_binding_end(pool_at(sh->bindings, i));
        hash_fini(&sh->binding_by_contact);
        pool_free(sh->bindings);
        pool_free(sh->calls);
        pool_free(sh->txns);
        pool_free(sh->media);
        tmr_wheel_free(sh->wheel);
        mem_free_secret(sh);
}

#define TICK_BUDGET 1024u

void sip_tick(void *shared, uint64_t now_ms)
{
        struct sip_shared *sh = shared;

        sh->now_ms = MAX_OF(sh->now_ms, now_ms);
        tmr_run(sh->wheel, sh->now_ms, TICK_BUDGET);
}

static uint64_t place_of(const struct inspect_ctx *c, uint64_t seed)
{
        uint64_t h = hash_bytes(&c->client.a, sizeof c->client.a, seed);

        h = hash_bytes(&c->server.a, sizeof c->server.a, h);
        h = hash_bytes(c->client_if, strlen(c->client_if), h);
        return hash_bytes(c->server_if, strlen(c->server_if), h);
}

int sip_open(struct inspect_ctx *c)
{
        const struct sip_shared *sh = c->shared;
        struct sip_session *s = c->state;

        if (!c->shared)
                return inspect_refuse_text(c, "no SIP state");
        s->place = place_of(c, sh->seed[0]);
        list_init(&s->calls);
        list_init(&s->txns);
        list_init(&s->bindings);
        return 0;
}

/* Calls that have media outlive their session: the phone may come back, the audio goes on. */
void sip_close(struct inspect_ctx *c)
{
        struct sip_session *s = c->state;

        if (!c->shared || !s->calls.next)
                return;
        list_each_safe(it, tmp, &s->txns)
                sip_txn_free(list_entry(it, struct sip_txn, link));
        list_each_safe(it, tmp, &s->bindings)
                sip_binding_orphan(list_entry(it, struct sip_binding, link));
        list_each_safe(it, tmp, &s->calls)
                sip_call_orphan(list_entry(it, struct sip_call, link));
}

struct sip_limits sip_limits_of(const struct inspect_ctx *c)
{
        if (!c->phone)
                return (struct sip_limits){ SIP_TRUNK_CALLS, SIP_TRUNK_MEDIA, { SIP_TRUNK_TXNS, SIP_TRUNK_TXNS } };
        if (!c->device[0])
                return (struct sip_limits){ SIP_ENDPOINT_CALLS,
                                            SIP_ENDPOINT_MEDIA,
                                            { SIP_ENDPOINT_TXNS, SIP_ENDPOINT_TXNS } };
        return (struct sip_limits){ SIP_PHONE_CALLS, SIP_PHONE_MEDIA, { SIP_PHONE_TXNS, SIP_PHONE_TOLD } };
}

uint64_t sip_hash(const struct sip_shared *sh, struct str s)
{
        uint64_t h = s.n ? hash_bytes(s.p, s.n, sh->seed[0]) : 0;

        return h || !s.n ? h : 1;
}

bool sip_number(struct str s, uint32_t lo, uint32_t hi, uint32_t *out)
{
        char text[24];
        size_t n = 0;

        while (s.n && (*s.p == ' ' || *s.p == '\t'))
                s.p++, s.n--;
        while (n < s.n && n < sizeof text - 1 && s.p[n] >= '0' && s.p[n] <= '9') {
                text[n] = s.p[n];
                n++;
        }
        text[n] = 0;
        for (size_t i = n; i < s.n; i++)
                if (s.p[i] != ' ' && s.p[i] != '\t')
                        return false;
        return str_u32(text, lo, hi, out);
}
