#include "cli/lang/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "platform/base/attr.h"

#define CELL_TEXT 64u /* bytes of a value that is no string */

/* ---- values ---- */

static void put_n(struct table *t, const char *p, size_t n)
{
        if (n)
                t->out.write(t->out.ctx, p, n);
}

static void put(struct table *t, const char *p)
{
        put_n(t, p, strlen(p));
}

/* 1500 with 3 digits is "1.5". */
static void fix_text(char *out, size_t cap, int64_t i, unsigned digits)
{
        uint64_t scale = 1, u = i < 0 ? -(uint64_t)i : (uint64_t)i;
        size_t n;

        for (unsigned k = 0; k < digits; k++)
                scale *= 10;
        n = (size_t)snprintf(out, cap, "%s%llu.%0*llu", i < 0 ? "-" : "", (unsigned long long)(u / scale),
                             (int)digits, (unsigned long long)(u % scale));
        while (out[n - 1] == '0')
                n--;
        out[out[n - 1] == '.' ? n - 1 : n] = 0;
}

static void time_text(char *out, size_t cap, int64_t wall_ns)
{
        time_t secs = (time_t)(wall_ns / NS_PER_S);
        unsigned ms = (unsigned)(wall_ns % NS_PER_S / 1000000);
        struct tm tm;
        size_t n;

        gmtime_r(&secs, &tm);
        n = strftime(out, cap, "%Y-%m-%dT%H:%M:%S", &tm);
        if (ms)
                snprintf(out + n, cap - n, ".%03uZ", ms);
        else
                snprintf(out + n, cap - n, "Z");
}

/* The value as it stands; buf is for those that are no strings. */
static const char *value_text(const struct cell *c, char buf[CELL_TEXT])
{
        switch (c->kind) {
        case CELL_STR:
                return c->v.s;
        case CELL_NUM:
                snprintf(buf, CELL_TEXT, "%llu", (unsigned long long)c->v.u);
                return buf;
        case CELL_INT:
                snprintf(buf, CELL_TEXT, "%lld", (long long)c->v.i);
                return buf;
        case CELL_BOOL:
                return c->v.u ? "true" : "false";
        case CELL_ADDR:
        case CELL_MASK:
                return addr_print(c->v.a, buf);
        case CELL_FIX:
                fix_text(buf, CELL_TEXT, c->v.i, c->digits);
                return buf;
        case CELL_TIME:
                time_text(buf, CELL_TEXT, c->v.i);
                return buf;
        case CELL_NULL:
                break;
        }
        return "";
}

/* ---- text ---- */

/* As it stands in the line. */
static const char *line_text(const struct table *t, const struct cell *c, char buf[CELL_TEXT])
{
        const char *name = c->kind == CELL_ADDR ? addr_names_find(t->names, c->v.a) : NULL;

        return c->text ? c->text : name ? name : value_text(c, buf);
}

static void put_padded(struct table *t, const char *s, bool left, size_t width, size_t most)
{
        size_t n = strnlen(s, most), pad = n < width ? width - n : 0;

        if (left)
                put_n(t, s, n);
        while (pad) {
                static const char blanks[] = "                                ";
                size_t k = MIN_OF(pad, sizeof blanks - 1);

                put_n(t, blanks, k);
                pad -= k;
        }
        if (!left)
                put_n(t, s, n);
}

/* Behind a '%': "-26s", ".3s", "s"; returns what follows. */
static const char *put_cell(struct table *t, const char *spec, const struct cell *c)
{
        char buf[CELL_TEXT], *end;
        bool left = *spec == '-';
        size_t width = strtoul(spec + left, &end, 10), most = SIZE_MAX;

        if (*end == '.')
                most = strtoul(end + 1, &end, 10);
        put_padded(t, line_text(t, c, buf), left, width, most);
        return end + 1;
}

static void put_line(struct table *t, const char *fmt, const struct cell *c, unsigned n)
{
        static const struct cell nothing;
        const char *p;

        while ((p = strchr(fmt, '%'))) {
                put_n(t, fmt, (size_t)(p - fmt));
                if (p[1] == '%') {
                        put_n(t, p, 1);
                        fmt = p + 2;
                        continue;
                }
                fmt = put_cell(t, p + 1, n ? c : &nothing);
                if (n) {
                        c++;
                        n--;
                }
        }
        put(t, fmt);
}

/* ---- JSON ---- */

