/*
 * Calls with real threads: two proxy workers open, re-key and close media sessions on two dataplane workers while
 * media flows through them, SIP over UDP is inspected, phone proxy and media-termination are taken away and put back,
 * and a console looks and clears. TSan and ASan look on.
 *
 * Media of a call must come to the dataplane worker that has its signalling: the appliance runs one (docs/media.md);
 * here each worker has ports of its own, so the test sees to it.
 */
#include "tests/path/support/path_threads.h"

#include "inspect/sip/sip.h"
#include "policy/pinhole.h"
#include "tests/path/support/path_calls.h"
#include "tests/support/media_peer.h"

#define CALLERS 4u
#define PATIENCE 100u /* turns of the injector; then a caller goes on with something else: his call may be cleared   \
                       */
#define FRAMES 8u

static const char config[] = "interface GigabitEthernet0/0\n"
                             " nameif outside\n"
                             " security-level 0\n"
                             " ip address 192.0.2.1 255.255.255.0\n"
                             " no shutdown\n"
                             "interface GigabitEthernet0/1\n"
                             " nameif inside\n"
                             " security-level 100\n"
                             " ip address 10.0.0.1 255.255.255.0\n"
                             " no shutdown\n"
                             "logging enable\n"
                             "logging buffered debugging\n" PC_CONFIG "policy-map type inspect sip calls\n"
                             " parameters\n"
                             "  max-forwards-validation action drop log\n"
                             "class-map inspection_default\n"
                             " match default-inspection-traffic\n"
                             "policy-map global_policy\n"
                             " class inspection_default\n"
                             "  no inspect sip\n"
                             "  inspect sip calls\n"
                             "service-policy global_policy global\n";

/* What a caller's present call has on the box; 0: nothing. */
static struct line {
        atomic_uint in, out, relayed;
} line[CALLERS];
static atomic_bool stop_callers;
static atomic_uint answered, heard_media, foreign_ports;
static pthread_t caller[CALLERS];

/* ---- callers ---- */

/* Waits a little; false: it has been long enough since turn `since`. */
static bool wait_more(unsigned since)
{
        usleep(100);
        return atomic_load(&lab.turns) - since < PATIENCE && !atomic_load(&stop_callers);
}

static char *phone_of(unsigned c, char text[16])
{
        snprintf(text, 16, "192.0.2.%u", 10 + c);
        return text;
}

/* A flow and its session, while the phone proxy is in force. */
static bool plug(unsigned c, struct pc_phone *p, uint16_t port)
{
        char from[16];
        uint8_t f[256];
        unsigned since = atomic_load(&lab.turns);
        size_t n = pb_tcp(f, sizeof f, phone_of(c, from), port, "192.0.2.140", 5061, PB_SYN, 1, 0, NULL, 0);

        *p = (struct pc_phone){ .port = port };
        lab_put(c % WORKERS, 0, f, n);
        do {
                for (unsigned w = 0; w < WORKERS; w++) {
                        p->proxy = lab.parts.proxy[w];
                        if (pc_connect(p))
                                return true;
                }
        } while (wait_more(since));
        return false;
}

/* The port in what comes through next; 0: nothing came. */
static uint16_t wait_port(struct pc_phone *p, enum inspect_dir dir)
{
        unsigned since = atomic_load(&lab.turns);
        char text[8192];

        do {
                if (pc_hear(p, dir, text, sizeof text) && pc_media_port(text))
                        return pc_media_port(text);
        } while (wait_more(since));
        return 0;
}

static void media_flows(struct line *l, uint16_t in, uint16_t out)
{
        unsigned before = atomic_load(&l->relayed), since = atomic_load(&lab.turns);

        atomic_store(&l->out, out);
        atomic_store(&l->in, in);
        while (atomic_load(&l->relayed) - before < 4 && wait_more(since))
                continue;
        atomic_fetch_add(&heard_media, atomic_load(&l->relayed) - before >= 4);
}

/* false: the session is gone. */
static bool talk(unsigned c, struct pc_phone *p, unsigned id)
{
        uint16_t in, out;

        if (!pc_say(p, PC_INVITE, id) || !(in = wait_port(p, DIR_C2S)))
                return false;
        if (!pc_say(p, PC_OK, id) || !(out = wait_port(p, DIR_S2C)) || !pc_say(p, PC_ACK, id))
                return false;
        atomic_fetch_add(&answered, 1);
        atomic_fetch_add(&foreign_ports, in / 2 % WORKERS != p->proxy->id || out / 2 % WORKERS != p->proxy->id);
        media_flows(&line[c], in, out);
        if (!pc_say(p, PC_REINVITE, id) || !wait_port(p, DIR_C2S) || !pc_say(p, PC_REINVITE_OK, id))
                return false;
        atomic_store(&line[c].in, 0);
        return id % 4 == 0 || (pc_say(p, PC_BYE, id) && pc_say(p, PC_BYE_OK, id)); /* some are never hung up */
}

