/* What tests with a proxy_rig share: certificates, one namespace a test, what the ends see. */
#ifndef VOXGATE_RIG_TEST_H
#define VOXGATE_RIG_TEST_H

#include "tests/support/test.h"

#include "pki/x509_write.h"
#include "tests/support/pki.h"
#include "tests/support/proxy_rig.h"

#define HELLO "OLWP-2.0\r\n\r\n"
#define ANSWER "session-id: ABCD_1234\r\nstatus: 201\r\n\r\n"

static struct rig_pki assets; /* loaded before the children are made */

/* clang-format off */
/* One test: the cmocka function runs the body in a namespace of its own. */
#define SESSION_TEST(name)                                                                                           \
        static void name##_body(struct rig *r);                                                                      \
        static void name##_child(void *arg)                                                                          \
        {                                                                                                            \
                static struct rig rig;                                                                               \
                (void)arg;                                                                                           \
                rig_up(&rig, &assets);                                                                                        \
                name##_body(&rig);                                                                                   \
                rig_down(&rig);                                                                                      \
        }                                                                                                            \
        static void name(void **state)                                                                               \
        {                                                                                                            \
                (void)state;                                                                                         \
                NETNS_TEST(name##_child, NULL);                                                                      \
        }                                                                                                            \
        static void name##_body(struct rig *r)
/* clang-format on */

static inline struct session_row row_of(struct rig *r)
{
        struct session_row rows[4] = { 0 };
        uint32_t cursor = 0;
        bool end = false;
        unsigned n = 0;

        while (!end && !n)
                n = proxy_walk(r->p, &cursor, rows, 4, &end);
        return rows[0];
}

static inline bool reset(struct leg *l, bool *seen)
{
        char buf[8];
        ssize_t n = *seen ? 0 : leg_read(l, buf, sizeof buf);

        *seen |= n == LEG_RESET || n == LEG_FAIL;
        return *seen;
}

static inline bool client_reset(struct rig_flow *f)
{
        return reset(f->client, &f->reset[0]);
}

static inline bool server_reset(struct rig_flow *f)
{
        return reset(f->server, &f->reset[1]);
}

static inline bool both_reset(struct rig_flow *f)
{
        bool c = client_reset(f), s = server_reset(f);

        return c && s;
}

static inline bool ended(struct leg *l)
{
        char buf[8];

        return leg_read(l, buf, sizeof buf) == 0;
}

static inline void exchange(struct rig *r, struct rig_flow *f)
{
        char buf[100];

        rig_say(r, f->client, HELLO, sizeof HELLO - 1);
        rig_hear(r, f->server, buf, sizeof HELLO - 1);
        CHECK(!memcmp(buf, HELLO, sizeof HELLO - 1));
        rig_say(r, f->server, ANSWER, sizeof ANSWER - 1);
        rig_hear(r, f->client, buf, sizeof ANSWER - 1);
        CHECK(!memcmp(buf, ANSWER, sizeof ANSWER - 1));
}

static inline int load(void **state)
{
        struct trustpoint_conf tp = { .o.name = (char *)"SELF" };
        struct enroll_params ep = { .hostname = "cuma", .domain = "example.com" };
        struct x509_plan plan;
        struct err e = { 0 };

        (void)state;
        assets = (struct rig_pki){ .key = pki_key("server.key"),
                                   .server = pki_cert("server.pem"),
                                   .issuer = pki_cert("int.pem"),
                                   .root = pki_cert("root.pem") };
        assert_int_equal(x509_plan(&plan, &tp, &ep, &e), 0);
        assets.self = self_signed_make(&plan, assets.key, PKI_NOW, &rng_system, &e);
        return assets.self ? 0 : -1;
}

static inline int unload(void **state)
{
        (void)state;
        keypair_put(assets.key);
        cert_put(assets.server);
        cert_put(assets.issuer);
        cert_put(assets.root);
        cert_put(assets.self);
        return 0;
}

static inline struct proxy_counts counts(struct rig *r)
{
        struct proxy_counts c, all;

        proxy_counts(r->p, r->tp->o.id, &c);
        proxy_counts(r->p, 0, &all);
        CHECK(memcmp(&c, &all, sizeof c) == 0); /* the only tls-proxy */
        return c;
}

#endif
