#include "pki/dn.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "platform/base/attr.h"
#include "platform/base/str.h"

#define OID_UNSTRUCTURED_NAME "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02"
#define OID_UNSTRUCTURED_ADDRESS "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x08"

/* key: as typed and printed; tag 0: PrintableString or UTF8String; max: characters (upper bounds of RFC 5280). */
struct dn_type {
        const char *key, *alias;
        const char *oid;
        uint8_t oid_len;
        int tag;
        size_t max;
};
#define OID(x) (x), sizeof(x) - 1

static const struct dn_type types[DN_KINDS] = {
        [DN_CN] = { "cn", NULL, OID(MBEDTLS_OID_AT_CN), 0, 64 },
        [DN_OU] = { "ou", NULL, OID(MBEDTLS_OID_AT_ORG_UNIT), 0, 64 },
        [DN_O] = { "o", NULL, OID(MBEDTLS_OID_AT_ORGANIZATION), 0, 64 },
        [DN_L] = { "l", NULL, OID(MBEDTLS_OID_AT_LOCALITY), 0, 128 },
        [DN_ST] = { "st", "sp", OID(MBEDTLS_OID_AT_STATE), 0, 128 },
        [DN_C] = { "c", NULL, OID(MBEDTLS_OID_AT_COUNTRY), MBEDTLS_ASN1_PRINTABLE_STRING, 2 },
        [DN_DC] = { "dc", NULL, OID(MBEDTLS_OID_DOMAIN_COMPONENT), MBEDTLS_ASN1_IA5_STRING, 63 },
        [DN_EA] = { "ea", "e", OID(MBEDTLS_OID_PKCS9_EMAIL), MBEDTLS_ASN1_IA5_STRING, 255 },
        [DN_T] = { "t", NULL, OID(MBEDTLS_OID_AT_TITLE), 0, 64 },
        [DN_GN] = { "gn", NULL, OID(MBEDTLS_OID_AT_GIVEN_NAME), 0, 64 },
        [DN_SN] = { "sn", NULL, OID(MBEDTLS_OID_AT_SUR_NAME), 0, 64 },
        [DN_I] = { "i", NULL, OID(MBEDTLS_OID_AT_INITIALS), 0, 64 },
        [DN_UID] = { "uid", NULL, OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), 0, 128 },
        [DN_SERIAL] = { "serialNumber", "ser", OID(MBEDTLS_OID_AT_SERIAL_NUMBER), MBEDTLS_ASN1_PRINTABLE_STRING, 64 },
        [DN_HOSTNAME] = { "hostname", NULL, OID(OID_UNSTRUCTURED_NAME), MBEDTLS_ASN1_IA5_STRING, 255 },
        [DN_IPADDRESS] = { "ipaddress", NULL, OID(OID_UNSTRUCTURED_ADDRESS), MBEDTLS_ASN1_PRINTABLE_STRING, 255 },
};

/* ---- typed text ---- */

static bool is_printable_string(const char *s)
{
        for (; *s; s++)
                if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
                      strchr(" '()+,-./:=?", *s)))
                        return false;
        return true;
}

static bool is_ascii(const char *s)
{
        while (*s && !(*s & 0x80))
                s++;
        return !*s;
}

/* Well-formed UTF-8 without control characters comes out of str_escape() as it went in. */
static bool is_clean_text(const char *s)
{
        char escaped[4 * DN_VALUE_MAX + 1];

        str_escape(escaped, sizeof escaped, s, strlen(s));
        return !strcmp(escaped, s);
}

static size_t utf8_chars(const char *s)
{
        size_t n = 0;

        for (; *s; s++)
                n += (*s & 0xc0) != 0x80;
        return n;
}

/* The tag of the string type that can hold the value, or 0. */
static int string_tag(const struct dn_type *t, const char *value)
{
        if (t->tag == MBEDTLS_ASN1_IA5_STRING)
                return is_ascii(value) ? t->tag : 0;
        if (is_printable_string(value))
                return MBEDTLS_ASN1_PRINTABLE_STRING;
        return t->tag ? 0 : MBEDTLS_ASN1_UTF8_STRING;
}

