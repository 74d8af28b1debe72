#include "platform/base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
        va_list ap;

        if (!e)
                return -1;
        e->code = code;
        va_start(ap, fmt);
        vsnprintf(e->text, sizeof e->text, fmt, ap);
        va_end(ap);
        return -1;
}

int err_nomem(struct err *e, const char *what)
{
        return err_set(e, ERR_NOMEM, "out of memory while %s", what);
}

const char *err_code_name(enum err_code code)
{
        static const char *const name[] = {
                [ERR_NONE] = "no error",         [ERR_NOMEM] = "out of memory",
                [ERR_RANGE] = "out of range",    [ERR_SYNTAX] = "malformed",
                [ERR_REF] = "missing reference", [ERR_INUSE] = "in use",
                [ERR_EXISTS] = "already exists", [ERR_LIMIT] = "limit reached",
                [ERR_IO] = "input/output",       [ERR_CRYPTO] = "bad key or signature",
                [ERR_SUPPORT] = "not supported", [ERR_STATE] = "wrong state",
        };

        return (unsigned)code < ARRAY_LEN(name) && name[code] ? name[code] : "unknown error";
}
