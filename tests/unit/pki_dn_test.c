#include "pki/dn.h"

#include "tests/support/pki.h"

/* "key=value|key=value" of what was parsed. */
static void show(const struct dn *dn, char *out, size_t cap)
{
        static const char *const key[] = { "cn", "ou", "o",  "l",  "st", "c",   "dc",
                                           "ea", "t",  "gn", "sn", "i",  "uid", "serial" };
        size_t used = 0;

        *out = 0;
        for (unsigned i = 0; i < dn->n; i++)
                used += (size_t)snprintf(out + used, cap - used, "%s%s=%s", i ? "|" : "", key[dn->attr[i].kind],
                                         dn->attr[i].value);
}

static void typed_names_are_parsed(void **state)
{
        static const struct {
                const char *text, *want;
        } row[] = {
                { "cn=EXAMPLE-CCM-Proxy", "cn=EXAMPLE-CCM-Proxy" },
                { "cn=EXAMPLE-CCM-Proxy, o=Y", "cn=EXAMPLE-CCM-Proxy|o=Y" },
                { "CN=a,OU=b,O=c,C=US,ST=d,L=e,EA=f@g", "cn=a|ou=b|o=c|c=US|st=d|l=e|ea=f@g" },
                { "  CN = two words ,o=x  ", "cn=two words|o=x" },
                { "CN=\"Smith, John\",O=\" kept \"", "cn=Smith, John|o= kept " },
                { "CN=a\\,b\\\\c\\\"d,O=e\\ ", "cn=a,b\\c\"d|o=e " },
                { "OU=one,OU=two,OU=three", "ou=one|ou=two|ou=three" },
                { "CN=J\xc3\xb6rg;DC=example;DC=com", "cn=J\xc3\xb6rg|dc=example|dc=com" },
                { "CN=C++=fun,SP=X,E=a@b,SER=123", "cn=C++=fun|st=X|ea=a@b|serial=123" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct err e = { 0 };
                struct dn dn = { 0 };
                char got[512];

                if (dn_parse(&dn, row[i].text, &e) < 0)
                        fail_msg("%s: %s", row[i].text, e.text);
                show(&dn, got, sizeof got);
                assert_string_equal(got, row[i].want);
        }
}

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static void bad_names_say_why(void **state)
{
        static const struct {
                const char *text, *why;
        } row[] = {
                { "", "\"\" in the subject name is not an attribute such as CN, OU, O, L, ST, C, EA" },
                { "CN=a,", "\"\" in the subject name is not an attribute such as CN, OU, O, L, ST, C, EA" },
                { "foo=a", "\"foo\" in the subject name is not an attribute such as CN, OU, O, L, ST, C, EA" },
                { "hostname=a",
                  "\"hostname\" in the subject name is not an attribute such as CN, OU, O, L, ST, C, EA" },
                { "CN", "\"=\" is missing after cn in the subject name" },
                { "CN a", "\"=\" is missing after cn in the subject name" },
                { "CN=", "the value of cn in the subject name is empty" },
                { "CN=  ,O=x", "the value of cn in the subject name is empty" },
                { "CN=\"a", "a quotation mark in the subject name is not closed" },
                { "CN=a\\", "the subject name ends with a backslash" },
                { "CN=" X64 "y", "the value of cn in the subject name is longer than 64 characters" },
                { "CN=" X64 X64 X64 X64, "a value in the subject name is longer than 255 bytes" },
                { "C=USA", "the value of c in the subject name is longer than 2 characters" },
                { "C=U", "the country in the subject name must have two letters" },
                { "CN=a\x01", "the value of cn in the subject name holds a character that is not allowed" },
                { "CN=\xff\xfe", "the value of cn in the subject name holds a character that is not allowed" },
                { "EA=j\xc3\xb6@x", "the value of ea in the subject name holds a character that is not allowed" },
                { "OU=1,OU=2,OU=3,OU=4,OU=5,OU=6,OU=7,OU=8,OU=9,OU=10,OU=11,OU=12,OU=13,OU=14,OU=15,OU=16,OU=17",
                  "the subject name has more than 16 attributes" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct err e = { 0 };
                struct dn dn = { 0 };

                assert_int_equal(dn_parse(&dn, row[i].text, &e), -1);
                assert_string_equal(e.text, row[i].why);
        }
}

/* The string types a peer expects: PrintableString where it can hold the value, IA5String for mail and domains. */
static void string_types_follow_the_value(void **state)
{
        static const int want[] = { MBEDTLS_ASN1_PRINTABLE_STRING, MBEDTLS_ASN1_UTF8_STRING, MBEDTLS_ASN1_UTF8_STRING,
                                    MBEDTLS_ASN1_IA5_STRING, MBEDTLS_ASN1_PRINTABLE_STRING };
        mbedtls_asn1_named_data *head, *at;
        struct dn dn = { 0 };

        (void)state;
        assert_int_equal(dn_parse(&dn, "CN=plain,CN=a_b,O=J\xc3\xb6rg,EA=a@b,C=US", NULL), 0);
        assert_int_equal(dn_to_names(&dn, &head, NULL), 0);
        at = head;
        for (size_t i = 0; i < ARRAY_LEN(want); i++, at = at->next) {
                assert_int_equal(at->val.tag, want[i]);
                assert_int_equal(at->val.len, strlen(dn.attr[i].value));
        }
        assert_null(at);
        mbedtls_asn1_free_named_data_list(&head);
}

/* A parsed name of one attribute. */
static mbedtls_x509_name one(const char *oid, size_t oid_len, int tag, const void *v, size_t n)
{
        mbedtls_x509_name a = { .oid = { .tag = MBEDTLS_ASN1_OID, .len = oid_len, .p = (uint8_t *)(uintptr_t)oid },
                                .val = { .tag = tag, .len = n, .p = (uint8_t *)(uintptr_t)v } };

        return a;
}

static void foreign_names_cannot_forge_a_line(void **state)
{
        static const uint8_t bmp[] = { 0, 'J', 0, 0xf6, 0x20, 0xac };
        mbedtls_x509_name o = one("\x55\x04\x0a", 3, MBEDTLS_ASN1_UTF8_STRING, "evil,cn=good\n\\", 14);
        mbedtls_x509_name cn = one("\x55\x04\x03", 3, MBEDTLS_ASN1_BMP_STRING, bmp, sizeof bmp);
        mbedtls_x509_name odd = one("\x2a\x03\x04", 3, MBEDTLS_ASN1_UTF8_STRING, "x\0y", 3);
        char out[128];

        (void)state;
        o.next = &cn; /* DER order: least specific first */
        cn.next = &odd;
        dn_print_line(&o, out, sizeof out);
        assert_string_equal(out, "1.2.3.4=x\\x00y,cn=J\xc3\xb6\xe2\x82\xac,o=evil\\,cn=good\\x0a\\\\");
        assert_true(dn_print_attr(&o, 2, false, out, sizeof out));
        assert_string_equal(out, "o=evil,cn=good\\x0a\\");
        assert_false(dn_print_attr(&o, 3, false, out, sizeof out));
        dn_print_line(&o, out, 22);
        assert_string_equal(out, "1.2.3.4=x\\x00y,...");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(typed_names_are_parsed),
                cmocka_unit_test(bad_names_say_why),
                cmocka_unit_test(string_types_follow_the_value),
                cmocka_unit_test(foreign_names_cannot_forge_a_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
