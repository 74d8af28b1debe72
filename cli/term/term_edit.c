/* Line editing by libedit. Its tputs state is static, so every call is made under one lock of the process. */
#include "cli/term/term_fold.h"
#include "cli/term/term_int.h"

#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "platform/base/clock.h"
#include "platform/base/mem.h"

#define HISTORY_MAX 200
#define INSERT_MAX 256
#define COLUMNS 640 /* libedit wraps there: lines of 511 columns and their prompt do not come near */

struct term_edit {
        struct term *t;
        EditLine *el;
        History *h;
        FILE *in, *out, *err;
        char *held; /* what libedit has written and nobody has seen */
        size_t nheld, held_cap;
        struct term_fold fold; /* between libedit and what is held */
        int model;             /* keeps the terminal that libedit asks for its width */
        const char *prompt;    /* of the read under way */
        bool command;          /* help, completion, history */
        enum term_result result;
};

static pthread_mutex_t el_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t locale_once = PTHREAD_ONCE_INIT;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VG_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define VG_ASAN
#endif
#ifdef VG_ASAN
/* libtinfo forgets a few bytes of each terminal it was asked for; leaks of ours stay visible. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
        return "leak:libtinfo\n";
}
#endif

/*
 * libedit writes under the lock, and a terminal that nobody reads takes no more: so its text is held, and goes out
 * when the lock is not.
 */
static void hold(void *cookie, const char *s, size_t n)
{
        struct term_edit *x = cookie;

        if (x->nheld + n > x->held_cap) {
                size_t cap = (x->nheld + n) * 2;
                char *p = mem_realloc(MEM_CLI, x->held, cap);

                if (!p)
                        return; /* an echo is lost, not a line */
                x->held = p;
                x->held_cap = cap;
        }
        memcpy(x->held + x->nheld, s, n);
        x->nheld += n;
}

static ssize_t folded(void *cookie, const char *s, size_t n)
{
        term_fold_write(&((struct term_edit *)cookie)->fold, s, n);
        return (ssize_t)n;
}

static unsigned columns(void *ctx)
{
        struct winsize ws = { 0 };

        return ioctl(((struct term_edit *)ctx)->t->out, TIOCGWINSZ, &ws) ? 0 : ws.ws_col;
}

/* Gives the lock up and shows what was held. */
static void unlock(struct term_edit *x)
{
        size_t n;

        fflush(x->out);
        n = x->nheld;
        x->nheld = 0;
        pthread_mutex_unlock(&el_lock);
        if (n) {
                term_write(x->t, x->held, n);
                term_flush(x->t);
        }
}

static void set_locale(void)
{
        setlocale(LC_CTYPE, "C.UTF-8");
}

static struct term_edit *edit_of(EditLine *el)
{
        void *x = NULL;

        el_get(el, EL_CLIENTDATA, &x);
        return x;
}

static char *prompt_of(EditLine *el)
{
        return (char *)(uintptr_t)edit_of(el)->prompt;
}

/* What was typed before the cursor; the caller frees it with mem_free_secret(). */
static char *typed(EditLine *el)
{
        const LineInfo *li = el_line(el);
        size_t n = (size_t)(li->cursor - li->buffer);
        char *s = mem_alloc(MEM_CLI, n + 1);

        if (s)
                memcpy(s, li->buffer, n);
        return s;
}

/* Draws prompt and line on a fresh screen line. */
static void redraw(EditLine *el)
{
        fflush(edit_of(el)->out);
        term_fold_reset(&edit_of(el)->fold);
        el_set(el, EL_REFRESH);
}

/* ---- keys ---- */

static unsigned char key_help(EditLine *el, int ch)
{
        struct term_edit *x = edit_of(el);
        char *line;

        if (!x->command || !x->t->hooks.help) {
                char s[2] = { (char)ch, 0 };

                return el_insertstr(el, s) ? CC_ERROR : CC_REFRESH;
        }
        line = typed(el);
        if (!line)
                return CC_ERROR;
        fflush(x->out);
        term_fold_end(&x->fold);
        unlock(x);
        term_puts(x->t, "?\n");
        x->t->hooks.help(x->t->hooks.ctx, line);
        term_flush(x->t);
        pthread_mutex_lock(&el_lock);
        mem_free_secret(line);
        redraw(el);
        return CC_NORM;
}

static unsigned char key_complete(EditLine *el, int ch UNUSED)
{
        struct term_edit *x = edit_of(el);
        char insert[INSERT_MAX], *line;
        bool some;

        if (!x->command || !x->t->hooks.complete)
                return CC_NORM;
        line = typed(el);
        if (!line)
                return CC_ERROR;
        unlock(x);
        some = x->t->hooks.complete(x->t->hooks.ctx, line, insert, sizeof insert);
        pthread_mutex_lock(&el_lock);
        mem_free_secret(line);
        if (!some || !*insert)
                return CC_NORM;
        return el_insertstr(el, insert) ? CC_ERROR : CC_REFRESH;
}

