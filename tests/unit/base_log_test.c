#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "platform/base/log.h"
#include "platform/base/mem.h"

static struct clock_virtual now;
static struct clock clk;
static struct log *lg;
static struct log_src *src;
static struct log_conf conf;

/* What the sinks heard, one line each. */
static char heard[8192];

static void on_line(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        size_t n = strlen(heard);

        snprintf(heard + n, sizeof heard - n, "%s%d/%d/%u %s\n", (const char *)ctx, dest, level, id, line);
}

static void on_debug(void *ctx, enum debug_family f, const char *line)
{
        size_t n = strlen(heard);

        snprintf(heard + n, sizeof heard - n, "%s%s: %s\n", (const char *)ctx, debug_family_name(f), line);
}

static void on_buffer_line(void *ctx, const char *line)
{
        size_t n = strlen(heard);

        (void)ctx;
        snprintf(heard + n, sizeof heard - n, "%s\n", line);
}

static const char *buffer(void)
{
        heard[0] = 0;
        assert_int_equal(log_buffer_walk(lg, on_buffer_line, NULL), 0);
        return heard;
}

static int set_up(void **state)
{
        (void)state;
        now = (struct clock_virtual){ .wall = 1489055104ll * 1000000000 }; /* 9 March 2017 10:25:04 */
        clk = clock_of_virtual(&now);
        lg = log_new(&clk, 64);
        src = lg ? log_src_new(lg, "test") : NULL;
        heard[0] = 0;
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        return src ? log_configure(lg, &conf, NULL) : -1;
}

static int tear_down(void **state)
{
        (void)state;
        log_free(lg);
        return mem_live_blocks() ? -1 : 0;
}

static void configure(void)
{
        struct err e = { 0 };

        if (log_configure(lg, &conf, &e) < 0)
                fail_msg("%s", e.text);
}

static void emit_login(const char *user)
{
        log_msg(src, LOG_611101, LS("10.0.0.1"), LS(user));
}

static void emit_built(void)
{
        struct addr real = addr_v4(0x0a000001), mapped = addr_v4(0xcb007105), far = addr_v4(0xc6336409);

        log_msg(src, LOG_302013, LS("inbound"), LU(4711), LS("outside"), LA(&far), LU(49159), LA(&far), LU(49159),
                LS("inside"), LA(&real), LU(5061), LA(&mapped), LU(5061));
}

static void prints_the_line_forms(void **state)
{
#define TEXT                                                                                                         \
        "%ASA-6-302013: Built inbound TCP connection 4711 for outside:198.51.100.9/49159 (198.51.100.9/49159) to "   \
        "inside:10.0.0.1/5061 (203.0.113.5/5061)\n"
        (void)state;
        emit_built();
        assert_string_equal(buffer(), "");
        assert_int_equal(log_step(lg), 1);
        assert_string_equal(buffer(), TEXT);
        log_buffer_clear(lg);
        assert_string_equal(buffer(), "");
        conf.timestamp = true;
        configure();
        emit_built();
        log_step(lg);
        strcpy(conf.device_id, "FW1");
        configure();
        emit_built();
        log_step(lg);
        conf.timestamp = false;
        configure();
        emit_built();
        log_step(lg);
        assert_string_equal(buffer(), "Mar 09 2017 10:25:04: " TEXT "Mar 09 2017 10:25:04 FW1 : " TEXT "FW1 : " TEXT);
}

static void the_time_is_that_of_the_event(void **state)
{
        (void)state;
        conf.timestamp = true;
        conf.tz.offset_s = -5 * 3600;
        configure();
        emit_login("admin");
        clock_advance_ms(&now, 3600000);
        log_step(lg);
        assert_string_equal(buffer(), "Mar 09 2017 05:25:04: %ASA-6-611101: User authentication succeeded: "
                                      "IP address: 10.0.0.1, Uname: admin\n");
}

