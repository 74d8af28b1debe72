/* What the lines of inspection maps, media termination and phone proxies compile to; the published configurations. */
#include <stdlib.h>
#include <string.h>

#include "inspect/sip/msg.h"
#include "proxy/conf/inspect_rt.h"
#include "proxy/phone/phone_compile.h"
#include "proxy/tls/tls_profile.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

static struct conf_fixture f;

static int setup(void **state)
{
        (void)state;
        memset(&f, 0, sizeof f);
        conf_fixture_init(&f);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        conf_fixture_fini(&f);
        return 0;
}

/* ---- inspection maps ---- */

static struct snap_part *inspect_part(void)
{
        struct snap_part *p = snap_part_new();
        struct err e = { 0 };

        assert_non_null(p);
        assert_int_equal(inspect_compile(p, &f.s->inspection, &f.s->policy.timeouts, &e), 0);
        return p;
}

static const struct sip_map *map_of(const struct snap_part *p, const char *name)
{
        const struct inspect_rt *r = p->root;
        const struct conf_obj *o = conf_list_find(&f.s->inspection.sip_maps, name);

        for (unsigned i = 0; o && i < r->n_sip; i++)
                if (r->sip[i].id == o->id)
                        return &r->sip[i].map;
        return NULL;
}

static void the_default_map(void **state)
{
        struct snap_part *p = inspect_part();
        const struct inspect_rt *r = p->root;
        const struct sip_map *m = &r->sip_default;

        (void)state;
        assert_string_equal(m->name, "_default_sip_map");
        assert_true(!m->no_im && !m->ip_address_privacy && !m->no_traffic_non_sip && !m->rtp_conformance);
        assert_true(m->max_forwards.what == SIP_ACT_NONE && m->strict_header.what == SIP_ACT_NONE);
        assert_int_equal(m->nrules, 0);
        assert_int_equal(m->t_sip, 1800);
        assert_int_equal(m->t_media, 120);
        assert_int_equal(m->t_invite, 180);
        assert_int_equal(m->t_disconnect, 120);
        assert_int_equal(m->t_provisional, 120);
        snap_part_put(p);
}

static void timeouts_reach_the_maps(void **state)
{
        struct snap_part *p;
        const struct sip_map *m;

        (void)state;
        f.s->dirty = 0;
        conf_accept(&f, "timeout sip 0:40:00 sip_media 0:05:00 sip-invite 0:04:00 sip-disconnect 0:03:00\n");
        assert_true(f.s->dirty & DIRTY_INSPECT);
        conf_accept(&f, "timeout sip-provisional-media 0:01:30\n"
                        "policy-map type inspect sip m\n");
        p = inspect_part();
        m = map_of(p, "m");
        assert_non_null(m);
        assert_int_equal(m->t_sip, 2400);
        assert_int_equal(m->t_media, 300);
        assert_int_equal(m->t_invite, 240);
        assert_int_equal(m->t_disconnect, 180);
        assert_int_equal(m->t_provisional, 90);
        snap_part_put(p);
}

