/* MMP: what the operator sees. */
#include "tests/support/mmp_rig.h"

/* ---- what the operator sees ---- */

static char heard[8192];

static void on_debug(void *ctx, enum debug_family family, const char *line)
{
        size_t n = strlen(heard);

        (void)ctx;
        assert_int_equal(family, DBG_MMP);
        snprintf(heard + n, sizeof heard - n, "%s\n", line);
}

static void on_log(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        size_t n = strlen(heard);

        (void)ctx;
        (void)dest;
        (void)level;
        if (id == 780001)
                snprintf(heard + n, sizeof heard - n, "%s\n", line);
}

static struct clock_virtual virtual_time;
static struct clock clk;
static struct log *lg;
static struct log_src *src;

static int log_up(void **state)
{
        struct log_conf conf;

        (void)state;
        clk = clock_of_virtual(&virtual_time);
        lg = log_new(&clk, 1024);
        src = lg ? log_src_new(lg, "test") : NULL;
        if (!src)
                return -1;
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_CONSOLE].level = LOG_L_DEBUG;
        heard[0] = 0;
        log_set_debug_sink(lg, on_debug, NULL);
        log_set_sink(lg, LOG_TO_CONSOLE, on_log, NULL);
        debug_set(lg, DBG_MMP, true);
        return log_configure(lg, &conf, NULL);
}

static int log_down(void **state)
{
        (void)state;
        log_free(lg);
        return 0;
}

/* The conversation of the ASA's guide: 60 bytes, an answer, 80 bytes of which 40 are content. */
static void debug_lines_of_the_sample(void **state)
{
        char m[81];
        struct feed f;
        int n;

        (void)state;
        open_mmp(&f);
        f.c.log = src;
        n = snprintf(m, sizeof m, "OLWP-2.0\r\nx-pad: %038d\r\n\r\n", 0);
        assert_int_equal(n, 59);
        n = snprintf(m, sizeof m, "OLWP-2.0\r\nx-pad: %039d\r\n\r\n", 0);
        passes(&f, DIR_C2S, m, (size_t)n);
        passes_text(&f, DIR_S2C, SESSION);
        n = snprintf(m, sizeof m, "Content-Type: http/1.1\r\ncontent-length: 34\r\n\r\n%034d", 0);
        assert_int_equal(n, 80);
        passes(&f, DIR_C2S, m, (size_t)n);
        log_step(lg);
        assert_string_equal(heard, "MMP:: received 60 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: version OLWP-2.0\n"
                                   "MMP:: forward 60/60 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: received 38 bytes from inside:2.2.2.2/5443 to outside:1.1.1.1/2000\n"
                                   "MMP:: session-id: ABCD_1234\n"
                                   "MMP:: status: 201\n"
                                   "MMP:: forward 38/38 bytes from inside:2.2.2.2/5443 to outside:1.1.1.1/2000\n"
                                   "MMP:: received 80 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: content-type: http/1.1\n"
                                   "MMP:: content-length: 34\n"
                                   "MMP:: forward 80/80 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n");
        feed_close(&f);
}

/* forward n/m: of m bytes at hand n went on. */
static void debug_lines_of_an_incomplete_message(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        f.c.log = src;
        feed(&f, DIR_C2S, OPEN "status: 1", sizeof OPEN - 1 + 9);
        feed(&f, DIR_C2S, "00\r\n", 4);
        feed(&f, DIR_C2S, "\r\n", 2);
        log_step(lg);
        assert_string_equal(heard, "MMP:: received 21 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: version OLWP-2.0\n"
                                   "MMP:: forward 12/21 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: received 4 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: status: 100\n"
                                   "MMP:: received 2 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: forward 15/15 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n");
        feed_close(&f);
}

static void a_violation_is_logged_once(void **state)
{
        struct feed f;

        (void)state;
        debug_set(lg, DBG_MMP, false);
        open_mmp(&f);
        f.c.log = src;
        feed(&f, DIR_C2S, "nonsense\r\nmore\r\n", 16);
        log_step(lg);
        assert_string_equal(heard, "%ASA-4-780001: MMP: terminating session from outside:1.1.1.1/2000 to "
                                   "inside:2.2.2.2/5443: no version line\n");
        feed_close(&f);
}

static void describe_counts_both_ways(void **state)
{
        char text[160];
        struct wbuf w = wbuf_of(text, sizeof text);
        struct feed f;

        (void)state;
        open_mmp(&f);
        inspect_mmp.describe(f.c.state, &w);
        assert_string_equal(wbuf_text(&w), "session-id=unknown\ndata:: rx-bytes=0, tx-bytes=0");
        passes_text(&f, DIR_C2S, OPEN);
        passes_text(&f, DIR_S2C, SESSION);
        feed(&f, DIR_C2S, "status", 6);
        w = wbuf_of(text, sizeof text);
        inspect_mmp.describe(f.c.state, &w);
        assert_string_equal(wbuf_text(&w), "session-id=ABCD_1234\ndata:: rx-bytes=56, tx-bytes=50");
        feed_close(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(debug_lines_of_the_sample, log_up, log_down),
                cmocka_unit_test_setup_teardown(debug_lines_of_an_incomplete_message, log_up, log_down),
                cmocka_unit_test_setup_teardown(a_violation_is_logged_once, log_up, log_down),
                cmocka_unit_test(describe_counts_both_ways),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
