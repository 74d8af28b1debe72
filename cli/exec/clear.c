/* `clear` of what has no family of its own. */
#include "cli/exec/clear.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "platform/net/arp.h"

static void forget_neighbours(struct worker *w, void *arg UNUSED)
{
        if (w->arp)
                arp_clear(w->arp);
}

static int clear_arp(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        each_worker(session_box(s), forget_neighbours, NULL);
        return 0;
}

/* Counters of messages sent, of traffic and of interfaces have a `clear` of their own. */
static int clear_counters(struct session *s, const struct args *a, struct err *e)
{
        static int (*const clear[])(struct session *, const struct args *,
                                    struct err *) = { clear_hits, clear_nat, clear_asp_drop, clear_service_policy,
                                                      clear_engines };
        int rc = 0;

        for (size_t i = 0; !rc && i < ARRAY_LEN(clear); i++)
                rc = clear[i](s, a, e);
        return rc;
}

const struct exec_row exec_clear[] = {
        { "clear arp", "Forget learned neighbours", 15, clear_arp },
        { "clear counters", "Count hits of access lists and NAT rules, drops and inspections from now on", 15,
          clear_counters },
        { 0 },
};
