/*
 * Two dataplane workers, two proxy workers, the log and the control thread at work, packets coming in, while consoles
 * commit, look, clear and capture. Nothing is timed: so many rounds, then everything stops and must be gone. TSan and
 * ASan look on.
 */
#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_threads.h"

#include "pki/pem.h"
#include "platform/base/file.h"
#include "platform/base/str.h"

#define FRAMES 64u /* a turn of the injector */

static const char config[] =
        PX_INTERFACES "logging enable\n"
                      "logging buffered debugging\n"
                      "object network cuma\n"
                      " host 10.0.0.5\n"
                      " nat (inside,outside) static 192.0.2.140\n" PX_NAT_ALL
                      "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5443\n"
                      "access-list outside_in extended permit udp any host 10.0.0.5\n"
                      "access-group outside_in in interface outside\n" PX_TLS_PROXY PX_TFTP_AND_MMP;

static char *paste; /* a PKCS#12 file in base64 */

static void read_paste(void)
{
        struct err e = { 0 };
        uint8_t *der;
        struct wbuf w;
        size_t n;

        assert_int_equal(file_read(TEST_DATA "/pki/new.p12", 1 << 20, &der, &n, &e), 0);
        paste = calloc(1, n * 2);
        w = wbuf_of(paste, n * 2);
        base64_write(der, n, &w);
        mem_free_secret(der);
}

/* Flows that are forwarded both ways, inspected, terminated, refused. */
static void *run_injector(void *arg UNUSED)
{
        uint8_t f[2048];
        uint16_t port = 1024;

        while (!atomic_load(&lab.stop_injector)) {
                for (unsigned k = 0; k < FRAMES; k++) {
                        unsigned w = k % WORKERS;

                        port = port == 60000 ? 1024 : (uint16_t)(port + 1);
                        lab_put(w, 0, f,
                                pb_tcp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 5443, PB_SYN, 1, 0, NULL, 0));
                        lab_put(w, 0, f,
                                pb_udp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 69, "\0\1f\0octet", 10));
                        lab_put(w, 0, f,
                                pb_tcp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 22, PB_SYN, 1, 0, NULL, 0));
                        lab_put(w, 0, f, pb_echo(f, sizeof f, "192.0.2.10", "192.0.2.1", false, port, 1));
                        lab_put(w, 1, f, pb_udp(f, sizeof f, "10.0.0.9", port, "192.0.2.10", 53, "x", 1));
                }
                lab_turn();
        }
        return NULL;
}

static void *run_viewer(void *arg UNUSED)
{
        static const char script[] =
                "show conn\nshow xlate\nshow nat\nshow access-list\nshow asp drop\nshow capture\n"
                "show capture steady count 3\nshow tls-proxy session detail\nshow interface\nshow arp\n"
                "show service-policy\nshow logging\nshow running-config\nshow memory\nclear conn all\n"
                "packet-tracer input outside tcp 192.0.2.10 5000 192.0.2.140 5443\n"
                "clear xlate\nclear arp\nshow counters\nclear tls-proxy session\n";

        while (!atomic_load(&lab.stop_viewer)) {
                char *text = lab_type(script);

                atomic_fetch_add(strstr(text, "ERROR") ? &lab.errors : &lab.looks, 1);
                free(text);
        }
        return NULL;
}

static void edit(unsigned round)
{
        static char script[32768];
        char *text;

        snprintf(script, sizeof script,
                 "configure terminal\n"
                 "access-list outside_in line 1 extended %s tcp any host 10.0.0.5 eq %u\n"
                 "object network o%u\n"
                 " host 10.0.0.%u\n"
                 " nat (inside,outside) static 192.0.2.%u\n"
                 "policy-map global_policy\n"
                 " class cuma_proxy\n"
                 "  %s inspect mmp tls-proxy cuma_proxy\n"
                 "  inspect mmp tls-proxy cuma_proxy\n"
                 "crypto ca import fresh%u pkcs12 sample_passphrase\n%s\nquit\n"
                 "no object network o%u\n"
                 "no crypto ca trustpoint fresh%u noconfirm\n"
                 "end\n"
                 "capture wire type raw-data interface outside\n"
                 "capture dropped type asp-drop all\n"
                 "show capture\n"
                 "no capture wire\n"
                 "no capture dropped\n",
                 round % 2 ? "permit" : "deny", 6000 + round, round, 100 + round, 100 + round, round % 3 ? "no" : "",
                 round, paste, round, round);
        text = lab_type(script);
        if (strstr(text, "ERROR") || strstr(text, "Invalid input"))
                fail_msg("%s", text);
        free(text);
}

static void did_something(void)
{
        uint64_t built = 0, denied = 0;

        for (unsigned i = 0; i < WORKERS; i++) {
                built += conn_most(lab.parts.worker[i]->conns);
                denied += atomic_load(&lab.parts.worker[i]->drops[DROP_ACL]);
        }
        assert_true(built > 100 && denied > 100);
        assert_true(atomic_load(&lab.looks) > 0 && atomic_load(&lab.turns) > 0);
        assert_int_equal(atomic_load(&lab.errors), 0);
}

/* The edits may be over before the others have had their turns. */
static void until_all_had_turns(void)
{
        for (unsigned i = 0; i < 300000 && (atomic_load(&lab.turns) < 50 || !atomic_load(&lab.looks)); i++)
                usleep(1000);
}

static void everybody_at_once(bool joint)
{
        uint64_t blocks = mem_live_blocks();
        unsigned fds = lab_descriptors();

        lab_start(config);
        lab.joint = joint;
        read_paste();
        free(lab_type("capture steady type raw-data interface inside circular-buffer\n"));
        lab_start_threads(run_injector, run_viewer);
        for (unsigned i = 0; i < ROUNDS; i++)
                edit(i);
        until_all_had_turns();
        lab_stop_threads();
        did_something();
        lab_empty();
        free(paste);
        lab_stop();
        assert_int_equal(mem_live_blocks(), blocks);
        assert_int_equal(lab_descriptors(), fds);
}

static void threads_of_their_own(void **state UNUSED)
{
        everybody_at_once(false);
}

static void one_thread_for_two(void **state UNUSED)
{
        everybody_at_once(true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(threads_of_their_own),
                cmocka_unit_test(one_thread_for_two),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
