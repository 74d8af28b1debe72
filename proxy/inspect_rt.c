#include "proxy/inspect_rt.h"

const void *inspect_params(const struct snapshot *s, enum inspect_id engine, uint32_t map_id)
{
        const struct inspect_rt *r = s ? s->part[SNAP_INSPECT]->root : NULL;

        if (!r || engine != INSPECT_SIP)
                return NULL;
        for (unsigned i = 0; i < r->n_sip; i++)
                if (r->sip[i].id == map_id)
                        return &r->sip[i].map;
        return &r->sip_default;
}
