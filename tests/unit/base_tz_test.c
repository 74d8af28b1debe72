#include "tests/support/test.h"

#include "platform/base/tz.h"

#define H 3600

static int64_t utc(int y, unsigned mo, unsigned d, unsigned h, unsigned mi)
{
        return tz_days(y, mo, d) * 86400 + h * H + mi * 60;
}

static const struct tz new_york = {
        .name = "EST",
        .summer_name = "EDT",
        .offset_s = -5 * H,
        .summer = TZ_RECURRING,
        .from = { .month = 3, .week = 2, .wday = 1, .minute = 120 },
        .to = { .month = 11, .week = 1, .wday = 1, .minute = 120 },
        .summer_s = H,
};
static const struct tz berlin = {
        .name = "CET",
        .summer_name = "CEST",
        .offset_s = H,
        .summer = TZ_RECURRING,
        .from = { .month = 3, .week = TZ_LAST_WEEK, .wday = 1, .minute = 120 },
        .to = { .month = 10, .week = TZ_LAST_WEEK, .wday = 1, .minute = 180 },
        .summer_s = H,
};
static const struct tz sydney = {
        .name = "AEST",
        .summer_name = "AEDT",
        .offset_s = 10 * H,
        .summer = TZ_RECURRING,
        .from = { .month = 10, .week = 1, .wday = 1, .minute = 120 },
        .to = { .month = 4, .week = 1, .wday = 1, .minute = 180 },
        .summer_s = H,
};
/* Half an hour on the first of January: the change lies in two years by the two clocks. */
static const struct tz lord_howe = {
        .name = "LHST",
        .summer_name = "LHDT",
        .offset_s = 10 * H + 1800,
        .summer = TZ_RECURRING,
        .from = { .month = 10, .week = 1, .wday = 1, .minute = 120 },
        .to = { .month = 1, .week = 1, .wday = 1, .minute = 0 },
        .summer_s = 1800,
};
static const struct tz once = {
        .name = "UTC",
        .summer_name = "SUM",
        .summer = TZ_DATE,
        .from = { 2006, 3, 26, 0, 0, 60 },
        .to = { 2006, 10, 29, 0, 0, 120 },
        .summer_s = H,
};
static const struct tz st_johns = { .name = "NST", .offset_s = -(3 * H + 1800) };
static const struct tz zulu = { .name = "UTC" };