static void timeouts_have_ranges(void **state)
{
        static const char *const fine[] = {
                "sip 0:00:00",
                "sip 0:05:00",
                "sip 1193:00:00",
                "sip_media 0:01:00",
                "sip-invite 0:01:00",
                "sip-invite 0:30:00",
                "sip-disconnect 0:00:01",
                "sip-disconnect 0:10:00",
                "sip-provisional-media 0:01:00",
                "sip-provisional-media 0:30:00",
        };
        static const struct {
                const char *line, *said;
        } bad[] = {
                { "sip 0:00:01", "timeout sip is 0:00:00 or 0:05:00 to 1193:00:00" },
                { "sip 0:04:59", "timeout sip is" },
                { "sip 1193:00:01", "timeout sip is" },
                { "sip_media 0:00:01", "timeout sip_media is at least 0:01:00" },
                { "sip_media 0:00:00", "timeout sip_media is" },
                { "sip 0:30:00 sip_media 0:00:59", "timeout sip_media is" },
                { "sip-invite 0:00:59", "timeout sip-invite is 0:01:00 to 0:30:00" },
                { "sip-invite 0:30:01", "timeout sip-invite is" },
                { "sip-disconnect 0:00:00", "timeout sip-disconnect is 0:00:01 to 0:10:00" },
                { "sip-disconnect 0:10:01", "timeout sip-disconnect is" },
                { "sip-provisional-media 0:00:59", "timeout sip-provisional-media is 0:01:00 to 0:30:00" },
                { "sip-provisional-media 0:30:01", "timeout sip-provisional-media is" },
        };
        char line[100];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
                snprintf(line, sizeof line, "timeout %s\n", fine[i]);
                conf_accept(&f, line);
        }
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                struct timeout_conf was = f.s->policy.timeouts;

                snprintf(line, sizeof line, "timeout %s", bad[i].line);
                if (conf_type(&f, line) != CLI_ERROR || !strstr(text_str(&f.shown), bad[i].said))
                        fail_msg("%s: %s", line, text_str(&f.shown));
                assert_memory_equal(&was, &f.s->policy.timeouts, sizeof was);
        }
}

static void parameters_compile(void **state)
{
        struct snap_part *p;
        const struct sip_map *m;

        (void)state;
        conf_accept(&f, "policy-map type inspect sip m\n"
                        " parameters\n"
                        "  no im\n"
                        "  ip-address-privacy\n"
                        "  no traffic-non-sip\n"
                        "  rtp-conformance enforce-payloadtype\n"
                        "  max-forwards-validation action drop log\n"
                        "  strict-header-validation action reset\n"
                        "  state-checking action drop-connection\n"
                        "  software-version action mask log\n"
                        "  uri-non-sip action log\n");
        p = inspect_part();
        m = map_of(p, "m");
        assert_non_null(m);
        assert_true(m->no_im && m->ip_address_privacy && m->no_traffic_non_sip);
        assert_true(m->rtp_conformance && m->enforce_payloadtype);
        assert_true(m->max_forwards.what == SIP_ACT_DROP && m->max_forwards.log);
        assert_true(m->strict_header.what == SIP_ACT_RESET && !m->strict_header.log);
        assert_true(m->state_checking.what == SIP_ACT_DROP_CONN && !m->state_checking.log);
        assert_true(m->software_version.what == SIP_ACT_MASK && m->software_version.log);
        assert_true(m->uri_non_sip.what == SIP_ACT_LOG && !m->uri_non_sip.log);
        snap_part_put(p);
}

static bool fits(const struct sip_match *m, unsigned i, const char *text)
{
        return i < m->nregex && regex_match(m->regex[i], text, strlen(text));
}

