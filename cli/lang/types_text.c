#include "cli/lang/types_int.h"

#include <string.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"

/* Text has no right form, only a longest one; control characters never get into a configuration. */
static size_t printable(const char *s, size_t n)
{
        size_t i = 0;

        while (i < n && (unsigned char)s[i] >= ' ' && s[i] != 0x7f)
                i++;
        return i;
}

TYPE_MATCH(word_match)
{
        (void)env;
        return ta->hi && n > ta->hi ? ta->hi : printable(s, n);
}

TYPE_MATCH(line_match)
{
        return word_match(env, ta, s, n);
}

TYPE_MATCH(hex_match)
{
        size_t i = strspn(s, "0123456789abcdefABCDEF");

        (void)env;
        i = MIN_OF(i, n);
        return ta->hi && i > ta->hi ? ta->hi : i;
}

/* The name of no command: it is one when the scheme is there. */
TYPE_MATCH(url_match)
{
        static const char *const scheme[] = { "http://", "https://" };
        size_t best = 0;

        for (size_t i = 0; i < ARRAY_LEN(scheme); i++) {
                size_t common = type_common(scheme[i], s, n);

                if (!scheme[i][common])
                        return word_match(env, ta, s, n);
                best = MAX_OF(best, common);
        }
        return MIN_OF(best, n - 1);
}

/* Names are printed again behind keywords and in messages: no blanks, no quotes, nothing that begins a comment. */
TYPE_MATCH(newname_match)
{
        size_t i = 0;

        (void)env;
        if (n && strchr("!:\"?", s[0]))
                return 0;
        while (i < n && s[i] > ' ' && s[i] != 0x7f && s[i] != '"')
                i++;
        return ta->hi && i > ta->hi ? ta->hi : i;
}

TYPE_STORE(text_store)
{
        (void)env;
        (void)ta;
        if (str_copy(field, size, s))
                return 0;
        return err_set(e, ERR_RANGE, "the value is longer than %zu characters", size - 1);
}

TYPE_WRITE(word_write)
{
        const char *s = field;

        (void)ta;
        (void)size;
        text_printf(out, *s && !strchr(s, ' ') && *s != '"' ? "%s" : "\"%s\"", s);
}

TYPE_WRITE(line_write)
{
        (void)ta;
        (void)size;
        text_add(out, field);
}

TYPE_SET(text_set)
{
        (void)size;
        (void)dflt;
        return *(const char *)field != 0;
}

TYPE_CLEAR(text_clear)
{
        (void)dflt;
        mem_wipe(field, size);
}
