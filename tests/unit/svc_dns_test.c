/* The DNS client against servers of our own on the loopback; time is ours. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/svc/dns.h"

enum manner { GOOD, SILENT, WRONG_ID, NXDOMAIN_, NODATA, REFUSED_, SERVFAIL_, GARBAGE, TRUNCATED, MARTIAN, QUESTION };

struct rig {
        struct clock_virtual v;
        struct clock clk;
        struct dns *d;
        struct dns_conf conf;
        int udp[2], tcp[2], stream; /* two servers: 192.0.2.1 and .2; a TCP question under way */
        enum manner manner[2];
        unsigned asked[2], opened, closed, naddrs, ids_n;
        uint32_t ttl;
        uint16_t ids[64];
        struct sockaddr_in from; /* of the last question */
        char name[256];          /* of it */
        bool refuse_flow;
};

/* ---- the servers ---- */

static int local(int type, uint16_t *port)
{
        struct sockaddr_in a = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                 .sin_port = htons(*port) };
        socklen_t n = sizeof a;
        int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || getsockname(fd, (struct sockaddr *)&a, &n)) {
                close(fd);
                return -1;
        }
        *port = ntohs(a.sin_port);
        return fd;
}

/* The same port for datagrams and streams. */
static void server_open(struct rig *r, unsigned i)
{
        do {
                uint16_t port = 0;

                r->udp[i] = local(SOCK_DGRAM, &port);
                r->tcp[i] = local(SOCK_STREAM, &port);
                if (r->tcp[i] < 0)
                        close(r->udp[i]);
        } while (r->tcp[i] < 0);
        assert_int_equal(listen(r->tcp[i], 4), 0);
}

static void note_name(struct rig *r, const uint8_t *q)
{
        size_t at = 12, n = 0;

        while (q[at]) {
                if (n)
                        r->name[n++] = '.';
                memcpy(r->name + n, q + at + 1, q[at]);
                n += q[at];
                at += 1u + q[at];
        }
        r->name[n] = 0;
}

/* The question with an answer behind it; its length. */
static size_t reply(struct rig *r, enum manner m, const uint8_t *q, size_t n, uint8_t *out, bool stream)
{
        static const uint8_t rcode[] = { [NXDOMAIN_] = 3, [REFUSED_] = 5, [SERVFAIL_] = 2, [QUESTION] = 0 };
        unsigned count = m == GOOD || m == MARTIAN || (m == TRUNCATED && stream) ? r->naddrs : 0;

        memcpy(out, q, n);
        out[2] = m == QUESTION ? q[2] : 0x81;
        out[3] = (uint8_t)(0x80 | (m < sizeof rcode ? rcode[m] : 0));
        if (m == TRUNCATED && !stream)
                out[2] |= 2;
        if (m == WRONG_ID)
                out[0] ^= 0x55;
        if (m == GARBAGE)
                out[7] = 9; /* answers that are not there */
        else
                out[7] = (uint8_t)count;
        for (unsigned i = 0; i < count; i++) {
                const uint8_t rr[16] = { 0xc0,
                                         12,
                                         0,
                                         1,
                                         0,
                                         1,
                                         (uint8_t)(r->ttl >> 24),
                                         (uint8_t)(r->ttl >> 16),
                                         (uint8_t)(r->ttl >> 8),
                                         (uint8_t)r->ttl,
                                         0,
                                         4,
                                         m == MARTIAN ? 240 : 10,
                                         0,
                                         0,
                                         (uint8_t)(20 + i) };

                memcpy(out + n, rr, sizeof rr);
                n += sizeof rr;
        }
        return n;
}

static void serve_udp(struct rig *r, unsigned i)
{
        uint8_t q[512], out[2048];
        socklen_t len = sizeof r->from;
        ssize_t n = recvfrom(r->udp[i], q, sizeof q, 0, (struct sockaddr *)&r->from, &len);

        if (n < 12)
                return;
        r->asked[i]++;
        r->ids[r->ids_n++ % 64] = (uint16_t)(q[0] << 8 | q[1]);
        note_name(r, q);
        if (r->manner[i] == SILENT)
                return;
        n = (ssize_t)reply(r, r->manner[i], q, (size_t)n, out, false);
        sendto(r->udp[i], out, (size_t)n, 0, (struct sockaddr *)&r->from, len);
}