/* In the order typed; a rule without an action and a class that asks for nothing are left out. */
static void rules_compile(void **state)
{
        struct snap_part *p;
        const struct sip_map *m;
        const struct sip_rule *r;

        (void)state;
        conf_accept(&f, "regex evil .*@evil\\.example\n"
                        "regex toll ^sip:900\n"
                        "class-map type regex match-any bad\n"
                        " match regex evil\n"
                        " match regex toll\n"
                        "class-map type inspect sip match-any risky\n"
                        " match called-party regex class bad\n"
                        " match not content length gt 5000\n"
                        "class-map type inspect sip empty\n"
                        "class-map type inspect sip both\n"
                        " match request-method unknown\n"
                        " match uri tel length gt 20\n"
                        "policy-map type inspect sip m\n"
                        " match request-method message\n"
                        "  drop log\n"
                        " class risky\n"
                        "  rate-limit 10 log\n"
                        " match content type sdp\n"
                        " class empty\n"
                        "  drop\n"
                        " class both\n"
                        "  reset\n"
                        " match third-party-registration regex toll\n"
                        "  log\n");
        p = inspect_part();
        m = map_of(p, "m");
        assert_int_equal(m->nrules, 4);
        r = &m->rule[0];
        assert_string_equal(r->name, "match request-method message");
        assert_true(r->nmatch == 1 && r->match[0].kind == SIP_MATCH_METHOD && r->match[0].method == SIP_M_MESSAGE);
        assert_true(r->act.what == SIP_ACT_DROP && r->act.log);
        r = &m->rule[1];
        assert_string_equal(r->name, "risky");
        assert_true(!r->all && r->nmatch == 2 && r->act.what == SIP_ACT_RATE && r->act.rate == 10);
        assert_true(r->match[0].kind == SIP_MATCH_CALLED_PARTY && !r->match[0].negate);
        assert_int_equal(r->match[0].nregex, 2);
        assert_false(r->match[0].regex_all);
        assert_true(fits(&r->match[0], 0, "sip:a@evil.example") && !fits(&r->match[0], 0, "sip:a@evilXexample"));
        assert_true(fits(&r->match[0], 1, "sip:9001@x") && !fits(&r->match[0], 1, "<sip:9001@x"));
        assert_true(r->match[1].kind == SIP_MATCH_CONTENT_LENGTH && r->match[1].negate && r->match[1].gt == 5000);
        r = &m->rule[2];
        assert_true(r->all && r->nmatch == 2 && r->act.what == SIP_ACT_RESET);
        assert_true(r->match[0].kind == SIP_MATCH_METHOD && r->match[0].method == SIP_M_UNKNOWN);
        assert_true(r->match[1].kind == SIP_MATCH_URI_TEL_LENGTH && r->match[1].gt == 20);
        r = &m->rule[3];
        assert_true(r->match[0].kind == SIP_MATCH_THIRD_PARTY && r->match[0].nregex == 1);
        assert_true(r->act.what == SIP_ACT_LOG && r->id != 0 && r->id != m->rule[0].id);
        snap_part_put(p);
}

static void every_kind_of_match(void **state)
{
        static const struct {
                const char *line;
                enum sip_match_kind kind;
                bool regex;
        } row[] = {
                { "called-party regex r", SIP_MATCH_CALLED_PARTY, true },
                { "calling-party regex r", SIP_MATCH_CALLING_PARTY, true },
                { "content length gt 7", SIP_MATCH_CONTENT_LENGTH, false },
                { "content type sdp", SIP_MATCH_CONTENT_SDP, false },
                { "content type regex r", SIP_MATCH_CONTENT_TYPE, true },
                { "im-subscriber regex r", SIP_MATCH_IM_SUBSCRIBER, true },
                { "message-path regex r", SIP_MATCH_MESSAGE_PATH, true },
                { "request-method subscribe", SIP_MATCH_METHOD, false },
                { "third-party-registration regex r", SIP_MATCH_THIRD_PARTY, true },
                { "uri sip length gt 7", SIP_MATCH_URI_SIP_LENGTH, false },
                { "uri tel length gt 7", SIP_MATCH_URI_TEL_LENGTH, false },
        };
        struct snap_part *p;
        const struct sip_map *m;
        char line[100];

        (void)state;
        conf_accept(&f, "regex r x\npolicy-map type inspect sip m\n");
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                snprintf(line, sizeof line, "match %s%s\n  drop\n", i % 2 ? "not " : "", row[i].line);
                conf_accept(&f, line);
        }
        p = inspect_part();
        m = map_of(p, "m");
        assert_int_equal(m->nrules, ARRAY_LEN(row));
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                assert_int_equal(m->rule[i].match[0].kind, row[i].kind);
                assert_int_equal(m->rule[i].match[0].negate, i % 2);
                assert_int_equal(m->rule[i].match[0].nregex, row[i].regex);
        }
        snap_part_put(p);
}

/* ---- media termination and phone proxies ---- */

