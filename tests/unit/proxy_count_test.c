/* Sessions against their limits: TLS sessions of all workers together, descriptors of each, counts per tls-proxy. */
#include "tests/support/test.h"

#include "tests/support/proxy_bare.h"

static struct bare b;
static struct proxy_worker *w2; /* a second worker that shares the count */
static struct proxy_shared shared;

static struct proxy_worker *worker(unsigned id, uint32_t fds)
{
        struct proxy_env env = b.p->env;
        struct proxy_worker *w;
        struct err e;

        env.shared = &shared;
        env.nworkers = 2;
        env.fd_budget = fds;
        w = proxy_worker_new(id, &env, &e);
        assert_non_null(w);
        w->snap = b.p->snap;
        return w;
}

/* As the `license` line and `tls-proxy maximum-sessions` would have it. */
static void licence(const char *model, uint32_t uc, bool k8, uint32_t configured)
{
        struct license_conf c = { .uc = uc, .k8 = k8 };

        snprintf(c.model, sizeof c.model, "%s", model);
        license_limits(&c, configured, &b.rt.license);
        b.rt.max_sessions = b.rt.license.tls;
}

static int up(void **state UNUSED)
{
        bare_up(&b);
        shared = (struct proxy_shared){ 0 };
        licence("", 0, false, 3);
        bare_commit(&b);
        b.p->shared_counts = &shared;
        b.p->env.nworkers = 2;
        w2 = worker(1, 0);
        return 0;
}

static int down(void **state UNUSED)
{
        proxy_worker_free(w2);
        bare_down(&b);
        return 0;
}

static struct psession session(struct proxy_worker *w, bool with_tls, uint32_t tp)
{
        struct psession s;

        bare_session(&b, &s);
        s.w = w;
        s.tls[0] = with_tls;
        s.tls_proxy_id = tp;
        return s;
}

/* As a session does: descriptors when it is accepted, its place when it is admitted. */
static bool begin(struct psession *s)
{
        return psession_take_fds(s) && psession_take_place(s);
}

static struct proxy_counts counts(struct proxy_worker *w, uint32_t tp)
{
        struct proxy_counts c;

        proxy_counts(w, tp, &c);
        return c;
}

static void the_limit_is_that_of_all_workers(void **state UNUSED)
{
        struct psession s[5];

        for (unsigned i = 0; i < 5; i++)
                s[i] = session(i % 2 ? w2 : b.p, true, 9);
        for (unsigned i = 0; i < 3; i++)
                assert_true(begin(&s[i]));
        assert_false(begin(&s[3]));
        assert_false(begin(&s[4]));
        assert_int_equal(s[3].drop, DROP_FLOW_LIMIT);
        assert_int_equal(atomic_load(&shared.active), 3);
        assert_true(counts(b.p, 9).active == 2 && counts(w2, 9).active == 1);
        assert_true(counts(b.p, 9).refused_limit == 1 && counts(w2, 9).refused_limit == 1);
        assert_int_equal(counts(b.p, 0).most, 3); /* of all workers */
        psession_count_end(&s[3]);                /* never began: gives nothing back */
        assert_int_equal(atomic_load(&shared.active), 3);
        psession_count_end(&s[0]);
        psession_count_end(&s[0]); /* twice */
        assert_int_equal(atomic_load(&shared.active), 2);
        assert_true(begin(&s[3])); /* the other worker has the place */
        for (unsigned i = 1; i < 5; i++)
                psession_count_end(&s[i]);
        assert_int_equal(atomic_load(&shared.active), 0);
        assert_true(counts(b.p, 0).active == 0 && counts(w2, 0).active == 0);
        assert_true(b.p->nstreams == 0 && w2->nstreams == 0);
        assert_true(counts(b.p, 9).total == 2 && counts(b.p, 9).most == 2);
}

/* A 5505 comes with two UC sessions: phones take one each, Mobility none. */
static void a_licence_counts_phones(void **state UNUSED)
{
        struct psession s[4], mmp;

        licence("5505", 0, false, 0);
        bare_commit(&b);
        w2->snap = b.p->snap;
        for (unsigned i = 0; i < 4; i++) {
                s[i] = session(i % 2 ? w2 : b.p, true, 9);
                s[i].info.phone_proxy_id = 7;
                s[i].engine = inspect_engine_find(INSPECT_SIP, IPPROTO_TCP_);
        }
        mmp = session(b.p, true, 8);
        mmp.engine = inspect_engine_find(INSPECT_MMP, IPPROTO_TCP_);
        assert_true(begin(&s[0]) && begin(&s[1]));
        assert_false(begin(&s[2]));
        assert_true(begin(&mmp));
        assert_int_equal(atomic_load(&shared.uc), 2);
        assert_int_equal(atomic_load(&shared.active), 3);
        psession_count_end(&s[1]);
        assert_true(begin(&s[3])); /* the other worker has the place */
        psession_count_end(&s[0]);
        psession_count_end(&s[3]);
        psession_count_end(&mmp);
        assert_true(!atomic_load(&shared.uc) && !atomic_load(&shared.phone) && !atomic_load(&shared.active));
}

