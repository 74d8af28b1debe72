/* A load that lets others at the store between its lines: what they change meanwhile, and where it stops. */
#include "cli/box/box_lock.h"
#include "cli/conf/commit.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/console_fixture.h"
#include "tests/support/test.h"

/* Somebody else at the same store: what he types at his n-th turn, in a mode of his own. */
struct other {
        struct conf_fixture f;
        struct conf_ctx c;
        const char *types[12];
        unsigned turns, stop_at; /* 0: never */
};

static void type(struct conf_ctx *c, const char *line)
{
        struct cli_result r;

        cli_result_init(&r);
        if (conf_line(c, line, &r) < 0)
                fail_msg("\"%s\": %s", line, text_str(&r.text));
        cli_result_fini(&r);
}

static bool his_turn(struct conf_ctx *c)
{
        struct other *o = c->rest_ctx;
        unsigned turn = o->turns++;
        char line[200];

        for (const char *p = turn < ARRAY_LEN(o->types) && o->types[turn] ? o->types[turn] : ""; *p;) {
                snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
                type(&o->c, line);
                p += strcspn(p, "\n");
                p += *p == '\n';
        }
        return o->turns != o->stop_at;
}

static void open_both(struct other *o)
{
        memset(o, 0, sizeof *o);
        conf_fixture_init(&o->f);
        conf_ctx_init(&o->c, o->f.s);
        o->f.c.rest = his_turn;
        o->f.c.rest_ctx = o;
}

static void close_both(struct other *o)
{
        conf_ctx_fini(&o->c);
        conf_fixture_fini(&o->f);
}

static void add_lines(struct text *t, unsigned n, const char *fmt)
{
        for (unsigned i = 0; i < n; i++)
                text_printf(t, "%s%u\n", fmt, i);
}

static void note(void *ctx, unsigned line_no, const char *words)
{
        text_printf(ctx, "%u: %s\n", line_no, words);
}

/* Loads the text and forgets it; what was said about it goes to said. */
static struct load_report load(struct other *o, struct text *t, struct text *said)
{
        struct load_report rep = { .fn = note, .ctx = said };

        conf_load(&o->f.c, text_str(t), t->n, &rep);
        text_fini(t);
        return rep;
}

static bool shows(struct other *o, const char *line)
{
        return strstr(conf_running(&o->f, NULL, true), line) != NULL;
}

static void pieces_are_bounded(void **state UNUSED)
{
        struct text t = { 0 }, said = { 0 };
        struct other o;

        open_both(&o);
        add_lines(&t, 10 * CONF_PIECE + 1, "access-list a remark line ");
        assert_int_equal(load(&o, &t, &said).errors, 0);
        assert_int_equal(o.turns, 10);
        text_fini(&said);
        close_both(&o);
}

/* A clock that goes on by a millisecond whenever it is read: so long takes a line. */
static uint64_t slow_ns(void *ctx)
{
        uint64_t *ms = ctx;

        return ++*ms * 1000000u;
}

static void slow_lines_make_short_pieces(void **state UNUSED)
{
        uint64_t ms = 0;
        struct clock slow = { .mono_ns = slow_ns, .ctx = &ms };
        struct text t = { 0 }, said = { 0 };
        struct other o;

        open_both(&o);
        o.f.c.clk = &slow;
        o.types[0] = "no object-group network mine";
        text_add(&t, "object-group network mine\n");
        add_lines(&t, CONF_PIECE_MS - 1, " network-object host 10.1.0.");
        text_add(&t, " hostname wrong\n");
        add_lines(&t, 3 * CONF_PIECE_MS - 1, "access-list a remark line ");
        assert_int_equal(load(&o, &t, &said).errors, 2); /* the block is gone, and the line behind it not read */
        assert_int_equal(o.turns, 4);
        assert_false(shows(&o, "hostname wrong"));
        text_fini(&said);
        close_both(&o);
}

/* In the middle of one's block the other opens and fills a block of his own. */
static void modes_are_each_his_own(void **state UNUSED)
{
        struct text t = { 0 }, said = { 0 };
        struct other o;

        open_both(&o);
        o.types[0] = "object network his\nhost 10.0.0.9";
        o.types[1] = "description of his";
        text_add(&t, "object-group network mine\n");
        add_lines(&t, 3 * CONF_PIECE, " network-object host 10.1.0.");
        assert_int_equal(load(&o, &t, &said).errors, 0);
        assert_true(shows(&o, "object network his\n host 10.0.0.9\n description of his\n"));
        assert_true(shows(&o, " network-object host 10.1.0.95\n"));
        text_fini(&said);
        close_both(&o);
}

