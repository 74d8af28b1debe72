#include "cli/term/term_int.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "platform/base/clock.h"
#include "platform/base/mem.h"
#include "platform/base/wake.h"

/* What was typed ahead of the end of input is on its way through a pseudo terminal, and nobody tells how much it is:
 * so many looks in a row see nothing of it. (One alone may be late where the whole machine had stood still.) */
#define ENDING_MS 100
#define ENDING_LOOKS 3

/* ---- life ---- */

static void close_fds(int in, int out)
{
        if (in >= 0)
                close(in);
        if (out >= 0 && out != in)
                close(out);
}

int term_raw(struct term *t, struct err *e)
{
        struct termios raw;

        if (tcgetattr(t->in, &t->saved))
                return err_set(e, ERR_IO, "terminal settings: %s", strerror(errno));
        raw = t->saved;
        raw.c_iflag &= ~(unsigned)(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
        raw.c_oflag |= OPOST | ONLCR;
        raw.c_lflag &= ~(unsigned)(ICANON | ECHO | ECHOE | ECHOK | ECHONL | ISIG | IEXTEN);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (tcsetattr(t->in, TCSADRAIN, &raw))
                return err_set(e, ERR_IO, "terminal settings: %s", strerror(errno));
        return 0;
}

struct term *term_open_fds(int in, int out, const char *type, struct err *e)
{
        struct term *t = mem_alloc(MEM_CLI, sizeof *t);

        if (!t) {
                close_fds(in, out);
                err_nomem(e, "opening a console");
                return NULL;
        }
        t->in = in;
        t->out = out;
        t->last = '\n';
        t->tty = isatty(in) && isatty(out);
        pthread_mutex_init(&t->async_lock, NULL);
        t->wake = wake_open();
        if (t->wake < 0) {
                err_set(e, ERR_IO, "eventfd: %s", strerror(errno));
                goto fail;
        }
        if (t->tty && (term_raw(t, e) || !(t->edit = term_edit_new(t, type, e))))
                goto fail;
        return t;
fail:
        term_close(t);
        return NULL;
}

void term_close(struct term *t)
{
        if (!t)
                return;
        term_flush(t);
        term_edit_free(t->edit);
        if (t->tty)
                tcsetattr(t->in, TCSADRAIN, &t->saved);
        close_fds(t->in, t->out);
        if (t->wake >= 0)
                close(t->wake);
        if (t->on_close)
                t->on_close(t->close_arg);
        pthread_mutex_destroy(&t->async_lock);
        mem_free(t->async);
        mem_free_secret(t->line);
        mem_wipe(t->ibuf, sizeof t->ibuf);
        mem_free(t);
}

bool term_is_tty(const struct term *t)
{
        return t->tty;
}

void term_set_hooks(struct term *t, const struct term_hooks *h)
{
        t->hooks = h ? *h : (struct term_hooks){ 0 };
}

void term_set_idle(struct term *t, unsigned ms)
{
        t->idle_ms = ms;
}

int term_idle_left(const struct term *t, uint64_t since_ms)
{
        uint64_t passed = clock_mono_ms(&clock_system) - since_ms;

        if (!t->idle_ms)
                return -1;
        return passed < t->idle_ms ? (int)(t->idle_ms - passed) : 0;
}

void term_size(const struct term *t, unsigned *cols, unsigned *rows)
{
        struct winsize ws = { 0 };

        *cols = 80;
        *rows = 24;
        if (!t->tty || ioctl(t->out, TIOCGWINSZ, &ws))
                return;
        if (ws.ws_col)
                *cols = ws.ws_col;
        if (ws.ws_row)
                *rows = ws.ws_row;
}

/* ---- input ---- */

static int wait_input(struct pollfd p[2], int timeout_ms, bool ending)
{
        int n = 0;

        if (!ending)
                return poll(p, 2, timeout_ms);
        for (unsigned i = 0; i < ENDING_LOOKS && !n; i++)
                n = poll(p, 2, ENDING_MS);
        return n;
}

/* KEY_NONE: bytes are in the buffer now. */
static int fill(struct term *t, int timeout_ms, bool *got)
{
        struct pollfd p[2] = { { .fd = t->in, .events = POLLIN }, { .fd = t->wake, .events = POLLIN } };
        bool ending = atomic_load(&t->ending);
        ssize_t n;

        *got = false;
        if (t->in < 0 || t->ieof || atomic_load(&t->hung))
                return KEY_EOF;
        if (wait_input(p, timeout_ms, ending) < 0)
                return errno == EINTR ? KEY_WAKE : KEY_EOF;
        if (p[1].revents) {
                wake_drain(t->wake);
                return KEY_WAKE;
        }
        t->ieof = !p[0].revents && ending;
        if (!p[0].revents)
                return t->ieof ? KEY_EOF : KEY_NONE;
        n = read(t->in, t->ibuf, sizeof t->ibuf);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
                return KEY_WAKE;
        if (n <= 0) {
                t->ieof = true;
                return KEY_EOF;
        }
        t->ipos = 0;
        t->ilen = (size_t)n;
        *got = true;
        return KEY_NONE;
}

int term_getc(struct term *t, int timeout_ms)
{
        for (;;) {
                int k;
                bool got = false;

                if (atomic_load(&t->hung))
                        return KEY_EOF;
                if (t->ipos == t->ilen) {
                        k = fill(t, timeout_ms, &got);
                        if (!got)
                                return k;
                }
                k = t->ibuf[t->ipos++];
                if (k == '\n' && t->after_cr) {
                        t->after_cr = false;
                        continue;
                }
                t->after_cr = k == '\r';
                return k == '\r' ? '\n' : k;
        }
}

/* The line feed of a CR LF pair is not input. */
static bool buffered(struct term *t)
{
        if (t->ipos < t->ilen && t->after_cr && t->ibuf[t->ipos] == '\n') {
                t->ipos++;
                t->after_cr = false;
        }
        return t->ipos < t->ilen;
}

bool term_pending(struct term *t, unsigned wait_ms)
{
        struct pollfd p = { .fd = t->in, .events = POLLIN };
        bool got = false;

        if (atomic_load(&t->hung))
                return false;
        if (buffered(t))
                return true;
        if (t->ieof || poll(&p, 1, (int)wait_ms) <= 0)
                return false;
        fill(t, 0, &got);
        return got && buffered(t);
}

bool term_line_add(struct term *t, const char *p, size_t n)
{
        if (t->line_len + n > TERM_LINE_MAX)
                return false;
        if (t->line_len + n + 1 > t->line_cap) {
                size_t cap = (t->line_len + n + 1) * 2 + 256;
                char *l = mem_realloc(MEM_CLI, t->line, cap);

                if (!l)
                        return false;
                t->line = l;
                t->line_cap = cap;
        }
        memcpy(t->line + t->line_len, p, n);
        t->line_len += n;
        t->line[t->line_len] = 0;
        return true;
}

const char *term_line_text(struct term *t)
{
        return t->line_len ? t->line : "";
}

enum term_result term_readline(struct term *t, const char *prompt, const char **line)
{
        enum term_result r;

        term_show_async(t);
        term_flush(t);
        t->line_len = 0;
        *line = "";
        if (t->idled) {
                t->idled = false;
                return TERM_IDLE;
        }
        r = t->edit ? term_edit_read(t, prompt, true) : term_plain_read(t, prompt, false);
        *line = r == TERM_LINE ? term_line_text(t) : "";
        return r;
}

enum term_result term_answer(struct term *t, const char *prompt, bool secret, const char **line)
{
        enum term_result r;

        term_flush(t);
        t->line_len = 0;
        if (!t->edit)
                r = term_plain_read(t, prompt, secret);
        else
                r = secret ? term_secret_read(t, prompt) : term_edit_read(t, prompt, false);
        *line = r == TERM_LINE ? term_line_text(t) : "";
        t->idled = r == TERM_IDLE;
        return r;
}

int term_key(struct term *t)
{
        uint64_t since = clock_mono_ms(&clock_system);
        int k;

        term_flush(t);
        do
                k = term_getc(t, term_idle_left(t, since));
        while (k == KEY_WAKE && term_idle_left(t, since));
        t->idled = k == KEY_NONE || k == KEY_WAKE;
        return k < 0 ? -1 : k;
}

/* Reads behind what is buffered already. */
static void read_behind(struct term *t)
{
        ssize_t n;

        memmove(t->ibuf, t->ibuf + t->ipos, t->ilen - t->ipos);
        t->ilen -= t->ipos;
        t->ipos = 0;
        n = t->ilen < sizeof t->ibuf ? read(t->in, t->ibuf + t->ilen, sizeof t->ibuf - t->ilen) : 0;
        if (n > 0)
                t->ilen += (size_t)n;
}

bool term_abort_key(struct term *t, unsigned wait_ms)
{
        struct pollfd p[2] = { { .fd = t->wake, .events = POLLIN }, { .fd = t->in, .events = POLLIN } };
        uint8_t *c;

        if (poll(p, t->tty ? 2 : 1, (int)wait_ms) > 0 && t->tty && (p[1].revents & POLLIN))
                read_behind(t);
        if (p[0].revents)
                wake_drain(t->wake);
        if (atomic_load(&t->hung) || t->broken)
                return true;
        c = t->tty ? memchr(t->ibuf + t->ipos, 3, t->ilen - t->ipos) : NULL;
        if (c)
                t->ipos = (size_t)(c + 1 - t->ibuf);
        return c != NULL;
}

void term_history_add(struct term *t, const char *line)
{
        if (t->edit)
                term_edit_history(t->edit, line);
}

void term_history_clear(struct term *t)
{
        if (t->edit)
                term_edit_forget(t->edit);
}

/* ---- output ---- */

static void write_all(struct term *t, const char *s, size_t n)
{
        while (n && !t->broken) {
                ssize_t w = write(t->out, s, n);

                if (w >= 0) {
                        s += w;
                        n -= (size_t)w;
                } else if (errno == EAGAIN) {
                        struct pollfd p[2] = { { .fd = t->out, .events = POLLOUT } };

                        if (atomic_load(&t->hung) || poll(p, 1, 1000) == 0)
                                t->broken = atomic_load(&t->hung);
                } else if (errno != EINTR) {
                        t->broken = true;
                }
        }
}

void term_flush(struct term *t)
{
        write_all(t, t->obuf, t->olen);
        t->olen = 0;
}

void term_write(struct term *t, const char *s, size_t n)
{
        if (!n)
                return;
        if (n > sizeof t->obuf - t->olen)
                term_flush(t);
        if (n > sizeof t->obuf) {
                write_all(t, s, n);
        } else {
                memcpy(t->obuf + t->olen, s, n);
                t->olen += n;
        }
        t->last = s[n - 1];
}

void term_puts(struct term *t, const char *s)
{
        term_write(t, s, strlen(s));
}

void term_printf(struct term *t, const char *fmt, ...)
{
        char *s;
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vasprintf(&s, fmt, ap);
        va_end(ap);
        if (n < 0)
                return;
        term_write(t, s, (size_t)n);
        free(s);
}

bool term_at_line_start(const struct term *t)
{
        return t->last == '\n';
}

/* ---- other threads ---- */

void term_async(struct term *t, const char *line)
{
        size_t n = strlen(line);
        char *q = NULL;

        pthread_mutex_lock(&t->async_lock);
        if (t->async_len + n + 1 <= TERM_ASYNC_MAX)
                q = mem_realloc(MEM_CLI, t->async, t->async_len + n + 2);
        if (q) {
                memcpy(q + t->async_len, line, n);
                t->async_len += n;
                q[t->async_len++] = '\n';
                q[t->async_len] = 0;
                t->async = q;
        } else {
                t->async_lost++;
        }
        pthread_mutex_unlock(&t->async_lock);
        wake_kick(t->wake);
}

char *term_take_async(struct term *t)
{
        char *q;

        pthread_mutex_lock(&t->async_lock);
        q = t->async;
        t->async = NULL;
        t->async_len = 0;
        pthread_mutex_unlock(&t->async_lock);
        return q;
}

/* How many lines were refused since the last time. */
static unsigned take_lost(struct term *t)
{
        unsigned n;

        pthread_mutex_lock(&t->async_lock);
        n = t->async_lost;
        t->async_lost = 0;
        pthread_mutex_unlock(&t->async_lock);
        return n;
}

void term_show_async(struct term *t)
{
        char *q;
        unsigned lost;

        if (!term_at_line_start(t))
                return;
        q = term_take_async(t);
        if (q)
                term_puts(t, q);
        mem_free(q);
        lost = take_lost(t);
        if (lost)
                term_printf(t, "%u messages not shown: the console was too slow\n", lost);
}

void term_end_input(struct term *t)
{
        atomic_store(&t->ending, true);
        wake_kick(t->wake);
}

void term_hangup(struct term *t)
{
        atomic_store(&t->hung, true);
        wake_kick(t->wake);
}

void term_stop(struct term *t)
{
        atomic_store(&t->stopped, true);
        term_hangup(t);
}

bool term_stopped(const struct term *t)
{
        return atomic_load(&t->stopped);
}

void term_resized(struct term *t)
{
        atomic_store(&t->resized, true);
        wake_kick(t->wake);
}

bool term_gone(const struct term *t)
{
        return atomic_load(&t->hung) || (t->ieof && t->ipos == t->ilen);
}
