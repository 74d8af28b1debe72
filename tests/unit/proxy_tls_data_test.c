/* TLS over memory legs: how data and ends travel, with room for one byte or many. */
#include "tests/support/tls_rig.h"

struct stream { /* bytes of octet_at() from one leg to the other */
        struct leg *from, *to;
        size_t total, written, read;
        uint8_t offer[20000];
        unsigned again;
};

static void stream_step(struct stream *s, size_t chunk, size_t piece)
{
        uint8_t buf[5000];
        ssize_t n;

        if (s->written < s->total) {
                size_t want = MIN_OF(chunk, s->total - s->written);

                for (size_t i = 0; i < want; i++)
                        s->offer[i] = octet_at(s->written + i);
                n = leg_write(s->from, s->offer, want);
                s->again += n == LEG_AGAIN;
                if (n != LEG_AGAIN) {
                        assert_true(n > 0 && (size_t)n <= want);
                        s->written += (size_t)n;
                }
        }
        n = leg_read(s->to, buf, MIN_OF(piece, sizeof buf));
        if (n == LEG_AGAIN)
                return;
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++)
                assert_int_equal(buf[i], octet_at(s->read + (size_t)i));
        s->read += (size_t)n;
}

/* Bytes arrive as sent, whatever the room below: a write that found none is offered again, with more behind it. */
static void data_through_pipes_of_any_size(void **state)
{
        static const struct {
                size_t cap, chunk, piece, total;
        } row[] = { { 1, 300, 100, 3000 },
                    { 7, 1000, 999, 20000 },
                    { 100, 20000, 5000, 60000 },
                    { 5000, 20000, 1, 9000 },
                    { ROOMY, 20000, 5000, 300000 } };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                static struct stream up_stream, down_stream;
                struct pair p;

                pair_ready(&p, row[i].cap);
                up_stream = (struct stream){ .from = p.client, .to = p.server, .total = row[i].total };
                down_stream = (struct stream){ .from = p.server, .to = p.client, .total = row[i].total };
                for (size_t k = 0; k < 1000000 && (up_stream.read < row[i].total || down_stream.read < row[i].total);
                     k++) {
                        /* the offer grows while it waits, as a session's buffer does */
                        stream_step(&up_stream, MIN_OF(row[i].chunk + k, sizeof up_stream.offer), row[i].piece);
                        stream_step(&down_stream, row[i].chunk, row[i].piece);
                }
                assert_int_equal(up_stream.read, row[i].total);
                assert_int_equal(down_stream.read, row[i].total);
                if (row[i].cap < 1000)
                        assert_true(up_stream.again > 0);
                pair_close(&p);
        }
}

static void bytes_inside_are_pending(void **state)
{
        struct pair p;
        char buf[100];

        (void)state;
        pair_ready(&p, ROOMY);
        assert_false(leg_pending(p.server));
        assert_int_equal(leg_write(p.client, "hello world", 11), 11);
        assert_true(leg_pending(p.server));
        assert_int_equal(leg_read(p.server, buf, 5), 5);
        assert_true(leg_pending(p.server)); /* decrypted, not read: no descriptor will tell */
        assert_int_equal(leg_read(p.server, buf, 100), 6);
        assert_false(leg_pending(p.server));
        assert_int_equal(leg_read(p.server, buf, 100), LEG_AGAIN);
        pair_close(&p);
}

