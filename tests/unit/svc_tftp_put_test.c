/* TFTP upload against a server of our own on the loopback. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/svc/tftp_put.h"

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

                if (poll(p, 2, 5000) <= 0)
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
                s, net_open, net_bound, net_close, waits ? 100 : 20000, !waits ? 2 : s->drop < 100 ? 50 : 3
        };
        struct sockaddr_in a;
        socklen_t len = sizeof a;
        pthread_t th;
        int rc;

        s->listen = udp();
        s->data = udp();
        pthread_create(&th, NULL, serve, s);
        rc = tftp_put_over(&net, "cap.pcap", data, n, e);
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

static void replies_are_parsed(void **state UNUSED)
{
        static const uint8_t ack[] = { 0, 4, 1, 2 }, err[] = { 0, 5, 0, 1, 'n', 'o', 0, 'x' };
        uint16_t block;
        char words[20];

        assert_int_equal(tftp_put_parse(cur_of(ack, 4), &block, words, sizeof words), TFTP_REPLY_ACK);
        assert_int_equal(block, 0x102);
        assert_int_equal(tftp_put_parse(cur_of(err, 8), &block, words, sizeof words), TFTP_REPLY_ERROR);
        assert_string_equal(words, "no");
        for (size_t n = 0; n < 4; n++) {
                assert_int_equal(tftp_put_parse(cur_of(ack, n), &block, words, sizeof words), TFTP_REPLY_BAD);
                assert_int_equal(tftp_put_parse(cur_of(err, n), &block, words, sizeof words), TFTP_REPLY_BAD);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_length_arrives),      cmocka_unit_test(lost_datagrams_are_sent_again),
                cmocka_unit_test(a_silent_server_times_out), cmocka_unit_test(a_refusal_is_told),
                cmocka_unit_test(replies_are_parsed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
