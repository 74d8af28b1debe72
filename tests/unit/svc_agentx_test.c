/* The subagent on a real socket, each round by hand. */
#include "tests/support/agentx_master.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/svc/agentx.h"

static const char *const subtrees[] = { "1.3.6.1.2.1.1", "1.3.6.1.2.1.2" };

struct rig {
        struct clock_virtual v;
        struct clock clk;
        char path[64];
        int listen, fd; /* the master's */
        uint16_t error; /* what it answers to the last PDU of several */
        unsigned looked;
        struct agentx *a;
        struct agentx_status st;
};

static void fill(void *ctx, struct mib_table *t)
{
        (void)ctx;
        mib_base(t, "1.3.6.1.2.1.1");
        MIB_TEXT(t, "door", 5, 0);
}

static void look(void *ctx, struct agentx_session *s, unsigned notify)
{
        struct rig *r = ctx;

        (void)s;
        assert_int_equal(notify, 5);
        r->looked++;
}

static void master_listens(struct rig *r)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };

        strcpy(at.sun_path, r->path);
        unlink(r->path);
        r->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_int_equal(bind(r->listen, (struct sockaddr *)&at, sizeof at), 0);
        assert_int_equal(listen(r->listen, 4), 0);
}

static int setup(void **state)
{
        static struct rig rig;
        struct rig *r = &rig;
        struct agentx_env env = { .clk = &r->clk,
                                  .path = r->path,
                                  .conf = { "a box", "box", 100, subtrees, ARRAY_LEN(subtrees) },
                                  .mib = { r, fill },
                                  .look = look };
        struct err e;

        *r = (struct rig){ .listen = -1, .fd = -1 };
        r->clk = clock_of_virtual(&r->v);
        strcpy(r->path, "agentx-XXXXXX");
        close(mkstemp(r->path));
        unlink(r->path);
        r->a = agentx_new(&env, &e);
        assert_non_null(r->a);
        *state = r;
        return 0;
}

static int teardown(void **state)
{
        struct rig *r = *state;

        agentx_free(r->a);
        if (r->listen >= 0)
                close(r->listen);
        if (r->fd >= 0)
                close(r->fd);
        unlink(r->path);
        assert_int_equal(mem_live_blocks(), 0);
        return 0;
}

static const struct agentx_status *step(struct rig *r, unsigned times)
{
        while (times--)
                agentx_step(r->a, 0);
        agentx_status(r->a, &r->st);
        return &r->st;
}

/* What the subagent has sent, as the master answers it; false: nothing more has come. */
static bool master_step(struct rig *r)
{
        uint8_t in[4096];
        struct master m = { 0 };
        struct agentx_pdu p;
        ssize_t n = recv(r->fd, in, sizeof in, MSG_DONTWAIT);
        struct cur c = cur_of(in, n > 0 ? (size_t)n : 0);

        for (unsigned i = 0; agentx_parse(&c, &p) == PARSE_OK; i++)
                master_response(&m, MASTER_SESSION, p.packet, i && !c.left ? r->error : 0);
        assert_int_equal(send(r->fd, m.out, m.n, MSG_NOSIGNAL), (ssize_t)m.n);
        return n > 0;
}

static void connected(struct rig *r)
{
        step(r, 1);
        r->fd = accept(r->listen, NULL, NULL);
        assert_true(r->fd >= 0);
        for (unsigned i = 0; i < 2; i++) {
                assert_true(master_step(r));
                step(r, 1);
        }
        assert_int_equal(step(r, 1)->state, AGENTX_UP);
}

static void nothing_is_connected_to_before_it_is_enabled(void **state)
{
        struct rig *r = *state;
        uint8_t in[64];
        ssize_t n;

        master_listens(r);
        clock_advance_ms(&r->v, 100000);
        assert_false(step(r, 3)->enabled);
        assert_int_equal(accept(r->listen, NULL, NULL), -1);
        agentx_configure(r->a, true, 5);
        connected(r);
        assert_string_equal(r->st.path, r->path);
        assert_int_equal(r->looked, 1);
        agentx_configure(r->a, false, 5);
        assert_int_equal(step(r, 1)->state, AGENTX_DOWN);
        n = recv(r->fd, in, sizeof in, 0);
        assert_int_equal(n, AGENTX_HEAD + 4);
        assert_int_equal(in[1], AGENTX_CLOSE);
        assert_int_equal(recv(r->fd, in, sizeof in, 0), 0);
}

static void it_comes_back_to_a_master_that_does(void **state)
{
        struct rig *r = *state;

        agentx_configure(r->a, true, 5);
        assert_int_equal(step(r, 2)->state, AGENTX_DOWN);
        assert_non_null(strstr(r->st.why, "No such file"));
        master_listens(r);
        step(r, 1);
        assert_int_equal(accept(r->listen, NULL, NULL), -1); /* not at once */
        clock_advance_ms(&r->v, AGENTX_RETRY_MS);
        connected(r);
        assert_string_equal(r->st.why, "");
        close(r->fd);
        assert_string_equal(step(r, 2)->why, "the master agent ended the connection");
        clock_advance_ms(&r->v, AGENTX_RETRY_MS);
        connected(r);
        assert_int_equal(r->st.counts.sessions, 2);
}

