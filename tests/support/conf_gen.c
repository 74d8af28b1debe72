#include "tests/support/conf_gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEED 4765488669198243481u

uint64_t gen_seed(void)
{
        const char *env = getenv("VOXGATE_SEED");
        uint64_t seed = env ? strtoull(env, NULL, 0) : SEED;

        if (env && !strcmp(env, "random"))
                seed = (uint64_t)time(NULL) * 2654435761u;
        printf("VOXGATE_SEED=%llu\n", (unsigned long long)seed);
        return seed | 1;
}

uint32_t gen_below(struct conf_gen *g, uint32_t n)
{
        g->state ^= g->state << 13;
        g->state ^= g->state >> 7;
        g->state ^= g->state << 17;
        return (uint32_t)((g->state >> 16) % n);
}

/* ---- values ---- */
struct pick {
        struct conf_gen *g;
        unsigned seen;
        char name[CONF_NAME_MAX + 1];
};

/* Each of the values that come along with the same chance. */
static void on_value(void *ctx, const char *value)
{
        struct pick *p = ctx;

        if (gen_below(p->g, ++p->seen) == 0)
                snprintf(p->name, sizeof p->name, "%s", value);
}

static void gen_name(struct conf_gen *g, struct text *out)
{
        text_printf(out, "%s%u", gen_below(g, 8) ? "n" : "any", gen_below(g, 5));
}

static bool gen_existing(struct conf_gen *g, const struct store *s, const struct gram_part *p, struct text *out)
{
        struct type_env env = { .store = s };
        struct pick k = { .g = g };

        if (!p->type->complete || gen_below(g, 10) == 0)
                return false;
        p->type->complete(&env, &p->targ, on_value, &k);
        if (k.seen)
                text_add(out, k.name);
        return k.seen > 0;
}

static void gen_text(struct conf_gen *g, size_t max, bool blanks, struct text *out)
{
        static const char chars[] = "abcXYZ019-_.$";
        size_t n = 1 + gen_below(g, 12);

        if (max && n > max)
                n = max;
        for (size_t i = 0; i < n; i++)
                text_printf(out, "%c",
                            blanks && i && i + 1 < n && gen_below(g, 5) == 0 ? ' ' : chars[gen_below(g, 13)]);
}

static void gen_u32(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        uint64_t span = ta->hi - ta->lo, v = ta->lo + gen_below(g, (uint32_t)(span < 3000 ? span + 1 : 3000));

        switch (gen_below(g, 5)) {
        case 0:
                v = ta->lo;
                break;
        case 1:
                v = ta->hi;
                break;
        }
        text_printf(out, "%llu", (unsigned long long)v);
}

static void gen_addr(struct conf_gen *g, struct text *out)
{
        text_printf(out, "10.%u.%u.%u", gen_below(g, 4), gen_below(g, 3), 1 + gen_below(g, 9));
}

typedef void (*gen_fn)(struct conf_gen *g, const struct type_arg *ta, struct text *out);

static void gen_net(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        static const char *const nets[] = { "0", "0.0.0.0", "10.0.0.0", "10.64.0.0", "172.16.0.0", "10.1.2.3" };

        (void)ta;
        text_add(out, nets[gen_below(g, 6)]);
}

static void gen_mask(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        static const char *const masks[] = { "255.255.0.0", "255.255.255.0",   "255.255.255.255", "0.0.0.0",
                                             "255.240.0.0", "255.255.255.252", "255.0.255.0" };

        (void)ta;
        text_add(out, masks[gen_below(g, 7)]);
}

static void gen_duration(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        if (gen_below(g, 3) == 0)
                text_printf(out, "%u:%02u", gen_below(g, 60), gen_below(g, 60));
        else
                text_printf(out, "%u:%02u:%02u", gen_below(g, 30), gen_below(g, 60), gen_below(g, 60));
}

static void gen_mac(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "%02x00.%04x.%04x", 2 * gen_below(g, 100), gen_below(g, 65536), gen_below(g, 65536));
}

static void gen_hwname(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, gen_below(g, 2) ? "g0/%u" : "GigabitEthernet0/%u", gen_below(g, 5));
        if (gen_below(g, 3) == 0)
                text_printf(out, ".%u", 1 + gen_below(g, 3));
}

static void gen_range(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        uint32_t lo = 700000 + gen_below(g, 1000);

        (void)ta;
        text_printf(out, gen_below(g, 2) ? "%u" : "%u-%u", lo, lo + gen_below(g, 50));
}

static void gen_port(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "%u", 1 + gen_below(g, gen_below(g, 2) ? 65535 : 600));
}

static void gen_byte(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "%u", gen_below(g, 256));
}

static void gen_kind(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_add(out, gen_below(g, 2) ? "gigabitethernet" : "Gi");
}

static void gen_slot(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "0/%u", gen_below(g, 4));
}

