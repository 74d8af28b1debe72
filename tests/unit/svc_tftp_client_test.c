/* TFTP both ways against a server of our own on the loopback. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/svc/tftp_client.h"

struct server {
        int listen, data; /* requests, the port the transfer goes on with */
        uint8_t got[4096];
        size_t n;
        char file[64];
        unsigned drop;      /* datagrams not answered */
        const char *refuse; /* ERROR instead of an ACK */
        unsigned opened, bound, closed;
};

static int udp(void)
{
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_DGRAM, 0);

        assert_true(fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof a));
        return fd;
}

static void answer(struct server *s, const struct sockaddr_in *to, uint16_t block)
{
        uint8_t p[64] = { 0, s->refuse ? 5 : 4, (uint8_t)(block >> 8), (uint8_t)block };
        size_t n = 4;

        if (s->refuse) {
                strcpy((char *)p + 4, s->refuse);
                n += strlen(s->refuse) + 1;
        }
        sendto(s->data, p, n, 0, (const struct sockaddr *)to, sizeof *to);
}

static void *serve(void *arg)
{
        struct server *s = arg;
        uint16_t want = 1;

        for (;;) {
                struct pollfd p[2] = { { .fd = s->listen, .events = POLLIN }, { .fd = s->data, .events = POLLIN } };
                struct sockaddr_in from;
                socklen_t len = sizeof from;
                uint8_t b[600];
                ssize_t n;
                uint16_t block;

                if (poll(p, 2, 60000) <= 0)
                        return NULL;
                n = recvfrom(p[0].revents ? s->listen : s->data, b, sizeof b, 0, (struct sockaddr *)&from, &len);
                if (n < 4)
                        return NULL; /* the test is over */
                if (s->drop) {
                        s->drop--;
                        continue;
                }
                if (b[1] == 2) {
                        snprintf(s->file, sizeof s->file, "%.63s", (char *)b + 2);
                        answer(s, &from, 0);
                        continue;
                }
                block = (uint16_t)(b[2] << 8 | b[3]);
                if (block == want) {
                        memcpy(s->got + s->n, b + 4, (size_t)n - 4);
                        s->n += (size_t)n - 4;
                        want++;
                }
                answer(s, &from, block);
        }
}

static int net_open(void *ctx, struct sockaddr_in *to, struct err *e)
{
        struct server *s = ctx;
        socklen_t len = sizeof *to;

        (void)e;
        s->opened++;
        return getsockname(s->listen, (struct sockaddr *)to, &len);
}

static void net_bound(void *ctx, uint16_t port)
{
        struct server *s = ctx;

        assert_int_not_equal(port, 0);
        s->bound++;
}

static void net_close(void *ctx)
{
        ((struct server *)ctx)->closed++;
}

/* Patience where an answer comes, haste where none does: the result must not depend on how busy the machine is. */
static int upload(struct server *s, const void *data, size_t n, struct err *e)
{
        bool waits = s->drop > 0;
        const struct tftp_net net = {
                s, net_open, net_bound, net_close, waits ? 100 : 20000, !waits ? 2 : s->drop < 100 ? 600 : 3
        };
        const struct tftp_job job = { .file = "cap.pcap" };
        struct sockaddr_in a;
        socklen_t len = sizeof a;
        pthread_t th;
        int rc;

        s->listen = udp();
        s->data = udp();
        pthread_create(&th, NULL, serve, s);
        rc = tftp_put_over(&net, &job, data, n, e);
        getsockname(s->listen, (struct sockaddr *)&a, &len);
        sendto(s->data, "x", 1, 0, (struct sockaddr *)&a, sizeof a);
        pthread_join(th, NULL);
        close(s->listen);
        close(s->data);
        assert_int_equal(s->opened, 1);
        assert_int_equal(s->closed, 1);
        return rc;
}

static void every_length_arrives(void **state UNUSED)
{
        static const size_t sizes[] = { 0, 1, 511, 512, 513, 1024, 3000 };
        uint8_t data[3000];
        struct err e;

        for (size_t i = 0; i < sizeof data; i++)
                data[i] = (uint8_t)(i * 7);
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
                struct server s = { 0 };

                assert_int_equal(upload(&s, data, sizes[i], &e), 0);
                assert_int_equal(s.n, sizes[i]);
                assert_memory_equal(s.got, data, sizes[i]);
                assert_string_equal(s.file, "cap.pcap");
                assert_int_equal(s.bound, 1);
        }
}

static void lost_datagrams_are_sent_again(void **state UNUSED)
{
        struct server s = { .drop = 2 };
        struct err e;

        assert_int_equal(upload(&s, "hello", 5, &e), 0);
        assert_memory_equal(s.got, "hello", 5);
        assert_int_equal(s.drop, 0);
}

