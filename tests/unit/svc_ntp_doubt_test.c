/* The NTP client: which answers it does not believe, and what is left of those before. */
#include "tests/support/ntp_rig.h"

/* ---- one answer ---- */

static void only_answers_of_servers_count(void **state)
{
        static const struct {
                uint8_t mode, version;
        } rows[] = { { NTP_CLIENT, 4 }, { 1, 4 }, { 5, 4 }, { NTP_SERVER, 2 }, { NTP_SERVER, 5 } };
        struct rig *r = *state;
        uint64_t before = 0;

        add(r, 0);
        begin(r);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                r->srv[0].mode = rows[i].mode;
                r->srv[0].version = rows[i].version;
                run(r, 2000);
                assert_int_equal(row(r, 0).answered, 0);
                assert_true(row(r, 0).forged > before);
                before = row(r, 0).forged;
        }
        r->srv[0].mode = 0;
        r->srv[0].version = 3;
        run(r, 1100);
        assert_true(status(r).synchronized);
}

static void impossible_times_are_none(void **state)
{
        static const struct {
                bool none;
                int64_t held_ns;
        } rows[] = { { true, 0 }, { false, -5 * MS }, { false, S } };
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                r->srv[0].no_times = rows[i].none;
                r->srv[0].held_ns = rows[i].held_ns;
                run(r, 200);
                assert_string_equal(row(r, 0).why, "its times are impossible");
                assert_false(row(r, 0).sane || status(r).synchronized);
        }
        r->srv[0].held_ns = 4 * MS; /* of the ten that it took */
        run(r, 200);
        assert_true(status(r).synchronized);
        assert_int_equal(row(r, 0).delay_ns / MS, 6);
}

/* Sane by itself, but with the way to it too far from the root. */
static void far_from_the_root_with_the_way_to_it(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        r->srv[0].root_disp = (uint32_t)((NTP_DISTANCE_NS - 4 * MS) * 65536 / S);
        begin(r);
        run(r, 200);
        assert_true(row(r, 0).sane);
        assert_false(status(r).synchronized);
        assert_string_equal(status(r).why, "no server has told the time");
}

static void a_falsely_signed_one_beside_it_leaves_no_trace(void **state)
{
        struct rig *r = *state;

        add(r, 0)->key = 7;
        add_key(r, 7, NTP_SHA1, "sesame", true);
        r->srv[0].key = "sesame";
        r->srv[0].key_id = 7;
        r->srv[0].hash = NTP_SHA1;
        r->srv[0].false_mac_first = true;
        begin(r);
        run(r, 20);
        assert_true(status(r).synchronized && row(r, 0).sane);
        assert_string_equal(row(r, 0).why, "");
        assert_true(row(r, 0).forged > 2);
}

/* ---- what was said before ---- */

static void who_refuses_is_followed_no_longer(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        run(r, 30);
        assert_true(status(r).synchronized);
        r->srv[0].stratum = 0;
        run(r, 80);
        assert_int_equal(row(r, 0).refused, 1);
        assert_false(status(r).synchronized);
}

static void who_was_not_sane_begins_anew(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        run(r, 100);
        assert_true(row(r, 0).nsamples > 2);
        r->srv[0].leap = 3;
        until_answered(r, 0);
        assert_int_equal(row(r, 0).nsamples, 0);
        assert_false(status(r).synchronized);
        r->srv[0].leap = 0;
        until_answered(r, 0);
        assert_int_equal(row(r, 0).nsamples, 1);
}

static void who_was_gone_begins_anew(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        run(r, 100);
        r->srv[0].silent = true;
        run(r, 600);
        assert_false(status(r).synchronized);
        r->srv[0].silent = false;
        until_answered(r, 0);
        assert_int_equal(row(r, 0).nsamples, 1);
}

