/* What the operator hears of without asking, and how often. */
#include "cli/box/alerts.h"
#include "cli/conf/store.h"
#include "pki/keystore.h"
#include "pki/x509_util.h"
#include "platform/base/mem.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/pki_store.h"
#include "tests/support/test.h"

static void how_often(void **state)
{
        static const struct {
                int64_t days;
                bool first, due;
        } row[] = { { 61, true, false },  { 61, false, false }, { 60, false, true },  { 59, false, false },
                    { 59, true, true },   { 53, false, true },  { 52, false, false }, { 8, false, false },
                    { 7, false, true },   { 6, false, true },   { 0, false, true },   { -1, false, true },
                    { -400, false, true } };

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(row); i++)
                if (alert_due(row[i].days, 60, 7, row[i].first) != row[i].due)
                        fail_msg("%lld days", (long long)row[i].days);
        assert_true(alert_due(10, 10, 1, false) && alert_due(9, 10, 1, false));
}

static void once_until_it_is_calm_again(void **state)
{
        bool high = false;

        (void)state;
        assert_false(alert_rises(&high, 94));
        assert_true(alert_rises(&high, 95));
        assert_false(alert_rises(&high, 100));
        assert_false(alert_rises(&high, 91)); /* not far enough down */
        assert_false(alert_rises(&high, 96));
        assert_false(alert_rises(&high, 89));
        assert_true(alert_rises(&high, 95));
}

/* ---- a box with a trustpoint ---- */

struct bench {
        struct pki_store *k;
        struct conf_fixture f;
        struct box b;
        time_t ends;
};

static int bench_open(void **state)
{
        struct bench *t = calloc(1, sizeof *t);
        struct cert *c = pki_cert("root.pem");

        pki_store_open((void **)&t->k);
        conf_fixture_init(&t->f);
        conf_accept(&t->f, "crypto ca trustpoint tp\n");
        pthread_mutex_init(&t->b.conf_lock, NULL);
        t->b.clk = &t->k->clk;
        t->b.log = t->k->log;
        t->b.log_src = log_src_new(t->k->log, "cli");
        t->b.keys = t->k->k;
        t->b.store = t->f.s;
        assert_int_equal(keystore_tp_put(t->k->k, "tp", NULL, &c, 1, &t->k->e), 0);
        t->ends = x509_time(&cert_x509(c)->valid_to);
        cert_put(c);
        pki_store_lines(t->k);
        *state = t;
        return 0;
}

static int bench_close(void **state)
{
        struct bench *t = *state;

        pthread_mutex_destroy(&t->b.conf_lock);
        conf_fixture_fini(&t->f);
        pki_store_close((void **)&t->k);
        free(t);
        return 0;
}

/* So many days before its end: what is told, as after a start. */
static const char *days_before(struct bench *t, int days)
{
        t->k->v.wall = ((int64_t)t->ends - (int64_t)days * 86400) * 1000000000ll;
        t->b.alerts.certificates_ms = 0;
        alerts_poll(&t->b);
        return pki_store_lines(t->k);
}

static void a_certificate_that_ends(void **state)
{
        struct bench *t = *state;

        assert_string_equal(days_before(t, 61), "");
        assert_non_null(strstr(days_before(t, 20), "%ASA-1-717054: The CA certificate in the trustpoint tp is due to "
                                                   "expire in 20 days. Expiration "));
        assert_non_null(strstr(t->k->lines, " Serial Number "));
        assert_non_null(strstr(days_before(t, -3), "%ASA-1-717055: The CA certificate in the trustpoint tp has "
                                                   "expired. Expiration "));
}

static void looked_at_once_a_day(void **state)
{
        struct bench *t = *state;

        days_before(t, 5);
        clock_advance_ms(&t->k->v, 86399000);
        alerts_poll(&t->b);
        assert_string_equal(pki_store_lines(t->k), "");
        clock_advance_ms(&t->k->v, 1000);
        alerts_poll(&t->b);
        assert_non_null(strstr(pki_store_lines(t->k), "717054"));
}

static void as_the_configuration_says(void **state)
{
        struct bench *t = *state;

        conf_accept(&t->f, "crypto ca alerts expiration begin 10\n");
        assert_string_equal(days_before(t, 11), "");
        assert_non_null(strstr(days_before(t, 10), "717054"));
        conf_accept(&t->f, "no crypto ca alerts expiration\n");
        assert_string_equal(days_before(t, -3), "");
        assert_non_null(strstr(conf_running(&t->f, "crypto", true), "no crypto ca alerts expiration\n"));
}

#define T(x) cmocka_unit_test_setup_teardown(x, bench_open, bench_close)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(how_often),  cmocka_unit_test(once_until_it_is_calm_again),
                T(a_certificate_that_ends),   T(looked_at_once_a_day),
                T(as_the_configuration_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
