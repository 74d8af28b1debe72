/* show http, show http sessions, http disconnect. */
#include "cli/exec/guests.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/http/httpd.h"
#include "cli/conf/store.h"

/* ---- show http ---- */

/* Of the first interface that may be used: others may show another. */
static void show_certificate(struct session *s, const struct store *st)
{
        char tp[TRUSTPOINT_NAME_MAX + 1], print[HTTPD_PRINT_TEXT];
        const char *nameif = "";
        struct err e = { 0 };
        bool fit = httpd_certificate_check(session_box(s), &e) == 0;

        conf_each(struct box_access_conf, a, &st->policy.box_access[BOX_HTTP]) {
                if (!*nameif)
                        nameif = a->nameif;
        }
        if (!httpd_certificate(session_box(s), nameif, tp, sizeof tp, print)) {
                PUT(s, "Certificate: none%s%s\n", cell_text(fit ? "" : ": "), cell_text(e.text),
                    cell_null("trustpoint"), cell_null("fingerprint"));
                return;
        }
        if (*tp)
                PUT(s, "Certificate: trustpoint %s\n", cell_str("trustpoint", tp));
        else
                PUT(s, "Certificate: self-signed\n", cell_null("trustpoint"));
        PUT(s, "Fingerprint: SHA256 %s\n", cell_str("fingerprint", print));
        if (!fit && !*tp)
                PUT(s, "There is none with the name of the box: %s\n", cell_text(e.text));
}

static void show_minutes(struct session *s, const char *fmt, const char *name, uint32_t minutes)
{
        char text[16];

        snprintf(text, sizeof text, "%u", minutes);
        table_put(session_table(s), fmt, CELLS(cell_as(cell_num(name, 60u * minutes), text)));
}

static void show_state(struct session *s, const struct http_conf *h)
{
        unsigned port = httpd_port(session_box(s)->http);

        if (port)
                PUT(s, "HTTPS server: listening on port %s\n", cell_num("port", port));
        else
                PUT(s, "HTTPS server: not listening%s\n", cell_text(h->enabled ? ": nobody may connect" : ""),
                    cell_null("port"));
        show_minutes(s, "Idle timeout: %s minutes\n", "idle_timeout_seconds", h->idle_min);
        if (h->session_min)
                show_minutes(s, "Session timeout: %s minutes\n", "session_timeout_seconds", h->session_min);
        else
                PUT(s, "", cell_null("session_timeout_seconds"));
}

static int show_http(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct store *st = configuration_copy(b, e);

        if (!st)
                return -1;
        show_state(s, &st->sys.http);
        show_certificate(s, st);
        show_allowed(s, st, BOX_HTTP);
        store_free(st);
        return 0;
}

/* ---- show http sessions ---- */

static struct cell maybe(const char *name, const char *text)
{
        return *text ? cell_str(name, text) : cell_as(cell_null(name), "-");
}

static void show_session(struct session *s, const struct httpd_info *i, uint64_t now_ms)
{
        uint64_t idle_ms = now_ms > i->last_ms ? now_ms - i->last_ms : 0;
        char idle[24];

        ROW(s, "%-3s %-15s %-8s %-30s %-14s %8s %9s %s\n", cell_num("sid", i->at.id),
            cell_addr("client_address", &i->at.from), maybe("version", i->version), maybe("encryption", i->cipher),
            cell_str("state", guest_state(&i->at, "LoggedIn")), cell_num("requests", i->requests),
            cell_as(cell_fix("idle_seconds", idle_ms, 3), str_duration(idle, idle_ms / 1000)),
            maybe("username", i->at.user));
}

static int show_sessions(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct httpd_info *row = mem_alloc(MEM_CLI, PLACES_MAX * sizeof *row);
        unsigned n;

        if (!row)
                return err_nomem(e, "listing sessions");
        n = httpd_list(b->http, row, PLACES_MAX);
        out(s, "%-3s %-15s %-8s %-30s %-14s %8s %9s %s\n", "SID", "Client IP", "Version", "Encryption", "State",
            "Requests", "Idle", "Username");
        table_list(session_table(s), "sessions");
        for (unsigned i = 0; i < n; i++)
                show_session(s, &row[i], clock_mono_ms(b->clk));
        table_close(session_table(s));
        mem_free(row);
        return 0;
}

static int disconnect(struct session *s, const struct args *a, struct err *e)
{
        uint32_t id = arg_u32(a, "SESSION", 0);

        if (httpd_disconnect(session_box(s)->http, id))
                return 0;
        return no_such_session("HTTPS", "http", id, e);
}

const struct exec_row exec_show_http[] = {
        { "show http", "Who may use HTTPS, and the certificate that is shown", 15 | EXEC_TABLE, show_http },
        { "show http sessions", "HTTPS sessions", 15 | EXEC_TABLE, show_sessions },
        { "http disconnect SESSION:u32(0-255)", "End an HTTPS session", 15, disconnect },
        { 0 },
};
