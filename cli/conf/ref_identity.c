#include "cli/conf/ref_identity.h"

void ref_identity_conf_init(struct ref_identity_conf *r)
{
        conf_list_init(&r->ids, sizeof(struct ref_id_conf), NULL);
}

void ref_identity_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct ref_identity_conf *)o)->ids);
}

void ref_identity_of(const struct ref_identity_conf *r, struct ref_identity *out)
{
        out->n = 0;
        if (!r)
                return;
        conf_each(struct ref_id_conf, i, &r->ids)
                if (out->n < REF_NAMES_MAX)
                        out->name[out->n++] = i->name;
}
