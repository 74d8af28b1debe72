/* Access lists: time to compile, time per lookup, at 10, 1,000 and 10,000 mixed lines; every key is another flow. */
#include <stdio.h>
#include <stdlib.h>

#include "platform/base/clock.h"
#include "platform/base/rng.h"
#include "policy/acl_int.h"
#include "tests/support/policy_fixture.h"

#define KEYS 200000u

static struct rng_fixed seed = { 7 };
static struct rng rng;

static uint32_t below(uint32_t n)
{
        return rng_below(&rng, n);
}

static void addr_text(char *out, size_t n)
{
        struct addr a = addr_v4((below(2) ? 0x0A000000u : 0xC6336400u) + below(1u << 16));
        char text[ADDR_TEXT_MAX];
        uint32_t kind = below(100);

        addr_print(&a, text);
        if (kind < 10)
                snprintf(out, n, "any");
        else if (kind < 70)
                snprintf(out, n, "host %s", text);
        else
                snprintf(out, n, "%s/%u", text, 20 + below(11));
}

static void port_text(char *out, size_t n)
{
        uint32_t lo = below(60000);

        switch (below(6)) {
        case 0:
        case 1:
                snprintf(out, n, "eq %u", 1 + below(1000));
                break;
        case 2:
                snprintf(out, n, "range %u %u", lo, lo + below(5000));
                break;
        case 3:
                snprintf(out, n, "%s %u", below(2) ? "lt" : "gt", below(65535));
                break;
        case 4:
                snprintf(out, n, "neq %u", below(65535));
                break;
        default:
                out[0] = 0;
        }
}

static void fill(struct policy_conf *c, unsigned n)
{
        char s[64], d[64], p[40], text[300];

        for (unsigned i = 0; i + 1 < n; i++) {
                addr_text(s, sizeof s);
                addr_text(d, sizeof d);
                /* two wildcards at once only with a port of their own, as people write them */
                if (s[0] == 'a' && d[0] == 'a')
                        snprintf(p, sizeof p, "eq %u", 1 + below(60000));
                else
                        port_text(p, sizeof p);
                snprintf(text, sizeof text, "%s %s %s %s %s", below(3) ? "permit" : "deny", below(3) ? "tcp" : "udp",
                         s, d, p);
                pf_conf_ace(c, "bench", text);
        }
        pf_conf_ace(c, "bench", "permit ip any any");
}

static struct acl_key *keys_last(void)
{
        struct acl_key *k = calloc(KEYS, sizeof *k);

        for (unsigned i = 0; k && i < KEYS; i++)
                k[i] = (struct acl_key){ .src = addr_v4(0xC0000200u + below(1u << 20)),
                                         .dst = addr_v4(below(4) ? 0x0A000000u + below(1u << 16) : below(UINT32_MAX)),
                                         .proto = below(2) ? 6 : 17,
                                         .sport = (uint16_t)below(65536),
                                         .dport = (uint16_t)below(65536) };
        return k;
}

static double now_ms(void)
{
        return (double)clock_system.mono_ns(clock_system.ctx) / 1e6;
}

static void run(unsigned n)
{
        struct arena *a = arena_new(0);
        struct acl_key *k = keys_last();
        const struct acl_list_rt *l;
        struct acl_tree_stat st;
        struct policy_conf c;
        struct err e;
        unsigned last = 0;
        double t0, t1;

        pf_conf_init(&c);
        fill(&c, n);
        t0 = now_ms();
        l = acl_list_compile(a, &c, NULL, conf_list_find(&c.acls, "bench"), &e);
        t1 = now_ms();
        if (!l || !k)
                exit(1);
        acl_tree_stat(l->v4, &st);
        printf("lines %5u  elements %6u  compile %7.2f ms  arena %7.1f KB  copies %6u  largest leaf %3u  depth %2u",
               n, l->nelems, t1 - t0, (double)arena_bytes(a) / 1024, st.copies, st.leaf_most, st.depth_most);
        t0 = now_ms();
        for (unsigned i = 0; i < KEYS; i++)
                last += acl_match(l, &k[i]).ace_id == l->ace[l->naces - 1].id;
        t1 = now_ms();
        printf("  lookup %6.1f ns  (last line %u%%)\n", (t1 - t0) * 1e6 / KEYS, last * 100 / KEYS);
        free(k);
        pf_conf_fini(&c);
        arena_free(a);
}

int main(void)
{
        static const unsigned n[] = { 1, 10, 100, 1000, 10000 };

        rng = rng_of_fixed(&seed);
        for (unsigned i = 0; i < sizeof n / sizeof n[0]; i++)
                run(n[i]);
        return 0;
}
