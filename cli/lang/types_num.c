#include "cli/lang/types_int.h"

#include <stdio.h>
#include <string.h>

#include "cli/lang/grammar.h"
#include "platform/base/log.h"
#include "platform/base/str.h"

TYPE_SET(num_set)
{
        return !field_is(field, size, dflt);
}

TYPE_CLEAR(num_clear)
{
        field_put(field, size, dflt);
}

/* Digits as far as they can still become a number in range. */
TYPE_MATCH(u32_match)
{
        uint64_t v = 0;
        size_t i = 0;

        (void)env;
        for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
                v = v * 10 + (uint64_t)(s[i] - '0');
                if (v > ta->hi)
                        return i;
        }
        if (i == n && v < ta->lo)
                return n - 1;
        return i;
}

TYPE_STORE(u32_store)
{
        uint64_t v;

        (void)env;
        if (!str_u64(s, ta->lo, ta->hi, &v))
                return err_set(e, ERR_RANGE, "%s is not a number from %llu to %llu", s, (unsigned long long)ta->lo,
                               (unsigned long long)ta->hi);
        field_put(field, size, (int64_t)v);
        return 0;
}

TYPE_WRITE(u32_write)
{
        (void)ta;
        text_printf(out, "%llu", (unsigned long long)field_get(field, size));
}

TYPE_MATCH(duration_match)
{
        char copy[24];
        uint32_t v;

        (void)env;
        (void)ta;
        if (n < sizeof copy) {
                memcpy(copy, s, n);
                copy[n] = 0;
                if (str_parse_duration(copy, &v))
                        return n;
        }
        for (size_t i = 0; i < n; i++)
                if (s[i] != ':' && (s[i] < '0' || s[i] > '9'))
                        return i;
        return n ? n - 1 : 0;
}

TYPE_STORE(duration_store)
{
        uint32_t v;

        (void)env;
        (void)ta;
        if (!str_parse_duration(s, &v))
                return err_set(e, ERR_SYNTAX, "%s is not a time of the form h:mm:ss", s);
        field_put(field, size, v);
        return 0;
}

TYPE_WRITE(duration_write)
{
        char t[24];

        (void)ta;
        text_add(out, str_duration(t, field_get(field, size)));
}

#define LOG_ID_LO 100000u
#define LOG_ID_HI 999999u

/* "711001" or "725001-725014" */
static bool parse_idrange(const char *s, uint32_t v[2])
{
        char lo[16];
        const char *dash = strchr(s, '-');

        if (!dash) {
                bool ok = str_u32(s, LOG_ID_LO, LOG_ID_HI, &v[0]);

                v[1] = v[0];
                return ok;
        }
        if ((size_t)(dash - s) >= sizeof lo)
                return false;
        memcpy(lo, s, (size_t)(dash - s));
        lo[dash - s] = 0;
        return str_u32(lo, LOG_ID_LO, LOG_ID_HI, &v[0]) && str_u32(dash + 1, LOG_ID_LO, LOG_ID_HI, &v[1]) &&
               v[0] <= v[1];
}

TYPE_MATCH(idrange_match)
{
        uint32_t v[2] = { 0, 0 };
        char copy[24];
        size_t i;

        (void)env;
        (void)ta;
        if (n < sizeof copy) {
                memcpy(copy, s, n);
                copy[n] = 0;
                if (parse_idrange(copy, v))
                        return n;
        }
        i = strspn(s, "0123456789-");
        return i < n ? i : n - 1;
}

TYPE_STORE(idrange_store)
{
        uint32_t v[2] = { 0, 0 };

        (void)env;
        (void)ta;
        if (size != sizeof v || !parse_idrange(s, v))
                return err_set(e, ERR_RANGE, "%s is not a message number or a range of them (%u-%u)", s, LOG_ID_LO,
                               LOG_ID_HI);
        memcpy(field, v, sizeof v);
        return 0;
}

TYPE_WRITE(idrange_write)
{
        uint32_t v[2];

        (void)ta;
        (void)size;
        memcpy(v, field, sizeof v);
        text_printf(out, v[0] == v[1] ? "%u" : "%u-%u", v[0], v[1]);
}

TYPE_MATCH(level_match)
{
        size_t best = 0;
        unsigned hits = 0;

        (void)env;
        (void)ta;
        if (n == 1 && s[0] >= '0' && s[0] <= '7')
                return n;
        for (int l = 0; l <= LOG_L_DEBUG; l++) {
                size_t c = type_common(log_level_name(l), s, n);

                hits += c == n;
                best = MAX_OF(best, c);
        }
        return hits == 1 ? n : best && best == n ? best - 1 : best;
}

TYPE_STORE(level_store)
{
        int level;

        (void)env;
        (void)ta;
        if (!log_level_parse(s, &level))
                return err_set(e, ERR_RANGE, "%s is not a severity level", s);
        field_put(field, size, level);
        return 0;
}

TYPE_WRITE(level_write)
{
        (void)ta;
        text_add(out, log_level_name((int)field_get(field, size)));
}

TYPE_EACH(level_each)
{
        (void)env;
        (void)ta;
        for (int l = 0; l <= LOG_L_DEBUG; l++)
                fn(ctx, log_level_name(l));
}

/* ---- "udp/5140", "17/5140", "tcp": of the protocol that the type is about ---- */
struct logproto {
        const char *name, *number;
        uint16_t port;
};
static const struct logproto logprotos[] = { { "udp", "17", 514 }, { "tcp", "6", 1470 } };

static const struct logproto *logproto_of(const struct type_arg *ta)
{
        return &logprotos[ta->text && !strcmp(ta->text, "tcp")];
}

/* How much of the word is the protocol: its name, in either case, or its number; 0: it is another. */
static size_t logproto_len(const struct logproto *p, const char *s, size_t n)
{
        size_t len = strcspn(s, "/");

        len = MIN_OF(len, n);
        if (len && (type_common(p->name, s, len) == len || (len == strlen(p->number) && !memcmp(s, p->number, len))))
                return len;
        return 0;
}

TYPE_MATCH(logport_match)
{
        const struct logproto *p = logproto_of(ta);
        const struct type_arg port = { .lo = 1, .hi = 65535 };
        size_t len = logproto_len(p, s, n);

        if (!len)
                return MAX_OF(type_common(p->name, s, n), type_common(p->number, s, n));
        if (len == n)
                return n;
        if (len + 1 == n) /* nothing behind the slash */
                return n - 1;
        return len + 1 + u32_match(env, &port, s + len + 1, n - len - 1);
}

TYPE_STORE(logport_store)
{
        const struct logproto *p = logproto_of(ta);
        const char *slash = strchr(s, '/');
        uint32_t port = p->port;

        (void)env;
        if (slash && (!str_u32(slash + 1, 1, 65535, &port) || (port < 1025 && port != p->port)))
                return err_set(e, ERR_RANGE, "port %s is not from 1025 to 65535", slash + 1);
        field_put(field, size, port == p->port ? 0 : port);
        return 0;
}

TYPE_WRITE(logport_write)
{
        const struct logproto *p = logproto_of(ta);
        unsigned long long port = (unsigned long long)field_get(field, size);

        text_printf(out, "%s/%llu", p->number, port ? port : p->port);
}
