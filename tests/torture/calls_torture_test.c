/*
 * The nth allocation fails while a phone proxy is configured, while a call is made through it, and while somebody
 * looks at it. Nothing stays behind, and the operator is told of what did not work.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/conf/commit.h"
#include "cli/session/session.h"
#include "inspect/sip/sip.h"
#include "platform/base/mem.h"
#include "tests/path/support/path_calls.h"
#include "tests/path/support/path_media.h"

#define RUNS_MAX 200u /* of one test: a longer count is strided */

static struct path_fixture fx;

/* Everything a phone proxy needs, keys included. */
static const char before[] = "crypto ca trustpoint ldc_server\n"
                             " enrollment self\n"
                             " proxy-ldc-issuer\n"
                             " subject-name cn=ldc\n"
                             "crypto key generate rsa modulus 1024\n"
                             "crypto ca enroll ldc_server noconfirm\n"
                             "crypto key generate rsa label phone_common modulus 1024\n"
                             "class-map sec_sip\n"
                             " match port tcp eq 5061\n";
static const char phone_proxy[] = "tls-proxy pp_tls\n"
                                  " server trust-point ldc_server\n"
                                  " client ldc issuer ldc_server\n"
                                  " client ldc key-pair phone_common\n"
                                  "policy-map type inspect sip calls\n"
                                  " parameters\n"
                                  "  max-forwards-validation action drop log\n"
                                  "  no im\n" PC_PHONE_PROXY " cluster-mode mixed\n"
                                  "policy-map pp_policy\n"
                                  " class sec_sip\n"
                                  "  inspect sip calls phone-proxy mypp\n"
                                  "service-policy pp_policy interface outside\n";

/* ---- configuring ---- */

static const char *shown(const char *command)
{
        return px_show(&fx, command);
}

struct said {
        unsigned lines;
        char text[2048]; /* what fits */
};

static void on_words(void *ctx, unsigned line_no, const char *words)
{
        struct said *s = ctx;
        size_t n = strlen(s->text);

        s->lines++;
        snprintf(s->text + n, sizeof s->text - n, "%u: %s\n", line_no, words);
}

static struct said said; /* by configure() */

/* Loads and commits; how much was said about what did not work. */
static unsigned configure(const char *text)
{
        struct load_report rep = { .fn = on_words, .ctx = &said };
        struct err e = { 0 };

        memset(&said, 0, sizeof said);
        box_load(&fx.box, &fx.setup, text, strlen(text), &rep);
        if (said.lines < rep.errors)
                fail_msg("%u errors, told: %s", rep.errors, said.text);
        if (commit_run(fx.box.commit, &e) < 0 && e.text[0])
                on_words(&said, 0, e.text);
        return said.lines;
}

static void prepared(void)
{
        static char conf[4096];

        snprintf(conf, sizeof conf, "%s%s", px_base, before);
        px_start(&fx, conf, true);
}

static bool in_force(void)
{
        const struct snapshot *s = snap_current(fx.parts.hub);
        const struct proxy_rt *p = proxy_rt(s);

        return p->n == 1 && p->n_media_terms == 1 && p->media_term[0].n == 2 && p->n_phone_proxies == 1 &&
               !p->phone_proxy[0].unusable[0] && p->phone_proxy[0].params.mixed && !p->tp[0].unusable[0];
}

static char *copy(const char *text)
{
        char *c = strdup(text);

        assert_non_null(c);
        return c;
}

/* How many allocations there were. */
static uint64_t configured(uint64_t n, bool forever, const char *whole)
{
        unsigned words;
        uint64_t count;

        prepared();
        mem_fail_nth(n, forever);
        words = configure(phone_proxy);
        count = mem_fail_count();
        mem_fail_nth(0, false);
        px_settle(&fx);
        if (!words && (!in_force() || (whole && strcmp(shown("show running-config"), whole) != 0)))
                fail_msg("allocation %u: something is missing, nothing was said %s", (unsigned)n,
                         shown("show phone-proxy"));
        if (words && whole) {
                configure(
                        "no service-policy pp_policy interface outside\nno policy-map pp_policy\n"); /* frozen else */
                if (configure(phone_proxy))
                        fail_msg("allocation %u: the second try is refused: %s", (unsigned)n, said.text);
                px_settle(&fx);
                assert_true(in_force());
                assert_int_equal(strlen(shown("show running-config")), strlen(whole)); /* in the order typed */
        }
        px_stop(&fx);
        return count;
}

