#include "cli/exec/copy_io.h"

#include <errno.h>
#include <unistd.h>

#include "cli/exec/cap_live.h"
#include "cli/exec/pkt_text.h"
#include "cli/exec/resolve.h"
#include "cli/exec/save.h"
#include "cli/load.h"
#include "cli/running.h"
#include "cli/store.h"
#include "platform/base/file.h"
#include "platform/net/pcap.h"
#include "platform/svc/dns.h"
#include "platform/svc/tftp_put.h"

#define MARK_BYTES 65536u /* one '!' for each, at most MARKS */
#define MARKS 60u

/* ---- names ---- */

int copy_host(struct copy_end *c, const char *text, size_t n, struct err *e)
{
        char host[sizeof c->host], canon[DNS_NAME_MAX + 1];
        struct addr at;
        struct err why;

        if (n >= sizeof host)
                return err_set(e, ERR_SYNTAX, "the name of the host has more than %zu characters", sizeof host - 1);
        memcpy(host, text, n);
        host[n] = 0;
        if (!(addr_parse(host, &at) && addr_is_v4(&at)) && dns_canon(host, "", canon, &why) < 0)
                return err_set(e, ERR_SYNTAX, "%s is neither an address nor a name of a host", host);
        str_copy(c->host, sizeof c->host, host);
        return 0;
}

static int parse_tftp(const char *url, struct copy_end *out, struct err *e)
{
        const char *host = url + 7;
        size_t n = strcspn(host, "/");

        if (copy_host(out, host, n, NULL) < 0)
                return err_set(e, ERR_SYNTAX, "%s: tftp://HOST/FILE expected", url);
        out->kind = COPY_TFTP;
        return str_copy(out->name, sizeof out->name, host + n + (host[n] == '/')) ? 0 : -1;
}

int copy_parse(const char *url, struct copy_end *out, struct err *e)
{
        *out = (struct copy_end){ 0 };
        if (strlen(url) >= sizeof out->name)
                return err_set(e, ERR_RANGE, "name of more than %zu characters", sizeof out->name - 1);
        if (is_word("running-config", url) || is_word("system:running-config", url))
                out->kind = COPY_RUNNING;
        else if (is_word("startup-config", url) || is_word("nvram:startup-config", url))
                out->kind = COPY_STARTUP;
        else if (!strncasecmp(url, "tftp://", 7))
                return parse_tftp(url, out, e);
        else if (!strncasecmp(url, "capture:", 8)) {
                out->kind = COPY_CAPTURE;
                str_copy(out->name, sizeof out->name, url + 8 + strspn(url + 8, "/"));
        } else if (!strncasecmp(url, "disk0:", 6) || !strncasecmp(url, "flash:", 6)) {
                out->kind = strcmp(flash_name(url), STARTUP_FILE) ? COPY_FLASH : COPY_STARTUP;
                str_copy(out->name, sizeof out->name, out->kind == COPY_FLASH ? flash_name(url) : "");
        } else {
                return err_set(e, ERR_SUPPORT,
                               "%s: running-config, startup-config, disk0:, capture: or tftp:// expected", url);
        }
        return 0;
}

const char *copy_shown(const struct copy_end *c)
{
        return c->kind == COPY_RUNNING ? "running-config" : c->kind == COPY_STARTUP ? "startup-config" : c->name;
}

int copy_rename(struct copy_end *c, const char *name, struct err *e)
{
        if (c->kind == COPY_RUNNING || c->kind == COPY_STARTUP)
                return copy_parse(name, c, e);
        return str_copy(c->name, sizeof c->name, c->kind == COPY_FLASH ? flash_name(name) : name)
                       ? 0
                       : err_set(e, ERR_RANGE, "name of more than %zu characters", sizeof c->name - 1);
}