/* ` shutdown` would be one of an interface, ` description` of whatever is around: none of it is read. */
static void rest_of_a_removed_block_is_not_read(void **state UNUSED)
{
        struct text t = { 0 }, said = { 0 };
        struct load_report rep;
        struct other o;

        open_both(&o);
        o.types[0] = "no object-group network mine";
        text_add(&t, "object-group network mine\n");
        add_lines(&t, CONF_PIECE - 1, " network-object host 10.1.0.");
        text_add(&t, " hostname wrong\n network-object host 10.1.0.99\nhostname right\n");
        rep = load(&o, &t, &said);
        assert_int_equal(rep.errors, 3);
        assert_non_null(strstr(text_str(&said), "32: ERROR: somebody removed mine meanwhile"));
        assert_non_null(strstr(text_str(&said), "33: ERROR: not read"));
        assert_true(shows(&o, "hostname right\n"));
        assert_false(shows(&o, "hostname wrong"));
        text_fini(&said);
        close_both(&o);
}

/* What waits for a name and was removed meanwhile does not come back when it is read again. */
static void removed_lines_stay_removed(void **state UNUSED)
{
        struct text t = { 0 }, said = { 0 };
        struct other o;

        open_both(&o);
        o.types[0] = "no access-list a extended permit ip object late any\nno object-group network g";
        text_add(&t, "access-list a extended permit ip object late any\naccess-list a extended permit tcp object "
                     "late any\n"
                     "object-group network g\n network-object object late\nexit\n");
        add_lines(&t, CONF_PIECE, "access-list b remark ");
        text_add(&t, "object network late\n host 10.0.0.1\n");
        assert_int_equal(load(&o, &t, &said).errors, 0);
        assert_false(shows(&o, "permit ip object late"));
        assert_true(shows(&o, "permit tcp object late any"));
        assert_false(shows(&o, "object-group network g"));
        text_fini(&said);
        close_both(&o);
}

/* Lines of several lists wait, some are removed while the others are read again; a list is walked once for each
 * change of somebody, not once for each line. */
static void changes_of_others_cost_a_walk(void **state UNUSED)
{
        struct text t = { 0 }, said = { 0 };
        struct other o;

        open_both(&o);
        o.types[0] = "hostname other";
        o.types[9] = "no access-list b extended permit tcp any object late eq 1099\nno object-group network g";
        text_add(&t, "object-group network g\n network-object object late\nexit\n");
        for (unsigned i = 0; i < 4 * CONF_PIECE; i++)
                text_printf(&t,
                            "access-list a extended permit tcp any object late eq %u\n"
                            "access-list b extended permit tcp any object late eq %u\n",
                            1000 + i, 1000 + i);
        text_add(&t, "object-group network h\n network-object object late\nexit\n");
        text_add(&t, "object network late\n host 10.0.0.1\n");
        assert_int_equal(load(&o, &t, &said).errors, 0);
        assert_int_equal(o.f.c.others, 2);
        assert_in_range(o.f.c.walks, 2, 6); /* of 260 lines */
        assert_false(shows(&o, "access-list b extended permit tcp any object late eq 1099\n"));
        assert_true(shows(&o, "access-list a extended permit tcp any object late eq 1099\n"));
        assert_true(shows(&o, "access-list b extended permit tcp any object late eq 1127\n"));
        assert_true(shows(&o, "object-group network h\n network-object object late\n"));
        assert_false(shows(&o, "object-group network g\n"));
        text_fini(&said);
        close_both(&o);
}

/* Names that never come: every line that has them is taken back, and only those, also when others had the store. */
static void lines_without_their_names_go(void **state)
{
        bool others = *state != NULL;
        struct text t = { 0 }, said = { 0 };
        struct other o;

        open_both(&o);
        o.types[0] = others ? "hostname other" : NULL;
        text_add(&t, "access-list a extended permit ip host 10.0.0.1 any\n");
        add_lines(&t, 4 * CONF_PIECE, "access-list a extended permit ip any object nobody");
        text_add(&t, "object-group network g\n group-object nobody\n network-object host 10.0.0.2\n");
        text_add(&t, "access-list a extended permit ip host 10.0.0.3 any\n");
        assert_int_equal(load(&o, &t, &said).errors, 4 * CONF_PIECE + 1);
        assert_false(shows(&o, "nobody"));
        assert_true(shows(&o, "permit ip host 10.0.0.1 any\naccess-list a extended permit ip host 10.0.0.3 any\n"));
        assert_true(shows(&o, "object-group network g\n network-object host 10.0.0.2\n"));
        assert_int_equal(o.turns, 8); /* half of them while lines are taken back */
        text_fini(&said);
        close_both(&o);
}

