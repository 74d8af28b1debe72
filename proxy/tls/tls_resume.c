#include "proxy/tls/tls_resume.h"

#include <pthread.h>
#include <string.h>

#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/mem.h"

#define ID_MAX 32u
#define SAVED_MAX 8192u /* of a session: its certificate, and little more */

struct entry {
        struct hash_node node;
        struct list link;
        uint64_t born_ms;
        size_t id_n, n;
        uint8_t id[ID_MAX], saved[];
};

struct tls_resume {
        pthread_mutex_t lock;
        struct hash_table by_id;
        struct list all; /* oldest first */
        uint64_t seed;
        const struct clock *clk;
};

struct tls_resume *tls_resume_new(const struct clock *clk, const struct rng *rng)
{
        struct tls_resume *r = mem_alloc(MEM_TLS, sizeof *r);

        if (!r)
                return NULL;
        list_init(&r->all);
        r->clk = clk;
        if (rng_fill(rng, &r->seed, sizeof r->seed) != 0 || hash_init(&r->by_id, 0) < 0) {
                mem_free(r);
                return NULL;
        }
        pthread_mutex_init(&r->lock, NULL);
        return r;
}

static void drop(struct tls_resume *r, struct entry *e)
{
        hash_del(&r->by_id, &e->node);
        list_del(&e->link);
        mem_free_secret(e);
}

void tls_resume_free(struct tls_resume *r)
{
        if (!r)
                return;
        list_each_safe(it, tmp, &r->all)
                drop(r, list_entry(it, struct entry, link));
        hash_fini(&r->by_id);
        pthread_mutex_destroy(&r->lock);
        mem_free(r);
}

static struct entry *find(struct tls_resume *r, const mbedtls_ssl_session *s)
{
        hash_each_match(it, &r->by_id, hash_bytes(s->id, s->id_len, r->seed)) {
                struct entry *e = container_of(it, struct entry, node);

                if (e->id_n == s->id_len && !memcmp(e->id, s->id, e->id_n))
                        return e;
        }
        return NULL;
}

/* Of entries in the order of their age only the first can be the oldest. */
static void make_room(struct tls_resume *r, uint64_t now)
{
        while (!list_empty(&r->all)) {
                struct entry *e = list_entry(r->all.next, struct entry, link);

                if (r->by_id.count < TLS_RESUME_MAX && now - e->born_ms < TLS_RESUME_MS)
                        return;
                drop(r, e);
        }
}

int tls_resume_get(void *resume, mbedtls_ssl_session *s)
{
        struct tls_resume *r = resume;
        struct entry *e;
        int rc = -1;

        pthread_mutex_lock(&r->lock);
        e = s->id_len <= ID_MAX ? find(r, s) : NULL;
        if (e && clock_mono_ms(r->clk) - e->born_ms < TLS_RESUME_MS)
                rc = mbedtls_ssl_session_load(s, e->saved, e->n);
        pthread_mutex_unlock(&r->lock);
        return rc;
}

static struct entry *entry_of(const struct tls_resume *r, const mbedtls_ssl_session *s)
{
        struct entry *e;
        size_t n = 0;

        mbedtls_ssl_session_save(s, NULL, 0, &n);
        e = n && n <= SAVED_MAX ? mem_alloc(MEM_TLS, sizeof *e + n) : NULL;
        if (!e)
                return NULL;
        e->born_ms = clock_mono_ms(r->clk);
        e->id_n = s->id_len;
        memcpy(e->id, s->id, s->id_len);
        if (mbedtls_ssl_session_save(s, e->saved, n, &e->n) == 0)
                return e;
        mem_free_secret(e);
        return NULL;
}

/* Of a chain only the first certificate would be kept: who needs the others shows them each time. */
static bool may_be_kept(const mbedtls_ssl_session *s)
{
        return s->peer_cert && !s->peer_cert->next && !s->verify_result && s->id_len && s->id_len <= ID_MAX;
}

int tls_resume_set(void *resume, const mbedtls_ssl_session *s)
{
        struct tls_resume *r = resume;
        struct entry *e = may_be_kept(s) ? entry_of(r, s) : NULL;

        if (!e)
                return -1;
        pthread_mutex_lock(&r->lock);
        make_room(r, e->born_ms);
        hash_add(&r->by_id, &e->node, hash_bytes(e->id, e->id_n, r->seed));
        list_add_tail(&r->all, &e->link);
        pthread_mutex_unlock(&r->lock);
        return 0;
}

void tls_resume_forget(struct tls_resume *r, const mbedtls_ssl_session *s)
{
        struct entry *e;

        if (!r)
                return;
        pthread_mutex_lock(&r->lock);
        e = s->id_len <= ID_MAX ? find(r, s) : NULL;
        if (e)
                drop(r, e);
        pthread_mutex_unlock(&r->lock);
}

unsigned tls_resume_count(struct tls_resume *r)
{
        unsigned n;

        pthread_mutex_lock(&r->lock);
        n = r->by_id.count;
        pthread_mutex_unlock(&r->lock);
        return n;
}
