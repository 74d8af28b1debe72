/* Inspection policy maps compiled: part root of SNAP_INSPECT. Engines get a pointer per call and never keep it. */
#ifndef VOXGATE_PROXY_CONF_INSPECT_RT_H
#define VOXGATE_PROXY_CONF_INSPECT_RT_H

#include "platform/base/inspect_id.h"
#include "platform/net/snapshot.h"
#include "proxy/conf/inspect_conf.h"

struct inspect_rt {
        struct sip_map sip_default; /* without a map: the defaults, with the `timeout` line */
        unsigned n_sip;
        struct sip_map_rt {
                uint32_t id; /* conf id of the policy-map */
                struct sip_map map;
        } * sip;
        struct sccp_map skinny_default;
        unsigned n_skinny;
        struct sccp_map_rt {
                uint32_t id;
                struct sccp_map map;
        } * skinny;
};

/* ctx->params of an engine for map_id (0, or one that is gone: the defaults). NULL: the engine has no parameters. */
const void *inspect_params(const struct snapshot *s, enum inspect_id engine, uint32_t map_id);

int inspect_compile(struct snap_part *part, const struct inspection_conf *conf, const struct timeout_conf *t,
                    struct err *e);

#endif