int dn_add(struct dn *dn, enum dn_kind kind, const char *value, struct err *e)
{
        const struct dn_type *t = &types[kind];

        if (!*value)
                return err_set(e, ERR_SYNTAX, "the value of %s in the subject name is empty", t->key);
        if (strlen(value) > DN_VALUE_MAX || utf8_chars(value) > t->max)
                return err_set(e, ERR_RANGE, "the value of %s in the subject name is longer than %zu characters",
                               t->key, t->max);
        if (kind == DN_C && strlen(value) != 2)
                return err_set(e, ERR_RANGE, "the country in the subject name must have two letters");
        if (!is_clean_text(value) || !string_tag(t, value))
                return err_set(e, ERR_SYNTAX,
                               "the value of %s in the subject name holds a character that is not allowed", t->key);
        if (dn->n == DN_ATTRS_MAX)
                return err_set(e, ERR_LIMIT, "the subject name has more than %d attributes", DN_ATTRS_MAX);
        dn->attr[dn->n].kind = kind;
        str_copy(dn->attr[dn->n].value, sizeof dn->attr[dn->n].value, value);
        dn->n++;
        return 0;
}

bool dn_has(const struct dn *dn, enum dn_kind kind)
{
        for (unsigned i = 0; i < dn->n; i++)
                if (dn->attr[i].kind == kind)
                        return true;
        return false;
}

static void skip_blanks(const char **p)
{
        while (**p == ' ' || **p == '\t')
                (*p)++;
}

static int parse_key(const char **p, enum dn_kind *kind, struct err *e)
{
        size_t n = strcspn(*p, "=,;\" \t");
        char shown[32];

        for (unsigned i = 0; n && i < DN_HOSTNAME; i++) { /* the last two come from fqdn and ip-address */
                const struct dn_type *t = &types[i];

                if ((strlen(t->key) == n && !strncasecmp(*p, t->key, n)) ||
                    (t->alias && strlen(t->alias) == n && !strncasecmp(*p, t->alias, n))) {
                        *kind = (enum dn_kind)i;
                        *p += n;
                        skip_blanks(p);
                        if (*(*p)++ == '=')
                                return 0;
                        return err_set(e, ERR_SYNTAX, "\"=\" is missing after %s in the subject name", t->key);
                }
        }
        str_escape(shown, sizeof shown, *p, n);
        return err_set(e, ERR_SYNTAX,
                       "\"%s\" in the subject name is not an attribute such as CN, OU, O, L, ST, C, EA", shown);
}

/* Up to the separator; unquoted blanks at the end do not count. */
static int parse_value(const char **p, char out[DN_VALUE_MAX + 1], struct err *e)
{
        size_t n = 0, keep = 0;
        bool quoted = false;

        for (skip_blanks(p); **p && (quoted || (**p != ',' && **p != ';')); (*p)++) {
                bool taken = false;

                if (**p == '"') {
                        quoted = !quoted;
                        keep = n;
                        continue;
                }
                if (**p == '\\') {
                        if (!*++*p)
                                return err_set(e, ERR_SYNTAX, "the subject name ends with a backslash");
                        taken = true;
                }
                if (n == DN_VALUE_MAX)
                        return err_set(e, ERR_RANGE, "a value in the subject name is longer than %d bytes",
                                       DN_VALUE_MAX);
                out[n++] = **p;
                if (quoted || taken || (**p != ' ' && **p != '\t'))
                        keep = n;
        }
        out[keep] = 0;
        return quoted ? err_set(e, ERR_SYNTAX, "a quotation mark in the subject name is not closed") : 0;
}

int dn_parse(struct dn *dn, const char *text, struct err *e)
{
        const char *p = text;

        for (;;) {
                char value[DN_VALUE_MAX + 1];
                enum dn_kind kind = DN_CN;

                skip_blanks(&p);
                if (parse_key(&p, &kind, e) < 0 || parse_value(&p, value, e) < 0 || dn_add(dn, kind, value, e) < 0)
                        return -1;
                if (!*p)
                        return 0;
                p++;
        }
}

