/* Cipher suites by the names of the ASA. One that the linked library lacks is refused when typed,
 * with suites(some) left out. */
#include "cli/lang/types_int.h"

#include <string.h>

#include "platform/base/str.h"
#include "proxy/tls/tls_profile.h"

#define ENTRY (SSL_SUITE_NAME_MAX + 1) /* bytes of one name in the configuration structs */

static const char *const suites[] = { "3des-sha1",       "aes128-sha1", "aes256-sha1", "des-sha1", "dhe-aes128-sha1",
                                      "dhe-aes256-sha1", "null-sha1",   "rc4-md5",     "rc4-sha1" };

static bool available(const char *name)
{
        bool has = false;

        return tls_suite_known(name, &has) && has;
}

TYPE_MATCH(suite_match)
{
        size_t best = 0, hits = 0;

        (void)env;
        (void)ta;
        for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
                size_t c = type_common(suites[i], s, n);

                if (c == n && !suites[i][n])
                        return n;
                hits += c == n;
                best = MAX_OF(best, c);
        }
        return hits == 1 ? n : best == n ? n - 1 : best;
}

static const char *find(const char *s)
{
        for (size_t i = 0; i < ARRAY_LEN(suites); i++)
                if (str_prefix_ci(suites[i], s) && suite_match(NULL, NULL, s, strlen(s)) == strlen(s))
                        return suites[i];
        return NULL;
}

TYPE_STORE(suite_store)
{
        const char *hit = find(s);
        char *entry = field;

        (void)env;
        if (!hit)
                return err_set(e, ERR_SYNTAX, "%s is not a cipher suite", s);
        if (!available(hit) && ta->text)
                return 0;
        if (!available(hit))
                return err_set(e, ERR_SUPPORT, "cipher %s is not available: the TLS library of this build lacks it",
                               hit);
        for (; entry < (char *)field + size && *entry; entry += ENTRY)
                if (!strcmp(entry, hit))
                        return err_set(e, ERR_EXISTS, "cipher %s is given twice", hit);
        if (entry >= (char *)field + size)
                return err_set(e, ERR_LIMIT, "more than %zu ciphers", size / ENTRY);
        return str_copy(entry, ENTRY, hit) ? 0 : -1;
}

TYPE_WRITE(suite_write)
{
        const char *entry = field;

        (void)ta;
        for (size_t i = 0; i < size / ENTRY && *entry; i++, entry += ENTRY)
                text_printf(out, i ? " %s" : "%s", entry);
}

TYPE_EACH(suite_each)
{
        (void)env;
        (void)ta;
        for (size_t i = 0; i < ARRAY_LEN(suites); i++)
                fn(ctx, suites[i]);
}