static void *run_caller(void *arg)
{
        unsigned c = (unsigned)((struct line *)arg - line), id = c * 1000000;
        uint16_t port = 1024;

        while (!atomic_load(&stop_callers)) {
                struct pc_phone p;
                bool up;

                port = port == 60000 ? 1024 : (uint16_t)(port + 1);
                if (!plug(c, &p, port))
                        continue;
                up = true;
                for (unsigned k = 0; k < 8 && up && !atomic_load(&stop_callers); k++)
                        up = talk(c, &p, ++id);
                pc_drop(&p, id % 2);
        }
        return NULL;
}

/* ---- the wire ---- */

static void on_sent(unsigned w, unsigned port, const struct pb_view *v)
{
        for (unsigned c = w; port == 0 && v->dport == 4000 && c < CALLERS; c += WORKERS)
                if (v->sport == atomic_load(&line[c].out))
                        atomic_fetch_add(&line[c].relayed, 1);
}

static void put_media(struct media_peer *desk, unsigned c)
{
        unsigned in = atomic_load(&line[c].in), out = atomic_load(&line[c].out);
        uint8_t f[2048], pay[512];
        size_t n;

        if (!in)
                return;
        n = peer_rtp(desk, pay);
        lab_put(c % WORKERS, 1, f, pb_udp(f, sizeof f, PC_DESK, 6000, PC_IN, (uint16_t)in, pay, n));
        lab_put(c % WORKERS, 0, f, pb_udp(f, sizeof f, PC_PHONE, 4000, PC_OUT, (uint16_t)out, pay, n)); /* forged */
}

static void put_sip(unsigned w, bool server, uint16_t port, enum pc_msg what, unsigned id)
{
        uint8_t f[2048];
        char text[1500], name[16];
        size_t n;

        snprintf(name, sizeof name, "udp-%u", id);
        n = pc_text(text, sizeof text, what, name, true);
        n = server ? pb_udp(f, sizeof f, "10.0.0.5", 5060, "192.0.2.20", port, text, n)
                   : pb_udp(f, sizeof f, "192.0.2.20", port, "192.0.2.140", 5060, text, n);
        lab_put(w, server ? 1 : 0, f, n);
}

/* Calls over UDP, each message a turn behind the one it answers. */
static void put_datagrams(unsigned turn)
{
        static const enum pc_msg msg[] = { PC_INVITE, PC_OK, PC_ACK, PC_BYE, PC_BYE_OK };

        for (unsigned i = 0; i < ARRAY_LEN(msg) && i <= turn; i++)
                put_sip((turn - i) % WORKERS, pc_rows[msg[i]].server, (uint16_t)(2000 + (turn - i) % 500), msg[i],
                        turn - i);
}

static void *run_injector(void *arg UNUSED)
{
        struct media_peer desk = { .ssrc = 2 };

        for (unsigned turn = 0; !atomic_load(&lab.stop_injector); turn++) {
                put_datagrams(turn);
                for (unsigned k = 0; k < FRAMES; k++)
                        for (unsigned c = 0; c < CALLERS; c++)
                                put_media(&desk, c);
                lab_turn();
        }
        return NULL;
}

/* ---- consoles ---- */

static void *run_viewer(void *arg UNUSED)
{
        static const char looks[] = "show phone-proxy\nshow phone-proxy media-sessions detail\n"
                                    "show phone-proxy secure-phones\nshow phone-proxy signaling-sessions detail\n"
                                    "show media-termination\nshow sip\nshow conn\nshow service-policy\n"
                                    "show memory detail\nshow tls-proxy session detail\nshow asp drop\n"
                                    "packet-tracer input outside udp 192.0.2.10 4000 192.0.2.50 20000\n";
        static const char clears[] = "clear sip\nclear phone-proxy secure-phones\nshow sip\nclear conn all\n";

        for (unsigned i = 0; !atomic_load(&lab.stop_viewer); i++) {
                char *text = lab_type(i % 8 == 7 ? clears : looks);

                atomic_fetch_add(strstr(text, "ERROR") ? &lab.errors : &lab.looks, 1);
                free(text);
                usleep(1000); /* an operator reads what he asked for: the others get the lock */
        }
        return NULL;
}