int copy_check(struct copy_plan *p, struct err *e)
{
        if (p->src.kind == COPY_TFTP)
                return err_set(e, ERR_SUPPORT, "files cannot be fetched by TFTP yet");
        if (p->dst.kind == COPY_CAPTURE)
                return err_set(e, ERR_SYNTAX, "nothing can be copied into a capture");
        if (p->pcap && p->src.kind != COPY_CAPTURE)
                return err_set(e, ERR_SYNTAX, "/pcap is for captures");
        if (p->src.kind == COPY_CAPTURE && (p->dst.kind == COPY_RUNNING || p->dst.kind == COPY_STARTUP))
                return err_set(e, ERR_SYNTAX, "a capture is no configuration");
        if (p->src.kind == p->dst.kind && (p->src.kind == COPY_RUNNING || p->src.kind == COPY_STARTUP))
                return err_set(e, ERR_SYNTAX, "source and destination are the same");
        if (!*p->dst.name)
                str_copy(p->dst.name, sizeof p->dst.name, copy_shown(&p->src));
        return 0;
}

/* ---- reading ---- */

struct blob {
        struct text t;
        uint64_t pkts;
        struct tz tz; /* captures as text */
        bool pcap;
};

static bool add_record(void *ctx, const struct capture_rec *r, const uint8_t *data)
{
        static const struct pkt_text_opts plain;
        struct blob *b = ctx;
        uint8_t head[16];
        char line[1024];
        struct wbuf w = wbuf_of(line, sizeof line);
        struct tm tm = tz_tm(&b->tz, (time_t)(r->wall_ns / 1000000000u));

        b->pkts++;
        if (b->pcap) {
                text_addn(&b->t, (const char *)head, pcap_mem_record(head, r->caplen, r->len, (int64_t)r->wall_ns));
                text_addn(&b->t, (const char *)data, r->caplen);
                return !b->t.bad;
        }
        pkt_text(r, data, &plain, &w);
        text_printf(&b->t, "%4llu: %02d:%02d:%02d.%06u       %s\n", (unsigned long long)b->pkts, tm.tm_hour,
                    tm.tm_min, tm.tm_sec, (unsigned)(r->wall_ns / 1000u % 1000000u), wbuf_text(&w));
        return !b->t.bad;
}

static int read_capture(struct session *s, const struct copy_plan *p, struct blob *b, struct err *e)
{
        uint8_t head[24];

        b->pcap = p->pcap;
        box_tz(session_box(s), &b->tz);
        if (p->pcap)
                text_addn(&b->t, (const char *)head, pcap_mem_header(head));
        return cap_each(session_box(s), p->src.name, add_record, b, e);
}

static int read_file(const char *name, const char *path, struct blob *b, struct err *e)
{
        uint8_t *data;
        size_t n;

        if (access(path, R_OK))
                return err_set(e, ERR_IO, "%%Error opening disk0:/%s (%s)", name, strerror(errno));
        if (file_read(path, FLASH_FILE_MAX, &data, &n, e))
                return -1;
        text_addn(&b->t, (const char *)data, n);
        mem_free_secret(data);
        return 0;
}

static int read_source(struct session *s, const struct copy_plan *p, struct blob *b, struct err *e)
{
        const struct running_opts o = { .plain = true, .envelope = true };
        struct box *box = session_box(s);
        char path[512];
        int rc;

        switch (p->src.kind) {
        case COPY_RUNNING:
                pthread_mutex_lock(&box->conf_lock);
                rc = running_write(box->store, &o, &b->t, e);
                pthread_mutex_unlock(&box->conf_lock);
                return rc;
        case COPY_STARTUP:
                return startup_path(box, path, sizeof path, e) || read_file("startup-config", path, b, e) ? -1 : 0;
        case COPY_FLASH:
                return flash_path(box, p->src.name, path, sizeof path, e) ||
                                       read_file(flash_name(p->src.name), path, b, e)
                               ? -1
                               : 0;
        case COPY_CAPTURE:
                return read_capture(s, p, b, e);
        case COPY_TFTP:
                break;
        }
        return err_set(e, ERR_SUPPORT, "files cannot be fetched by TFTP yet");
}

/* ---- writing ---- */

static void say_load(void *ctx, unsigned line_no UNUSED, const char *words)
{
        text_printf(ctx, "%s\n", words);
}

