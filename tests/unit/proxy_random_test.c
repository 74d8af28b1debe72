/* Random octets of a TLS profile: each is given once, used ones are wiped, a source that fails is heard of. */
#include "tests/support/test.h"

#include "proxy/tls/tls_int.h"

struct source {
        uint64_t next;
        unsigned calls;
        bool fails;
};

/* Every word is another one. */
static int fill(void *ctx, void *out, size_t n)
{
        struct source *s = ctx;
        uint8_t *p = out;

        s->calls++;
        if (s->fails)
                return -1;
        assert_int_equal(n % 8, 0);
        for (; n; n -= 8, p += 8) {
                s->next++;
                memcpy(p, &s->next, 8);
        }
        return 0;
}

static struct source source;
static struct rng rng = { .fill = fill, .ctx = &source };
static struct tls_random r;

static int up(void **state)
{
        (void)state;
        source = (struct source){ .next = 0 };
        memset(&r, 0, sizeof r);
        pthread_mutex_init(&r.lock, NULL);
        r.rng = &rng;
        return 0;
}

static int down(void **state)
{
        (void)state;
        pthread_mutex_destroy(&r.lock);
        return 0;
}

static void octets_are_given_once(void **state)
{
        static bool seen[4096];
        uint64_t v;

        (void)state;
        memset(seen, 0, sizeof seen);
        for (unsigned i = 0; i < 2000; i++) {
                assert_int_equal(tls_random(&r, (unsigned char *)&v, sizeof v), 0);
                assert_true(v > 0 && v < 4096 && !seen[v]);
                seen[v] = true;
        }
        assert_int_equal(source.calls, 2000 * 8 / sizeof r.pool + 1);
}

static void given_octets_are_wiped(void **state)
{
        uint8_t out[40], zero[40] = { 0 };

        (void)state;
        assert_int_equal(tls_random(&r, out, sizeof out), 0);
        assert_int_equal(r.left, sizeof r.pool - sizeof out);
        assert_memory_equal(r.pool + r.left, zero, sizeof zero);
        assert_memory_not_equal(r.pool + r.left - 8, zero, 8);
}

/* What is left over is too short: the whole pool is made anew. */
static void long_wishes(void **state)
{
        uint8_t out[sizeof r.pool * 2], some[sizeof r.pool - 8];

        (void)state;
        assert_int_equal(tls_random(&r, out, sizeof out), 0);
        assert_int_equal(source.calls, 1);
        assert_int_equal(r.left, 0);
        assert_int_equal(tls_random(&r, some, sizeof some), 0);
        assert_int_equal(tls_random(&r, some, sizeof some), 0);
        assert_int_equal(source.calls, 3);
}

static void a_source_that_fails(void **state)
{
        uint8_t out[8];

        (void)state;
        source.fails = true;
        assert_int_not_equal(tls_random(&r, out, sizeof out), 0);
        source.fails = false;
        assert_int_equal(tls_random(&r, out, sizeof out), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(octets_are_given_once, up, down),
                cmocka_unit_test_setup_teardown(given_octets_are_wiped, up, down),
                cmocka_unit_test_setup_teardown(long_wishes, up, down),
                cmocka_unit_test_setup_teardown(a_source_that_fails, up, down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
