/* Another name for an interface: every line that names it follows, whatever row it is of. */
#include <stdlib.h>

#include "tests/support/conf_fixture.h"
#include "tests/support/conf_gen.h"
#include "tests/support/test.h"

#define CONFIGS 250
#define CONFIGS_MAX (20 * CONFIGS)
#define LINES 60

static const char ports[] = "interface g0/0\n nameif outside\n ip address 10.9.0.1 255.255.255.0\n"
                            "interface g0/1\n nameif inside\n ip address 10.8.0.1 255.255.255.0\nexit\n";

static bool has(const char *text, const char *line)
{
        const char *at = strstr(text, line);

        return at && (at == text || at[-1] == '\n' || at[-1] == ' ') && at[strlen(line)] == '\n';
}

static void rename_to(struct conf_fixture *f, const char *nameif)
{
        char line[64];

        snprintf(line, sizeof line, "interface g0/1\n nameif %s\nexit\n", nameif);
        conf_accept(f, line);
}

/* Each with what it is called afterwards, as it is removed. */
static void lines_follow_and_can_be_removed(void **state)
{
        static const char *const users[][2] = {
                { "access-group i in interface inside", "access-group i in interface lan" },
                { "access-list i extended permit ip interface inside any",
                  "access-list i extended permit ip interface lan any" },
                { "route inside 10.4.0.0 255.255.0.0 10.8.0.2 1", "route lan 10.4.0.0 255.255.0.0 10.8.0.2 1" },
                { "service-policy p interface inside", "service-policy p interface lan" },
                { "icmp permit any inside", "icmp permit any lan" },
                { "nat (inside,outside) source dynamic any interface",
                  "nat (lan,outside) source dynamic any interface" },
                { "nat (outside,inside) after-auto source static any any",
                  "nat (outside,lan) after-auto source static any any" },
                { "arp inside 10.8.0.9 0000.0000.0009", "arp lan 10.8.0.9 0000.0000.0009" },
                { "sysopt noproxyarp inside", "sysopt noproxyarp lan" },
                { "logging host inside 10.8.0.5", "logging host lan 10.8.0.5" },
                { "ssh 10.0.0.0 255.0.0.0 inside", "ssh 10.0.0.0 255.0.0.0 lan" },
                { "ssl trust-point t inside", "ssl trust-point t lan" },
                { "snmp-server host inside 10.8.0.9 community c", "snmp-server host lan 10.8.0.9 community c" },
                { "ntp server 10.8.0.9 source inside", "ntp server 10.8.0.9 source lan" },
                { "tftp-server inside 10.8.0.9 x", "tftp-server lan 10.8.0.9 x" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(users); i++) {
                struct conf_fixture f;
                char no[128];

                conf_fixture_init(&f);
                conf_accept(&f, ports);
                conf_accept(&f, "access-list i extended deny tcp any any eq 80\npolicy-map p\nexit\n"
                                "crypto ca trustpoint t\nexit\n");
                conf_accept(&f, users[i][0]);
                rename_to(&f, "lan");
                if (!has(conf_running(&f, NULL, true), users[i][1]))
                        fail_msg("%s\n%s", users[i][1], conf_running(&f, NULL, true));
                snprintf(no, sizeof no, "no %s", users[i][1]);
                conf_accept(&f, no);
                assert_false(has(conf_running(&f, NULL, true), users[i][1]));
                conf_fixture_fini(&f);
        }
}

/* Only words that name the interface: an object, a list or a text of the same name stays. */
static void other_meanings_stay(void **state)
{
        struct conf_fixture f;
        const char *t;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, ports);
        conf_accept(&f, "object network inside\n host 10.8.0.7\n nat (inside,outside) static 10.9.0.7\n"
                        "access-list inside extended permit ip object inside interface inside\n"
                        "access-list inside remark inside\naccess-group inside in interface inside\n"
                        "banner motd inside\nsnmp-server location inside\n");
        rename_to(&f, "lan");
        t = conf_running(&f, NULL, true);
        assert_true(has(t, "nat (lan,outside) static 10.9.0.7"));
        assert_true(has(t, "object network inside"));
        assert_true(has(t, "access-list inside extended permit ip object inside interface lan"));
        assert_true(has(t, "access-list inside remark inside"));
        assert_true(has(t, "access-group inside in interface lan"));
        assert_true(has(t, "banner motd inside"));
        assert_true(has(t, "snmp-server location inside"));
        conf_accept(&f, "no access-list inside extended permit ip object inside interface lan\n");
        conf_fixture_fini(&f);
}

/* `no nameif` still takes them along. */
static void without_a_name_they_go(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, ports);
        conf_accept(&f, "route inside 10.4.0.0 255.255.0.0 10.8.0.2\nssh 10.0.0.0 255.0.0.0 inside\n"
                        "interface g0/1\n no nameif\nexit\n");
        rename_to(&f, "lan");
        assert_null(strstr(conf_running(&f, NULL, true), "\nroute"));
        assert_null(strstr(conf_running(&f, NULL, true), "\nssh 10"));
        conf_fixture_fini(&f);
}

/* ---- every row ---- */
static bool names_ifaces(const struct tree_row *tr)
{
        for (unsigned i = 0; i < tr->element->npos; i++) {
                const struct gram_part *p = tr->element->pos[i];

                if (p->kind == PART_VALUE && (!strcmp(p->type->name, "nameif") || !strcmp(p->type->name, "ifpair")))
                        return true;
        }
        return false;
}

struct seen {
        const struct cmd_row *row[256];
        unsigned n;
        struct text no; /* lines at the top that name the interface, as `no` forms */
};

