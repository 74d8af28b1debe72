/* The table of secure phones: who is in it, for how long, how many. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "proxy/phone/phones.h"

static struct tmr_wheel *wheel;
static struct phone_table *t;
static uint64_t now, blocks;

static int up(void **state UNUSED)
{
        blocks = mem_live_blocks();
        now = 1000;
        wheel = tmr_wheel_new(now);
        t = phone_table_new(wheel);
        assert_non_null(t);
        return 0;
}

static int down(void **state UNUSED)
{
        phone_table_free(t);
        tmr_wheel_free(wheel);
        assert_int_equal(mem_live_blocks(), blocks);
        return 0;
}

static struct phone_row row(uint32_t pp, const char *device)
{
        struct phone_row r = { .phone_proxy_id = pp, .iface = 1, .timeout_ms = 300000, .session = 5 };

        snprintf(r.device, sizeof r.device, "%s", device);
        return r;
}

static enum phone_result seen(uint32_t pp, const char *device)
{
        struct phone_row r = row(pp, device);

        return phone_seen(t, &r);
}

static void later(uint64_t ms)
{
        now += ms;
        tmr_run(wheel, now, 0);
}

static const struct phone_row *find(uint32_t pp, const char *device)
{
        static struct phone_row rows[8];
        uint32_t cursor = 0;
        bool end = false;

        while (!end) {
                unsigned n = phone_walk(t, &cursor, rows, 8, &end);

                for (unsigned i = 0; i < n; i++)
                        if (rows[i].phone_proxy_id == pp && !strcmp(rows[i].device, device))
                                return &rows[i];
        }
        return NULL;
}

static void a_phone_is_its_name_in_its_phone_proxy(void **state UNUSED)
{
        assert_int_equal(seen(1, "SEP1"), PHONE_OK);
        assert_int_equal(seen(2, "SEP1"), PHONE_OK); /* of another phone proxy */
        assert_int_equal(seen(1, "SEP2"), PHONE_OK);
        assert_int_equal(seen(1, "SEP1"), PHONE_OK); /* again */
        assert_int_equal(phone_count(t), 3);
        phone_gone(t, 1, "SEP1");
        assert_null(find(1, "SEP1"));
        assert_non_null(find(2, "SEP1"));
        assert_non_null(find(1, "SEP2"));
        phone_gone(t, 1, "SEP1");
        phone_gone(t, 9, "SEP2");
        assert_int_equal(phone_count(t), 2);
        assert_int_equal(phone_most(t), 3);
}

static void the_last_registration_counts(void **state UNUSED)
{
        struct phone_row r = row(1, "SEP1");
        const struct phone_row *p;

        r.idle_ms = 77; /* ignored */
        phone_seen(t, &r);
        later(1000);
        assert_int_equal(find(1, "SEP1")->idle_ms, 1000);
        r.iface = 3;
        r.session = 6;
        r.at.port = 4711;
        phone_seen(t, &r);
        p = find(1, "SEP1");
        assert_true(p->iface == 3 && p->session == 6 && p->at.port == 4711 && p->idle_ms == 0);
}

static void who_is_not_heard_of_is_forgotten(void **state UNUSED)
{
        struct phone_row r = row(1, "SEP2");

        seen(1, "SEP1");
        r.timeout_ms = 60000;
        phone_seen(t, &r);
        later(59000);
        assert_int_equal(phone_count(t), 2);
        later(1100);
        assert_null(find(1, "SEP2"));
        later(230000);
        assert_non_null(find(1, "SEP1"));
        seen(1, "SEP1"); /* a keepalive begins the time anew */
        later(299000);
        assert_non_null(find(1, "SEP1"));
        later(1100);
        assert_int_equal(phone_count(t), 0);
        seen(1, "SEP1"); /* and back */
        assert_int_equal(phone_count(t), 1);
}

