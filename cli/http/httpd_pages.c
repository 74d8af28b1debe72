/* What can be asked for by HTTPS: commands, the configuration, captures, metrics. */
#include "cli/http/httpd_int.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/exec/cap_live.h"
#include "cli/http/metrics.h"
#include "platform/base/mem.h"
#include "platform/net/pcap.h"

#define JSON "application/json"
#define GET_ONLY "Allow: GET, HEAD\r\n"
#define GET_POST "Allow: GET, HEAD, POST\r\n"

static const char usage[] = "/admin/exec/COMMAND[/COMMAND...]  commands; a blank is %20 or +, a slash %2F\n"
                            "/admin/exec                      POST: commands, one a line\n"
                            "/admin/config                    the running configuration; POST: lines of it\n"
                            "/capture/NAME                    what a capture holds, as text\n"
                            "/capture/NAME/pcap               the same as a file of libpcap\n"
                            "/metrics                         figures for Prometheus\n";

static void send_text(struct httpd_conn *c, const char *type, const char *text, size_t n)
{
        httpd_head(c, 200, type, "", (int64_t)n);
        httpd_body(c, text, n);
}

static bool allow(struct httpd_conn *c, bool post)
{
        enum http_method m = c->req.method;

        if (m == HTTP_GET || m == HTTP_HEAD || (m == HTTP_POST && post))
                return true;
        httpd_line(c, 405, post ? GET_POST : GET_ONLY,
                   post ? "ERROR: only GET, HEAD and POST are answered here"
                        : "ERROR: only GET and HEAD are answered here");
        return false;
}

/* ---- commands ---- */

static bool is_show(const char *line)
{
        size_t n = strcspn(line, " ");

        return n >= 2 && n <= 4 && !strncasecmp(line, "show", n) && line[n] == ' ';
}

/* One command of a path; "" where two slashes meet. false: its escapes are wrong. */
static bool add_command(struct text *t, const char *p, size_t n, unsigned *count)
{
        char line[HTTP_TARGET_MAX + 1];

        if (!http_decode(p, n, true, line, sizeof line))
                return false;
        if (line[strspn(line, " ")]) {
                text_printf(t, "%s%s", *count ? "\n" : "", line);
                ++*count;
        }
        return true;
}

static bool commands_of(const char *path, size_t n, struct text *t, unsigned *count)
{
        for (size_t at = 0; at < n;) {
                const char *slash = memchr(path + at, '/', n - at);
                size_t len = slash ? (size_t)(slash - path) - at : n - at;

                if (!add_command(t, path + at, len, count))
                        return false;
                at += len + 1;
        }
        return true;
}

/* Who would rather have JSON gets it of one show; of several it would be no document. */
static bool as_json(struct httpd_conn *c, struct text *t, unsigned count)
{
        const char *bar = strchr(text_str(t), '|');

        if (bar)
                return !strcasecmp(bar + 1 + strspn(bar + 1, " "), "json");
        if (count != 1 || !is_show(text_str(t)) || !http_accepts(c->req.accept, JSON))
                return false;
        text_add(t, " | json");
        return true;
}

static void exec_page(struct httpd_conn *c, const char *path, size_t n)
{
        struct text t = { 0 };
        unsigned count = 0;

        if (!commands_of(path, n, &t, &count))
                httpd_line(c, 400, "", "ERROR: an escape in the path is none, or stands for a control character");
        else if (!count)
                httpd_line(c, 400, "", "ERROR: name a command: /admin/exec/show%20version");
        else if (as_json(c, &t, count))
                httpd_run(c, text_str(&t), JSON, false);
        else
                httpd_run(c, text_str(&t), HTTPD_TEXT, false);
        text_fini(&t);
}

/* Lines of text; they may end in CR LF. */
static bool clean_body(struct httpd_conn *c)
{
        for (uint32_t i = 0; i < c->req.body; i++) {
                unsigned char k = (unsigned char)c->body[i];

                if ((k < ' ' && k != '\n' && k != '\r' && k != '\t') || k == 0x7f) {
                        httpd_line(c, 400, "", "ERROR: the body holds control characters");
                        return false;
                }
        }
        return true;
}

static void exec_body(struct httpd_conn *c)
{
        if (c->req.method != HTTP_POST || !c->body)
                httpd_line(c, 400, "", "ERROR: name a command: /admin/exec/show%20version");
        else if (clean_body(c))
                httpd_run(c, c->body, HTTPD_TEXT, false);
}

/* ---- the configuration ---- */

static void configure(struct httpd_conn *c)
{
        struct text t = { 0 };

        if (!c->body) {
                httpd_line(c, 400, "", "ERROR: send the lines to configure as the body");
                return;
        }
        if (!clean_body(c))
                return;
        text_printf(&t, "configure terminal\n%s\nend", c->body);
        httpd_run(c, text_str(&t), HTTPD_TEXT, false);
        text_fini(&t);
}

