/* The NTP client: whom it follows and what happens to it. */
#include "tests/support/ntp_rig.h"

/* ---- following one ---- */

static void far_off_it_jumps(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        r->srv[0].ahead_ns = -5 * S;
        begin(r);
        assert_false(status(r).synchronized);
        assert_int_equal(status(r).stratum, 16);
        run(r, 10);
        assert_true(status(r).synchronized);
        assert_int_equal(status(r).stratum, 3);
        assert_int_equal(status(r).steps, 1);
        assert_ahead(r, -5 * S);
        assert_int_equal(clock_own_source(&r->own), CLOCK_NTP);
        assert_true(row(r, 0).master && row(r, 0).sane);
        assert_int_equal(row(r, 0).delay_ns / MS, 10);
}

static void nearly_right_it_goes_slowly_and_never_back(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        for (int sign = -1; sign <= 1; sign += 2) {
                r->srv[0].ahead_ns = sign * 50 * MS;
                begin(r);
                run(r, 80);
                assert_true(status(r).synchronized);
                assert_true(status(r).slew_ns * sign > 0);
                run(r, 600);
                assert_ahead(r, sign * 50 * MS);
                assert_int_equal(status(r).steps, 0);
                assert_int_equal(status(r).slew_ns, 0);
        }
        assert_false(r->went_back);
        assert_true(clock_own_steps(&r->own) == 0);
}

static void a_wild_answer_moves_nothing(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        run(r, 20);
        r->srv[0].ahead_ns = 10 * S;
        run(r, 64); /* one question */
        r->srv[0].ahead_ns = 0;
        run(r, 300);
        assert_int_equal(status(r).steps, 0);
        assert_ahead(r, 0);
        r->srv[0].ahead_ns = 10 * S; /* for good */
        run(r, 2000);
        assert_int_equal(status(r).steps, 1);
        assert_ahead(r, 10 * S);
}

static void a_calm_clock_is_asked_about_less(void **state)
{
        struct rig *r = *state;
        unsigned before;

        add(r, 0);
        begin(r);
        run(r, 30); /* the first questions, in a hurry, do not count */
        assert_int_equal(row(r, 0).poll_s, 1u << NTP_POLL_MIN);
        run(r, 4 * 3600);
        assert_int_equal(row(r, 0).poll_s, 1024);
        before = r->srv[0].asked;
        run(r, 4 * 3600);
        assert_in_range(r->srv[0].asked - before, 10, 15);
        assert_int_equal(row(r, 0).reach, 0xff);
}

static void its_name_is_asked_for(void **state)
{
        struct rig *r = *state;
        struct ntp_server_conf *c = add(r, 0);

        str_copy(c->host, sizeof c->host, "time.example.com");
        str_copy(c->nameif, sizeof c->nameif, "inside");
        r->known = NAME_ASKED;
        begin(r);
        run(r, 5);
        assert_int_equal(r->opened, 0);
        r->known = NAME_UNKNOWN;
        run(r, 5);
        assert_string_equal(row(r, 0).why, "time.example.com is nobody");
        r->known = NAME_KNOWN;
        run(r, 30);
        assert_true(status(r).synchronized);
        assert_int_equal(r->srv[0].asked, 0);
        assert_true(r->srv[1].asked > 0); /* 10.0.0.1 */
        assert_string_equal(r->nameif, "inside");
}

/* ---- answers that do not count ---- */

static void strangers_are_not_heard(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        r->srv[0].wrong_cookie = true;
        begin(r);
        run(r, 60);
        assert_false(status(r).synchronized);
        assert_true(row(r, 0).forged > 3);
        assert_int_equal(row(r, 0).answered, 0);
        r->srv[0].wrong_cookie = false;
        r->srv[0].lie_first = true; /* a stranger's, then the server's own */
        run(r, 60);
        assert_true(status(r).synchronized);
}

static void who_does_not_know_the_time_is_not_believed(void **state)
{
        static const struct {
                uint8_t leap, stratum;
                uint32_t disp;
                const char *why;
        } rows[] = {
                { 3, 2, 0, "it is not synchronized itself" },
                { 0, 16, 0, "it is not synchronized itself" },
                { 0, 2, 2u << 16, "it is too far from the root" },
        };
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                r->srv[0].leap = rows[i].leap;
                r->srv[0].stratum = rows[i].stratum;
                r->srv[0].root_disp = rows[i].disp;
                run(r, 200);
                assert_false(status(r).synchronized);
                assert_string_equal(row(r, 0).why, rows[i].why);
                assert_false(row(r, 0).sane);
        }
        r->srv[0].root_disp = 0;
        run(r, 300);
        assert_true(status(r).synchronized);
}

static void who_refuses_is_left_alone(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        r->srv[0].stratum = 0;
        r->srv[0].ref_id = 0x52415445;
        begin(r);
        run(r, 1000);
        assert_int_equal(r->srv[0].asked, 1);
        assert_string_equal(row(r, 0).why, "it refuses: RATE");
        assert_int_equal(row(r, 0).refused, 1);
        run(r, 100);
        assert_int_equal(r->srv[0].asked, 2);
}