/* Every suite and version, so every head, IV, MAC and padding. The system's library does not tell what it holds. */
static void buffers_are_as_large_as_messages(void **state)
{
        static const size_t sizes[] = { 1, 100, 511, 512, 513, 1500, 1536, 1537, 4000, 16383, 16384, 2 };
        size_t unopened;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(ciphers) * 3; i++) {
                int v = MBEDTLS_SSL_MINOR_VERSION_1 + (int)(i % 3);
                struct side client = { .trust = root, .suite = ciphers[i / 3].asa, .min = v, .max = v },
                            server = { .id = &server_id, .suite = client.suite };
                bool have;
                struct pair p;

                tls_suite_known(client.suite, &have);
                if (!have)
                        continue;
                pair_open(&p, &client, &server, ROOMY);
                unopened = leg_tls_buffers(p.server);
                handshake(&p);
                for (size_t k = 0; p.client_rc == 1 && k < ARRAY_LEN(sizes); k++) {
                        if (!k && unopened) {
                                assert_in_range(leg_tls_buffers(p.server), 1, unopened / 16);
                                assert_in_range(leg_tls_buffers(p.client), 1, unopened / 16);
                        }
                        message_of(p.client, p.server, sizes[k]);
                        message_of(p.server, p.client, sizes[k]);
                        if (unopened) {
                                assert_in_range(leg_tls_buffers(p.server), 1, unopened / 8);
                                assert_in_range(leg_tls_buffers(p.client), 1, unopened / 8);
                        }
                }
                pair_close(&p);
        }
}

/* ---- what comes with a record is read along with it ---- */

/* Below the server: gives no more than so many bytes, then nothing until there are more. */
static struct {
        const struct leg_ops *below;
        struct leg_ops ops;
        size_t left;
        unsigned reads; /* that gave bytes or the end */
} gate;

static ssize_t gated_read(struct leg *l, void *buf, size_t n)
{
        ssize_t r = gate.left ? gate.below->read(l, buf, MIN_OF(n, gate.left)) : LEG_AGAIN;

        gate.reads += r >= 0;
        gate.left -= r > 0 ? (size_t)r : 0;
        return r;
}

static bool gated_pending(const struct leg *l)
{
        return gate.left && gate.below->pending(l);
}

static void gated_ready(struct pair *p, size_t left)
{
        pair_ready(p, ROOMY);
        gate.below = p->server->next->ops;
        gate.ops = *gate.below;
        gate.ops.read = gated_read;
        gate.ops.pending = gated_pending;
        gate.left = left;
        gate.reads = 0;
        p->server->next->ops = &gate.ops;
}

static void records_in_one_read(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        gated_ready(&p, ROOMY);
        assert_int_equal(leg_write(p.client, "first", 5), 5);
        assert_int_equal(leg_write(p.client, "second", 6), 6);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 5);
        assert_memory_equal(buf, "first", 5);
        assert_false(leg_pending(p.server->next));
        assert_true(leg_pending(p.server)); /* no descriptor will tell of it */
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 6);
        assert_memory_equal(buf, "second", 6);
        assert_int_equal(gate.reads, 1);
        assert_false(leg_pending(p.server));
        assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_AGAIN);
        pair_close(&p);
}

/* Three records, the first reading of them ends after `first` bytes; how many bytes there were. */
static size_t split_behind(size_t first)
{
        static const char all[] = "INVITE sip:BYE";
        char got[sizeof all] = "";
        struct pair p;
        size_t n = 0;
        ssize_t r;

        gated_ready(&p, first);
        assert_int_equal(leg_write(p.client, all, 7), 7);
        assert_int_equal(leg_write(p.client, all + 7, 4), 4);
        assert_int_equal(leg_write(p.client, all + 11, 3), 3);
        while ((r = leg_read(p.server, got + n, sizeof got - n)) > 0)
                n += (size_t)r;
        assert_int_equal(r, LEG_AGAIN);
        assert_int_equal(gate.left, 0);
        assert_false(leg_pending(p.server)); /* a piece of a record is nothing to come back for */
        gate.left = ROOMY;
        while ((r = leg_read(p.server, got + n, sizeof got - n)) > 0)
                n += (size_t)r;
        assert_int_equal(r, LEG_AGAIN);
        assert_string_equal(got, all);
        first += ROOMY - gate.left;
        pair_close(&p);
        return first;
}

static void records_split_at_any_byte(void **state)
{
        size_t whole = split_behind(1);

        (void)state;
        assert_in_range(whole, 3 * 16 + 14, 400);
        for (size_t first = 2; first < whole; first++)
                assert_int_equal(split_behind(first), whole);
}

