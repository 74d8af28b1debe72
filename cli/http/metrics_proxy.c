/* Metrics of proxies and consoles: TLS, phones, media, protocol events, certificates, who is logged in. */
#include "cli/http/metrics_int.h"

#include <string.h>

#include "cli/exec/util.h"
#include "cli/http/httpd.h"
#include "cli/ssh/sshd.h"
#include "pki/pki_rt.h"
#include "pki/x509_util.h"
#include "proxy/media/media.h"
#include "proxy/worker/proxy_worker.h"

/* ---- TLS and phones ---- */

struct sums {
        struct proxy_counts c;
        uint32_t licensed_phone, secure_phones;
};

static void add_proxy(struct proxy_worker *p, void *arg)
{
        struct sums *s = arg;
        struct proxy_counts c;

        proxy_counts(p, 0, &c);
        s->c.active += c.active;
        s->c.total += c.total;
        s->c.bytes += c.bytes;
        s->c.done_client += c.done_client;
        s->c.done_server += c.done_server;
        s->c.resumed += c.resumed;
        s->c.failed_client += c.failed_client;
        s->c.failed_server += c.failed_server;
        s->c.unverified += c.unverified;
        s->c.server_refused += c.server_refused;
        s->c.refused_limit += c.refused_limit;
        s->c.refused_source += c.refused_source;
        s->c.gave_way += c.gave_way;
        s->c.engine_closed += c.engine_closed;
        s->licensed_phone = proxy_phone_sessions(p); /* the same at every worker */
        s->secure_phones += phone_count(proxy_phones(p));
}

static void handshakes(struct box *b, struct text *t, const struct proxy_counts *c)
{
        static const char name[] = "tls_handshakes_total";
        struct httpd_counts h;

        httpd_counts(b->http, &h);
        metric_head(t, COUNTER, name, "TLS handshakes, by whose they were and how they went.");
        metric_two(t, name, "peer", "client", "result", "ok", c->done_client);
        metric_two(t, name, "peer", "client", "result", "failed", c->failed_client);
        metric_two(t, name, "peer", "server", "result", "ok", c->done_server);
        metric_two(t, name, "peer", "server", "result", "failed", c->failed_server);
        metric_two(t, name, "peer", "https", "result", "ok", h.tls_ok);
        metric_two(t, name, "peer", "https", "result", "failed", h.tls_failed);
        metric_one(t, COUNTER, "tls_resumed_total", "Handshakes of clients that took up a session again.",
                   c->resumed);
}

static void sessions(struct text *t, const struct sums *s)
{
        static const char name[] = "proxy_refused_total";
        const struct proxy_counts *c = &s->c;

        metric_one(t, GAUGE, "tls_proxy_sessions", "TLS sessions of tls-proxies and phone proxies.", c->active);
        metric_one(t, GAUGE, "phone_proxy_sessions", "Of these, sessions of phone proxies.", s->licensed_phone);
        metric_one(t, GAUGE, "phone_proxy_secure_phones", "Phones in the table of secure phones.", s->secure_phones);
        metric_one(t, COUNTER, "proxy_sessions_total", "Proxied sessions there ever were.", c->total);
        metric_one(t, COUNTER, "proxy_bytes_total", "Bytes of signalling that were proxied.", c->bytes);
        metric_head(t, COUNTER, name, "Proxied sessions that were refused or ended early, by reason.");
        metric_u64(t, name, "reason", "session_limit", c->refused_limit);
        metric_u64(t, name, "reason", "source_limit", c->refused_source);
        metric_u64(t, name, "reason", "gave_way", c->gave_way);
        metric_u64(t, name, "reason", "server_not_verified", c->unverified);
        metric_u64(t, name, "reason", "server_refused", c->server_refused);
        metric_u64(t, name, "reason", "inspection", c->engine_closed);
}

/* ---- what engines count: each worker has all names, in the order of their first use ---- */

#define EVENTS_MAX 256u
struct events {
        unsigned n;
        struct {
                const char *engine, *name; /* static text */
                uint64_t value;
        } e[EVENTS_MAX];
};

static void add_event(struct events *x, const char *engine, const char *name, uint64_t value)
{
        for (unsigned i = 0; i < x->n; i++) {
                if (strcmp(x->e[i].engine, engine) != 0 || strcmp(x->e[i].name, name) != 0)
                        continue;
                x->e[i].value += value;
                return;
        }
        if (x->n == EVENTS_MAX)
                return;
        x->e[x->n].engine = engine;
        x->e[x->n].name = name;
        x->e[x->n++].value = value;
}