static void days_are_those_of_the_calendar(void **state)
{
        static const struct {
                int y;
                unsigned m, d;
                int64_t days;
        } row[] = {
                { 1970, 1, 1, 0 },       { 1970, 12, 31, 364 },  { 1972, 2, 29, 789 },
                { 1972, 3, 1, 790 },     { 2000, 2, 29, 11016 }, { 2000, 3, 1, 11017 },
                { 2026, 11, 22, 20779 }, { 2038, 1, 19, 24855 }, { 2100, 3, 1, 47541 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++)
                assert_int_equal(tz_days(row[i].y, row[i].m, row[i].d), row[i].days);
}

static void only_days_that_exist_are_dates(void **state)
{
        (void)state;
        assert_true(tz_date_ok(2024, 2, 29));
        assert_true(tz_date_ok(2000, 2, 29));
        assert_false(tz_date_ok(2023, 2, 29));
        assert_false(tz_date_ok(2100, 2, 29));
        assert_false(tz_date_ok(2023, 4, 31));
        assert_false(tz_date_ok(2023, 13, 1));
        assert_false(tz_date_ok(2023, 0, 1));
        assert_false(tz_date_ok(2023, 1, 0));
        assert_true(tz_date_ok(2023, 12, 31));
}

static void minutes_have_the_sign_of_the_hours(void **state)
{
        (void)state;
        assert_int_equal(tz_offset_of(5, 30), 5 * H + 1800);
        assert_int_equal(tz_offset_of(-3, 30), -3 * H - 1800);
        assert_int_equal(tz_offset_of(0, 45), 2700);
}

struct when {
        const struct tz *z;
        int64_t t;
        int32_t offset;
        const char *name;
};

static void the_offset_is_that_of_the_moment(void **state)
{
        const struct when row[] = {
                { &zulu, utc(2026, 7, 1, 0, 0), 0, "UTC" },
                { &st_johns, utc(2026, 7, 1, 0, 0), -12600, "NST" },
                /* 2017: March 12 and November 5 */
                { &new_york, utc(2017, 3, 12, 7, 0) - 1, -5 * H, "EST" },
                { &new_york, utc(2017, 3, 12, 7, 0), -4 * H, "EDT" },
                { &new_york, utc(2017, 11, 5, 6, 0) - 1, -4 * H, "EDT" },
                { &new_york, utc(2017, 11, 5, 6, 0), -5 * H, "EST" },
                { &new_york, utc(2018, 1, 1, 0, 0), -5 * H, "EST" },
                /* the first of the month is the Sunday itself: 2026-03-01, second is the 8th */
                { &new_york, utc(2026, 3, 8, 7, 0) - 1, -5 * H, "EST" },
                { &new_york, utc(2026, 3, 8, 7, 0), -4 * H, "EDT" },
                /* the last Sunday is the 31st (2024-03) and the 25th (2026-10) */
                { &berlin, utc(2024, 3, 31, 1, 0) - 1, H, "CET" },
                { &berlin, utc(2024, 3, 31, 1, 0), 2 * H, "CEST" },
                { &berlin, utc(2026, 10, 25, 1, 0) - 1, 2 * H, "CEST" },
                { &berlin, utc(2026, 10, 25, 1, 0), H, "CET" },
                /* the southern summer goes over the new year */
                { &sydney, utc(2025, 10, 4, 16, 0) - 1, 10 * H, "AEST" },
                { &sydney, utc(2025, 10, 4, 16, 0), 11 * H, "AEDT" },
                { &sydney, utc(2025, 12, 31, 23, 0), 11 * H, "AEDT" },
                { &sydney, utc(2026, 1, 1, 0, 0), 11 * H, "AEDT" },
                { &sydney, utc(2026, 4, 4, 16, 0) - 1, 11 * H, "AEDT" },
                { &sydney, utc(2026, 4, 4, 16, 0), 10 * H, "AEST" },
                { &sydney, utc(2026, 7, 1, 0, 0), 10 * H, "AEST" },
                /* 2023-01-01 was a Sunday: summer time ends at its midnight, 2022-12-31 23:30 by the other clock */
                { &lord_howe, utc(2022, 12, 31, 13, 0) - 1, 11 * H, "LHDT" },
                { &lord_howe, utc(2022, 12, 31, 13, 0), 10 * H + 1800, "LHST" },
                { &lord_howe, utc(2022, 12, 31, 13, 20), 10 * H + 1800, "LHST" },
                { &once, utc(2006, 3, 26, 1, 0) - 1, 0, "UTC" },
                { &once, utc(2006, 3, 26, 1, 0), H, "SUM" },
                { &once, utc(2006, 10, 29, 1, 0) - 1, H, "SUM" },
                { &once, utc(2006, 10, 29, 1, 0), 0, "UTC" },
                { &once, utc(2005, 7, 1, 0, 0), 0, "UTC" },
                { &once, utc(2007, 7, 1, 0, 0), 0, "UTC" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                const char *name;

                if (tz_offset(row[i].z, row[i].t, &name) != row[i].offset || strcmp(name, row[i].name))
                        fail_msg("row %zu: %d %s", i, tz_offset(row[i].z, row[i].t, NULL), name);
        }
}

static void a_clock_on_the_wall_names_a_moment(void **state)
{
        const struct {
                const struct tz *z;
                int64_t local, t;
        } row[] = {
                { &st_johns, utc(2026, 1, 1, 0, 0), utc(2026, 1, 1, 3, 30) },
                { &new_york, utc(2017, 7, 4, 12, 0), utc(2017, 7, 4, 16, 0) },
                { &new_york, utc(2017, 1, 4, 12, 0), utc(2017, 1, 4, 17, 0) },
                /* 1:30 is there twice: the first */
                { &new_york, utc(2017, 11, 5, 1, 30), utc(2017, 11, 5, 5, 30) },
                { &new_york, utc(2017, 11, 5, 2, 0), utc(2017, 11, 5, 7, 0) },
                /* 2:30 is left out: what would have been */
                { &new_york, utc(2017, 3, 12, 2, 30), utc(2017, 3, 12, 7, 30) },
                { &new_york, utc(2017, 3, 12, 3, 0), utc(2017, 3, 12, 7, 0) },
                { &sydney, utc(2026, 1, 1, 0, 0), utc(2025, 12, 31, 13, 0) },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++)
                if (tz_utc(row[i].z, row[i].local) != row[i].t)
                        fail_msg("row %zu: %lld", i, (long long)(tz_utc(row[i].z, row[i].local) - row[i].t));
}

/* Every half hour of some years: what a clock shows names that moment again, but for the second of a double hour. */
static void there_and_back(void **state)
{
        static const struct tz *const z[] = { &new_york, &berlin, &sydney, &lord_howe, &once, &st_johns };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(z); i++)
                for (int64_t t = utc(2005, 12, 30, 0, 0); t < utc(2008, 1, 3, 0, 0); t += 1800) {
                        int64_t back = tz_utc(z[i], t + tz_offset(z[i], t, NULL));

                        if (back != t && back != t - z[i]->summer_s)
                                fail_msg("zone %zu: %lld", i, (long long)t);
                }
}

static void the_changes_of_a_year_are_told(void **state)
{
        int64_t from, to;

        (void)state;
        assert_true(tz_changes(&sydney, 2026, &from, &to));
        assert_int_equal(to, utc(2026, 4, 4, 16, 0));
        assert_int_equal(from, utc(2026, 10, 3, 16, 0));
        assert_false(tz_changes(&zulu, 2026, &from, &to));
        assert_false(tz_changes(&once, 2007, &from, &to));
        assert_true(tz_changes(&once, 2006, &from, &to));
        assert_int_equal(from, utc(2006, 3, 26, 1, 0));
}

static void broken_down_time_is_local(void **state)
{
        struct tm tm = tz_tm(&new_york, utc(2017, 7, 5, 2, 4));

        (void)state;
        assert_int_equal(tm.tm_hour, 22);
        assert_int_equal(tm.tm_mday, 4);
        assert_int_equal(tm.tm_min, 4);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(days_are_those_of_the_calendar),
                cmocka_unit_test(only_days_that_exist_are_dates),
                cmocka_unit_test(minutes_have_the_sign_of_the_hours),
                cmocka_unit_test(the_offset_is_that_of_the_moment),
                cmocka_unit_test(a_clock_on_the_wall_names_a_moment),
                cmocka_unit_test(there_and_back),
                cmocka_unit_test(the_changes_of_a_year_are_told),
                cmocka_unit_test(broken_down_time_is_local),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
