/*
 * Address translation as it was before 8.3: `static`, `nat` with its `global`, `alias`. The lines are kept and do
 * nothing; what to type instead is told where a line, or a pair of lines, says enough.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd/rows.h"
#include "platform/base/hash.h"
#include "platform/base/str.h"

#define WORDS_MAX 24u
#define WORD_MAX 64u

struct old_line {
        char buf[512];
        const char *w[WORDS_MAX + 1]; /* as typed; "" behind the last */
        unsigned n;
};

static void split(struct old_line *l, const char *text)
{
        char *save = NULL;

        l->n = 0;
        str_copy(l->buf, sizeof l->buf, text);
        for (char *w = strtok_r(l->buf, " ", &save); w && l->n < WORDS_MAX; w = strtok_r(NULL, " ", &save))
                l->w[l->n++] = w;
        for (unsigned i = l->n; i <= WORDS_MAX; i++)
                l->w[i] = "";
}

static bool has_word(const struct old_line *l, unsigned from, const char *word)
{
        for (unsigned i = from; i < l->n; i++)
                if (!strcmp(l->w[i], word))
                        return true;
        return false;
}

static const char *behind(const struct old_line *l, unsigned from, const char *word)
{
        for (unsigned i = from; i + 1 < l->n; i++)
                if (!strcmp(l->w[i], word))
                        return l->w[i + 1];
        return "";
}

/* "(inside)" is inside. */
static const char *inner(const char *word, char out[WORD_MAX + 1])
{
        size_t n = strlen(word);

        snprintf(out, WORD_MAX + 1, "%.*s", n > 2 ? (int)MIN_OF(n - 2, (size_t)WORD_MAX) : 0, word + 1);
        return out;
}

static bool is_address(const struct store *s, const char *word)
{
        struct addr a;

        return !strcmp(word, "0") || (addr_parse(word, &a) && addr_is_v4(&a)) ||
               conf_list_find(&s->sys.aliases, word);
}

static const char *zero(const char *word)
{
        return !strcmp(word, "0") ? "0.0.0.0" : word;
}

static bool is_range(const char *word)
{
        return strchr(word, '-') != NULL;
}

static bool is_host_mask(const char *mask)
{
        return !*mask || !strcmp(mask, "255.255.255.255");
}

/* ---- what is typed today ---- */
#define NAME_LEN 64 /* of an object */

struct hint {
        const char *addr, *mask; /* real ones */
        const char *from, *to;   /* interfaces */
        const char *proto, *port, *mapped;
};

/* "_24" of a network; nothing of a host. */
static void put_net(const char *mask, char *out, size_t cap)
{
        struct addr a;
        uint8_t bits;

        if (is_host_mask(mask))
                *out = 0;
        else if (addr_parse(zero(mask), &a) && mask_to_len(a.v4, &bits))
                snprintf(out, cap, "_%u", bits);
        else
                snprintf(out, cap, "_%s", mask);
}

/* What is told is typed line behind line: whatever two lines differ in makes two names of them, cut or not. */
static void name_of(const struct hint *h, char out[NAME_LEN + 1])
{
        char whole[512], net[WORD_MAX + 2];
        const char *dash = *h->proto ? "-" : "";

        put_net(h->mask, net, sizeof net);
        snprintf(whole, sizeof whole, "obj-%s%s-%s-%s%s%s%s%s-%s", zero(h->addr), net, h->from, h->to, dash, h->proto,
                 dash, h->port, h->mapped);
        if (!str_copy(out, NAME_LEN + 1, whole))
                snprintf(out, NAME_LEN + 1, "%.*s-%08x", NAME_LEN - 9, whole,
                         (unsigned)hash_bytes(whole, strlen(whole), 0));
}

static void say_object(struct conf_ctx *c, const struct hint *h)
{
        char name[NAME_LEN + 1];

        name_of(h, name);
        conf_say(c, "object network %s", name);
        if (is_host_mask(h->mask))
                conf_say(c, " host %s", h->addr);
        else
                conf_say(c, " subnet %s %s", zero(h->addr), zero(h->mask));
}

struct static_line {
        const char *proto, *mapped, *mapped_port, *real, *real_port, *mask;
        bool dns;
};

