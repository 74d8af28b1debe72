/* Names that phones ask for: what each means, and what is never passed on. */
#include "tests/support/test.h"

#include "platform/base/attr.h"
#include "proxy/tftp/tftp_name.h"

struct row {
        const char *name;
        enum phone_file_kind kind;
        const char *base, *device;
};

static const struct row rows[] = {
        { "CTLSEP001122334455.tlv", PHONE_FILE_CTL, "", "SEP001122334455" },
        { "ctlsep00aabbccddee.tlv", PHONE_FILE_CTL, "", "SEP00AABBCCDDEE" },
        { "CTLFile.tlv", PHONE_FILE_CTL, "", "" },
        { "CTLSEP00112233445.tlv", PHONE_FILE_PLAIN, "", "" },
        { "CTLSEP0011223344556.tlv", PHONE_FILE_PLAIN, "", "SEP001122334455" },
        { "ITLSEP001122334455.tlv", PHONE_FILE_ITL, "", "SEP001122334455" },
        { "ITLFile.tlv", PHONE_FILE_ITL, "", "" },
        { "SEP001122334455.cnf.xml.sgn", PHONE_FILE_CONFIG, "SEP001122334455.cnf.xml", "SEP001122334455" },
        { "XMLDefault.cnf.xml.sgn", PHONE_FILE_CONFIG, "XMLDefault.cnf.xml", "" },
        { "SEP001122334455.cnf.xml", PHONE_FILE_CLEAR, "", "SEP001122334455" },
        { "XMLDefault.cnf.xml", PHONE_FILE_CLEAR, "", "" },
        { "SIPDefault.cnf", PHONE_FILE_CLEAR, "", "" },
        { "SEP001122334455.cnf.xml.enc.sgn", PHONE_FILE_ENC, "", "" },
        { "English_United_States/7960-font.xml.sgn", PHONE_FILE_SIGNED, "English_United_States/7960-font.xml", "" },
        { "Ringlist.xml.sgn", PHONE_FILE_SIGNED, "Ringlist.xml", "" },
        { "Ringlist.xml", PHONE_FILE_PLAIN, "", "" },
        { "/mk-sip.jar", PHONE_FILE_PLAIN, "", "" },
        { "SCCP45.9-4-2SR1-1S.loads", PHONE_FILE_PLAIN, "", "" },
        { "kern.bin.sgn", PHONE_FILE_PLAIN, "", "" },
        { "rootfs.zz.sgn", PHONE_FILE_PLAIN, "", "" },
        { ".sgn", PHONE_FILE_BAD, "", "" },
        { "", PHONE_FILE_BAD, "", "" },
        { "/", PHONE_FILE_BAD, "", "" },
        { "/etc/passwd", PHONE_FILE_BAD, "", "" },
        { "//x", PHONE_FILE_BAD, "", "" },
        { "..", PHONE_FILE_BAD, "", "" },
        { "../x", PHONE_FILE_BAD, "", "" },
        { "a/../x", PHONE_FILE_BAD, "", "" },
        { "a/./x", PHONE_FILE_BAD, "", "" },
        { "a//x", PHONE_FILE_BAD, "", "" },
        { "a/", PHONE_FILE_BAD, "", "" },
        { ".hidden", PHONE_FILE_BAD, "", "" },
        { "a/b/c/d", PHONE_FILE_BAD, "", "" },
        { "a\\b", PHONE_FILE_BAD, "", "" },
        { "C:x", PHONE_FILE_BAD, "", "" },
        { "a b", PHONE_FILE_BAD, "", "" },
        { "a\x01", PHONE_FILE_BAD, "", "" },
        { "a\xff", PHONE_FILE_BAD, "", "" },
        { "a%2e", PHONE_FILE_BAD, "", "" },
};

static void each_name(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct phone_file f;

                phone_file_of(cur_of(rows[i].name, strlen(rows[i].name)), &f);
                if (f.kind != rows[i].kind)
                        fail_msg("%s is %d, not %d", rows[i].name, f.kind, rows[i].kind);
                assert_string_equal(f.base, rows[i].base);
                if (f.kind != PHONE_FILE_BAD && f.kind != PHONE_FILE_PLAIN && f.kind != PHONE_FILE_ENC)
                        assert_string_equal(f.device, rows[i].device);
                assert_true((f.kind == PHONE_FILE_BAD) == (f.why != NULL));
        }
}

static void length_has_an_end(void **state UNUSED)
{
        char name[PHONE_FILE_MAX + 2];
        struct phone_file f;

        memset(name, 'a', sizeof name);
        phone_file_of(cur_of(name, PHONE_FILE_MAX), &f);
        assert_int_equal(f.kind, PHONE_FILE_PLAIN);
        phone_file_of(cur_of(name, PHONE_FILE_MAX + 1), &f);
        assert_int_equal(f.kind, PHONE_FILE_BAD);
        phone_file_of(cur_of("a\0b", 3), &f);
        assert_int_equal(f.kind, PHONE_FILE_BAD);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_name),
                cmocka_unit_test(length_has_an_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
