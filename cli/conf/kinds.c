/* The kinds of objects that lines refer to by name. */
#include <string.h>

#include "cli/conf/store.h"
#include "pki/ctl_make.h"

#define LIST_OF(l) offsetof(struct store, l)

#define GROUP_FITS(fn, k)                                                                                            \
        static bool fn(const void *obj)                                                                              \
        {                                                                                                            \
                return ((const struct group_conf *)obj)->kind == (k);                                                \
        }
GROUP_FITS(is_network_group, GROUP_NETWORK)
GROUP_FITS(is_service_group, GROUP_SERVICE)
GROUP_FITS(is_protocol_group, GROUP_PROTOCOL)
GROUP_FITS(is_icmp_group, GROUP_ICMP)

/* Ports of a protocol that is said elsewhere. */
static bool is_port_group(const void *obj)
{
        const struct group_conf *g = obj;

        return g->kind == GROUP_SERVICE && g->l4;
}

/* What stands for the protocol of a rule: protocols, or protocols with their ports. */
static bool is_rule_group(const void *obj)
{
        const struct group_conf *g = obj;

        return g->kind == GROUP_PROTOCOL || (g->kind == GROUP_SERVICE && !g->l4);
}

static bool has_address(const void *obj)
{
        return ((const struct netobj_conf *)obj)->kind != NETOBJ_EMPTY;
}

static bool has_service(const void *obj)
{
        return ((const struct svcobj_conf *)obj)->defined;
}

static bool has_members(const void *obj)
{
        return ((const struct group_conf *)obj)->members.n > 0;
}

/* A standard list names one side only: it would let through what nobody wrote down. */
static bool is_extended_acl(const void *obj)
{
        conf_each(struct ace_conf, a, &((const struct acl_conf *)obj)->aces)
                if (a->kind == ACE_STANDARD)
                        return false;
        return true;
}

/* A list is there when it has lines. */
static bool is_filled_acl(const void *obj)
{
        return ((const struct acl_conf *)obj)->aces.n > 0;
}

/* clang-format off */
#define KIND(nm, l, max, b, a) .name = nm, .list = LIST_OF(l), .name_max = max, .before = b, .after = a
/* clang-format on */

static const struct conf_kind kinds[] = {
        { KIND("object", policy.netobjs, OBJ_NAME_MAX, "specified object (", ") does not exist or is empty"),
          .usable = has_address },
        { KIND("nat-object", policy.netobjs, OBJ_NAME_MAX, "", " doesn't match an existing object or object-group"),
          .usable = has_address, .also = "network-group" },
        { KIND("service-object", policy.svcobjs, OBJ_NAME_MAX, "specified object (", ") does not exist or is empty"),
          .usable = has_service },
        { KIND("network-group", policy.groups, OBJ_NAME_MAX, "specified object group <", "> not found"),
          .fits = is_network_group, .usable = has_members, .unusable = "> is empty" },
        { KIND("service-group", policy.groups, OBJ_NAME_MAX, "specified object group <", "> not found"),
          .fits = is_service_group, .usable = has_members, .unusable = "> is empty" },
        { KIND("protocol-group", policy.groups, OBJ_NAME_MAX, "specified object group <", "> not found"),
          .fits = is_protocol_group, .usable = has_members, .unusable = "> is empty" },
        { KIND("port-group", policy.groups, OBJ_NAME_MAX, "specified object group <", "> not found"),
          .fits = is_port_group, .usable = has_members, .unusable = "> is empty" },
        { KIND("rule-group", policy.groups, OBJ_NAME_MAX, "specified object group <", "> not found"),
          .fits = is_rule_group, .usable = has_members, .unusable = "> is empty" },
        { KIND("icmp-group", policy.groups, OBJ_NAME_MAX, "specified object group <", "> not found"),
          .fits = is_icmp_group, .usable = has_members, .unusable = "> is empty" },
        { KIND("access-list", policy.acls, ACL_NAME_MAX, "access-list <", "> does not exist"), .fits = is_filled_acl,
          .usable = is_extended_acl, .unusable = "> is a standard access-list, an extended one is needed" },
        { KIND("class-map", policy.classes, MAP_NAME_MAX, "% class-map ", " not configured"),
          .always = "class-default" },
        { KIND("policy-map", policy.policies, MAP_NAME_MAX, "% policy-map ", " not configured") },
        { KIND("dns-map", sys.dns_maps, MAP_NAME_MAX, "% policy-map type inspect dns ", " not configured") },
        { KIND("sip-map", inspection.sip_maps, MAP_NAME_MAX, "% policy-map type inspect sip ", " not configured") },
        { KIND("skinny-map", inspection.skinny_maps, MAP_NAME_MAX, "% policy-map type inspect skinny ",
               " not configured") },
        { KIND("trustpoint", pki.trustpoints, TRUSTPOINT_NAME_MAX, "trustpoint ", " does not exist") },
        { KIND("identity", pki.trustpoints, TRUSTPOINT_NAME_MAX, "trustpoint ", " does not exist"),
          .also = "trustpoint", .foreseen = CTL_IDENTITY },
        { KIND("any-trustpoint", pki.trustpoints, TRUSTPOINT_NAME_MAX, "trustpoint ", " does not exist"),
          .foreseen = CTL_ASSETS },
        { KIND("tls-proxy", proxy.tls_proxies, PROXY_NAME_MAX, "tls-proxy ", " does not exist") },
        { KIND("ctl-file", pki.ctl_files, CTL_FILE_NAME_LEN, "ctl-file ", " does not exist") },
        { KIND("media-termination", proxy.media_terms, PROXY_NAME_MAX, "media-termination ", " does not exist") },
        { KIND("phone-proxy", proxy.phone_proxies, PROXY_NAME_MAX, "phone-proxy ", " does not exist") },
        { KIND("regex", inspection.regexes, MAP_NAME_MAX, "regex ", " does not exist") },
        { KIND("regex-class", inspection.regex_classes, MAP_NAME_MAX, "% class-map type regex ", " not configured") },
        { KIND("sip-class", inspection.sip_classes, MAP_NAME_MAX, "% class-map type inspect sip ",
               " not configured") },
        { KIND("dns-group", sys.dns_groups, 64, "DNS server-group ", " does not exist"), .always = "DefaultDNS" },
        { KIND("reference-identity", sys.ref_ids, 64, "reference-identity ", " does not exist") },
        { KIND("user", sys.users, USERNAME_MAX, "username ", " does not exist") },
        { 0 },
};