static void configuring(void **state UNUSED)
{
        uint64_t count = configured(1u << 30, false, NULL);
        char *whole;

        prepared();
        assert_int_equal(configure(phone_proxy), 0);
        px_settle(&fx);
        whole = copy(shown("show running-config"));
        px_stop(&fx);
        assert_true(count > 100);
        for (uint64_t n = 1; n <= count; n += count / RUNS_MAX + 1)
                configured(n, false, whole);
        for (uint64_t n = 1; n <= count; n += count / 40 + 1)
                configured(n, true, whole);
        free(whole);
}

/* ---- calling ---- */

static uint64_t fail_in; /* the proxy's and the dataplane's allocation that fails; 0: none */
static uint64_t made;

/* Only what the box itself asks for fails; the count goes on from step to step. */
static void settle(void)
{
        for (unsigned i = 0; i < 8; i++) {
                uint64_t n;

                mem_fail_nth(fail_in ? fail_in : 1u << 30, false);
                worker_step(fx.w);
                proxy_step(fx.parts.proxy[0], 0);
                n = mem_fail_count();
                mem_fail_nth(0, false);
                fail_in -= MIN_OF(fail_in, n);
                made += n;
        }
}

static void put(unsigned port, struct pb p)
{
        uint8_t f[2048];
        size_t n = pb_build(f, sizeof f, &p);

        assert_int_equal(port_mem_inject(fx.port[port], f, n, NULL), 0);
        settle();
}

static bool say(struct pc_phone *p, enum pc_msg what, char *text, size_t cap)
{
        bool ok = pc_say(p, what, 1);

        settle();
        return ok && pc_hear(p, pc_rows[what].server ? DIR_S2C : DIR_C2S, text, cap);
}

static void music(uint16_t in)
{
        struct media_peer desk = { .ssrc = 2 };
        struct pb p = px_pb(&fx, 1, PC_DESK, 6000, PC_IN, in, IPPROTO_UDP_);
        uint8_t b[512];

        p.npay = peer_rtp(&desk, b);
        p.pay = b;
        put(1, p);
}

/* From the SYN to the answer of BYE. true: all of it went through. */
static bool call(uint16_t port)
{
        static const enum pc_msg rest[] = { PC_ACK, PC_REINVITE, PC_REINVITE_OK, PC_BYE, PC_BYE_OK };
        struct pc_phone p = { .proxy = fx.parts.proxy[0], .port = port };
        struct pb syn = px_pb(&fx, 0, PC_PHONE, port, "192.0.2.140", 5061, IPPROTO_TCP_);
        char text[8192];
        uint16_t in = 0;
        bool ok;

        syn.flags = PB_SYN;
        put(0, syn);
        ok = pc_connect(&p) && say(&p, PC_INVITE, text, sizeof text) && (in = pc_media_port(text)) != 0 &&
             say(&p, PC_OK, text, sizeof text) && pc_media_port(text);
        if (ok)
                music(in);
        for (unsigned i = 0; ok && i < ARRAY_LEN(rest); i++)
                ok = say(&p, rest[i], text, sizeof text);
        pc_drop(&p, true);
        settle();
        return ok;
}

static void quiet_again(void)
{
        uint8_t f[2048];
        struct pb_view v;

        px_show(&fx, "clear conn all");
        px_show(&fx, "clear sip");
        px_advance(&fx, 60000);
        for (unsigned i = 0; i < PX_PORTS; i++)
                while (px_take(&fx, i, &v))
                        ;
        while (px_take_tun(&fx, f, sizeof f, &v))
                ;
}

static bool told(void)
{
        return px_logged(&fx, "780002") || px_logged(&fx, "Proxy") || px_logged(&fx, "proxy") ||
               px_logged(&fx, "memory");
}