/* static (REAL,MAPPED) [{tcp|udp}] {A|interface} [PORT] REAL [PORT] [netmask M] [dns] ...; false: it says other
 * things. */
static bool read_static(const struct store *s, const struct old_line *l, struct static_line *st)
{
        unsigned at = 2;

        *st = (struct static_line){ .proto = "", .mapped_port = "", .real_port = "" };
        if (!strcmp(l->w[at], "tcp") || !strcmp(l->w[at], "udp"))
                st->proto = l->w[at++];
        st->mapped = l->w[at++];
        if (*st->proto)
                st->mapped_port = l->w[at++];
        st->real = l->w[at++];
        if (*st->proto)
                st->real_port = l->w[at++];
        st->mask = behind(l, MIN_OF(at, l->n), "netmask");
        st->dns = at < l->n && has_word(l, at, "dns");
        return at <= l->n && is_address(s, st->real) && (!*st->mask || is_address(s, st->mask)) &&
               (!*st->proto || is_host_mask(st->mask)) &&
               (is_address(s, st->mapped) || (*st->proto && !strcmp(st->mapped, "interface")));
}

static void say_static(struct conf_ctx *c, const struct old_line *l)
{
        struct static_line st;
        char from[2 * WORD_MAX + 1], *to;

        if (!read_static(c->store, l, &st))
                return;
        str_copy(from, sizeof from, l->w[1] + (*l->w[1] == '('));
        from[strcspn(from, ")")] = 0;
        to = from + strcspn(from, ",");
        if (*to)
                *to++ = 0;
        say_object(c, &(struct hint){ st.real, st.mask, from, to, st.proto, st.mapped_port, st.mapped });
        if (*st.proto)
                conf_say(c, " nat %s static %s%s service %s %s %s", l->w[1], st.mapped, st.dns ? " dns" : "",
                         st.proto, st.real_port, st.mapped_port);
        else
                conf_say(c, " nat %s static %s%s", l->w[1], st.mapped, st.dns ? " dns" : "");
}

static bool is_dynamic(const struct store *s, const struct old_line *l)
{
        return strcmp(l->w[2], "0") != 0 && is_address(s, l->w[3]) && (!*l->w[4] || is_address(s, l->w[4]));
}

static bool is_single(const struct store *s, const struct old_line *l)
{
        return !strcmp(l->w[3], "interface") || is_address(s, l->w[3]);
}

/* A `nat` line and a `global` line of one number. */
static void say_dynamic(struct conf_ctx *c, const struct old_line *nat, const struct old_line *global)
{
        char from[WORD_MAX + 1], to[WORD_MAX + 1];

        if (!is_dynamic(c->store, nat) || !is_single(c->store, global) || strcmp(nat->w[2], global->w[2]) != 0 ||
            !strcmp(nat->w[1], global->w[1]))
                return;
        inner(nat->w[1], from);
        inner(global->w[1], to);
        say_object(c, &(struct hint){ nat->w[3], nat->w[4], from, to, "", "", global->w[3] });
        conf_say(c, " nat (%s,%s) dynamic %s", from, to, global->w[3]);
}

static bool is_kept_as(const struct inert_conf *i, const char *begin)
{
        return !strncmp(i->o.name, begin, strlen(begin));
}

/* Those that stand already: the later line of a pair tells. */
static void say_pairs(struct conf_ctx *c, const struct old_line *l, bool is_global)
{
        struct old_line other;

        conf_each(struct inert_conf, i, &c->store->sys.inert) {
                if (!is_kept_as(i, is_global ? "nat (" : "global ("))
                        continue;
                split(&other, i->o.name);
                say_dynamic(c, is_global ? &other : l, is_global ? l : &other);
        }
}

/* nat (IFC) 0 NET MASK: it keeps its own addresses. */
static void say_identity(struct conf_ctx *c, const struct old_line *l)
{
        char ifc[WORD_MAX + 1];

        if (!is_address(c->store, l->w[3]) || !is_address(c->store, l->w[4]) || !strcmp(zero(l->w[4]), "0.0.0.0"))
                return;
        inner(l->w[1], ifc);
        say_object(c, &(struct hint){ l->w[3], l->w[4], ifc, "any", "", "", "itself" });
        conf_say(c, " nat (%s,any) static %s", ifc, zero(l->w[3]));
}

