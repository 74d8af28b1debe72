#include "cli/ssh/sftp_int.h"

#include <string.h>

#include "cli/exec/save.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

enum { OPEN_READ = 1, OPEN_WRITE = 2, OPEN_APPEND = 4, OPEN_CREAT = 8, OPEN_TRUNC = 16, OPEN_EXCL = 32 };

#define READ_MAX 65536u
#define NAMES_AT_ONCE 64u

struct sftp *sftp_new(struct box *b, sftp_note_fn note, void *ctx)
{
        struct sftp *s = mem_alloc(MEM_CLI, sizeof *s);

        if (s)
                *s = (struct sftp){ .b = b, .note = note, .ctx = ctx };
        return s;
}

static void handle_close(struct handle *h)
{
        text_fini(&h->data);
        mem_free(h->entry);
        *h = (struct handle){ 0 };
}

void sftp_free(struct sftp *s)
{
        for (unsigned i = 0; s && i < SFTP_HANDLES; i++)
                handle_close(&s->h[i]);
        mem_free_secret(s);
}

/* ---- handles ---- */

static struct handle *get_handle(struct request *q, enum handle_kind kind)
{
        struct cur c = sftp_get_string(q);
        uint32_t serial = cur_be32(&c);

        if (q->in.bad || c.bad || c.left)
                return NULL;
        for (unsigned i = 0; i < SFTP_HANDLES; i++) {
                struct handle *h = &q->s->h[i];

                if (h->kind && h->serial == serial)
                        return kind == HANDLE_FREE || h->kind == kind ? h : NULL;
        }
        return NULL;
}

static struct handle *handle_new(struct sftp *s, enum handle_kind kind, const char *name)
{
        for (unsigned i = 0; i < SFTP_HANDLES; i++)
                if (!s->h[i].kind) {
                        s->h[i].kind = kind;
                        s->h[i].serial = ++s->serial;
                        str_copy(s->h[i].name, sizeof s->h[i].name, name);
                        return &s->h[i];
                }
        return NULL;
}

static void note(struct request *q, const char *what, const char *name)
{
        if (q->s->note)
                q->s->note(q->s->ctx, what, name);
}

static void note_rename(struct request *q, const char *name, const char *to)
{
        char both[2 * XFER_NAME_MAX + 16];

        snprintf(both, sizeof both, "%s disk0:/%s", name, to);
        note(q, "rename", both);
}

/* ---- files ---- */

/* What is there stays until CLOSE puts the new content in its place. */
static enum xfer_rc prepare_write(struct request *q, struct handle *h, uint32_t flags)
{
        struct xfer_stat st;
        enum xfer_rc rc = xfer_writable(q->s->b, h->name);
        bool there = !rc && !xfer_stat(q->s->b, h->name, &st);

        if (rc)
                return rc;
        if (there && flags & OPEN_EXCL)
                return XFER_EXISTS;
        if (!there && !(flags & OPEN_CREAT))
                return XFER_NONE;
        h->append = flags & OPEN_APPEND;
        return there && !(flags & OPEN_TRUNC) ? xfer_read(q->s->b, h->name, &h->data) : XFER_OK;
}

static bool do_open(struct request *q)
{
        char name[XFER_NAME_MAX + 1];
        enum xfer_rc rc = sftp_get_name(q, name);
        uint32_t flags = cur_be32(&q->in);
        bool writes = flags & OPEN_WRITE;
        struct handle *h;

        if (q->in.bad || !(flags & (OPEN_READ | OPEN_WRITE)))
                return sftp_bad_message(q);
        if (rc)
                return sftp_status_of(q, rc);
        h = handle_new(q->s, writes ? HANDLE_WRITE : HANDLE_READ, name);
        if (!h)
                return sftp_status(q, FX_FAILURE, "Too many open files");
        rc = writes ? prepare_write(q, h, flags) : xfer_read(q->s->b, name, &h->data);
        if (rc) {
                handle_close(h);
                return sftp_status_of(q, rc);
        }
        note(q, writes ? "put" : "get", name);
        return sftp_send_handle(q, h);
}

