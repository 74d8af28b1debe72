/* Names of things that exist: nameifs, objects of a kind, hardware names. */
#include "cli/lang/types_int.h"

#include <stdio.h>
#include <string.h>

#include "cli/lang/hwname.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "platform/base/str.h"

static bool same(const char *name, const char *s, size_t n)
{
        return strlen(name) == n && !memcmp(name, s, n);
}

/* Longest beginning that some nameif has; all of it when it is one. */
static size_t match_nameif(const struct store *st, const char *s, size_t n)
{
        size_t best = 0;

        conf_each(struct iface_conf, i, &st->net.ifaces) {
                if (same(i->nameif, s, n))
                        return n;
                if (*i->nameif)
                        best = MAX_OF(best, type_common(i->nameif, s, n));
        }
        return best < n ? best : n - 1;
}

TYPE_MATCH(nameif_match)
{
        const struct type_arg form = { .hi = NAMEIF_MAX };

        (void)ta;
        if (!env || !env->store || env->late)
                return newname_match(env, &form, s, n);
        return match_nameif(env->store, s, n);
}

TYPE_STORE(nameif_store)
{
        if (env && env->late && env->store && !store_iface(env->store, s) && env->missing)
                err_set(env->missing, ERR_REF, "interface %s does not exist", s);
        return text_store(env, ta, s, field, size, e);
}

TYPE_EACH(nameif_each)
{
        (void)ta;
        if (!env->store)
                return;
        conf_each(struct iface_conf, i, &env->store->net.ifaces)
                if (*i->nameif)
                        fn(ctx, i->nameif);
}

/*
 * Objects are checked when the line is understood (ref_store), with one exception: where a group of addresses and a
 * group of ports may stand at the same place, its kind decides which it is.
 */
TYPE_MATCH(ref_match)
{
        const struct conf_kind *k = conf_kind_find(ta->text);
        const struct type_arg form = { .hi = k ? k->name_max : 0 };
        char name[CONF_NAME_MAX + 1];

        if (!k || !env || !env->store || n > CONF_NAME_MAX || !strstr(k->name, "-group"))
                return newname_match(env, &form, s, n);
        memcpy(name, s, n);
        name[n] = 0;
        return conf_kind_other(k, env->store, name) ? 0 : newname_match(env, &form, s, n);
}

TYPE_STORE(ref_store)
{
        const struct conf_kind *k = conf_kind_find(ta->text);
        struct err *to = env && env->late ? env->missing : e;

        if (k && env && env->store && !conf_kind_has(k, env->store, s)) {
                conf_kind_refuse(k, env->store, s, to);
                if (!env->late)
                        return -1;
        }
        return text_store(env, ta, s, field, size, e);
}

TYPE_EACH(ref_each)
{
        const struct conf_kind *k = conf_kind_find(ta->text);

        if (k && env->store)
                conf_kind_each(k, env->store, fn, ctx);
}

/* Offsets of the two names in "(real,mapped)"; false when the form is another. */
static bool split_pair(const char *s, size_t n, size_t *comma)
{
        const char *c = memchr(s, ',', n);

        if (n < 5 || s[0] != '(' || s[n - 1] != ')' || !c || c == s + 1 || c == s + n - 2)
                return false;
        *comma = (size_t)(c - s);
        return !memchr(c + 1, ',', n - *comma - 1);
}

static bool side_known(const struct type_env *env, const char *s, size_t n)
{
        return !env || !env->store || env->late || same("any", s, n) || match_nameif(env->store, s, n) == n;
}

TYPE_MATCH(ifpair_match)
{
        size_t c;

        (void)ta;
        if (!split_pair(s, n, &c) || c - 1 > NAMEIF_MAX || n - c - 2 > NAMEIF_MAX)
                return n && s[0] == '(' ? n - 1 : 0;
        if (!side_known(env, s + 1, c - 1))
                return 1;
        return side_known(env, s + c + 1, n - c - 2) ? n : c + 1;
}

/* One interface to another, each way: what is mostly meant. */
TYPE_EACH(ifpair_each)
{
        char pair[2 * NAMEIF_MAX + 4];

        (void)ta;
        if (!env->store)
                return;
        conf_each(struct iface_conf, real, &env->store->net.ifaces)
                conf_each(struct iface_conf, mapped, &env->store->net.ifaces)
                        if (real != mapped && *real->nameif && *mapped->nameif) {
                                snprintf(pair, sizeof pair, "(%s,%s)", real->nameif, mapped->nameif);
                                fn(ctx, pair);
                        }
}

/* "(inside)": of lines older than 8.3. */
TYPE_MATCH(oneif_match)
{
        const char *comma = memchr(s, ',', n);

        (void)env;
        (void)ta;
        if (s[0] != '(')
                return 0;
        if (comma)
                return (size_t)(comma - s);
        return n > 2 && s[n - 1] == ')' ? n : n - 1;
}

static void note_missing(const struct type_env *env, const char *nameif)
{
        if (env && env->store && env->missing && strcmp(nameif, "any") != 0 && !store_iface(env->store, nameif))
                err_set(env->missing, ERR_REF, "interface %s does not exist", nameif);
}

/* The field is two adjacent nameif buffers. */
TYPE_STORE(ifpair_store)
{
        char *real = field, *mapped = real + size / 2;
        size_t c, n = strlen(s);

        (void)ta;
        if (!split_pair(s, n, &c) || c > size / 2 || n - c - 1 > size / 2)
                return err_set(e, ERR_SYNTAX, "%s is not of the form (real_interface,mapped_interface)", s);
        memset(field, 0, size);
        memcpy(real, s + 1, c - 1);
        memcpy(mapped, s + c + 1, n - c - 2);
        note_missing(env, real);
        note_missing(env, mapped);
        return 0;
}

TYPE_WRITE(ifpair_write)
{
        const char *real = field;

        (void)ta;
        text_printf(out, "(%s,%s)", real, real + size / 2);
}

/* (any,any) is what a line without interfaces means. */
TYPE_SET(ifpair_set)
{
        const char *real = field;

        (void)dflt;
        return *real && (strcmp(real, "any") != 0 || strcmp(real + size / 2, "any") != 0);
}

TYPE_MATCH(hwname_match)
{
        char out[HWNAME_MAX + 1];

        (void)env;
        (void)ta;
        return hwname_canon(s, n, out) ? n : hwname_common(s, n);
}

TYPE_STORE(hwname_store)
{
        char out[HWNAME_MAX + 1];

        (void)env;
        (void)ta;
        if (!hwname_canon(s, strlen(s), out))
                return err_set(e, ERR_SYNTAX, "%s is not the name of an interface", s);
        return str_copy(field, size, out) ? 0 : err_set(e, ERR_RANGE, "%s is too long", s);
}

TYPE_EACH(hwname_each)
{
        (void)ta;
        if (!env->store)
                return;
        conf_each(struct iface_conf, i, &env->store->net.ifaces)
                fn(ctx, i->o.name);
}

/* The words that lines of the configuration begin with. */
TYPE_EACH(section_each)
{
        const struct cli_tree *t = env->tree ? env->tree : env->store ? env->store->tree : NULL;

        (void)ta;
        if (t)
                running_sections(t, fn, ctx);
}
