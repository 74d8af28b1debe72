/* show ctl-file: what phones get, as a list of servers or TLV by TLV. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "pki/ctl_tlv.h"
#include "pki/pki_rt.h"
#include "platform/base/str.h"

/* ---- records ---- */

static void show_record(struct session *s, const struct ctl_record *r, unsigned no)
{
        char name[CTL_DN_MAX + 1] = "", serial[80] = "";

        if (r->cert && ctl_dn(&cert_x509(r->cert)->subject, name, NULL) == 0)
                cert_serial_text(r->cert, serial, sizeof serial);
        ROW(s, "  Record %s: %s\n    address %s%s%s\n    subject %s\n    serial number %s\n", cell_num("record", no),
            cell_str("role", ctl_role_name(r->role)),
            r->addr.fam != ADDR_NONE ? cell_addr("address", &r->addr) : cell_as(cell_null("address"), "-"),
            cell_text(*r->dns ? ", name " : ""), cell_str("name", *r->dns ? r->dns : NULL), cell_str("subject", name),
            *serial ? cell_str("serial_number", serial) : cell_as(cell_null("serial_number"), "-"));
}

static void show_records(struct session *s, const struct ctl_rt *c)
{
        const struct ctl_head *h = &c->file->head;
        char version[16];

        snprintf(version, sizeof version, "%u.%u", h->major, h->minor);
        PUT(s, "ctl-file %s: version %s, %s bytes, %s records\n  signed by %s\n", cell_str("name", c->name),
            cell_str("version", version), cell_num("bytes", c->n), cell_num("record_count", c->file->n),
            cell_str("signer", h->signer));
        table_list(session_table(s), "records");
        for (unsigned i = 0; i < c->file->n; i++)
                show_record(s, &c->file->rec[i], i + 1);
        table_close(session_table(s));
        out(s, "\n");
}

/* ---- TLVs, as call managers list them ---- */

struct listing {
        struct session *s;
        unsigned record;
};

static const char *tag_name(unsigned record, uint8_t tag)
{
        static const char *const head[] = {
                [HEAD_SIGNER] = "SIGNERID",
                [HEAD_SIGNER_NAME] = "SIGNERNAME",
                [HEAD_SERIAL] = "SERIALNUMBER",
                [HEAD_CA_NAME] = "CANAME",
                [HEAD_SIG_INFO] = "SIGNATUREINFO",
                [HEAD_DIGEST] = "DIGESTALGO",
                [HEAD_SIG_ALG_INFO] = "SIGNATUREALGOINFO",
                [HEAD_SIG_ALG] = "SIGNATUREALGO",
                [HEAD_MODULUS] = "SIGNATUREMODULUS",
                [HEAD_SIGNATURE] = "SIGNATURE",
                [HEAD_FILE_NAME] = "FILENAME",
                [HEAD_TIME] = "TIMESTAMP",
        };
        static const char *const rec[] = {
                [REC_LENGTH] = "RECORDLENGTH", [REC_DNS] = "DNSNAME",         [REC_SUBJECT] = "SUBJECTNAME",
                [REC_ROLE] = "FUNCTION",       [REC_ISSUER] = "ISSUERNAME",   [REC_SERIAL] = "SERIAL NUMBER",
                [REC_KEY] = "PUBLICKEY",       [REC_SIGNATURE] = "SIGNATURE", [REC_CERT] = "CERTIFICATE",
                [REC_ADDRESS] = "IPADDRESS",
        };
        const char *const *names = record ? rec : head;
        size_t n = record ? ARRAY_LEN(rec) : ARRAY_LEN(head);

        return tag < n ? names[tag] : "UNKNOWN";
}

static const char *function_text(uint16_t role)
{
        return role == CTL_SAST ? "Security Token" : ctl_role_name(role);
}

/* Names and numbers are shown, keys and signatures have a length only. */
static void value_text(unsigned record, uint8_t tag, struct cur v, char *text, size_t cap)
{
        bool words = record ? tag == REC_DNS || tag == REC_SUBJECT || tag == REC_ISSUER
                            : tag == HEAD_SIGNER_NAME || tag == HEAD_CA_NAME || tag == HEAD_FILE_NAME;
        struct addr a;

        *text = 0;
        if (words && v.left)
                str_escape(text, cap, v.p, v.left - 1);
        else if (record && tag == REC_LENGTH)
                snprintf(text, cap, "%u", cur_be16(&v));
        else if (record && tag == REC_ROLE)
                snprintf(text, cap, "%s", function_text(cur_be16(&v)));
        else if (record && tag == REC_ADDRESS && v.left == 4) {
                a = addr_v4(cur_be32(&v));
                addr_print(&a, text);
        } else if (tag == (record ? REC_SERIAL : HEAD_SERIAL)) {
                for (size_t i = 0; i < v.left && 2 * i + 3 < cap; i++)
                        snprintf(text + 2 * i, 3, "%02x", v.p[i]);
        }
}

static void column_heads(struct session *s)
{
        out(s, "BYTEPOS TAG             LENGTH  VALUE\n------- ---             ------  -----\n");
}

static void show_tlv(void *ctx, unsigned record, uint8_t tag, struct cur v)
{
        struct listing *l = ctx;
        char text[600];

        if (!record && tag < HEAD_SIGNER) /* said above the list */
                return;
        if (record != l->record) {
                out(l->s, "\n        CTL Record  #: %u\n                     ----\n", record);
                column_heads(l->s);
                l->record = record;
        }
        value_text(record, tag, v, text, sizeof text);
        ROW(l->s, "%-7s %-15s %-7s %s\n", cell_num("tag", tag), cell_str("name", tag_name(record, tag)),
            cell_num("length", v.left), cell_str("value", text), cell_num("record", record));
}

static void show_parsed(struct session *s, const struct ctl_rt *c)
{
        struct listing l = { .s = s };
        char version[16];

        snprintf(version, sizeof version, "%u.%u", c->file->head.major, c->file->head.minor);
        PUT(s, "Version:        %s\nHeaderLength:   %s (BYTES)\n\n", cell_str("version", version),
            cell_num("header_length", c->file->head.bytes), cell_str("name", c->name));
        column_heads(s);
        table_list(session_table(s), "tags");
        ctl_each(c->bytes, c->n, show_tlv, &l);
        table_close(session_table(s));
        out(s, "\n");
}

/* ---- commands ---- */

static int show_ctl(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *name = arg_str(a, "NAME");
        const struct snapshot *snap = snapshot_get(b->hub);
        unsigned shown = 0;

        table_list(session_table(s), "ctl_files");
        for (unsigned i = 0; snap && i < pki_rt(snap)->nctl; i++) {
                const struct ctl_rt *c = &pki_rt(snap)->ctl[i];

                if (name && strcmp(c->name, name) != 0)
                        continue;
                shown++;
                table_object(session_table(s), NULL);
                if (arg_has(a, "parsed"))
                        show_parsed(s, c);
                else
                        show_records(s, c);
                table_close(session_table(s));
        }
        table_close(session_table(s));
        if (snap)
                snapshot_put(b->hub, snap);
        return name && !shown ? err_set(e, ERR_STATE, "ctl-file %s is shut down or its CTL file was not made", name)
                              : 0;
}

const struct exec_row exec_show_ctl[] = {
        { "show ctl-file", "Show CTL files", 15 | EXEC_TABLE, show_ctl },
        { "show ctl-file NAME:ref(ctl-file) [parsed]", "Show the CTL file of a ctl-file", 15 | EXEC_TABLE, show_ctl },
        { 0 },
};