static void serve_tcp(struct rig *r, unsigned i)
{
        uint8_t q[514], out[2050];
        ssize_t n;

        if (r->stream < 0)
                r->stream = accept4(r->tcp[i], NULL, NULL, SOCK_NONBLOCK);
        n = r->stream < 0 ? -1 : recv(r->stream, q, sizeof q, 0);
        if (n < 14)
                return;
        n = (ssize_t)reply(r, r->manner[i], q + 2, (size_t)n - 2, out + 2, true);
        out[0] = (uint8_t)(n >> 8);
        out[1] = (uint8_t)n;
        assert_int_equal(send(r->stream, out, (size_t)n + 2, MSG_NOSIGNAL), n + 2);
        close(r->stream);
        r->stream = -1;
}

/* ---- the way there ---- */

static int way_open(void *ctx, const struct dns_conf *c, const struct addr *server, uint8_t proto,
                    struct box_flow *out, struct err *e)
{
        struct rig *r = ctx;
        unsigned i = (server->v4 & 0xff) - 1;
        struct sockaddr_in a;
        socklen_t n = sizeof a;

        (void)c;
        assert_true(i < 2 && (proto == IPPROTO_UDP || proto == IPPROTO_TCP));
        if (r->refuse_flow)
                return err_set(e, ERR_REF, "no route to it");
        getsockname(r->udp[i], (struct sockaddr *)&a, &n);
        *out = (struct box_flow){ .flow = 7, .pseudo = addr_v4(INADDR_LOOPBACK), .pseudo_port = ntohs(a.sin_port) };
        r->opened++;
        return 0;
}

static void way_close(void *ctx, const struct box_flow *f)
{
        assert_int_equal(f->flow, 7);
        ((struct rig *)ctx)->closed++;
}

static int set_up(void **state)
{
        struct rig *r = calloc(1, sizeof *r);
        const struct dns_way way = { r, way_open, way_close };

        r->clk = clock_of_virtual(&r->v);
        r->v.mono = 1000000000;
        for (unsigned i = 0; i < 2; i++)
                server_open(r, i);
        r->stream = -1;
        r->ttl = 300;
        r->naddrs = 1;
        r->d = dns_new(&r->clk, &way, NULL);
        assert_non_null(r->d);
        r->conf = (struct dns_conf){ .group = "DefaultDNS",
                                     .domain = "example.com",
                                     .nservers = 1,
                                     .nifaces = 1,
                                     .server = { addr_v4(0xc0000201), addr_v4(0xc0000202) },
                                     .nameif = { "inside" },
                                     .timeout_s = 30,
                                     .retries = 2,
                                     .expire_min = 1 };
        dns_configure(r->d, &r->conf);
        *state = r;
        return 0;
}

static int tear_down(void **state)
{
        struct rig *r = *state;

        dns_free(r->d);
        assert_int_equal(r->opened, r->closed);
        for (unsigned i = 0; i < 2; i++) {
                close(r->udp[i]);
                close(r->tcp[i]);
        }
        free(r);
        return 0;
}

/* Rounds of both sides until there is an answer; patience for busy machines. */
static enum name_state settle(struct rig *r, const char *name, struct name_answer *a)
{
        enum name_state got = dns_ask(r->d, name, a);

        for (unsigned i = 0; got == NAME_ASKED && i < 10000; i++) {
                dns_step(r->d, 1);
                for (unsigned k = 0; k < 2; k++) {
                        serve_udp(r, k);
                        serve_tcp(r, k);
                }
                got = dns_ask(r->d, name, a);
        }
        return got;
}

/* Until a server has been asked n times. */
static void until_asked(struct rig *r, unsigned i, unsigned n)
{
        for (unsigned k = 0; r->asked[i] < n && k < 10000; k++) {
                dns_step(r->d, 1);
                serve_udp(r, i);
        }
        assert_int_equal(r->asked[i], n);
}

