#include <stdlib.h>
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/nested.h"

void key_name(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        const char *name = arg_str(a, "NAME");

        (void)c;
        (void)elem;
        text_add(out, name ? name : "");
}

void key_words(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        for (unsigned i = 0; i < a->n; i++) {
                const struct gram_part *p = a->cap[i].part;

                if (i)
                        text_add(out, " ");
                if (p->kind == PART_KEYWORD)
                        text_add(out, p->text);
                else if (!strcmp(p->type->name, "u32"))
                        text_printf(out, "%lu", strtoul(a->cap[i].s, NULL, 10));
                else
                        text_add(out, a->cap[i].s);
        }
}

#define INIT(name)                                                                                                   \
        void init_##name(struct conf_ctx *c, void *obj)                                                              \
        {                                                                                                            \
                (void)c;                                                                                             \
                name##_conf_init(obj);                                                                               \
        }
INIT(group)
INIT(class)
INIT(policy_map)
INIT(class_action)
INIT(chain)
INIT(trustpoint)

void init_block(struct conf_ctx *c, void *obj)
{
        (void)c;
        inert_block_conf_init(obj);
}

int check_port_spec(const struct port_spec *p, struct err *e)
{
        if (p->op == PORT_RANGE && p->lo > p->hi)
                return err_set(e, ERR_RANGE, "port range %u-%u ends before it begins", p->lo, p->hi);
        if ((p->op == PORT_GT && p->lo == UINT16_MAX) || (p->op == PORT_LT && p->lo <= 1))
                return err_set(e, ERR_RANGE, "%s %u: there is no such port", p->op == PORT_GT ? "gt" : "lt", p->lo);
        return 0;
}

int check_pair(const struct addr *a, uint8_t len, struct err *e)
{
        char t[ADDR_TEXT_MAX], m[ADDR_TEXT_MAX];
        struct addr mask = addr_v4(len_to_mask(len));

        if (!addr_is_v4(a) || !(a->v4 & ~mask.v4))
                return 0;
        return err_set(e, ERR_RANGE, "IP address,mask <%s,%s> doesn't pair", addr_print(a, t), addr_print(&mask, m));
}

const struct cmd_bind box_access_bind[] = {
        BIND("NET", struct box_access_conf, net),
        BIND("MASK", struct box_access_conf, len),
        BIND("IFC", struct box_access_conf, nameif),
        { 0 },
};

int check_box_access(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct box_access_conf *a = obj;

        (void)c;
        return check_pair(&a->net, a->len, e);
}