int dn_to_names(const struct dn *dn, mbedtls_asn1_named_data **head, struct err *e)
{
        mbedtls_asn1_named_data **tail = head;

        *head = NULL;
        for (unsigned i = 0; i < dn->n; i++) {
                const struct dn_type *t = &types[dn->attr[i].kind];
                const char *v = dn->attr[i].value;

                /* Each in a list of its own first: the call would overwrite an earlier attribute of the same type. */
                if (!mbedtls_asn1_store_named_data(tail, t->oid, t->oid_len, (const uint8_t *)v, strlen(v))) {
                        mbedtls_asn1_free_named_data_list(head);
                        return err_nomem(e, "writing a subject name");
                }
                (*tail)->val.tag = string_tag(t, v);
                tail = &(*tail)->next;
        }
        return 0;
}

/* ---- print ---- */

const char *dn_key_of_oid(const mbedtls_asn1_buf *oid)
{
        for (unsigned i = 0; i < DN_KINDS; i++)
                if (oid->len == types[i].oid_len && !memcmp(oid->p, types[i].oid, oid->len))
                        return types[i].key;
        return NULL;
}

/* BMPString (UCS-2) to UTF-8; returns the bytes written. */
static size_t bmp_to_utf8(const mbedtls_x509_buf *v, char *out, size_t cap)
{
        size_t n = 0;

        for (size_t i = 0; i + 1 < v->len && n + 3 <= cap; i += 2) {
                unsigned c = (unsigned)v->p[i] << 8 | v->p[i + 1];

                if (c < 0x80) {
                        out[n++] = (char)c;
                } else if (c < 0x800) {
                        out[n++] = (char)(0xc0 | c >> 6);
                        out[n++] = (char)(0x80 | (c & 0x3f));
                } else {
                        out[n++] = (char)(0xe0 | c >> 12);
                        out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
                        out[n++] = (char)(0x80 | (c & 0x3f));
                }
        }
        return n;
}

/* Puts a backslash before what would look like the end of the attribute. */
static size_t guard_separators(const char *in, size_t n, char *out, size_t cap)
{
        size_t used = 0;

        for (size_t i = 0; i < n && used + 2 <= cap; i++) {
                if (in[i] == ',' || in[i] == '\\')
                        out[used++] = '\\';
                out[used++] = in[i];
        }
        return used;
}

static void print_attr(const mbedtls_x509_name *a, bool in_line, char *out, size_t cap)
{
        char key[64] = "?", raw[2 * DN_VALUE_MAX], guarded[4 * DN_VALUE_MAX];
        const char *known = dn_key_of_oid(&a->oid), *text = raw;
        size_t n;
        int used;

        if (!known)
                mbedtls_oid_get_numeric_string(key, sizeof key, &a->oid);
        if (a->val.tag == MBEDTLS_ASN1_BMP_STRING) {
                n = bmp_to_utf8(&a->val, raw, sizeof raw);
        } else {
                n = MIN_OF(a->val.len, sizeof raw);
                memcpy(raw, a->val.p, n);
        }
        if (in_line) {
                n = guard_separators(raw, n, guarded, sizeof guarded);
                text = guarded;
        }
        used = snprintf(out, cap, "%s=", known ? known : key);
        if (used > 0 && (size_t)used < cap)
                str_escape(out + used, cap - (size_t)used, text, n);
}

bool dn_print_attr(const mbedtls_x509_name *name, unsigned idx, bool in_line, char *out, size_t cap)
{
        unsigned n = 0;

        for (const mbedtls_x509_name *a = name; a && a->oid.p; a = a->next)
                n++;
        if (idx >= n)
                return false;
        for (unsigned skip = n - 1 - idx; skip; skip--)
                name = name->next;
        print_attr(name, in_line, out, cap);
        return true;
}

void dn_print_line(const mbedtls_x509_name *name, char *out, size_t cap)
{
        char attr[320];
        size_t used = 0;

        if (!cap)
                return;
        *out = 0;
        for (unsigned i = 0; dn_print_attr(name, i, true, attr, sizeof attr); i++) {
                size_t n = strlen(attr);

                if (used + n + 5 > cap) {
                        snprintf(out + used, cap - used, "%s...", i ? "," : "");
                        return;
                }
                used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? "," : "", attr);
        }
}

bool dn_same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
        return a->len == b->len && (!a->len || !memcmp(a->p, b->p, a->len));
}
