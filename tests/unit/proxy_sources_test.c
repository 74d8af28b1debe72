/* What one address may have of a proxy worker: never all of anything there is much of. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "tests/support/proxy_bare.h"

static struct bare b;

static int up(void **state UNUSED)
{
        bare_up(&b);
        return 0;
}

static int down(void **state UNUSED)
{
        bare_down(&b);
        return 0;
}

static void an_address_has_what_it_took(void **state UNUSED)
{
        struct addr a = pb_addr("198.51.100.1"), other = pb_addr("198.51.100.2");
        uint64_t blocks = mem_live_blocks();
        struct sources *t = sources_new();

        assert_non_null(t);
        assert_true(source_take(t, &a, SOURCE_MEDIA, 2));
        assert_true(source_take(t, &a, SOURCE_MEDIA, 2));
        assert_false(source_take(t, &a, SOURCE_MEDIA, 2));
        assert_true(source_take(t, &a, SOURCE_SESSIONS, 1)); /* kinds are counted apart */
        assert_true(source_take(t, &other, SOURCE_MEDIA, 2));
        assert_int_equal(source_has(t, &a, SOURCE_MEDIA), 2);
        source_give(t, &a, SOURCE_MEDIA);
        assert_true(source_take(t, &a, SOURCE_MEDIA, 2));
        source_give(t, &other, SOURCE_MEDIA);
        source_give(t, &other, SOURCE_MEDIA); /* it has none */
        assert_int_equal(source_has(t, &other, SOURCE_MEDIA), 0);
        sources_free(t); /* what is left goes too */
        assert_int_equal(mem_live_blocks(), blocks);
}

static void without_memory_nothing_is_taken(void **state UNUSED)
{
        struct addr a = pb_addr("198.51.100.1");

        mem_fail_nth(1, true);
        assert_null(sources_new());
        assert_false(source_take(b.p->sources, &a, SOURCE_MEDIA, 2));
        mem_fail_nth(0, false);
        assert_true(source_take(b.p->sources, &a, SOURCE_MEDIA, 2));
        source_give(b.p->sources, &a, SOURCE_MEDIA);
}

static void shares(void **state UNUSED)
{
        assert_int_equal(source_share(1), UINT32_MAX); /* the limit itself comes first */
        assert_int_equal(source_share(15), UINT32_MAX);
        assert_int_equal(source_share(16), 14);
        assert_int_equal(source_share(10000), 8750);
}

static struct psession *sessions(unsigned n, const char *from)
{
        struct psession *s = calloc(n, sizeof *s);

        assert_non_null(s);
        for (unsigned i = 0; i < n; i++) {
                bare_session(&b, &s[i]);
                s[i].tls[0] = true;
                s[i].info.client_real.a = pb_addr(from);
                list_init(&s[i].unproven);
                list_init(&s[i].ready);
        }
        return s;
}

/* Seven of eight places are one address's at most; the others find theirs, and so does it when it gives some back. */
static void one_address_leaves_sessions_to_others(void **state UNUSED)
{
        struct psession *s = sessions(15, "198.51.100.1"), *o = sessions(3, "198.51.100.2");
        struct license_conf any = { .uc = 0 };
        struct proxy_counts c;

        license_limits(&any, 16, &b.rt.license);
        b.rt.max_sessions = b.rt.license.tls;
        for (unsigned i = 0; i < 14; i++)
                assert_true(psession_take_fds(&s[i]) && psession_take_place(&s[i]));
        assert_true(psession_take_fds(&s[14]));
        assert_false(psession_take_place(&s[14]));
        assert_true(s[14].source_full);
        assert_int_equal(s[14].drop, DROP_FLOW_LIMIT);
        proxy_counts(b.p, 0, &c);
        assert_true(c.refused_source == 1 && c.refused_limit == 0 && c.active == 14);
        for (unsigned i = 0; i < 2; i++)
                assert_true(psession_take_fds(&o[i]) && psession_take_place(&o[i]));
        assert_true(psession_take_fds(&o[2]));
        assert_false(psession_take_place(&o[2])); /* now all are taken, and that is another matter */
        assert_false(o[2].source_full);
        psession_count_end(&s[0]);
        assert_true(psession_take_place(&s[14]));
        for (unsigned i = 0; i < 15; i++)
                psession_count_end(&s[i]);
        for (unsigned i = 0; i < 3; i++)
                psession_count_end(&o[i]);
        assert_int_equal(source_has(b.p->sources, &s[0].info.client_real.a, SOURCE_SESSIONS), 0);
        assert_int_equal(source_has(b.p->sources, &s[0].info.client_real.a, SOURCE_STREAMS), 0);
        free(s);
        free(o);
}

