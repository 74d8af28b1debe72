/*
 * Every row of drop.def is produced on the real path here, or stands in a table (tests/path/support/drop_*.c) with
 * the reason why it cannot be. A new row that does neither makes the test fail.
 */
#include "tests/path/support/path_drop.h"

#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_media.h"

struct path_fixture drop_fx;
enum drop_reason drop_making;

static const char open_list[] = "access-list outside_in extended permit ip any any\n"
                                "access-group outside_in in interface outside\n";

static const struct drop_row *const tables[] = { drop_frames, drop_rules, drop_flows, drop_punt, drop_media };

static bool makes(const struct drop_row *r)
{
        return r->make || r->edit.proto;
}

static bool is_row(const struct drop_row *r)
{
        return makes(r) || r->absent;
}

static unsigned rows_of(unsigned why)
{
        unsigned n = 0;

        for (size_t i = 0; i < ARRAY_LEN(tables); i++)
                for (const struct drop_row *r = tables[i]; is_row(r); r++)
                        n += r->why == why;
        return n;
}

static void every_reason_has_a_row(void **state UNUSED)
{
        for (unsigned why = 0; why < DROP_REASONS; why++)
                if (rows_of(why) != 1)
                        fail_msg("%u rows produce %s (%s)", rows_of(why), drop_key(why), drop_text(why));
}

/* The counter moves by one, the operator sees it, and the interface it came in by counts it where there was one. */
static void run(const struct drop_row *r)
{
        char conf[4096], line[64];

        snprintf(conf, sizeof conf, "%s%s%s", px_base, open_list, PM_MTA);
        drop_fx.conf.conns_max = r->conns;
        drop_fx.conf.pkts_small = r->pkts;
        px_start(&drop_fx, conf, true);
        drop_making = r->why;
        if (r->make)
                r->make();
        else
                drop_send_edited(&r->edit);
        if (px_drops(&drop_fx, r->why) != 1)
                fail_msg("%s: counted %u times\n%s", drop_key(r->why), (unsigned)px_drops(&drop_fx, r->why),
                         px_show(&drop_fx, "show asp drop"));
        snprintf(line, sizeof line, "(%s) ", drop_key(r->why));
        if (!strstr(px_show(&drop_fx, "show asp drop"), line))
                fail_msg("%s is not shown:\n%s", drop_key(r->why), drop_fx.text);
        px_stop(&drop_fx);
}

static void every_reason_is_counted_once(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(tables); i++)
                for (const struct drop_row *r = tables[i]; is_row(r); r++)
                        if (!r->absent)
                                run(r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_reason_has_a_row),
                cmocka_unit_test(every_reason_is_counted_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
