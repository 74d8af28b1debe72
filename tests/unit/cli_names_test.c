/* Addresses by their names: what is printed reads back to the same, whatever words serve as names. */
#include "tests/support/test.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/file.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/conf_gen.h"
#include "tests/support/console_fixture.h"

#define CONFIGS 60
#define LINES 80

static void has(const char *text, const char *words)
{
        if (!strstr(text, words))
                fail_msg("no \"%s\" in:\n%s", words, text);
}

static void lacks(const char *text, const char *words)
{
        if (strstr(text, words))
                fail_msg("\"%s\" in:\n%s", words, text);
}

/* ---- printed and read ---- */

static char *text_of(const struct store *s, bool numbers)
{
        const struct running_opts o = { .plain = true, .numbers = numbers };
        struct text t = { 0 };
        struct err e;
        char *copy;

        assert_int_equal(running_write(s, &o, &t, &e), 0);
        copy = strdup(text_str(&t));
        text_fini(&t);
        return copy;
}

static struct store *read_back(const struct conf_fixture *f, const char *text)
{
        struct store *s = store_new_empty(f->tree);
        struct load_report rep = { .fn = NULL };
        struct conf_ctx c;

        assert_non_null(s);
        conf_ctx_init(&c, s);
        c.replace = true;
        if (conf_load(&c, text, strlen(text), &rep) < 0)
                fail_msg("%u lines refused of:\n%s", rep.errors, text);
        conf_ctx_fini(&c);
        return s;
}

/* Every address of the text gets a name; some are words of the language or beginnings of them. Returns how many. */
static unsigned name_all(struct conf_fixture *f, const char *text)
{
        static const char *const odd[] = { "timeout", "tim",   "extended", "mail", "server",  "h",      "permit",
                                           "eq",      "track", "tunneled", "log",  "outside", "i",      "static",
                                           "tcp",     "range", "ip",       "nat",  "standby", "subnet", "address",
                                           "alias",   "port",  "name",     "echo", "aol",     "sip" };
        unsigned n = 0;

        for (const char *p = text; *p; p++) {
                size_t len = strspn(p, "0123456789.");
                char line[120], word[16];

                if ((p > text && !isspace((unsigned char)p[-1])) || len < 7 || len > 15 ||
                    (p[len] && !isspace((unsigned char)p[len])))
                        continue;
                snprintf(word, sizeof word, "alias%u", n);
                snprintf(line, sizeof line, "name %.*s %s", (int)len, p, n < ARRAY_LEN(odd) ? odd[n] : word);
                conf_top(&f->c);
                n += conf_type(f, line) == CLI_OK;
        }
        return n;
}

static unsigned named_lines(const char *numbers, const char *names)
{
        unsigned n = 0;

        for (; *numbers && *names; n++) {
                size_t a = strcspn(numbers, "\n"), b = strcspn(names, "\n");

                if (a == b && !memcmp(numbers, names, a))
                        n--;
                numbers += a + 1;
                names += b + 1;
        }
        return n;
}

static unsigned one_config(struct conf_gen *g)
{
        struct conf_fixture f;
        struct store *back;
        char *before, *numbers, *names, *again;
        unsigned shown;

        conf_fixture_init(&f);
        f.c.hash_rounds = 1;
        conf_accept(&f, gen_ports);
        conf_accept(&f, gen_furniture);
        for (unsigned i = 0; i < LINES; i++) {
                struct text line = { 0 };

                gen_line(g, &f.c, &line);
                conf_type(&f, text_str(&line));
                text_fini(&line);
        }
        conf_top(&f.c);
        conf_type(&f, "names");
        before = text_of(f.s, true);
        name_all(&f, before);
        numbers = text_of(f.s, true);
        names = text_of(f.s, false);
        back = read_back(&f, names);
        again = text_of(back, true);
        assert_string_equal(again, numbers);
        shown = named_lines(numbers, names);
        free(before);
        free(numbers);
        free(names);
        free(again);
        store_free(back);
        conf_fixture_fini(&f);
        return shown;
}

static void whatever_the_names_it_reads_back(void **state UNUSED)
{
        struct conf_gen g = { .state = gen_seed() };
        unsigned shown = 0;

        for (unsigned i = 0; i < CONFIGS; i++)
                shown += one_config(&g);
        printf("%u lines with names\n", shown);
        assert_true(shown > 5 * CONFIGS);
}