static void timestamps_as_in_rfc_5424(void **state)
{
        (void)state;
        conf.timestamp = conf.rfc5424 = true;
        conf.tz.offset_s = -5 * 3600; /* makes no difference */
        strcpy(conf.device_id, "FW1");
        configure();
        emit_login("admin");
        log_step(lg);
        assert_string_equal(buffer(), "2017-03-09T10:25:04Z FW1 : %ASA-6-611101: User authentication succeeded: "
                                      "IP address: 10.0.0.1, Uname: admin\n");
}

static void prints_hex_and_durations(void **state)
{
        struct addr a = addr_v4(0x0a000001);

        (void)state;
        log_msg(src, LOG_106023, LS("tcp"), LS("in"), LA(&a), LU(1), LS("out"), LA(&a), LU(2), LS("ACL"),
                LX(0x8ed66b60), LX(0));
        log_msg(src, LOG_305010, LS("static"), LS("in"), LA(&a), LS("out"), LA(&a), LD(3723999));
        log_msg(src, LOG_199002);
        log_step(lg);
        assert_string_equal(buffer(),
                            "%ASA-4-106023: Deny tcp src in:10.0.0.1/1 dst out:10.0.0.1/2 by access-group \"ACL\" "
                            "[0x8ed66b60, 0x0]\n"
                            "%ASA-6-305010: Teardown static translation from in:10.0.0.1 to out:10.0.0.1 duration "
                            "1:02:03\n"
                            "%ASA-6-199002: Startup completed.  Beginning operation.\n");
}

static void prints_ipv6(void **state)
{
        struct addr a;

        (void)state;
        assert_true(addr_parse("2001:db8::7", &a));
        log_msg(src, LOG_106017, LA(&a), LA(&a));
        log_step(lg);
        assert_string_equal(buffer(), "%ASA-2-106017: Deny IP due to Land Attack from 2001:db8::7 to 2001:db8::7\n");
}

static void wrong_arguments_print_a_question_mark(void **state)
{
        struct addr a = addr_v4(0x0a000001);

        (void)state;
        log_msg(src, LOG_106016, LA(&a));
        log_msg(src, LOG_106016, LS("x"), LU(1), LA(&a));
        log_msg(src, LOG_106016);
        log_msg(src, LOG_106016, LA(NULL), LA(&a), LS(NULL), LU(3), LS("more"));
        log_step(lg);
        assert_string_equal(buffer(), "%ASA-2-106016: Deny IP spoof from (10.0.0.1) to ? on interface ?\n"
                                      "%ASA-2-106016: Deny IP spoof from (?) to ? on interface ?\n"
                                      "%ASA-2-106016: Deny IP spoof from (?) to ? on interface ?\n"
                                      "%ASA-2-106016: Deny IP spoof from (0.0.0.0) to 10.0.0.1 on interface \n");
}

/* A sender that logs in as "x\n%ASA-..." must not write a message of its own. */
static void foreign_text_cannot_fake_a_line(void **state)
{
        (void)state;
        emit_login("x\n%ASA-1-104001: (Primary)\x1b[2J");
        log_step(lg);
        assert_string_equal(buffer(), "%ASA-6-611101: User authentication succeeded: IP address: 10.0.0.1, Uname: "
                                      "x\\x0a%ASA-1-104001: (Primary)\\x1b[2J\n");
}

/* Both strings are longer than a record; what comes behind them still arrives. */
static void long_strings_leave_room_for_the_rest(void **state)
{
        char text[3000];
        struct addr a = addr_v4(1);

        (void)state;
        memset(text, '\n', sizeof text);
        text[sizeof text - 1] = 0;
        log_msg(src, LOG_405001, LS(text), LA(&a), LS(text), LS(text));
        log_msg(src, LOG_313001, LU(8), LU(0), LA(&a), LS(text));
        log_step(lg);
        assert_non_null(strstr(buffer(), "\\x0a collision from 0.0.0.1/ on interface \n"));
        assert_non_null(strstr(buffer(), "Denied ICMP type=8, code=0 from 0.0.0.1 on interface \\x0a\\x0a"));
}

