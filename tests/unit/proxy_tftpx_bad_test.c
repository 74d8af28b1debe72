/* The TFTP proxy and those who mean no good, or too much: floods, odd options, foreign ports, no memory. */
#include "tests/support/tftp_rig.h"

static uint8_t block[512];

static void served(struct rig *r, uint32_t flow, uint32_t ip)
{
        int phone = phone_flow(t, flow, ip);
        unsigned opens = t->opens;

        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == opens + 1);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) == t->ctl_n && !memcmp(out, t->ctl, t->ctl_n));
        close(phone);
}

/* ---- requests ---- */

TFTP_TEST(options_that_cannot_be_meant)
{
        static const struct {
                const char *options;
                size_t n;
                unsigned op; /* OACK, or DATA at once: nothing was granted */
                const char *granted;
                size_t granted_n;
        } row[] = {
#define ROW(options, op, granted) { options, sizeof(options), op, granted, sizeof(granted) }
                ROW("blksize\0000", TFTP_DATA, ""),
                ROW("blksize\0007", TFTP_DATA, ""),
                ROW("blksize\000-1", TFTP_DATA, ""),
                ROW("blksize\000 8", TFTP_DATA, ""),
                ROW("blksize\0008", TFTP_OACK, "blksize\0008"),
                ROW("blksize\00065464", TFTP_OACK, "blksize\0001428"),
                ROW("blksize\00065465", TFTP_OACK, "blksize\0001428"),
                ROW("blksize\0004294967304", TFTP_OACK, "blksize\0001428"),
                ROW("windowsize\0000", TFTP_DATA, ""),
                ROW("windowsize\00065536", TFTP_OACK, "windowsize\00016"),
                ROW("windowsize\00065535", TFTP_OACK, "windowsize\00016"),
                ROW("timeout\0000", TFTP_DATA, ""),
                ROW("timeout\000255", TFTP_DATA, ""),
                ROW("tsize\000-1", TFTP_DATA, ""),
                ROW("multicast\0001", TFTP_DATA, ""),
        };

        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                int phone = phone_flow(t, 3 + i, PHONE_IP + i), near;

                say_request(phone, TFTP_RRQ, "CTL" DEVICE ".tlv", row[i].options, row[i].n);
                RIG_UNTIL(r, t->opens == i + 1);
                near = last_box(t)->fd;
                hear(t, near);
                if (got16(t, 0) != row[i].op)
                        fprintf(stderr, "%s %s\n", row[i].options, row[i].options + strlen(row[i].options) + 1);
                CHECK(got16(t, 0) == row[i].op);
                if (row[i].op == TFTP_OACK)
                        CHECK(t->got_n == 2 + row[i].granted_n &&
                              !memcmp(t->got + 2, row[i].granted, row[i].granted_n));
                else
                        CHECK(t->got_n == 516);
                phone_says(near, "\0\5\0\0", 5);
                close(phone);
                close(near);
        }
        rig_advance(r, 4500);
        CHECK(COUNT(t, given_up) == ARRAY_LEN(row));
}

TFTP_TEST(what_is_no_request_is_told_off)
{
        static const struct {
                const char *p;
                size_t n;
                unsigned error;
        } row[] = {
#define SAID(p, error) { p, sizeof(p), error } /* its last NUL too */
#define CUT(p, error)                                                                                                \
        {                                                                                                            \
                p, sizeof(p) - 1, error                                                                              \
        }
                SAID("\0\2" CONFIG "\0octet", TFTP_E_ACCESS), /* nothing is written */
                SAID("\0\1Ring1.raw\0netascii", TFTP_E_UNDEFINED),
                CUT("\0\1Ring1.raw\0octet", TFTP_E_ILLEGAL),
                CUT("\0\1Ring1.raw", TFTP_E_ILLEGAL),
                SAID("\0\1\0octet", TFTP_E_ILLEGAL),
                SAID("\0\11Ring1.raw\0octet", TFTP_E_ILLEGAL),
                SAID("", TFTP_E_ILLEGAL),
                CUT("\0\3\0\1data", TFTP_E_TID),
                CUT("\0\4\0\1", TFTP_E_TID),
                SAID("\0\6blksize\0001000", TFTP_E_TID),
        };

        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                int phone = phone_flow(t, 3 + i, PHONE_IP + i);

                phone_says(phone, row[i].p, row[i].n);
                hear(t, phone);
                if (got16(t, 2) != row[i].error)
                        fprintf(stderr, "row %u: error %u\n", i, got16(t, 2));
                CHECK(got16(t, 0) == TFTP_ERROR && got16(t, 2) == row[i].error);
                CHECK(t->got_n <= row[i].n + 64); /* nobody is made to shout at others */
                hear_nothing(t, phone);
                close(phone);
        }
        CHECK(COUNT(t, writes) == 1 && COUNT(t, stray) == 3 && !t->opens && !t->secures);
        rig_advance(r, 600);
        for (unsigned i = 0; i < ARRAY_LEN(row); i++)
                CHECK(t->ended[3 + i]);
}