static const char ifaces[] = "interface g0/0\n"
                             " nameif outside\n"
                             " ip address 192.0.2.1 255.255.255.0\n"
                             "interface g0/1\n"
                             " nameif inside\n"
                             " ip address 10.0.0.1 255.255.255.0\n";

struct compiled {
        struct snap_part *net, *proxy;
        struct proxy_rt rt;
        struct tls_proxy_rt tp;
};

/* The tls-proxy mytls is compiled and usable. */
static void compile(struct compiled *c)
{
        static const struct pki_rt no_assets;
        struct iface_bindings bind = { .n = 0 };
        struct conf_obj *tp = conf_list_find(&f.s->proxy.tls_proxies, "mytls");
        struct err e = { 0 };

        memset(c, 0, sizeof *c);
        c->net = snap_part_new();
        c->proxy = snap_part_new();
        assert_int_equal(net_compile(c->net, &f.s->net, &bind, &e), 0);
        c->tp.id = tp ? tp->id : 0;
        strcpy(c->tp.name, "mytls");
        c->rt.tp = &c->tp;
        c->rt.n = tp != NULL;
        assert_int_equal(phone_compile(c->proxy->arena, &c->rt, &f.s->proxy, &no_assets, c->net->root, &e), 0);
}

static void done(struct compiled *c)
{
        snap_part_put(c->net);
        snap_part_put(c->proxy);
}

static void a_phone_proxy_compiles(void **state)
{
        struct compiled c;
        const struct phone_proxy_rt *r;
        const struct mta_rt *at;

        (void)state;
        conf_accept(&f, ifaces);
        conf_accept(&f, "tls-proxy mytls\n"
                        "media-termination mta\n"
                        " address 10.0.0.25 interface inside\n"
                        " address 192.0.2.25 interface outside\n"
                        " rtp-min-port 20000 rtp-max-port 20999\n"
                        "phone-proxy mypp\n"
                        " media-termination mta\n"
                        " tls-proxy mytls\n"
                        " cluster-mode mixed\n"
                        " endpoint any\n"
                        " no rtcp\n"
                        " timeout secure-phones 0:10:00\n");
        compile(&c);
        assert_int_equal(c.rt.n_phone_proxies, 1);
        r = &c.rt.phone_proxy[0];
        assert_string_equal(r->unusable, "");
        assert_string_equal(r->params.name, "mypp");
        assert_true(r->params.mixed && r->params.any_endpoint && r->params.no_rtcp);
        assert_int_equal(r->timeout_ms, 600000);
        assert_int_equal(r->tls_proxy_id, c.tp.id);
        assert_ptr_equal(r->mta, &c.rt.media_term[0]);
        assert_true(r->mta->n == 2 && r->mta->port_lo == 20000 && r->mta->port_hi == 20999);
        at = media_term_at(r->mta, iface_by_name(c.net->root, "outside")->idx);
        assert_int_equal(at->addr.v4, 0xc0000219);
        at = media_term_at(r->mta, iface_by_name(c.net->root, "inside")->idx);
        assert_int_equal(at->addr.v4, 0x0a000019);
        done(&c);
}

static void a_global_address_serves_all(void **state)
{
        struct compiled c;

        (void)state;
        conf_accept(&f, ifaces);
        conf_accept(&f, "tls-proxy mytls\n"
                        "media-termination mta\n"
                        " address 192.0.2.25\n"
                        "phone-proxy mypp\n"
                        " media-termination mta\n"
                        " tls-proxy mytls\n");
        compile(&c);
        assert_string_equal(c.rt.phone_proxy[0].unusable, "");
        assert_true(!c.rt.phone_proxy[0].params.mixed && !c.rt.phone_proxy[0].params.any_endpoint);
        assert_int_equal(c.rt.phone_proxy[0].timeout_ms, 300000);
        assert_int_equal(c.rt.phone_proxy[0].mta->at[0].iface, IFACE_NONE);
        done(&c);
}

