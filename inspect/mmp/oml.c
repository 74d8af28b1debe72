#include "inspect/mmp/content.h"

void mmp_oml_begin(struct mmp_oml *o)
{
        o->decided = false;
}

enum mmp_finding mmp_oml_data(struct mmp_oml *o, struct cur piece)
{
        while (!o->decided && piece.left) {
                uint8_t b = cur_u8(&piece);

                if (b == ' ' || b == '\t' || b == '\r' || b == '\n')
                        continue;
                o->decided = true;
                return b == '<' ? MMP_FOUND_OML : MMP_FOUND_OML_UNKNOWN;
        }
        return MMP_FOUND_NOTHING;
}
