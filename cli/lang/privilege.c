#include "cli/lang/privilege.h"

#include <string.h>
#include <strings.h>

#include "cli/conf/parse.h"

/* The length of the keyword at s; 0: a value, a bracket, or the end. */
static size_t keyword(const char *s)
{
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_/");

        return s[n] == 0 || s[n] == ' ' ? n : 0;
}

static const char *next_word(const char *s, size_t n)
{
        return s + n + strspn(s + n, " ");
}

/* How many words of the grammar the command names; 0: it is another command. */
static unsigned words_named(const char *command, const char *grammar)
{
        unsigned words = 0;

        for (command += strspn(command, " "); *command; words++) {
                size_t n = strcspn(command, " "), k = keyword(grammar);

                if (!k || n != k || strncasecmp(command, grammar, n) != 0)
                        return 0;
                command = next_word(command, n);
                grammar = next_word(grammar, k);
        }
        return words;
}

static bool fits(const struct privilege_conf *p, enum privilege_form form, enum privilege_mode mode)
{
        return (p->form == PRIV_ANY || p->form == form || (p->form == PRIV_CMD && form == PRIV_CONFIGURE)) &&
               (p->mode == PRIV_MODE_ANY || p->mode == mode);
}

static unsigned level(const struct sys_conf *s, enum privilege_form form, enum privilege_mode mode,
                      const char *grammar, unsigned dflt)
{
        unsigned best = 0;

        conf_each(struct privilege_conf, p, &s->privileges) {
                unsigned named = fits(p, form, mode) ? words_named(p->command, grammar) : 0;

                if (named <= best)
                        continue;
                best = named;
                dflt = p->level;
        }
        return dflt;
}

/* The form is a word of its own in front of the command. */
static enum privilege_form take_form(const char **grammar, enum privilege_form other)
{
        if (!strncmp(*grammar, "show ", 5)) {
                *grammar += 5;
                return PRIV_SHOW;
        }
        if (!strncmp(*grammar, "clear ", 6)) {
                *grammar += 6;
                return PRIV_CLEAR;
        }
        return other;
}

unsigned privilege_of_exec(const struct sys_conf *s, const struct exec_row *row)
{
        const char *grammar = row->grammar;
        enum privilege_form form = take_form(&grammar, PRIV_CMD);

        return level(s, form, PRIV_MODE_EXEC, grammar, exec_level(row));
}

/* Whoever got into a mode gets out of it. */
static bool leaves(const char *line)
{
        return !strcmp(line, "exit") || !strcmp(line, "quit") || !strcmp(line, "end");
}

unsigned privilege_of_conf(const struct sys_conf *s, const struct cmd_row *row)
{
        const char *grammar = row->prefix ? row->prefix : row->line;
        enum privilege_form form = take_form(&grammar, PRIV_CONFIGURE);

        return leaves(row->line) ? 0 : level(s, form, PRIV_MODE_CONFIGURE, grammar, CONF_PRIV);
}