/* What a load lets pass is left out when it is compiled: nothing is opened on somebody else's address. */
static void what_cannot_work_is_unusable(void **state)
{
        static const struct {
                const char *lines, *why;
        } row[] = {
                { "phone-proxy p\n", "phone-proxy p has no media-termination" },
                { "media-termination m\nphone-proxy p\n media-termination m\n",
                  "media-termination m has no usable address on two interfaces" },
                { "media-termination m\n address 10.0.0.25 interface inside\nphone-proxy p\n media-termination m\n",
                  "media-termination m has no usable address on two interfaces" },
                { "media-termination m\n address 10.0.0.25 interface inside\n address 10.0.0.26 interface outside\n"
                  "phone-proxy p\n media-termination m\n",
                  "media-termination m has no usable address on two interfaces" },
                { "media-termination m\n address 10.0.0.1\nphone-proxy p\n media-termination m\n",
                  "media-termination m has no usable address on two interfaces" },
                { "media-termination m\n address 10.0.0.9\nphone-proxy p\n media-termination m\n",
                  "phone-proxy p has no tls-proxy" },
        };
        struct compiled c;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                conf_fixture_fini(&f);
                setup(NULL);
                conf_accept(&f, ifaces);
                f.c.late = true;
                conf_accept(&f, row[i].lines);
                compile(&c);
                assert_string_equal(c.rt.phone_proxy[0].unusable, row[i].why);
                done(&c);
        }
}

/* ---- the published configurations ---- */

static const char nonsecure[] = "object network obj-10.0.0.26\n"
                                " host 10.0.0.26\n"
                                " nat (inside,outside) static 192.0.2.26\n"
                                "access-list pp extended permit udp any host 10.0.0.26 eq tftp\n"
                                "access-group pp in interface outside\n"
                                "crypto ca trustpoint cucm_tftp_server\n"
                                " enrollment self\n"
                                " keypair cucmtftp_kp\n"
                                "ctl-file myctl\n"
                                " record-entry cucm-tftp trustpoint cucm_tftp_server address 192.0.2.26\n"
                                " no shutdown\n"
                                "tls-proxy mytls\n"
                                " server trust-point _internal_PP_myctl\n"
                                "media-termination my_mediaterm\n"
                                " address 10.0.0.25 interface inside\n"
                                " address 192.0.2.25 interface outside\n"
                                " rtp-min-port 16384 rtp-max-port 32767\n"
                                "phone-proxy mypp\n"
                                " media-termination my_mediaterm\n"
                                " tftp-server address 10.0.0.26 interface inside\n"
                                " tls-proxy mytls\n"
                                " ctl-file myctl\n"
                                "class-map sec_sccp\n"
                                " match port tcp eq 2443\n"
                                "class-map sec_sip\n"
                                " match port tcp eq 5061\n"
                                "policy-map pp_policy\n"
                                " class sec_sccp\n"
                                "  inspect skinny phone-proxy mypp\n"
                                " class sec_sip\n"
                                "  inspect sip phone-proxy mypp\n"
                                "service-policy pp_policy interface outside\n";
static const char mixed[] = "no service-policy pp_policy interface outside\n"
                            "crypto ca trustpoint ldc_server\n"
                            " enrollment self\n"
                            " proxy-ldc-issuer\n"
                            " fqdn ldc-ca.example.com\n"
                            " subject-name cn=FW_LDC_SIGNER_192_0_2_1\n"
                            " keypair ldc_signer_key\n"
                            "tls-proxy mytls\n"
                            " client ldc issuer ldc_server\n"
                            " client ldc key-pair phone_common\n"
                            " client cipher-suite aes128-sha1 aes256-sha1\n"
                            "phone-proxy mypp\n"
                            " cluster-mode mixed\n"
                            "service-policy pp_policy interface outside\n";

