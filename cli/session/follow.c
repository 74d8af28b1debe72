#include "cli/session/follow.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/str.h"

bool follow_add(struct follow *f, const char *word)
{
        if (!word[0] || f->n == FOLLOW_WORDS || !str_copy(f->word[f->n], FOLLOW_WORD_MAX, word))
                return false;
        f->n++;
        return true;
}

/* 10.0.0.1 is not in 10.0.0.10 nor in 110.0.0.1; a sentence may end behind it. */
static bool holds(const char *line, const char *word)
{
        size_t n = strlen(word);

        for (const char *p = strstr(line, word); p; p = strstr(p + 1, word)) {
                bool begins = p == line || (!isalnum((unsigned char)p[-1]) && p[-1] != '.');
                bool ends = !isalnum((unsigned char)p[n]) && p[n] != ':' &&
                            !(p[n] == '.' && isalnum((unsigned char)p[n + 1]));

                if (begins && ends)
                        return true;
        }
        return false;
}

/* "TLSP 0a1b2c3d: ..." */
static bool flow_of(const char *line, char out[16])
{
        if (strncmp(line, "TLSP ", 5) || strspn(line + 5, "0123456789abcdef") != 8 || line[13] != ':')
                return false;
        snprintf(out, 16, "%.13s", line);
        return true;
}

bool follow_line(struct follow *f, const char *line)
{
        char flow[16] = "";
        bool known = false;

        if (!f->what[0])
                return true;
        flow_of(line, flow);
        for (unsigned i = 0; flow[0] && i < FOLLOW_FLOWS; i++)
                known |= !strcmp(f->flow[i], flow);
        for (unsigned i = 0; i < f->n; i++) {
                if (!holds(line, f->word[i]))
                        continue;
                if (flow[0] && !known)
                        memcpy(f->flow[f->nflows++ % FOLLOW_FLOWS], flow, sizeof flow);
                return true;
        }
        return known;
}