static bool do_read(struct request *q)
{
        struct handle *h = get_handle(q, HANDLE_READ);
        uint64_t at = sftp_get_u64(q);
        uint32_t n = cur_be32(&q->in);
        struct text body = { 0 };

        if (q->in.bad || !h)
                return sftp_bad_message(q);
        if (at >= h->data.n)
                return sftp_status(q, FX_EOF, "End of file");
        sftp_put_string(&body, text_str(&h->data) + at, MIN_OF(h->data.n - (size_t)at, (size_t)MIN_OF(n, READ_MAX)));
        return sftp_send(q, FXP_DATA, &body);
}

/* What may come behind what is there already. */
static enum xfer_rc add_piece(struct request *q, struct handle *h, uint64_t at, const struct cur *data)
{
        size_t over;

        if (at > h->data.n) /* pieces come one behind the other; holes are not files of ours */
                return XFER_FAILED;
        if (at + data->left > MIN_OF(xfer_room(q->s->b), (uint64_t)FLASH_FILE_MAX))
                return XFER_FULL;
        over = MIN_OF(h->data.n - (size_t)at, data->left);
        if (over)
                memcpy(h->data.p + at, data->p, over);
        text_addn(&h->data, (const char *)data->p + over, data->left - over);
        return h->data.bad ? XFER_FULL : XFER_OK;
}

static bool do_write(struct request *q)
{
        struct handle *h = get_handle(q, HANDLE_WRITE);
        uint64_t at = sftp_get_u64(q);
        struct cur data = sftp_get_string(q);
        enum xfer_rc rc;

        if (q->in.bad || !h)
                return sftp_bad_message(q);
        rc = add_piece(q, h, h->append ? h->data.n : at, &data);
        h->torn |= rc != XFER_OK;
        if (rc == XFER_FAILED)
                return sftp_status(q, FX_FAILURE, "There would be a hole in the file");
        return sftp_status_of(q, rc);
}

/* A file that was not taken whole takes nobody's place. */
static bool do_close(struct request *q)
{
        struct handle *h = get_handle(q, HANDLE_FREE);
        enum xfer_rc rc = XFER_OK;

        if (!h)
                return sftp_bad_message(q);
        if (h->kind == HANDLE_WRITE)
                rc = h->torn ? XFER_FAILED : xfer_write(q->s->b, h->name, text_str(&h->data), h->data.n);
        handle_close(h);
        return sftp_status_of(q, rc);
}

static bool send_stat(struct request *q, const struct xfer_stat *st)
{
        struct text body = { 0 };

        sftp_put_attrs(&body, st);
        return sftp_send(q, FXP_ATTRS, &body);
}

static bool do_stat(struct request *q)
{
        char name[XFER_NAME_MAX + 1];
        struct xfer_stat st;
        enum xfer_rc rc = sftp_get_name(q, name);

        if (!rc)
                rc = xfer_stat(q->s->b, name, &st);
        return rc ? sftp_status_of(q, rc) : send_stat(q, &st);
}

static bool do_fstat(struct request *q)
{
        const struct handle *h = get_handle(q, HANDLE_FREE);
        struct xfer_stat st = { .dir = h && h->kind == HANDLE_DIR, .size = h ? h->data.n : 0 };

        return h ? send_stat(q, &st) : sftp_bad_message(q);
}

/* ---- directories and names ---- */

static bool add_entry(void *ctx, const char *name, const struct xfer_stat *st)
{
        struct handle *h = ctx;

        str_copy(h->entry[h->n].name, sizeof h->entry[h->n].name, name);
        h->entry[h->n++].st = *st;
        return h->n < SFTP_ENTRIES_MAX;
}

static bool do_opendir(struct request *q)
{
        char name[XFER_NAME_MAX + 1];
        enum xfer_rc rc = sftp_get_name(q, name);
        struct handle *h;

        if (rc)
                return sftp_status_of(q, rc);
        h = handle_new(q->s, HANDLE_DIR, name);
        if (!h)
                return sftp_status(q, FX_FAILURE, "Too many open files");
        h->entry = mem_alloc(MEM_CLI, SFTP_ENTRIES_MAX * sizeof *h->entry);
        rc = h->entry ? xfer_list(q->s->b, name, add_entry, h) : XFER_FAILED;
        if (!rc)
                return sftp_send_handle(q, h);
        handle_close(h);
        return sftp_status_of(q, rc);
}

