#include "tests/support/test.h"

#include "platform/base/conf_list.h"
#include "platform/base/mem.h"

struct group {
        struct conf_obj o;
        struct conf_list members;
        int value;
};

static void group_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct group *)o)->members);
}

static void print_names(const struct conf_list *l, char *out, size_t cap)
{
        *out = 0;
        conf_each(struct group, g, l) {
                strncat(out, g->o.name, cap - strlen(out) - 1);
                strncat(out, " ", cap - strlen(out) - 1);
        }
}

static void keeps_the_typed_order(void **state)
{
        struct conf_list l;
        struct group *a, *b;
        char names[64];

        (void)state;
        conf_list_init(&l, sizeof(struct group), group_fini);
        print_names(&l, names, sizeof names);
        assert_string_equal(names, "");
        b = conf_list_add(&l, "b");
        a = conf_list_insert(&l, "a", &b->o);
        assert_non_null(conf_list_insert(&l, "c", NULL));
        print_names(&l, names, sizeof names);
        assert_string_equal(names, "a b c ");
        assert_int_equal(l.n, 3);
        assert_int_equal(a->value, 0);
        conf_list_del(&l, &b->o);
        print_names(&l, names, sizeof names);
        assert_string_equal(names, "a c ");
        assert_null(conf_list_find(&l, "b"));
        assert_ptr_equal(conf_list_find(&l, "a"), a);
        assert_null(conf_list_find(&l, "A"));
        conf_list_fini(&l);
        assert_int_equal(mem_live_blocks(), 0);
}

static void a_zeroed_list_is_empty(void **state)
{
        struct conf_list l = { .obj_size = sizeof(struct group) };
        char names[64];

        (void)state;
        assert_null(conf_list_find(&l, "x"));
        print_names(&l, names, sizeof names);
        assert_string_equal(names, "");
        conf_list_fini(&l);
        assert_non_null(conf_list_add(&l, "x"));
        assert_non_null(conf_list_find(&l, "x"));
        conf_list_fini(&l);
        assert_int_equal(mem_live_blocks(), 0);
}

static void nested_lists_go_with_their_owner(void **state)
{
        struct conf_list l;
        struct group *g;

        (void)state;
        conf_list_init(&l, sizeof(struct group), group_fini);
        g = conf_list_add(&l, "servers");
        conf_list_init(&g->members, sizeof(struct conf_obj), NULL);
        for (int i = 0; i < 200; i++)
                assert_non_null(conf_list_add(&g->members, ""));
        assert_int_equal(g->members.n, 200);
        assert_null(conf_list_find(&g->members, ""));
        conf_list_del(&g->members, list_entry(g->members.items.prev, struct conf_obj, link));
        assert_int_equal(g->members.n, 199);
        conf_list_fini(&l);
        assert_int_equal(mem_live_blocks(), 0);
}

static void ids_never_come_again(void **state)
{
        struct conf_list l;
        uint32_t last = conf_id_next();

        (void)state;
        conf_list_init(&l, sizeof(struct group), group_fini);
        for (int i = 0; i < 5; i++) {
                struct group *g = conf_list_add(&l, "same");

                assert_true(g->o.id > last);
                last = g->o.id;
                conf_list_del(&l, &g->o);
        }
        conf_list_fini(&l);
}

static void finds_among_thousands(void **state)
{
        struct conf_list l;
        char name[16];

        (void)state;
        conf_list_init(&l, sizeof(struct group), group_fini);
        for (int i = 0; i < 3000; i++) {
                snprintf(name, sizeof name, "obj-%d", i);
                ((struct group *)conf_list_add(&l, name))->value = i;
        }
        for (int i = 0; i < 3000; i++) {
                snprintf(name, sizeof name, "obj-%d", i);
                assert_int_equal(((struct group *)conf_list_find(&l, name))->value, i);
        }
        conf_list_fini(&l);
}

static void survives_every_failure(void **state)
{
        (void)state;
        for (uint64_t n = 1; n <= 4; n++) {
                struct conf_list l;

                conf_list_init(&l, sizeof(struct group), group_fini);
                mem_fail_nth(n, false);
                assert_int_equal(conf_list_add(&l, "x") != NULL, n == 4);
                mem_fail_nth(0, false);
                assert_int_equal(l.n, n == 4);
                assert_non_null(conf_list_add(&l, "y"));
                conf_list_fini(&l);
                assert_int_equal(mem_live_blocks(), 0);
        }
}

static void names_of(const struct conf_list *l, char *out)
{
        *out = 0;
        conf_each(struct conf_obj, o, l)
                strcat(out, *o->name ? o->name : "-");
}

static void fill(struct conf_list *l, const char *names)
{
        conf_list_init(l, sizeof(struct group), group_fini);
        for (; *names; names++)
                assert_non_null(conf_list_add(l, *names == '-' ? "" : (char[]){ *names, 0 }));
}

/* One letter is an object, "-" one without a name. */
static void follows_the_order_of_another(void **state)
{
        static const struct {
                const char *is, *want, *becomes;
                bool moved;
        } row[] = {
                { "", "abc", "", false },      { "abc", "", "abc", false },   { "abc", "abc", "abc", false },
                { "bca", "abc", "abc", true }, { "cba", "abc", "abc", true }, { "bc", "abc", "bc", false },
                { "xab", "ab", "abx", true },  { "abx", "ab", "abx", false }, { "baba", "aabb", "aabb", true },
                { "a-b", "-ba", "-ba", true }, { "bay", "xay", "ayb", true },
        };
        char names[16];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct conf_list l, w;

                fill(&l, row[i].is);
                fill(&w, row[i].want);
                assert_int_equal(conf_list_follow(&l, &w), row[i].moved);
                names_of(&l, names);
                assert_string_equal(names, row[i].becomes);
                for (const char *n = row[i].is; *n; n++)
                        assert_true(*n == '-' || conf_list_find(&l, (char[]){ *n, 0 }) != NULL);
                assert_int_equal(l.n, strlen(row[i].is));
                conf_list_fini(&l);
                conf_list_fini(&w);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keeps_the_typed_order),
                cmocka_unit_test(a_zeroed_list_is_empty),
                cmocka_unit_test(nested_lists_go_with_their_owner),
                cmocka_unit_test(ids_never_come_again),
                cmocka_unit_test(finds_among_thousands),
                cmocka_unit_test(follows_the_order_of_another),
                cmocka_unit_test(survives_every_failure),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
