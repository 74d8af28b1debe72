/* Who may use a service of the box: lines like `ssh NET MASK IFC`, compiled. */
#include "policy/classify_int.h"

static bool add_rule(struct box_rule_rt *r, const struct box_access_conf *c, const struct net_rt *net)
{
        const struct iface_rt *i = iface_by_name(net, c->nameif);

        if (!i)
                return false;
        *r = (struct box_rule_rt){ .iface = i->idx, .from = { c->net, c->len } };
        prefix_normalise(&r->from);
        return true;
}

static int compile_use(struct box_rules_rt *b, struct arena *a, const struct conf_list *lines,
                       const struct net_rt *net, struct err *e)
{
        struct box_rule_rt *r = arena_array(a, lines->n + 1, sizeof *r);

        if (!r)
                return err_nomem(e, "compiling who may manage the appliance");
        conf_each(struct box_access_conf, c, lines)
                b->n += add_rule(&r[b->n], c, net);
        b->some = lines->n != 0;
        b->rule = r;
        return 0;
}

int policy_box_compile(struct policy_rt *r, struct arena *a, const struct policy_conf *conf, const struct net_rt *net,
                       struct err *e)
{
        for (unsigned i = 0; i < BOX_USES; i++)
                if (compile_use(&r->box[i], a, &conf->box_access[i], net, e) < 0)
                        return -1;
        return 0;
}

enum box_answer policy_box_judge(const struct policy_rt *p, enum box_use use, uint16_t iface, const struct addr *src)
{
        const struct box_rules_rt *b = &p->box[use];

        for (unsigned i = 0; i < b->n; i++)
                if (b->rule[i].iface == iface && prefix_has(&b->rule[i].from, src))
                        return BOX_LET_IN;
        return b->some ? BOX_REFUSED : BOX_CLOSED;
}