static void a_silent_server_times_out(void **state UNUSED)
{
        struct server s = { .drop = 100 };
        struct err e;

        assert_int_equal(upload(&s, "hello", 5, &e), -1);
        assert_string_equal(e.text, "Timed out");
}

static void a_refusal_is_told(void **state UNUSED)
{
        struct server s = { .refuse = "Access\x01violation" };
        struct err e;

        assert_int_equal(upload(&s, "hello", 5, &e), -1);
        assert_string_equal(e.text, "Access\\x01violation");
}

/* ---- reading ---- */

/* A server that reads: what it does is a script, a line for each datagram that comes. */
struct giver {
        int listen, data;
        const uint8_t *file;
        size_t n;
        unsigned blksize; /* of the OACK; 0: it knows no options */
        bool refuse_options;
        bool big, alien; /* blocks above what was agreed on; answers of somebody else in between */
        unsigned drop;   /* datagrams not answered */
        const char *refuse;
        unsigned requests, aborted, size;
        uint16_t last_ack;
};

static void give(struct giver *g, const struct sockaddr_in *to, uint16_t block)
{
        size_t size = g->size, at = (size_t)(block - 1) * size, n = at < g->n ? g->n - at : 0;
        uint8_t p[2000] = { 0, 3, (uint8_t)(block >> 8), (uint8_t)block };
        int other;

        n = n < size ? n : size;
        if (n)
                memcpy(p + 4, g->file + at, n);
        if (g->big)
                n = size + 1;
        if (g->alien) {
                other = udp();
                p[4] ^= 1;
                sendto(other, p, n + 4, 0, (const struct sockaddr *)to, sizeof *to);
                p[4] ^= 1;
                close(other);
        }
        if (block && at <= g->n)
                sendto(g->data, p, n + 4, 0, (const struct sockaddr *)to, sizeof *to);
}

static void give_first(struct giver *g, const uint8_t *req, size_t n, const struct sockaddr_in *to)
{
        bool options = memmem(req, n, "blksize", 7) != NULL;
        char p[100] = { 0, 5, 0, 8 };
        int len = 4;

        g->requests++;
        if (g->refuse || (g->refuse_options && options)) {
                p[3] = g->refuse ? 1 : 8;
                len += snprintf(p + 4, sizeof p - 4, "%s", g->refuse ? g->refuse : "no options") + 1;
        } else if (options && g->blksize) {
                p[1] = 6;
                len = 2 + snprintf(p + 2, sizeof p - 2, "blksize%c%u%ctsize%c%zu", 0, g->blksize, 0, 0, g->n) + 1;
                g->size = g->blksize;
        } else {
                g->size = 512;
                give(g, to, 1);
                return;
        }
        sendto(g->data, p, (size_t)len, 0, (const struct sockaddr *)to, sizeof *to);
}

static void *giving(void *arg)
{
        struct giver *g = arg;

        for (;;) {
                struct pollfd p[2] = { { .fd = g->listen, .events = POLLIN }, { .fd = g->data, .events = POLLIN } };
                struct sockaddr_in from;
                socklen_t len = sizeof from;
                uint8_t b[600];
                ssize_t n;

                if (poll(p, 2, 60000) <= 0)
                        return NULL;
                n = recvfrom(p[0].revents ? g->listen : g->data, b, sizeof b, 0, (struct sockaddr *)&from, &len);
                if (n < 4)
                        return NULL; /* the test is over */
                if (g->drop) {
                        g->drop--;
                } else if (b[1] == 1) {
                        give_first(g, b, (size_t)n, &from);
                } else if (b[1] == 4) {
                        g->last_ack = (uint16_t)(b[2] << 8 | b[3]);
                        give(g, &from, (uint16_t)(g->last_ack + 1));
                } else {
                        g->aborted += b[1] == 5;
                }
        }
}

struct taken {
        uint8_t got[4096];
        size_t n, told, stop_at;
        int listen;
};

static int on_take(void *ctx, const void *p, size_t n, struct err *e)
{
        struct taken *t = ctx;

        if (t->n + n > sizeof t->got)
                return err_set(e, ERR_LIMIT, "full");
        memcpy(t->got + t->n, p, n);
        t->n += n;
        return 0;
}

static int on_size(void *ctx, uint64_t n, struct err *e)
{
        ((struct taken *)ctx)->told = (size_t)n;
        return n > 100000 ? err_set(e, ERR_LIMIT, "too big") : 0;
}

static bool on_stop(void *ctx)
{
        const struct taken *t = ctx;

        return t->stop_at && t->n >= t->stop_at;
}

