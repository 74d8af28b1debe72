/* The second buffer, that of ASDM: so many messages, there while something is to go to it. */
#include "tests/support/test.h"

#include "platform/base/log.h"
#include "platform/base/mem.h"

static struct clock_virtual now;
static struct clock clk;
static struct log *lg;
static struct log_src *src;
static struct log_conf conf;

static int set_up(void **state UNUSED)
{
        now = (struct clock_virtual){ .wall = 0 };
        clk = clock_of_virtual(&now);
        lg = log_new(&clk, 2048);
        src = lg ? log_src_new(lg, "test") : NULL;
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_ASDM].level = LOG_L_INFO;
        return src ? log_configure(lg, &conf, NULL) : -1;
}

static int tear_down(void **state UNUSED)
{
        log_free(lg);
        return mem_live_blocks() ? -1 : 0;
}

struct seen {
        unsigned n;
        char first[300], last[300];
};

static void on_line(void *ctx, const char *line)
{
        struct seen *s = ctx;

        snprintf(s->n++ ? s->last : s->first, sizeof s->last, "%s", line);
}

static struct seen seen(int (*walk)(struct log *l, void (*fn)(void *ctx, const char *line), void *ctx))
{
        struct seen s = { 0 };

        assert_int_equal(walk(lg, on_line, &s), 0);
        return s;
}

static void say(unsigned from, unsigned to)
{
        char user[16];

        for (; from <= to; from++) {
                snprintf(user, sizeof user, "user%u", from);
                log_msg(src, LOG_611101, LS("10.0.0.1"), LS(user));
        }
        log_step(lg);
}

static void configure(void)
{
        assert_int_equal(log_configure(lg, &conf, NULL), 0);
}

static bool is_of(const char *line, const char *user)
{
        size_t n = strlen(line), k = strlen(user);

        return n > k && !strcmp(line + n - k, user);
}

static void the_last_so_many_messages(void **state UNUSED)
{
        struct seen s;

        say(1, 100);
        s = seen(log_asdm_walk);
        assert_int_equal(s.n, 100);
        assert_true(is_of(s.first, " user1"));
        say(101, 150);
        s = seen(log_asdm_walk);
        assert_int_equal(s.n, 100);
        assert_true(is_of(s.first, " user51"));
        assert_true(is_of(s.last, " user150"));
        assert_int_equal(seen(log_buffer_walk).n, 0); /* another one */
        log_asdm_clear(lg);
        assert_int_equal(seen(log_asdm_walk).n, 0);
        say(151, 151);
        assert_int_equal(seen(log_asdm_walk).n, 1);
}

static void its_size_can_change(void **state UNUSED)
{
        struct seen s;

        conf.asdm_size = 200;
        configure();
        say(1, 300);
        assert_int_equal(seen(log_asdm_walk).n, 200);
        conf.asdm_size = 512;
        configure();
        say(301, 500);
        s = seen(log_asdm_walk);
        assert_int_equal(s.n, 400);
        assert_true(is_of(s.first, " user101"));
        conf.asdm_size = 100;
        configure();
        s = seen(log_asdm_walk);
        assert_int_equal(s.n, 100);
        assert_true(is_of(s.first, " user401"));
        conf.asdm_size = 99;
        assert_int_equal(log_configure(lg, &conf, NULL), -1);
        conf.asdm_size = 513;
        assert_int_equal(log_configure(lg, &conf, NULL), -1);
}

static void it_is_there_while_it_is_wanted(void **state UNUSED)
{
        uint64_t before = mem_live_blocks();
        struct log_stats st;

        say(1, 1);
        conf.enable = false;
        configure();
        assert_int_equal(seen(log_asdm_walk).n, 1);
        conf.enable = true;
        conf.dest[LOG_TO_ASDM].level = LOG_L_NONE;
        configure();
        assert_int_equal(seen(log_asdm_walk).n, 0);
        assert_int_equal(mem_live_blocks(), before - 1);
        say(2, 2);
        assert_int_equal(seen(log_asdm_walk).n, 0);
        for (unsigned k = 1; log_class_name(k); k++)
                conf.class_level[k][LOG_TO_ASDM] = LOG_L_DEBUG;
        configure();
        say(3, 4);
        assert_int_equal(seen(log_asdm_walk).n, 2);
        log_stats(lg, &st);
        assert_int_equal(st.dest_count[LOG_TO_ASDM], 3);
        assert_int_equal(st.dest_count[LOG_TO_BUFFER], 0);
}

#define ASDM_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                ASDM_TEST(the_last_so_many_messages),
                ASDM_TEST(its_size_can_change),
                ASDM_TEST(it_is_there_while_it_is_wanted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
