/* Names of the log: classes of messages, destinations. */
#include <string.h>

#include "cli/lang/grammar.h"
#include "cli/lang/types_int.h"
#include "platform/base/log.h"
#include "platform/base/str.h"

typedef const char *(*name_fn)(unsigned i); /* NULL behind the last */

static const char *class_name(unsigned i)
{
        return log_class_name(i + 1);
}

static const char *dest_name(unsigned i)
{
        static const char *const name[LOG_DESTS] = { "buffered", "console", "monitor", "trap",
                                                           "asdm",     "mail",    "history" };

        return i < LOG_DESTS ? name[i] : NULL;
}

/* A name in full or a beginning that only one has; -1. */
static int find(name_fn name, const char *s, size_t n)
{
        int found = -1;

        for (unsigned i = 0; name(i); i++) {
                if (type_common(name(i), s, n) != n)
                        continue;
                if (!name(i)[n])
                        return (int)i;
                found = found == -1 ? (int)i : -2;
        }
        return found < 0 ? -1 : found;
}

static size_t match(name_fn name, const char *s, size_t n)
{
        size_t best = 0;

        if (n && find(name, s, n) >= 0)
                return n;
        for (unsigned i = 0; name(i); i++)
                best = MAX_OF(best, type_common(name(i), s, n));
        return best && best == n ? n - 1 : best;
}

static int store(name_fn name, const char *s, void *field, size_t size, int first, struct err *e)
{
        int i = find(name, s, strlen(s));

        if (i < 0)
                return err_set(e, ERR_RANGE, "%s is not known", s);
        field_put(field, size, i + first);
        return 0;
}

static void write(name_fn name, const void *field, size_t size, int first, struct text *out)
{
        const char *n = name((unsigned)((int)field_get(field, size) - first));

        text_add(out, n ? n : "?");
}

/* The four functions of a type over one list of names, the first of which is stored as `first`. */
#define LOG_NAMES(type, names, first)                                                                                \
        TYPE_MATCH(type##_match)                                                                                     \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                return match(names, s, n);                                                                           \
        }                                                                                                            \
        TYPE_STORE(type##_store)                                                                                     \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                return store(names, s, field, size, first, e);                                                       \
        }                                                                                                            \
        TYPE_WRITE(type##_write)                                                                                     \
        {                                                                                                            \
                (void)ta;                                                                                            \
                write(names, field, size, first, out);                                                               \
        }                                                                                                            \
        TYPE_EACH(type##_each)                                                                                       \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                for (unsigned i = 0; names(i); i++)                                                                  \
                        fn(ctx, names(i));                                                                           \
        }

LOG_NAMES(logclass, class_name, 1)
LOG_NAMES(logdest, dest_name, 0)
