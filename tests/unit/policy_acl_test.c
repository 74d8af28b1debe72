#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/arena.h"
#include "platform/base/mem.h"
#include "platform/base/rng.h"
#include "policy/acl_int.h"
#include "tests/support/policy_fixture.h"

static struct policy_conf conf;
static struct arena *arena;

static int start(void **state)
{
        (void)state;
        pf_conf_init(&conf);
        arena = arena_new(0);
        return 0;
}

static int stop(void **state)
{
        (void)state;
        pf_conf_fini(&conf);
        arena_free(arena);
        return 0;
}

static const struct acl_list_rt *compile(const char *name)
{
        struct err e = { 0 };
        const struct acl_list_rt *l = acl_list_compile(arena, &conf, NULL, conf_list_find(&conf.acls, name), &e);

        assert_non_null(l);
        return l;
}

static struct acl_key key(const char *src, uint16_t sport, const char *dst, uint16_t dport, uint8_t proto)
{
        return (struct acl_key){
                .src = pb_addr(src), .dst = pb_addr(dst), .proto = proto, .sport = sport, .dport = dport
        };
}

static struct acl_hit hit(const struct acl_list_rt *l, const char *src, const char *dst, uint16_t dport,
                          uint8_t proto)
{
        struct acl_key k = key(src, 40000, dst, dport, proto);

        return acl_match(l, &k);
}

static void the_first_match_decides(void **state)
{
        struct ace_conf *deny = pf_conf_ace(&conf, "a", "deny tcp host 192.0.2.9 any eq 80");
        struct ace_conf *web = pf_conf_ace(&conf, "a", "permit tcp any host 10.1.1.2 eq 80");
        struct ace_conf *late = pf_conf_ace(&conf, "a", "deny ip any any");
        const struct acl_list_rt *l = compile("a");

        (void)state;
        assert_int_equal(hit(l, "192.0.2.9", "10.1.1.2", 80, 6).ace_id, deny->o.id);
        assert_int_equal(hit(l, "192.0.2.8", "10.1.1.2", 80, 6).ace_id, web->o.id);
        assert_true(hit(l, "192.0.2.8", "10.1.1.2", 80, 6).permit);
        assert_int_equal(hit(l, "192.0.2.8", "10.1.1.2", 81, 6).ace_id, late->o.id);
        assert_int_equal(hit(l, "192.0.2.8", "10.1.1.2", 80, 17).ace_id, late->o.id);
}

static void nothing_matched_is_a_denial(void **state)
{
        const struct acl_list_rt *l;

        (void)state;
        pf_conf_ace(&conf, "a", "permit tcp any host 10.1.1.2 eq 80");
        l = compile("a");
        assert_int_equal(hit(l, "192.0.2.8", "10.1.1.3", 80, 6).ace_id, 0);
        assert_false(hit(l, "192.0.2.8", "10.1.1.3", 80, 6).permit);
}

static void inactive_lines_and_remarks_say_nothing(void **state)
{
        struct ace_conf *r;
        const struct acl_list_rt *l;

        (void)state;
        pf_conf_ace(&conf, "a", "permit ip any any inactive");
        r = pf_conf_ace(&conf, "a", "permit ip any any");
        r->kind = ACE_REMARK;
        l = compile("a");
        assert_false(hit(l, "192.0.2.8", "10.1.1.3", 80, 6).permit);
        assert_int_equal(acl_elem_count(l), 0);
}

/* There are no time ranges: what is permitted at times is not, what is denied at times is. */
static void a_time_range_permits_nothing(void **state)
{
        const struct acl_list_rt *l;

        (void)state;
        strcpy(pf_conf_ace(&conf, "a", "permit tcp any any eq 80")->remark, "worktime");
        strcpy(pf_conf_ace(&conf, "a", "deny tcp any any eq 81")->remark, "worktime");
        pf_conf_ace(&conf, "a", "permit tcp any any eq 81");
        pf_conf_ace(&conf, "a", "permit tcp any any eq 82");
        l = compile("a");
        assert_false(hit(l, "192.0.2.8", "10.1.1.3", 80, 6).permit);
        assert_false(hit(l, "192.0.2.8", "10.1.1.3", 81, 6).permit);
        assert_true(hit(l, "192.0.2.8", "10.1.1.3", 82, 6).permit);
}