static void after_old(struct conf_ctx *c, void *obj, bool no_form)
{
        struct old_line l;

        if (no_form)
                return;
        split(&l, ((const struct inert_conf *)obj)->o.name);
        if (!strcmp(l.w[0], "static"))
                say_static(c, &l);
        else if (!strcmp(l.w[0], "global"))
                say_pairs(c, &l, true);
        else if (!strcmp(l.w[2], "0"))
                say_identity(c, &l);
        else
                say_pairs(c, &l, false);
}

/* ---- why ---- */
#define SINCE_83 "this syntax is deprecated since 8.3: objects are translated, access lists name real addresses"
#define TYPE_LINES SINCE_83 "; use `nat` in an object network"

static const char *static_inert(const struct store *s, const void *obj)
{
        struct old_line l;
        struct static_line st;

        split(&l, ((const struct inert_conf *)obj)->o.name);
        if (has_word(&l, 2, "access-list"))
                return SINCE_83 "; use nat (REAL,MAPPED) source static A B destination static C C";
        return read_static(s, &l, &st) ? TYPE_LINES : SINCE_83 "; use `nat` in an object network";
}

/* Does a kept line make a pair with it? */
static bool has_partner(const struct store *s, const struct old_line *l, const char *begin)
{
        struct old_line other;

        conf_each(struct inert_conf, i, &s->sys.inert) {
                if (!is_kept_as(i, begin))
                        continue;
                split(&other, i->o.name);
                if (!strcmp(other.w[2], l->w[2]) && strcmp(other.w[1], l->w[1]) != 0 &&
                    (*begin == 'n' ? is_dynamic(s, &other) : is_single(s, &other)))
                        return true;
        }
        return false;
}

static const char *global_inert(const struct store *s, const void *obj)
{
        struct old_line l;

        split(&l, ((const struct inert_conf *)obj)->o.name);
        if (is_range(l.w[3]))
                return SINCE_83 "; many addresses share one here: nat (REAL,MAPPED) dynamic ADDRESS";
        return is_single(s, &l) && has_partner(s, &l, "nat (") ? TYPE_LINES
                                                               : SINCE_83 "; its nat line tells what to type";
}

static const char *nat_inert(const struct store *s, const void *obj)
{
        struct old_line l;
        bool exempt;

        split(&l, ((const struct inert_conf *)obj)->o.name);
        exempt = !strcmp(l.w[2], "0");
        if (!strcmp(l.w[3], "access-list"))
                return exempt ? SINCE_83 "; use nat (REAL,any) source static A A destination static B B"
                              : SINCE_83 "; use nat (REAL,MAPPED) source dynamic A interface destination static B B";
        if (exempt)
                return is_address(s, l.w[3]) && is_address(s, l.w[4]) && strcmp(zero(l.w[4]), "0.0.0.0") != 0
                               ? TYPE_LINES
                               : SINCE_83 "; without a rule addresses stay as they are";
        return is_dynamic(s, &l) && has_partner(s, &l, "global (") ? TYPE_LINES
                                                                   : SINCE_83
                       "; a global line of its number tells what to type";
}

#define OLD(g, hlp, why)                                                                                             \
        {                                                                                                            \
                ROW_INERT, g, hlp, .list = STORE(sys.inert), .inert_if = why, .after = after_old,                    \
                                   .inert = "translation of before 8.3"                                              \
        }

const struct cmd_row rows_old_nat[] = {
        OLD("global IFC:oneif WHAT:line(200)", "Addresses of before 8.3 to translate to", global_inert),
        OLD("nat IFC:oneif WHAT:line(200)", "Translation of before 8.3", nat_inert),
        OLD("static IFS:ifpair WHAT:line(200)", "One-to-one translation of before 8.3", static_inert),
        { ROW_INERT, "alias IFC:oneif WHAT:line(200)", "Addresses in answers of DNS, before 8.3",
          .list = STORE(sys.inert),
          .inert = "addresses in DNS answers are not translated: use a name server that knows the inside" },
        END,
};
