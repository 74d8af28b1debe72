#include "pki/pem.h"

#include "tests/support/pki.h"
#include "tests/support/secret_watch.h"

static int decode(const char *text, const char *label, size_t max, uint8_t **out, size_t *n, struct err *e)
{
        size_t len = strlen(text);
        char *exact = mem_dup(MEM_MISC, text, len); /* no NUL: a read past the end shows */
        int ret = paste_decode(exact, len, label, max, out, n, e);

        mem_free(exact);
        return ret;
}

/* All of them are the bytes "voxgate". */
static void pastes_are_understood(void **state)
{
        static const char *const row[] = {
                "dm94Z2F0ZQ==",
                "dm94Z2F0ZQ",
                "\n\n  dm94\r\n\r\nZ2F0ZQ==  \r\n\r\n",
                "-----BEGIN X-----\ndm94Z2F0ZQ==\n-----END X-----\n",
                "-----BEGIN X-----\r\n\r\ndm94Z2F0\r\nZQ==\r\n-----END X-----",
                "Certificate:\n    Data: 1 (0x0)\n-----BEGIN X-----\ndm94Z2F0ZQ==\n-----END X-----\ntail: !\n",
                "   -----BEGIN X-----   \n\tdm94Z2F0ZQ==\n   -----END X-----  \n",
                "-----BEGIN X-----\ndm94Z2F0ZQ==\n",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct err e = { 0 };
                uint8_t *out;
                size_t n;

                if (decode(row[i], "X", 7, &out, &n, &e) < 0)
                        fail_msg("row %zu: %s", i, e.text);
                assert_int_equal(n, 7);
                assert_memory_equal(out, "voxgate", 7);
                mem_free_secret(out);
        }
}

static void bad_pastes_say_why(void **state)
{
        static const struct {
                const char *text, *why;
        } row[] = {
                { "", "the pasted text is empty" },
                { " \n\n", "the pasted text is empty" },
                { "-----BEGIN X-----\n-----END X-----\n", "the pasted text is empty" },
                { "dm94\nZ2F0!Q==", "character '!' in line 2 is not base64" },
                { "dm94\nZ2\x01", "character '\\x01' in line 2 is not base64" },
                { "dm94Z", "the pasted base64 is truncated (5 characters)" },
                { "dm=4Z2F0", "the pasted text is not valid base64" },
                { "dm94Z2F0dm94Z2F0", "the pasted data is larger than 7 bytes" },
                { "-----BEGIN RSA PRIVATE KEY-----\ndm94\n-----END RSA PRIVATE KEY-----\n",
                  "the pasted text is a RSA PRIVATE KEY, not a X" },
                { "-----BEGIN X-----\ndm94\n-----END X-----\n-----BEGIN X-----\ndm94\n-----END X-----\n",
                  "the pasted text holds more than one X" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct err e = { 0 };
                uint8_t *out;
                size_t n;

                assert_int_equal(decode(row[i].text, "X", 7, &out, &n, &e), -1);
                assert_string_equal(e.text, row[i].why);
                assert_null(out);
        }
}

static void long_pastes_are_refused_unread(void **state)
{
        char *text = mem_alloc(MEM_MISC, 70000);
        struct err e = { 0 };
        uint8_t *out;
        size_t n;

        (void)state;
        memset(text, '\n', 70000);
        assert_int_equal(paste_decode(text, 70000, "X", 1000, &out, &n, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        mem_free(text);
}

static void what_is_written_reads_back(void **state)
{
        uint8_t data[300], *out;
        char text[700];
        size_t n;

        (void)state;
        for (size_t i = 0; i < sizeof data; i++)
                data[i] = (uint8_t)(i * 7);
        for (size_t len = 1; len <= sizeof data; len++) {
                struct wbuf w = wbuf_of(text, sizeof text);

                pem_write("X", data, len, &w);
                assert_false(w.full);
                assert_int_equal(paste_decode(text, w.len, "X", len, &out, &n, NULL), 0);
                assert_int_equal(n, len);
                assert_memory_equal(out, data, len);
                mem_free_secret(out);
        }
        struct wbuf tiny = wbuf_of(text, 40);

        pem_write("X", data, 100, &tiny);
        assert_true(tiny.full);
}

/* A pasted bundle or key must not be found in freed memory, neither as text nor as bytes. */
static void nothing_is_left_of_a_paste(void **state)
{
        static const char text[] = "c2VjcmV0IG9mIHRoZSBwYXN0ZWQga2V5";
        uint8_t *out;
        size_t n;

        (void)state;
        assert_true(secret_watch_start());
        secret_watch_add(text, 24);
        secret_watch_add("secret of the pasted key", 24);
        assert_int_equal(paste_decode(text, sizeof text - 1, "X", 100, &out, &n, NULL), 0);
        mem_free_secret(out);
        assert_int_equal(paste_decode(text, sizeof text - 1, "X", 20, &out, &n, NULL), -1);
        assert_int_equal(secret_watch_stop(), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pastes_are_understood),          cmocka_unit_test(bad_pastes_say_why),
                cmocka_unit_test(long_pastes_are_refused_unread), cmocka_unit_test(what_is_written_reads_back),
                cmocka_unit_test(nothing_is_left_of_a_paste),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
