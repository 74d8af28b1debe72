#include "cli/term/term_fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { BACKSPACES_MAX = 8 }; /* cheaper than a jump, and what terminals have always had */

static void flush(struct term_fold *f)
{
        if (f->nbuf)
                f->put(f->ctx, f->buf, f->nbuf);
        f->nbuf = 0;
}

static void out(struct term_fold *f, const char *p, size_t n)
{
        if (f->nbuf + n > sizeof f->buf)
                flush(f);
        if (n > sizeof f->buf) {
                f->put(f->ctx, p, n);
                return;
        }
        memcpy(f->buf + f->nbuf, p, n);
        f->nbuf += (unsigned)n;
}

/* ---- the terminal's cursor ---- */

static unsigned row_of(const struct term_fold *f)
{
        return f->edge ? f->shown / f->width - 1 : f->shown / f->width;
}

static void jump(struct term_fold *f, char way, unsigned n)
{
        char t[16];

        if (n)
                out(f, t, (size_t)snprintf(t, sizeof t, "\033[%u%c", n, way));
}

/* A row below the last one may have to be made: only a line feed does. */
static void to_row(struct term_fold *f, unsigned row)
{
        unsigned now = row_of(f);

        if (row < now)
                jump(f, 'A', now - row);
        else
                for (; now < row; now++)
                        out(f, "\n", 1);
}

static void move(struct term_fold *f, unsigned to)
{
        unsigned row = to / f->width;

        if (to == f->shown)
                return;
        if (!f->edge && row == row_of(f) && to < f->shown && f->shown - to <= BACKSPACES_MAX) {
                for (unsigned i = f->shown - to; i; i--)
                        out(f, "\b", 1);
        } else {
                to_row(f, row);
                out(f, "\r", 1);
                jump(f, 'C', to % f->width);
        }
        f->shown = to;
        f->edge = false;
}

static void settle(struct term_fold *f)
{
        move(f, f->at);
}

/* ---- what libedit says ---- */

static void print(struct term_fold *f, const char *p, size_t n, unsigned columns)
{
        settle(f);
        out(f, p, n);
        f->at = f->shown = f->shown + columns;
        f->edge = columns && f->shown % f->width == 0;
        if (f->shown > f->len)
                f->len = f->shown;
}

/* All that stands behind the cursor, on however many rows. */
static void clear(struct term_fold *f)
{
        unsigned to = f->at;

        if (to >= f->len)
                return;
        settle(f);
        if (f->edge) /* still on the last character, which stays */
                out(f, "\n\r", 2);
        f->edge = false;
        out(f, f->len > (to / f->width + 1) * f->width ? "\033[J" : "\033[K", 3);
        f->len = to;
}

void term_fold_end(struct term_fold *f)
{
        if (f->width && f->shown != f->len)
                move(f, f->len % f->width || !f->len ? f->len : f->len - 1);
        flush(f);
}

void term_fold_reset(struct term_fold *f)
{
        f->at = f->shown = f->len = f->nseq = 0;
        f->edge = false;
}

static void line_feed(struct term_fold *f)
{
        term_fold_end(f);
        out(f, "\n", 1);
        term_fold_reset(f);
}

static void control(struct term_fold *f, char c)
{
        if (c == '\n')
                line_feed(f);
        else if (c == '\r')
                f->at = 0;
        else if (c == '\b')
                f->at -= f->at > 0;
        else
                out(f, &c, 1);
}

/* CSI with one number at most. What moves nothing along the line goes out as it is. */
static void escape(struct term_fold *f)
{
        unsigned n = (unsigned)strtoul(f->seq + 2, NULL, 10);

        switch (f->seq[f->nseq - 1]) {
        case 'G':
                f->at = n ? n - 1 : 0;
                break;
        case 'C':
                f->at += n ? n : 1;
                break;
        case 'D':
                f->at -= n ? (n < f->at ? n : f->at) : f->at > 0;
                break;
        case 'K':
        case 'J':
                if (n == 0 && f->len)
                        clear(f);
                else
                        out(f, f->seq, f->nseq);
                break;
        case 'H':
                out(f, f->seq, f->nseq);
                term_fold_reset(f);
                break;
        default:
                settle(f);
                out(f, f->seq, f->nseq);
        }
}

static unsigned bytes_of(unsigned char c)
{
        return c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
}

static unsigned columns_of(const char *p, unsigned n)
{
        uint32_t u = (unsigned char)p[0] & (n == 1 ? 0x7F : 0x3Fu >> (n - 1));
        int w;

        for (unsigned i = 1; i < n; i++)
                u = u << 6 | ((unsigned char)p[i] & 0x3F);
        w = wcwidth((wchar_t)u);
        return w < 0 ? 1 : (unsigned)w;
}

/* Is what has come so far whole? */
static bool whole(const struct term_fold *f)
{
        unsigned char first = (unsigned char)f->seq[0], last = (unsigned char)f->seq[f->nseq - 1];

        if (f->nseq == sizeof f->seq - 1)
                return true;
        if (first == '\033')
                return f->nseq > 2 ? last >= 0x40 && last <= 0x7E : f->nseq == 2 && last != '[';
        return f->nseq >= bytes_of(first);
}

static void take(struct term_fold *f, char c)
{
        f->seq[f->nseq++] = c;
        f->seq[f->nseq] = 0;
        if (!whole(f))
                return;
        if (f->seq[0] == '\033')
                escape(f);
        else if ((unsigned char)c < 0x20)
                control(f, c);
        else
                print(f, f->seq, f->nseq, columns_of(f->seq, f->nseq));
        f->nseq = 0;
}

void term_fold_write(struct term_fold *f, const char *p, size_t n)
{
        f->width = f->cols(f->ctx);
        if (!f->width) {
                f->put(f->ctx, p, n);
                return;
        }
        for (size_t i = 0; i < n; i++)
                take(f, p[i]);
        if (!f->nseq)
                settle(f);
        flush(f);
}
