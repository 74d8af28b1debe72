/*
 * `configure session NAME`: a copy of the running configuration that is changed aside and takes its place as a whole,
 * or not at all. Few, known by name; one user at a time. All under box->conf_lock; the store itself belongs to the
 * user.
 */
#ifndef VOXGATE_CLI_CONF_CANDIDATE_H
#define VOXGATE_CLI_CONF_CANDIDATE_H

#include "cli/box/box.h"

struct candidate {
        char name[33];
        char user[65];         /* who has it open; "" nobody */
        struct store *store;   /* NULL: the place is free */
        struct keystore *keys; /* a copy in memory: checks see what there is, nothing reaches flash */
        uint64_t base;         /* edits of the running store when it was copied */
};

/* Opens the one of this name, or makes it. NULL: another user has it, too many, out of memory; e says which. */
struct candidate *candidate_open(struct box *b, const char *name, const char *user, struct err *e);
/* It stays as it is, for the next who opens it. */
void candidate_close(struct candidate *c);
void candidate_drop(struct candidate *c);
struct candidate *candidate_find(struct box *b, const char *name);
/* Has the running configuration changed since it was copied? */
bool candidate_is_stale(const struct box *b, const struct candidate *c);
void candidates_fini(struct box *b);

#endif