static void gen_hours(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "%d", (int)gen_below(g, 27) - 12);
}

static void gen_month(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        static const char *const names[] = { "jan", "March", "APR", "oct", "Novem" };

        (void)ta;
        text_add(out, names[gen_below(g, 5)]);
}

static void gen_weekday(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        static const char *const names[] = { "sun", "Monday", "SAT", "wednes" };

        (void)ta;
        text_add(out, names[gen_below(g, 4)]);
}

static void gen_week(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        static const char *const names[] = { "1", "2", "4", "first", "last" };

        (void)ta;
        text_add(out, names[gen_below(g, 5)]);
}

static void gen_hhmm(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "%u:%02u", gen_below(g, 24), gen_below(g, 60));
}

static void gen_level(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "%u", gen_below(g, 8));
}

static void gen_hex(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        (void)ta;
        text_printf(out, "%x", gen_below(g, 1u << 30));
}

static void gen_logport(struct conf_gen *g, const struct type_arg *ta, struct text *out)
{
        bool tcp = ta->text && !strcmp(ta->text, "tcp");

        text_add(out, gen_below(g, 2) ? (tcp ? "tcp" : "udp") : tcp ? "6" : "17");
        if (gen_below(g, 3))
                text_printf(out, "/%u", 1025 + gen_below(g, 60000));
}

static const struct {
        const char *type;
        gen_fn fn;
} gens[] = {
        { "u32", gen_u32 },           { "net", gen_net },         { "netmask", gen_mask },  { "mask", gen_mask },
        { "duration", gen_duration }, { "mac", gen_mac },         { "hwname", gen_hwname }, { "idrange", gen_range },
        { "tcpport", gen_port },      { "udpport", gen_port },    { "icmptype", gen_byte }, { "protocol", gen_byte },
        { "hwkind", gen_kind },       { "hwslot", gen_slot },     { "hours", gen_hours },   { "level", gen_level },
        { "hex", gen_hex },           { "logport", gen_logport },
        { "month", gen_month },       { "weekday", gen_weekday }, { "week", gen_week },     { "hhmm", gen_hhmm },
};

static void gen_pair(struct conf_gen *g, const struct store *s, struct text *out)
{
        struct gram_part ifc = { .kind = PART_VALUE, .type = type_find("nameif", 6) };

        text_add(out, "(");
        if (!gen_existing(g, s, &ifc, out))
                text_add(out, "any");
        text_add(out, ",");
        if (!gen_existing(g, s, &ifc, out))
                text_add(out, "any");
        text_add(out, ")");
}

/* A public key of SSH, and what is kept of one. */
#define SSH_KEY "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SSH_HASH "4e:7a:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:4e:7a:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd"

/* Fields whose form is narrower than their type. */
static bool gen_special(struct conf_gen *g, const struct gram_part *p, struct text *out)
{
        if (!strcmp(p->text, "DN"))
                text_printf(out, "cn=host%u, o=Ex%u", gen_below(g, 9), gen_below(g, 9));
        else if (!strcmp(p->text, "PASSWORD") && gen_below(g, 2))
                text_add(out, gen_below(g, 2) ? "8Ry2YjIyt7RRXU24" : "2KFQnbNIdI.2KYOU");
        else if (!strcmp(p->text, "ID") && p->targ.lo == 100000)
                text_add(out, gen_below(g, 2) ? "302013" : "725001");
        else if (!strcmp(p->text, "SSHKEY"))
                text_add(out, gen_below(g, 2) ? SSH_KEY : SSH_HASH);
        else if (!strcmp(p->text, "SSHHASH"))
                text_add(out, SSH_HASH);
        else if (!strcmp(p->text, "ADDRESS"))
                text_add(out, "192.0.2.7");
        else
                return false;
        return true;
}

void gen_value(struct conf_gen *g, const struct store *s, const struct gram_part *p, struct text *out)
{
        const char *t = p->type->name;

        if (g->secret && (p->type->flags & TYPE_SECRET || p->bind_flags & BIND_SECRET)) {
                text_add(out, g->secret);
                return;
        }
        if (gen_special(g, p, out))
                return;
        if (!strcmp(t, "ifpair")) {
                gen_pair(g, s, out);
                return;
        }
        if (!strcmp(t, "oneif")) {
                text_add(out, "(inside)");
                return;
        }
        if (!strcmp(t, "addr")) {
                gen_addr(g, out);
                return;
        }
        if ((!strcmp(t, "hwname") || !gen_existing(g, s, p, out)) || p->type->flags & TYPE_MANY) {
                for (size_t i = 0; i < ARRAY_LEN(gens); i++)
                        if (!strcmp(gens[i].type, t)) {
                                gens[i].fn(g, &p->targ, out);
                                return;
                        }
                if (g->secret && p->type->flags & TYPE_KEPT)
                        text_printf(out, "a key %s", g->secret);
                else if (!strcmp(t, "word") || !strcmp(t, "line") || !strcmp(t, "keptline"))
                        gen_text(g, p->targ.hi, *t != 'w', out);
                else if (p->type->flags & TYPE_MANY)
                        gen_existing(g, s, p, (text_add(out, " "), out));
                else
                        gen_name(g, out);
        }
}

