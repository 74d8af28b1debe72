/* The only foreign bytes that get into a certificate of ours: is this Name worth copying? */
#include "pki/der.h"
#include "pki/issuer.h"

enum { STRING_BMP = 0x1e, STRING_UNIVERSAL = 0x1c };

/* DirectoryString and IA5String; what else X.520 knows is not found in certificates of phones. */
static bool is_string(uint8_t tag)
{
        static const uint8_t tags[] = { 0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a, STRING_UNIVERSAL, STRING_BMP };

        return memchr(tags, tag, sizeof tags) != NULL;
}

/* P5: a NUL ends the name for one reader and not for the next. */
static bool string_ok(uint8_t tag, const struct cur *v)
{
        size_t unit = tag == STRING_BMP ? 2 : tag == STRING_UNIVERSAL ? 4 : 1;

        if (v->bad || !v->left || v->left % unit)
                return false;
        for (size_t i = 0; i < v->left; i += unit) {
                uint8_t any = 0;

                for (size_t k = 0; k < unit; k++)
                        any |= v->p[i + k];
                if (!any)
                        return false;
        }
        return true;
}

static bool oid_ok(const struct cur *v)
{
        return !v->bad && v->left && !(v->p[v->left - 1] & 0x80);
}

/* AttributeTypeAndValue ::= SEQUENCE { type OID, value string } */
static bool attribute_ok(struct cur *set)
{
        struct cur attr = der_need(set, DER_SEQUENCE);
        struct cur oid = der_need(&attr, DER_OID), value;
        uint8_t tag;

        value = der_next(&attr, &tag);
        return !set->bad && !attr.bad && !attr.left && oid_ok(&oid) && is_string(tag) && string_ok(tag, &value);
}

/* RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue */
static bool rdn_ok(struct cur *name)
{
        struct cur set = der_need(name, DER_SET);

        if (name->bad || !set.left)
                return false;
        while (set.left)
                if (!attribute_ok(&set))
                        return false;
        return true;
}

int ldc_subject_check(const uint8_t *der, size_t n, struct err *e)
{
        struct cur c = cur_of(der, n), name;

        if (n > LDC_SUBJECT_MAX)
                return err_set(e, ERR_LIMIT, "the subject name of %zu bytes is longer than %u", n, LDC_SUBJECT_MAX);
        name = der_need(&c, DER_SEQUENCE);
        if (c.bad || c.left)
                return err_set(e, ERR_SYNTAX, "the subject name is not DER");
        if (!name.left)
                return err_set(e, ERR_SYNTAX, "the subject name is empty");
        while (name.left)
                if (!rdn_ok(&name))
                        return err_set(e, ERR_SYNTAX, "the subject name has an attribute that cannot be copied");
        return 0;
}
