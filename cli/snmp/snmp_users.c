#include "cli/snmp/snmp_users.h"

#include <stdio.h>
#include <string.h>

#include "cli/snmp/snmp_words.h"
#include "platform/base/str.h"

/* Only these words: at their place there may also be what is secret, in a line that is not as it should be. */
static void take_known(const char *const *known, const char *word, char *out, size_t cap)
{
        for (; *known; known++)
                if (!strcasecmp(*known, word))
                        str_copy(out, cap, *known);
}

/* "aes 128" are two words. */
static void read_cipher(struct snmp_words *x, struct snmp_user *out)
{
        static const char *const known[] = { "DES", "3DES", "AES128", "AES192", "AES256", NULL };
        char word[80];
        bool aes = words_at(x, "aes");

        snprintf(word, sizeof word, "%.20s", words_next(x));
        if (aes)
                snprintf(word, sizeof word, "aes%.20s", words_next(x));
        take_known(known, word, out->priv, sizeof out->priv);
}

static void read_keys(struct snmp_words *x, struct snmp_user *out)
{
        static const char *const known[] = { "MD5", "SHA", NULL };

        if (words_skip(x, "engineID"))
                words_next(x);
        words_skip(x, "encrypted");
        if (!words_skip(x, "auth"))
                return;
        take_known(known, words_next(x), out->auth, sizeof out->auth);
        words_next(x); /* the key */
        if (words_skip(x, "priv"))
                read_cipher(x, out);
}

bool snmp_user_read(const char *line, struct snmp_user *out)
{
        const char *group;
        struct snmp_words x;

        words_split(&x, line);
        *out = (struct snmp_user){ .name = "" };
        if (!words_skip(&x, "snmp-server") || !words_skip(&x, "user") || x.n < 4)
                return false;
        str_copy(out->name, sizeof out->name, words_next(&x));
        group = words_next(&x);
        if (!words_skip(&x, "v3"))
                return true;
        str_copy(out->group, sizeof out->group, group);
        read_keys(&x, out);
        return true;
}

bool snmp_group_read(const char *line, struct snmp_group *out)
{
        struct snmp_words x;

        words_split(&x, line);
        *out = (struct snmp_group){ .name = "" };
        if (!words_skip(&x, "snmp-server") || !words_skip(&x, "group") || x.n < 4)
                return false;
        str_copy(out->name, sizeof out->name, words_next(&x));
        str_copy(out->model, sizeof out->model, words_next(&x));
        str_copy(out->level, sizeof out->level, words_next(&x));
        return true;
}
