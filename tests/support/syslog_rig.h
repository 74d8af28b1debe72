/* The syslog sender over sockets of the test. */
#ifndef VOXGATE_SYSLOG_RIG_H
#define VOXGATE_SYSLOG_RIG_H

#include "platform/svc/syslog_send.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

struct bench {
        struct clock_virtual time;
        struct clock clk;
        struct log *log;
        struct log_src *src;
        struct syslog_send *send;
        int peer[SYSLOG_HOSTS_MAX]; /* our ends */
        bool broken, dead, pending; /* pending: nobody answers the SYN */
        unsigned opens, closes;
};

static inline int way_open(void *ctx, unsigned slot, const struct syslog_host *h, struct err *e)
{
        struct bench *b = ctx;
        char text[ADDR_TEXT_MAX];
        const int small = 4608;
        int fd[2];

        b->opens++;
        if (b->broken)
                return err_set(e, ERR_REF, "no route to %s", addr_print(&h->addr, text));
        if (b->pending) {
                b->peer[slot] = -1;
                return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        }
        assert_int_equal(socketpair(AF_UNIX, (h->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0, fd), 0);
        if (h->tcp) /* so little that a send of many lines ends within one */
                setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        b->peer[slot] = fd[1];
        return fd[0];
}

static inline bool way_alive(void *ctx, unsigned slot)
{
        const struct bench *b = ctx;

        (void)slot;
        return !b->dead;
}

static inline void way_close(void *ctx, unsigned slot)
{
        struct bench *b = ctx;

        b->closes++;
        if (b->peer[slot] >= 0)
                close(b->peer[slot]);
        b->peer[slot] = -1;
}

static inline int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);
        static struct log_conf c;
        struct syslog_way way = { b, way_open, way_alive, way_close, NULL };

        b->time = (struct clock_virtual){ .mono = 1000000000u, .wall = 1700000000000000000 };
        b->clk = clock_of_virtual(&b->time);
        b->log = log_new(&b->clk, 256);
        b->src = log_src_new(b->log, "test");
        log_conf_init(&c);
        c.enable = true;
        c.facility = 17;
        c.dest[LOG_TO_TRAP].level = LOG_L_INFO;
        assert_int_equal(log_configure(b->log, &c, NULL), 0);
        b->send = syslog_send_new(b->log, &b->clk, &way);
        assert_non_null(b->send);
        *state = b;
        return 0;
}

static inline int tear_down(void **state)
{
        struct bench *b = *state;

        syslog_send_free(b->send);
        assert_int_equal(b->opens, b->closes);
        log_free(b->log);
        free(b);
        return 0;
}

static inline struct syslog_host host(const char *nameif, const char *ip, uint16_t port)
{
        struct syslog_host h = { .addr = pb_addr(ip), .port = port };

        strcpy(h.nameif, nameif);
        return h;
}

static inline void say(struct bench *b)
{
        log_msg(b->src, LOG_199002, LU(0));
        log_step(b->log);
}

static const char *heard(struct bench *b, unsigned slot)
{
        static char text[4096];
        ssize_t n = recv(b->peer[slot], text, sizeof text - 1, 0);

        text[n > 0 ? n : 0] = 0;
        return text;
}

#define LINE "%ASA-6-199002: Startup completed.  Beginning operation."

static inline struct syslog_host tcp_host(void)
{
        struct syslog_host h = host("inside", "10.1.1.9", 0);

        h.tcp = true;
        return h;
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
