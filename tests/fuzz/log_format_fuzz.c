/*
 * Lines of the log out of what peers say: one line stays one line, nothing steers a terminal, what is not UTF-8 is
 * escaped, and no record, whole or torn, reads beyond itself. The first byte chooses the form, the second the
 * message.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/log_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
        if (!ok)
                abort();
}

/* How many bytes the character at p has; 0: none that UTF-8 knows. */
static size_t utf8_len(const unsigned char *p)
{
        size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

        if (p[0] >= 0x80 && (p[0] < 0xc2 || p[0] > 0xf4))
                return 0;
        for (size_t i = 1; i < n; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        return n;
}

/* A line as a terminal and a collector may get it. */
static void check_line(const char *line, size_t cap)
{
        const unsigned char *p = (const unsigned char *)line;
        size_t n = strlen(line), step;

        require(n < cap);
        for (size_t i = 0; i < n; i += step) {
                require(p[i] >= 0x20 && p[i] != 0x7f);
                step = utf8_len(p + i);
                require(step > 0 && i + step <= n);
                require(!(p[i] == 0xc2 && p[i + 1] < 0xa0)); /* C1: a terminal takes them as commands */
        }
}

static void format(const struct log_rec *r, uint8_t how, uint8_t which, size_t cap)
{
        static struct log_conf c;
        const struct log_def *d = log_def_of(which % LOG_MSGS);
        char *out = malloc(cap);
        struct wbuf w = wbuf_of(out, cap);

        if (!out)
                return;
        log_conf_init(&c);
        c.timestamp = how & 1;
        c.rfc5424 = how & 2;
        if (how & 4)
                strcpy(c.device_id, "FW1");
        (how & 8 ? log_format_emblem : log_format_line)(&w, &c, d, d->level, r);
        wbuf_text(&w);
        check_line(out, cap);
        free(out);
}

/* What a peer says, as each argument that a string can be. */
static void as_strings(const uint8_t *data, size_t n)
{
        struct log_rec r = { .wall_ns = 1489055104ll * 1000000000 };
        char *s = malloc(n - 1);

        if (!s)
                return;
        memcpy(s, data + 2, n - 2);
        s[n - 2] = 0;
        for (unsigned nargs = 1; nargs <= 3; nargs++) {
                struct log_arg args[3];

                for (unsigned i = 0; i < nargs; i++)
                        args[i] = (struct log_arg)LS(s);
                log_pack(&r, args, nargs);
                memset(r.data + r.len, 0, sizeof r.data - r.len);
                format(&r, data[0], data[1], LOG_LINE_MAX);
        }
        free(s);
}

/* As the bytes of a record: no thread of ours writes such a one. */
static void as_record(const uint8_t *data, size_t n)
{
        struct log_rec r = { .wall_ns = 0 };

        r.len = (uint16_t)(n - 2 > sizeof r.data ? sizeof r.data : n - 2);
        memcpy(r.data, data + 2, r.len);
        format(&r, data[0], data[1], LOG_LINE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        if (n < 2)
                return 0;
        as_strings(data, n);
        as_record(data, n);
        return 0;
}
