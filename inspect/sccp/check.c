/* What a map forbids, in this order: length, id, registration, matches. */
#include "inspect/sccp/sccp_int.h"

/* What is said before a registration is complete, by either side. */
static bool before_registration(uint32_t id)
{
        static const uint16_t allowed[] = { 0x0000, 0x0001, 0x0002, 0x0020, 0x0027, 0x0029, 0x0100, 0x0081,
                                            0x009d, 0x009f, 0x0118, 0x011a, 0x011b, 0x8000, 0x8100, 0x8101 };

        for (unsigned i = 0; i < ARRAY_LEN(allowed); i++)
                if (allowed[i] == id)
                        return true;
        return false;
}

static enum sccp_fate refuse(struct sccp_work *x, enum sccp_counter n, enum log_msg id, uint32_t value,
                             const char *why)
{
        sccp_count(x->c, n);
        sccp_log_drop(x, id, value);
        return sccp_drop(x, why);
}

static bool matches(const struct sccp_match *m, uint32_t id)
{
        return (id >= m->lo && id <= m->hi) != m->negate;
}

static enum sccp_fate check_matches(struct sccp_work *x)
{
        for (unsigned i = 0; i < x->map->nmatches; i++) {
                const struct sccp_match *m = &x->map->match[i];

                if (!matches(m, x->f->id))
                        continue;
                sccp_count(x->c, SCCP_N_MATCHED);
                if (m->log)
                        sccp_log_drop(x, LOG_608004, x->f->id);
                return sccp_drop(x, "matched");
        }
        return SCCP_FORWARD;
}

/* Directions of what only media servers say are not certain: those are let through either way. */
static bool wrong_way(const struct sccp_work *x)
{
        const struct sccp_row *r = x->f->row;

        return r && r->handler != SCCP_H_OTHER && r->handler != SCCP_H_REMOTE &&
               r->dir != (x->dir == DIR_C2S ? SCCP_UP : SCCP_DOWN);
}

/* A phone of a phone proxy must always have registered: its certificate is looked at then. */
static bool must_register(const struct sccp_work *x)
{
        return x->map->enforce_registration || x->c->phone;
}

enum sccp_fate sccp_check(struct sccp_work *x)
{
        const struct sccp_map *m = x->map;
        const struct sccp_frame *f = x->f;

        if (f->l < m->prefix_min)
                return refuse(x, SCCP_N_PREFIX_SMALL, LOG_608002, f->l, "prefix too small");
        if (m->prefix_max && f->l > m->prefix_max)
                return refuse(x, SCCP_N_PREFIX_LARGE, LOG_608003, f->l, "prefix too large");
        if (f->id > m->id_max)
                return refuse(x, SCCP_N_ID, LOG_608004, f->id, "message id not allowed");
        if (must_register(x) && !x->phone->registered && !before_registration(f->id))
                return refuse(x, SCCP_N_UNREGISTERED, LOG_608005, f->id, "registration not complete");
        if (check_matches(x) != SCCP_FORWARD)
                return SCCP_DROP;
        if (wrong_way(x)) {
                sccp_count(x->c, SCCP_N_WRONG_WAY);
                return sccp_drop(x, "wrong direction");
        }
        return SCCP_FORWARD;
}