static void more_arguments_than_a_record_holds(void **state)
{
        struct log_arg many[200];

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(many); i++)
                many[i] = (struct log_arg)LU(i);
        log_emit(src, LOG_711001, many, ARRAY_LEN(many));
        assert_int_equal(log_step(lg), 1);
        assert_string_equal(buffer(), "%ASA-7-711001: ?\n");
}

static void without_a_source_nothing_happens(void **state)
{
        (void)state;
        assert_false(log_wanted(NULL, LOG_199002));
        log_emit(NULL, LOG_199002, NULL, 0);
        debug_line(NULL, DBG_MMP, "x");
        log_emit(src, LOG_MSGS, NULL, 0);
        assert_int_equal(log_step(lg), 0);
}

static void every_destination_has_its_own_filter(void **state)
{
        (void)state;
        conf.dest[LOG_TO_CONSOLE].level = LOG_L_WARNING;
        conf.dest[LOG_TO_TRAP].level = LOG_L_INFO;
        conf.dest[LOG_TO_MONITOR].level = LOG_L_INFO; /* nobody listens */
        configure();
        log_set_sink(lg, LOG_TO_CONSOLE, on_line, (void *)"c");
        log_set_sink(lg, LOG_TO_TRAP, on_line, (void *)"t");
        log_msg(src, LOG_199002);
        log_msg(src, LOG_446001, LU(2));
        log_step(lg);
        assert_string_equal(heard, "t3/6/199002 %ASA-6-199002: Startup completed.  Beginning operation.\n"
                                   "c1/4/446001 %ASA-4-446001: Maximum TLS Proxy session limit of 2 reached.\n"
                                   "t3/4/446001 %ASA-4-446001: Maximum TLS Proxy session limit of 2 reached.\n");
        log_set_sink(lg, LOG_TO_TRAP, NULL, NULL);
        heard[0] = 0;
        log_msg(src, LOG_199002);
        log_step(lg);
        assert_string_equal(heard, "");
}

static void counts_what_was_sent(void **state)
{
        struct log_stats s;

        (void)state;
        conf.dest[LOG_TO_CONSOLE].level = LOG_L_WARNING;
        conf.dest[LOG_TO_MONITOR].level = LOG_L_DEBUG;
        configure();
        log_set_sink(lg, LOG_TO_CONSOLE, on_line, (void *)"c");
        log_msg(src, LOG_199002);
        log_msg(src, LOG_446001, LU(2));
        log_stats(lg, &s);
        assert_int_equal(s.queued, 2);
        log_step(lg);
        log_stats(lg, &s);
        assert_int_equal(s.queued, 0);
        assert_int_equal(s.dest_count[LOG_TO_BUFFER], 2);
        assert_int_equal(s.dest_count[LOG_TO_CONSOLE], 1);
        assert_int_equal(s.dest_count[LOG_TO_MONITOR], 0);
}

static void a_full_ring_counts_and_never_blocks(void **state)
{
        struct log_src_stats per;
        struct log_stats s;

        (void)state;
        for (int i = 0; i < 100; i++)
                log_msg(src, LOG_199002);
        log_stats(lg, &s);
        assert_int_equal(s.queued, 64);
        assert_int_equal(s.lost, 36);
        assert_true(log_src_stats(lg, 0, &per));
        assert_string_equal(per.name, "test");
        assert_int_equal(per.lost, 36);
        assert_false(log_src_stats(lg, 1, &per));
        assert_int_equal(log_step(lg), 64);
}

static void a_queue_may_be_shorter_than_the_ring(void **state)
{
        struct log_stats s;

        (void)state;
        conf.queue = 10;
        configure();
        assert_int_equal(log_queue_limit(lg), 10);
        for (int i = 0; i < 12; i++)
                log_msg(src, LOG_199002);
        log_stats(lg, &s);
        assert_true(s.queued == 10 && s.lost == 2);
        assert_int_equal(log_step(lg), 10);
        log_msg(src, LOG_199002);
        assert_int_equal(log_step(lg), 1);
        conf.queue = 8192; /* more than there is room for */
        configure();
        assert_int_equal(log_queue_limit(lg), 64);
}

