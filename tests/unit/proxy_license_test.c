/* The tables and counting rules of docs/licences.md, row by row. */
#include <string.h>

#include "proxy/conf/license.h"
#include "tests/support/test.h"

#define NONE LICENSE_UNLIMITED

static struct license_limits of(const char *model, uint32_t uc, bool k8, uint32_t configured)
{
        struct license_conf c = { .uc = uc, .k8 = k8 };
        struct license_limits l;

        strcpy(c.model, model);
        license_limits(&c, configured, &l);
        return l;
}

static void the_table_of_models(void **state)
{
        static const struct {
                const char *model;
                uint32_t tls_default, tls_max, uc, phone; /* as it comes, K9 */
        } row[] = {
                { "5505", 10, 80, 2, 2 },
                { "5510", 100, 200, 2, 2 },
                { "5520", 300, 1200, 2, 2 },
                { "5540", 1000, 4500, 2, 2 },
                { "5550", 2000, 4500, 2, 2 },
                { "5580", 4000, 13000, 2, 2 },
                { "5512-x", 500, 500, 2, 2 },
                { "5515-x", 500, 500, 2, 2 },
                { "5525-x", 1000, 1000, 2, 2 },
                { "5545-x", 2000, 2000, 2, 2 },
                { "5555-x", 3000, 3000, 2, 2 },
                { "5585-x-ssp10", 3000, 3000, 2, 2 },
                { "5585-x-ssp20", 10000, 10000, 2, 2 },
                { "5585-x-ssp40", 10000, 10000, 2, 2 },
                { "5585-x-ssp60", 10000, 10000, 2, 2 },
                { "asasm", 10000, 10000, 2, 2 },
                { "asav10", 250, 250, 250, 250 },
                { "asav30", 1000, 1000, 1000, 1000 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct license_limits l = of(row[i].model, 0, false, 0);
                const struct license_model *m = license_model_find(row[i].model);

                assert_non_null(m);
                assert_string_equal(l.model, row[i].model);
                assert_int_equal(l.tls, row[i].tls_default);
                assert_int_equal(license_tls_max(m), row[i].tls_max);
                assert_int_equal(l.uc, row[i].uc);
                assert_int_equal(l.phone, row[i].phone);
                assert_true(l.srtp == NONE);
        }
        assert_null(license_model_find("5506-x"));
        assert_null(license_model_find(""));
}

static void the_table_of_tiers(void **state)
{
        static const uint32_t all[] = { 24, 50, 100, 250, 500, 750, 1000, 2000, 3000, 5000, 10000 };
        static const struct {
                const char *model;
                uint32_t largest;
        } row[] = {
                { "5505", 24 },
                { "5510", 100 },
                { "5520", 1000 },
                { "5540", 2000 },
                { "5550", 3000 },
                { "5580", 10000 },
                { "5512-x", 500 },
                { "5515-x", 500 },
                { "5525-x", 1000 },
                { "5545-x", 2000 },
                { "5555-x", 3000 },
                { "5585-x-ssp10", 3000 },
                { "5585-x-ssp20", 10000 },
                { "5585-x-ssp40", 10000 },
                { "5585-x-ssp60", 10000 },
                { "asasm", 10000 },
                { "asav10", 0 },
                { "asav30", 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                const struct license_model *m = license_model_find(row[i].model);

                for (size_t k = 0; k < ARRAY_LEN(all); k++)
                        assert_int_equal(license_tier_ok(m, all[k]), all[k] <= row[i].largest || all[k] == m->uc);
                assert_true(license_tier_ok(m, 0) && license_tier_ok(m, m->uc));
                assert_false(license_tier_ok(m, 25));
                assert_false(license_tier_ok(m, 20000));
        }
}

/* A larger tier raises the default, a lower configured limit wins, and neither goes above the model. */
static void limits(void **state)
{
        static const struct {
                const char *model;
                uint32_t uc;
                bool k8;
                uint32_t configured, tls, ucs, phone, srtp;
        } row[] = {
                { "5510", 100, false, 0, 100, 100, 100, NONE },
                { "5505", 24, false, 0, 24, 24, 24, NONE }, /* raised from 10 */
                { "5520", 1000, false, 0, 1000, 1000, 1000, NONE },
                { "5520", 1000, false, 400, 400, 400, 400, NONE },
                { "5520", 24, false, 1200, 1200, 24, 24, NONE },
                { "5520", 24, false, 9000, 1200, 24, 24, NONE },
                { "5580", 10000, false, 0, 10000, 10000, 5000, NONE },
                { "5580", 5000, false, 0, 5000, 5000, 5000, NONE },
                { "5580", 10000, false, 13000, 13000, 10000, 5000, NONE },
                { "5580", 10000, false, 4000, 4000, 4000, 4000, NONE },
                { "5580", 10000, true, 0, 1000, 1000, 1000, 250 },
                { "5540", 500, true, 0, 1000, 500, 500, 250 },
                { "5505", 0, true, 0, 10, 2, 2, 250 },
                { "asav10", 0, false, 500, 250, 250, 250, NONE },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct license_limits l = of(row[i].model, row[i].uc, row[i].k8, row[i].configured);

                assert_int_equal(l.tls, row[i].tls);
                assert_int_equal(l.uc, row[i].ucs);
                assert_int_equal(l.phone, row[i].phone);
                assert_true(l.srtp == row[i].srtp);
                assert_int_equal(l.k8, row[i].k8);
        }
}

static void without_a_licence_the_machine_is_the_limit(void **state)
{
        struct license_limits l = of("", 0, false, 0);

        (void)state;
        assert_int_equal(l.tls, TLS_PROXY_SESSIONS_DEFAULT);
        assert_true(l.uc == NONE && l.phone == NONE && l.srtp == NONE);
        assert_string_equal(l.model, "");
        assert_int_equal(of("", 0, true, 77).tls, 77);
        assert_true(of("", 0, true, 77).srtp == NONE);
}

static void what_counts(void **state)
{
        static const struct {
                struct license_session s;
                struct license_use use;
        } row[] = {
                { { INSPECT_SIP, true, false, false }, { 1, 1, 0 } },
                { { INSPECT_SKINNY, true, false, false }, { 1, 1, 0 } },
                { { INSPECT_SIP, true, true, false }, { 1, 1, 1 } },
                { { INSPECT_SKINNY, true, true, false }, { 1, 1, 1 } },
                { { INSPECT_MMP, true, false, false }, { 1, 0, 0 } },
                { { INSPECT_SIP, true, false, true }, { 1, 0, 0 } },
                { { INSPECT_SIP, false, false, false }, { 0, 0, 0 } },
                { { INSPECT_TFTP, false, false, false }, { 0, 0, 0 } },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct license_use u = license_counts(&row[i].s);

                assert_int_equal(u.tls, row[i].use.tls);
                assert_int_equal(u.uc, row[i].use.uc);
                assert_int_equal(u.phone, row[i].use.phone);
        }
        assert_true(license_counts_srtp(true, false, false) && license_counts_srtp(false, true, false));
        assert_true(license_counts_srtp(true, true, false)); /* decrypted and encrypted again */
        assert_false(license_counts_srtp(true, true, true)); /* passed as it is */
        assert_false(license_counts_srtp(false, false, true));
        assert_false(license_counts_srtp(false, false, false));
}

static void which_limit_is_reached(void **state)
{
        const struct license_limits l = { .tls = 10, .uc = 5, .phone = 3, .srtp = 2 };
        const struct license_use phone = { 1, 1, 1 }, voice = { 1, 1, 0 }, mmp = { 1, 0, 0 }, none = { 0 };
        static const struct {
                struct license_use now;
                enum license_limit phone, voice, mmp;
                uint32_t limit; /* of the first that is reached */
        } row[] = {
                { { 0, 0, 0 }, LICENSE_FREE, LICENSE_FREE, LICENSE_FREE, 0 },
                { { 9, 2, 2 }, LICENSE_FREE, LICENSE_FREE, LICENSE_FREE, 0 },
                { { 3, 3, 3 }, LICENSE_PHONE, LICENSE_FREE, LICENSE_FREE, 3 },
                { { 5, 5, 2 }, LICENSE_UC, LICENSE_UC, LICENSE_FREE, 5 },
                { { 10, 0, 0 }, LICENSE_TLS, LICENSE_TLS, LICENSE_TLS, 10 },
                { { 4000000000u, 0, 0 }, LICENSE_TLS, LICENSE_TLS, LICENSE_TLS, 10 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                uint32_t limit = 0;

                assert_int_equal(license_full(&l, &row[i].now, &phone, &limit), row[i].phone);
                assert_int_equal(limit, row[i].limit);
                assert_int_equal(license_full(&l, &row[i].now, &voice, &limit), row[i].voice);
                assert_int_equal(license_full(&l, &row[i].now, &mmp, &limit), row[i].mmp);
                assert_int_equal(license_full(&l, &row[i].now, &none, &limit), LICENSE_FREE);
        }
        assert_false(license_srtp_full(&l, 1));
        assert_true(license_srtp_full(&l, 2));
}

/* A phone with a backup call manager holds two connections: that is two sessions. */
static void a_backup_call_manager_costs_a_session(void **state)
{
        const struct license_session phone = { INSPECT_SKINNY, true, true, false };
        const struct license_limits l = of("5505", 0, false, 0);
        struct license_use one = license_counts(&phone), now = { 0 };
        uint32_t limit = 0;

        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(license_full(&l, &now, &one, &limit), LICENSE_FREE);
                now.tls += one.tls;
                now.uc += one.uc;
                now.phone += one.phone;
        }
        assert_int_equal(license_full(&l, &now, &one, &limit), LICENSE_PHONE);
        assert_int_equal(limit, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_table_of_models),
                cmocka_unit_test(the_table_of_tiers),
                cmocka_unit_test(limits),
                cmocka_unit_test(without_a_licence_the_machine_is_the_limit),
                cmocka_unit_test(what_counts),
                cmocka_unit_test(which_limit_is_reached),
                cmocka_unit_test(a_backup_call_manager_costs_a_session),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