const struct conf_kind *conf_kind_find(const char *name)
{
        for (const struct conf_kind *k = kinds; name && k->name; k++)
                if (!strcmp(k->name, name))
                        return k;
        return NULL;
}

static const struct conf_list *list_of(const struct conf_kind *k, const struct store *s)
{
        return (const void *)((const char *)s + k->list);
}

bool conf_kind_shares(const char *x, const char *y)
{
        const struct conf_kind *kx = conf_kind_find(x), *ky = conf_kind_find(y);

        return kx && ky && kx->list == ky->list;
}

bool conf_kind_other(const struct conf_kind *k, const struct store *s, const char *name)
{
        const void *o = conf_list_find(list_of(k, s), name);

        return o && k->fits && !k->fits(o);
}

bool conf_kind_check(unsigned idx, const struct store *s, unsigned *objects, unsigned *faults)
{
        const struct conf_kind *k = &kinds[idx];
        unsigned n = 0;

        if (!k->name)
                return false;
        for (const struct conf_kind *before = kinds; before < k; before++)
                if (before->list == k->list)
                        return true; /* the same list */
        if (!k->list)
                return true;
        conf_each(struct conf_obj, o, list_of(k, s)) {
                n++;
                *faults += !o->id || conf_list_find(list_of(k, s), o->name) != o;
        }
        *objects += n;
        *faults += n != list_of(k, s)->n;
        return true;
}

bool conf_kind_has(const struct conf_kind *k, const struct store *s, const char *name)
{
        const void *o = conf_list_find(list_of(k, s), name);

        if (k->always && !strcmp(k->always, name))
                return true;
        if (k->foreseen && !strncmp(k->foreseen, name, strlen(k->foreseen)))
                return true;
        if (o && (!k->fits || k->fits(o)) && (!k->usable || k->usable(o)))
                return true;
        return k->also && conf_kind_has(conf_kind_find(k->also), s, name);
}

void conf_kind_each(const struct conf_kind *k, const struct store *s, void (*fn)(void *ctx, const char *name),
                    void *ctx)
{
        conf_each(struct conf_obj, o, list_of(k, s))
                if (!k->fits || k->fits(o))
                        fn(ctx, o->name);
        if (k->always && !conf_list_find(list_of(k, s), k->always))
                fn(ctx, k->always);
        if (k->also && !conf_kind_shares(k->name, k->also))
                conf_kind_each(conf_kind_find(k->also), s, fn, ctx);
}

int conf_kind_refuse(const struct conf_kind *k, const struct store *s, const char *name, struct err *e)
{
        const void *o = conf_list_find(list_of(k, s), name);
        bool unusable = k->unusable && o && (!k->fits || k->fits(o));

        return err_set(e, ERR_REF, "%s%s%s", k->before, name, unusable ? k->unusable : k->after);
}
