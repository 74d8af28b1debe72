/*
 * Whom `debug call` follows: words of which a debug line must hold one. A tls-proxy names a session's ends once and
 * its number from then on: the numbers of sessions that were followed are learned.
 */
#ifndef VOXGATE_CLI_SESSION_FOLLOW_H
#define VOXGATE_CLI_SESSION_FOLLOW_H

#include <stdbool.h>

#define FOLLOW_WORDS 16u
#define FOLLOW_FLOWS 8u
#define FOLLOW_WORD_MAX 72u

struct follow {
        char what[96]; /* as typed; "": everybody */
        unsigned n, nflows;
        char word[FOLLOW_WORDS][FOLLOW_WORD_MAX];
        char flow[FOLLOW_FLOWS][16]; /* the last ones */
};

/* Too many or too long ones are left out: false. */
bool follow_add(struct follow *f, const char *word);
/* Is the line about whom is followed? Of nobody in particular: every line is. */
bool follow_line(struct follow *f, const char *line);

#endif
