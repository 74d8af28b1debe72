/* How much may wait for the rest of its datagram, per interface. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/running.h"

/* Without an interface the line means all that have a name now, and is printed as such. */
static void *fragment_target(struct conf_ctx *c, const struct args *a, bool make, struct err *e)
{
        const char *name = arg_str(a, "IFC");
        struct iface_conf *i = name ? store_iface(c->store, name) : NULL;

        (void)make;
        if (!name)
                return &c->store->net.frag;
        if (!i)
                err_set(e, ERR_REF, "interface %s does not exist", name);
        return i ? &i->frag : NULL;
}

/* What all have goes to each. */
static void hand_on(struct conf_ctx *c, const void *typed, size_t at)
{
        const char *all = (const char *)&c->store->net.frag + at;
        bool differs = false;

        if (typed != &c->store->net.frag)
                return;
        conf_each(struct iface_conf, i, &c->store->net.ifaces) {
                char *own = (char *)&i->frag + at;

                if (!*i->nameif || !memcmp(own, all, sizeof(uint32_t)))
                        continue;
                memcpy(own, all, sizeof(uint32_t));
                differs = true;
        }
        if (differs) {
                c->store->edits++;
                c->store->dirty |= DIRTY_NET;
        }
}

#define F struct frag_limits

static void after_size(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)no_form;
        hand_on(c, obj, offsetof(F, size));
}

static void after_chain(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)no_form;
        hand_on(c, obj, offsetof(F, chain));
}

static void after_timeout(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)no_form;
        hand_on(c, obj, offsetof(F, timeout_s));
}

static uint32_t value(const F *f, size_t at)
{
        uint32_t v;

        memcpy(&v, (const char *)f + at, sizeof v);
        return v;
}

static void write_one(struct running *r, const struct cmd_row *row, const char *word, size_t at, uint32_t dflt)
{
        const F *all = &r->store->net.frag;

        if (value(all, at) != dflt || r->all)
                running_line(r, row, all, "fragment %s %u", word, value(all, at));
        conf_each(struct iface_conf, i, &r->store->net.ifaces)
                if (*i->nameif && value(&i->frag, at) != value(all, at))
                        running_line(r, row, i, "fragment %s %u %s", word, value(&i->frag, at), i->nameif);
}

static void write_size(struct running *r, const struct cmd_row *row, const void *obj)
{
        (void)obj;
        write_one(r, row, "size", offsetof(F, size), FRAG_SIZE_DEFAULT);
}

static void write_chain(struct running *r, const struct cmd_row *row, const void *obj)
{
        (void)obj;
        write_one(r, row, "chain", offsetof(F, chain), FRAG_CHAIN_DEFAULT);
}

static void write_timeout(struct running *r, const struct cmd_row *row, const void *obj)
{
        (void)obj;
        write_one(r, row, "timeout", offsetof(F, timeout_s), FRAG_TIMEOUT_DEFAULT);
}

static const struct cmd_bind size_bind[] = { BIND_DFLT("N", F, size, FRAG_SIZE_DEFAULT), { 0 } };
static const struct cmd_bind chain_bind[] = { BIND_DFLT("N", F, chain, FRAG_CHAIN_DEFAULT), { 0 } };
static const struct cmd_bind timeout_bind[] = { BIND_DFLT("N", F, timeout_s, FRAG_TIMEOUT_DEFAULT), { 0 } };

const struct cmd_row rows_fragment[] = {
        { ROW_LEAF, "fragment size N:u32(1-30000) [IFC:nameif]", "How many fragments may wait", size_bind, DIRTY_NET,
          .target = fragment_target, .after = after_size, .write = write_size },
        { ROW_LEAF, "fragment chain N:u32(1-8200) [IFC:nameif]", "How many fragments a datagram may have", chain_bind,
          DIRTY_NET, .target = fragment_target, .after = after_chain, .write = write_chain },
        { ROW_LEAF, "fragment timeout N:u32(1-30) [IFC:nameif]", "Seconds until all of a datagram must have come",
          timeout_bind, DIRTY_NET, .target = fragment_target, .after = after_timeout, .write = write_timeout },
        END,
};