/* A merge, as if the lines were typed. */
static void load_running(struct session *s, const struct blob *b, struct text *say, bool *changed)
{
        struct box *box = session_box(s);
        struct load_report rep = { .fn = say_load, .ctx = say };
        struct conf_ctx c;

        pthread_mutex_lock(&box->conf_lock);
        conf_ctx_of_box(&c, box);
        c.late = true;
        conf_load(&c, text_str(&b->t), b->t.n, &rep);
        conf_ctx_fini(&c);
        pthread_mutex_unlock(&box->conf_lock);
        *changed = true;
}

static int put_tftp(struct session *s, const struct copy_plan *p, const struct blob *b, struct text *say,
                    struct err *e)
{
        struct box *box = session_box(s);
        const char *host = p->dst.host;
        struct err why = { 0 };
        struct addr at;

        if (resolve_host(s, host, &at, e) < 0)
                return -1;
        if (!box->nworkers || !box->worker[0])
                return err_set(e, ERR_STATE, "%%Error writing tftp://%s/%s (no dataplane)", host, p->dst.name);
        if (tftp_put(box->worker[0], &at, p->dst.name, text_str(&b->t), b->t.n, &why))
                return err_set(e, ERR_IO, "%%Error writing tftp://%s/%s (%s)", host, p->dst.name, why.text);
        for (size_t i = 0; i <= MIN_OF(b->t.n / MARK_BYTES, (size_t)MARKS); i++)
                text_add(say, "!");
        text_add(say, "\n");
        return 0;
}

static int write_target(struct session *s, const struct copy_plan *p, const struct blob *b, struct text *say,
                        bool *changed, struct err *e)
{
        struct box *box = session_box(s);
        char path[512];

        switch (p->dst.kind) {
        case COPY_RUNNING:
                load_running(s, b, say, changed);
                return 0;
        case COPY_STARTUP:
                return startup_path(box, path, sizeof path, e) ||
                                       file_write_atomic(path, text_str(&b->t), b->t.n, 0600, true, e)
                               ? -1
                               : 0;
        case COPY_FLASH:
                return flash_path(box, p->dst.name, path, sizeof path, e) ||
                                       file_write_atomic(path, text_str(&b->t), b->t.n, 0600, false, e)
                               ? -1
                               : 0;
        case COPY_TFTP:
                return put_tftp(s, p, b, say, e);
        case COPY_CAPTURE:
                break;
        }
        return err_set(e, ERR_SYNTAX, "nothing can be copied into a capture");
}

static void say_done(const struct copy_plan *p, const struct blob *b, uint64_t ms, struct text *say)
{
        const struct saved d = { .bytes = b->t.n, .ms = ms };

        text_add(say, "\n");
        if (p->src.kind == COPY_CAPTURE)
                text_printf(say, "%llu packet%s copied in %llu.%03llu secs\n", (unsigned long long)b->pkts,
                            b->pkts == 1 ? "" : "s", (unsigned long long)(ms / 1000),
                            (unsigned long long)(ms % 1000));
        else
                copied_text(&d, say);
}

/* The one copy that everybody scripts has a form of its own. */
static int save_running(struct session *s, struct text *say, struct err *e)
{
        struct saved d = { 0 };
        char groups[36];

        if (save_startup(s, &d, e))
                return -1;
        text_printf(say, "Cryptochecksum: %s \n\n", checksum_groups(d.checksum, groups));
        copied_text(&d, say);
        return 0;
}

int copy_run(struct session *s, const struct copy_plan *p, struct text *say, bool *changed, struct err *e)
{
        const struct clock *clk = session_box(s)->clk;
        uint64_t start = clock_mono_ms(clk);
        struct blob b = { 0 };
        int rc;

        if (p->src.kind == COPY_RUNNING && p->dst.kind == COPY_STARTUP)
                return save_running(s, say, e);
        rc = read_source(s, p, &b, e);
        if (!rc && b.t.bad)
                rc = err_nomem(e, "copying");
        if (!rc)
                rc = write_target(s, p, &b, say, changed, e);
        if (!rc)
                say_done(p, &b, clock_mono_ms(clk) - start, say);
        text_fini(&b.t);
        return rc;
}