static void one_address_leaves_descriptors_to_others(void **state UNUSED)
{
        struct psession *s = sessions(15, "198.51.100.1"), *o = sessions(1, "198.51.100.2");

        b.p->limit = 16;
        for (unsigned i = 0; i < 14; i++)
                assert_true(psession_take_fds(&s[i]));
        assert_false(psession_take_fds(&s[14]));
        assert_true(s[14].source_full);
        assert_true(psession_take_fds(&o[0]));
        for (unsigned i = 0; i < 15; i++)
                psession_count_end(&s[i]);
        psession_count_end(&o[0]);
        assert_int_equal(b.p->nstreams, 0);
        free(s);
        free(o);
}

/* As a worker's: it frees them. */
static struct psession *stranger(const char *from, uint32_t flow)
{
        struct psession *s = mem_alloc(MEM_FLOW, sizeof *s);

        assert_non_null(s);
        bare_session(&b, s);
        s->flow = flow;
        s->info.client_real.a = pb_addr(from);
        list_init(&s->unproven);
        list_init(&s->ready);
        list_init(&s->waits);
        list_add_tail(&b.p->sessions, &s->link);
        b.p->nsessions++;
        psession_unproven(s);
        return s;
}

/* Somebody else's handshake goes on while one address begins more and more of them: its own give way. */
static void one_address_ends_its_own_handshakes(void **state UNUSED)
{
        struct psession *phone, *first, *last = NULL;
        struct table_use use[PROXY_USES];

        b.p->limit = 128; /* 64 may be in their handshakes, 16 of one address */
        phone = stranger("198.51.100.2", 3);
        first = stranger("198.51.100.1", 4);
        for (uint32_t i = 1; i < 16; i++)
                last = stranger("198.51.100.1", 4 + i);
        assert_false(phone->dead || first->dead || last->dead);
        last = stranger("198.51.100.1", 20);
        assert_true(first->dead && !phone->dead && !last->dead);
        for (uint32_t i = 0; i < 100; i++)
                last = stranger("198.51.100.1", 21 + i);
        assert_false(phone->dead || last->dead);
        assert_int_equal(b.p->nunproven, 17);
        proxy_use(b.p, b.p->snap, use);
        assert_string_equal(use[1].name, "TLS handshakes");
        assert_true(use[1].current == 17 && use[1].peak == 17 && use[1].denied == 101);
        psession_proven(phone);
        assert_int_equal(source_has(b.p->sources, &phone->info.client_real.a, SOURCE_HANDSHAKES), 0);
}

/* Media sessions: a share of the port pairs there are, which here are twenty. */
static void one_address_leaves_media_to_others(void **state UNUSED)
{
        struct psession *s = sessions(1, "198.51.100.1"), *o = sessions(1, "198.51.100.2");
        struct endpoint local[2];
        uint32_t media[20], n = 0, last;
        struct table_use use[PROXY_USES];

        b.term.port_hi = 20000 + 2 * 20 - 1;
        while (n < 20 && ctx_media_open(&s->ctx, "call", 1, local, &media[n]) == 0)
                n++;
        assert_int_equal(n, 18);
        assert_string_equal(s->ctx.reason, "its address has as many media sessions as one may have");
        assert_int_equal(ctx_media_open(&o->ctx, "call", 1, local, &last), 0);
        proxy_use(b.p, b.p->snap, use);
        assert_string_equal(use[3].name, "Media sessions");
        assert_true(use[3].current == 19 && use[3].peak == 19 && use[3].denied == 1);
        assert_string_equal(use[4].name, "Media port pairs");
        assert_true(use[4].current == 38 && use[4].denied == 0);
        host_media_close(b.p, media[0]);
        assert_int_equal(ctx_media_open(&s->ctx, "call", 1, local, &media[0]), 0);
        for (unsigned i = 0; i < n; i++)
                host_media_close(b.p, media[i]);
        host_media_close(b.p, last);
        assert_int_equal(source_has(b.p->sources, &s->info.client_real.a, SOURCE_MEDIA), 0);
        free(s);
        free(o);
}