static void changed_and_disabled_messages(void **state)
{
        struct log_stats s;

        (void)state;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_ERR;
        conf.noverrides = 3;
        conf.overrides[0] = (struct log_override){ .id = 199002, .level = LOG_L_ALERT };
        conf.overrides[1] = (struct log_override){ .id = 717009, .level = LOG_L_NONE, .disabled = true };
        conf.overrides[2] = (struct log_override){ .id = 106101, .level = LOG_L_NONE };
        configure();
        assert_true(log_wanted(src, LOG_199002));
        assert_false(log_wanted(src, LOG_717009));
        assert_true(log_wanted(src, LOG_717002));
        assert_true(log_wanted(src, LOG_106101));
        assert_false(log_wanted(src, LOG_446001));
        log_msg(src, LOG_199002);
        log_emit(src, LOG_717009, NULL, 0); /* emitted all the same: dropped when it is drained */
        log_step(lg);
        assert_string_equal(buffer(), "%ASA-1-199002: Startup completed.  Beginning operation.\n");
        log_stats(lg, &s);
        assert_int_equal(s.dest_count[LOG_TO_BUFFER], 1);
}

static void lists_choose_by_level_or_number(void **state)
{
        struct log_list *l = &conf.lists[1];

        (void)state;
        conf.nlists = 2;
        strcpy(conf.lists[0].name, "other");
        strcpy(l->name, "uc");
        l->n = 2;
        l->item[0] = (struct log_list_item){ .level = LOG_L_CRIT };
        l->item[1] = (struct log_list_item){ .level = LOG_L_NONE, .lo = 725001, .hi = 725007 };
        strcpy(conf.dest[LOG_TO_BUFFER].list, "uc");
        conf.dest[LOG_TO_BUFFER].level = LOG_L_NONE;
        configure();
        assert_true(log_wanted(src, LOG_725001));
        assert_true(log_wanted(src, LOG_725007));
        assert_false(log_wanted(src, LOG_725008));
        assert_true(log_wanted(src, LOG_106001));
        assert_false(log_wanted(src, LOG_717009));
        strcpy(conf.dest[LOG_TO_BUFFER].list, "gone");
        configure();
        assert_false(log_wanted(src, LOG_106001));
}

static void nothing_while_logging_is_off(void **state)
{
        (void)state;
        conf.enable = false;
        configure();
        for (unsigned m = 0; m < LOG_MSGS; m++)
                assert_false(log_wanted(src, m));
        log_conf_init(&conf);
        conf.enable = true;
        configure();
        for (unsigned m = 0; m < LOG_MSGS; m++)
                assert_false(log_wanted(src, m));
}

static void configuration_is_checked(void **state)
{
        struct log_conf got, bad = conf;
        struct err e;

        (void)state;
        bad.buffer_size = 4095;
        assert_int_equal(log_configure(lg, &bad, &e), -1);
        assert_int_equal(e.code, ERR_RANGE);
        bad = conf;
        bad.facility = 24;
        assert_int_equal(log_configure(lg, &bad, &e), -1);
        bad = conf;
        bad.nlists = LOG_LISTS_MAX + 1;
        assert_int_equal(log_configure(lg, &bad, &e), -1);
        bad = conf;
        bad.noverrides = LOG_OVERRIDES_MAX + 1;
        assert_int_equal(log_configure(lg, &bad, &e), -1);
        bad = conf;
        bad.nlists = 1;
        bad.lists[0].n = LOG_LIST_ITEMS_MAX + 1;
        assert_int_equal(log_configure(lg, &bad, &e), -1);
        bad = conf;
        bad.buffer_size = 8192;
        mem_fail_nth(1, false);
        assert_int_equal(log_configure(lg, &bad, &e), -1);
        mem_fail_nth(0, false);
        assert_int_equal(e.code, ERR_NOMEM);
        log_get_conf(lg, &got);
        assert_memory_equal(&got, &conf, sizeof got);
}