static void nothing_lives(void)
{
        struct proxy_worker *p = fx.parts.proxy[0];
        struct addr out = pb_addr(PC_OUT), in = pb_addr(PC_IN);
        struct media_count m;

        media_count(fx.w, &m);
        assert_int_equal(m.sessions + p->nrelays + p->nsessions + conn_count(fx.w->conns), 0);
        assert_int_equal(proxy_media_ports_used(p, &out) + proxy_media_ports_used(p, &in), 0);
        assert_int_equal(sip_calls(proxy_engine_shared(p, INSPECT_SIP)), 0);
        assert_int_equal(atomic_load(&fx.parts.shared.srtp) + atomic_load(&fx.parts.shared.active), 0);
}

static void calling(void **state UNUSED)
{
        static char conf[8192];
        uint64_t blocks, count, failed = 0;

        snprintf(conf, sizeof conf, "%s%s", px_base, PC_CONFIG);
        px_start(&fx, conf, true);
        assert_true(call(1000)); /* neighbours are known now */
        quiet_again();
        made = 0;
        assert_true(call(1001));
        count = made;
        quiet_again();
        assert_true(count > 5);
        blocks = mem_live_blocks();
        for (uint64_t n = 1; n <= count; n++) {
                px_logs_clear(&fx);
                fail_in = n;
                if (!call((uint16_t)(2000 + n))) {
                        failed++;
                        px_advance(&fx, 20000); /* what lingers is gone */
                        if (!told())
                                fail_msg("allocation %u: %s", (unsigned)n, px_logs(&fx));
                }
                fail_in = 0;
                quiet_again();
                nothing_lives();
                if (mem_live_blocks() != blocks)
                        fail_msg("allocation %u: %d blocks left", (unsigned)n, (int)(mem_live_blocks() - blocks));
        }
        assert_true(failed > 2);
        assert_true(call(1002));
        quiet_again();
        px_stop(&fx);
}

/* ---- looking ---- */

/* What the command prints while its nth allocation fails. */
static char *looked(const char *line, uint64_t n, uint64_t *count)
{
        struct session_opts o = { .privileged = true };
        char name[] = "/tmp/voxgate-torture-XXXXXX", *text;
        int fd = mkstemp(name), keep = dup(fd);
        struct term *t = term_open_fds(-1, fd, NULL, NULL);
        struct session *s = t ? session_new(&fx.box, t, &o) : NULL;
        off_t len;

        assert_non_null(s);
        unlink(name);
        mem_fail_nth(n, false);
        session_line(s, line);
        *count = mem_fail_count();
        mem_fail_nth(0, false);
        session_free(s);
        term_flush(t);
        term_close(t);
        len = lseek(keep, 0, SEEK_END);
        text = calloc(1, (size_t)len + 1);
        assert_non_null(text);
        assert_int_equal(pread(keep, text, (size_t)len, 0), len);
        close(keep);
        return text;
}

static void looking(void **state UNUSED)
{
        static const char *const line[] = {
                "show phone-proxy",
                "show phone-proxy media-sessions detail",
                "show phone-proxy secure-phones",
                "show phone-proxy signaling-sessions detail",
                "show media-termination",
                "show sip",
        };
        static char conf[8192], text[8192];
        struct pc_phone p = { .port = 1000 };
        struct pb syn;

        snprintf(conf, sizeof conf, "%s%s", px_base, PC_CONFIG);
        px_start(&fx, conf, true);
        p.proxy = fx.parts.proxy[0];
        syn = px_pb(&fx, 0, PC_PHONE, 1000, "192.0.2.140", 5061, IPPROTO_TCP_);
        syn.flags = PB_SYN;
        put(0, syn);
        assert_true(pc_connect(&p));
        assert_true(say(&p, PC_INVITE, text, sizeof text));
        assert_true(say(&p, PC_OK, text, sizeof text));
        for (size_t i = 0; i < ARRAY_LEN(line); i++) {
                uint64_t count = 1, none;
                char *whole = looked(line[i], 1u << 30, &none);

                for (uint64_t n = 1; n <= count && n <= 200; n++) {
                        char *part = looked(line[i], n, &count);

                        if (strcmp(part, whole) != 0 && !strstr(part, "ERROR"))
                                fail_msg("%s, allocation %u: \"%s\"", line[i], (unsigned)n, part);
                        free(part);
                }
                free(whole);
        }
        pc_drop(&p, true);
        quiet_again();
        px_stop(&fx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(configuring),
                cmocka_unit_test(calling),
                cmocka_unit_test(looking),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