static const char furniture[] =
        "interface g0/0\nnameif outside\nip address 192.0.2.1 255.255.255.0\nexit\n"
        "name 10.0.0.5 cucm\nname 10.0.0.6 timeout\nname 10.0.0.7 obj\nname 10.0.0.8 outside\n"
        "name 192.0.2.11 address\nname 10.0.0.9 first\nname 10.0.0.9 second\nname 10.0.0.10 EXT\nname 10.1.0.0 "
        "branch\n"
        "object network obj\nhost 10.0.0.5\nexit\n";

/* Each line as it is printed with names. */
static void words_that_would_mean_something_else(void **state UNUSED)
{
        static const char *const rows[][2] = {
                { "ssh 10.0.0.5 255.255.255.255 outside", "ssh cucm 255.255.255.255 outside" },
                { "ssh 10.0.0.6 255.255.255.255 outside", "ssh 10.0.0.6 255.255.255.255 outside" }, /* ssh timeout */
                { "http 10.0.0.6 255.255.255.255 outside", "http timeout 255.255.255.255 outside" },
                { "http 10.0.0.7 255.255.255.255 outside", "http 10.0.0.7 255.255.255.255 outside" }, /* an object */
                { "http 10.0.0.8 255.255.255.255 outside",
                  "http 10.0.0.8 255.255.255.255 outside" }, /* an interface */
                { "http 10.0.0.9 255.255.255.255 outside", "http first 255.255.255.255 outside" },
                { "route outside 10.1.0.0 255.255.0.0 10.0.0.5 1", "route outside branch 255.255.0.0 cucm 1" },
                { "access-list a extended permit tcp host 10.0.0.5 10.1.0.0 255.255.0.0 eq 5061",
                  "access-list a extended permit tcp host cucm branch 255.255.0.0 eq 5061" },
                { "access-list a extended permit ip host 10.0.0.10 any", /* begins extended */
                  "access-list a extended permit ip host 10.0.0.10 any" },
                { "access-list a remark host 10.0.0.5", "access-list a remark host 10.0.0.5" },
                { "media-termination m\n address 192.0.2.11 interface outside", /* a word of another mode's row */
                  "media-termination m\n address 192.0.2.11 interface outside" },
        };
        struct conf_fixture f;
        char *numbers, *names;

        conf_fixture_init(&f);
        conf_accept(&f, furniture);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                conf_accept(&f, rows[i][0]);
        numbers = text_of(f.s, true);
        names = text_of(f.s, false);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                has(numbers, rows[i][0]);
                has(names, rows[i][1]);
        }
        has(names, "\nname 10.0.0.5 cucm\n");
        has(names, "\nobject network obj\n host cucm\n");
        lacks(numbers, "host cucm");
        free(names);
        conf_accept(&f, "no names");
        names = text_of(f.s, false);
        free(numbers);
        numbers = text_of(f.s, true);
        assert_string_equal(names, numbers);
        free(names);
        free(numbers);
        conf_fixture_fini(&f);
}

static void the_address_is_enough_to_take_a_name_back(void **state UNUSED)
{
        struct conf_fixture f;

        conf_fixture_init(&f);
        conf_accept(&f, "name 10.0.0.5 cucm\nname 10.0.0.6 pub description x\nname 10.0.0.7 tftp\nno name 10.0.0.5\n"
                        "no name 10.0.0.7 tftp\n");
        assert_string_equal(conf_running(&f, "name", true), "name 10.0.0.6 pub description x\n");
        assert_int_equal(conf_type(&f, "no name 10.0.0.5"), CLI_ERROR);
        assert_int_equal(conf_type(&f, "name 10.0.0.5"), CLI_INCOMPLETE);
        conf_accept(&f, "no name pub");
        assert_string_equal(conf_running(&f, "name", true), "");
        conf_fixture_fini(&f);
}

/* ---- on a console ---- */