/* ---- lines ---- */
static void gen_part(struct conf_gen *g, const struct store *s, const struct gram_part *p, struct text *out)
{
        const struct gram_part *c = p->child;
        unsigned n = 0;

        switch (p->kind) {
        case PART_KEYWORD:
                text_printf(out, " %s", p->text);
                break;
        case PART_VALUE:
                text_add(out, " ");
                gen_value(g, s, p, out);
                break;
        case PART_SEQ:
                for (; c; c = c->next)
                        gen_part(g, s, c, out);
                break;
        case PART_OPT:
                if (gen_below(g, 2))
                        gen_part(g, s, c, out);
                break;
        case PART_ALT:
                for (; c; c = c->next)
                        n++;
                n = gen_below(g, n);
                for (c = p->child; n--;)
                        c = c->next;
                gen_part(g, s, c, out);
                break;
        }
}

void gen_row(struct conf_gen *g, const struct store *s, const struct tree_row *tr, struct text *out)
{
        struct text t = { 0 };

        gen_part(g, s, tr->g->root, &t);
        text_add(out, text_str(&t) + 1);
        text_fini(&t);
}

/* Questions and whole-configuration commands are other tests' business. */
static bool is_wanted(struct conf_gen *g, const struct tree_row *tr)
{
        if (tr->conf->dialog && tr->conf->kind == ROW_CALL)
                return false;
        return strncmp(tr->conf->line, "clear", 5) != 0 || gen_below(g, 20) == 0;
}

const struct tree_row *gen_line(struct conf_gen *g, const struct conf_ctx *c, struct text *out)
{
        const struct cli_tree *t = c->store->tree;
        const struct tree_mode *m = tree_global(t);
        const struct tree_row *tr;

        if (c->depth && gen_below(g, 4))
                m = tree_mode_of(t, c->level[c->depth - 1 - gen_below(g, gen_below(g, 2) ? 1 : c->depth)].row->mode);
        do {
                if (!m->n || (m->n < 2 && m->row[0].conf->kind != ROW_LEAF && m->row[0].conf->kind != ROW_MODE &&
                              m->row[0].conf->kind != ROW_LIST && m->row[0].conf->kind != ROW_INERT))
                        m = tree_global(t); /* of certificates, or of nothing */
                tr = &m->row[gen_below(g, m->n)];
        } while (!is_wanted(g, tr));
        if (tr->conf->flags & ROW_ANY)
                text_printf(out, "%*s", (int)gen_below(g, 4), ""); /* without a blank it means something else */
        if (gen_below(g, 10) == 0)
                text_add(out, "no ");
        gen_row(g, c->store, tr, out);
        return tr;
}

/* ---- to begin with ---- */
const char gen_ports[] = "interface g0/0\n"
                         " nameif outside\n"
                         " ip address 10.9.0.1 255.255.255.0\n"
                         "interface g0/1\n"
                         " nameif inside\n"
                         " ip address 10.8.0.1 255.255.255.0\n";

const char gen_furniture[] = "username n0 nopassword\n"
                             "username n1 nopassword\n"
                             "username any0 nopassword\n"
                             "object network n0\n"
                             " host 10.8.0.7\n"
                             "object network n1\n"
                             " subnet 10.7.0.0 255.255.0.0\n"
                             "object service n2\n"
                             " service tcp destination eq www\n"
                             "object-group network any0\n"
                             " network-object host 10.8.0.9\n"
                             "object-group service any1 tcp\n"
                             " port-object eq www\n"
                             "object-group service any2\n"
                             " service-object udp\n"
                             "object-group protocol any3\n"
                             " protocol-object tcp\n"
                             "object-group icmp-type any4\n"
                             " icmp-object echo\n"
                             "access-list n0 extended permit ip any any\n"
                             "logging list n0 message 711001\n"
                             "crypto ca trustpoint n1\n"
                             "tls-proxy n2\n"
                             "class-map n3\n"
                             " match any\n"
                             "class-map n4\n"
                             "regex n0 example\n"
                             "class-map type regex match-any n1\n"
                             " match regex n0\n"
                             "class-map type inspect sip match-any n2\n"
                             "policy-map type inspect sip n0\n"
                             " match request-method invite\n"
                             "media-termination n0\n"
                             " address 10.9.0.9 interface outside\n"
                             " address 10.8.0.8 interface inside\n"
                             "phone-proxy n3\n"
                             " media-termination n0\n"
                             " tls-proxy n2\n"
                             "policy-map type inspect skinny n0\n"
                             "policy-map n1\n";
