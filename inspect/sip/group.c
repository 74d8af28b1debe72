/* What ends together: pinholes and announced ports of a stream, of a contact. The host does it by group. */
#include "inspect/sip/sip_int.h"

uint32_t sip_group(const struct sip_work *x, uint32_t *slot)
{
        const struct inspect_host *ops = x->c->ops;

        if (!*slot && ops && ops->group_open && !x->c->dry)
                *slot = ops->group_open(x->c);
        return *slot;
}

void sip_group_close(struct sip_shared *sh, uint32_t *slot)
{
        if (*slot && sh->ops && sh->ops->group_close)
                sh->ops->group_close(sh->host_worker, *slot);
        *slot = 0;
}

uint32_t sip_stream_group(const struct sip_work *x, unsigned i)
{
        struct sip_media *md = x->call && i < SDP_MEDIA_MAX ? x->call->media[i] : NULL;
        unsigned by = x->dir == DIR_C2S ? 0 : 1;

        if (!md || x->call->anchored)
                return 0;
        return md->next[by] ? md->next[by] : sip_group(x, &md->group[by]);
}

void sip_streams_settled(struct sip_call *call)
{
        for (unsigned i = 0; i < call->nmedia; i++) {
                struct sip_media *md = call->media[i];

                for (unsigned by = 0; md && by < 2; by++) {
                        if (!md->next[by])
                                continue;
                        sip_group_close(call->sh, &md->group[by]);
                        md->group[by] = md->next[by];
                        md->next[by] = 0;
                }
        }
}

void sip_streams_reverted(struct sip_call *call)
{
        for (unsigned i = 0; i < call->nmedia; i++) {
                struct sip_media *md = call->media[i];

                for (unsigned by = 0; md && by < 2; by++) {
                        if (md->next[by])
                                md->hole[by].port = 0; /* the place in force, asked for again, is a move again */
                        sip_group_close(call->sh, &md->next[by]);
                }
        }
}

int sip_announce(const struct sip_work *x, uint32_t group, uint8_t proto, bool pair, const struct endpoint *in,
                 struct endpoint *out)
{
        const struct inspect_host *ops = x->c->ops;
        struct announce_req r = { .group = group, .from = x->dir, .proto = proto, .pair = pair, .at = *in };

        *out = *in;
        if (!ops || !ops->announce || x->c->dry)
                return 0;
        if (!ops->announce(x->c, &r, out))
                return -1;
        return !endpoint_eq(in, out);
}
