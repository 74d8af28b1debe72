/* What is logged of a command holds no secret. */
#include "cli/conf/mask.h"
#include "tests/support/test.h"

static void passwords_of_urls_are_masked(void **state)
{
        static const char *const rows[][2] = {
                { "copy run disk0:x", "copy run disk0:x" },
                { "copy ftp://user:PASS@10.0.0.1/f disk0:x", "copy ftp://user:*****@10.0.0.1/f disk0:x" },
                { "copy ftp://user:P/A@S@10.0.0.1/f disk0:x", "copy ftp://user:*****@10.0.0.1/f disk0:x" },
                { "copy ftp://user@10.0.0.1/f disk0:x", "copy ftp://user@10.0.0.1/f disk0:x" },
                { "copy tftp://10.0.0.1:69/f https://a:b@c", "copy tftp://10.0.0.1:69/f https://a:*****@c" },
                { "enrollment url http://10.0.0.1:80/", "enrollment url http://10.0.0.1:80/" },
                { "x ://", "x ://" },
                { "://:@", "://:*****@" },
                { "", "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct text t = { 0 };

                mask_urls(rows[i][0], &t);
                assert_string_equal(text_str(&t), rows[i][1]);
                text_fini(&t);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(passwords_of_urls_are_masked) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