static bool do_readdir(struct request *q)
{
        struct handle *h = get_handle(q, HANDLE_DIR);
        struct text body = { 0 };
        unsigned n;

        if (!h)
                return sftp_bad_message(q);
        n = MIN_OF(h->n - h->at, NAMES_AT_ONCE);
        if (!n)
                return sftp_status(q, FX_EOF, "End of file");
        sftp_put_u32(&body, n);
        for (; n; n--, h->at++)
                sftp_put_name(&body, h->entry[h->at].name, &h->entry[h->at].st);
        return sftp_send(q, FXP_NAME, &body);
}

static bool do_realpath(struct request *q)
{
        char name[XFER_NAME_MAX + 1], full[XFER_NAME_MAX + 2];
        struct text body = { 0 };
        enum xfer_rc rc = sftp_get_name(q, name);

        if (rc)
                return sftp_status_of(q, rc);
        snprintf(full, sizeof full, "/%s", name);
        sftp_put_u32(&body, 1);
        sftp_put_string(&body, full, strlen(full));
        sftp_put_string(&body, full, strlen(full));
        sftp_put_u32(&body, 0);
        return sftp_send(q, FXP_NAME, &body);
}

static bool do_change(struct request *q, uint8_t type)
{
        char name[XFER_NAME_MAX + 1], to[XFER_NAME_MAX + 1];
        enum xfer_rc rc = sftp_get_name(q, name);

        if (!rc && type == FXP_RENAME)
                rc = sftp_get_name(q, to);
        if (rc)
                return sftp_status_of(q, rc);
        if (type == FXP_RENAME)
                note_rename(q, name, to);
        else
                note(q, type == FXP_MKDIR ? "mkdir" : type == FXP_RMDIR ? "rmdir" : "delete", name);
        if (type == FXP_MKDIR)
                return sftp_status_of(q, xfer_mkdir(q->s->b, name));
        if (type == FXP_RENAME)
                return sftp_status_of(q, xfer_rename(q->s->b, name, to));
        return sftp_status_of(q, xfer_remove(q->s->b, name, type == FXP_RMDIR));
}

/* ---- the dispatcher ---- */

static bool version(struct sftp *s, struct text *out)
{
        const uint8_t v[] = { 0, 0, 0, 5, FXP_VERSION, 0, 0, 0, 3 };

        s->started = true;
        text_addn(out, (const char *)v, sizeof v);
        return !out->bad;
}

static bool dispatch(struct request *q, uint8_t type)
{
        switch (type) {
        case FXP_OPEN:
                return do_open(q);
        case FXP_CLOSE:
                return do_close(q);
        case FXP_READ:
                return do_read(q);
        case FXP_WRITE:
                return do_write(q);
        case FXP_STAT:
        case FXP_LSTAT:
                return do_stat(q);
        case FXP_FSTAT:
                return do_fstat(q);
        case FXP_SETSTAT:
        case FXP_FSETSTAT: /* times and permissions are flash's own */
                return sftp_status(q, FX_OK, "Success");
        case FXP_OPENDIR:
                return do_opendir(q);
        case FXP_READDIR:
                return do_readdir(q);
        case FXP_REALPATH:
                return do_realpath(q);
        case FXP_REMOVE:
        case FXP_MKDIR:
        case FXP_RMDIR:
        case FXP_RENAME:
                return do_change(q, type);
        default:
                return sftp_status(q, FX_OP_UNSUPPORTED, "Operation unsupported");
        }
}

bool sftp_packet(struct sftp *s, const void *p, size_t n, struct text *out)
{
        struct request q = { .s = s, .in = cur_of(p, n), .out = out };
        uint8_t type = cur_u8(&q.in);

        if (q.in.bad || (type == FXP_INIT) == s->started)
                return false;
        if (type == FXP_INIT)
                return version(s, out);
        q.id = cur_be32(&q.in);
        return !q.in.bad && dispatch(&q, type);
}
