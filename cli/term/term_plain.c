/* Lines from pipes and files: the transcript is made to look like a console log by writing prompt and line ourselves.
 */
#include "cli/term/term_int.h"

#include <string.h>

#include "platform/base/clock.h"
#include "platform/base/mem.h"

#define SETTLE_MS 100u /* a script answers a prompt sooner */

static enum term_result line_done(struct term *t, bool secret, bool too_long)
{
        if (!secret)
                term_puts(t, term_line_text(t));
        term_puts(t, "\n");
        return too_long ? TERM_LONG : TERM_LINE;
}

/*
 * Log lines that come while a script says nothing. A script takes a prompt at the end of what it read for the end of
 * an output: so no prompt is printed twice, and a fresh one is left alone for a moment.
 */
static void show_async(struct term *t)
{
        char *q = t->line_len ? NULL : term_take_async(t);

        if (!q)
                return;
        if (!term_at_line_start(t))
                term_puts(t, "\n");
        term_puts(t, q);
        mem_free(q);
        term_flush(t);
}

/* The next byte; KEY_NONE when nothing came for the idle time. */
static int wait_byte(struct term *t)
{
        uint64_t since = clock_mono_ms(&clock_system), due = 0; /* when log lines may be shown; 0: there are none */

        for (;;) {
                uint64_t now = due ? clock_mono_ms(&clock_system) : 0;
                int left = term_idle_left(t, since), k;

                if (due && now >= due) {
                        show_async(t);
                        due = 0;
                }
                k = term_getc(t, due ? (int)(due - now) : left);
                if (k == KEY_WAKE && !left)
                        return KEY_NONE;
                if (k == KEY_WAKE && !due)
                        due = clock_mono_ms(&clock_system) + SETTLE_MS;
                else if (k != KEY_WAKE && !(k == KEY_NONE && due))
                        return k;
        }
}

/* Input that ends without a newline still is a line. */
enum term_result term_plain_read(struct term *t, const char *prompt, bool secret)
{
        bool too_long = false;

        term_puts(t, prompt);
        if (t->ipos == t->ilen)
                term_flush(t);
        for (;;) {
                int k = wait_byte(t);
                char c = (char)k;

                if (k == KEY_NONE)
                        return TERM_IDLE;
                if (k == KEY_EOF && (!t->line_len || atomic_load(&t->hung)))
                        return TERM_EOF;
                if (k == '\n' || k == KEY_EOF)
                        return line_done(t, secret, too_long);
                if (k && !too_long)
                        too_long = !term_line_add(t, &c, 1);
        }
}

/* One key of a secret. TERM_LONG: go on; anything else ends the read. */
static enum term_result secret_key(struct term *t, int k, bool *too_long)
{
        char c = (char)k;

        if (k == KEY_NONE)
                return TERM_IDLE;
        if (k == KEY_EOF)
                return TERM_EOF;
        if (k == 3)
                return TERM_INTR;
        if (k == '\n')
                return TERM_LINE;
        if (k == 127 || k == 8)
                t->line_len -= t->line_len ? 1 : 0;
        else if (k == 21)
                t->line_len = 0;
        else if (k >= ' ' && !*too_long)
                *too_long = !term_line_add(t, &c, 1);
        if (t->line)
                t->line[t->line_len] = 0;
        return TERM_LONG;
}

/* On a terminal: erase keys work, nothing is echoed. */
enum term_result term_secret_read(struct term *t, const char *prompt)
{
        enum term_result r = TERM_LONG;
        uint64_t since = clock_mono_ms(&clock_system);
        bool too_long = false;

        term_puts(t, prompt);
        term_flush(t);
        while (r == TERM_LONG) {
                int left = term_idle_left(t, since), k = term_getc(t, left);

                if (k == KEY_WAKE && left)
                        continue;
                r = secret_key(t, k == KEY_WAKE ? KEY_NONE : k, &too_long);
                since = clock_mono_ms(&clock_system);
        }
        term_puts(t, "\n");
        term_flush(t); /* what follows may take its time */
        return r == TERM_LINE && too_long ? TERM_LONG : r;
}
