/* A kept line `snmp-server ...`, word by word. */
#ifndef VOXGATE_CLI_SNMP_WORDS_H
#define VOXGATE_CLI_SNMP_WORDS_H

#include <stdbool.h>

#define SNMP_WORDS_MAX 24u

struct snmp_words {
        unsigned n, at;
        char text[512];
        char *w[SNMP_WORDS_MAX];
};
void words_split(struct snmp_words *x, const char *line);
bool words_at(const struct snmp_words *x, const char *word); /* is it the next one? */
bool words_skip(struct snmp_words *x, const char *word);     /* the same, and goes behind it */
const char *words_next(struct snmp_words *x);                /* "" behind the last */

#endif
