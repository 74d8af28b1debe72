#include "cli/ssh/scp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"

#define LINE_MAX_ 512
#define PIECE 65536u

struct scp {
        struct box *b;
        const struct scp_io *io;
        bool sink, source, bad;
        char path[XFER_NAME_MAX + 1]; /* its name on flash */
};

/* ---- the command ---- */

bool scp_is_command(const char *command)
{
        return !strncmp(command, "scp ", 4) && (strstr(command, " -t") || strstr(command, " -f"));
}

/* Options are single letters; the last word is the path, perhaps in quotes. */
static void parse_command(struct scp *s, const char *p)
{
        p += 3;
        for (p += strspn(p, " "); *p == '-' && p[1]; p += strcspn(p, " "), p += strspn(p, " ")) {
                size_t n = strcspn(p, " ");

                if (n == 2 && p[1] == '-') {
                        p += 2 + strspn(p + 2, " ");
                        break;
                }
                s->sink |= memchr(p, 't', n) != NULL;
                s->source |= memchr(p, 'f', n) != NULL;
        }
        if ((*p == '\'' || *p == '"') && strlen(p) >= 2 && p[strlen(p) - 1] == *p)
                s->bad = !xfer_name(p + 1, strlen(p) - 2, s->path);
        else
                s->bad = !xfer_name(p, strlen(p), s->path);
        s->bad |= s->sink == s->source;
}

/* ---- what both ends say ---- */

static bool say_ok(struct scp *s)
{
        return s->io->put(s->io->ctx, "", 1);
}

static int say_error(struct scp *s, const char *name, const char *why)
{
        char line[400], shown[300];
        int n = snprintf(line, sizeof line, "\1scp: %s%s%s\n", str_escape(shown, sizeof shown, name, strlen(name)),
                         *name ? ": " : "", why);

        s->io->put(s->io->ctx, line, (size_t)n);
        return 1;
}

static bool get_line(struct scp *s, char *line, size_t *n)
{
        for (*n = 0; *n < LINE_MAX_; (*n)++) {
                if (!s->io->get(s->io->ctx, line + *n, 1))
                        return false;
                if (line[*n] == '\n')
                        return true;
        }
        return false;
}

/* 0: go on; a warning of the client counts as one. */
static bool get_ok(struct scp *s)
{
        char line[LINE_MAX_];
        char c;
        size_t n;

        if (!s->io->get(s->io->ctx, &c, 1))
                return false;
        if (c)
                get_line(s, line, &n);
        return c == 0;
}

static void note(struct scp *s, const char *what, const char *name)
{
        if (s->io->note)
                s->io->note(s->io->ctx, what, name);
}

/* ---- taking ---- */

bool scp_file_line(const char *line, size_t n, uint64_t *size, char *name, size_t cap)
{
        size_t at = 1;
        uint64_t v = 0;

        if (n < 2 || *line != 'C')
                return false;
        while (at < n && line[at] >= '0' && line[at] <= '7')
                at++;
        if (at == 1 || at >= n || line[at++] != ' ')
                return false;
        for (size_t digits = 0; at < n && line[at] >= '0' && line[at] <= '9'; at++, digits++) {
                if (digits == 18)
                        return false;
                v = v * 10 + (uint64_t)(line[at] - '0');
        }
        if (at + 1 >= n || line[at] != ' ' || line[at - 1] == ' ')
                return false;
        at++;
        if (n - at >= cap || memchr(line + at, '/', n - at) || memchr(line + at, 0, n - at))
                return false;
        memcpy(name, line + at, n - at);
        name[n - at] = 0;
        *size = v;
        return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Under which name: in the directory that was said, or the very name. */
static enum xfer_rc target_of(struct scp *s, const char *name, char out[XFER_NAME_MAX + 1])
{
        char joined[XFER_NAME_MAX * 2 + 2];
        struct xfer_stat st;
        bool dir = !xfer_stat(s->b, s->path, &st) && st.dir;

        if (dir)
                snprintf(joined, sizeof joined, "%s/%s", s->path, name);
        else
                snprintf(joined, sizeof joined, "%s", s->path);
        return xfer_name(joined, strlen(joined), out) ? xfer_writable(s->b, out) : XFER_DENIED;
}

static bool get_bytes(struct scp *s, uint64_t size, struct text *to)
{
        char *piece = mem_alloc(MEM_CLI, PIECE);
        bool ok = piece != NULL;

        while (ok && to->n < size) {
                size_t n = MIN_OF(size - to->n, (uint64_t)PIECE);

                ok = s->io->get(s->io->ctx, piece, n);
                if (ok)
                        text_addn(to, piece, n);
                ok &= !to->bad;
        }
        mem_free_secret(piece);
        return ok;
}

/* false: the client has gone, or was told why not. */
static bool take_file(struct scp *s, const char *line, size_t n)
{
        char name[XFER_NAME_MAX + 1], target[XFER_NAME_MAX + 1];
        struct text data = { 0 };
        enum xfer_rc rc;
        uint64_t size;
        bool ok;

        if (!scp_file_line(line, n, &size, name, sizeof name))
                return say_error(s, "", *line == 'D' ? "directories are not taken" : "this is not a file's line") ==
                       0;
        rc = target_of(s, name, target);
        if (!rc && size > xfer_room(s->b))
                rc = XFER_FULL;
        if (rc)
                return say_error(s, name, xfer_words(rc)) == 0;
        ok = say_ok(s) && get_bytes(s, size, &data) && get_ok(s);
        rc = ok ? xfer_write(s->b, target, text_str(&data), data.n) : XFER_FAILED;
        text_fini(&data);
        if (!ok)
                return false;
        if (rc)
                return say_error(s, name, xfer_words(rc)) == 0;
        note(s, "put", target);
        return say_ok(s);
}

static int take_files(struct scp *s)
{
        char line[LINE_MAX_ + 1];
        size_t n;
        int status = 0;

        if (!say_ok(s))
                return 1;
        while (get_line(s, line, &n)) {
                if (*line == 1 || *line == 2)
                        status = 1; /* the client's own trouble with a file */
                else if (*line == 'T' || *line == 'E')
                        say_ok(s);
                else if (!take_file(s, line, n))
                        return 1;
        }
        return status;
}

/* ---- giving ---- */

static int give_file(struct scp *s)
{
        const char *slash = strrchr(s->path, '/'), *name = slash ? slash + 1 : s->path;
        char line[XFER_NAME_MAX + 64];
        struct text data = { 0 };
        enum xfer_rc rc;
        bool ok;
        int n;

        if (!get_ok(s))
                return 1;
        rc = xfer_read(s->b, s->path, &data);
        if (rc) {
                text_fini(&data);
                return say_error(s, s->path, rc == XFER_IS_DIR ? "not a regular file" : xfer_words(rc));
        }
        note(s, "get", s->path);
        n = snprintf(line, sizeof line, "C0600 %zu %s\n", data.n, name);
        ok = s->io->put(s->io->ctx, line, (size_t)n) && get_ok(s) &&
             s->io->put(s->io->ctx, text_str(&data), data.n) && say_ok(s) && get_ok(s);
        text_fini(&data);
        return !ok;
}

int scp_serve(struct box *b, const char *command, const char *refuse, const struct scp_io *io)
{
        struct scp s = { .b = b, .io = io };

        if (refuse)
                return say_error(&s, "", refuse);
        parse_command(&s, command);
        if (s.bad)
                return say_error(&s, "", "the command cannot be understood");
        return s.sink ? take_files(&s) : give_file(&s);
}