/* Bytes of the UTF-8 character at p, with its code; 0: there is none. */
static unsigned utf8_char(const unsigned char *p, uint32_t *code)
{
        unsigned n = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

        if (*p < 0x80) {
                *code = *p;
                return 1;
        }
        if (*p < 0xC2 || *p > 0xF4)
                return 0;
        *code = *p & (0x7Fu >> n);
        for (unsigned i = 1; i < n; i++) {
                if ((p[i] & 0xC0) != 0x80)
                        return 0;
                *code = *code << 6 | (p[i] & 0x3F);
        }
        return *code < least[n] || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000) ? 0 : n;
}

/* Control characters are escaped, the second set too: a document may land on a terminal. A byte that is no character
 * is U+FFFD. */
static void put_string(struct table *t, const char *s)
{
        const unsigned char *p = (const unsigned char *)s, *plain = p;
        char esc[8];
        uint32_t code = 0;
        unsigned n;

        put(t, "\"");
        for (; *p; p += n ? n : 1) {
                n = utf8_char(p, &code);
                if (n && code >= 0x20 && code != '"' && code != '\\' && (code < 0x7F || code > 0x9F))
                        continue;
                put_n(t, (const char *)plain, (size_t)(p - plain));
                if (n && (code == '"' || code == '\\'))
                        snprintf(esc, sizeof esc, "\\%c", (char)code);
                else
                        snprintf(esc, sizeof esc, "\\u%04x", n ? code & 0xFFFF : 0xFFFD);
                put(t, esc);
                plain = p + (n ? n : 1);
        }
        put_n(t, (const char *)plain, (size_t)(p - plain));
        put(t, "\"");
}

static bool is_quoted(enum cell_kind k)
{
        return k == CELL_STR || k == CELL_ADDR || k == CELL_MASK || k == CELL_TIME;
}

static void put_value(struct table *t, const struct cell *c)
{
        char buf[CELL_TEXT];

        if (c->kind == CELL_NULL)
                put(t, "null");
        else if (is_quoted(c->kind))
                put_string(t, value_text(c, buf));
        else
                put(t, value_text(c, buf));
}

static void begin_document(struct table *t)
{
        if (t->begun)
                return;
        t->begun = true;
        put(t, "{");
}

/* What stands in front of the next thing in the object or list that is open; each thing in a list begins a line. */
static void put_lead(struct table *t, const char *name)
{
        bool list = t->level[t->depth].list;

        if (t->level[t->depth].some)
                put(t, list ? "," : ", ");
        t->level[t->depth].some = true;
        if (list) {
                put(t, "\n");
                return;
        }
        put_string(t, name);
        put(t, ": ");
}

static void put_members(struct table *t, const struct cell *c, unsigned n)
{
        begin_document(t);
        for (unsigned i = 0; i < n; i++) {
                if (!c[i].name)
                        continue;
                put_lead(t, c[i].name);
                put_value(t, &c[i]);
        }
}

static void open_level(struct table *t, const char *name, bool list)
{
        if (!t->json)
                return;
        begin_document(t);
        put_lead(t, name ? name : "");
        put(t, list ? "[" : "{");
        if (t->depth + 1 < TABLE_DEPTH)
                t->depth++;
        t->level[t->depth].list = list;
        t->level[t->depth].some = false;
}

/* ---- what handlers call ---- */

void table_begin(struct table *t, const struct table_out *out, bool json)
{
        *t = (struct table){ .out = *out, .json = json };
}

bool table_put(struct table *t, const char *fmt, const struct cell *c, unsigned n)
{
        if (t->json)
                put_members(t, c, n);
        else
                put_line(t, fmt, c, n);
        return t->out.flush(t->out.ctx);
}

bool table_row(struct table *t, const char *fmt, const struct cell *c, unsigned n)
{
        if (!t->json)
                return table_put(t, fmt, c, n);
        table_object(t, NULL);
        put_members(t, c, n);
        return table_close(t);
}

bool table_item(struct table *t, const char *fmt, const struct cell *c)
{
        if (!t->json)
                return table_put(t, fmt, c, 1);
        begin_document(t);
        put_lead(t, "");
        put_value(t, c);
        return t->out.flush(t->out.ctx);
}

void table_list(struct table *t, const char *name)
{
        open_level(t, name, true);
}

void table_object(struct table *t, const char *name)
{
        open_level(t, name, false);
}

bool table_close(struct table *t)
{
        if (t->json && t->depth) {
                if (t->level[t->depth].list)
                        put(t, t->level[t->depth].some ? "\n]" : "]");
                else
                        put(t, "}");
                t->depth--;
        }
        return t->out.flush(t->out.ctx);
}

void table_end(struct table *t, const char *why)
{
        const struct cell error = cell_str("error", why);

        if (!t->json)
                return;
        while (t->depth)
                table_close(t);
        put_members(t, &error, why != NULL);
        put(t, "}\n");
        t->out.flush(t->out.ctx);
}
