/* The TFTP proxy and its dataplane on virtual time: flows that come late, or not at all, or end in between. */
#include "tests/support/tftp_rig.h"

/* The request has overtaken many messages that wait for the worker: it is not lost. */
TFTP_TEST(a_flow_is_known_before_its_first_datagram)
{
        struct punt_msg nothing = { .kind = PUNT_SECURE_OK };
        int phone;

        for (unsigned i = 0; i < 600; i++) /* more than are taken at once */
                rig_tell(r, &nothing);
        phone = phone_flow(t, 3, PHONE_IP);
        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 1);
        CHECK(COUNT(t, requests) == 1);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) == t->ctl_n);
        rig_advance(r, 4100);
}

TFTP_TEST(a_dataplane_that_does_not_say_whether_the_phone_is_known)
{
        int phone = phone_flow(t, 3, PHONE_IP);

        t->deaf_secure = true;
        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->secures == 1);
        rig_advance(r, 600);
        CHECK(t->secures == 2); /* asked again */
        rig_advance(r, 2600);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(!strcmp((char *)t->got + 4, "busy") && !t->opens);
        nothing_held(t);
        rig_advance(r, 600);
        CHECK(t->ended[3]);
}

TFTP_TEST(an_answer_that_was_lost_is_asked_for_again)
{
        int phone = phone_flow(t, 3, PHONE_IP);

        t->deaf_secure = true;
        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->secures == 1);
        t->deaf_secure = false;
        rig_advance(r, 600);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) == t->ctl_n);
        rig_advance(r, 4100);
}

TFTP_TEST(a_flow_that_is_not_opened)
{
        struct punt_msg late = { .kind = PUNT_BOX_OPENED };
        int phone = phone_flow(t, 3, PHONE_IP);

        t->deaf_open = true;
        ASK(phone, "Ring1.raw");
        RIG_UNTIL(r, t->asked.cookie);
        rig_advance(r, 1600);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        nothing_held(t);
        /* It comes after all: it is given back. */
        t->box[0] = (struct box_flow_seen){ -1, true, t->asked };
        late.far = t->asked;
        late.far.flow = BOX_FLOW_FIRST;
        late.far.gen = 7;
        t->opens = 1;
        rig_tell(r, &late);
        RIG_UNTIL(r, t->closes == 1);
        rig_advance(r, 600);
}

TFTP_TEST(a_flow_that_is_refused)
{
        int phone = phone_flow(t, 3, PHONE_IP), other = phone_flow(t, 4, PHONE_IP);

        t->refuse_open = true;
        ASK(phone, "Ring1.raw");
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        ASK(other, "CTL" DEVICE ".tlv");
        hear_op(t, other, TFTP_ERROR, TFTP_E_UNDEFINED);
        nothing_held(t);
        rig_advance(r, 600);
}

/* Whatever is under way when the flow of the request ends: nothing stays. An answer with a flow of its own goes on.
 */
TFTP_TEST(a_request_may_end_at_any_time)
{
        struct punt_msg end = { .kind = PUNT_END, .gen = 1 };
        int phone[4];

        t->deaf_secure = true;
        phone[0] = phone_flow(t, 3, PHONE_IP);
        ASK(phone[0], "CTL" DEVICE ".tlv"); /* securing */
        RIG_UNTIL(r, t->secures == 1);
        t->deaf_secure = false;
        phone[1] = phone_flow(t, 4, PHONE_IP);
        ASK(phone[1], "Ring1.raw"); /* fetching */
        RIG_UNTIL(r, t->opens == 1);
        server_asked(t, "Ring1.raw");
        t->deaf_open = true;
        phone[2] = phone_flow(t, 5, PHONE_IP);
        ASK(phone[2], "Ring2.raw"); /* its flow is asked for */
        for (unsigned i = 0; i < 5; i++)
                rig_step(r);
        t->deaf_open = false;
        phone[3] = phone_flow(t, 6, PHONE_IP);
        ASK(phone[3], "CTL" DEVICE ".tlv"); /* sending */
        RIG_UNTIL(r, t->opens == 2);
        hear_op(t, last_box(t)->fd, TFTP_DATA, 1);
        CHECK(pool_used(tftpx_of(t)->pool) == 4);
        for (end.flow = 3; end.flow < 7; end.flow++)
                rig_tell(r, &end);
        RIG_UNTIL(r, t->ended[3] && t->ended[4] && t->ended[5] && t->ended[6]);
        CHECK(pool_used(tftpx_of(t)->pool) == 1 && !tftpx_of(t)->nfetches && t->closes == 1);
        say16(last_box(t)->fd, TFTP_ACK, 1);
        CHECK(take_file(t, last_box(t)->fd, 2, 512, out, sizeof out) == t->ctl_n - 512);
        rig_advance(r, 4100);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_flow_is_known_before_its_first_datagram),
                cmocka_unit_test(a_dataplane_that_does_not_say_whether_the_phone_is_known),
                cmocka_unit_test(an_answer_that_was_lost_is_asked_for_again),
                cmocka_unit_test(a_flow_that_is_not_opened),
                cmocka_unit_test(a_flow_that_is_refused),
                cmocka_unit_test(a_request_may_end_at_any_time),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