static void stops_where_it_is_told(void **state UNUSED)
{
        struct text t = { 0 }, said = { 0 };
        struct load_report rep;
        struct other o;

        open_both(&o);
        o.stop_at = 2;
        text_add(&t, "access-list c extended permit ip object late any\n");
        add_lines(&t, 4 * CONF_PIECE, "access-list a remark ");
        text_add(&t, "object network late\n host 10.0.0.1\n");
        rep = load(&o, &t, &said);
        assert_int_equal(rep.stopped_at, 2 * CONF_PIECE);
        assert_true(shows(&o, "access-list a remark 62\n"));
        assert_false(shows(&o, "access-list a remark 63\n"));
        assert_false(shows(&o, "access-list c")); /* its object was not read any more */
        text_fini(&said);
        close_both(&o);
}

/* ---- what is half read ---- */

static uint64_t commits(struct box *b)
{
        struct commit_stats st;

        commit_stats(b->commit, &st);
        return st.commits;
}

static void nothing_half_read_is_in_force(void **state UNUSED)
{
        struct console_fixture f;
        struct err e;
        uint64_t before;

        cf_open(&f);
        before = commits(&f.box);
        commit_hold(f.box.commit, true);
        cf_priv(&f, "configure terminal\naccess-list a extended permit ip any any\nend\nshow clock\n");
        assert_int_equal(commits(&f.box), before);
        assert_int_equal(commit_wait_ms(f.box.commit), -1);
        commit_hold(f.box.commit, false);
        assert_int_equal(commit_now(&f.box, &e), 0);
        assert_int_equal(commits(&f.box), before + 1);
        cf_close(&f);
}

static void open_with_file(struct console_fixture *f)
{
        char path[128];
        FILE *fp;

        cf_open(f);
        snprintf(path, sizeof path, "%s/m.cfg", f->dir);
        fp = fopen(path, "w");
        for (unsigned i = 0; i < 3 * CONF_PIECE; i++)
                fprintf(fp, "access-list a extended permit tcp any any eq %u\n", i + 1);
        fclose(fp);
}

static void merges_commit_at_their_end(void **state UNUSED)
{
        struct console_fixture f;
        uint64_t before;

        open_with_file(&f);
        before = commits(&f.box);
        cf_priv(&f, "copy /noconfirm disk0:/m.cfg running-config\n");
        assert_int_equal(commits(&f.box), before + 1);
        assert_non_null(strstr(cf_priv(&f, "show access-list\n"), "access-list a; 96 elements"));
        cf_close(&f);
}

/* The appliance goes down: a merge ends behind its piece, and who waits for another's end waits no longer. */
static void nothing_keeps_a_stop_waiting(void **state UNUSED)
{
        static const char *const wait[] = { "copy /noconfirm disk0:/m.cfg running-config\n", "write memory\n",
                                            "copy /noconfirm running-config disk0:/x.cfg\n",
                                            "configure session x\n" };
        struct console_fixture f;

        open_with_file(&f);
        atomic_store(&f.box.ending, true);
        assert_non_null(strstr(cf_priv(&f, wait[0]), "ERROR: interrupted behind line 32: "));
        assert_non_null(strstr(cf_priv(&f, "show access-list\n"), "access-list a; 32 elements"));
        pthread_mutex_lock(&f.box.conf_whole);
        for (unsigned i = 0; i < ARRAY_LEN(wait); i++)
                if (!strstr(cf_priv(&f, wait[i]), "ERROR: interrupted: another console"))
                        fail_msg("%s: %s", wait[i], f.out);
        pthread_mutex_unlock(&f.box.conf_whole);
        cf_close(&f);
}

/* Who would see or make a part of a configuration waits; the revert timer comes again. */
static void wholes_keep_apart(void **state UNUSED)
{
        struct console_fixture f;

        cf_open(&f);
        box_lock_whole(&f.box);
        assert_false(box_trylock_whole(&f.box));
        pthread_mutex_unlock(&f.box.conf_lock); /* a rest: others have the store, and it is not whole */
        assert_false(box_trylock_whole(&f.box));
        pthread_mutex_lock(&f.box.conf_lock);
        box_unlock_whole(&f.box);
        assert_true(box_trylock_whole(&f.box));
        box_unlock_whole(&f.box);
        cf_close(&f);
}

int main(void)
{
        static bool others;
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pieces_are_bounded),
                cmocka_unit_test(slow_lines_make_short_pieces),
                cmocka_unit_test(modes_are_each_his_own),
                cmocka_unit_test(rest_of_a_removed_block_is_not_read),
                cmocka_unit_test(removed_lines_stay_removed),
                cmocka_unit_test(changes_of_others_cost_a_walk),
                cmocka_unit_test_prestate(lines_without_their_names_go, NULL),
                cmocka_unit_test_prestate(lines_without_their_names_go, &others),
                cmocka_unit_test(stops_where_it_is_told),
                cmocka_unit_test(nothing_half_read_is_in_force),
                cmocka_unit_test(merges_commit_at_their_end),
                cmocka_unit_test(nothing_keeps_a_stop_waiting),
                cmocka_unit_test(wholes_keep_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
