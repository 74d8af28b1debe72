/* SCCP through a phone proxy: who a phone is, and how its registration ends. */
#include "tests/support/sccp_engine_rig.h"

static void a_phone_is_who_its_certificate_says(void **state UNUSED)
{
        static const struct {
                const char *name;
                const struct phone_params *phone;
                const char *device;
                bool admitted;
        } rows[] = {
                { NAME, &world_strict, NAME, true },
                { "sep001122334455", &world_strict, NAME, true },
                { "SEP001122334456", &world_strict, NAME, false },
                { "SEP00112233445", &world_strict, NAME, false },
                { "SEP0011223344550", &world_strict, NAME, false },
                { NAME, &world_strict, "", false },
                { NAME, &world_phone, "", true },
                { "SEP001122334456", &world_phone, NAME, false },
        };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct leg_setup l = secure;
                struct sccp_went o;
                struct feed f;

                l.phone = rows[i].phone;
                l.device = rows[i].device;
                begin(&f, &l, NULL);
                o = sccp_say(&f, DIR_C2S, sb_register(rows[i].name, HOME));
                assert_int_equal(o.v, rows[i].admitted ? ENGINE_ACCEPT : ENGINE_CLOSE);
                require_count(&f, "device mismatch", !rows[i].admitted);
                assert_int_equal(w.seen, 0); /* the answer admits it */
                assert_int_equal(w.boots, !rows[i].admitted && rows[i].device[0]);
                if (w.boots) /* of the phone whose certificate it is */
                        assert_memory_equal(w.boot, NAME " calls itself SEP", sizeof NAME + 16);
                end(&f);
        }
}

static struct sccp_bytes rejected(const char *text)
{
        struct sccp_bytes b = sb_begin(0, 0x009d);

        sb_text(&b, text, 36);
        return sb_done(b);
}

static void how_a_registration_ended_is_told(void **state UNUSED)
{
        static const char long_text[] = "0123456789012345678901234567890123456789";
        struct feed f;

        begin(&f, &secure, NULL);
        sccp_say(&f, DIR_S2C, rejected("nobody asked"));
        assert_int_equal(w.boots, 0);
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, rejected("No such\tdevice"));
        assert_string_equal(w.boot, NAME " rejected by the call manager: No such?device");
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, rejected(""));
        assert_string_equal(w.boot, NAME " rejected by the call manager, without a word");
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, rejected(long_text));
        assert_string_equal(w.boot, NAME " rejected by the call manager: 012345678901234567890123456789012");
        assert_int_equal(w.boots, 3);
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, sb_register_ack(17));
        assert_string_equal(w.boot, NAME " registered");
        sccp_say(&f, DIR_C2S, sb_empty(0)); /* a KeepAlive is none */
        sccp_say(&f, DIR_S2C, sb_empty(0x100));
        assert_true(w.boots == 4 && w.seen >= 2);
        end(&f);
}

static void a_phone_must_register_first(void **state UNUSED)
{
        struct feed f;

        begin(&f, &secure, NULL);
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(6)));
        require_nothing(sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear)));
        assert_int_equal(w.nmedia, 0);
        require_same(sccp_say(&f, DIR_C2S, sb_empty(0)), sb_empty(0));
        assert_int_equal(w.seen, 0);
        registers(&f, HOME);
        assert_int_equal(w.seen, 1);
        sccp_say(&f, DIR_C2S, sb_empty(0));
        assert_int_equal(w.seen, 2);
        end(&f);
}

static void a_phones_own_address_stays_at_home(void **state UNUSED)
{
        struct sccp_bytes alarm = sb_begin(0, 0x20), token = sb_begin(0, 0x29);
        struct sccp_went o;
        struct feed f;

        sb_u32(&alarm, 2);
        sb_text(&alarm, "Name=" NAME, 80);
        sb_u32(&alarm, 0);
        sb_v4(&alarm, HOME);
        sb_text(&token, NAME, 16);
        sb_fill(&token, 0, 8);
        sb_v4(&token, HOME);
        sb_u32(&token, 434);
        sb_fill(&token, 0, 4);
        begin(&f, &secure, NULL);
        o = sccp_say(&f, DIR_C2S, sb_done(alarm));
        assert_int_equal(sccp_at_ip(o, 100), PHONE_SEEN);
        o = sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        assert_int_equal(sccp_at_ip(o, 36), PHONE_SEEN);
        o = sccp_say(&f, DIR_C2S, sb_done(token));
        assert_int_equal(sccp_at_ip(o, 36), PHONE_SEEN);
        end(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_phone_is_who_its_certificate_says),
                cmocka_unit_test(how_a_registration_ended_is_told),
                cmocka_unit_test(a_phone_must_register_first),
                cmocka_unit_test(a_phones_own_address_stays_at_home),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