static struct dns_counts counts(struct rig *r)
{
        struct dns_counts c;

        dns_counts(r->d, &c);
        return c;
}

/* ---- answers ---- */

static void test_answer_is_kept_for_its_time(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        assert_int_equal(settle(r, "cm1.example.com", &a), NAME_KNOWN);
        assert_true(a.n == 1 && a.at[0].v4 == 0x0a000014);
        assert_string_equal(r->name, "cm1.example.com");
        assert_int_equal(settle(r, "CM1.Example.COM.", &a), NAME_KNOWN);
        assert_int_equal(settle(r, "cm1", &a), NAME_KNOWN); /* the domain behind it */
        assert_int_equal(r->asked[0], 1);
        assert_int_equal(counts(r).hits, 3);
        clock_advance_ms(&r->v, 299000);
        assert_int_equal(dns_ask(r->d, "cm1", &a), NAME_KNOWN);
        clock_advance_ms(&r->v, 1000);
        assert_int_equal(dns_ask(r->d, "cm1", &a), NAME_ASKED);
        assert_int_equal(settle(r, "cm1", &a), NAME_KNOWN);
        assert_int_equal(r->asked[0], 2);
}

static void test_times_have_limits(void **state)
{
        static const struct {
                uint32_t ttl, good, over;
        } row[] = { { 0, DNS_TTL_MIN_S - 1, DNS_TTL_MIN_S }, { 0x7fffffff, DNS_TTL_MAX_S - 1, DNS_TTL_MAX_S } };
        struct rig *r = *state;
        struct name_answer a;

        for (size_t i = 0; i < 2; i++) {
                dns_clear(r->d, NULL);
                r->ttl = row[i].ttl;
                assert_int_equal(settle(r, "x", &a), NAME_KNOWN);
                clock_advance_ms(&r->v, row[i].good * 1000ull);
                assert_int_equal(dns_ask(r->d, "x", &a), NAME_KNOWN);
                clock_advance_ms(&r->v, (row[i].over - row[i].good) * 1000ull);
                assert_int_equal(dns_ask(r->d, "x", &a), NAME_ASKED);
                assert_int_equal(settle(r, "x", &a), NAME_KNOWN);
        }
}

static void test_more_addresses_than_there_is_room_for(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        r->naddrs = 25;
        assert_int_equal(settle(r, "many", &a), NAME_KNOWN);
        assert_int_equal(a.n, NAME_ADDRS_MAX);
}

static void test_an_address_is_its_own_name(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        assert_int_equal(dns_ask(r->d, "10.0.0.7", &a), NAME_KNOWN);
        assert_true(a.n == 1 && a.at[0].v4 == 0x0a000007);
        assert_int_equal(r->asked[0], 0);
}

/* ---- no answer ---- */

static const struct {
        enum manner manner;
        const char *why;
        unsigned kept_s;
} bad[] = {
        { NXDOMAIN_, "no such name, says DNS server 192.0.2.1", DNS_NEGATIVE_S },
        { NODATA, "no IPv4 address, says DNS server 192.0.2.1", DNS_NEGATIVE_S },
        { MARTIAN, "only addresses that no host can have, from DNS server 192.0.2.1", DNS_NEGATIVE_S },
        { REFUSED_, "refused by DNS server 192.0.2.1", DNS_SILENT_S },
        { SERVFAIL_, "failure of DNS server 192.0.2.1", DNS_SILENT_S },
        { GARBAGE, "an answer without sense from DNS server 192.0.2.1", DNS_SILENT_S },
};

static void test_refusals_say_who_and_why(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                r->manner[0] = bad[i].manner;
                r->asked[0] = 0;
                dns_clear(r->d, NULL);
                assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN);
                assert_string_equal(a.why, bad[i].why);
                r->asked[0] = 0;
                clock_advance_ms(&r->v, bad[i].kept_s * 1000u - 1);
                assert_int_equal(dns_ask(r->d, "x", &a), NAME_UNKNOWN);
                clock_advance_ms(&r->v, 1);
                assert_int_equal(dns_ask(r->d, "x", &a), NAME_ASKED);
                assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN);
                assert_true(r->asked[0] > 0);
        }
        assert_true(counts(r).unusable > 0);
}