static unsigned relays_of(struct psession *ps)
{
        struct endpoint local[2];
        uint32_t media;
        unsigned n = 0;

        while (ctx_media_open(&ps->ctx, "call", 1, local, &media) == 0)
                n++;
        return n;
}

/* A certificate has its share over all its connections, from whatever addresses. */
static void one_certificate_leaves_media_to_others(void **state UNUSED)
{
        struct psession *x[4];

        b.term.port_hi = 20000 + 2 * 200 - 1;
        for (unsigned i = 0; i < 4; i++) {
                x[i] = mem_alloc(MEM_MISC, sizeof *x[i]);
                assert_non_null(x[i]);
                bare_session(&b, x[i]);
                memset(x[i]->ctx.client_id, i < 2 ? 7 : (int)i, sizeof x[i]->ctx.client_id);
                x[i]->client = source_of_client(x[i]->ctx.client_id);
        }
        x[1]->info.client_real.a = pb_addr("198.51.100.99");
        snprintf(x[0]->ctx.device, sizeof x[0]->ctx.device, "SEP001122334455");
        snprintf(x[1]->ctx.device, sizeof x[1]->ctx.device, "SEP001122334455");
        snprintf(x[3]->ctx.device, sizeof x[3]->ctx.device, "SEP001122334456");
        assert_int_equal(relays_of(x[0]), PHONE_RELAYS_MAX);
        assert_string_equal(x[0]->ctx.reason, "its certificate has as many media sessions as one may have");
        assert_int_equal(relays_of(x[1]), 0);
        assert_int_equal(source_has(b.p->sources, &x[1]->info.client_real.a, SOURCE_MEDIA), 0);
        assert_int_equal(relays_of(x[2]), 75); /* no phone: three eighths of what there is */
        assert_int_equal(relays_of(x[3]), PHONE_RELAYS_MAX);
        for (unsigned i = 0; i < RELAYS_MAX; i++)
                if (b.p->relay[i].live)
                        host_media_close(b.p, (b.p->relay[i].gen & 0x7FFFF) << 13 | i);
        for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(source_has(b.p->clients, &x[i]->client, SOURCE_MEDIA), 0);
                mem_free(x[i]);
        }
}

/* ... nor does a second certificate help: endpoints of one address have half together, its phones what they need. */
static void endpoints_of_one_address_leave_media_to_others(void **state UNUSED)
{
        struct psession *x[5];
        uint32_t first = 0;

        b.term.port_hi = 20000 + 2 * 200 - 1;
        for (unsigned i = 0; i < 5; i++) {
                x[i] = mem_alloc(MEM_MISC, sizeof *x[i]);
                assert_non_null(x[i]);
                bare_session(&b, x[i]);
                x[i]->info.client_real.a = pb_addr(i == 4 ? "198.51.100.99" : "198.51.100.98");
                memset(x[i]->ctx.client_id, (int)i + 1, sizeof x[i]->ctx.client_id);
                x[i]->client = source_of_client(x[i]->ctx.client_id);
        }
        snprintf(x[3]->ctx.device, sizeof x[3]->ctx.device, "SEP001122334456");
        assert_int_equal(relays_of(x[0]), 75);
        assert_int_equal(relays_of(x[1]), 25);
        assert_string_equal(x[1]->ctx.reason,
                            "endpoints of its address have as many media sessions as they may have");
        assert_int_equal(relays_of(x[2]), 0);
        while (!b.p->relay[first].live || !addr_eq(&b.p->relay[first].client, &x[0]->client))
                first++;
        host_media_close(b.p, (b.p->relay[first].gen & 0x7FFFF) << 13 | first);
        assert_int_equal(relays_of(x[2]), 1);
        assert_int_equal(relays_of(x[3]), PHONE_RELAYS_MAX); /* a phone behind the same address */
        assert_int_equal(relays_of(x[4]), 67);               /* another address; one pair of ports rests */
        for (unsigned i = 0; i < RELAYS_MAX; i++)
                if (b.p->relay[i].live)
                        host_media_close(b.p, (b.p->relay[i].gen & 0x7FFFF) << 13 | i);
        for (unsigned i = 0; i < 5; i++) {
                assert_int_equal(source_has(b.p->sources, &x[i]->info.client_real.a, SOURCE_ENDPOINT_MEDIA), 0);
                assert_int_equal(source_has(b.p->sources, &x[i]->info.client_real.a, SOURCE_MEDIA), 0);
                mem_free(x[i]);
        }
}