static bool is_end(char c)
{
        return strchr(" \n(),", c) != NULL; /* the end of a text as well */
}

/* The next place where the word stands alone; NULL: none. */
static const char *find_word(const char *text, const char *word)
{
        size_t n = strlen(word);

        for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
                if ((p == text || is_end(p[-1])) && is_end(p[n]))
                        return p;
        return NULL;
}

static char *with_word(const char *text, const char *from, const char *to)
{
        struct text t = { 0 };
        const char *p;
        char *ret;

        while ((p = find_word(text, from))) {
                text_printf(&t, "%.*s%s", (int)(p - text), text, to);
                text = p + strlen(from);
        }
        text_add(&t, text);
        ret = strdup(text_str(&t));
        text_fini(&t);
        return ret;
}

static void note_line(void *ctx, const struct running_line *l)
{
        struct seen *s = ctx;

        if (l->raw || !find_word(l->text, "lan"))
                return;
        if (!l->depth && (l->row->kind == ROW_LIST || l->row->kind == ROW_INERT))
                text_printf(&s->no, "no %s\n", l->text);
        for (unsigned i = 0; i < s->n; i++)
                if (s->row[i] == l->row)
                        return;
        assert_true(s->n < ARRAY_LEN(s->row));
        s->row[s->n++] = l->row;
}

static char *plain(struct conf_fixture *f)
{
        return strdup(conf_running(f, NULL, true));
}

/* What follows is known by its new text: `no` finds it. From the end, for a list that is gone takes its users along.
 */
static void remove_all(struct conf_fixture *f, char *lines)
{
        char *l;

        while (*lines) {
                lines[strlen(lines) - 1] = 0; /* the newline */
                l = strrchr(lines, '\n') ? strrchr(lines, '\n') + 1 : lines;
                if (conf_type(f, l) != CLI_OK && strstr(text_str(&f->shown), "does not exist in the configuration"))
                        fail_msg("%s: %s", l, text_str(&f->shown));
                *l = 0;
        }
}

static void rename_and_back(struct conf_fixture *f, struct seen *s)
{
        struct running r = { .store = f->s, .plain = true, .line = note_line, .ctx = s };
        char *before = plain(f), *want = with_word(before, "inside", "lan"), *now;

        rename_to(f, "lan");
        now = plain(f);
        if (strcmp(now, want) != 0) {
                fprintf(stderr, "--- before\n%s--- after\n%s", before, now);
                fail();
        }
        free(now);
        running_walk(&r);
        rename_to(f, "inside");
        now = plain(f);
        assert_string_equal(now, before);
        free(now);
        rename_to(f, "lan");
        now = strdup(text_str(&s->no));
        text_cut(&s->no, 0);
        remove_all(f, now);
        free(now);
        free(before);
        free(want);
}

static void one_config(struct conf_fixture *f, struct conf_gen *g, struct seen *s)
{
        conf_ctx_fini(&f->c);
        store_free(f->s);
        f->s = store_new(f->tree);
        assert_non_null(f->s);
        conf_ctx_init(&f->c, f->s);
        f->c.hash_rounds = 1;
        conf_accept(f, gen_ports);
        conf_accept(f, gen_furniture);
        for (unsigned i = 0; i < LINES; i++) {
                struct text line = { 0 };

                gen_line(g, &f->c, &line);
                if (strncmp(text_str(&line), "no", 2) && strncmp(text_str(&line), "clear", 5))
                        conf_type(f, text_str(&line));
                text_fini(&line);
        }
        conf_top(&f->c);
        if (store_iface(f->s, "inside") && !strcmp(store_iface(f->s, "inside")->o.name, "GigabitEthernet0/1"))
                rename_and_back(f, s);
}

static unsigned missing(const struct seen *s, const struct tree_mode *m, bool tell)
{
        unsigned n = 0;

        for (unsigned i = 0; i < m->n; i++) {
                const struct cmd_row *row = m->row[i].conf;
                bool got =
                        row->kind == ROW_CALL || row->flags & (ROW_HIDDEN | ROW_QUIET) || !names_ifaces(&m->row[i]);

                for (unsigned k = 0; k < s->n; k++)
                        got |= s->row[k] == row;
                if (!got && tell)
                        fprintf(stderr, "no line of this row was renamed: %s\n", row->line);
                n += !got;
        }
        return n;
}

static unsigned all_missing(const struct conf_fixture *f, const struct seen *s, bool tell)
{
        unsigned n = missing(s, tree_global(f->tree), tell);

        for (unsigned i = 0; tree_mode_at(f->tree, i); i++)
                n += missing(s, tree_mode_at(f->tree, i), tell);
        return n;
}

/* Chance decides which rows come: where some have not, it goes on. */
static void every_row_follows(void **state)
{
        struct conf_gen g = { .state = gen_seed() };
        struct conf_fixture f;
        struct seen s = { .n = 0 };
        unsigned n;

        (void)state;
        conf_fixture_init(&f);
        for (unsigned i = 0; i < CONFIGS || (i < CONFIGS_MAX && all_missing(&f, &s, false)); i++)
                one_config(&f, &g, &s);
        n = all_missing(&f, &s, true);
        printf("%u rows that name interfaces\n", s.n);
        assert_int_equal(n, 0);
        text_fini(&s.no);
        conf_fixture_fini(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lines_follow_and_can_be_removed),
                cmocka_unit_test(other_meanings_stay),
                cmocka_unit_test(without_a_name_they_go),
                cmocka_unit_test(every_row_follows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