/* Nor does anybody know users and tags: a line for some permits nobody, and denies everybody that its addresses name. */
static void a_line_for_some_is_never_wider(void **state)
{
        const struct acl_list_rt *l;

        (void)state;
        pf_conf_ace(&conf, "a", "permit tcp any any eq 80")->user.kind = WHO_USER;
        pf_conf_ace(&conf, "a", "permit tcp any any eq 80")->src_tag.kind = WHO_TAG;
        pf_conf_ace(&conf, "a", "permit tcp any any eq 80")->dst_tag.kind = WHO_TAG_NAME;
        pf_conf_ace(&conf, "a", "deny tcp any host 10.1.1.3 eq 81")->user.kind = WHO_USERS;
        pf_conf_ace(&conf, "a", "permit tcp any any eq 81");
        l = compile("a");
        assert_false(hit(l, "192.0.2.8", "10.1.1.3", 80, 6).permit);
        assert_false(hit(l, "192.0.2.8", "10.1.1.3", 81, 6).permit);
        assert_true(hit(l, "192.0.2.8", "10.1.1.4", 81, 6).permit);
}

static void a_standard_list_names_the_source(void **state)
{
        struct ace_conf *a = pf_conf_ace(&conf, "s", "permit tcp 10.0.0.0/8 host 1.1.1.1 eq 80");
        const struct acl_list_rt *l;

        (void)state;
        a->kind = ACE_STANDARD;
        l = compile("s");
        assert_true(hit(l, "10.9.9.9", "172.16.0.1", 9, 17).permit);
        assert_false(hit(l, "11.9.9.9", "1.1.1.1", 80, 6).permit);
}

static void icmp_types_are_ports(void **state)
{
        struct acl_key k = key("192.0.2.1", 0, "10.0.0.1", 8, 1);
        const struct acl_list_rt *l;

        (void)state;
        pf_conf_ace(&conf, "a", "permit icmp any any 8");
        l = compile("a");
        assert_true(acl_match(l, &k).permit);
        k.sport = 9;
        assert_true(acl_match(l, &k).permit); /* any code */
        k.dport = 0;
        assert_false(acl_match(l, &k).permit);
}

static void icmp_codes_narrow_types(void **state)
{
        struct acl_key k = key("192.0.2.1", 4, "10.0.0.1", 3, 1);
        const struct acl_list_rt *l;

        (void)state;
        pf_conf_ace(&conf, "a", "permit icmp any any 3 4");
        pf_conf_ace(&conf, "b", "permit icmp any any 3 0");
        l = compile("a");
        assert_true(acl_match(l, &k).permit);
        assert_int_not_equal(acl_match(l, &k).hash, acl_match(compile("b"), &k).hash);
        k.sport = 3;
        assert_false(acl_match(l, &k).permit);
        k.sport = 0;
        assert_true(acl_match(compile("b"), &k).permit);
}

