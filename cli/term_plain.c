/* Lines from pipes and files: the transcript is made to look like a console log by writing prompt and line ourselves.
 */
#include "cli/term_int.h"

#include <string.h>

#include "platform/base/mem.h"

static enum term_result line_done(struct term *t, bool secret, bool too_long)
{
        if (!secret)
                term_puts(t, term_line_text(t));
        term_puts(t, "\n");
        return too_long ? TERM_LONG : TERM_LINE;
}

/*
 * Input that ends without a newline still is a line. Log lines wait for the next prompt: a script takes a prompt at
 * the end of what it read for the end of an output.
 */
enum term_result term_plain_read(struct term *t, const char *prompt, bool secret)
{
        bool too_long = false;

        term_puts(t, prompt);
        if (t->ipos == t->ilen)
                term_flush(t);
        for (;;) {
                int k = term_getc(t, t->idle_ms ? (int)t->idle_ms : -1);
                char c = (char)k;

                if (k == KEY_WAKE)
                        continue;
                if (k == KEY_NONE)
                        return TERM_IDLE;
                else if (k == KEY_EOF && (!t->line_len || atomic_load(&t->hung)))
                        return TERM_EOF;
                else if (k == '\n' || k == KEY_EOF)
                        return line_done(t, secret, too_long);
                else if (k && !too_long)
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
        bool too_long = false;

        term_puts(t, prompt);
        term_flush(t);
        while (r == TERM_LONG) {
                int k = term_getc(t, t->idle_ms ? (int)t->idle_ms : -1);

                if (k != KEY_WAKE)
                        r = secret_key(t, k, &too_long);
        }
        term_puts(t, "\n");
        term_flush(t); /* what follows may take its time */
        return r == TERM_LINE && too_long ? TERM_LONG : r;
}