static void what_is_shown_saved_and_compared(void **state UNUSED)
{
        struct console_fixture f;
        const char *t;
        char *saved;

        cf_open(&f);
        t = cf_priv(&f, "configure terminal\ninterface g0/0\nnameif outside\nip address 192.0.2.1 255.255.255.0\nno "
                        "shutdown\nexit\n"
                        "name 10.0.0.5 cucm\nroute outside 10.0.0.5 255.255.255.255 192.0.2.9\n"
                        "access-list a extended permit tcp any host cucm eq 5061\nend\nwrite memory\nshow "
                        "running-config route\n"
                        "show access-list a\nshow running-config diff\nshow route\nshow route | json\nshow names\n");
        has(t, "\nroute outside cucm 255.255.255.255 192.0.2.9 1\n");
        has(t, "access-list a line 1 extended permit tcp any host cucm eq 5061 (hitcnt=");
        has(t, "cucm 255.255.255.255 [1/0] via 192.0.2.9, outside\n");
        has(t, "\"network\": \"10.0.0.5\"");
        has(t, "\nname 10.0.0.5 cucm\n");
        saved = cf_file(&f, "startup-config");
        has(saved, "\nroute outside cucm 255.255.255.255 192.0.2.9 1\n");
        free(saved);
        /* another name is no other line */
        t = cf_priv(&f,
                    "configure terminal\nno name 10.0.0.5 cucm\nname 10.0.0.5 pub\nend\nshow running-config diff\n");
        has(t, "-name 10.0.0.5 cucm\n+name 10.0.0.5 pub\n");
        lacks(t, "-route");
        t = cf_priv(&f, "rollback 1 noconfirm\nshow running-config route\nconfigure terminal\nno names\nend\n"
                        "show running-config route\nshow access-list a\nshow route\n");
        has(t, "\nroute outside cucm 255.255.255.255 192.0.2.9 1\n");
        has(t, "\nroute outside 10.0.0.5 255.255.255.255 192.0.2.9 1\n");
        has(t, "access-list a line 1 extended permit tcp any host 10.0.0.5 eq 5061 (hitcnt=");
        has(t, "10.0.0.5 255.255.255.255 [1/0] via 192.0.2.9, outside\n");
        cf_close(&f);
}

/* What only looks like the address that has the name, and where names are typed outside of lines. */
static void masks_and_other_places(void **state UNUSED)
{
        struct console_fixture f;
        const char *t;

        cf_open(&f);
        t = cf_priv(&f, "configure terminal\ninterface g0/0\nnameif outside\nip address 192.0.2.1 255.255.255.0\nno "
                        "shutdown\nexit\nname 255.255.255.0 m24\nname 0.0.0.0 zero\nname 10.0.0.5 cu-cm\n"
                        "name 10.0.0.9 srv\nroute outside 0.0.0.0 0.0.0.0 192.0.2.9\n"
                        "access-list a extended permit tcp any host cu-cm eq 5061\nend\nshow route\n"
                        "show running-config route\n");
        has(t, "C        192.0.2.0 255.255.255.0 is directly connected, outside\n");
        has(t, "S*       0.0.0.0 0.0.0.0 [1/0] via 192.0.2.9, outside\n");
        has(t, "\nroute outside 0.0.0.0 0.0.0.0 192.0.2.9 1\n");
        t = cf_priv(&f, "show access-list a | json\n");
        has(t, "host 10.0.0.5 eq 5061");
        lacks(t, "host cu-cm");
        has(cf_priv(&f, "clear conn address cu-cm-srv\n"), " connection(s) deleted.\n");
        has(cf_priv(&f, "clear conn address cu-cm\n"), " connection(s) deleted.\n");
        has(cf_priv(&f, "clear conn address cu\n"), "ERROR: cu is not an address or a range of addresses\n");
        lacks(cf_priv(&f, "capture c match ip host srv cu-cm 255.255.255.255\n"), "ERROR");
        has(cf_priv(&f, "capture c match ip host nobody any\n"), "ERROR: nobody is not an address\n");
        t = cf_priv(&f, "ping\ny\n\nsrv\n80\ny\nsrv\n\n\n\n");
        has(t, "Source IP address: srv\nSource IP port: ");
        lacks(t, "is not an IP address");
        has(cf_priv(&f, "ping\ny\n\nsrv\n80\ny\nnobody\n"), "ERROR: nobody is not an IP address\n");
        cf_close(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(whatever_the_names_it_reads_back),
                cmocka_unit_test(words_that_would_mean_something_else),
                cmocka_unit_test(the_address_is_enough_to_take_a_name_back),
                cmocka_unit_test(what_is_shown_saved_and_compared),
                cmocka_unit_test(masks_and_other_places),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
