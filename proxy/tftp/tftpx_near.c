/* The phone's side of a transfer: requests, and answers from a port of their own or from the one that was asked. */
#include "proxy/tftp/tftpx_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "platform/base/hash.h"

#define READS_MAX 256u
#define TFTPX_OVER_MS 4000u /* the phone may not have heard the end */
#define REFUSAL_MS 500u     /* until the words of a refusal have left */

static bool near_known(const struct transfer *x)
{
        return x->same_port || x->near.flow;
}

static void near_put(void *ctx, const void *p, size_t n)
{
        struct transfer *x = ctx;
        struct cur c = cur_of(p, n);
        uint16_t op = cur_be16(&c);

        if (op == TFTP_DATA && debug_on(x->t->w->log, DBG_PP_TFTP_EVENTS)) {
                char a[2][ADDR_TEXT_MAX];

                pp_event(x, "PP: Data Block %u forwarded from %s/%u to %s/%u ingress ifc %s", cur_be16(&c),
                         addr_print(&x->server.a, a[0]), x->server.port, addr_print(&x->client.a, a[1]),
                         x->client.port, x->client_if);
        }
        transfer_put(x->t->ev.fd, &x->near_to, p, n);
}

void near_answer_error(struct tftpx *t, const struct psession *s, uint16_t code, const char *text)
{
        uint8_t room[TFTP_REQUEST_MAX];
        struct wbuf w = wbuf_of(room, sizeof room);
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons(pseudo_port(s->gen)),
                                  .sin_addr.s_addr =
                                          htonl(pseudo_addr(0, t->w->env.link[s->nlink]->dp->id, s->flow)) };

        tftp_error_write(&w, code, text);
        transfer_put(t->ev.fd, &to, room, w.len);
}

/* ---- to the phone ---- */

void near_step(struct transfer *x, enum tftp_step step)
{
        struct tftpx_counts *c = &x->t->c;

        if (step == TFTP_GOING) {
                transfer_arm(x, MIN_OF(x->send.due_ms, x->until_ms));
                return;
        }
        c->resent += x->send.resent;
        if (step == TFTP_DONE) {
                c->served++;
                c->bytes += x->n;
                pp_event(x, "PP: TFTP session complete, all data sent");
        } else {
                c->given_up++;
                pp_error(x, "PP: %s not sent: %s", x->file.name, x->send.why);
        }
        transfer_over(x, TFTPX_OVER_MS);
}

void near_begin(struct transfer *x)
{
        x->near_to = x->same_port ? transfer_pseudo(x, 0, x->s->flow, x->s->gen)
                                  : transfer_pseudo(x, 1, x->near.flow, x->near.gen);
        x->send.put = near_put;
        x->send.ctx = x;
        x->state = TR_SEND;
        x->until_ms = x->born_ms + TFTPX_TOTAL_MS;
        tftp_send_start(&x->send, &x->asked, x->data, x->n, transfer_now(x->t));
        transfer_arm(x, x->send.due_ms);
}

void transfer_send(struct transfer *x)
{
        transfer_drop_fetch(x);
        if (near_known(x)) {
                near_begin(x);
                return;
        }
        x->state = TR_NEAR_OPEN;
        x->until_ms = transfer_now(x->t) + TFTPX_ASK_MS * 3;
        x->near = (struct punt_far){ .iface = x->client_iface,
                                     .peer = x->s->info.client_real,
                                     .local = x->s->info.server_mapped.a };
        transfer_ask_flow(x, &x->near);
}

static void near_input(struct transfer *x, struct cur in)
{
        if (x->state != TR_SEND)
                return;
        if (debug_on(x->t->w->log, DBG_PP_TFTP_EVENTS) && in.left >= 4 && in.p[1] == TFTP_ACK) {
                char a[2][ADDR_TEXT_MAX];

                pp_event(x, "PP: Received ACK Block %u from %s:%s/%u to %s:%s", (unsigned)(in.p[2] << 8 | in.p[3]),
                         x->client_if, addr_print(&x->client.a, a[0]), x->client.port, x->server_if,
                         addr_print(&x->server.a, a[1]));
        }
        near_step(x, tftp_send_input(&x->send, in, transfer_now(x->t)));
}

/* ---- requests ---- */

/* A window of one second per address; places are shared by their hash, the younger address wins. */
static bool rate_ok(struct tftpx *t, const struct addr *a)
{
        struct source_rate *r = &t->rate[hash_bytes(a, sizeof *a, 7) % SOURCE_RATES];
        uint64_t now = transfer_now(t);

        if (!addr_eq(&r->a, a) || now - r->since_ms >= 1000)
                *r = (struct source_rate){ .a = *a, .since_ms = now };
        return r->n++ < TFTPX_SOURCE_RATE;
}

static struct transfer *transfer_new(struct tftpx *t, struct psession *s)
{
        struct addr source = s->info.client_real.a;
        struct transfer *x;