static void a_phone_proxy_that_is_gone_takes_its_phones_with_it(void **state UNUSED)
{
        for (unsigned i = 0; i < 20; i++) {
                char name[8];

                snprintf(name, sizeof name, "SEP%u", i);
                seen(1 + i % 2, name);
        }
        phone_void(t, 1);
        assert_int_equal(phone_count(t), 10);
        assert_null(find(1, "SEP0"));
        assert_non_null(find(2, "SEP1"));
        phone_void(t, 3);
        assert_int_equal(phone_count(t), 10);
        later(400000); /* timers of the forgotten fire at nobody */
        assert_int_equal(phone_count(t), 0);
}

static void the_table_is_limited(void **state UNUSED)
{
        char name[16];

        for (unsigned i = 0; i < PHONES_MAX; i++) {
                struct phone_row r;

                snprintf(name, sizeof name, "SEP%u", i);
                r = row(1, name);
                r.at.port = (uint16_t)i;
                r.at.a = (struct addr){ .fam = ADDR_V4, .v4 = 0x0a000001 + i % 2 };
                assert_int_equal(phone_seen(t, &r), PHONE_OK);
        }
        assert_int_equal(seen(1, "one more"), PHONE_FULL);
        assert_int_equal(seen(1, "SEP77"), PHONE_OK);
        assert_int_equal(phone_count(t), PHONES_MAX);
        phone_gone(t, 1, "SEP77");
        assert_int_equal(seen(1, "one more"), PHONE_OK);
        assert_int_equal(seen(1, "SEP77"), PHONE_FULL);
        assert_int_equal(phone_most(t), PHONES_MAX);
}

/* A few rows at a time, each once, whatever was removed in between. */
static void a_walk_resumes(void **state UNUSED)
{
        struct phone_row rows[3];
        uint32_t cursor = 0;
        unsigned n = 0, calls = 0;
        bool end = false;

        phone_walk(t, &cursor, rows, 3, &end);
        assert_true(end);
        for (unsigned i = 0; i < 10; i++) {
                char name[8];

                snprintf(name, sizeof name, "SEP%u", i);
                seen(1, name);
        }
        phone_gone(t, 1, "SEP4");
        for (cursor = 0, end = false; !end; calls++)
                n += phone_walk(t, &cursor, rows, 3, &end);
        assert_int_equal(n, 9);
        assert_true(calls >= 3);
}

/* Anybody can ask for a file in the name of any phone: what has been proved stays. */
static void a_request_proves_nothing(void **state UNUSED)
{
        struct phone_row r = row(1, "SEP1"), out;
        uint32_t cursor = 0;
        bool end;

        r.session = 0;
        assert_int_equal(phone_asked(t, &r), PHONE_OK);
        r.at.port = 7;
        assert_int_equal(phone_asked(t, &r), PHONE_OK); /* nobody was verified yet */
        assert_int_equal(seen(1, "SEP1"), PHONE_OK);
        assert_int_equal(phone_asked(t, &r), PHONE_OK); /* the same address */
        assert_false(phone_is_elsewhere(t, 1, "SEP1", r.iface, &r.at.a));
        assert_false(phone_is_elsewhere(t, 1, "SEP2", r.iface, &r.at.a));
        r.at.a = addr_v4(0x01020304);
        assert_true(phone_is_elsewhere(t, 1, "SEP1", r.iface, &r.at.a));
        assert_int_equal(phone_asked(t, &r), PHONE_ELSEWHERE);
        assert_int_equal(phone_walk(t, &cursor, &out, 1, &end), 1);
        assert_int_equal(out.session, 5);
        assert_false(addr_eq(&out.at.a, &r.at.a));
        r.at.a = (struct addr){ 0 };
        r.iface = 2;
        assert_int_equal(phone_asked(t, &r), PHONE_ELSEWHERE);
}

