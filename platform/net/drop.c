#include "platform/net/dp.h"

struct drop_name {
        const char *key, *text;
        bool flow;
};

static const struct drop_name name[DROP_REASONS] = {
#define DROP(id, key, text) [DROP_##id] = { key, text, false },
#define FLOW_DROP(id, key, text) [DROP_##id] = { key, text, true },
#include "platform/net/drop.def"
#undef DROP
#undef FLOW_DROP
};

const char *drop_key(unsigned reason)
{
        return reason < DROP_REASONS ? name[reason].key : "unknown";
}

const char *drop_text(unsigned reason)
{
        return reason < DROP_REASONS ? name[reason].text : "Unknown reason";
}

bool drop_is_flow(unsigned reason)
{
        return reason < DROP_REASONS && name[reason].flow;
}