static void fill_buffer(unsigned from, unsigned to)
{
        for (unsigned i = from; i < to; i++) {
                log_msg(src, LOG_446001, LU(i));
                log_step(lg);
        }
}

static struct {
        unsigned first, last, n;
} seen;

static void note_number(void *ctx, const char *line)
{
        unsigned v;

        (void)ctx;
        assert_int_equal(sscanf(line, "%%ASA-4-446001: Maximum TLS Proxy session limit of %u reached.", &v), 1);
        if (!seen.n++)
                seen.first = v;
        else
                assert_int_equal(v, seen.last + 1);
        seen.last = v;
}

static void walk_numbers(void)
{
        memset(&seen, 0, sizeof seen);
        assert_int_equal(log_buffer_walk(lg, note_number, NULL), 0);
}

/* A line of 65 bytes and its break: 62 of them in 4096 bytes, oldest whole lines go first. */
static void the_buffer_keeps_the_newest_lines(void **state)
{
        unsigned fits;

        (void)state;
        fill_buffer(10000, 11000);
        walk_numbers();
        fits = seen.n;
        assert_in_range(fits, 60, 66);
        assert_int_equal(seen.last, 10999);
        assert_int_equal(seen.first, 11000 - fits);
        conf.buffer_size = 40960;
        configure();
        walk_numbers();
        assert_int_equal(seen.n, fits);
        fill_buffer(11000, 11300);
        walk_numbers();
        assert_int_equal(seen.n, fits + 300);
        conf.buffer_size = 4096;
        configure();
        walk_numbers();
        assert_int_equal(seen.n, fits);
        assert_int_equal(seen.last, 11299);
        mem_fail_nth(1, false);
        assert_int_equal(log_buffer_walk(lg, note_number, NULL), -1);
        mem_fail_nth(0, false);
}

static void debug_goes_to_its_sink_or_to_711001(void **state)
{
        (void)state;
        log_set_debug_sink(lg, on_debug, (void *)"d ");
        assert_false(debug_on(src, DBG_MMP));
        debug_line(src, DBG_MMP, "MMP:: status: %d", 200);
        debug_set(lg, DBG_MMP, true);
        assert_true(debug_on(src, DBG_MMP));
        assert_true(debug_is_set(lg, DBG_MMP));
        assert_false(debug_on(src, DBG_TFTP));
        debug_line(src, DBG_MMP, "MMP:: status: %d", 201);
        debug_line(src, DBG_TFTP, "PP: no");
        assert_int_equal(log_step(lg), 1);
        assert_string_equal(heard, "d mmp: MMP:: status: 201\n");
        heard[0] = 0;
        conf.debug_trace = true;
        configure();
        debug_line(src, DBG_MMP, "MMP:: version %s", "OLWP-2.0");
        log_step(lg);
        assert_string_equal(heard, "");
        assert_string_equal(buffer(), "%ASA-7-711001: MMP:: version OLWP-2.0\n");
        debug_set(lg, DBG_MMP, false);
        debug_line(src, DBG_MMP, "MMP:: late");
        assert_int_equal(log_step(lg), 0);
}

static void long_debug_lines_are_cut(void **state)
{
        char text[2000];

        (void)state;
        memset(text, 'y', sizeof text);
        text[sizeof text - 1] = 0;
        log_set_debug_sink(lg, on_debug, (void *)"");
        debug_set(lg, DBG_TFTP, true);
        debug_line(src, DBG_TFTP, "%s", text);
        log_step(lg);
        assert_in_range(strlen(heard), 450, 520);
}

static void sources_are_limited(void **state)
{
        (void)state;
        for (int i = 1; i < 64; i++)
                assert_non_null(log_src_new(lg, "more"));
        assert_null(log_src_new(lg, "too many"));
}