/* The mode is the file's: who asks for it, from where, is no matter, nor is a phone that registers meanwhile. */
static void the_latest_file_tells_the_mode(void **state UNUSED)
{
        struct phone_row r = row(1, "SEP1");

        assert_int_equal(phone_mode(t, 1, "SEP1"), PHONE_MODE_UNKNOWN);
        r.session = 0;
        r.mode = PHONE_MODE_CLEAR;
        assert_int_equal(phone_asked(t, &r), PHONE_OK);
        assert_int_equal(phone_mode(t, 1, "SEP1"), PHONE_MODE_CLEAR);
        assert_int_equal(phone_mode(t, 2, "SEP1"), PHONE_MODE_UNKNOWN);
        r.mode = PHONE_MODE_UNKNOWN; /* the CTL file's request */
        assert_int_equal(phone_asked(t, &r), PHONE_OK);
        assert_int_equal(seen(1, "SEP1"), PHONE_OK);
        assert_int_equal(phone_mode(t, 1, "SEP1"), PHONE_MODE_CLEAR);
        r.mode = PHONE_MODE_SECURE;
        r.at.a = addr_v4(0x01020304);
        assert_int_equal(phone_asked(t, &r), PHONE_ELSEWHERE);
        assert_int_equal(phone_mode(t, 1, "SEP1"), PHONE_MODE_SECURE);
}

static void requests_fill_half_of_the_table(void **state UNUSED)
{
        struct phone_row r = row(1, "");

        r.session = 0;
        for (unsigned i = 0; i < PHONES_MAX / 2; i++) {
                snprintf(r.device, sizeof r.device, "SEP%u", i);
                assert_int_equal(phone_asked(t, &r), PHONE_OK);
        }
        snprintf(r.device, sizeof r.device, "SEPX");
        assert_int_equal(phone_asked(t, &r), PHONE_FULL);
        assert_int_equal(seen(1, "SEPX"), PHONE_OK);
        assert_int_equal(phone_asked(t, &r), PHONE_OK);
}

static void the_table_needs_its_memory(void **state UNUSED)
{
        uint64_t live = mem_live_blocks();
        struct phone_table *p = NULL;
        unsigned n;

        for (n = 1; !p && n < 20; n++) {
                mem_fail_nth(n, false);
                p = phone_table_new(wheel);
                mem_fail_nth(0, false);
                if (!p)
                        assert_int_equal(mem_live_blocks(), live);
        }
        assert_true(p && n > 2);
        phone_table_free(p);
        phone_table_free(NULL);
        assert_int_equal(mem_live_blocks(), live);
        mem_fail_nth(1, true); /* entries need none of their own, or are refused */
        (void)seen(1, "SEP1");
        mem_fail_nth(0, false);
        assert_int_equal(seen(1, "SEP1"), PHONE_OK);
        assert_int_equal(phone_count(t), 1);
}

static unsigned places;
static struct addr last_place;

static void on_gone(void *ctx UNUSED, uint16_t iface, const struct addr *a)
{
        assert_int_equal(iface, 1);
        places++;
        last_place = *a;
}

static void seen_at(const char *device, uint32_t v4, uint8_t owner)
{
        struct phone_row r = row(1, device);

        r.at.a = addr_v4(v4);
        r.owner[0] = owner;
        assert_int_equal(phone_seen(t, &r), PHONE_OK);
}

/* All entries of one name; a place goes with its last phone. */
static void one_phone_is_cleared(void **state UNUSED)
{
        seen_at("SEP1", 1, 0);
        seen_at("SEP2", 1, 0);
        seen_at("alice", 2, 7);
        seen_at("alice", 3, 8);
        places = 0;
        assert_int_equal(phone_clear(t, "SEP", on_gone, NULL), 0);
        assert_int_equal(phone_clear(t, "SEP1", on_gone, NULL), 1);
        assert_int_equal(places, 0); /* SEP2 is there still */
        assert_int_equal(phone_clear(t, "SEP2", on_gone, NULL), 1);
        assert_int_equal(places, 1);
        assert_int_equal(last_place.v4, 1);
        assert_int_equal(phone_clear(t, "alice", on_gone, NULL), 2);
        assert_int_equal(places, 3);
        assert_int_equal(phone_count(t), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_phone_is_its_name_in_its_phone_proxy),
                T(the_last_registration_counts),
                T(who_is_not_heard_of_is_forgotten),
                T(a_phone_proxy_that_is_gone_takes_its_phones_with_it),
                T(the_table_is_limited),
                T(a_walk_resumes),
                T(a_request_proves_nothing),
                T(the_latest_file_tells_the_mode),
                T(requests_fill_half_of_the_table),
                T(the_table_needs_its_memory),
                T(one_phone_is_cleared),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
