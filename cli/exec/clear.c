/* `clear` of what has no family of its own. */
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

const struct exec_row exec_clear[] = {
        { "clear arp", "Forget learned neighbours", 15, clear_arp },
        { 0 },
};