/* ---- keys ---- */

static void keys_prove_who_it_is(void **state)
{
        struct rig *r = *state;

        add(r, 0)->key = 7;
        r->conf.authenticate = true;
        for (unsigned h = NTP_MD5; h <= NTP_SHA512; h++) {
                r->conf.nkeys = 0;
                add_key(r, 7, (enum ntp_hash)h, "sesame", true);
                r->srv[0].key = "sesame";
                r->srv[0].key_id = 7;
                r->srv[0].hash = (enum ntp_hash)h;
                r->srv[0].signed_ = false; /* of another key nothing is left */
                begin(r);
                run(r, 10);
                assert_true(status(r).synchronized);
                assert_true(row(r, 0).authentic);
                assert_true(r->srv[0].signed_);
        }
}

static void without_the_key_nobody_is_believed(void **state)
{
        struct rig *r = *state;
        struct server *s = &r->srv[0];

        add(r, 0)->key = 7;
        add_key(r, 7, NTP_SHA1, "sesame", true);
        *s = (struct server){ .fd = s->fd, .stratum = 2, .key = "barley", .key_id = 7, .hash = NTP_SHA1 };
        begin(r);
        run(r, 30);
        assert_false(status(r).synchronized);
        assert_string_equal(row(r, 0).why, "its MAC by key 7 is wrong");
        s->key = NULL; /* not signed */
        run(r, 60);
        assert_false(status(r).synchronized);
        assert_string_equal(row(r, 0).why, "it did not sign with key 7, or does not know it");
        s->nak = true;
        run(r, 60);
        assert_false(status(r).synchronized);
        *s = (struct server){ .fd = s->fd, .stratum = 2, .key = "sesame", .key_id = 8, .hash = NTP_SHA1 };
        run(r, 300); /* the right words under another number */
        assert_false(status(r).synchronized);
        s->key_id = 7;
        run(r, 1100);
        assert_true(status(r).synchronized);
}

static void only_trusted_keys_are_used(void **state)
{
        struct rig *r = *state;

        r->conf.authenticate = true;
        add(r, 0)->key = 7;
        add(r, 1)->key = 9;
        add(r, 2);
        add_key(r, 7, NTP_MD5, "sesame", false);
        begin(r);
        run(r, 100);
        assert_int_equal(r->opened, 0);
        assert_string_equal(row(r, 0).why, "key 7 is not trusted: ntp trusted-key 7");
        assert_string_equal(row(r, 1).why, "there is no ntp authentication-key 9");
        assert_string_equal(row(r, 2).why, "ntp authenticate is set, and it has no key");
        r->conf.authenticate = false; /* who has no key needs none */
        begin(r);
        run(r, 20);
        assert_true(row(r, 2).master);
}

/* ---- several ---- */

static void most_are_right(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        add(r, 1);
        add(r, 2);
        r->srv[0].ahead_ns = 100 * S;
        r->srv[0].stratum = 1;
        r->srv[1].ahead_ns = r->srv[2].ahead_ns = S;
        begin(r);
        run(r, 200);
        assert_ahead(r, S);
        assert_false(row(r, 0).selected);
        assert_true(row(r, 1).selected && row(r, 2).selected);
        r->srv[1].ahead_ns = 50 * S; /* everybody says something else */
        run(r, 2000);
        assert_false(status(r).synchronized);
        assert_string_equal(status(r).why, "the servers do not agree");
}

/* Two contradict each other; the third tells who of them is right, and what that one said before is enough. */
static void the_third_decides_at_once(void **state)
{
        struct rig *r = *state;
        unsigned before;

        add(r, 0)->prefer = true;
        add(r, 1);
        add(r, 2);
        r->srv[1].ahead_ns = 100 * S;
        r->srv[2].silent = true;
        begin(r);
        run(r, 30);
        assert_string_equal(status(r).why, "the servers do not agree");
        r->srv[2].silent = false;
        before = r->srv[0].asked;
        for (unsigned i = 0; i < NTP_FIT_ANSWERS; i++) {
                assert_false(status(r).synchronized);
                until_answered(r, 2);
        }
        assert_true(status(r).synchronized && row(r, 0).master);
        assert_int_equal(r->srv[0].asked, before);
}

/* Of several that all want a step it is the one that is followed who has to say so several times. */
static void others_do_not_count_for_the_one(void **state)
{
        struct rig *r = *state;
        unsigned before[SERVERS];

        for (unsigned i = 0; i < SERVERS; i++)
                add(r, i);
        begin(r);
        run(r, 30);
        assert_true(status(r).synchronized);
        for (unsigned i = 0; i < SERVERS; i++) {
                before[i] = r->srv[i].asked;
                r->srv[i].ahead_ns = 10 * S;
        }
        for (unsigned i = 0; i < SERVERS; i++)
                while (r->srv[i].asked < before[i] + NTP_STEP_PATIENCE - 1)
                        run(r, 1);
        assert_int_equal(status(r).steps, 0);
        run(r, 2000);
        assert_int_equal(status(r).steps, 1);
        assert_ahead(r, 10 * S);
}

