#include "proxy/conf/inspect_rt.h"

static const void *sip_params(const struct inspect_rt *r, uint32_t map_id)
{
        for (unsigned i = 0; i < r->n_sip; i++)
                if (r->sip[i].id == map_id)
                        return &r->sip[i].map;
        return &r->sip_default;
}

static const void *skinny_params(const struct inspect_rt *r, uint32_t map_id)
{
        for (unsigned i = 0; i < r->n_skinny; i++)
                if (r->skinny[i].id == map_id)
                        return &r->skinny[i].map;
        return &r->skinny_default;
}

const void *inspect_params(const struct snapshot *s, enum inspect_id engine, uint32_t map_id)
{
        const struct inspect_rt *r = s ? s->part[SNAP_INSPECT]->root : NULL;

        if (r && engine == INSPECT_SIP)
                return sip_params(r, map_id);
        return r && engine == INSPECT_SKINNY ? skinny_params(r, map_id) : NULL;
}