TFTP_TEST(errors_are_not_answered)
{
        int phone = phone_flow(t, 3, PHONE_IP);

        phone_says(phone, "\0\5\0\5", 5);
        hear_nothing(t, phone);
        rig_advance(r, 10100);
        CHECK(t->ended[3]);
}

/* ---- ports and flows of others ---- */

TFTP_TEST(a_datagram_of_no_transfer_is_nobodys)
{
        int phone = phone_flow(t, 3, PHONE_IP), near;
        struct {
                unsigned leg;
                uint32_t flow;
                uint8_t gen;
        } at[] = {
                { 0, 3, 2 }, /* the flow's other life */
                { 0, 4711, 1 }, { 0, 0, 1 }, { 0, 2, 1 }, { 1, BOX_FLOW_FIRST, 8 }, { 1, BOX_FLOW_FIRST + 1, 7 },
                { 1, 3, 1 },
        };

        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 1);
        near = last_box(t)->fd;
        hear_op(t, near, TFTP_DATA, 1);
        for (unsigned i = 0; i < ARRAY_LEN(at); i++) {
                int fd = udp_at(pseudo_at(at[i].leg, at[i].flow, at[i].gen));

                say16(fd, TFTP_ACK, 1);
                ASK(fd, "CTL" DEVICE ".tlv");
                hear_nothing(t, fd);
                close(fd);
        }
        hear_nothing(t, near); /* not one of them was taken for the phone's */
        CHECK(COUNT(t, requests) == 1);
        say16(near, TFTP_ACK, 1);
        CHECK(take_file(t, near, 2, 512, out, sizeof out) == t->ctl_n - 512);
        rig_advance(r, 4100);
}

/* The sorcerer's apprentice finds nothing to do. */
TFTP_TEST(acknowledgements_that_come_twice_or_too_soon)
{
        int phone = phone_flow(t, 3, PHONE_IP), near;

        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 1);
        near = last_box(t)->fd;
        hear_op(t, near, TFTP_DATA, 1);
        say16(near, TFTP_ACK, 1);
        hear_op(t, near, TFTP_DATA, 2);
        for (unsigned i = 0; i < 3; i++)
                say16(near, TFTP_ACK, 1);
        say16(near, TFTP_ACK, 0);
        say16(near, TFTP_ACK, 3);
        say16(near, TFTP_ACK, 65535);
        phone_says(near, "\0\4\0", 3);
        phone_says(near, "\0\3\0\2x", 5);
        phone_says(near, "", 0);
        hear_nothing(t, near);
        say16(near, TFTP_ACK, 2);
        CHECK(take_file(t, near, 3, 512, out, sizeof out) == t->ctl_n - 1024);
        rig_advance(r, 4100);
}

/* A server's lies end its transfer, and the phone hears of them. */
TFTP_TEST(servers_that_lie)
{
        static const struct {
                const char *p;
                size_t n;
                const char *why;
        } row[] = {
                { "\0\6blksize\00065464\0", 16, "not asked for" },
                { "\0\6windowsize\0009\0", 15, "not asked for" },
                { "\0\6tsize\00016777217\0", 17, "too large" },
                { "\0\5\0\3disk\033[2J\0", 13, "server error 3" },
        };

        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                int phone = phone_flow(t, 3 + i, PHONE_IP);

                ASK(phone, "Ring1.raw");
                RIG_UNTIL(r, t->opens == i + 1);
                server_says(t, server_asked(t, "Ring1.raw"), row[i].p, row[i].n);
                RIG_UNTIL(r, heard(t, phone));
                CHECK(got16(t, 0) == TFTP_ERROR && strstr((char *)t->got + 4, row[i].why));
                CHECK(!strchr((char *)t->got + 4, 0x1b));
                close(phone);
        }
        nothing_held(t);
        rig_advance(r, 600);
}

/* It never ends: what is taken has a limit. */
TFTP_TEST(a_file_without_end)
{
        int phone = phone_flow(t, 3, PHONE_IP), server;
        unsigned n = 0;

        tftpx_of(t)->budget.max = 100000;
        ASK(phone, "Ring1.raw");
        RIG_UNTIL(r, t->opens == 1);
        server = server_asked(t, "Ring1.raw");
        while (!heard(t, phone) && n < 250) {
                server_data(t, server, ++n, block, 512);
                RIG_UNTIL(r, heard(t, server));
        }
        CHECK(n > 30 && n < 250);
        CHECK(COUNT(t, memory) == 1);
        nothing_held(t);
        served(r, 4, PHONE_IP); /* others have it again */
        rig_advance(r, 4100);
}

