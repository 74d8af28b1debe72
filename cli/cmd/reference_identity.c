/* crypto ca reference-identity: the names one of which a TLS server's certificate must have (RFC 6125). */
#include "cli/conf/ref_identity.h"

#include "cli/cmd/rows.h"

#define ID struct ref_id_conf

static const struct cmd_bind id_bind[] = {
        BIND_KEY("cn-id", ID, name.kind, REF_CN_ID),
        BIND_KEY("dns-id", ID, name.kind, REF_DNS_ID),
        BIND_KEY("srv-id", ID, name.kind, REF_SRV_ID),
        BIND_KEY("uri-id", ID, name.kind, REF_URI_ID),
        BIND("REFNAME", ID, name.value),
        { 0 },
};

static int check_room(struct conf_ctx *c, void *obj UNUSED, struct err *e)
{
        const struct ref_identity_conf *r = conf_object(c);

        if (r->ids.n < REF_NAMES_MAX)
                return 0;
        return err_set(e, ERR_LIMIT, "a reference-identity has at most %u names", REF_NAMES_MAX);
}

static void init_identity(struct conf_ctx *c UNUSED, void *obj)
{
        ref_identity_conf_init(obj);
}

static const struct cmd_row identity_rows[] = {
        { ROW_LIST, "{cn-id|dns-id|srv-id|uri-id} REFNAME:word(253)", "A name that the certificate may have", id_bind,
          DIRTY_LOG, offsetof(struct ref_identity_conf, ids), .check = check_room },
        END,
};
static const struct cmd_mode identity_mode = {
        "config-ca-ref-identity", "crypto ca reference-identity configuration commands:", identity_rows
};

const struct cmd_row rows_reference_identity[] = {
        { ROW_MODE, "crypto ca reference-identity NAME:newname(64)", "Names that a TLS server may have", NULL,
          DIRTY_LOG, STORE(sys.ref_ids), &identity_mode, .kind_name = "reference-identity", .init = init_identity },
        END,
};