static void add_events(struct proxy_worker *p, void *arg)
{
        const char *engine, *name;
        uint64_t value;

        for (unsigned i = 0; proxy_engine_counter(p, i, &engine, &name, &value); i++)
                add_event(arg, engine, name, value);
}

static void events(struct box *b, struct text *t)
{
        struct events *x = mem_alloc(MEM_CLI, sizeof *x);

        if (!x) {
                t->bad = true;
                return;
        }
        each_proxy(b, add_events, x);
        metric_head(t, COUNTER, "inspect_events_total", "What inspections met with, by protocol.");
        for (unsigned i = 0; i < x->n; i++)
                metric_two(t, "inspect_events_total", "protocol", x->e[i].engine, "event", x->e[i].name,
                           x->e[i].value);
        mem_free(x);
}

/* ---- media ---- */

static void add_media(struct worker *w, void *arg)
{
        struct media_count *sum = arg, c = { 0 };

        media_count(w, &c);
        sum->sessions += c.sessions;
        sum->srtp += c.srtp;
        sum->opened += c.opened;
        sum->refused += c.refused;
        sum->rx_pkts += c.rx_pkts;
        sum->rx_bytes += c.rx_bytes;
        sum->tx_pkts += c.tx_pkts;
        sum->tx_bytes += c.tx_bytes;
}

static void media(struct box *b, struct text *t)
{
        struct media_count c = { 0 };

        each_worker(b, add_media, &c);
        metric_one(t, GAUGE, "media_sessions", "Media sessions that are relayed.", c.sessions);
        metric_one(t, GAUGE, "media_srtp_sessions", "Of these, sessions that are encrypted or decrypted here.",
                   c.srtp);
        metric_one(t, COUNTER, "media_sessions_total", "Media sessions there ever were.", c.opened);
        metric_one(t, COUNTER, "media_refused_total", "Media sessions that were refused.", c.refused);
        metric_one(t, COUNTER, "media_receive_packets_total", "RTP packets received by the relay.", c.rx_pkts);
        metric_one(t, COUNTER, "media_receive_bytes_total", "Bytes of RTP received by the relay.", c.rx_bytes);
        metric_one(t, COUNTER, "media_transmit_packets_total", "RTP packets sent by the relay.", c.tx_pkts);
        metric_one(t, COUNTER, "media_transmit_bytes_total", "Bytes of RTP sent by the relay.", c.tx_bytes);
}

/* ---- certificates ---- */

static uint64_t seconds_of(const mbedtls_x509_time *x)
{
        time_t s = x509_time(x);

        return s > 0 ? (uint64_t)s : 0;
}

static void certificates(struct box *b, struct text *t)
{
        static const char name[] = "certificate_not_after_seconds";
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct pki_rt *p = snap ? pki_rt(snap) : NULL;

        metric_head(t, GAUGE, name, "When the certificate of a trustpoint ends, in seconds since 1970.");
        for (unsigned i = 0; p && i < p->n; i++)
                if (p->id[i].cert)
                        metric_u64(t, name, "trustpoint", p->id[i].trustpoint,
                                   seconds_of(&cert_x509(p->id[i].cert)->valid_to));
        if (snap)
                snapshot_put(b->hub, snap);
}

/* ---- consoles ---- */

static void consoles(struct box *b, struct text *t)
{
        static const char *const class[] = { NULL, "1xx", "2xx", "3xx", "4xx", "5xx" };
        struct httpd_counts h;

        httpd_counts(b->http, &h);
        metric_head(t, GAUGE, "console_sessions", "Who is logged in from elsewhere, by how.");
        metric_u64(t, "console_sessions", "line", "ssh", sshd_sessions(b->ssh));
        metric_u64(t, "console_sessions", "line", "https", httpd_sessions(b->http));
        metric_head(t, COUNTER, "https_answers_total", "Answers of the HTTPS server, by the class of their status.");
        for (unsigned i = 2; i < 6; i++)
                if (i != 3)
                        metric_u64(t, "https_answers_total", "status", class[i], h.answers[i]);
        metric_one(t, COUNTER, "https_refused_connections_total",
                   "Connections for which the HTTPS server had no place.", h.refused);
}

void metrics_proxy(struct box *b, struct text *t)
{
        struct sums s = { .licensed_phone = 0 };

        each_proxy(b, add_proxy, &s);
        handshakes(b, t, &s.c);
        sessions(t, &s);
        events(b, t);
        media(b, t);
        certificates(b, t);
        consoles(b, t);
}