TFTP_TEST(configurations_that_cannot_be_edited)
{
        static const char *const file[] = {
                "<device><deviceSecurityMode>1</deviceSecurityMode>", /* half of one */
                "<device><a><b></a></b></device>",
                "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><device>&b;</device>",
                "",
        };

        for (unsigned i = 0; i < ARRAY_LEN(file); i++) {
                int phone = phone_flow(t, 3 + i, PHONE_IP);

                ASK(phone, CONFIG ".sgn");
                RIG_UNTIL(r, t->opens == i + 1);
                server_serves(t, server_asked(t, CONFIG), (const uint8_t *)file[i], strlen(file[i]));
                hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
                CHECK(COUNT(t, unusable) == i + 1);
                close(phone);
        }
        CHECK(!COUNT(t, config) && !t->secures);
        nothing_held(t);
        rig_advance(r, 600);
}

/* ---- floods ---- */

/* As many as a house of phones may have under way; those that are over do not count. */
TFTP_TEST(one_address_has_its_share)
{
        unsigned ended = 0;

        for (unsigned i = 0; i < TFTPX_SOURCE_MAX + 10; i++) {
                int phone = phone_flow(t, 3 + i, PHONE_IP);

                if (i == TFTPX_SOURCE_RATE - 1)
                        rig_advance(r, 1000); /* not too fast */
                ASK(phone, "Ring1.raw");
                rig_step(r);
                rig_step(r);
                close(phone);
        }
        for (unsigned i = 0; i < TFTPX_SOURCE_MAX + 10; i++)
                ended += t->ended[3 + i];
        CHECK(ended == 10 && COUNT(t, source_limit) == 10);
        CHECK(source_has(r->p->sources, &(struct addr){ .fam = ADDR_V4, .v4 = addr_v4(PHONE_IP).v4 }, SOURCE_TFTP) ==
              TFTPX_SOURCE_MAX);
        served(r, 200, PHONE_IP + 1); /* others do not notice */
        rig_advance(r, 24000);        /* the server is silent */
        CHECK(!source_has(r->p->sources, &(struct addr){ .fam = ADDR_V4, .v4 = addr_v4(PHONE_IP).v4 }, SOURCE_TFTP));
        for (unsigned i = 0; i < 30; i++)
                served(r, 300 + i, PHONE_IP);
        rig_advance(r, 1000);
        for (unsigned i = 0; i < 40; i++) /* more than its share, but none under way any more */
                served(r, 330 + i, PHONE_IP);
        rig_advance(r, 4100);
}

TFTP_TEST(one_address_has_its_rate)
{
        int phone[TFTPX_SOURCE_RATE + 5];
        unsigned answered = 0;

        for (unsigned i = 0; i < ARRAY_LEN(phone); i++) {
                phone[i] = phone_flow(t, 3 + i, PHONE_IP);
                ASK(phone[i], "ITL" DEVICE ".tlv");
                rig_step(r);
        }
        for (unsigned i = 0; i < 5; i++)
                rig_step(r);
        for (unsigned i = 0; i < ARRAY_LEN(phone); i++)
                answered += heard(t, phone[i]);
        CHECK(answered == TFTPX_SOURCE_RATE && COUNT(t, source_limit) == 5);
        served(r, 200, PHONE_IP + 1);
        rig_advance(r, 1000);
        served(r, 201, PHONE_IP);
        rig_advance(r, 4100);
}

/* From everywhere: there is an end to it, and what is over gives way to what comes. */
TFTP_TEST(many_addresses_have_what_there_is)
{
        uint32_t ip = 0x0A000000, flow = 3;
        int phone;

        for (; flow < 203; flow++)
                served(r, flow, ip++);
        CHECK(pool_used(tftpx_of(t)->pool) == 200); /* they are over */
        t->deaf_secure = true;
        while (pool_used(tftpx_of(t)->pool) < TFTPX_TRANSFERS_MAX) {
                phone = phone_flow(t, flow++, ip++);
                ASK(phone, "CTL" DEVICE ".tlv");
                rig_step(r);
                close(phone);
        }
        CHECK(!COUNT(t, total_limit) && !t->ended[3]);
        for (unsigned i = 0; i < 200; i++) {
                phone = phone_flow(t, flow++, ip++);
                ASK(phone, "CTL" DEVICE ".tlv");
                RIG_UNTIL(r, t->ended[3 + i]); /* the oldest first */
                close(phone);
        }
        CHECK(!COUNT(t, total_limit) && pool_used(tftpx_of(t)->pool) == TFTPX_TRANSFERS_MAX);
        phone = phone_flow(t, flow, ip);
        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->ended[flow]); /* nobody's who is still under way */
        CHECK(COUNT(t, total_limit) == 1);
        rig_advance(r, 4000);
        t->deaf_secure = false;
        served(r, 4000, PHONE_IP);
        rig_advance(r, 4100);
}

