/* Steps of phones' boots: what is kept, what a new boot forgets, who gives way. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "proxy/phone/boots.h"

static struct boots *b;
static uint64_t blocks;

static int up(void **state UNUSED)
{
        blocks = mem_live_blocks();
        b = boots_new();
        assert_non_null(b);
        return 0;
}

static int down(void **state UNUSED)
{
        boots_free(b);
        assert_int_equal(mem_live_blocks(), blocks);
        return 0;
}

static void note(const char *device, uint32_t at, enum boot_step step, bool ok)
{
        struct addr a = addr_v4(at);

        boot_note(b, device, 1, &a, step, 1000, ok, "%s", device);
}

static struct boot_row only(void)
{
        struct boot_row r[2];
        uint32_t cursor = 0;
        bool end = false;

        assert_int_equal(boot_walk(b, &cursor, r, 2, &end), 1);
        assert_true(end);
        return r[0];
}

static void a_ctl_request_begins_anew(void **state UNUSED)
{
        struct boot_row r;

        note("SEP1", 5, BOOT_CTL, true);
        note("SEP1", 5, BOOT_FILE, true);
        note("SEP1", 6, BOOT_TLS, false);
        r = only();
        assert_true(r.step[BOOT_FILE].ok && r.step[BOOT_FILE].when && !r.step[BOOT_TLS].ok && r.step[BOOT_TLS].when);
        assert_int_equal(r.step[BOOT_REGISTER].when, 0);
        assert_int_equal(r.at.v4, 6);
        note("SEP1", 6, BOOT_CTL, true);
        r = only();
        assert_int_equal(r.step[BOOT_FILE].when, 0);
        assert_int_equal(r.step[BOOT_TLS].when, 0);
}

static void who_alone_has_an_address(void **state UNUSED)
{
        struct addr here = addr_v4(5), there = addr_v4(6);

        assert_null(boot_device_at(b, 1, &here));
        note("SEP1", 5, BOOT_CTL, true);
        assert_string_equal(boot_device_at(b, 1, &here), "SEP1");
        note("SEP2", 5, BOOT_CTL, true);
        assert_null(boot_device_at(b, 1, &here)); /* either of them */
        note("SEP1", 6, BOOT_FILE, true);
        assert_string_equal(boot_device_at(b, 1, &here), "SEP2");
        assert_string_equal(boot_device_at(b, 1, &there), "SEP1");
        assert_null(boot_device_at(b, 2, &here));
}

static void the_oldest_gives_way(void **state UNUSED)
{
        struct boot_row r[64];
        unsigned n = 0, first = 0;
        uint32_t cursor = 0;
        char name[16];
        bool end = false;

        for (unsigned i = 0; i < BOOTS_MAX; i++) {
                snprintf(name, sizeof name, "SEP%u", i);
                note(name, i, BOOT_CTL, true);
        }
        assert_false(boot_alive(b, "SEP0")); /* no longer the oldest, and not registered */
        assert_false(boot_alive(b, "SEPX"));
        note("SEPX", 1, BOOT_CTL, true);
        while (!end) {
                unsigned got = boot_walk(b, &cursor, r, 64, &end);

                for (unsigned i = 0; i < got; i++) {
                        if (!strcmp(r[i].device, "SEP0"))
                                first |= 1;
                        if (!strcmp(r[i].device, "SEP1"))
                                first |= 2;
                }
                n += got;
        }
        assert_int_equal(n, BOOTS_MAX);
        assert_int_equal(first, 1);
}

static void reasons_are_cut_not_overrun(void **state UNUSED)
{
        struct addr a = addr_v4(1);

        boot_note(b, "SEP1", 1, &a, BOOT_TLS, 1, false, "%0500d", 1);
        assert_int_equal(strlen(only().step[BOOT_TLS].text), sizeof only().step[0].text - 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_ctl_request_begins_anew),
                T(who_alone_has_an_address),
                T(the_oldest_gives_way),
                T(reasons_are_cut_not_overrun),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