        if (!source_take(t->w->sources, &source, SOURCE_TFTP, TFTPX_SOURCE_MAX)) {
                t->c.source_limit++;
                return NULL;
        }
        x = pool_get(t->pool);
        if (!x && !list_empty(&t->over)) {
                transfer_finish(list_entry(t->over.next, struct transfer, line));
                x = pool_get(t->pool);
        }
        if (!x) {
                source_give(t->w->sources, &source, SOURCE_TFTP);
                t->c.total_limit++;
                return NULL;
        }
        x->t = t;
        x->s = s;
        x->source = source;
        x->counted = true;
        x->nlink = s->nlink;
        x->ev.fd = -1;
        x->tmr.fn = transfer_on_timer;
        x->born_ms = transfer_now(t);
        x->client = s->info.client_real;
        x->server = s->info.server_real;
        x->client_iface = s->info.iface[0];
        x->phone_proxy_id = s->info.phone_proxy_id;
        snprintf(x->client_if, sizeof x->client_if, "%s", s->ctx.client_if);
        snprintf(x->server_if, sizeof x->server_if, "%s", s->ctx.server_if);
        list_init(&x->work);
        list_init(&x->line);
        s->tftp = x;
        return x;
}

/* The words of a refusal leave before the flow that carries them ends. */
static void refuse(struct tftpx *t, struct psession *s, uint16_t code, const char *text)
{
        near_answer_error(t, s, code, text);
        if (!s->tftp)
                tmr_set(evl_timers(t->w->evl), &s->deadline, REFUSAL_MS);
}

static bool asks_again(const struct transfer *x, const struct phone_file *f)
{
        return x->state != TR_OVER && !strcmp(x->file.name, f->name) && !(x->state == TR_SEND && x->send.acked);
}

static void request(struct tftpx *t, struct psession *s, const struct tftp_request *r)
{
        struct phone_file f;
        struct transfer *x = s->tftp;
        char a[ADDR_TEXT_MAX];

        phone_file_of(r->name, &f);
        if (x && f.kind != PHONE_FILE_BAD && asks_again(x, &f)) {
                pp_event(x, "PP: Client %s:%s/%u retransmitting request for %s %s", x->client_if,
                         addr_print(&x->client.a, a), x->client.port,
                         f.kind == PHONE_FILE_CONFIG ? "Config file" : "file", f.name);
                return;
        }
        if (!rate_ok(t, &s->info.client_real.a)) { /* a flood is not answered */
                t->c.source_limit++;
                if (!x)
                        psession_end(s, CONN_END_INSPECT, false, NULL);
                return;
        }
        if (x)
                transfer_free(x);
        x = transfer_new(t, s);
        if (!x) {
                psession_end(s, CONN_END_INSPECT, false, NULL);
                return;
        }
        x->file = f;
        x->asked = r->opt;
        file_begin(x);
}

static void input_request(struct tftpx *t, struct psession *s, struct cur in)
{
        struct tftp_request r;
        const char *why;

        t->c.requests++;
        if (tftp_request_parse(in, &r, &why) != PARSE_OK) {
                t->c.malformed++;
                debug_line(t->w->log, DBG_PP_TFTP_ERRORS, "PP: request refused: %s", why);
                refuse(t, s, TFTP_E_ILLEGAL, why);
        } else if (r.op == TFTP_WRQ) {
                t->c.writes++;
                refuse(t, s, TFTP_E_ACCESS, "nothing is written here");
        } else if (!r.octet) {
                t->c.malformed++;
                refuse(t, s, TFTP_E_UNDEFINED, "octet mode only");
        } else {
                request(t, s, &r);
        }
}

/* On the flow of requests. An acknowledgement there is for an answer from that port, or for nothing. */
static void request_flow(struct tftpx *t, struct psession *s, struct cur in)
{
        uint16_t op = in.left >= 2 ? (uint16_t)(in.p[0] << 8 | in.p[1]) : 0;

        s->last_ms = transfer_now(t);
        if (s->dead)
                return;
        if (s->tftp && s->tftp->same_port && op != TFTP_RRQ && op != TFTP_WRQ) {
                near_input(s->tftp, in);
        } else if (op == TFTP_DATA || op == TFTP_ACK || op == TFTP_OACK) {
                t->c.stray++;
                refuse(t, s, TFTP_E_TID, "");
        } else if (op != TFTP_ERROR) { /* errors are not answered */
                input_request(t, s, in);
        }
}

static void near_datagram(struct tftpx *t, struct cur in, const struct sockaddr_in *from)
{
        uint32_t a = ntohl(from->sin_addr.s_addr), flow = pseudo_flow(a);
        unsigned link = pseudo_worker(a), gen = (unsigned)ntohs(from->sin_port) - PSEUDO_PORT_BASE;
        struct psession *s;
        struct transfer *x;

        if (link >= t->w->env.nlinks || gen > 255 || flow < FLOW_ID_FIRST || flow - FLOW_ID_FIRST >= PUNT_FLOWS_MAX)
                return;
        if (pseudo_leg(a)) {
                x = t->near_flow[link][flow - FLOW_ID_FIRST];
                if (x && x->near.gen == gen)
                        near_input(x, in);
                return;
        }
        s = proxy_session_of(t->w, a, ntohs(from->sin_port));
        if (s && tftpx_takes(&s->info))
                request_flow(t, s, in);
}

unsigned near_read(struct tftpx *t)
{
        unsigned i = 0;

        t->readable = false;
        for (; i < READS_MAX; i++) {
                uint8_t buf[2048];
                struct sockaddr_in from;
                socklen_t n = sizeof from;
                ssize_t got = recvfrom(t->ev.fd, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&from, &n);

                if (got < 0)
                        return i;
                near_datagram(t, cur_of(buf, (size_t)got), &from);
        }
        t->readable = true;
        return i;
}