/* One beyond those that can be fetched at once waits for its turn. */
TFTP_TEST(fetches_queue)
{
        uint32_t ip = 0x0A000000, flow = 3;
        int phone = -1, late;

        for (; flow < 3 + TFTPX_FETCHES_MAX; flow++) {
                phone = phone_flow(t, flow, ip++);
                ASK(phone, "Ring1.raw");
                RIG_UNTIL(r, t->opens == flow - 2);
        }
        phone = phone_flow(t, flow, ip);
        ASK(phone, "Ring2.raw");
        late = phone_flow(t, flow + 1, ip);
        for (unsigned i = 0; i < 5; i++)
                rig_step(r);
        rig_advance(r, 900); /* it came later, and gives up later */
        ASK(late, "Ring3.raw");
        hear_nothing(t, phone);
        CHECK(t->opens == TFTPX_FETCHES_MAX && !COUNT(t, total_limit));
        /* One of them is through. */
        hear(t, t->box[0].fd);
        server_data(t, t->box[0].fd, 1, block, 100);
        RIG_UNTIL(r, t->opens == TFTPX_FETCHES_MAX + 2); /* the phone's, and the next one's */
        for (unsigned i = 0; i < 2; i++)
                if (t->box[TFTPX_FETCHES_MAX + i].far.local_port) {
                        int fd = t->box[TFTPX_FETCHES_MAX + i].fd;

                        hear(t, fd);
                        CHECK(!strcmp((char *)t->got + 2, "Ring2.raw"));
                        server_data(t, fd, 1, block, 10);
                        RIG_UNTIL(r, COUNT(t, plain) == 2);
                }
        RIG_UNTIL(r, t->opens == TFTPX_FETCHES_MAX + 4);
        rig_advance(r, 60000);
        CHECK(!COUNT(t, total_limit));
        rig_advance(r, 10000);
}

TFTP_TEST(who_waits_too_long_hears_it)
{
        uint32_t ip = 0x0A000000, flow = 3;
        int phone = -1;

        for (; flow < 3 + TFTPX_FETCHES_MAX; flow++) {
                phone = phone_flow(t, flow, ip++);
                ASK(phone, "Ring1.raw");
                RIG_UNTIL(r, t->opens == flow - 2);
        }
        phone = phone_flow(t, flow, ip);
        ASK(phone, "Ring2.raw");
        rig_advance(r, TFTPX_QUEUE_MS - 100);
        CHECK(!heard(t, phone));
        rig_advance(r, 200);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(!strcmp((char *)t->got + 4, "busy") && COUNT(t, total_limit) == 1);
        rig_advance(r, 25000);
        CHECK(COUNT(t, silent) == TFTPX_FETCHES_MAX);
}

/* ---- without memory ---- */

TFTP_TEST(without_memory_a_phone_is_refused_cleanly)
{
        uint32_t flow = 3;
        unsigned nth = 1;

        for (bool failed = true; failed; nth++, flow++) {
                int phone = phone_flow(t, flow, PHONE_IP);

                for (unsigned i = 0; i < 2; i++)
                        rig_step(r);
                r->failed = false;
                r->fail_nth = nth;
                ASK(phone, "CTL" DEVICE ".tlv");
                for (unsigned i = 0; i < 10; i++)
                        rig_step(r);
                failed = r->failed;
                r->fail_nth = 0;
                rig_advance(r, 30000);
                CHECK(t->ended[flow]);
                nothing_held(t);
                close(phone);
        }
        CHECK(nth > 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(options_that_cannot_be_meant),
                cmocka_unit_test(what_is_no_request_is_told_off),
                cmocka_unit_test(errors_are_not_answered),
                cmocka_unit_test(a_datagram_of_no_transfer_is_nobodys),
                cmocka_unit_test(acknowledgements_that_come_twice_or_too_soon),
                cmocka_unit_test(servers_that_lie),
                cmocka_unit_test(a_file_without_end),
                cmocka_unit_test(configurations_that_cannot_be_edited),
                cmocka_unit_test(one_address_has_its_share),
                cmocka_unit_test(one_address_has_its_rate),
                cmocka_unit_test(many_addresses_have_what_there_is),
                cmocka_unit_test(fetches_queue),
                cmocka_unit_test(who_waits_too_long_hears_it),
                cmocka_unit_test(without_memory_a_phone_is_refused_cleanly),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