static unsigned char leave(EditLine *el, const char *shown, enum term_result r)
{
        struct term_edit *x = edit_of(el);

        x->result = r;
        fputs(shown, x->out);
        return CC_NEWLINE;
}

static unsigned char key_intr(EditLine *el, int ch UNUSED)
{
        return leave(el, "^C\n", TERM_INTR);
}

static unsigned char key_end(EditLine *el, int ch UNUSED)
{
        return leave(el, "^Z\n", TERM_TO_END);
}

/* ---- waiting for a key ---- */

/* Log lines go above the line being typed. */
static void show_async(EditLine *el, struct term_edit *x)
{
        char *q = term_take_async(x->t);
        const LineInfo *li = el_line(el);
        size_t shown = strlen(x->prompt) + (size_t)(li->lastchar - li->buffer);
        unsigned cols, rows;

        if (!q)
                return;
        term_size(x->t, &cols, &rows);
        if (shown < cols)
                fprintf(x->out, "\r%*s\r", (int)shown, "");
        else
                fputs("\n", x->out);
        fputs(q, x->out);
        mem_free(q);
        redraw(el);
}

static void handle_wake(EditLine *el, struct term_edit *x)
{
        atomic_store(&x->t->resized,
                     false); /* who asks for the size next is told the new one; nothing is drawn anew */
        show_async(el, x);
}

/* A byte of input, waited for without the lock; KEY_EOF also when idle. While more is here, its echo can wait. */
static int wait_byte(EditLine *el, struct term_edit *x)
{
        uint64_t since = clock_mono_ms(&clock_system);

        for (;;) {
                int left = term_idle_left(x->t, since), k;

                if (x->t->ipos < x->t->ilen)
                        pthread_mutex_unlock(&el_lock);
                else
                        unlock(x);
                k = term_getc(x->t, left);
                pthread_mutex_lock(&el_lock);
                if (k == KEY_WAKE && left) {
                        handle_wake(el, x);
                        continue;
                }
                if (k == KEY_NONE || k == KEY_WAKE)
                        x->result = TERM_IDLE;
                return k < 0 ? KEY_EOF : k;
        }
}

/* UTF-8 to one wide character; what is malformed becomes U+FFFD. */
static int get_wide(EditLine *el, wchar_t *wc)
{
        struct term_edit *x = edit_of(el);
        int k = wait_byte(el, x), more;
        uint32_t u;

        if (k < 0)
                return 0;
        if (k < 0x80) {
                *wc = (wchar_t)k;
                return 1;
        }
        more = k >= 0xF0 ? 3 : k >= 0xE0 ? 2 : k >= 0xC2 ? 1 : 0;
        u = (uint32_t)k & (0x3Fu >> more);
        for (int i = 0; i < more; i++) {
                k = wait_byte(el, x);
                if (k < 0)
                        return 0;
                u = u << 6 | ((uint32_t)k & 0x3F);
        }
        *wc = more && u >= 0x80 && u < 0x110000 && (u < 0xD800 || u > 0xDFFF) ? (wchar_t)u : (wchar_t)0xFFFD;
        return 1;
}

/* ---- reading a line ---- */

static enum term_result take_line(struct term *t, struct term_edit *x, const char *s, int n)
{
        if (x->result != TERM_LINE)
                return x->result;
        if (!s || n <= 0)
                return TERM_EOF;
        while (n && (s[n - 1] == '\n' || s[n - 1] == '\r'))
                n--;
        return term_line_add(t, s, (size_t)n) ? TERM_LINE : TERM_LONG;
}

enum term_result term_edit_read(struct term *t, const char *prompt, bool command)
{
        struct term_edit *x = t->edit;
        const char *s;
        int n = 0;
        enum term_result r;

        pthread_mutex_lock(&el_lock);
        x->prompt = prompt;
        x->command = command;
        x->result = TERM_LINE;
        atomic_store(&t->resized, false);
        term_fold_reset(&x->fold);
        s = el_gets(x->el, &n);
        r = take_line(t, x, s, n);
        if (!s && r == TERM_EOF)
                fputs("\n", x->out);
        unlock(x);
        t->last = '\n';
        return r;
}

void term_edit_history(struct term_edit *x, const char *line)
{
        HistEvent ev;

        pthread_mutex_lock(&el_lock);
        history(x->h, &ev, H_ENTER, line);
        pthread_mutex_unlock(&el_lock);
}

void term_edit_forget(struct term_edit *x)
{
        HistEvent ev;

        pthread_mutex_lock(&el_lock);
        history(x->h, &ev, H_CLEAR);
        pthread_mutex_unlock(&el_lock);
}

/* ---- life ---- */

/* Between reads the line stays raw and unechoed: typed-ahead text is shown when it is read. No beeps, no redrawing
 * keys. */
