#include "inspect/engine.h"

#include "inspect/mmp/mmp.h"
#include "inspect/sccp/sccp.h"
#include "inspect/sip/sip.h"
#include "inspect/tftp/tftp.h"

const struct inspect_engine *const inspect_engines[] = { &inspect_mmp,     &inspect_sccp, &inspect_sip,
                                                         &inspect_sip_udp, &inspect_tftp, NULL };

const struct inspect_engine *inspect_engine_find(enum inspect_id id, uint8_t l4)
{
        for (const struct inspect_engine *const *e = inspect_engines; *e; e++)
                if ((*e)->id == id && (*e)->l4 == l4)
                        return *e;
        return NULL;
}
