/* Which messages go where, in which form and how often: classes, EMBLEM, rate limits. */
#include "tests/support/test.h"

#include "platform/base/log.h"
#include "platform/base/mem.h"

static struct clock_virtual now;
static struct clock clk;
static struct log *lg;
static struct log_src *src;
static struct log_conf conf;
static char heard[8192];

static void on_line(void *ctx, enum log_dest dest UNUSED, int level UNUSED, uint32_t id UNUSED, const char *line)
{
        size_t n = strlen(heard);

        snprintf(heard + n, sizeof heard - n, "%s%s\n", (const char *)ctx, line);
}

static void on_buffer_line(void *ctx, const char *line)
{
        on_line(ctx, LOG_TO_BUFFER, 0, 0, line);
}

static const char *buffer(void)
{
        heard[0] = 0;
        assert_int_equal(log_buffer_walk(lg, on_buffer_line, (void *)(uintptr_t) ""), 0);
        log_buffer_clear(lg);
        return heard;
}

static void configure(void)
{
        struct err e = { 0 };

        if (log_configure(lg, &conf, &e) < 0)
                fail_msg("%s", e.text);
}

static int set_up(void **state)
{
        (void)state;
        now = (struct clock_virtual){ .mono = 1000000000u,
                                      .wall = 1489055104ll * 1000000000 }; /* 9 March 2017 10:25:04 */
        clk = clock_of_virtual(&now);
        lg = log_new(&clk, 64);
        src = log_src_new(lg, "test");
        heard[0] = 0;
        log_conf_init(&conf);
        conf.enable = true;
        return log_configure(lg, &conf, NULL);
}

static int tear_down(void **state)
{
        (void)state;
        log_free(lg);
        return mem_live_blocks() ? -1 : 0;
}

static unsigned class_named(const char *name)
{
        for (unsigned c = 1; log_class_name(c); c++)
                if (!strcmp(log_class_name(c), name))
                        return c;
        fail_msg("no class %s", name);
        return 0;
}

static void classes_are_the_first_digits(void **state)
{
        (void)state;
        assert_null(log_class_name(0));
        assert_null(log_class_name(LOG_CLASSES_MAX));
        assert_string_equal(log_class_name(log_class_of(302013)), "session");
        assert_string_equal(log_class_name(log_class_of(725001)), "ssl");
        assert_string_equal(log_class_name(log_class_of(111008)), "config");
        assert_string_equal(log_class_name(log_class_of(717009)), "ca");
        assert_true(log_class_has(class_named("session"), 106023) && log_class_has(class_named("acl"), 106023));
        assert_false(log_class_has(class_named("auth"), 111008) || log_class_has(0, 111008));
        assert_int_equal(log_class_of(999999), 0);
}

static void a_class_has_its_own_severity(void **state)
{
        unsigned ssl = class_named("ssl");

        (void)state;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_WARNING;
        conf.class_level[ssl][LOG_TO_BUFFER] = LOG_L_INFO;
        configure();
        assert_true(log_wanted(src, LOG_725001));  /* 6, of the class */
        assert_false(log_wanted(src, LOG_725011)); /* 7 */
        assert_false(log_wanted(src, LOG_302013)); /* 6, of another */
        assert_true(log_wanted(src, LOG_106023));  /* 4 */
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        configure();
        assert_false(log_wanted(src, LOG_725011)); /* the class also takes away */
        conf.dest[LOG_TO_BUFFER].level = LOG_L_NONE;
        configure();
        assert_true(log_wanted(src, LOG_725001)); /* and needs nothing else */
        conf.class_level[ssl][LOG_TO_BUFFER] = LOG_L_NONE;
        conf.class_level[ssl][LOG_TO_MAIL] = LOG_L_DEBUG;
        configure();
        assert_true(log_wanted(src, LOG_725001)); /* elsewhere */
        assert_false(log_wanted(src, LOG_302013));
        log_msg(src, LOG_725001, LS("a"), LS("b"), LS("c"));
        log_step(lg);
        assert_string_equal(buffer(), "");
}