static int giver_open(void *ctx, struct sockaddr_in *to, struct err *e)
{
        struct taken *t = ctx;
        socklen_t len = sizeof *to;

        (void)e;
        return getsockname(t->listen, (struct sockaddr *)to, &len);
}

static void no_close(void *ctx)
{
        (void)ctx;
}

static int download(struct giver *g, struct taken *t, struct err *e)
{
        const struct tftp_net net = { t, giver_open, NULL, no_close, g->drop ? 100 : 20000, g->drop < 100 ? 600 : 3 };
        const struct tftp_job job = { "a/file", t, on_stop, on_take, NULL, on_size };
        struct sockaddr_in a;
        socklen_t len = sizeof a;
        pthread_t th;
        int rc;

        g->listen = t->listen = udp();
        g->data = udp();
        pthread_create(&th, NULL, giving, g);
        rc = tftp_get_over(&net, &job, e);
        getsockname(g->data, (struct sockaddr *)&a, &len); /* behind what we have said last */
        sendto(g->listen, "x", 1, 0, (struct sockaddr *)&a, sizeof a);
        pthread_join(th, NULL);
        close(g->listen);
        close(g->data);
        return rc;
}

static void every_length_is_read(void **state UNUSED)
{
        static const size_t sizes[] = { 0, 1, 511, 512, 513, 1428, 2856, 3000 };
        static const unsigned blocks[] = { 0, 512, 1428, 8 };
        uint8_t data[3000];
        struct err e;

        for (size_t i = 0; i < sizeof data; i++)
                data[i] = (uint8_t)(i * 7);
        for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(blocks); i++) {
                struct giver g = {
                        .file = data, .n = sizes[i / 4], .blksize = blocks[i % 4], .drop = i == 5 ? 2 : 0
                };
                struct taken t = { .told = 1 };

                assert_int_equal(download(&g, &t, &e), 0);
                assert_int_equal(t.n, g.n);
                assert_memory_equal(t.got, data, t.n);
                assert_int_equal(t.told, g.blksize ? g.n : 1);
                assert_int_equal(g.last_ack, g.n / g.size + 1);
                assert_int_equal(g.aborted, 0);
        }
}

static void a_server_that_refuses_options_is_asked_without(void **state UNUSED)
{
        struct giver g = { .file = (const uint8_t *)"hello", .n = 5, .refuse_options = true };
        struct taken t = { 0 };
        struct err e;

        assert_int_equal(download(&g, &t, &e), 0);
        assert_int_equal(t.n, 5);
        assert_int_equal(g.requests, 2);
}

static void somebody_elses_answers_are_not_heard(void **state UNUSED)
{
        uint8_t data[1200] = { 1, 2, 3 };
        struct giver g = { .file = data, .n = sizeof data, .blksize = 512, .alien = true };
        struct taken t = { 0 };
        struct err e;

        assert_int_equal(download(&g, &t, &e), 0);
        assert_int_equal(t.n, sizeof data);
        assert_memory_equal(t.got, data, t.n);
}

static void reading_ends_with_the_reason(void **state UNUSED)
{
        uint8_t data[4000] = { 0 };
        struct giver none = { .refuse = "File not found" }, big = { .file = data, .n = 600, .big = true },
                     huge = { .file = data, .n = 100001, .blksize = 512 },
                     wide = { .n = 1, .file = data, .blksize = 1429 }, stop = { .file = data, .n = sizeof data };
        struct taken t = { 0 };
        struct err e;

        assert_int_equal(download(&none, &t, &e), -1);
        assert_string_equal(e.text, "File not found");
        assert_int_equal(none.requests, 1);
        assert_int_equal(download(&big, &t, &e), -1);
        assert_non_null(strstr(e.text, "larger blocks"));
        assert_int_equal(download(&wide, &t, &e), -1);
        assert_non_null(strstr(e.text, "larger blocks"));
        assert_int_equal(download(&huge, &t, &e), -1);
        assert_string_equal(e.text, "too big");
        assert_int_equal(huge.aborted, 1);
        t.stop_at = 1024;
        assert_int_equal(download(&stop, &t, &e), -1);
        assert_string_equal(e.text, "Interrupted");
        assert_int_equal(t.n, 1024);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_length_arrives),
                cmocka_unit_test(lost_datagrams_are_sent_again),
                cmocka_unit_test(a_silent_server_times_out),
                cmocka_unit_test(a_refusal_is_told),
                cmocka_unit_test(every_length_is_read),
                cmocka_unit_test(a_server_that_refuses_options_is_asked_without),
                cmocka_unit_test(somebody_elses_answers_are_not_heard),
                cmocka_unit_test(reading_ends_with_the_reason),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
