/* Each word of `set connection` and `timeout` sets the field it is about and no other. */
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

#define A struct class_action_conf
#define T struct timeout_conf
#define FIELD(st, f) offsetof(st, f), sizeof(((st *)0)->f)

static const struct row {
        const char *line;
        size_t off, size;
        uint32_t want;
} actions[] = {
        { "set connection conn-max 11", FIELD(A, conn_max), 11 },
        { "set connection embryonic-conn-max 12", FIELD(A, embryonic_max), 12 },
        { "set connection per-client-max 13", FIELD(A, per_client_max), 13 },
        { "set connection per-client-embryonic-max 14", FIELD(A, per_client_embryonic_max), 14 },
        { "set connection random-sequence-number disable", FIELD(A, random_seq), 0 },
        { "set connection random-sequence-number enable", FIELD(A, random_seq), 1 },
        { "set connection timeout embryonic 0:00:15", FIELD(A, embryonic_s), 15 },
        { "set connection timeout half-closed 0:16:00", FIELD(A, half_closed_s), 960 },
        { "set connection timeout idle 0:17:00", FIELD(A, idle_s), 1020 },
};
static const struct row timeouts[] = {
        { "timeout xlate 0:01:41", FIELD(T, xlate), 101 },
        { "timeout pat-xlate 0:01:42", FIELD(T, pat_xlate), 102 },
        { "timeout conn 0:07:03", FIELD(T, conn), 423 },
        { "timeout half-closed 0:07:04", FIELD(T, half_closed), 424 },
        { "timeout udp 0:01:45", FIELD(T, udp), 105 },
        { "timeout icmp 0:01:46", FIELD(T, icmp), 106 },
        { "timeout sunrpc 0:07:07", FIELD(T, sunrpc), 427 },
        { "timeout h323 0:07:08", FIELD(T, h323), 428 },
        { "timeout h225 0:07:09", FIELD(T, h225), 429 },
        { "timeout mgcp 0:07:10", FIELD(T, mgcp), 430 },
        { "timeout mgcp-pat 0:07:11", FIELD(T, mgcp_pat), 431 },
        { "timeout sip 0:07:12", FIELD(T, sip), 432 },
        { "timeout sip_media 0:07:13", FIELD(T, sip_media), 433 },
        { "timeout sip-invite 0:07:14", FIELD(T, sip_invite), 434 },
        { "timeout sip-disconnect 0:07:15", FIELD(T, sip_disconnect), 435 },
        { "timeout sip-provisional-media 0:07:16", FIELD(T, sip_provisional), 436 },
        { "timeout uauth 0:07:17", FIELD(T, uauth), 437 },
        { "timeout tcp-proxy-reassembly 0:01:58", FIELD(T, tcp_proxy_reassembly), 118 },
        { "timeout floating-conn 0:01:59", FIELD(T, floating_conn), 119 },
};

static struct conf_fixture f;

static uint32_t value(const void *obj, const struct row *r)
{
        uint32_t v = 0;

        memcpy(&v, (const char *)obj + r->off, r->size);
        return v;
}

static void *action(void)
{
        struct policy_map_conf *p = conf_list_find(&f.s->policy.policies, "p");

        return conf_list_find(&p->classes, "c");
}

static void *timeouts_now(void)
{
        return &f.s->policy.timeouts;
}

/* One line alone, on a fresh configuration: its own value, and those of all other rows as they were. */
static void check_row(const struct row *rows, size_t n, size_t at, const char *before, void *(*obj)(void))
{
        uint32_t was[32];

        conf_fixture_init(&f);
        conf_accept(&f, before);
        for (size_t i = 0; i < n; i++)
                was[i] = value(obj(), &rows[i]);
        conf_accept(&f, rows[at].line);
        for (size_t i = 0; i < n; i++) {
                bool own = rows[i].off == rows[at].off;

                if (value(obj(), &rows[i]) != (own ? rows[at].want : was[i]))
                        fail_msg("\"%s\" leaves the field of \"%s\" at %u", rows[at].line, rows[i].line,
                                 value(obj(), &rows[i]));
        }
        conf_fixture_fini(&f);
}

static void set_connection(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(actions); i++)
                check_row(actions, ARRAY_LEN(actions), i, "class-map c\nmatch any\nexit\npolicy-map p\nclass c\n",
                          action);
}

static void timeout_line(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(timeouts); i++)
                check_row(timeouts, ARRAY_LEN(timeouts), i, "", timeouts_now);
}

static void reset_goes_with_idle(void **state UNUSED)
{
        const A *a;

        conf_fixture_init(&f);
        conf_accept(
                &f,
                "class-map c\nmatch any\nexit\npolicy-map p\nclass c\nset connection timeout idle 1:00:00 reset\n");
        a = action();
        assert_true(a->idle_reset);
        assert_int_equal(a->idle_s, 3600);
        assert_true(a->set_conn);
        conf_fixture_fini(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(set_connection),
                cmocka_unit_test(timeout_line),
                cmocka_unit_test(reset_goes_with_idle),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
