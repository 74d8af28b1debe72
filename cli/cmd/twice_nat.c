/* Twice NAT: lines of their own, evaluated before or behind those of the objects. */
#include <string.h>

#include "cli/cmd/nat.h"
#include "nat/nat_rt.h"

#define T struct twice_nat_conf
static const struct cmd_bind twice_bind[] = {
        { .name = "IFS", .off = offsetof(T, real_if), .size = 2 * (NAMEIF_MAX + 1) },
        BIND_KEY("static", T, dynamic, 0),
        BIND_KEY("dynamic", T, dynamic, 1),
        BIND_TAGGED("REAL", T, real.name, real.kind, NAT_END_OBJECT),
        BIND_KEY("real-any", T, real.kind, NAT_END_ANY),
        BIND_TAGGED("MAPPED", T, mapped.name, mapped.kind, NAT_END_OBJECT),
        BIND_KEY("mapped-any", T, mapped.kind, NAT_END_ANY),
        BIND_KEY("mapped-interface", T, mapped.kind, NAT_END_INTERFACE),
        BIND_TAGGED("POOL", T, mapped.name, mapped.kind, NAT_END_POOL),
        BIND_TAGGED("THERE", T, there_mapped.name, there_mapped.kind, NAT_END_OBJECT),
        BIND_KEY("there-any", T, there_mapped.kind, NAT_END_ANY),
        BIND_KEY("there-interface", T, there_mapped.kind, NAT_END_INTERFACE),
        BIND_TAGGED("THEREREAL", T, there_real.name, there_real.kind, NAT_END_OBJECT),
        BIND_KEY("there-real-any", T, there_real.kind, NAT_END_ANY),
        BIND("SVC", T, svc_first),
        BIND("SVC2", T, svc_second),
        BIND_FLAG("fallback", T, iface_fallback),
        BIND_FLAG("ipv6", T, ipv6),
        BIND_FLAG("round-robin", T, round_robin),
        BIND_FLAG("extended", T, extended),
        BIND_FLAG("flat", T, flat),
        BIND_FLAG("include-reserve", T, include_reserve),
        BIND_FLAG("block-allocation", T, block_allocation),
        BIND_OPTFLAG("net-to-net", T, net_to_net),
        BIND_OPTFLAG("dns", T, dns),
        BIND_OPTFLAG("unidirectional", T, unidirectional),
        BIND_OPTFLAG("no-proxy-arp", T, no_proxy_arp),
        BIND_OPTFLAG("route-lookup", T, route_lookup),
        BIND_OPTFLAG("inactive", T, inactive),
        { .name = "TEXT", FIELD_(T, description), .flags = BIND_ATTR },
        { 0 },
};
_Static_assert(offsetof(T, mapped_if) == offsetof(T, real_if) + NAMEIF_MAX + 1, "ifpair fills both at once");

static void init_twice(struct conf_ctx *c, void *obj)
{
        T *n = obj;

        (void)c;
        strcpy(n->real_if, "any");
        strcpy(n->mapped_if, "any");
}

/* A line with a number goes in front of the one that has it. */
static struct conf_obj *place_twice(struct conf_ctx *c, const struct args *a, struct conf_list *l)
{
        uint32_t at = arg_u32(a, "AT", 0);

        (void)c;
        conf_each(struct conf_obj, o, l)
                if (at && !--at)
                        return o;
        return NULL;
}

static int check_twice(struct conf_ctx *c, void *obj, struct err *e)
{
        const T *n = obj;
        bool takes_interface = n->mapped.kind == NAT_END_INTERFACE || n->iface_fallback;

        (void)c;
        if (n->iface_fallback && !strcmp(n->mapped_if, "any"))
                return err_set(e, ERR_REF, "interface needs a mapped interface, not any");
        if (takes_interface && !n->dynamic && !strcmp(n->mapped_if, "any"))
                return err_set(e, ERR_REF, "interface needs a mapped interface, not any");
        return 0;
}

static void after_twice(struct conf_ctx *c, void *obj, bool no_form)
{
        const T *n = obj;

        if (no_form || n->dynamic || n->mapped.kind != NAT_END_INTERFACE || *n->svc_first ||
            nat_twice_why_not(n, &c->store->policy, &c->store->net))
                return;
        conf_warning(c, "All traffic destined to the IP address of the %s interface is being redirected.",
                     n->mapped_if);
        conf_warning(c, "Users may not be able to access any service enabled on the %s interface.", n->mapped_if);
}