static void test_a_silent_server(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        r->manner[0] = SILENT;
        assert_int_equal(dns_ask(r->d, "x", &a), NAME_ASKED);
        until_asked(r, 0, 1);
        clock_advance_ms(&r->v, DNS_QUERY_MAX_MS);
        assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN);
        assert_string_equal(a.why, "no answer from DNS server 192.0.2.1");
        assert_int_equal(counts(r).silent, 1);
}

/* An answer to another question does not end this one: c-ares never sees it. */
static void test_strange_datagrams(void **state)
{
        static const enum manner strange[] = { WRONG_ID, QUESTION };
        struct rig *r = *state;
        struct name_answer a;

        for (unsigned i = 0; i < 2; i++) {
                dns_clear(r->d, NULL);
                r->manner[0] = strange[i];
                assert_int_equal(dns_ask(r->d, "x", &a), NAME_ASKED);
                until_asked(r, 0, i + 1);
                for (unsigned k = 0; counts(r).stray <= i && k < 10000; k++)
                        dns_step(r->d, 1);
                assert_int_equal(counts(r).stray, i + 1);
                assert_int_equal(dns_ask(r->d, "x", &a), NAME_ASKED);
                clock_advance_ms(&r->v, DNS_QUERY_MAX_MS);
                assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN);
                assert_string_equal(a.why, "no answer from DNS server 192.0.2.1");
        }
}

static void test_the_next_server_is_asked(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        r->conf.nservers = 2;
        dns_configure(r->d, &r->conf);
        r->manner[0] = REFUSED_;
        assert_int_equal(settle(r, "x", &a), NAME_KNOWN);
        assert_true(r->asked[0] == 1 && r->asked[1] == 1);
}

static void test_too_long_for_a_datagram(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        r->manner[0] = TRUNCATED;
        r->naddrs = 5;
        assert_int_equal(settle(r, "long", &a), NAME_KNOWN);
        assert_int_equal(a.n, 5);
        assert_int_equal(r->opened, 2); /* datagrams, then a stream */
}

static void test_no_way_to_a_server(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        r->refuse_flow = true;
        assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN);
        assert_string_equal(a.why, "DNS server 192.0.2.1 cannot be asked: no route to it");
}

static void test_what_was_right_stands_a_while(void **state)
{
        struct rig *r = *state;
        struct name_answer a;
        struct dns_row row;
        uint32_t cursor = 0;
        bool end;

        assert_int_equal(settle(r, "x", &a), NAME_KNOWN);
        r->refuse_flow = true;
        clock_advance_ms(&r->v, 301000);
        assert_int_equal(settle(r, "x", &a), NAME_KNOWN); /* nobody answers: the old address */
        assert_int_equal(a.at[0].v4, 0x0a000014);
        assert_int_equal(dns_walk(r->d, &cursor, &row, 1, &end), 1);
        assert_true(row.stale && row.a.n == 1);
        clock_advance_ms(&r->v, 60000); /* expire-entry-timer */
        assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN);
        r->refuse_flow = false;
        dns_clear(r->d, "x");
        assert_int_equal(settle(r, "x", &a), NAME_KNOWN);
        r->manner[0] = NXDOMAIN_;
        clock_advance_ms(&r->v, 301000);
        assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN); /* a server has said no */
}

/* ---- names and configuration ---- */