/* K8: 250 media sessions that are encrypted or decrypted here. */
static void a_licence_counts_srtp(void **state UNUSED)
{
        licence("5580", 10000, true, 0);
        bare_commit(&b);
        w2->snap = b.p->snap;
        for (unsigned i = 0; i < 250; i++)
                assert_true(proxy_srtp_take(i % 2 ? w2 : b.p));
        assert_false(proxy_srtp_take(w2));
        proxy_srtp_give(b.p);
        assert_true(proxy_srtp_take(w2));
        for (unsigned i = 0; i < 250; i++)
                proxy_srtp_give(w2);
        assert_int_equal(atomic_load(&shared.srtp), 0);
}

/* Cleartext sessions take descriptors, no place among the TLS sessions. */
static void cleartext_is_not_counted_as_tls(void **state UNUSED)
{
        struct psession s[5];

        for (unsigned i = 0; i < 5; i++) {
                s[i] = session(b.p, false, 0);
                assert_true(begin(&s[i]));
        }
        assert_int_equal(atomic_load(&shared.active), 0);
        assert_int_equal(counts(b.p, 0).total, 0);
        assert_int_equal(b.p->nstreams, 5);
        for (unsigned i = 0; i < 5; i++)
                psession_count_end(&s[i]);
        assert_int_equal(b.p->nstreams, 0);
}

/* Two descriptors a session, divided among the workers: 12 are 3 each. */
static void descriptors_are_a_share_of_each_worker(void **state UNUSED)
{
        struct proxy_worker *w = worker(2, 12);
        struct psession s[4];

        b.rt.max_sessions = 1000;
        assert_int_equal(proxy_session_limit(w, w->snap), 6); /* of both */
        for (unsigned i = 0; i < 3; i++) {
                s[i] = session(w, i == 0, 9);
                assert_true(begin(&s[i]));
        }
        s[3] = session(w, false, 0);
        assert_false(begin(&s[3])); /* cleartext too */
        s[3].tls[0] = true;
        assert_false(begin(&s[3]));
        assert_int_equal(atomic_load(&shared.active), 1); /* no place was taken for it */
        for (unsigned i = 0; i < 3; i++)
                psession_count_end(&s[i]);
        assert_int_equal(w->nstreams, 0);
        proxy_worker_free(w);
}

static void without_configuration_nobody_begins(void **state UNUSED)
{
        struct psession s = session(b.p, true, 9);

        b.p->snap = NULL;
        assert_false(begin(&s));
        assert_int_equal(atomic_load(&shared.active), 0);
        b.p->snap = snap_current(b.wf.hub);
}

/* Tls-proxies come and go: the place of one that is configured no more goes to the next. */
static void places_of_former_tls_proxies_are_used_again(void **state UNUSED)
{
        static struct tls_proxy_rt tp[TP_COUNTS_MAX + 1];
        struct psession s = session(b.p, true, 1), other = session(b.p, true, TP_COUNTS_MAX + 1);

        for (unsigned i = 0; i <= TP_COUNTS_MAX; i++)
                tp[i].id = i + 1;
        b.rt.tp = tp;
        b.rt.n = TP_COUNTS_MAX;
        for (unsigned i = 0; i < TP_COUNTS_MAX; i++)
                assert_non_null(tp_counts(b.p, i + 1));
        assert_null(tp_counts(b.p, TP_COUNTS_MAX + 1)); /* all of them are configured */
        assert_true(begin(&s));
        assert_true(begin(&other)); /* counted as a session, not for its tls-proxy */
        assert_int_equal(counts(b.p, 0).active, 2);
        b.rt.n = 10; /* the others are configured no more */
        assert_non_null(tp_counts(b.p, TP_COUNTS_MAX + 1));
        assert_int_equal(counts(b.p, TP_COUNTS_MAX + 1).active, 0);
        psession_count_end(&other); /* what was not counted there is not taken away */
        assert_int_equal(counts(b.p, TP_COUNTS_MAX + 1).active, 0);
        tp[0].id = 5000; /* 1 is configured no more, but has a session */
        for (unsigned i = 0; i < TP_COUNTS_MAX; i++)
                (void)tp_counts(b.p, 6000 + i);
        assert_int_equal(counts(b.p, 1).active, 1);
        psession_count_end(&s);
        assert_int_equal(counts(b.p, 1).active, 0);
        assert_int_equal(counts(b.p, 0).active, 0);
        b.rt.n = 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(the_limit_is_that_of_all_workers),
                T(a_licence_counts_phones),
                T(a_licence_counts_srtp),
                T(cleartext_is_not_counted_as_tls),
                T(descriptors_are_a_share_of_each_worker),
                T(without_configuration_nobody_begins),
                T(places_of_former_tls_proxies_are_used_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
