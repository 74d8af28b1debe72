#include "cli/term/filter.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/attr.h"
#include "platform/base/str.h"

/* The word at *p in short for `whole`, with no fewer than `least` characters; *p moves behind it. */
static bool says(const char **p, const char *whole, size_t least)
{
        char word[16];
        size_t n;

        *p += strspn(*p, " ");
        n = strcspn(*p, " |");
        if (n < least || n >= sizeof word)
                return false;
        memcpy(word, *p, n);
        word[n] = 0;
        *p += n;
        return str_prefix_ci(whole, word);
}

/* Commands that print something worth filtering. */
bool filter_applies(const char *line)
{
        const struct {
                const char *first, *second;
                size_t least;
        } cmds[] = { { "show", NULL, 2 },
                     { "more", NULL, 2 },
                     { "dir", NULL, 3 },
                     { "who", NULL, 3 },
                     { "packet-tracer", NULL, 3 },
                     { "write", "terminal", 2 } };

        for (size_t i = 0; i < ARRAY_LEN(cmds); i++) {
                const char *p = line;

                if (says(&p, cmds[i].first, cmds[i].least) && (!cmds[i].second || says(&p, cmds[i].second, 1)))
                        return true;
        }
        return false;
}

void filter_split(const char *line, size_t *cmd_len, const char **spec)
{
        bool quoted = false;

        *cmd_len = strlen(line);
        *spec = NULL;
        if (!filter_applies(line))
                return;
        for (const char *p = line; *p; p++) {
                if (*p == '"')
                        quoted = !quoted;
                if (*p != '|' || quoted)
                        continue;
                *cmd_len = (size_t)(p - line);
                *spec = p + 1;
                return;
        }
}

static int compile(struct filter *f, int kind, const char *re, struct err *e)
{
        struct err why;

        if (!*re)
                return err_set(e, ERR_SYNTAX, "%% Incomplete command");
        if (strlen(re) > FILTER_PATTERN_MAX)
                return err_set(e, ERR_RANGE, "regular expression of %zu characters, at most %u", strlen(re),
                               FILTER_PATTERN_MAX);
        f->re = regex_new(re, &why);
        if (!f->re)
                return err_set(e, why.code, "regular expression \"%s\": %s", re, why.text);
        f->kind = kind;
        return 0;
}

/* The word at *p, which moves behind it and one blank: blanks of an expression count. */
static void next_word(const char **p, char *out, size_t cap)
{
        size_t n;

        *p += strspn(*p, " ");
        n = strcspn(*p, " ");
        snprintf(out, cap, "%.*s", (int)n, *p);
        *p += n;
        if (**p)
                (*p)++;
}

static const struct {
        const char *word, *help;
        int kind;
} words[] = {
        { "begin", "Begin with the line that matches", FILTER_BEGIN },
        { "exclude", "Exclude lines that match", FILTER_EXCLUDE },
        { "grep", "Include (-v: exclude) lines that match", FILTER_INCLUDE },
        { "include", "Include lines that match", FILTER_INCLUDE },
        { "json", "The table as one JSON document", FILTER_JSON },
};

const char *filter_word(unsigned i, bool json, const char **help)
{
        if (i >= ARRAY_LEN(words) || (words[i].kind == FILTER_JSON && !json))
                return NULL;
        *help = words[i].help;
        return words[i].word;
}

static int set_json(struct filter *f, const char *rest, struct err *e)
{
        if (rest[strspn(rest, " ")])
                return err_set(e, ERR_SYNTAX, "%% json stands alone: no filter and no word behind it");
        f->kind = FILTER_JSON;
        return 0;
}

int filter_init(struct filter *f, const char *spec, struct err *e)
{
        char word[16];

        *f = (struct filter){ 0 };
        next_word(&spec, word, sizeof word);
        if (!*word)
                return err_set(e, ERR_SYNTAX, "%% Incomplete command");
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
                int kind = words[i].kind;

                if (!str_prefix_ci(words[i].word, word))
                        continue;
                if (kind == FILTER_JSON)
                        return set_json(f, spec, e);
                if (*words[i].word == 'g' && !strncmp(spec, "-v ", 3)) {
                        spec += 3;
                        kind = FILTER_EXCLUDE;
                }
                return compile(f, kind, spec, e);
        }
        return err_set(e, ERR_SYNTAX, "%% Unknown filter \"%s\": include, exclude, begin, grep or json", word);
}

void filter_fini(struct filter *f)
{
        regex_free(f->re);
        f->re = NULL;
        f->kind = FILTER_OFF;
}

bool filter_pass(struct filter *f, const char *line)
{
        bool hit;

        if (f->kind == FILTER_OFF || f->kind == FILTER_JSON || f->begun)
                return true;
        hit = regex_match(f->re, line, strlen(line));
        if (f->kind == FILTER_BEGIN)
                f->begun = hit;
        return f->kind == FILTER_EXCLUDE ? !hit : hit;
}
