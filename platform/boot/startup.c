#include "platform/boot/startup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/conf/boot_config.h"
#include "cli/conf/commit.h"
#include "cli/conf/running.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"

#define STARTUP_MAX (16u << 20)

struct startup {
        struct box *b;
        char name[BOOT_NAME_MAX + 1]; /* of the file */
        bool elsewhere;               /* it is not the one that was saved last */
        const char *text;             /* of the file */
        size_t len;
        size_t said; /* of b->startup_errors */
        unsigned more;
};

static void PRINTF_LIKE(2, 3) note(struct startup *s, const char *fmt, ...)
{
        size_t room = sizeof s->b->startup_errors - 80 - s->said;
        char *at = s->b->startup_errors + s->said;
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(at, room, fmt, ap);
        va_end(ap);
        if (n < 0 || (size_t)n + 2 > room) {
                *at = 0;
                s->more++;
                return;
        }
        at[n] = '\n';
        at[n + 1] = 0;
        s->said += (size_t)n + 1;
}

/* ---- what is held back ---- */

static void hold(struct startup *s)
{
        s->b->startup_failed = true;
        s->b->store->policy.hold = true;
        s->b->store->dirty |= DIRTY_ACL;
}

static const char *line_at(const struct startup *s, unsigned line_no)
{
        const char *p = s->text, *end = s->text + s->len;

        while (p && --line_no) {
                p = memchr(p, '\n', (size_t)(end - p));
                p = p ? p + 1 : NULL;
        }
        return p;
}

/* Does the line decide who may pass? A line inside an object belongs to the object. */
static bool decides(const struct startup *s, unsigned line_no)
{
        static const char *const word[] = { "access-list ", "access-group ", "object ", "object-group " };
        const char *p = line_no ? line_at(s, line_no) : NULL;

        while (p && p < s->text + s->len && *p == ' ')
                p = --line_no ? line_at(s, line_no) : NULL;
        for (unsigned i = 0; p && i < ARRAY_LEN(word); i++)
                if ((size_t)(s->text + s->len - p) > strlen(word[i]) && !strncmp(p, word[i], strlen(word[i])))
                        return true;
        return false;
}

/* Consoles show it before anybody has logged in: which word of which line was wrong, not what else the line says. */
static int shown_length(const char *words)
{
        const char *at = strstr(words, "Invalid input detected at \""), *end = at ? strstr(at, "\": ") : NULL;

        return end ? (int)(end + 1 - words) : 500;
}

/* Lines that are not in force are many after every save, and no news: one line counts them. */
static void on_words(void *ctx, unsigned line_no, const char *words)
{
        struct startup *s = ctx;

        if (strstr(words, "kept but not in force"))
                return;
        note(s, "*** line %u: %.*s", line_no, shown_length(words), words);
        if (!s->b->store->policy.hold && !strncmp(words, "ERROR", 5) && decides(s, line_no))
                hold(s);
}

/* ---- is it what was saved? ---- */

/* The writer always ends a configuration with this line: without it the file was cut. */
static bool is_whole(const char *text, size_t n)
{
        static const char end[] = ": end\n";

        while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
                n--;
        return n >= sizeof end - 2 && memcmp(text + n - (sizeof end - 2), end, sizeof end - 2) == 0;
}

static void tell_torn(struct startup *s)
{
        unsigned lines = 0;
        size_t whole = s->len;

        while (whole && s->text[whole - 1] != '\n')
                whole--;
        for (size_t i = 0; i < whole; i++)
                lines += s->text[i] == '\n';
        note(s,
             "ERROR: %s is cut short behind line %u (its last line is missing): what could be read is "
             "kept,\n       but no through traffic passes until the configuration is repaired and saved (write "
             "memory)",
             s->name, lines);
        if (whole < s->len)
                note(s, "*** line %u: ERROR: cut off, not read", lines + 1);
        s->len = whole;
        hold(s);
}

static void compare_checksum(struct startup *s)
{
        char is[33];

        if (running_text_checksum(s->text, s->len, is) != RUNNING_SUM_WRONG)
                return;
        note(s, "WARNING: %s is not what was saved: its checksum is %s", s->name, is);
        if (s->b->log_src)
                log_msg(s->b->log_src, LOG_780010, LS(s->name), LS(is));
}

/* ---- who may log in ---- */

static bool has_line(const char *text, size_t n, const char *word, size_t len)
{
        for (const char *p = text, *end = text + n; p && p < end; p++) {
                if ((size_t)(end - p) > len && !memcmp(p, word, len) && p[len] == ' ')
                        return true;
                p = memchr(p, '\n', (size_t)(end - p));
                if (!p)
                        return false;
        }
        return false;
}

