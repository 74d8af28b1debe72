/* The inspection engines by number and name: what policy stores, CLI prints and inspect/ implements. */
#ifndef VOXGATE_BASE_INSPECT_ID_H
#define VOXGATE_BASE_INSPECT_ID_H

enum inspect_id {
        INSPECT_NONE,
#define INSPECT(id, name) INSPECT_##id,
#include "platform/base/inspect_id.def"
#undef INSPECT
        INSPECT_IDS
};

/* "mmp", "h323 h225" ...; "" for none. */
static inline const char *inspect_name(enum inspect_id id)
{
        static const char *const name[INSPECT_IDS] = {
                "",
#define INSPECT(id_, name_) name_,
#include "platform/base/inspect_id.def"
#undef INSPECT
        };

        return id < INSPECT_IDS ? name[id] : "";
}

#endif
