#include "tests/support/agentx_rig.h"

#include "platform/svc/agentx_answer.h"

struct var {
        uint16_t type;
        struct oid name;
        uint64_t num;
        char text[64];
};

/* The status of the answer; its variables into v. */
static uint16_t answer(struct box *b, struct var *v, unsigned cap, unsigned *n)
{
        struct cur *c = &b->pdu.body;
        uint16_t error;

        assert_int_equal(b->n, 1);
        assert_int_equal(b->pdu.type, AGENTX_RESPONSE);
        assert_int_equal(b->pdu.packet, 500);
        cur_be32(c);
        error = cur_be16(c);
        cur_be16(c);
        for (*n = 0; c->left && *n < cap; (*n)++, v++) {
                memset(v, 0, sizeof *v);
                v->type = cur_be16(c);
                cur_be16(c);
                agentx_oid(c, true, &v->name, NULL);
                if (v->type == MIB_OCTETS || v->type == MIB_ADDRESS) {
                        struct cur o = agentx_octets(c, true);

                        memcpy(v->text, o.p, o.left < 63 ? o.left : 63);
                } else if (v->type == MIB_OID) {
                        struct oid o;

                        agentx_oid(c, true, &o, NULL);
                        v->num = o.n;
                } else if (v->type < MIB_NO_OBJECT) {
                        v->num = cur_be32(c);
                        if (v->type == MIB_COUNTER64)
                                v->num = v->num << 32 | cur_be32(c);
                }
                assert_false(c->bad);
        }
        return error;
}

static uint16_t ask(struct box *b, uint8_t type, const char *const *ranges, struct var *v, unsigned cap, unsigned *n)
{
        master_request(&b->m, type, ranges);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        return answer(b, v, cap, n);
}

static bool is(const struct var *v, const char *name)
{
        struct oid o;

        return oid_parse(name, &o) && !oid_cmp(o.id, o.n, v->name.id, v->name.n);
}

static void it_answers_get(void **state)
{
        static const char *const names[] = { "1.3.6.1.2.1.1.5.0",
                                             "",
                                             "1.3.6.1.4.1.9.1.1",
                                             "",
                                             "1.3.6.1.4.1.9.1.2",
                                             "",
                                             "1.3.6.1.2.1.1.5.1",
                                             "",
                                             "1.3.6.1.2.1.1.9.0",
                                             "",
                                             NULL };

        for (unsigned le = 0; le < 2; le++) {
                struct box *b = open_box(le);
                struct var v[5];
                unsigned n;

                (void)state;
                assert_int_equal(ask(b, AGENTX_GET, names, v, 5, &n), AGENTX_OK);
                assert_int_equal(n, 5);
                assert_string_equal(v[0].text, "door");
                assert_int_equal(v[1].type, MIB_COUNTER64);
                assert_true(v[1].num == UINT64_C(0x100000002));
                assert_int_equal(v[2].type, MIB_ADDRESS);
                assert_memory_equal(v[2].text, "\12\0\0\1", 4);
                assert_int_equal(v[3].type, MIB_NO_INSTANCE);
                assert_int_equal(v[4].type, MIB_NO_OBJECT);
                for (unsigned i = 0; i < 5; i++)
                        assert_true(is(&v[i], names[2 * i]));
                free_box(b);
        }
}

static void it_answers_getnext(void **state)
{
        static const char *const names[] = { "1.3.6.1.2.1.1",
                                             "1.3.6.1.2.1.2",
                                             "1.3.6.1.2.1.1.3.0",
                                             "1.3.6.1.2.1.2",
                                             "1.3.6.1.2.1.1.5.0",
                                             "1.3.6.1.2.1.2",
                                             "1.3.6.1.2.1.1.3.0",
                                             "1.3.6.1.2.1.1.5.0", /* which is behind the range */
                                             "1.3.6.1.4.1.9.1.2",
                                             "",
                                             NULL };
        struct box *b = open_box(false);
        struct var v[5];
        unsigned n;

        (void)state;
        assert_int_equal(ask(b, AGENTX_GETNEXT, names, v, 5, &n), AGENTX_OK);
        assert_int_equal(n, 5);
        assert_true(is(&v[0], "1.3.6.1.2.1.1.2.0") && v[0].type == MIB_OID && v[0].num == 2);
        assert_true(is(&v[1], "1.3.6.1.2.1.1.5.0") && v[1].type == MIB_OCTETS);
        assert_true(is(&v[2], "1.3.6.1.2.1.1.5.0") && v[2].type == MIB_END);
        assert_true(is(&v[3], "1.3.6.1.2.1.1.3.0") && v[3].type == MIB_END);
        assert_true(is(&v[4], "1.3.6.1.4.1.9.1.2") && v[4].type == MIB_END);
        free_box(b);
}