/* ... and so many connections, which a phone needs few of. */
static void one_certificate_has_few_connections(void **state UNUSED)
{
        const struct phone_params p = { .name = "phones" };
        struct psession *x[PHONE_SESSIONS_MAX + 1];

        for (unsigned i = 0; i < ARRAY_LEN(x); i++) {
                x[i] = mem_alloc(MEM_MISC, sizeof *x[i]);
                assert_non_null(x[i]);
                bare_session(&b, x[i]);
                x[i]->ctx.phone = &p;
                x[i]->client = source_of_client((const uint8_t[32]){ 1 });
                snprintf(x[i]->ctx.device, sizeof x[i]->ctx.device, "SEP001122334455");
                assert_int_equal(psession_take_client(x[i]), i < PHONE_SESSIONS_MAX);
        }
        assert_true(x[PHONE_SESSIONS_MAX]->source_full);
        psession_count_end(x[3]);
        assert_true(psession_take_client(x[PHONE_SESSIONS_MAX]));
        for (unsigned i = 0; i < ARRAY_LEN(x); i++) {
                psession_count_end(x[i]);
                psession_count_end(x[i]); /* twice */
                mem_free(x[i]);
        }
        assert_int_equal(source_has(b.p->clients, &(struct addr){ .fam = ADDR_V6, .v6 = { 1 } }, SOURCE_SESSIONS), 0);
}

/* ... and of the table of phones, which nobody is turned away for. */
static void one_address_leaves_phones_to_others(void **state UNUSED)
{
        struct tmr_wheel *wheel = evl_timers(b.p->evl);
        struct phone_table *t = phone_table_new(wheel);
        struct phone_row row = { .phone_proxy_id = 6, .timeout_ms = 1000, .at = { pb_addr("198.51.100.1"), 5061 } };
        unsigned n = 0;

        assert_non_null(t);
        for (unsigned i = 0; i < source_share(PHONES_MAX) && n == i; i++) {
                snprintf(row.device, sizeof row.device, "SEP%012X", i);
                n += phone_seen(t, &row) == PHONE_OK;
        }
        assert_int_equal(n, source_share(PHONES_MAX));
        snprintf(row.device, sizeof row.device, "SEPFFFFFFFFFFFF");
        assert_int_equal(phone_seen(t, &row), PHONE_FULL);
        row.at.a = pb_addr("198.51.100.2");
        assert_int_equal(phone_seen(t, &row), PHONE_OK);
        phone_table_free(t);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(an_address_has_what_it_took),
                T(without_memory_nothing_is_taken),
                cmocka_unit_test(shares),
                T(one_address_leaves_sessions_to_others),
                T(one_address_leaves_descriptors_to_others),
                T(one_address_ends_its_own_handshakes),
                T(one_address_leaves_media_to_others),
                T(endpoints_of_one_address_leave_media_to_others),
                T(one_certificate_leaves_media_to_others),
                T(one_certificate_has_few_connections),
                T(one_address_leaves_phones_to_others),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