static void survives_every_failure(void **state)
{
        (void)state;
        for (uint64_t n = 1; n <= 6; n++) {
                struct log *l;
                bool ok;

                mem_fail_nth(n, false);
                l = log_new(&clk, 4);
                ok = l && log_src_new(l, "x");
                mem_fail_nth(0, false);
                assert_int_equal(ok, n == 6);
                log_free(l);
        }
        log_free(NULL);
}

enum { WRITERS = 3, LINES = 3000 };

static atomic_uint written;

static void *writer(void *arg)
{
        for (int i = 0; i < LINES; i++) {
                log_msg(arg, LOG_446001, LU(i));
                debug_line(arg, DBG_MMP, "line %d", i);
        }
        written++;
        return NULL;
}

static void count_line(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        (void)dest;
        (void)level;
        (void)id;
        (void)line;
        ++*(unsigned *)ctx;
}

static void count_debug(void *ctx, enum debug_family f, const char *line)
{
        (void)f;
        (void)line;
        ++*(unsigned *)ctx;
}

/* Writers, the log's thread and an operator who reconfigures and looks, all at once: nothing is lost uncounted. */
static void many_threads(void **state)
{
        struct log *l = log_new(&clock_system, 32);
        pthread_t t[WRITERS];
        struct log_stats s;
        unsigned lines = 0, debugs = 0;

        (void)state;
        written = 0;
        conf.dest[LOG_TO_CONSOLE].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(l, &conf, NULL), 0);
        debug_set(l, DBG_MMP, true);
        log_set_sink(l, LOG_TO_CONSOLE, count_line, &lines);
        log_set_debug_sink(l, count_debug, &debugs);
        for (int i = 0; i < WRITERS; i++)
                pthread_create(&t[i], NULL, writer, log_src_new(l, "writer"));
        for (unsigned round = 0; written < WRITERS; round++) {
                log_step(l);
                if (round % 16 == 0) {
                        conf.timestamp = !conf.timestamp;
                        conf.buffer_size = 4096 + round % 4096;
                        assert_int_equal(log_configure(l, &conf, NULL), 0);
                        log_stats(l, &s);
                }
        }
        for (int i = 0; i < WRITERS; i++)
                pthread_join(t[i], NULL);
        while (log_step(l))
                ;
        log_stats(l, &s);
        assert_int_equal(s.queued, 0);
        assert_int_equal(s.lost + lines + debugs, 2 * WRITERS * LINES);
        assert_int_equal(s.dest_count[LOG_TO_CONSOLE], lines);
        log_free(l);
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                LOG_TEST(prints_the_line_forms),
                LOG_TEST(the_time_is_that_of_the_event),
                LOG_TEST(prints_hex_and_durations),
                LOG_TEST(prints_ipv6),
                LOG_TEST(wrong_arguments_print_a_question_mark),
                LOG_TEST(foreign_text_cannot_fake_a_line),
                LOG_TEST(long_strings_leave_room_for_the_rest),
                LOG_TEST(more_arguments_than_a_record_holds),
                LOG_TEST(without_a_source_nothing_happens),
                LOG_TEST(every_destination_has_its_own_filter),
                LOG_TEST(counts_what_was_sent),
                LOG_TEST(a_full_ring_counts_and_never_blocks),
                LOG_TEST(a_queue_may_be_shorter_than_the_ring),
                LOG_TEST(timestamps_as_in_rfc_5424),
                LOG_TEST(changed_and_disabled_messages),
                LOG_TEST(lists_choose_by_level_or_number),
                LOG_TEST(nothing_while_logging_is_off),
                LOG_TEST(configuration_is_checked),
                LOG_TEST(the_buffer_keeps_the_newest_lines),
                LOG_TEST(debug_goes_to_its_sink_or_to_711001),
                LOG_TEST(long_debug_lines_are_cut),
                LOG_TEST(sources_are_limited),
                LOG_TEST(survives_every_failure),
                LOG_TEST(many_threads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
