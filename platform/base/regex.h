/*
 * Regular expressions in time linear to the text and memory bounded by the expression: all ways to match are followed
 * side by side, nothing is tried again. POSIX extended syntax: . [] [^] [:class:] ( ) | * + ? {n} {n,} {n,m} ^ $ and
 * \ in front of a character; \xHH, \t, \r, \n and \f as well. No back references.
 */
#ifndef VOXGATE_BASE_REGEX_H
#define VOXGATE_BASE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/base/attr.h"
#include "platform/base/err.h"

#define REGEX_STATES_MAX 1024u /* what an expression may come to when its counts are written out */

struct regex;

/* NULL with the reason. */
struct regex *regex_new(const char *pattern, struct err *e) MUST_USE;
void regex_free(struct regex *r); /* NULL is legal */
/* Does it match somewhere in the text? Any thread. */
bool regex_match(const struct regex *r, const char *text, size_t n);

#endif