static void config_page(struct httpd_conn *c)
{
        if (c->req.method == HTTP_POST)
                configure(c);
        else
                httpd_run(c, "show running-config", HTTPD_TEXT, true);
}

/* ---- captures ---- */

static bool send_record(void *ctx, const struct capture_rec *r, const uint8_t *data)
{
        uint8_t head[16];
        size_t n = pcap_mem_record(head, r->caplen, r->len, (int64_t)r->wall_ns);

        return httpd_body(ctx, head, n) && httpd_body(ctx, data, r->caplen);
}

static void send_pcap(struct httpd_conn *c, const char *name)
{
        struct capture_stat st;
        uint8_t head[24];
        struct err e;

        if (!cap_find(c->d->box, name, &st)) {
                httpd_line(c, 404, "", "ERROR: there is no such capture: see \"show capture\"");
                return;
        }
        httpd_head(c, 200, "application/vnd.tcpdump.pcap", "", HTTPD_CHUNKED);
        httpd_body(c, head, pcap_mem_header(head));
        if (c->req.method != HTTP_HEAD && cap_each(c->d->box, name, send_record, c, &e) < 0)
                c->broken = true; /* half a file ends with the connection */
        else
                httpd_end(c);
}

/* A file is what `copy` gives, and who may not copy does not get it. */
static void pcap_page(struct httpd_conn *c, const char *name)
{
        char line[CAPTURE_NAME_MAX + 64];

        snprintf(line, sizeof line, "copy /noconfirm /pcap capture:%s https:", name);
        if (httpd_may(c, line))
                send_pcap(c, name);
        else
                httpd_line(c, 403, "", "ERROR: Command authorization failed");
}

static bool name_ok(const char *name)
{
        for (const char *p = name; *p; p++)
                if (!isgraph((unsigned char)*p) || strchr("?|\"/", *p))
                        return false;
        return *name != 0;
}

static void capture_page(struct httpd_conn *c, const char *path, size_t n)
{
        const char *slash = memchr(path, '/', n);
        size_t len = slash ? (size_t)(slash - path) : n;
        char name[CAPTURE_NAME_MAX + 1], line[CAPTURE_NAME_MAX + 32];

        if (!http_decode(path, len, false, name, sizeof name) || !name_ok(name)) {
                httpd_line(c, 404, "", "ERROR: there is no such capture: see \"show capture\"");
        } else if (!slash) {
                snprintf(line, sizeof line, "show capture %s", name);
                httpd_run(c, line, HTTPD_TEXT, false);
        } else if (n - len == 5 && !memcmp(slash, "/pcap", 5)) {
                pcap_page(c, name);
        } else {
                httpd_line(c, 404, "", "ERROR: a capture is /capture/NAME or /capture/NAME/pcap");
        }
}

/* ---- metrics ---- */

static void metrics_page(struct httpd_conn *c)
{
        struct text t = { 0 };

        if (metrics_write(c->d->box, &t) == 0)
                send_text(c, METRICS_TYPE, text_str(&t), t.n);
        else
                httpd_line(c, 503, "Retry-After: 10\r\n", "ERROR: out of memory");
        text_fini(&t);
}

/* Level 0 is for people who may do nothing yet. */
static bool may_look(struct httpd_conn *c)
{
        if (httpd_level(c) > 0)
                return true;
        httpd_line(c, 403, "", "ERROR: Command authorization failed");
        return false;
}

/* ---- which page ---- */

static bool below(const char *path, size_t n, const char *dir, const char **rest, size_t *left)
{
        size_t len = strlen(dir);

        if (n < len || memcmp(path, dir, len) != 0)
                return false;
        *rest = path + len;
        *left = n - len;
        return true;
}

static bool is(const char *path, size_t n, const char *page)
{
        return n == strlen(page) && !memcmp(path, page, n);
}

void httpd_answer(struct httpd_conn *c)
{
        const char *path = c->req.target, *rest;
        size_t n = strcspn(path, "?"), left;

        if (below(path, n, "/admin/exec/", &rest, &left) && left) {
                if (allow(c, true))
                        exec_page(c, rest, left);
        } else if (is(path, n, "/admin/exec") || is(path, n, "/admin/exec/")) {
                if (allow(c, true))
                        exec_body(c);
        } else if (is(path, n, "/admin/config")) {
                if (allow(c, true))
                        config_page(c);
        } else if (below(path, n, "/capture/", &rest, &left)) {
                if (allow(c, false))
                        capture_page(c, rest, left);
        } else if (is(path, n, "/metrics")) {
                if (allow(c, false) && may_look(c))
                        metrics_page(c);
        } else if (is(path, n, "/")) {
                if (allow(c, false))
                        send_text(c, HTTPD_TEXT, usage, sizeof usage - 1);
        } else {
                httpd_line(c, 404, "", "ERROR: there is nothing of this name: / lists what there is");
        }
}