/* 106023 is in two classes: who of them wants more wins. */
static void a_message_of_two_classes(void **state)
{
        (void)state;
        conf.class_level[class_named("session")][LOG_TO_BUFFER] = LOG_L_ALERT;
        conf.class_level[class_named("acl")][LOG_TO_BUFFER] = LOG_L_WARNING;
        configure();
        assert_true(log_wanted(src, LOG_106023));
        assert_false(log_wanted(src, LOG_302013));
        conf.class_level[class_named("session")][LOG_TO_BUFFER] = LOG_L_WARNING;
        conf.class_level[class_named("acl")][LOG_TO_BUFFER] = LOG_L_ALERT;
        configure();
        assert_true(log_wanted(src, LOG_106023));
}

static void a_list_by_level_and_class(void **state)
{
        struct log_list *l = &conf.lists[0];

        (void)state;
        conf.nlists = 1;
        strcpy(l->name, "l");
        l->n = 1;
        l->item[0] = (struct log_list_item){ .level = LOG_L_INFO, .class = class_named("session") };
        strcpy(conf.dest[LOG_TO_BUFFER].list, "l");
        configure();
        assert_true(log_wanted(src, LOG_302013));
        assert_false(log_wanted(src, LOG_725001));
}

#define STARTUP "199002: Startup completed.  Beginning operation."

static void say(unsigned n)
{
        while (n--)
                log_msg(src, LOG_199002, LU(0));
        log_step(lg);
}

static void emblem_for_the_others(void **state)
{
        (void)state;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        conf.emblem = true;
        configure();
        say(1);
        assert_string_equal(buffer(), ":%ASA-sys-6-" STARTUP "\n");
        conf.timestamp = true;
        conf.tz.offset_s = 3600;
        strcpy(conf.tz.name, "CET");
        configure();
        say(1);
        assert_string_equal(buffer(), ":Mar 09 11:25:04 CET: %ASA-sys-6-" STARTUP "\n");
        strcpy(conf.device_id, "FW1");
        conf.tz.name[0] = 0;
        conf.tz.offset_s = 0;
        configure();
        say(1);
        assert_string_equal(buffer(), ":Mar 09 10:25:04 UTC FW1 : %ASA-sys-6-" STARTUP "\n");
        conf.rfc5424 = true;
        configure();
        say(1);
        assert_string_equal(buffer(), ":2017-03-09T10:25:04Z FW1 : %ASA-sys-6-" STARTUP "\n");
        conf.timestamp = false;
        configure();
        log_msg(src, LOG_780010, LS("x"), LS("y")); /* of no class */
        log_step(lg);
        assert_string_equal(buffer(), ":FW1 : %ASA-3-780010: x is not what was saved: its checksum is y\n");
}

static void emblem_for_a_server(void **state)
{
        (void)state;
        conf.dest[LOG_TO_TRAP].level = conf.dest[LOG_TO_CONSOLE].level = LOG_L_DEBUG;
        configure();
        log_set_sink(lg, LOG_TO_TRAP, on_line, (void *)(uintptr_t) "t ");
        log_set_sink(lg, LOG_TO_CONSOLE, on_line, (void *)(uintptr_t) "c ");
        log_set_emblem_sink(lg, on_line, (void *)(uintptr_t) "e ");
        say(1);
        assert_string_equal(heard, "c %ASA-6-" STARTUP "\nt %ASA-6-" STARTUP "\ne :%ASA-sys-6-" STARTUP "\n");
        heard[0] = 0;
        conf.emblem = true; /* is not for the servers */
        configure();
        log_set_emblem_sink(lg, NULL, NULL);
        say(1);
        assert_string_equal(heard, "c :%ASA-sys-6-" STARTUP "\nt %ASA-6-" STARTUP "\n");
}

static void limit(unsigned i, struct log_rate r)
{
        conf.rates[i] = r;
        conf.nrates = i + 1;
        configure();
}

