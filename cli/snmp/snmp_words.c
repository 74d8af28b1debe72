#include "cli/snmp/snmp_words.h"

#include <string.h>

#include "platform/base/str.h"

void words_split(struct snmp_words *x, const char *line)
{
        char *save = NULL;

        *x = (struct snmp_words){ .n = 0 };
        str_copy(x->text, sizeof x->text, line);
        for (char *p = strtok_r(x->text, " ", &save); p && x->n < SNMP_WORDS_MAX; p = strtok_r(NULL, " ", &save))
                x->w[x->n++] = p;
}

bool words_at(const struct snmp_words *x, const char *word)
{
        return x->at < x->n && !strcmp(x->w[x->at], word);
}

bool words_skip(struct snmp_words *x, const char *word)
{
        bool yes = words_at(x, word);

        x->at += yes;
        return yes;
}

const char *words_next(struct snmp_words *x)
{
        return x->at < x->n ? x->w[x->at++] : "";
}
