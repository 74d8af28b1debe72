#include "cli/lang/types_int.h"

#include <string.h>

#include "cli/lang/grammar.h"
#include "cli/conf/store.h"
#include "platform/base/addr.h"

/* Into a NUL-ended copy; false when it is too long for any address. */
static bool copy(char out[ADDR_TEXT_MAX], const char *s, size_t n)
{
        if (n >= ADDR_TEXT_MAX)
                return false;
        memcpy(out, s, n);
        out[n] = 0;
        return true;
}

static bool parse_v4(const char *s, size_t n, struct addr *a)
{
        char text[ADDR_TEXT_MAX];

        return copy(text, s, n) && addr_parse(text, a) && addr_is_v4(a);
}

/* How far the text can still become a dotted quad. */
static size_t dotted_prefix(const char *s, size_t n)
{
        unsigned octet = 0, dots = 0, digits = 0;

        for (size_t i = 0; i < n; i++) {
                if (s[i] == '.') {
                        if (!digits || ++dots > 3)
                                return i;
                        octet = digits = 0;
                        continue;
                }
                if (s[i] < '0' || s[i] > '9' || (digits && !octet))
                        return i;
                octet = octet * 10 + (unsigned)(s[i] - '0');
                digits++;
                if (octet > 255)
                        return i;
        }
        return n;
}

/* Where a line could mean either, an object of the name is meant: it is printed by its name, the alias by its
 * address. */
const struct addr *type_alias(const struct type_env *env, const char *s, size_t n)
{
        char name[sizeof((struct alias_conf *)0)->alias];
        const struct conf_obj *o = NULL;

        if (!env || !env->store || env->store->sys.no_names || n >= sizeof name)
                return NULL;
        memcpy(name, s, n);
        name[n] = 0;
        if (!conf_list_find(&env->store->policy.netobjs, name))
                o = conf_list_find(&env->store->sys.aliases, name);
        return o ? &((const struct alias_conf *)(const void *)o)->addr : NULL;
}

static size_t dotted_match(const char *s, size_t n)
{
        struct addr a;

        if (parse_v4(s, n, &a))
                return n;
        return MIN_OF(dotted_prefix(s, n), n - 1);
}

TYPE_MATCH(addr_match)
{
        (void)ta;
        return type_alias(env, s, n) ? n : dotted_match(s, n);
}

TYPE_EACH(alias_each)
{
        (void)ta;
        if (!env->store || env->store->sys.no_names)
                return;
        conf_each(struct alias_conf, a, &env->store->sys.aliases)
                fn(ctx, a->o.name);
}

/* Whether a name is one is the DNS client's question: its refusal has words. */
TYPE_MATCH(host_match)
{
        size_t i = 0;

        (void)env;
        (void)ta;
        while (i < n && (s[i] == '-' || s[i] == '.' || s[i] == '_' || (s[i] >= '0' && s[i] <= '9') ||
                         ((s[i] | 0x20) >= 'a' && (s[i] | 0x20) <= 'z')))
                i++;
        return i;
}

TYPE_STORE(addr_store)
{
        struct addr a;

        (void)env;
        (void)ta;
        if (size != sizeof a || !parse_v4(s, strlen(s), &a))
                return err_set(e, ERR_SYNTAX, "%s is not an IP address", s);
        memcpy(field, &a, sizeof a);
        return 0;
}

TYPE_WRITE(addr_write)
{
        char t[ADDR_TEXT_MAX];

        (void)ta;
        (void)size;
        text_add(out, addr_print(field, t));
}

TYPE_SET(addr_set)
{
        (void)size;
        (void)dflt;
        return ((const struct addr *)field)->fam != ADDR_NONE;
}

TYPE_CLEAR(addr_clear)
{
        (void)dflt;
        memset(field, 0, size);
}

TYPE_MATCH(net_match)
{
        return n == 1 && s[0] == '0' ? 1 : addr_match(env, ta, s, n);
}

TYPE_STORE(net_store)
{
        return addr_store(env, ta, strcmp(s, "0") ? s : "0.0.0.0", field, size, e);
}

/* A mask with holes has the form of an address: the caret would not help, so the refusal has words. */
TYPE_MATCH(mask_match)
{
        (void)env;
        (void)ta;
        return dotted_match(s, n);
}

TYPE_MATCH(netmask_match)
{
        return n == 1 && s[0] == '0' ? 1 : mask_match(env, ta, s, n);
}

TYPE_STORE(mask_store)
{
        struct addr a;
        uint8_t len;

        (void)env;
        (void)ta;
        if (!strcmp(s, "0"))
                s = "0.0.0.0";
        if (!parse_v4(s, strlen(s), &a))
                return err_set(e, ERR_SYNTAX, "%s is not a network mask", s);
        if (!mask_to_len(a.v4, &len))
                return err_set(e, ERR_RANGE, "Invalid netmask %s: a mask has no holes", s);
        field_put(field, size, len);
        return 0;
}

TYPE_WRITE(mask_write)
{
        struct addr a = addr_v4(len_to_mask((uint8_t)field_get(field, size)));
        char t[ADDR_TEXT_MAX];

        (void)ta;
        text_add(out, addr_print(&a, t));
}

/* Every length is a mask: it is the address in front that says whether there is a line. */
TYPE_SET(mask_set)
{
        (void)field;
        (void)size;
        (void)dflt;
        return true;
}

TYPE_MATCH(mac_match)
{
        char text[ADDR_TEXT_MAX];
        struct mac m;
        size_t i;

        (void)env;
        (void)ta;
        if (copy(text, s, n) && mac_parse(text, &m))
                return n;
        i = strspn(s, "0123456789abcdefABCDEF.:");
        return i < n ? i : n - 1;
}

TYPE_STORE(mac_store)
{
        struct mac m;

        (void)env;
        (void)ta;
        if (size != sizeof m || !mac_parse(s, &m))
                return err_set(e, ERR_SYNTAX, "%s is not a MAC address", s);
        if (m.b[0] & 1)
                return err_set(e, ERR_RANGE, "%s is a group address", s);
        memcpy(field, &m, sizeof m);
        return 0;
}

TYPE_WRITE(mac_write)
{
        char t[15];

        (void)ta;
        (void)size;
        text_add(out, mac_print(field, t));
}

TYPE_SET(mac_set)
{
        static const struct mac none;

        (void)dflt;
        return size == sizeof none && memcmp(field, &none, size) != 0;
}

TYPE_CLEAR(mac_clear)
{
        (void)dflt;
        memset(field, 0, size);
}