static void both_families_in_one_list(void **state)
{
        const struct acl_list_rt *l;

        (void)state;
        pf_conf_ace(&conf, "a", "deny ip host 2001:db8::5 any");
        pf_conf_ace(&conf, "a", "permit tcp 2001:db8::/32 any6 eq 443");
        pf_conf_ace(&conf, "a", "permit udp any any eq 53");
        pf_conf_ace(&conf, "a", "permit tcp any4 any4");
        l = compile("a");
        assert_false(hit(l, "2001:db8::5", "2001:db8::9", 443, 6).permit);
        assert_true(hit(l, "2001:db8::6", "2001:db8::9", 443, 6).permit);
        assert_true(hit(l, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::1", 443, 6).permit);
        assert_false(hit(l, "2001:db9::", "fe80::1", 443, 6).permit);
        assert_true(hit(l, "2001:db9::", "fe80::1", 53, 17).permit);
        assert_true(hit(l, "10.0.0.1", "10.0.0.2", 53, 17).permit);
        assert_true(hit(l, "10.0.0.1", "10.0.0.2", 1, 6).permit);
        assert_false(hit(l, "2001:db9::", "fe80::1", 80, 6).permit);
}

static void elements_of_an_ace_in_order(void **state)
{
        struct group_conf *g = pf_conf_group(&conf, "srv", GROUP_NETWORK, 0);
        const struct acl_list_rt *l;
        struct ace_elem out[4];
        struct ace_conf *a;

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                struct group_member *m = pf_conf_member(g, GM_ADDR);

                m->addr.kind = AS_HOST;
                m->addr.a = addr_v4(0x0A000001 + i);
        }
        pf_conf_ace(&conf, "a", "deny udp any any");
        a = pf_conf_ace(&conf, "a", "permit tcp any group srv eq 80");
        l = compile("a");
        assert_int_equal(acl_ace_count(l, a->o.id), 3);
        assert_int_equal(acl_ace_page(l, a->o.id, 0, out, 2), 2);
        assert_int_equal(out[1].dst.lo.v4, 0x0A000002);
        assert_int_equal(acl_ace_page(l, a->o.id, 2, out, 2), 1);
        assert_int_equal(out[0].dst.lo.v4, 0x0A000003);
        assert_int_equal(acl_ace_page(l, a->o.id, 3, out, 2), 0);
        assert_int_equal(hit(l, "1.1.1.1", "10.0.0.3", 80, 6).index, 2);
        assert_int_equal(acl_ace_count(l, 999999), 0);
        assert_int_equal(acl_ace_page(l, 999999, 0, out, 4), 0);
}

/* ---- against the obvious way ---- */

static struct rng_fixed seed = { 20240607 };
static struct rng rng;

static uint32_t below(uint32_t n)
{
        return rng_below(&rng, n);
}

static uint32_t some_addr(void)
{
        static const uint32_t base[] = { 0x0A000000, 0x0A010000, 0xC0000200, 0xAC100000 };

        return below(4) ? base[below(4)] + below(4096) : below(UINT32_MAX);
}

static void some_addr_text(char *out, size_t n)
{
        struct addr a = addr_v4(some_addr());
        char text[ADDR_TEXT_MAX];
        uint32_t kind = below(10);

        addr_print(&a, text);
        if (kind < 2)
                snprintf(out, n, "any");
        else if (kind < 7)
                snprintf(out, n, "host %s", text);
        else
                snprintf(out, n, "%s/%u", text, below(4) ? 20 + below(12) : below(20));
}

static void some_port_text(char *out, size_t n)
{
        uint32_t a = below(4) ? below(100) : below(65536), b = a + below(65536 - a);

        switch (below(8)) {
        case 0:
        case 1:
        case 2:
                snprintf(out, n, "eq %u", a);
                break;
        case 3:
                snprintf(out, n, "range %u %u", a, b);
                break;
        case 4:
                snprintf(out, n, "%s %u", below(2) ? "lt" : "gt", a);
                break;
        case 5:
                snprintf(out, n, "neq %u", a);
                break;
        default:
                out[0] = 0;
        }
}

static void random_list(const char *name, unsigned n)
{
        char s[64], d[64], sp[40], dp[40], text[300];

        for (unsigned i = 0; i < n; i++) {
                bool ports = below(5) != 0;

                some_addr_text(s, sizeof s);
                some_addr_text(d, sizeof d);
                some_port_text(sp, sizeof sp);
                some_port_text(dp, sizeof dp);
                snprintf(text, sizeof text, "%s %s %s %s %s %s", below(2) ? "permit" : "deny",
                         ports ? (below(2) ? "tcp" : "udp") : "ip", s, ports && !below(3) ? sp : "", d,
                         ports ? dp : "");
                pf_conf_ace(&conf, name, text);
        }
}

static bool elem_holds(const struct ace_elem *e, const struct acl_key *k)
{
        if (!e->any_proto && e->proto != k->proto)
                return false;
        if (e->src.lo.fam && !range_has(&e->src, &k->src))
                return false;
        if (e->dst.lo.fam && !range_has(&e->dst, &k->dst))
                return false;
        return k->sport >= e->sport.lo && k->sport <= e->sport.hi && k->dport >= e->dport.lo &&
               k->dport <= e->dport.hi;
}

static uint32_t naive(const struct acl_list_rt *l, const struct acl_key *k)
{
        for (uint32_t i = 0; i < l->nelems; i++)
                if (elem_holds(&l->elem[i], k))
                        return l->ace[l->ace_of[i]].id;
        return 0;
}

static uint32_t edge(uint32_t lo, uint32_t hi)
{
        switch (below(4)) {
        case 0:
                return lo;
        case 1:
                return hi;
        case 2:
                return lo - 1;
        default:
                return hi + 1;
        }
}

/* Half of the keys sit on the borders of some element. */
static struct acl_key some_key(const struct acl_list_rt *l)
{
        const struct ace_elem *e = &l->elem[below(l->nelems)];
        struct acl_key k = { .src = addr_v4(some_addr()),
                             .dst = addr_v4(some_addr()),
                             .proto = below(10) ? (below(2) ? 6 : 17) : 47,
                             .sport = (uint16_t)below(65536),
                             .dport = (uint16_t)below(200) };

        if (below(2)) {
                k.proto = e->any_proto ? k.proto : e->proto;
                if (e->src.lo.fam)
                        k.src = addr_v4(edge(e->src.lo.v4, e->src.hi.v4));
                if (e->dst.lo.fam)
                        k.dst = addr_v4(edge(e->dst.lo.v4, e->dst.hi.v4));
                k.sport = (uint16_t)edge(e->sport.lo, e->sport.hi);
                k.dport = (uint16_t)edge(e->dport.lo, e->dport.hi);
        }
        return k;
}

static void agrees(const struct acl_list_rt *l, unsigned tries)
{
        for (unsigned i = 0; i < tries; i++) {
                struct acl_key k = some_key(l);

                assert_int_equal(acl_match(l, &k).ace_id, naive(l, &k));
        }
}

static void agrees_with_a_linear_search(void **state)
{
        static const unsigned size[] = { 1, 2, 9, 30, 100, 300, 1000 };

        (void)state;
        rng = rng_of_fixed(&seed);
        for (unsigned i = 0; i < sizeof size / sizeof size[0]; i++) {
                char name[16];

                snprintf(name, sizeof name, "r%u", i);
                random_list(name, size[i]);
                agrees(compile(name), 4000);
        }
}

/* Rules of which no two can be told apart by one cut: the leaves grow, memory does not. */
static void what_cannot_be_cut_stays_bounded(void **state)
{
        const unsigned n = 2000;
        struct acl_rule *r = calloc(n, sizeof *r);
        struct acl_tree_stat s;
        struct acl_tree *t;
        struct acl_point p;

        (void)state;
        rng = rng_of_fixed(&seed);
        for (unsigned i = 0; i < n; i++) {
                for (unsigned d = 0; d < ACL_DIMS; d++) {
                        uint32_t top = d < 2 ? UINT32_MAX : d < 4 ? 65535 : 255;
                        uint32_t a = below(top), b = below(top);

                        r[i].box.lo[d] = MIN_OF(a, b);
                        r[i].box.hi[d] = MAX_OF(a, b);
                }
                r[i].prio = i;
        }
        t = acl_tree_build(arena, r, n);
        assert_non_null(t);
        acl_tree_stat(t, &s);
        assert_true(s.copies <= 8 * n + 4 * 1024 + n);
        for (unsigned i = 0; i < 5000; i++) {
                uint32_t want = ACL_NO_RULE;

                for (unsigned d = 0; d < ACL_DIMS; d++)
                        p.v[d] = below(d < 2 ? UINT32_MAX : d < 4 ? 65535 : 255);
                for (unsigned k = 0; k < n && want == ACL_NO_RULE; k++) {
                        bool in = true;

                        for (unsigned d = 0; d < ACL_DIMS; d++)
                                in = in && p.v[d] >= r[k].box.lo[d] && p.v[d] <= r[k].box.hi[d];
                        if (in)
                                want = k;
                }
                assert_int_equal(acl_tree_find(t, &p), want);
        }
        free(r);
}

/* What is looked at per packet must not grow with the list: depth and leaves of 10,000 mixed lines. */
static void ten_thousand_lines_make_shallow_trees(void **state)
{
        struct acl_tree_stat s;
        const struct acl_list_rt *l;

        (void)state;
        rng = rng_of_fixed(&seed);
        random_list("big", 10000);
        l = compile("big");
        acl_tree_stat(l->v4, &s);
        print_message("elements %u nodes %u copies %u largest leaf %u depth %u\n", l->nelems, s.nodes, s.copies,
                      s.leaf_most, s.depth_most);
        assert_true(s.depth_most <= 40);
        assert_true(s.leaf_most <= 64);
        agrees(l, 2000);
}

static void out_of_memory_is_an_error(void **state)
{
        struct err e = { 0 };
        const struct acl_list_rt *l;
        uint64_t before;
        unsigned fails = 0;

        (void)state;
        rng = rng_of_fixed(&seed);
        random_list("oom", 40);
        before = mem_live_blocks();
        for (uint64_t n = 1;; n++) {
                struct arena *a;

                mem_fail_nth(n, false);
                a = arena_new(0);
                l = a ? acl_list_compile(a, &conf, NULL, conf_list_find(&conf.acls, "oom"), &e) : NULL;
                mem_fail_nth(0, false);
                arena_free(a);
                assert_int_equal(mem_live_blocks(), before);
                if (l)
                        break;
                fails++;
        }
        assert_true(fails > 10);
}

static void hits_are_counted_by_id_and_element(void **state)
{
        struct hit_table *t = hit_table_new();

        (void)state;
        assert_non_null(t);
        for (unsigned i = 0; i < 5; i++)
                hit_count(t, 70000);
        hit_count_elem(t, 70000, 3);
        assert_int_equal(hit_get(t, 70000), 5);
        assert_int_equal(hit_get(t, 70001), 0);
        assert_int_equal(hit_get_elem(t, 70000, 3), 1);
        assert_int_equal(hit_get_elem(t, 70000, 2), 0);
        hit_count(t, UINT32_MAX); /* an id beyond the array is nobody's */
        assert_int_equal(hit_get(t, UINT32_MAX), 0);
        hit_table_free(t);
}

static void a_full_element_table_stops_counting(void **state)
{
        struct hit_table *t = hit_table_new();

        (void)state;
        for (uint32_t i = 0; i < 300000; i++)
                hit_count_elem(t, 1, i);
        assert_int_equal(hit_get_elem(t, 1, 5), 1);
        assert_int_equal(hit_get_elem(t, 1, 299999), 0);
        hit_table_free(t);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(the_first_match_decides),
                T(nothing_matched_is_a_denial),
                T(inactive_lines_and_remarks_say_nothing),
                T(a_time_range_permits_nothing),
                T(a_line_for_some_is_never_wider),
                T(a_standard_list_names_the_source),
                T(icmp_types_are_ports),
                T(icmp_codes_narrow_types),
                T(both_families_in_one_list),
                T(elements_of_an_ace_in_order),
                T(agrees_with_a_linear_search),
                T(what_cannot_be_cut_stays_bounded),
                T(ten_thousand_lines_make_shallow_trees),
                T(out_of_memory_is_an_error),
                T(hits_are_counted_by_id_and_element),
                T(a_full_element_table_stops_counting),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