static void edit(unsigned round)
{
        char script[2048], *text;

        snprintf(script, sizeof script,
                 "configure terminal\n"
                 "policy-map pp_policy\n"
                 " class sec_sip\n"
                 "  no inspect sip phone-proxy mypp\n"
                 "phone-proxy mypp\n"
                 " %s rtcp\n"
                 " timeout secure-phones 0:0%u:00\n"
                 " exit\n"
                 "media-termination mta\n"
                 " rtp-min-port %u rtp-max-port 24999\n"
                 "end\n"
                 "show phone-proxy\n"
                 "configure terminal\n"
                 "policy-map pp_policy\n"
                 " class sec_sip\n"
                 "  inspect sip phone-proxy mypp\n"
                 "policy-map type inspect sip calls\n"
                 " parameters\n"
                 "  %s im\n"
                 "end\n"
                 "show phone-proxy\n",
                 round % 2 ? "no" : "", 1 + round % 9, 20000 + 100 * (round % 4), round % 2 ? "no" : "");
        text = lab_type(script);
        if (strstr(text, "ERROR") || strstr(text, "Invalid input") || strstr(text, "Not usable"))
                fail_msg("%s", text);
        free(text);
}

/* Between two edits calls are made, as many as it takes. */
static void some_calls(void)
{
        unsigned before = atomic_load(&answered);

        for (unsigned i = 0; i < 300000 && atomic_load(&answered) - before < 12; i++)
                usleep(1000);
        assert_true(atomic_load(&answered) - before >= 12);
}

/* Nor is it over before there was something to hear and to look at. */
static void until_heard(void)
{
        for (unsigned i = 0; i < 300000 && (atomic_load(&heard_media) <= ROUNDS || !atomic_load(&lab.looks)); i++)
                usleep(1000);
}

/* ---- the end ---- */

static unsigned media_left(void)
{
        struct addr out = pb_addr(PC_OUT), in = pb_addr(PC_IN);
        unsigned left = 0;

        for (unsigned i = 0; i < WORKERS; i++) {
                const struct proxy_worker *p = lab.parts.proxy[i];
                struct media_count m;

                media_count(lab.parts.worker[i], &m);
                left += m.sessions + p->nrelays + p->closes_owed + sip_calls(proxy_engine_shared(p, INSPECT_SIP)) +
                        proxy_media_ports_used(p, &out) + proxy_media_ports_used(p, &in);
        }
        return left + atomic_load(&lab.parts.shared.srtp) + atomic_load(&lab.parts.shared.active);
}

static void calls_end(void)
{
        atomic_store(&stop_callers, true);
        for (unsigned c = 0; c < CALLERS; c++)
                pthread_join(caller[c], NULL);
}

static void did_something(void)
{
        uint64_t opened = 0, forged = 0;

        for (unsigned i = 0; i < WORKERS; i++) {
                struct media_count m;

                media_count(lab.parts.worker[i], &m);
                assert_true(m.opened > 0); /* each has some */
                assert_true(lab.parts.proxy[i]->all.total > 0);
                opened += m.opened;
                forged += atomic_load(&lab.parts.worker[i]->drops[DROP_SRTP_TAG]);
        }
        assert_true(opened >= 12 * ROUNDS);
        assert_true(forged > 10);
        assert_true(atomic_load(&heard_media) > ROUNDS);
        assert_true(atomic_load(&lab.looks) > 0);
        assert_int_equal(atomic_load(&lab.errors), 0);
        assert_int_equal(atomic_load(&foreign_ports), 0); /* each worker takes its own */
}

static void calls_of_two_and_two(bool joint)
{
        uint64_t blocks = mem_live_blocks();
        unsigned fds = lab_descriptors();

        lab_start(config);
        lab.joint = joint;
        atomic_store(&stop_callers, false);
        atomic_store(&heard_media, 0);
        lab.sent = on_sent;
        lab_start_threads(run_injector, run_viewer);
        for (unsigned c = 0; c < CALLERS; c++)
                assert_int_equal(pthread_create(&caller[c], NULL, run_caller, &line[c]), 0);
        for (unsigned i = 0; i < ROUNDS; i++) {
                some_calls();
                edit(i);
        }
        until_heard();
        calls_end();
        lab_stop_threads();
        did_something();
        lab_empty(); /* what was under way would begin calls behind the clearing */
        free(lab_type("clear sip\n"));
        for (unsigned i = 0; i < 100 && media_left(); i++)
                lab_empty();
        assert_int_equal(media_left(), 0);
        lab_stop();
        assert_int_equal(mem_live_blocks(), blocks);
        assert_int_equal(lab_descriptors(), fds);
}

static void threads_of_their_own(void **state UNUSED)
{
        calls_of_two_and_two(false);
}

static void one_thread_for_two(void **state UNUSED)
{
        calls_of_two_and_two(true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(threads_of_their_own),
                cmocka_unit_test(one_thread_for_two),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