/* 1 s, 2 s, 4 s ... between the connections, 15 s at most. */
static void it_is_patient_with_a_master_that_is_none(void **state)
{
        static const unsigned wait_s[] = { 1, 2, 4, 8, 15, 15 };
        struct rig *r = *state;

        master_listens(r);
        agentx_configure(r->a, true, 5);
        for (unsigned i = 0; i < sizeof wait_s / sizeof wait_s[0]; i++) {
                step(r, 1);
                r->fd = accept(r->listen, NULL, NULL);
                assert_true(r->fd >= 0);
                assert_int_equal(send(r->fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
                assert_string_equal(step(r, 2)->why, "what the master sends is not AgentX");
                close(r->fd);
                clock_advance_ms(&r->v, wait_s[i] * 1000 - 1);
                step(r, 1);
                r->fd = accept(r->listen, NULL, NULL);
                assert_int_equal(r->fd, -1);
                clock_advance_ms(&r->v, 1);
        }
}

static void it_looks_once_a_second(void **state)
{
        struct rig *r = *state;

        master_listens(r);
        agentx_configure(r->a, true, 5);
        connected(r);
        step(r, 5);
        assert_int_equal(r->looked, 1);
        clock_advance_ms(&r->v, AGENTX_LOOK_MS);
        step(r, 5);
        assert_int_equal(r->looked, 2);
}

static void a_request_may_come_in_pieces(void **state)
{
        static const char *const names[] = { "1.3.6.1.2.1.1.5.0", "", NULL };
        struct rig *r = *state;
        struct master m = { 0 };
        struct cur c;
        struct agentx_pdu p;
        uint8_t in[512];
        ssize_t n;

        master_listens(r);
        agentx_configure(r->a, true, 5);
        connected(r);
        master_request(&m, AGENTX_GET, names);
        for (size_t i = 0; i < m.n; i++) {
                assert_int_equal(send(r->fd, m.out + i, 1, MSG_NOSIGNAL), 1);
                step(r, 1);
        }
        n = recv(r->fd, in, sizeof in, MSG_DONTWAIT);
        assert_true(n > 0);
        c = cur_of(in, (size_t)n);
        assert_int_equal(agentx_parse(&c, &p), PARSE_OK);
        assert_int_equal(p.type, AGENTX_RESPONSE);
        assert_int_equal(c.left, 0);
        assert_int_equal(r->st.counts.get, 1);
}

/* Nobody has to wait until it would have been tried again. */
static void who_enables_it_again_wants_it_now(void **state)
{
        struct rig *r = *state;

        agentx_configure(r->a, true, 5);
        for (unsigned i = 0; i < 8; i++) {
                assert_non_null(strstr(step(r, 1)->why, "No such file"));
                clock_advance_ms(&r->v, AGENTX_RETRY_MAX_MS);
        }
        step(r, 1);
        agentx_configure(r->a, false, 5);
        assert_string_equal(step(r, 1)->why, "");
        agentx_configure(r->a, true, 5);
        assert_non_null(strstr(step(r, 1)->why, "No such file"));
        master_listens(r);
        clock_advance_ms(&r->v, AGENTX_RETRY_MS);
        connected(r);
}

/* However long there was none. */
static void a_master_that_comes_is_found_soon(void **state)
{
        struct rig *r = *state;

        agentx_configure(r->a, true, 5);
        for (unsigned i = 0; i < 8; i++) {
                step(r, 1);
                clock_advance_ms(&r->v, AGENTX_RETRY_MAX_MS);
        }
        step(r, 1);
        master_listens(r);
        clock_advance_ms(&r->v, AGENTX_RETRY_MAX_MS - 1);
        step(r, 1);
        assert_int_equal(accept(r->listen, NULL, NULL), -1);
        clock_advance_ms(&r->v, 1);
        connected(r);
}

static void what_is_refused_is_shown(void **state)
{
        struct rig *r = *state;

        master_listens(r);
        agentx_configure(r->a, true, 5);
        r->error = 263;
        connected(r);
        assert_string_equal(r->st.why, "the master refuses 1 of 2 subtrees: AgentX error 263");
}

/* It does not ask the time again and again what there is to do. */
static void while_it_is_off_it_rests(void **state)
{
        struct rig *r = *state;
        struct clock real = clock_system;
        uint64_t before = clock_mono_ms(&real);

        clock_advance_ms(&r->v, 100000);
        agentx_step(r->a, 100);
        assert_true(clock_mono_ms(&real) - before >= 50);
}

static void at_the_end_it_says_goodbye(void **state)
{
        struct rig *r = *state;
        uint8_t in[64];

        master_listens(r);
        agentx_configure(r->a, true, 5);
        connected(r);
        agentx_stop(r->a);
        agentx_run(r->a);
        assert_int_equal(recv(r->fd, in, sizeof in, MSG_DONTWAIT), AGENTX_HEAD + 4);
        assert_int_equal(in[1], AGENTX_CLOSE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(nothing_is_connected_to_before_it_is_enabled, setup, teardown),
                cmocka_unit_test_setup_teardown(it_comes_back_to_a_master_that_does, setup, teardown),
                cmocka_unit_test_setup_teardown(it_is_patient_with_a_master_that_is_none, setup, teardown),
                cmocka_unit_test_setup_teardown(it_looks_once_a_second, setup, teardown),
                cmocka_unit_test_setup_teardown(a_request_may_come_in_pieces, setup, teardown),
                cmocka_unit_test_setup_teardown(who_enables_it_again_wants_it_now, setup, teardown),
                cmocka_unit_test_setup_teardown(a_master_that_comes_is_found_soon, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_refused_is_shown, setup, teardown),
                cmocka_unit_test_setup_teardown(while_it_is_off_it_rests, setup, teardown),
                cmocka_unit_test_setup_teardown(at_the_end_it_says_goodbye, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
