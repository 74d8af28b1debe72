/* One error: a code for the program, one line for the operator (cause, value, limit). The caller owns the struct. */
#ifndef VOXGATE_BASE_ERR_H
#define VOXGATE_BASE_ERR_H

#include "platform/base/attr.h"

enum err_code {
        ERR_NONE = 0,
        ERR_NOMEM,   /* out of memory */
        ERR_RANGE,   /* a number or length outside its limits */
        ERR_SYNTAX,  /* malformed text or bytes */
        ERR_REF,     /* names something that does not exist, or exists without what is needed */
        ERR_INUSE,   /* cannot be changed or removed while something uses it */
        ERR_EXISTS,  /* already there */
        ERR_LIMIT,   /* a table or quota is full */
        ERR_IO,      /* a file or socket failed */
        ERR_CRYPTO,  /* a key, certificate or signature is not what it should be */
        ERR_SUPPORT, /* not available in this build or not in force yet */
        ERR_STATE,   /* not now */
};

#define ERR_TEXT_MAX 400

struct err {
        enum err_code code;
        char text[ERR_TEXT_MAX]; /* one line, no newline; may hold "\n" only where the ASA prints two lines */
};

/* Fills e (which may be NULL) and returns -1, so that `return err_set(...)` reads as one statement. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* err_set() with "out of memory while WHAT". */
int err_nomem(struct err *e, const char *what);

/* Static words for a code, never NULL. */
const char *err_code_name(enum err_code code);

#endif