/* One record as long as records get, and the next one right behind it. */
static void a_long_record_is_read_twice(void **state)
{
        static uint8_t text[MBEDTLS_SSL_OUT_CONTENT_LEN], got[sizeof text];
        struct pair p;
        size_t n = 0;

        (void)state;
        gated_ready(&p, ROOMY);
        for (size_t i = 0; i < sizeof text; i++)
                text[i] = octet_at(i);
        assert_int_equal(leg_write(p.client, text, sizeof text), sizeof text);
        assert_int_equal(leg_write(p.client, "next", 4), 4);
        while (n < sizeof got) {
                ssize_t r = leg_read(p.server, got + n, sizeof got - n);

                assert_true(r > 0);
                n += (size_t)r;
        }
        assert_memory_equal(got, text, sizeof text);
        assert_int_equal(gate.reads, 2);
        assert_int_equal(leg_read(p.server, got, sizeof got), 4);
        assert_int_equal(gate.reads, 3);
        pair_close(&p);
}

/* The end came along with the last record, once said and once not, in the middle of a record too. */
static void an_end_behind_records(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        for (unsigned how = 0; how < 3; how++) {
                gated_ready(&p, ROOMY);
                assert_int_equal(leg_write(p.client, "last", 4), 4);
                if (how == 0)
                        assert_int_equal(leg_finish(p.client), 0);
                else
                        leg_finish(p.client->next);
                if (how == 2) { /* a head that promises more */
                        assert_int_equal(leg_write(p.client->next, "\x17\x03\x03\x00\x40half", 9), 9);
                        leg_finish(p.client->next);
                }
                assert_int_equal(leg_read(p.server, buf, sizeof buf), 4);
                assert_int_equal(leg_pending(p.server), how != 1);
                assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
                assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
                assert_int_equal(gate.reads, how ? 3 : 2); /* with one for each time the end was asked for */
                pair_close(&p);
        }
}

/* Also what came along with the end of a handshake. */
static void bytes_behind_a_handshake(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        pair_open(&p, usual_client(), usual_server(), ROOMY);
        for (p.server_rc = LEG_AGAIN; p.server_rc == LEG_AGAIN;) {
                leg_start(p.client);
                p.server_rc = leg_start(p.server);
        }
        assert_int_equal(p.server_rc, 1);
        assert_int_equal(leg_write(p.server, "welcome", 7), 7); /* behind its Finished */
        assert_int_equal(leg_start(p.client), 1);
        assert_true(leg_pending(p.client));
        assert_int_equal(leg_read(p.client, buf, sizeof buf), 7);
        assert_memory_equal(buf, "welcome", 7);
        pair_close(&p);
}

static void without_memory_records_are_read_piecemeal(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        gated_ready(&p, ROOMY);
        assert_int_equal(leg_write(p.client, "first", 5), 5);
        mem_fail_nth(1, true);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 5);
        mem_fail_nth(0, false);
        assert_memory_equal(buf, "first", 5);
        assert_int_equal(gate.reads, 2);
        pair_close(&p);
}

/* ---- ends ---- */

static void close_notify_ends_one_direction(void **state)
{
        struct pair p;
        char buf[8];

        (void)state;
        pair_ready(&p, ROOMY);
        assert_int_equal(leg_write(p.client, "bye", 3), 3);
        assert_int_equal(leg_finish(p.client), 0);
        assert_int_equal(leg_finish(p.client), 0);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 3);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        assert_int_equal(leg_write(p.server, "later", 5), 5);
        assert_int_equal(leg_read(p.client, buf, sizeof buf), 5);
        assert_int_equal(leg_finish(p.server), 0);
        assert_int_equal(leg_read(p.client, buf, sizeof buf), 0);
        pair_close(&p);
}

static void close_notify_waits_for_room(void **state)
{
        struct pair p;
        char buf[8];
        int rc = LEG_AGAIN;
        unsigned tries = 0;

        (void)state;
        pair_ready(&p, 5);
        while ((rc = leg_finish(p.client)) == LEG_AGAIN && tries++ < 1000) {
                assert_true(leg_want(p.client) & LEG_WANT_WRITE);
                assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_AGAIN);
        }
        assert_int_equal(rc, 0);
        assert_true(tries > 0);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        pair_close(&p);
}

