/* SFTP on the wire: answers written, the parts of requests read. */
#include "cli/ssh/sftp_int.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "platform/base/wbuf.h"

/* ---- answers ---- */

void sftp_put_u32(struct text *t, uint32_t v)
{
        const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

        text_addn(t, (const char *)b, 4);
}

static void put_u64(struct text *t, uint64_t v)
{
        sftp_put_u32(t, (uint32_t)(v >> 32));
        sftp_put_u32(t, (uint32_t)v);
}

void sftp_put_string(struct text *t, const void *p, size_t n)
{
        sftp_put_u32(t, (uint32_t)n);
        text_addn(t, p, n);
}

/* Length and kind in front of a body. */
static bool answer(struct request *q, uint8_t type, const struct text *body)
{
        sftp_put_u32(q->out, (uint32_t)(5 + body->n));
        text_addn(q->out, (const char *)&type, 1);
        sftp_put_u32(q->out, q->id);
        text_addn(q->out, text_str(body), body->n);
        return !q->out->bad && !body->bad;
}

bool sftp_send(struct request *q, uint8_t type, struct text *body)
{
        bool ok = answer(q, type, body);

        text_fini(body);
        return ok;
}

bool sftp_status(struct request *q, uint32_t code, const char *words)
{
        struct text body = { 0 };

        sftp_put_u32(&body, code);
        sftp_put_string(&body, words, strlen(words));
        sftp_put_string(&body, "en", 2);
        return sftp_send(q, FXP_STATUS, &body);
}

bool sftp_status_of(struct request *q, enum xfer_rc rc)
{
        static const uint32_t code[] = { [XFER_OK] = FX_OK,          [XFER_NONE] = FX_NO_SUCH_FILE,
                                         [XFER_FULL] = FX_FAILURE,   [XFER_DENIED] = FX_PERMISSION_DENIED,
                                         [XFER_EXISTS] = FX_FAILURE, [XFER_IS_DIR] = FX_FAILURE,
                                         [XFER_TEXT] = FX_FAILURE,   [XFER_FAILED] = FX_FAILURE };

        return sftp_status(q, code[rc], xfer_words(rc));
}

bool sftp_bad_message(struct request *q)
{
        return sftp_status(q, FX_BAD_MESSAGE, "Bad message");
}

#define ATTR_SIZE 1u
#define ATTR_PERMISSIONS 4u
#define ATTR_TIMES 8u
void sftp_put_attrs(struct text *t, const struct xfer_stat *st)
{
        sftp_put_u32(t, ATTR_SIZE | ATTR_PERMISSIONS | ATTR_TIMES);
        put_u64(t, st->size);
        sftp_put_u32(t, st->dir ? 040700 : 0100600);
        sftp_put_u32(t, (uint32_t)st->mtime);
        sftp_put_u32(t, (uint32_t)st->mtime);
}

/* As `ls -l` shows it: some clients print nothing else. */
void sftp_put_name(struct text *t, const char *name, const struct xfer_stat *st)
{
        char line[XFER_NAME_MAX + 100], when[32];
        time_t at = (time_t)st->mtime;
        struct tm tm;

        gmtime_r(&at, &tm);
        strftime(when, sizeof when, "%b %d %H:%M", &tm);
        snprintf(line, sizeof line, "%s    1 voxgate  voxgate  %10llu %s %s", st->dir ? "drwx------" : "-rw-------",
                 (unsigned long long)st->size, when, name);
        sftp_put_string(t, name, strlen(name));
        sftp_put_string(t, line, strlen(line));
        sftp_put_attrs(t, st);
}

/* ---- parts of requests ---- */

struct cur sftp_get_string(struct request *q)
{
        uint32_t n = cur_be32(&q->in);

        return cur_child(&q->in, n);
}

uint64_t sftp_get_u64(struct request *q)
{
        uint64_t hi = cur_be32(&q->in);

        return hi << 32 | cur_be32(&q->in);
}

enum xfer_rc sftp_get_name(struct request *q, char name[XFER_NAME_MAX + 1])
{
        struct cur c = sftp_get_string(q);

        return !q->in.bad && xfer_name((const char *)c.p, c.left, name) ? XFER_OK : XFER_DENIED;
}

bool sftp_send_handle(struct request *q, const struct handle *h)
{
        struct text body = { 0 };

        sftp_put_u32(&body, 4);
        sftp_put_u32(&body, h->serial);
        return sftp_send(q, FXP_HANDLE, &body);
}
