#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "platform/svc/mib_table.h"

static struct oid oid(const char *s)
{
        struct oid o;

        assert_true(oid_parse(s, &o));
        return o;
}

static void names_are_dotted_numbers(void **state)
{
        struct oid o;
        char long_name[400] = "1";

        (void)state;
        assert_true(oid_parse("1.3.6.4294967295", &o));
        assert_int_equal(o.n, 4);
        assert_int_equal(o.id[3], UINT32_MAX);
        for (size_t i = 0; i < 5; i++) {
                static const char *const bad[] = { "", ".1", "1.", "1.x", "1.4294967296" };

                assert_false(oid_parse(bad[i], &o));
        }
        for (unsigned i = 1; i < OID_MAX; i++)
                strcat(long_name, ".1");
        assert_true(oid_parse(long_name, &o));
        assert_int_equal(o.n, OID_MAX);
        strcat(long_name, ".1");
        assert_false(oid_parse(long_name, &o));
}

static void fill(struct mib_table *t)
{
        mib_base(t, "1.3.6.1.9");
        MIB_PUT(t, MIB_GAUGE32, 7, 2, 10);
        MIB_TEXT(t, "inside", 1, 2);
        MIB_NAME(t, "1.3.9", 3);
        MIB_PUT(t, MIB_INTEGER, 5, 2, 9);
        mib_base(t, "1.3.6.1");
        MIB_PUT(t, MIB_TICKS, 1, 8, 1, 1, 1);
        mib_sort(t);
}

static void the_next_one_is_found_in_order(void **state)
{
        static const char *const order[] = { "1.3.6.1.8.1.1.1", "1.3.6.1.9.1.2", "1.3.6.1.9.2.9", "1.3.6.1.9.2.10",
                                             "1.3.6.1.9.3" };
        struct mib_table t = { 0 };
        struct oid at = oid("1");

        (void)state;
        fill(&t);
        assert_false(t.bad);
        for (size_t i = 0; i < 5; i++) {
                const struct mib_var *v = mib_next(&t, &at, false);
                struct oid want = oid(order[i]);

                assert_non_null(v);
                assert_int_equal(oid_cmp(mib_name_of(&t, v), v->nname, want.id, want.n), 0);
                assert_ptr_equal(mib_next(&t, &want, true), v);
                assert_ptr_equal(mib_find(&t, &want), v);
                at = want;
        }
        assert_null(mib_next(&t, &at, false));
        at = oid("1.3.6.1.9.2");
        assert_null(mib_find(&t, &at));
        mib_fini(&t);
}

static void values_are_kept(void **state)
{
        struct mib_table t = { 0 };
        struct oid name = oid("1.3.6.1.9.1.2");
        const struct mib_var *v;

        (void)state;
        fill(&t);
        v = mib_find(&t, &name);
        assert_int_equal(v->type, MIB_OCTETS);
        assert_int_equal(v->ntext, 6);
        assert_memory_equal(mib_text_of(&t, v), "inside", 6);
        name = oid("1.3.6.1.9.3");
        v = mib_find(&t, &name);
        assert_int_equal(v->type, MIB_OID);
        assert_int_equal(v->ntext, 3);
        assert_int_equal(mib_oid_of(&t, v)[2], 9);
        mib_clear(&t);
        assert_int_equal(t.n, 0);
        assert_null(mib_next(&t, &name, true));
        mib_fini(&t);
}

static void counters_wrap_and_gauges_stay(void **state)
{
        const uint64_t big = (UINT64_C(1) << 32) + 5;
        struct mib_table t = { 0 };

        (void)state;
        mib_base(&t, "1.3");
        MIB_PUT(&t, MIB_COUNTER32, big, 1);
        MIB_PUT(&t, MIB_GAUGE32, big, 2);
        MIB_PUT(&t, MIB_COUNTER64, big, 3);
        assert_int_equal(t.var[0].num, 5);
        assert_int_equal(t.var[1].num, UINT32_MAX);
        assert_true(t.var[2].num == big);
        mib_fini(&t);
}

static void what_has_no_room_is_told(void **state)
{
        (void)state;
        for (unsigned nth = 1; nth < 4; nth++) {
                struct mib_table t = { 0 };

                mem_fail_nth(nth, true);
                fill(&t);
                mem_fail_nth(0, false);
                assert_true(t.bad);
                mib_fini(&t);
        }
        assert_int_equal(mem_live_blocks(), 0);
}

static void a_name_that_is_too_long_is_none(void **state)
{
        char base[400] = "1";
        struct mib_table t = { 0 };

        (void)state;
        for (unsigned i = 1; i < OID_MAX - 1; i++)
                strcat(base, ".1");
        mib_base(&t, base);
        MIB_PUT(&t, MIB_INTEGER, 1, 1);
        assert_false(t.bad);
        MIB_PUT(&t, MIB_INTEGER, 1, 1, 1);
        assert_true(t.bad);
        assert_int_equal(t.n, 1);
        mib_fini(&t);
}

static void many_are_sorted(void **state)
{
        struct mib_table t = { 0 };
        struct oid at = { .n = 1, .id = { 1 } };
        const struct mib_var *v;
        unsigned n = 0;

        (void)state;
        mib_base(&t, "1.3.6");
        for (uint32_t i = 0; i < 5000; i++)
                MIB_PUT(&t, MIB_GAUGE32, i, i * 7919 % 5003, i);
        mib_sort(&t);
        while ((v = mib_next(&t, &at, false))) {
                assert_true(oid_cmp(mib_name_of(&t, v), v->nname, at.id, at.n) > 0);
                at.n = v->nname;
                memcpy(at.id, mib_name_of(&t, v), at.n * sizeof at.id[0]);
                n++;
        }
        assert_int_equal(n, 5000);
        mib_fini(&t);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_dotted_numbers),
                cmocka_unit_test(the_next_one_is_found_in_order),
                cmocka_unit_test(values_are_kept),
                cmocka_unit_test(counters_wrap_and_gauges_stay),
                cmocka_unit_test(what_has_no_room_is_told),
                cmocka_unit_test(many_are_sorted),
                cmocka_unit_test(a_name_that_is_too_long_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