static void test_names(void **state)
{
        static const struct {
                const char *name, *domain, *out;
        } row[] = {
                { "CM1", "Example.com", "cm1.example.com" },
                { "cm1.", "example.com", "cm1" },
                { "a.b", "example.com", "a.b" },
                { "_sip.a-b.c", "", "_sip.a-b.c" },
                { "x", "", "x" },
                { "", "", NULL },
                { ".", "", NULL },
                { "a..b", "", NULL },
                { "-a.b", "", NULL },
                { "a-.b", "", NULL },
                { "a b", "", NULL },
                { "a/b", "", NULL },
                { "a\xc3\xa9", "", NULL },
        };
        char out[DNS_NAME_MAX + 1], label[80], name[400] = "";
        struct err e;

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
                assert_int_equal(dns_canon(row[i].name, row[i].domain, out, &e), row[i].out ? 0 : -1);
                if (row[i].out)
                        assert_string_equal(out, row[i].out);
        }
        memset(label, 'a', sizeof label);
        label[63] = 0;
        assert_int_equal(dns_canon(label, "", out, &e), 0);
        label[63] = 'a';
        label[64] = 0;
        assert_int_equal(dns_canon(label, "", out, &e), -1);
        for (unsigned i = 0; i < 127; i++)
                strcat(name, i ? ".a" : "a");
        assert_int_equal(strlen(name), 253);
        assert_int_equal(dns_canon(name, "", out, &e), 0);
        strcat(name, "a");
        assert_int_equal(dns_canon(name, "", out, &e), -1);
}

static void test_nobody_to_ask(void **state)
{
        struct rig *r = *state;
        struct name_answer a;

        r->conf.nifaces = 0;
        dns_configure(r->d, &r->conf);
        assert_int_equal(dns_ask(r->d, "x", &a), NAME_UNKNOWN);
        assert_string_equal(a.why, "DNS lookup is not enabled: dns domain-lookup INTERFACE");
        r->conf.nifaces = 1;
        r->conf.nservers = 0;
        dns_configure(r->d, &r->conf);
        assert_int_equal(dns_ask(r->d, "x", &a), NAME_UNKNOWN);
        assert_string_equal(a.why, "dns server-group DefaultDNS has no name-server");
        assert_int_equal(dns_ask(r->d, "a..b", &a), NAME_UNKNOWN);
        assert_int_equal(counts(r).asked, 0);
}

/* Other servers know other names, also for a question that is under way. */
static void test_other_servers(void **state)
{
        struct rig *r = *state;
        struct name_service s = dns_service(r->d);
        unsigned news;
        struct name_answer a;

        r->manner[0] = NXDOMAIN_;
        assert_int_equal(settle(r, "x", &a), NAME_UNKNOWN);
        r->manner[0] = SILENT;
        assert_int_equal(dns_ask(r->d, "y", &a), NAME_ASKED);
        until_asked(r, 0, 2);
        r->conf.server[0] = r->conf.server[1];
        news = s.news(s.ctx);
        dns_configure(r->d, &r->conf);
        assert_int_not_equal(s.news(s.ctx), news);
        assert_int_equal(settle(r, "x", &a), NAME_KNOWN);
        clock_advance_ms(&r->v, DNS_QUERY_MAX_MS);
        assert_int_equal(settle(r, "y", &a), NAME_KNOWN);
        assert_int_equal(r->asked[1], 2);
        dns_configure(r->d, &r->conf); /* nothing new: all is kept */
        assert_int_equal(dns_ask(r->d, "x", &a), NAME_KNOWN);
}

static void test_the_cache_is_bounded(void **state)
{
        struct rig *r = *state;
        struct name_answer a;
        char name[32];

        r->ttl = DNS_TTL_MAX_S;
        for (unsigned i = 0; i < DNS_CACHE_MAX + 10; i++) {
                snprintf(name, sizeof name, "n%u", i);
                assert_int_equal(settle(r, name, &a), NAME_KNOWN);
                clock_advance_ms(&r->v, 1);
                if (i % 100 == 0)
                        assert_int_equal(dns_ask(r->d, "n0", &a), NAME_KNOWN); /* in use: stays */
                clock_advance_ms(&r->v, 1);
        }
        assert_int_equal(dns_ask(r->d, "n0", &a), NAME_KNOWN);
        assert_int_equal(dns_ask(r->d, "n1", &a), NAME_ASKED);
}