static void a_range_may_include_its_start(void **state)
{
        struct box *b = open_box(true);
        struct var v[1];
        unsigned n;

        (void)state;
        master_begin(&b->m, AGENTX_GETNEXT, 0, MASTER_SESSION, 500); /* nor does it say the context */
        master_oid(&b->m, "1.3.6.1.2.1.1.3.0", true);
        master_oid(&b->m, "", false);
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        assert_int_equal(answer(b, v, 1, &n), AGENTX_OK);
        assert_true(is(&v[0], "1.3.6.1.2.1.1.3.0"));
        free_box(b);
}

static void bulk(struct box *b, uint16_t once, uint16_t times)
{
        master_begin(&b->m, AGENTX_GETBULK, 0, MASTER_SESSION, 500);
        master_u16(&b->m, once);
        master_u16(&b->m, times);
        master_oid(&b->m, "1.3.6.1.2.1.1.4", false);
        master_oid(&b->m, "", false);
        master_oid(&b->m, "1.3.6.1.4.1.9", false);
        master_oid(&b->m, "", false);
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
}

static void it_answers_getbulk(void **state)
{
        struct box *b = open_box(false);
        struct var v[12];
        unsigned n;

        (void)state;
        bulk(b, 1, 10);
        assert_int_equal(answer(b, v, 12, &n), AGENTX_OK);
        assert_int_equal(n, 4); /* one once, two that are there, and the end */
        assert_true(is(&v[0], "1.3.6.1.2.1.1.5.0"));
        assert_true(is(&v[1], "1.3.6.1.4.1.9.1.1") && is(&v[2], "1.3.6.1.4.1.9.1.2"));
        assert_int_equal(v[3].type, MIB_END);
        free_box(b);
}

static void a_bulk_goes_on_behind_a_start_that_is_included(void **state)
{
        struct box *b = open_box(false);
        struct var v[4];
        unsigned n;

        (void)state;
        master_begin(&b->m, AGENTX_GETBULK, 0, MASTER_SESSION, 500);
        master_u32(&b->m, 4); /* none once, four times */
        master_oid(&b->m, "1.3.6.1.4.1.9.1.1", true);
        master_oid(&b->m, "", false);
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        assert_int_equal(answer(b, v, 4, &n), AGENTX_OK);
        assert_int_equal(n, 3);
        assert_true(is(&v[0], "1.3.6.1.4.1.9.1.1") && is(&v[1], "1.3.6.1.4.1.9.1.2") && v[2].type == MIB_END);
        free_box(b);
}

static void a_bulk_ends_where_it_has_no_room(void **state)
{
        struct box *b = open_box(false);
        struct var *v = mem_alloc(MEM_MISC, 2100 * sizeof *v);
        unsigned n;

        (void)state;
        assert_non_null(v);
        b->many = 5000;
        bulk(b, 0, 5000);
        assert_int_equal(answer(b, v, 2100, &n), AGENTX_OK);
        assert_true(n > 500 && n < 2100);
        assert_string_equal(v[n - 1].text, "0123456789012345678901234567890123456789");
        mem_free(v);
        free_box(b);
}

/* So many ranges that are at their ends, and one that is not, a hundred times. */
static uint16_t many_ranges(struct box *b, unsigned over, struct var *v, unsigned cap, unsigned *n)
{
        b->many = 100;
        master_begin(&b->m, AGENTX_GETBULK, 0, MASTER_SESSION, 500);
        master_u32(&b->m, 100);
        for (unsigned i = 0; i <= over; i++) {
                master_oid(&b->m, i < over ? "2" : "1.3.6.1.4.1.9", false);
                master_oid(&b->m, "", false);
        }
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        return answer(b, v, cap, n);
}

static void a_bulk_has_bounds(void **state)
{
        struct box *b = open_box(false);
        struct var *v = mem_alloc(MEM_MISC, 2 * AGENTX_BULK_VARS * sizeof *v);
        unsigned n;

        (void)state;
        assert_non_null(v);
        assert_int_equal(many_ranges(b, 63, v, 2 * AGENTX_BULK_VARS, &n), AGENTX_OK);
        assert_int_equal(n, AGENTX_BULK_VARS);
        assert_int_equal(many_ranges(b, 64, v, 2 * AGENTX_BULK_VARS, &n), AGENTX_PARSE_ERROR);
        assert_int_equal(n, 0);
        mem_free(v);
        free_box(b);
}

/* A hundred times a variable of a thousand octets. */
static void what_does_not_fit_is_too_big(void **state)
{
        struct box *b = open_box(false);
        struct var v[1];
        unsigned n;

        (void)state;
        b->wide = true;
        master_begin(&b->m, AGENTX_GET, 0, MASTER_SESSION, 500);
        for (unsigned i = 0; i < 100; i++) {
                master_oid(&b->m, "1.3.6.1.4.1.9.8", false);
                master_oid(&b->m, "", false);
        }
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        assert_int_equal(answer(b, v, 1, &n), AGENTX_TOO_BIG);
        assert_int_equal(n, 0);
        free_box(b);
}