static unsigned lines_of(const char *text, const char *what)
{
        unsigned n = 0;

        for (; (text = strstr(text, what)); text++)
                n++;
        return n;
}

static void a_rate_by_message(void **state)
{
        (void)state;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        limit(0, (struct log_rate){ .id = 199002, .n = 3, .seconds = 10 });
        say(5);
        log_msg(src, LOG_201008, LU(0));
        log_step(lg);
        assert_int_equal(lines_of(buffer(), "199002"), 3);
        clock_advance_ms(&now, 9999);
        say(1);
        assert_string_equal(buffer(), "");
        assert_int_equal(log_rate_suppressed(lg, 0), 3);
        clock_advance_ms(&now, 1);
        log_step(lg); /* told without a next one */
        assert_string_equal(buffer(), "%ASA-4-780012: logging rate-limit of message 199002: 3 more messages of this "
                                      "kind were not told one by one\n");
        log_step(lg);
        say(4);
        assert_int_equal(lines_of(buffer(), "199002"), 3);
        assert_int_equal(log_rate_suppressed(lg, 0), 4);
        log_clear_counters(lg);
        assert_int_equal(log_rate_suppressed(lg, 0), 0);
}

/* How many were kept back is said even where that message's own level is limited. */
static void the_summary_is_never_kept_back(void **state)
{
        (void)state;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        limit(0, (struct log_rate){ .id = 199002, .n = 0, .seconds = 1 });
        limit(1, (struct log_rate){ .level = LOG_L_WARNING, .n = 0, .seconds = 1 });
        say(2);
        clock_advance_ms(&now, 1000);
        log_step(lg);
        assert_int_equal(lines_of(buffer(), "message 199002: 2 more"), 1);
}

static void a_rate_by_level_and_its_exceptions(void **state)
{
        (void)state;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        limit(0, (struct log_rate){ .level = LOG_L_INFO, .n = 1, .seconds = 1 });
        say(2);
        log_msg(src, LOG_611102, LS("10.0.0.1"), LS("u")); /* counts as well: of the same level */
        log_msg(src, LOG_111008, LS("u"), LS("x"));        /* not of that level */
        log_step(lg);
        buffer();
        assert_true(lines_of(heard, "199002") == 1 && lines_of(heard, "611102") == 0 &&
                    lines_of(heard, "111008") == 1);
        limit(1, (struct log_rate){ .id = 199002, .level = LOG_L_NONE, .unlimited = true });
        say(5);
        assert_int_equal(lines_of(buffer(), "199002"), 5);
        limit(0, (struct log_rate){ .level = LOG_L_INFO, .n = 0, .seconds = 0 });
        say(1);
        assert_string_equal(buffer(), "");
}

/* Another change of the configuration does not begin an interval anew. */
static void a_rate_outlives_other_changes(void **state)
{
        (void)state;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        limit(0, (struct log_rate){ .id = 199002, .n = 1, .seconds = 10 });
        say(2);
        conf.facility = 17;
        configure();
        say(1);
        assert_int_equal(lines_of(buffer(), "199002"), 1);
        assert_int_equal(log_rate_suppressed(lg, 0), 2);
}

static void too_many_rates(void **state)
{
        struct err e = { 0 };

        (void)state;
        conf.nrates = LOG_RATES_MAX + 1;
        assert_int_equal(log_configure(lg, &conf, &e), -1);
        assert_string_equal(e.text, "65 logging rate limits, at most 64");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(classes_are_the_first_digits),
                T(a_class_has_its_own_severity),
                T(a_message_of_two_classes),
                T(a_list_by_level_and_class),
                T(emblem_for_the_others),
                T(emblem_for_a_server),
                T(a_rate_by_message),
                T(the_summary_is_never_kept_back),
                T(a_rate_by_level_and_its_exceptions),
                T(a_rate_outlives_other_changes),
                T(too_many_rates),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