/* Each by itself is forgotten when the next is right again. */
static void wild_answers_do_not_add_up(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        run(r, 30);
        for (unsigned i = 0; i < 3 * NTP_STEP_PATIENCE; i++) {
                r->srv[0].ahead_ns = 10 * S;
                until_answered(r, 0);
                r->srv[0].ahead_ns = 0;
                for (unsigned k = 0; k <= NTP_FILTER; k++)
                        until_answered(r, 0);
        }
        assert_int_equal(status(r).steps, 0);
}

/* What is old is worth less, by as much as a clock may run wrong. */
static void what_it_said_grows_old(void **state)
{
        struct rig *r = *state;
        int64_t young;

        add(r, 0);
        begin(r);
        run(r, 4 * 3600);
        until_answered(r, 0);
        young = row(r, 0).dist_ns;
        run(r, 900);
        assert_true(row(r, 0).dist_ns - young >= 890 * 1000 * NTP_DRIFT_PPM);
}

static void who_drifts_is_asked_more(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        run(r, 4 * 3600);
        assert_int_equal(row(r, 0).poll_s, 1024);
        r->srv[0].ahead_ns = 50 * MS;
        until_answered(r, 0);
        assert_int_equal(row(r, 0).poll_s, 1u << NTP_POLL_MIN);
}

/* ---- other lines ---- */

static void another_way_or_key_is_another_server(void **state)
{
        struct rig *r = *state;
        struct ntp_server_conf *c = add(r, 0);

        c->key = 7;
        add_key(r, 7, NTP_SHA1, "sesame", true);
        r->srv[0].key = "sesame";
        r->srv[0].key_id = 7;
        r->srv[0].hash = NTP_SHA1;
        str_copy(c->nameif, sizeof c->nameif, "inside");
        begin(r);
        run(r, 30);
        assert_string_equal(r->nameif, "inside");
        str_copy(c->nameif, sizeof c->nameif, "outside");
        begin(r);
        run(r, 3);
        assert_string_equal(r->nameif, "outside");
        run(r, 30);
        str_copy(r->conf.key[0].key, sizeof r->conf.key[0].key, "barley");
        r->srv[0].key = "barley";
        r->srv[0].signed_ = false;
        begin(r);
        run(r, 3);
        assert_true(r->srv[0].signed_);
}

/* ---- messages ---- */

struct told {
        unsigned gone, lost;
};

static void on_line(void *ctx, enum log_dest dest UNUSED, int level UNUSED, uint32_t id, const char *line UNUSED)
{
        struct told *t = ctx;

        t->gone += id == 780031;
        t->lost += id == 780032;
}

/* However long it lasts. */
static void what_happened_is_told_once(void **state)
{
        struct rig *r = *state;
        struct log *log = log_new(&r->clk, 256);
        struct log_conf *c = calloc(1, sizeof *c);
        struct told t = { 0 };

        log_conf_init(c);
        c->enable = true;
        c->dest[LOG_TO_TRAP].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(log, c, NULL), 0);
        log_set_sink(log, LOG_TO_TRAP, on_line, &t);
        ntp_set_log(r->n, log_src_new(log, "ntp"));
        add(r, 0);
        begin(r);
        run(r, 30);
        r->srv[0].silent = true;
        for (unsigned i = 0; i < 60; i++) {
                run(r, 60);
                log_step(log);
        }
        assert_int_equal(t.gone, 1);
        assert_int_equal(t.lost, 1);
        ntp_set_log(r->n, NULL);
        log_free(log);
        free(c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(only_answers_of_servers_count),
                T(impossible_times_are_none),
                T(far_from_the_root_with_the_way_to_it),
                T(a_falsely_signed_one_beside_it_leaves_no_trace),
                T(who_refuses_is_followed_no_longer),
                T(who_was_not_sane_begins_anew),
                T(who_was_gone_begins_anew),
                T(wild_answers_do_not_add_up),
                T(what_it_said_grows_old),
                T(who_drifts_is_asked_more),
                T(another_way_or_key_is_another_server),
                T(what_happened_is_told_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
