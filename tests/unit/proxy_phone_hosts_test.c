/* Addresses and names of a phone's file as the phone is told of them: NAT, CTL, and a name service of our own. */
#include <stdlib.h>

#include "proxy/phone/phone_hosts.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

struct bench {
        struct worker_fixture f;
        struct nat_fixture n;
        struct phone_ctl_rt ctl;
        struct phone_proxy_rt pp;
        struct name_service names;
        struct phone_hosts hosts;
        enum name_state state;
        struct name_answer answer;
        unsigned asked;
        char name[256]; /* asked for last */
};

static enum name_state ask(void *ctx, const char *name, struct name_answer *out)
{
        struct bench *b = ctx;

        b->asked++;
        snprintf(b->name, sizeof b->name, "%s", name);
        *out = b->answer;
        return b->state;
}

static int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);

        wf_init(&b->f);
        nf_init(&b->n);
        nf_host(&b->n, "cm", "10.1.1.20");
        nf_static(&b->n, "cm", "inside", "outside", "192.0.2.20");
        nf_host(&b->n, "pool", "10.1.1.30");
        nf_dynamic(&b->n, "pool", "inside", "outside", "192.0.2.30");
        b->f.part[SNAP_NAT] = nf_compile(&b->n, &b->f);
        wf_start(&b->f);
        b->ctl.n = 1;
        b->ctl.at[0].addr = pb_addr("192.0.2.20");
        strcpy(b->ctl.at[0].dns, "known.example.com");
        b->pp.ctl = &b->ctl;
        b->names = (struct name_service){ .ctx = b, .ask = ask };
        b->hosts = (struct phone_hosts){ b->f.w->snap, &b->pp, WF_OUTSIDE, &b->names, "", "" };
        worker_step(b->f.w);
        b->hosts.snap = b->f.w->snap;
        *state = b;
        return 0;
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        nf_fini(&b->n);
        wf_stop(&b->f);
        free(b);
        return 0;
}

static int translate(struct bench *b, enum phone_xml_kind kind, const char *text, struct phone_xml_host *h,
                     struct err *e)
{
        *h = (struct phone_xml_host){ .kind = kind, .sccp = 2000, .sips = 5061 };
        if (kind == PHONE_XML_CAPF)
                *h = (struct phone_xml_host){ .kind = kind, .port = 3804 };
        snprintf(h->text, sizeof h->text, "%s", text);
        *e = (struct err){ 0 };
        return phone_host_translate(&b->hosts, h, e);
}

static void answers(struct bench *b, const char *first, const char *second)
{
        b->state = NAME_KNOWN;
        b->answer.n = second ? 2 : 1;
        b->answer.at[0] = pb_addr(first);
        if (second)
                b->answer.at[1] = pb_addr(second);
}

static void test_addresses_as_ever(void **state)
{
        struct bench *b = *state;
        struct phone_xml_host h;
        struct err e;

        assert_int_equal(translate(b, PHONE_XML_CM, "10.1.1.20", &h, &e), 0);
        assert_string_equal(h.text, "192.0.2.20");
        assert_int_equal(translate(b, PHONE_XML_CM, "10.1.1.21", &h, &e), -1);
        assert_string_equal(e.text, "the CTL has no entry for call manager 10.1.1.21 (10.1.1.21 for phones)");
        assert_int_equal(b->asked, 0);
}

static void test_a_name_gives_way_to_its_address(void **state)
{
        struct bench *b = *state;
        struct phone_xml_host h;
        struct err e;

        answers(b, "10.1.1.20", NULL);
        assert_int_equal(translate(b, PHONE_XML_CM, "cm1", &h, &e), 0);
        assert_string_equal(h.text, "192.0.2.20");
        assert_true(h.sccp == 2000 && h.sips == 5061);
        assert_string_equal(b->name, "cm1");
        assert_int_equal(translate(b, PHONE_XML_CAPF, "capf", &h, &e), 0);
        assert_string_equal(h.text, "192.0.2.20");
        assert_int_equal(h.port, 3804);
        assert_string_equal(b->hosts.name, "");
}

static void test_names_of_the_ctl_stay(void **state)
{
        struct bench *b = *state;
        struct phone_xml_host h;
        struct err e;

        assert_int_equal(translate(b, PHONE_XML_CM, "Known.example.com", &h, &e), 0);
        assert_string_equal(h.text, "Known.example.com");
        assert_int_equal(b->asked, 0);
}

static void test_the_first_address_that_will_do(void **state)
{
        struct bench *b = *state;
        struct phone_xml_host h;
        struct err e;

        answers(b, "10.1.1.99", "10.1.1.20");
        assert_int_equal(translate(b, PHONE_XML_CM, "cm1", &h, &e), 0);
        assert_string_equal(h.text, "192.0.2.20");
        answers(b, "10.1.1.30", "10.1.1.20"); /* a dynamic translation leads nobody there */
        assert_int_equal(translate(b, PHONE_XML_CAPF, "capf", &h, &e), 0);
        assert_string_equal(h.text, "192.0.2.20");
        answers(b, "10.1.1.99", "10.1.1.98");
        assert_int_equal(translate(b, PHONE_XML_CM, "cm1", &h, &e), -1);
        assert_string_equal(e.text,
                            "name cm1: the CTL has no entry for call manager 10.1.1.98 (10.1.1.98 for phones)");
        assert_string_equal(h.text, "cm1");
}

static void test_not_yet(void **state)
{
        struct bench *b = *state;
        struct phone_xml_host h;
        struct err e;

        b->state = NAME_ASKED;
        assert_int_equal(translate(b, PHONE_XML_CM, "cm1", &h, &e), 1);
        assert_string_equal(h.text, "cm1");
}

static void test_no_address(void **state)
{
        struct bench *b = *state;
        struct phone_xml_host h;
        struct err e;

        b->state = NAME_UNKNOWN;
        strcpy(b->answer.why, "no such name, says DNS server 10.1.1.53");
        assert_int_equal(translate(b, PHONE_XML_SRST, "cm1", &h, &e), -1);
        assert_string_equal(e.text,
                            "name cm1: not in the CTL, and no address: no such name, says DNS server 10.1.1.53");
        assert_string_equal(b->hosts.name, "cm1");
        assert_string_equal(b->hosts.why, b->answer.why);
        b->hosts.names = NULL;
        assert_int_equal(translate(b, PHONE_XML_CM, "cm1", &h, &e), -1);
        assert_string_equal(e.text, "name cm1: not in the CTL, and no address: there is no DNS client");
        b->hosts.names = &(struct name_service){ .ctx = NULL };
        assert_int_equal(translate(b, PHONE_XML_CM, "cm1", &h, &e), -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_addresses_as_ever),
                T(test_a_name_gives_way_to_its_address),
                T(test_names_of_the_ctl_stay),
                T(test_the_first_address_that_will_do),
                T(test_not_yet),
                T(test_no_address),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
