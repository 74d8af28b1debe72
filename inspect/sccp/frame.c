/* Frames of a byte stream. A limit is met at the first byte that shows it exceeded. */
#include "inspect/sccp/msg.h"

#include <stdlib.h>

#include "platform/base/attr.h"

#define UP SCCP_UP
#define DOWN SCCP_DOWN
static const struct sccp_row rows[] = {
#define SCCP_MSG(id_, name_, dir_, handler_, least_, layout_)                                                        \
        { id_, name_, dir_, SCCP_H_##handler_, least_, layout_ },
#include "inspect/sccp/msg.def"
#undef SCCP_MSG
};

static int by_id(const void *key, const void *row)
{
        uint32_t a = *(const uint32_t *)key, b = ((const struct sccp_row *)row)->id;

        return a < b ? -1 : a > b;
}

const struct sccp_row *sccp_row(uint32_t id)
{
        return bsearch(&id, rows, ARRAY_LEN(rows), sizeof rows[0], by_id);
}

static bool version_ok(uint32_t v)
{
        return v == 0 || v == 10 || v == 11 || (v >= 15 && v <= SCCP_VERSION_MAX);
}

static enum parse bad(enum sccp_fault *to, enum sccp_fault f)
{
        *to = f;
        return PARSE_BAD;
}

enum parse sccp_frame_next(struct cur *in, struct sccp_frame *f, enum sccp_fault *fault)
{
        struct cur c = *in;
        uint32_t l = cur_le32(&c), version, id;

        *fault = SCCP_FAULT_NONE;
        if (c.bad)
                return PARSE_MORE;
        if (l < SCCP_L_MIN)
                return bad(fault, SCCP_FAULT_SHORT);
        if (l > SCCP_L_MAX)
                return bad(fault, SCCP_FAULT_LONG);
        version = cur_le32(&c);
        if (c.bad)
                return PARSE_MORE;
        if (!version_ok(version))
                return bad(fault, SCCP_FAULT_VERSION);
        if (l > c.left)
                return PARSE_MORE;
        id = cur_le32(&c);
        *f = (struct sccp_frame){ .n = (size_t)l + 8, .l = l, .version = version, .id = id, .row = sccp_row(id) };
        f->p = cur_take(in, f->n);
        return PARSE_OK;
}