/* Variables that are asked for once may be more than fit, too: no part of one is sent, and nothing behind it. */
static void a_bulk_of_once_ends_where_it_has_no_room(void **state)
{
        struct box *b = open_box(false);
        struct var v[100];
        unsigned n;

        (void)state;
        b->wide = true;
        master_begin(&b->m, AGENTX_GETBULK, 0, MASTER_SESSION, 500);
        master_u16(&b->m, 99);
        master_u16(&b->m, 1);
        for (unsigned i = 0; i < 100; i++) {
                master_oid(&b->m, i < 99 ? "1.3.6.1.4.1.9.8" : "1.3.6.1.4.1.9", i < 99);
                master_oid(&b->m, "", false);
        }
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        assert_int_equal(answer(b, v, 100, &n), AGENTX_OK);
        assert_true(n > 50 && n < 99);
        assert_int_equal(b->pdu.body.left, 0);
        for (unsigned i = 0; i < n; i++)
                assert_true(is(&v[i], "1.3.6.1.4.1.9.8") && v[i].type == MIB_OCTETS);
        free_box(b);
}

static void values_are_a_second_old_at_most(void **state)
{
        static const char *const uptime[] = { "1.3.6.1.2.1.1.3.0", "", NULL };
        struct box *b = open_box(false);
        struct var v[1];
        unsigned n;

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                assert_int_equal(ask(b, AGENTX_GET, uptime, v, 1, &n), AGENTX_OK);
                assert_int_equal(v[0].num, i < 2 ? 1 : 2);
                clock_advance_ms(&b->v, i ? 1 : AGENTX_FRESH_MS - 1);
        }
        free_box(b);
}

static void nothing_can_be_set(void **state)
{
        static const struct {
                uint8_t type;
                uint16_t error;
        } rows[] = { { AGENTX_TESTSET, AGENTX_NOT_WRITABLE },
                     { AGENTX_COMMITSET, AGENTX_COMMIT_FAILED },
                     { AGENTX_UNDOSET, AGENTX_UNDO_FAILED } };
        static const char *const none[] = { NULL };
        struct box *b = open_box(false);
        struct var v[1];
        unsigned n;

        (void)state;
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(ask(b, rows[i].type, none, v, 1, &n), rows[i].error);
        master_request(&b->m, AGENTX_CLEANUPSET, none);
        assert_int_equal(master_send(&b->m, b->s), 0);
        assert_int_equal(read_all(b), 0);
        assert_int_equal(b->filled, 0);
        free_box(b);
}

static void without_memory_it_is_a_general_error(void **state)
{
        static const char *const name[] = { "1.3.6.1.2.1.1.5.0", "", NULL };
        struct box *b = open_box(false);
        struct var v[1];
        unsigned n;

        (void)state;
        mem_fail_nth(1, true);
        assert_int_equal(ask(b, AGENTX_GET, name, v, 1, &n), AGENTX_GEN_ERR);
        mem_fail_nth(0, false);
        assert_int_equal(n, 0);
        free_box(b);
}

static void requests_of_another_session_are_refused(void **state)
{
        struct box *b = open_box(false);
        struct var v[1];
        unsigned n;

        (void)state;
        master_begin(&b->m, AGENTX_GET, 0, MASTER_SESSION + 1, 500);
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        assert_int_equal(answer(b, v, 1, &n), AGENTX_NOT_OPEN);
        free_box(b);
}

static void a_request_that_is_cut_off_is_refused(void **state)
{
        static const uint8_t tail[] = { 5, 2, 0, 0, 0, 0, 0, 1 }; /* five numbers, and one comes */
        struct box *b = open_box(false);
        struct var v[1];
        unsigned n;

        (void)state;
        for (uint8_t type = AGENTX_GET; type <= AGENTX_GETBULK; type++) {
                master_begin(&b->m, type, 0, MASTER_SESSION, 500);
                if (type == AGENTX_GETBULK)
                        master_u32(&b->m, 1);
                memcpy(b->m.out + b->m.n, tail, sizeof tail);
                b->m.n += sizeof tail;
                master_end(&b->m);
                assert_int_equal(master_send(&b->m, b->s), 0);
                read_all(b);
                assert_int_equal(answer(b, v, 1, &n), AGENTX_PARSE_ERROR);
                assert_int_equal(n, 0);
        }
        free_box(b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_answers_get),
                cmocka_unit_test(it_answers_getnext),
                cmocka_unit_test(a_range_may_include_its_start),
                cmocka_unit_test(it_answers_getbulk),
                cmocka_unit_test(a_bulk_goes_on_behind_a_start_that_is_included),
                cmocka_unit_test(a_bulk_ends_where_it_has_no_room),
                cmocka_unit_test(a_bulk_has_bounds),
                cmocka_unit_test(what_does_not_fit_is_too_big),
                cmocka_unit_test(a_bulk_of_once_ends_where_it_has_no_room),
                cmocka_unit_test(values_are_a_second_old_at_most),
                cmocka_unit_test(nothing_can_be_set),
                cmocka_unit_test(without_memory_it_is_a_general_error),
                cmocka_unit_test(requests_of_another_session_are_refused),
                cmocka_unit_test(a_request_that_is_cut_off_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
