/* Turns of a proxy worker that shares its thread: they end when their time is over, and everybody gets on all the
 * same. */
#include "tests/support/rig_test.h"

#define FLOWS 4u

static unsigned waiting(const struct list *head)
{
        unsigned n = 0;

        list_each(it, head)
                n++;
        return n;
}

/* From now on each turn is over as soon as it has begun. */
static void short_turns(struct rig *r)
{
        r->p->turn_ends_ns = 1;
}

static void flows_begin(struct rig *r, struct rig_flow *f)
{
        for (unsigned i = 0; i < FLOWS; i++)
                rig_flow(r, &f[i], 3 + i, 1);
        CHECK(r->p->nsessions == FLOWS);
}

/* The dataplane ends them all at once, and waits for the answers. */
static void tell_ends(struct rig *r, struct rig_flow *f)
{
        for (unsigned i = 0; i < FLOWS; i++) {
                struct punt_msg m = { .kind = PUNT_END, .flow = f[i].id, .gen = f[i].gen };

                rig_tell(r, &m);
        }
}

static void answers_come(struct rig *r, const struct rig_flow *f)
{
        RIG_UNTIL(r, f[0].gones && f[1].gones && f[2].gones && f[3].gones);
}

SESSION_TEST(one_message_of_the_dataplane_in_a_short_turn)
{
        struct rig_flow f[FLOWS];

        flows_begin(r, f);
        short_turns(r);
        tell_ends(r, f);
        for (unsigned i = FLOWS; i; i--) {
                CHECK(r->p->nsessions == i && proxy_work_waits(r->p));
                proxy_step(r->p, 0);
        }
        CHECK(r->p->nsessions == 0 && !proxy_work_waits(r->p));
        answers_come(r, f);
}

SESSION_TEST(a_turn_that_has_time_takes_all)
{
        struct rig_flow f[FLOWS];

        flows_begin(r, f);
        r->p->turn_ends_ns = UINT64_MAX;
        tell_ends(r, f);
        proxy_step(r->p, 0);
        CHECK(r->p->nsessions == 0);
        answers_come(r, f);
}

static bool all_open(const struct rig_flow *f)
{
        for (unsigned i = 0; i < FLOWS; i++)
                if (f[i].client_rc != 1 || f[i].server_rc != 1)
                        return false;
        return true;
}

/* All handshakes come to their end, and all bytes to the other side, though others always wait, too. */
SESSION_TEST(every_session_gets_on_in_short_turns)
{
        struct rig_flow f[FLOWS];
        char buf[sizeof HELLO];
        unsigned most = 0;

        short_turns(r);
        for (unsigned i = 0; i < FLOWS; i++) {
                rig_flow(r, &f[i], 3 + i, 1);
                rig_serve(r, &f[i]);
                rig_dial(r, &f[i]);
        }
        RIG_UNTIL(r, (most = MAX_OF(most, waiting(&r->p->handshakes)), all_open(f)));
        CHECK(most > 1);
        RIG_UNTIL(r, !proxy_work_waits(r->p));
        for (unsigned i = 0; i < FLOWS; i++)
                CHECK(leg_write(f[i].client, HELLO, sizeof HELLO - 1) == sizeof HELLO - 1);
        proxy_step(r->p, 0);
        CHECK(waiting(&r->p->busy) == FLOWS - 1);
        for (unsigned i = 0; i < FLOWS; i++)
                rig_hear(r, f[i].server, buf, sizeof HELLO - 1);
        tell_ends(r, f);
        answers_come(r, f);
        for (unsigned i = 0; i < FLOWS; i++)
                rig_hang_up(&f[i], true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_message_of_the_dataplane_in_a_short_turn),
                cmocka_unit_test(every_session_gets_on_in_short_turns),
                cmocka_unit_test(a_turn_that_has_time_takes_all),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