/* All places are being asked for: a newcomer is refused. The questions beyond the first 32 wait for their turn. */
static void test_questions_are_bounded(void **state)
{
        struct rig *r = *state;
        struct name_answer a;
        char name[32];

        r->manner[0] = SILENT;
        for (unsigned i = 0; i < DNS_CACHE_MAX; i++) {
                snprintf(name, sizeof name, "n%u", i);
                assert_int_equal(dns_ask(r->d, name, &a), NAME_ASKED);
        }
        assert_int_equal(dns_ask(r->d, "late", &a), NAME_UNKNOWN);
        assert_string_equal(a.why, "too many names are being asked for");
        until_asked(r, 0, DNS_ACTIVE_MAX);
        for (unsigned i = 0; i < 20; i++)
                dns_step(r->d, 1);
        serve_udp(r, 0);
        assert_int_equal(r->asked[0], DNS_ACTIVE_MAX);
        assert_int_equal(counts(r).asked, DNS_ACTIVE_MAX);
        assert_int_equal(counts(r).full, 1);
}

/* Each question from a socket of its own, with an id that the one before does not foretell. */
static void test_ids_differ(void **state)
{
        struct rig *r = *state;
        struct name_answer a;
        char name[32];
        unsigned steps = 0;

        for (unsigned i = 0; i < 32; i++) {
                snprintf(name, sizeof name, "n%u", i);
                assert_int_equal(settle(r, name, &a), NAME_KNOWN);
                if (i)
                        steps += (uint16_t)(r->ids[i] - r->ids[i - 1]) == 1;
        }
        assert_true(steps < 4);
        assert_int_equal(r->opened, 32);
}

static void *run(void *d)
{
        dns_run(d);
        return NULL;
}

/* Its thread asks, this one looks; what is under way at the end is given back. */
static void test_a_thread_of_its_own(void **state)
{
        struct rig *r = *state;
        struct name_service s = dns_service(r->d);
        enum name_state got = NAME_ASKED;
        struct name_answer a;
        pthread_t th;

        assert_int_equal(pthread_create(&th, NULL, run, r->d), 0);
        for (unsigned i = 0; got == NAME_ASKED && i < 60000; i++) {
                struct pollfd p = { .fd = r->udp[0], .events = POLLIN };

                got = s.ask(s.ctx, "cm1", &a);
                poll(&p, 1, 1);
                serve_udp(r, 0);
        }
        assert_int_equal(got, NAME_KNOWN);
        r->manner[0] = SILENT;
        assert_int_equal(s.ask(s.ctx, "never", &a), NAME_ASKED);
        for (unsigned i = 0; r->asked[0] < 2 && i < 60000; i++) {
                struct pollfd p = { .fd = r->udp[0], .events = POLLIN };

                poll(&p, 1, 1);
                serve_udp(r, 0);
        }
        dns_configure(r->d, &r->conf);
        dns_stop(r->d);
        pthread_join(th, NULL);
        assert_int_equal(r->opened, r->closed);
}

static void test_out_of_memory(void **state)
{
        static const struct dns_way way;
        struct clock_virtual v = { 0 };
        struct clock clk = clock_of_virtual(&v);
        uint64_t live = mem_live_blocks();
        struct err e;

        (void)state;
        mem_fail_nth(1, true);
        assert_null(dns_new(&clk, &way, &e));
        mem_fail_nth(0, false);
        assert_int_equal(mem_live_blocks(), live);
        dns_free(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_answer_is_kept_for_its_time),
                T(test_times_have_limits),
                T(test_more_addresses_than_there_is_room_for),
                T(test_an_address_is_its_own_name),
                T(test_refusals_say_who_and_why),
                T(test_a_silent_server),
                T(test_strange_datagrams),
                T(test_the_next_server_is_asked),
                T(test_too_long_for_a_datagram),
                T(test_no_way_to_a_server),
                T(test_what_was_right_stands_a_while),
                T(test_names),
                T(test_nobody_to_ask),
                T(test_other_servers),
                T(test_the_cache_is_bounded),
                T(test_questions_are_bounded),
                T(test_ids_differ),
                T(test_a_thread_of_its_own),
                cmocka_unit_test(test_out_of_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