static void configure(struct term_edit *x, const char *type)
{
        static const struct {
                const char *key, *what;
        } keys[] = { { "?", "vg-help" },
                     { "\t", "vg-complete" },
                     { "^C", "vg-intr" },
                     { "^Z", "vg-end" },
                     { "^L", "ed-redisplay" },
                     { "^R", "ed-redisplay" },
                     { "^W", "ed-delete-prev-word" },
                     { "^U", "vi-kill-line-prev" },
                     { "^P", "ed-prev-history" },
                     { "^N", "ed-next-history" } };
        /* as every terminal of today has them, without the time a VT100 needed, which is filled with NULs */
        static const char *const caps[][2] = { { "bl", "" },
                                               { "ce", "\033[K" },
                                               { "cd", "\033[J" },
                                               { "nd", "\033[C" },
                                               { "up", "\033[A" },
                                               { "cl", "\033[H\033[J" },
                                               /* no shifting of what is behind: it may be on other rows */
                                               { "ic", "" },
                                               { "IC", "" },
                                               { "im", "" },
                                               { "ei", "" },
                                               { "dc", "" },
                                               { "DC", "" },
                                               { "dm", "" },
                                               { "ed", "" } };
        EditLine *el = x->el;
        const char *env = getenv("TERM");

        el_set(el, EL_CLIENTDATA, x);
        if (!env || strcmp(env, type)) /* each look-up costs libtinfo some memory for ever */
                el_set(el, EL_TERMINAL, type);
        el_set(el, EL_SIGNAL, 0);
        el_set(el, EL_EDITOR, "emacs");
        el_set(el, EL_PROMPT, prompt_of);
        el_set(el, EL_HIST, history, x->h);
        el_set(el, EL_GETCFN, get_wide);
        for (size_t i = 0; i < ARRAY_LEN(caps); i++)
                el_set(el, EL_SETTC, caps[i][0], caps[i][1], NULL);
        el_set(el, EL_SETTY, "-d", "-isig", "-icrnl", "-inlcr", NULL);
        el_set(el, EL_SETTY, "-x", "-isig", "-icanon", "-echo", "-iexten", "-icrnl", NULL);
        /* the wide form: the narrow one copies the names and never frees them */
        el_wset(el, EL_ADDFN, L"vg-help", L"context help", key_help);
        el_wset(el, EL_ADDFN, L"vg-complete", L"complete the word", key_complete);
        el_wset(el, EL_ADDFN, L"vg-intr", L"drop the line", key_intr);
        el_wset(el, EL_ADDFN, L"vg-end", L"leave configuration mode", key_end);
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
                el_set(el, EL_BIND, keys[i].key, keys[i].what, NULL);
}

/*
 * Management programs wait for the echo of exactly what they sent, but libedit breaks a line where its terminal ends.
 * So it is given another one, which is as ours but very wide; keys come by get_wide(), text goes to ours.
 */
static FILE *wide_terminal(const struct term *t, int *model)
{
        struct winsize ws = { .ws_row = 24, .ws_col = COLUMNS };
        struct termios as;
        int fd;
        FILE *f;

        if (tcgetattr(t->in, &as) || openpty(model, &fd, NULL, &as, &ws)) {
                *model = -1;
                return NULL;
        }
        fcntl(*model, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        f = fdopen(fd, "r");
        if (!f)
                close(fd);
        return f;
}

struct term_edit *term_edit_new(struct term *t, const char *type, struct err *e)
{
        struct term_edit *x = mem_alloc(MEM_CLI, sizeof *x);
        HistEvent ev;

        pthread_once(&locale_once, set_locale);
        if (!x) {
                err_nomem(e, "opening a console");
                return NULL;
        }
        x->t = t;
        x->model = -1;
        x->prompt = "";
        x->in = wide_terminal(t, &x->model);
        x->fold = (struct term_fold){ .cols = columns, .put = hold, .ctx = x };
        x->out = fopencookie(x, "w", (cookie_io_functions_t){ .write = folded });
        x->err = fopen("/dev/null", "w");
        pthread_mutex_lock(&el_lock);
        x->h = history_init();
        if (x->in && x->out && x->err && x->h)
                x->el = el_init_fd("voxgate", x->in, x->out, x->err, fileno(x->in), t->out, fileno(x->err));
        if (x->el) {
                history(x->h, &ev, H_SETSIZE, HISTORY_MAX);
                history(x->h, &ev, H_SETUNIQUE, 1);
                configure(x, type && *type ? type : "vt100");
        }
        pthread_mutex_unlock(&el_lock);
        if (x->el)
                return x;
        term_edit_free(x);
        err_set(e, ERR_IO, "the terminal cannot be set up for line editing");
        return NULL;
}

void term_edit_free(struct term_edit *x)
{
        if (!x)
                return;
        pthread_mutex_lock(&el_lock);
        if (x->el)
                el_end(x->el);
        if (x->h)
                history_end(x->h);
        pthread_mutex_unlock(&el_lock);
        if (x->in)
                fclose(x->in);
        if (x->model >= 0)
                close(x->model);
        if (x->out)
                fclose(x->out);
        if (x->err)
                fclose(x->err);
        mem_free_secret(x->held);
        mem_free(x);
}