/* The others of the group are translated; what is only a name is not. */
static bool has_fqdn(const struct policy_conf *p, const T *n)
{
        const struct nat_end *const all[] = { &n->real, &n->mapped, &n->there_real, &n->there_mapped };

        for (size_t i = 0; i < ARRAY_LEN(all); i++)
                if ((all[i]->kind == NAT_END_OBJECT || all[i]->kind == NAT_END_POOL) &&
                    group_has_fqdn(p, all[i]->name))
                        return true;
        return false;
}

static const char *twice_inert(const struct store *s, const void *obj)
{
        const T *n = obj;
        const char *why = nat_twice_why_not(n, &s->policy, &s->net);

        if (n->inactive) /* as it says itself */
                return NULL;
        if (!why && has_fqdn(&s->policy, n))
                return "`fqdn`: names are not resolved, such an object of a group is not translated";
        return !why && n->dns ? "`dns`: addresses in DNS answers are not translated" : why;
}

#define LINE(place)                                                                                                  \
        "nat [IFS:ifpair] " place "[AT:u32(1-2147483647)] source "                                                   \
        "{static {REAL:ref(nat-object)|any@real-any} "                                                               \
        "{MAPPED:ref(nat-object)|interface@mapped-interface [ipv6]|any@mapped-any}|"                                 \
        "dynamic {REAL:ref(nat-object)|any@real-any} {MAPPED:ref(nat-object) [interface@fallback [ipv6]]|"           \
        "interface@mapped-interface [ipv6]|pat-pool POOL:ref(nat-object) [round-robin] [extended] "                  \
        "[flat [include-reserve]] [block-allocation] [interface@fallback [ipv6]]}} "                                 \
        "[destination static@there-static {THERE:ref(nat-object)|interface@there-interface|any@there-any} "          \
        "{THEREREAL:ref(nat-object)|any@there-real-any}] "                                                           \
        "[service SVC:ref(service-object) SVC2:ref(service-object)] [net-to-net] [dns] [unidirectional] "            \
        "[no-proxy-arp] [route-lookup] [inactive] [description TEXT:line(200)]"
#define TWICE(where, at)                                                                                             \
        {                                                                                                            \
                ROW_LIST, LINE(where), "Translate by source and destination", twice_bind, DIRTY_NAT, STORE(at),      \
                        .init = init_twice, .place = place_twice, .check = check_twice, .after = after_twice,        \
                        .inert_if = twice_inert                                                                      \
        }

const struct cmd_row rows_twice_nat[] = { TWICE("", nat.twice), END };
const struct cmd_row rows_twice_nat_after[] = { TWICE("after-auto ", nat.after_auto), END };

/* ---- what a line names has changed ---- */
static bool is_called(const struct nat_end *n, const char *object)
{
        return (n->kind == NAT_END_OBJECT || n->kind == NAT_END_POOL) && !strcmp(n->name, object);
}

static bool names(const T *n, const char *object)
{
        return is_called(&n->real, object) || is_called(&n->mapped, object) || is_called(&n->there_real, object) ||
               is_called(&n->there_mapped, object) || !strcmp(n->svc_first, object) || !strcmp(n->svc_second, object);
}

static void warn_line(struct conf_ctx *c, const struct cmd_row *row, const T *n, const char *why)
{
        const struct tree_row *tr = tree_row_of(c->store->tree, NULL, row);
        struct text line = { 0 };

        if (tr && grammar_write(tr->element, n, WRITE_PLAIN, &line))
                conf_warning(c, "\"%s\" is not in force: %s", text_str(&line), why);
        text_fini(&line);
}

static void warn_lines(struct conf_ctx *c, const struct cmd_row *row, const struct conf_list *l, const char *object)
{
        conf_each(T, n, l) {
                const char *why = !n->inactive && names(n, object)
                                          ? nat_twice_why_not(n, &c->store->policy, &c->store->net)
                                          : NULL;

                if (why)
                        warn_line(c, row, n, why);
        }
}

void twice_nat_warn(struct conf_ctx *c, const char *object)
{
        if (c->late || !c->res->changed)
                return;
        warn_lines(c, rows_twice_nat, &c->store->nat.twice, object);
        warn_lines(c, rows_twice_nat_after, &c->store->nat.after_auto, object);
}
