/* Numbers by which operators match log lines to rules: made of what a rule says, so that edits and reloads keep them.
 */
#include <string.h>

#include "platform/base/hash.h"
#include "policy/acl_int.h"

#define SEED 0x766f78676174u

static uint64_t add(uint64_t h, const void *data, size_t n)
{
        return hash_bytes(data, n, h);
}

static uint64_t add_num(uint64_t h, uint32_t n)
{
        return add(h, &n, sizeof n);
}

static uint64_t add_text(uint64_t h, const char *s)
{
        return add(h, s, strlen(s) + 1);
}

static uint64_t add_addr(uint64_t h, const struct addr *a)
{
        h = add_num(h, a->fam);
        return a->fam == ADDR_V6 ? add(h, a->v6, sizeof a->v6) : add_num(h, a->fam ? a->v4 : 0);
}

static uint64_t add_spec(uint64_t h, const struct addr_spec *s)
{
        h = add_num(h, s->kind);
        if (s->kind == AS_HOST || s->kind == AS_SUBNET)
                return add_num(add_addr(h, &s->a), s->kind == AS_SUBNET ? s->len : 0);
        return s->kind == AS_OBJECT || s->kind == AS_GROUP || s->kind == AS_IFACE ? add_text(h, s->name) : h;
}

static uint64_t add_ports(uint64_t h, const struct port_spec *p)
{
        h = add_num(h, p->op);
        if (p->op == PORT_NONE)
                return h;
        if (p->op == PORT_GROUP)
                return add_text(h, p->name);
        return add_num(h, p->op == PORT_RANGE ? (uint32_t)p->lo << 16 | p->hi : p->lo);
}

static uint32_t fold(uint64_t h)
{
        uint32_t n = (uint32_t)(h ^ h >> 32);

        return n ? n : 1; /* 0 is no rule */
}

uint32_t acl_name_hash(const char *name)
{
        return fold(add_text(SEED, name));
}

static uint64_t add_who(uint64_t h, const struct ace_who *w)
{
        return add_text(add_num(h, (uint32_t)w->kind), w->name);
}

/* Not of log options and `inactive`: they change how a line acts, not which it is. */
uint32_t ace_hash(const char *list, const struct ace_conf *a)
{
        uint64_t h = add_text(SEED, list);

        h = add_num(h, (uint32_t)a->kind << 1 | a->permit);
        h = add_num(h, (uint32_t)a->proto.kind);
        h = a->proto.kind == PS_NUM ? add_num(h, a->proto.num) : add_text(h, a->proto.name);
        h = add_spec(add_spec(h, &a->src), &a->dst);
        h = add_ports(add_ports(h, &a->sport), &a->dport);
        h = add_num(h, (uint32_t)a->icmp_type);
        for (size_t i = 0; ace_has_identity(a) && i < 3; i++)
                h = add_who(h, i == 0 ? &a->user : i == 1 ? &a->src_tag : &a->dst_tag);
        return fold(a->icmp_code < 0 ? h : add_num(h, (uint32_t)a->icmp_code));
}

uint32_t ace_elem_hash(uint32_t ace, const struct ace_elem *el)
{
        uint64_t h = add_num(SEED, ace);

        h = add_num(h, el->any_proto ? PROTO_IP : el->proto);
        h = add_addr(add_addr(h, &el->src.lo), &el->src.hi);
        h = add_addr(add_addr(h, &el->dst.lo), &el->dst.hi);
        h = add_num(h, (uint32_t)el->sport.lo << 16 | el->sport.hi);
        return fold(add_num(h, (uint32_t)el->dport.lo << 16 | el->dport.hi));
}

bool ace_is_grouped(const struct ace_conf *a)
{
        return a->kind == ACE_EXTENDED &&
               (a->src.kind == AS_GROUP || a->dst.kind == AS_GROUP || a->src.kind == AS_OBJECT ||
                a->dst.kind == AS_OBJECT || a->sport.op == PORT_GROUP || a->dport.op == PORT_GROUP ||
                a->proto.kind != PS_NUM);
}

uint32_t acl_hit_elem_hash(const struct acl_list_rt *l, const struct acl_hit *h)
{
        return h->grouped && h->elem < l->nelems ? ace_elem_hash(h->hash, &l->elem[h->elem]) : 0;
}
