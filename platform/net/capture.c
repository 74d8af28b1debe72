#include "platform/net/capture_int.h"

#include "platform/base/mem.h"
#include "platform/base/str.h"

#define BUFFER_MIN 1534u
#define BUFFER_MAX 33554432u
#define LEN_MIN 64u

void capture_def_init(struct capture_def *d, const char *name)
{
        memset(d, 0, sizeof *d);
        str_copy(d->name, sizeof d->name, name);
        d->buffer = 524288;
        d->packet_len = 1518;
        d->drop = -1;
}

struct capture_set *capture_set_new(void)
{
        return mem_alloc(MEM_CAPTURE, sizeof(struct capture_set));
}

static void capture_free(struct capture *c)
{
        capture_buf_fini(&c->buf);
        mem_free(c);
}

void capture_set_free(struct capture_set *s)
{
        for (unsigned i = 0; s && i < s->n; i++)
                capture_free(s->cap[i]);
        mem_free(s);
}

static int find(const struct capture_set *s, const char *name)
{
        for (unsigned i = 0; i < s->n; i++) {
                if (strcmp(s->cap[i]->def.name, name) == 0)
                        return (int)i;
        }
        return -1;
}

static void count_types(struct capture_set *s)
{
        memset(s->by_type, 0, sizeof s->by_type);
        for (unsigned i = 0; i < s->n; i++)
                s->by_type[s->cap[i]->def.type]++;
}

static int check(const struct capture_def *d, struct err *e)
{
        if (!d->name[0])
                return err_set(e, ERR_SYNTAX, "a capture needs a name");
        if (d->buffer < BUFFER_MIN || d->buffer > BUFFER_MAX)
                return err_set(e, ERR_RANGE, "buffer %u is outside %u-%u", d->buffer, BUFFER_MIN, BUFFER_MAX);
        if (d->packet_len < LEN_MIN || d->packet_len > CAPTURE_LEN_MAX)
                return err_set(e, ERR_RANGE, "packet-length %u is outside %u-%u", d->packet_len, LEN_MIN,
                               CAPTURE_LEN_MAX);
        if (d->nmatch > CAPTURE_MATCH_MAX)
                return err_set(e, ERR_LIMIT, "%u match clauses, at most %u are possible", d->nmatch,
                               CAPTURE_MATCH_MAX);
        return 0;
}

static int add(struct capture_set *s, const struct capture_def *d, struct err *e)
{
        struct capture *c;

        if (s->n == CAPTURES_MAX)
                return err_set(e, ERR_LIMIT, "%u captures exist, no more are possible", CAPTURES_MAX);
        c = mem_alloc(MEM_CAPTURE, sizeof *c);
        if (!c || capture_buf_init(&c->buf, d->buffer, d->circular) != 0) {
                mem_free(c);
                return err_nomem(e, "making a capture buffer");
        }
        c->def = *d;
        s->cap[s->n++] = c;
        return 0;
}

/* What was captured moves over as far as it fits: the oldest into a linear buffer, the newest into a circular one. */
static int resize(struct capture *c, const struct capture_def *d, uint8_t *scratch, struct err *e)
{
        struct capture_buf fresh;
        struct capture_rec r;

        if (capture_buf_init(&fresh, d->buffer, d->circular) != 0)
                return err_nomem(e, "making a capture buffer");
        for (uint64_t i = 0; capture_buf_read(&c->buf, i, &r, scratch, CAPTURE_LEN_MAX); i++) {
                if (!capture_buf_add(&fresh, &r, scratch) && !d->circular)
                        break;
        }
        capture_buf_fini(&c->buf);
        c->buf = fresh;
        return 0;
}

int capture_put(struct capture_set *s, const struct capture_def *d, struct err *e)
{
        int i = find(s, d->name), rc = check(d, e);
        struct capture *c = i < 0 ? NULL : s->cap[i];

        if (rc == 0 && !c)
                rc = add(s, d, e);
        else if (rc == 0 && (c->def.buffer != d->buffer || c->def.circular != d->circular))
                rc = resize(c, d, s->scratch, e);
        if (rc == 0 && c)
                c->def = *d;
        count_types(s);
        return rc;
}

static int no_such(const char *name, struct err *e)
{
        return err_set(e, ERR_REF, "Capture <%s> does not exist", name);
}

int capture_del(struct capture_set *s, const char *name, struct err *e)
{
        int i = find(s, name);

        if (i < 0)
                return no_such(name, e);
        capture_free(s->cap[i]);
        s->n--;
        memmove(&s->cap[i], &s->cap[i + 1], (s->n - (unsigned)i) * sizeof s->cap[0]);
        count_types(s);
        return 0;
}

int capture_clear(struct capture_set *s, const char *name, struct err *e)
{
        int i = name ? find(s, name) : -1;

        if (name && i < 0)
                return no_such(name, e);
        if (name)
                capture_buf_clear(&s->cap[i]->buf);
        for (unsigned k = 0; !name && k < s->n; k++)
                capture_buf_clear(&s->cap[k]->buf);
        return 0;
}

unsigned capture_list(const struct capture_set *s, struct capture_stat out[CAPTURES_MAX])
{
        for (unsigned i = 0; i < s->n; i++) {
                const struct capture *c = s->cap[i];

                out[i].def = c->def;
                out[i].bytes = c->buf.used;
                out[i].pkts = c->buf.pkts;
                out[i].full = c->buf.full;
        }
        return s->n;
}

bool capture_read(const struct capture_set *s, const char *name, uint64_t idx, struct capture_rec *rec, uint8_t *data,
                  size_t cap)
{
        int i = find(s, name);

        return i >= 0 && capture_buf_read(&s->cap[i]->buf, idx, rec, data, cap);
}
