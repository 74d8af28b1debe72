#include "pki/pem.h"

#include <mbedtls/base64.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"

#define LINE_RAW 48u /* bytes in a line of 64 characters */
#define TEXT_SLACK 65536u

struct span {
        const char *p;
        size_t n;
};

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_base64(char c)
{
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
               c == '=';
}

/* The next line without its end and without blanks around it; false behind the last. */
static bool next_line(struct span *text, struct span *line)
{
        const char *nl;

        if (!text->n)
                return false;
        nl = memchr(text->p, '\n', text->n);
        *line = (struct span){ text->p, nl ? (size_t)(nl - text->p) : text->n };
        text->n -= line->n + (nl != NULL);
        text->p += line->n + (nl != NULL);
        while (line->n && is_blank(line->p[line->n - 1]))
                line->n--;
        while (line->n && is_blank(*line->p))
                line->p++, line->n--;
        return true;
}

static bool starts(const struct span *line, const char *with)
{
        size_t n = strlen(with);

        return line->n >= n && !memcmp(line->p, with, n);
}

/* "-----BEGIN X-----" or END: what X is. */
static bool is_armour(const struct span *line, const char *kind, struct span *label)
{
        size_t skip = 5 + strlen(kind) + 1;

        if (!starts(line, "-----") || line->n < skip + 5 || memcmp(line->p + 5, kind, strlen(kind)) ||
            memcmp(line->p + line->n - 5, "-----", 5))
                return false;
        *label = (struct span){ line->p + skip, line->n - skip - 5 };
        return true;
}

static int wrong_label(const struct span *got, const char *want, struct err *e)
{
        char shown[48];

        str_escape(shown, sizeof shown, got->p, got->n);
        return err_set(e, ERR_SYNTAX, "the pasted text is a %s, not a %s", shown, want);
}

/* Narrows text to what stands between the armour lines; leaves bare base64 as it is. */
static int strip_armour(struct span *text, const char *label, struct err *e)
{
        struct span rest = *text, line, name, body = { NULL, 0 };

        while (next_line(&rest, &line)) {
                if (is_armour(&line, "BEGIN", &name)) {
                        if (body.p)
                                return err_set(e, ERR_SYNTAX, "the pasted text holds more than one %s", label);
                        if (name.n != strlen(label) || memcmp(name.p, label, name.n))
                                return wrong_label(&name, label, e);
                        body = rest;
                } else if (is_armour(&line, "END", &name) && body.p && rest.p >= body.p && body.n) {
                        size_t upto = (size_t)(line.p - body.p);

                        body.n = upto < body.n ? upto : body.n;
                }
        }
        if (body.p)
                *text = body;
        return 0;
}

/* Copies the base64 characters, adds the padding that careless copying loses. */
static int gather(const struct span *text, char *out, size_t *n, struct err *e)
{
        size_t used = 0;

        for (size_t i = 0, line = 1; i < text->n; i++) {
                char bad[8];

                if (is_base64(text->p[i])) {
                        out[used++] = text->p[i];
                } else if (!is_blank(text->p[i])) {
                        str_escape(bad, sizeof bad, text->p + i, 1);
                        return err_set(e, ERR_SYNTAX, "character '%s' in line %zu is not base64", bad, line);
                }
                line += text->p[i] == '\n';
        }
        if (!used)
                return err_set(e, ERR_SYNTAX, "the pasted text is empty");
        if (used % 4 == 1)
                return err_set(e, ERR_SYNTAX, "the pasted base64 is truncated (%zu characters)", used);
        while (used % 4)
                out[used++] = '=';
        *n = used;
        return 0;
}

static int decode(const char *b64, size_t n, size_t max, uint8_t **out, size_t *len, struct err *e)
{
        size_t room = n / 4 * 3;

        if (room > max + 2)
                return err_set(e, ERR_LIMIT, "the pasted data is larger than %zu bytes", max);
        *out = mem_alloc(MEM_PKI, room);
        if (!*out)
                return err_nomem(e, "decoding base64");
        if (mbedtls_base64_decode(*out, room, len, (const uint8_t *)b64, n) == 0 && *len && *len <= max)
                return 0;
        mem_free_secret(*out);
        *out = NULL;
        return err_set(e, ERR_SYNTAX, "the pasted text is not valid base64");
}

int paste_decode(const char *text, size_t n, const char *label, size_t max, uint8_t **out, size_t *len, struct err *e)
{
        struct span body = { text, n };
        size_t used = 0;
        char *b64;
        int ret;

        *out = NULL;
        *len = 0;
        if (n > max * 2 + TEXT_SLACK)
                return err_set(e, ERR_LIMIT, "the pasted text is longer than %zu characters", max * 2 + TEXT_SLACK);
        if (strip_armour(&body, label, e) < 0)
                return -1;
        b64 = mem_alloc(MEM_PKI, body.n + 4);
        if (!b64)
                return err_nomem(e, "decoding base64");
        ret = gather(&body, b64, &used, e);
        if (ret == 0)
                ret = decode(b64, used, max, out, len, e);
        mem_free_secret(b64);
        return ret;
}

void base64_write(const uint8_t *der, size_t n, struct wbuf *w)
{
        for (size_t i = 0; i < n; i += LINE_RAW) {
                uint8_t line[LINE_RAW / 3 * 4 + 1];
                size_t used = 0;

                if (mbedtls_base64_encode(line, sizeof line, &used, der + i, n - i < LINE_RAW ? n - i : LINE_RAW)) {
                        w->full = true;
                        return;
                }
                wbuf_put(w, line, used);
                wbuf_u8(w, '\n');
                mem_wipe(line, sizeof line);
        }
}

void pem_write(const char *label, const uint8_t *der, size_t n, struct wbuf *w)
{
        wbuf_printf(w, "-----BEGIN %s-----\n", label);
        base64_write(der, n, w);
        wbuf_printf(w, "-----END %s-----\n", label);
}