static void the_preferred_one_is_followed(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        add(r, 1);
        r->srv[1].stratum = 3;
        begin(r);
        run(r, 20);
        assert_true(row(r, 0).master);
        r->conf.server[1].prefer = true;
        begin(r);
        run(r, 1);
        assert_true(row(r, 1).master);
        assert_true(r->srv[0].asked <= NTP_BURST); /* no question was begun anew */
}

/* Other lines change while its server has not answered yet. */
static void a_question_under_way_goes_on(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        ntp_step(r->n, 0);
        assert_int_equal(r->opened - r->closed, 1);
        add(r, 1);
        begin(r);
        ntp_step(r->n, 0);
        assert_int_equal(r->opened - r->closed, 2);
        serve(r, &r->srv[0]);
        ntp_step(r->n, 0);
        assert_int_equal(row(r, 0).answered, 1);
}

/* ---- what happens to them ---- */

static void one_that_falls_silent_is_told_and_left_in_peace(void **state)
{
        struct rig *r = *state;
        unsigned before;

        add(r, 0);
        r->srv[0].ahead_ns = 3 * S;
        begin(r);
        run(r, 20);
        before = r->srv[0].asked;
        r->srv[0].silent = true;
        run(r, 100);
        assert_false(status(r).synchronized);
        assert_string_equal(row(r, 0).why, "no answer");
        assert_ahead(r, 3 * S); /* it goes on as it was */
        run(r, 3 * 3600);
        assert_in_range(r->srv[0].asked - before, 10, 22);
        r->srv[0].silent = false;
        run(r, 1100);
        assert_true(status(r).synchronized);
        assert_string_equal(row(r, 0).why, "");
}

static void without_a_way_there_is_a_reason(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        r->refuse = true;
        begin(r);
        run(r, 20);
        assert_string_equal(row(r, 0).why, "no route to it");
        r->refuse = false;
        run(r, 60);
        assert_true(status(r).synchronized);
}

static void a_clock_that_somebody_sets_is_set_right_again(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        begin(r);
        run(r, 20);
        clock_own_step(&r->own, 3600 * S, CLOCK_USER);
        run(r, 10);
        assert_true(status(r).synchronized);
        assert_ahead(r, 0);
        assert_int_equal(clock_own_source(&r->own), CLOCK_NTP);
}

static void a_host_whose_clock_is_set_does_not_take_ours_along_for_long(void **state)
{
        struct rig *r = *state;

        add(r, 0);
        r->srv[0].ahead_ns = S;
        begin(r);
        run(r, 20);
        for (int sign = 1; sign >= -1; sign -= 2) {
                r->v.wall += sign * 500 * S;
                r->srv[0].ahead_ns -= sign * 500 * S;
                run(r, 12);
                assert_true(status(r).synchronized);
                assert_ahead(r, sign > 0 ? -499 * S : S);
        }
}

static void a_line_that_goes_takes_its_question_along(void **state)
{
        struct rig *r = *state;
        unsigned before;

        add(r, 0);
        add(r, 1);
        begin(r);
        run(r, 20);
        before = r->srv[1].asked;
        r->srv[0].silent = true;
        r->conf.server[0] = r->conf.server[1];
        r->conf.nservers = 1;
        begin(r);
        run(r, 20);
        assert_int_equal(row(r, 0).addr.v4, 0x0a000001);
        assert_true(row(r, 0).master);
        assert_int_equal(r->srv[1].asked, before); /* it went on as it was */
        r->conf.nservers = 0;
        begin(r);
        run(r, 2);
        assert_false(status(r).synchronized);
        assert_string_equal(status(r).why, "there is no ntp server");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(far_off_it_jumps),
                T(nearly_right_it_goes_slowly_and_never_back),
                T(a_wild_answer_moves_nothing),
                T(a_calm_clock_is_asked_about_less),
                T(its_name_is_asked_for),
                T(strangers_are_not_heard),
                T(who_does_not_know_the_time_is_not_believed),
                T(who_refuses_is_left_alone),
                T(keys_prove_who_it_is),
                T(without_the_key_nobody_is_believed),
                T(only_trusted_keys_are_used),
                T(most_are_right),
                T(the_third_decides_at_once),
                T(others_do_not_count_for_the_one),
                T(the_preferred_one_is_followed),
                T(a_question_under_way_goes_on),
                T(one_that_falls_silent_is_told_and_left_in_peace),
                T(without_a_way_there_is_a_reason),
                T(a_clock_that_somebody_sets_is_set_right_again),
                T(a_host_whose_clock_is_set_does_not_take_ours_along_for_long),
                T(a_line_that_goes_takes_its_question_along),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
