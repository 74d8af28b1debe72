/* show http, show http sessions, http disconnect. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/httpd.h"
#include "cli/store.h"

#define SESSIONS_MAX 96

/* ---- show http ---- */

static void show_lines(struct session *s, const struct store *st)
{
        char net[ADDR_TEXT_MAX], mask[ADDR_TEXT_MAX];

        conf_each(struct box_access_conf, a, &st->policy.box_access[BOX_HTTP]) {
                struct addr m = addr_v4(len_to_mask(a->len));

                out(s, "%s %s %s\n", addr_print(&a->net, net), addr_print(&m, mask), a->nameif);
        }
}

/* Of the first interface that may be used: others may show another. */
static void show_certificate(struct session *s, const struct store *st)
{
        char tp[TRUSTPOINT_NAME_MAX + 1], print[HTTPD_PRINT_TEXT];
        const char *nameif = "";

        conf_each(struct box_access_conf, a, &st->policy.box_access[BOX_HTTP]) {
                if (!*nameif)
                        nameif = a->nameif;
        }
        if (!httpd_certificate(session_box(s), nameif, tp, sizeof tp, print)) {
                out(s, "Certificate: none\n");
                return;
        }
        out(s, "Certificate: %s%s\n", *tp ? "trustpoint " : "self-signed", tp);
        out(s, "Fingerprint: SHA256 %s\n", print);
}

static void show_state(struct session *s, const struct http_conf *h)
{
        unsigned port = httpd_port(session_box(s)->http);

        if (port)
                out(s, "HTTPS server: listening on port %u\n", port);
        else
                out(s, "HTTPS server: not listening%s\n", h->enabled ? ": nobody may connect" : "");
        out(s, "Idle timeout: %u minutes\n", h->idle_min);
        if (h->session_min)
                out(s, "Session timeout: %u minutes\n", h->session_min);
}

static int show_http(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct store *st;

        pthread_mutex_lock(&b->conf_lock);
        st = store_copy(b->store, e);
        pthread_mutex_unlock(&b->conf_lock);
        if (!st)
                return -1;
        show_state(s, &st->sys.http);
        show_certificate(s, st);
        show_lines(s, st);
        store_free(st);
        return 0;
}

/* ---- show http sessions ---- */

static const char *state_of(const struct httpd_info *i)
{
        static const char *const name[] = { [HTTPD_TLS] = "Negotiating",
                                            [HTTPD_ASK] = "Authenticating",
                                            [HTTPD_IN] = "LoggedIn",
                                            [HTTPD_OVER] = "Closing" };

        return name[i->phase];
}

static int show_sessions(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct httpd_info *row = mem_alloc(MEM_CLI, SESSIONS_MAX * sizeof *row);
        uint64_t now = clock_mono_ms(b->clk);
        unsigned n;

        if (!row)
                return err_nomem(e, "listing sessions");
        n = httpd_list(b->http, row, SESSIONS_MAX);
        out(s, "%-3s %-15s %-8s %-30s %-14s %8s %9s %s\n", "SID", "Client IP", "Version", "Encryption", "State",
            "Requests", "Idle", "Username");
        for (unsigned i = 0; i < n; i++) {
                char from[ADDR_TEXT_MAX], idle[24];

                out(s, "%-3u %-15s %-8s %-30s %-14s %8llu %9s %s\n", row[i].id, addr_print(&row[i].from, from),
                    *row[i].version ? row[i].version : "-", *row[i].cipher ? row[i].cipher : "-", state_of(&row[i]),
                    (unsigned long long)row[i].requests, str_duration(idle, (now - row[i].last_ms) / 1000),
                    *row[i].user ? row[i].user : "-");
        }
        mem_free(row);
        return 0;
}

static int disconnect(struct session *s, const struct args *a, struct err *e)
{
        uint32_t id = arg_u32(a, "SESSION", 0);

        if (httpd_disconnect(session_box(s)->http, id))
                return 0;
        return err_set(e, ERR_REF, "there is no HTTPS session %u: see \"show http sessions\"", id);
}

const struct exec_row exec_show_http[] = {
        { "show http", "Who may use HTTPS, and the certificate that is shown", 15, show_http },
        { "show http sessions", "HTTPS sessions", 15, show_sessions },
        { "http disconnect SESSION:u32(0-255)", "End an HTTPS session", 15, disconnect },
        { 0 },
};