static void collect(void *ctx, const char *block, const char *line, const char *reason)
{
        (void)reason;
        if (!strstr(block, "global_policy") && !strstr(block, "preset_dns_map"))
                text_printf(ctx, "%s | %s\n", block, line);
}

static void nothing_is_missing(const struct store *s)
{
        struct text t = { 0 };

        store_inert_walk(s, collect, &t);
        assert_string_equal(text_str(&t), "");
        text_fini(&t);
}

static void published_configurations(void **state)
{
        (void)state;
        conf_accept(&f, ifaces);
        conf_accept(&f, nonsecure);
        nothing_is_missing(f.s);
        conf_accept(&f, mixed);
        nothing_is_missing(f.s);
        assert_non_null(strstr(conf_running(&f, "phone-proxy", false), " cluster-mode mixed\n"));
}

/* The CTL file names the address that a rule makes: phones would stand in front of a closed door. */
static void a_rule_that_phones_count_on(void **state)
{
        static const char warning[] = "WARNING: ctl-file myctl tells phones of 192.0.2.26, which this line made the address of obj-10.0.0.26";

        (void)state;
        conf_accept(&f, ifaces);
        conf_accept(&f, nonsecure);
        conf_accept(&f, "object network other\n host 10.0.0.27\n nat (inside,outside) static 192.0.2.27\n");
        assert_int_equal(conf_type(&f, "no nat (inside,outside) static 192.0.2.27"), CLI_OK);
        assert_string_equal(text_str(&f.shown), "");
        conf_accept(&f, "object network obj-10.0.0.26\n");
        assert_int_equal(conf_type(&f, "no nat (inside,outside) static 192.0.2.26"), CLI_OK);
        assert_non_null(strstr(text_str(&f.shown), warning));
        conf_accept(&f, "nat (inside,outside) static 192.0.2.26\nexit\n");
        assert_int_equal(conf_type(&f, "no object network obj-10.0.0.26"), CLI_OK);
        assert_non_null(strstr(text_str(&f.shown), warning));
}

/* `cipc security-mode authenticated`: in force, or refused, by what the library has. */
static void softphones(void **state)
{
        bool has;

        (void)state;
        assert_true(tls_suite_known("null-sha1", &has));
        conf_accept(&f, "phone-proxy mypp\n");
        if (!has) {
                assert_int_not_equal(conf_type(&f, "cipc security-mode authenticated"), CLI_OK);
                assert_non_null(strstr(text_str(&f.shown), "cipher null-sha1 is not available"));
                assert_null(strstr(conf_running(&f, "phone-proxy", false), "cipc"));
                return;
        }
        assert_int_equal(conf_type(&f, "cipc security-mode authenticated"), CLI_OK);
        assert_non_null(strstr(text_str(&f.shown), "WARNING: softphones need null-sha1 in `ssl encryption`"));
        conf_accept(&f, "no cipc security-mode authenticated\nexit\nssl encryption rc4-sha1 aes128-sha1 null-sha1\n"
                        "phone-proxy mypp\n");
        assert_int_equal(conf_type(&f, "cipc security-mode authenticated"), CLI_OK);
        assert_null(strstr(text_str(&f.shown), "WARNING"));
        assert_non_null(strstr(conf_running(&f, "phone-proxy", false), " cipc security-mode authenticated\n"));
        assert_non_null(strstr(conf_running(&f, "ssl", false), "ssl encryption rc4-sha1 aes128-sha1 null-sha1\n"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        const struct CMUnitTest tests[] = {
                T(the_default_map),
                T(timeouts_have_ranges),
                T(timeouts_reach_the_maps),
                T(parameters_compile),
                T(rules_compile),
                T(every_kind_of_match),
                T(a_phone_proxy_compiles),
                T(a_global_address_serves_all),
                T(what_cannot_work_is_unusable),
                T(published_configurations),
                T(a_rule_that_phones_count_on),
                T(softphones),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