/* Lines of the configuration before that say who may log in, of sections the torn one never came to. */
static void keep_logins(struct startup *s, struct box_setup *x, const char *old, size_t n)
{
        static const char *const word[] = { "enable", "passwd", "username", "aaa" };
        struct load_report quiet = { .fn = NULL };
        bool missing[ARRAY_LEN(word)];

        for (unsigned i = 0; i < ARRAY_LEN(word); i++)
                missing[i] = !has_line(s->text, s->len, word[i], strlen(word[i]));
        for (const char *p = old, *nl; p < old + n && (nl = memchr(p, '\n', (size_t)(old + n - p))); p = nl + 1)
                for (unsigned i = 0; i < ARRAY_LEN(word); i++)
                        if (missing[i] && has_line(p, (size_t)(nl - p), word[i], strlen(word[i])))
                                box_load(s->b, x, p, (size_t)(nl - p) + 1, &quiet);
        if (quiet.accepted)
                note(s, "INFO: %u lines about passwords and users were taken from %s.prev", quiet.accepted, s->name);
}

static void take_logins(struct startup *s, struct box_setup *x)
{
        char path[sizeof s->b->flash + sizeof s->name + 8];
        struct err e = { 0 };
        uint8_t *old;
        size_t n;

        snprintf(path, sizeof path, "%s/%s.prev", s->b->flash, s->name);
        if (access(path, F_OK) < 0 || file_read(path, STARTUP_MAX, &old, &n, &e) < 0)
                return;
        keep_logins(s, x, (const char *)old, n);
        mem_free_secret(old);
}

/* ---- loading ---- */

static void load_text(struct startup *s, struct box_setup *x)
{
        struct load_report rep = { .fn = on_words, .ctx = s };
        bool torn = !is_whole(s->text, s->len);

        if (torn)
                tell_torn(s);
        else
                compare_checksum(s);
        if (box_load(s->b, x, s->text, s->len, &rep) < 0)
                s->b->startup_failed = true;
        if (torn) {
                take_logins(s, x);
                hold(s); /* loading emptied the store */
        } else if (s->elsewhere) {
                hold(s);
        } else if (s->b->store->policy.hold) {
                note(s, "ERROR: a line that says who may pass is refused: no through traffic passes until the "
                        "configuration\n       is repaired and saved (write memory)");
        }
        if (rep.inert)
                note(s, "INFO: %u lines are kept but not in force: show configuration inert", rep.inert);
        if (s->more)
                snprintf(s->b->startup_errors + s->said, sizeof s->b->startup_errors - s->said, "... and %u more\n",
                         s->more);
}

/* ---- which file ---- */

static bool is_there(const struct startup *s, char *path, size_t cap)
{
        snprintf(path, cap, "%s/%s", s->b->flash, s->name);
        return access(path, F_OK) == 0 || errno != ENOENT;
}

/* What a crash left beside the file, which may be in a directory. */
static void sweep(const char *flash, const char *path)
{
        char dir[512];
        const char *slash = strrchr(path, '/');

        file_sweep(flash);
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
        if (strcmp(dir, flash) != 0)
                file_sweep(dir);
}

/* Where the file is gone that was saved last, the one that saves went to before is better than none: an older
 * configuration may let pass what the lost one did not, so it holds traffic. false: there is none. */
static bool find_file(struct startup *s, char *path, size_t cap)
{
        bool known = boot_config_get(s->b->flash, s->name), there = is_there(s, path, cap);
        char lost[sizeof s->name];

        sweep(s->b->flash, path);
        if (known && (there || !strcmp(s->name, STARTUP_FILE)))
                return there;
        strcpy(lost, s->name);
        strcpy(s->name, STARTUP_FILE);
        s->elsewhere = true;
        s->b->startup_failed = true;
        there = is_there(s, path, cap);
        if (!known)
                note(s, "ERROR: which file `boot config` named is not known any more%s",
                     there ? "" : ": nothing is configured");
        else
                note(s, "ERROR: disk0:/%s, which `boot config` names, is not there%s", lost,
                     there ? "" : ", nor is there a startup-config: nothing is configured");
        if (there)
                note(s, "       disk0:/" STARTUP_FILE " is read instead, and no through traffic passes until the "
                        "configuration is\n       looked at and saved (write memory)");
        return there;
}

void box_load_startup(struct box *b, struct box_setup *x)
{
        struct startup s = { .b = b, .said = strlen(b->startup_errors) };
        char path[sizeof b->flash + sizeof s.name + 8];
        struct err e = { 0 };
        uint8_t *text;

        if (!b->flash[0] || !find_file(&s, path, sizeof path))
                return;
        snprintf(b->boot_file, sizeof b->boot_file, "%s", s.name);
        if (file_read(path, STARTUP_MAX, &text, &s.len, &e) < 0) {
                b->startup_failed = true;
                note(&s, "ERROR: startup-config: %s", e.text);
                s.text = "";
                take_logins(&s, x);
                return;
        }
        s.text = (const char *)text;
        load_text(&s, x);
        mem_free_secret(text);
}

int box_first_commit(struct box *b, struct err *e)
{
        struct startup s = { .b = b, .said = strlen(b->startup_errors) };
        struct err why = { 0 };

        if (commit_run(b->commit, &why) == 0)
                return 0;
        b->startup_failed = true;
        note(&s, "ERROR: startup-config cannot be put in force, nothing is forwarded: %s", why.text);
        return commit_nothing(b->commit, e);
}