/* Many stacks never send close_notify. */
static void an_end_without_close_notify_is_an_end(void **state)
{
        struct pair p;
        char buf[8];

        (void)state;
        pair_ready(&p, ROOMY);
        leg_finish(p.client->next);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        pair_close(&p);
}

static void a_reset_below_is_a_reset(void **state)
{
        struct pair p;
        char buf[8];

        (void)state;
        pair_ready(&p, ROOMY);
        leg_close(p.client, true);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_RESET);
        assert_string_equal(p.server->why, "reset by peer");
        leg_close(p.server, false);
}

static void a_reset_during_the_handshake(void **state)
{
        struct pair p;

        (void)state;
        pair_open(&p, usual_client(), usual_server(), ROOMY);
        assert_int_equal(leg_start(p.client), LEG_AGAIN);
        assert_int_equal(leg_start(p.server), LEG_AGAIN);
        leg_close(p.client, true);
        assert_int_equal(leg_start(p.server), LEG_RESET);
        assert_true(p.server->why[0]);
        leg_close(p.server, true);
}

static void garbage_is_refused_in_words(void **state)
{
        static const char http[] = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
        struct leg *a, *b, *s;

        (void)state;
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        s = leg_of(TLS_SERVER, usual_server(), b);
        leg_write(a, http, sizeof http - 1);
        assert_int_equal(leg_start(s), LEG_FAIL);
        assert_true(s->why[0]);
        leg_close(s, false);
        leg_close(a, false);
}

/* A record changed on its way is never data. */
static void a_forged_record_is_refused(void **state)
{
        uint8_t rec[200];
        struct leg *a, *b, *x, *y;
        struct pair p = { 0 };
        char buf[20];
        ssize_t n;

        (void)state;
        /* client - a b - [here] - x y - server */
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        assert_int_equal(leg_mem_pair(&x, &y, ROOMY), 0);
        p.client = leg_of(TLS_CLIENT, usual_client(), a);
        p.server = leg_of(TLS_SERVER, usual_server(), y);
        p.client_rc = p.server_rc = LEG_AGAIN;
        for (unsigned i = 0; i < 100 && (p.client_rc != 1 || p.server_rc != 1); i++) {
                while ((n = leg_read(b, rec, sizeof rec)) > 0)
                        assert_int_equal(leg_write(x, rec, (size_t)n), n);
                while ((n = leg_read(x, rec, sizeof rec)) > 0)
                        assert_int_equal(leg_write(b, rec, (size_t)n), n);
                p.client_rc = leg_start(p.client);
                p.server_rc = leg_start(p.server);
        }
        assert_int_equal(leg_write(p.client, "money", 5), 5);
        n = leg_read(b, rec, sizeof rec);
        assert_true(n > 5 && n < (ssize_t)sizeof rec);
        rec[n - 1] ^= 1;
        leg_write(x, rec, (size_t)n);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_FAIL);
        pair_close(&p);
        leg_close(b, false);
        leg_close(x, false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(data_through_pipes_of_any_size),
                cmocka_unit_test(bytes_inside_are_pending),
                cmocka_unit_test(buffers_are_as_large_as_messages),
                cmocka_unit_test(records_in_one_read),
                cmocka_unit_test(records_split_at_any_byte),
                cmocka_unit_test(a_long_record_is_read_twice),
                cmocka_unit_test(an_end_behind_records),
                cmocka_unit_test(bytes_behind_a_handshake),
                cmocka_unit_test(without_memory_records_are_read_piecemeal),
                cmocka_unit_test(close_notify_ends_one_direction),
                cmocka_unit_test(close_notify_waits_for_room),
                cmocka_unit_test(an_end_without_close_notify_is_an_end),
                cmocka_unit_test(a_reset_below_is_a_reset),
                cmocka_unit_test(a_reset_during_the_handshake),
                cmocka_unit_test(garbage_is_refused_in_words),
                cmocka_unit_test(a_forged_record_is_refused),
        };

        return cmocka_run_group_tests(tests, up, down);
}
