#include "tests/support/proxy_rig.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "platform/base/cur.h"
#include "platform/base/mem.h"
#include "platform/net/tun.h"

#define NOW_S INT64_C(1900000000) /* inside the validity of the certificates */

/* ---- the namespace ---- */

static void lo_address(const char *name, uint32_t a, uint32_t mask)
{
        struct ifreq ifr = { 0 };
        struct sockaddr_in *sin = (struct sockaddr_in *)(void *)&ifr.ifr_addr;
        int fd = socket(AF_INET, SOCK_DGRAM, 0);

        snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
        sin->sin_family = AF_INET;
        sin->sin_addr.s_addr = htonl(a);
        CHECK(ioctl(fd, SIOCSIFADDR, &ifr) == 0);
        sin->sin_addr.s_addr = htonl(mask);
        CHECK(ioctl(fd, SIOCSIFNETMASK, &ifr) == 0);
        ifr.ifr_flags = IFF_UP | IFF_RUNNING;
        CHECK(ioctl(fd, SIOCSIFFLAGS, &ifr) == 0);
        close(fd);
}

/* Small socket buffers of a fixed size: what a slow reader holds back must show in the proxy, not in the kernel. */
static void sysctl_write(const char *path, const char *value)
{
        FILE *f = fopen(path, "w");

        CHECK(f && fputs(value, f) >= 0 && fclose(f) == 0);
}

static struct sockaddr_in sock_addr(uint32_t a, uint16_t port)
{
        return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(a) };
}

static int sock_bound(uint32_t a, uint16_t port)
{
        struct sockaddr_in sin = sock_addr(a, port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

        CHECK(fd >= 0);
        CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
        CHECK(bind(fd, (struct sockaddr *)&sin, sizeof sin) == 0);
        return fd;
}

/* ---- configuration ---- */

static struct snap_part *part_of(struct rig *r, enum snap_part_id id)
{
        struct snap_part *part = snap_part_new();

        CHECK(part != NULL);
        snap_part_put(r->wf.part[id]);
        r->wf.part[id] = part;
        return part;
}

void rig_commit(struct rig *r)
{
        struct snap_part *net = snap_part_new();
        struct err e = { 0 };

        part_of(r, SNAP_PKI)->root = &r->pki;
        if (!net || net_compile(net, &r->wf.conf, &r->wf.bind, &e) < 0 ||
            proxy_compile(part_of(r, SNAP_PROXY), &r->conf, &r->pki_conf, &r->pki, net->root, &rng_system, &r->wf.clk,
                          &e) < 0)
                fprintf(stderr, "%s\n", e.text), _exit(1);
        snap_part_put(net);
        wf_commit(&r->wf);
}

static struct tls_profile *profile(struct rig *r, enum tls_role role, const struct identity_rt *id)
{
        static const char suites[1][SSL_SUITE_NAME_MAX + 1] = { "aes128-sha1" };
        struct tls_profile_params p = { .role = role,
                                        .identity = id,
                                        .trust = role == TLS_CLIENT ? r->pki.all : NULL,
                                        .nsuites = 1,
                                        .suites = suites,
                                        .rng = &rng_system,
                                        .clk = &r->wf.clk };
        struct err e = { 0 };
        struct tls_profile *t = tls_profile_new(&p, &e);

        CHECK(t != NULL);
        return t;
}

static void configure(struct rig *r, const struct rig_pki *pki)
{
        struct trust_anchor root = { .trustpoint = "CA", .cert = pki->root };

        r->id = (struct identity_rt){ "TP", pki->server, pki->key, 1, { pki->issuer }, false };
        r->self = (struct identity_rt){ "SELF", pki->self, pki->key, 0, { NULL }, false };
        r->pki = (struct pki_rt){ .n = 1, .id = &r->id, .all = trust_set_new(&root, 1), .generation = 1 };
        CHECK(r->pki.all != NULL);
        conf_list_init(&r->conf.tls_proxies, sizeof(struct tls_proxy_conf), NULL);
        r->tp = conf_list_add(&r->conf.tls_proxies, "cuma_proxy");
        CHECK(r->tp != NULL);
        snprintf(r->tp->server_tp, sizeof r->tp->server_tp, "TP");
        r->tp->no_authenticate_client = true;
        r->client_profile = profile(r, TLS_CLIENT, NULL);
        r->known_client_profile = profile(r, TLS_CLIENT, &r->id);
        r->unknown_client_profile = profile(r, TLS_CLIENT, &r->self);
        r->server_profile = profile(r, TLS_SERVER, &r->id);
        r->bad_server_profile = profile(r, TLS_SERVER, &r->self);
}

static void log_on(struct rig *r)
{
        struct log_conf c;

        log_conf_init(&c);
        c.enable = true;
        c.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        c.buffer_size = 262144;
        CHECK(log_configure(r->wf.log, &c, NULL) == 0);
}

void rig_phone_proxy(struct rig *r)
{
        struct media_term_conf *m;

        conf_list_init(&r->conf.media_terms, sizeof *m, media_term_conf_fini);
        conf_list_init(&r->conf.phone_proxies, sizeof *r->pp, phone_proxy_conf_fini);
        m = conf_list_add(&r->conf.media_terms, "media");
        r->pp = conf_list_add(&r->conf.phone_proxies, "phones");
        CHECK(m && r->pp);
        media_term_conf_init(m);
        phone_proxy_conf_init(r->pp);
        r->mta = conf_list_add(&m->addrs, "");
        CHECK(r->mta != NULL);
        r->mta->addr = addr_v4(0xC0000232);
        snprintf(r->pp->media_termination, sizeof r->pp->media_termination, "media");
        snprintf(r->pp->tls_proxy, sizeof r->pp->tls_proxy, "cuma_proxy");
        r->tp->no_authenticate_client = false;
        r->pp->any_endpoint = true; /* the certificates of the rig name no device */
        r->phone_proxy_id = r->pp->o.id;
        r->client_as = r->known_client_profile;
}

void rig_up(struct rig *r, const struct rig_pki *pki)
{
        struct proxy_env env;
        struct err e = { 0 };

        memset(r, 0, sizeof *r);
        r->live = mem_live_blocks();
        sysctl_write("/proc/sys/net/ipv4/tcp_rmem", "4096 131072 131072");
        sysctl_write("/proc/sys/net/ipv4/tcp_wmem", "4096 131072 131072");
        lo_address("lo", 0x7F000001, 0xFF000000);
        lo_address("lo:1", PSEUDO_KERNEL, 0xF0000000);
        wf_init(&r->wf);
        r->wf.time.wall = NOW_S * 1000000000;
        configure(r, pki);
        log_on(r);
        wf_start(&r->wf);
        CHECK(punt_link_init(&r->link, r->wf.w, &e) == 0);
        r->links[0] = &r->link;
        env = (struct proxy_env){ .clk = &r->wf.clk,
                                  .rng = &rng_system,
                                  .log = r->wf.log,
                                  .hub = r->wf.hub,
                                  .link = { &r->link },
                                  .nlinks = 1,
                                  .listen = true };
        r->p = proxy_worker_new(0, &env, &e);
        CHECK(r->p != NULL);
        rig_commit(r);
        rig_step(r);
}

/* Nothing may be left of any flow. */
void rig_down(struct rig *r)
{
        struct proxy_counts c;

        proxy_counts(r->p, 0, &c);
        CHECK(c.active == 0);
        for (unsigned i = 0; i < RIG_FLOWS_MAX; i++)
                CHECK(!r->flow[i]);
        proxy_worker_free(r->p);
        punt_link_fini(&r->link);
        wf_stop(&r->wf);
        tls_profile_put(r->client_profile);
        tls_profile_put(r->known_client_profile);
        tls_profile_put(r->unknown_client_profile);
        tls_profile_put(r->server_profile);
        tls_profile_put(r->bad_server_profile);
        trust_set_put(r->pki.all);
        conf_list_fini(&r->conf.tls_proxies);
        conf_list_fini(&r->conf.media_terms);
        conf_list_fini(&r->conf.phone_proxies);
        CHECK(mem_live_blocks() == r->live);
}

/* ---- flows ---- */

static void flow_note(struct rig *r, struct rig_flow *f)
{
        for (unsigned i = 0; i < RIG_FLOWS_MAX; i++)
                if (!r->flow[i]) {
                        r->flow[i] = f;
                        return;
                }
        CHECK(!"too many flows");
}

static void flow_new(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen, uint8_t proto,
                     enum inspect_id engine, bool with_tls)
{
        struct punt_msg m = { .kind = PUNT_FLOW_NEW, .flow = id, .gen = gen };
        uint16_t port = engine == INSPECT_TFTP ? 69 : 5443;

        *f = (struct rig_flow){ .id = id, .gen = gen, .listener = -1 };
        m.info = (struct punt_flow_info){ .conn_id = 1000 + id,
                                          .proto = proto,
                                          .engine = (uint8_t)engine,
                                          .accept_first = with_tls,
                                          .shifted = r->shifted,
                                          .tls_proxy_id = !with_tls         ? 0
                                                          : r->tls_proxy_id ? r->tls_proxy_id
                                                                            : r->tp->o.id,
                                          .phone_proxy_id = r->phone_proxy_id,
                                          .iface = { WF_OUTSIDE, WF_INSIDE },
                                          .client_real = { addr_v4(0xC0000232), 40000 },
                                          .client_mapped = { addr_v4(0x0A010101), 40001 },
                                          .server_real = { addr_v4(0x0A010102), port },
                                          .server_mapped = { addr_v4(0xC000028C), port } };
        flow_note(r, f);
        rig_tell(r, &m);
        rig_step(r);
}

void rig_flow(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen)
{
        flow_new(r, f, id, gen, IPPROTO_TCP_, INSPECT_MMP, true);
}

void rig_flow_udp(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen)
{
        flow_new(r, f, id, gen, IPPROTO_UDP_, INSPECT_TFTP, false);
}

static int listen_at(uint32_t id, uint8_t gen)
{
        int fd = sock_bound(pseudo_addr(1, 0, id), pseudo_port(gen));

        CHECK(listen(fd, 4) == 0);
        return fd;
}

void rig_flow_clear(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen, bool served)
{
        int fd = served ? listen_at(id, gen) : -1; /* the proxy dials at once */

        flow_new(r, f, id, gen, IPPROTO_TCP_, INSPECT_MMP, false);
        f->clear[0] = f->clear[1] = true;
        f->listener = fd;
        f->server_rc = LEG_AGAIN;
}

static struct leg *tls(struct tls_profile *p, int fd, bool connecting)
{
        struct leg *bottom = leg_socket_new(fd, connecting), *l;
        struct err e = { 0 };

        CHECK(bottom != NULL);
        l = leg_tls_new(p, bottom, NULL, &e);
        CHECK(l != NULL);
        return l;
}

void rig_dial(struct rig *r, struct rig_flow *f)
{
        struct sockaddr_in to = sock_addr(PSEUDO_KERNEL, PUNT_LISTEN_PORT);
        int fd = sock_bound(pseudo_addr(0, 0, f->id), pseudo_port(f->gen));

        CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS);
        f->client = f->clear[0] ? leg_socket_new(fd, true)
                                : tls(r->client_as ? r->client_as : r->client_profile, fd, true);
        f->client_rc = LEG_AGAIN;
        RIG_UNTIL(r, leg_start(f->clear[0] ? f->client : f->client->next) == 1);
}

void rig_serve(struct rig *r, struct rig_flow *f)
{
        (void)r;
        f->listener = listen_at(f->id, f->gen);
        f->server_rc = LEG_AGAIN;
}

void rig_open(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen)
{
        rig_flow(r, f, id, gen);
        rig_serve(r, f);
        rig_dial(r, f);
        RIG_UNTIL(r, f->client_rc == 1 && f->server_rc == 1);
        rig_step(r);
        CHECK(!f->ends);
}

void rig_end(struct rig *r, struct rig_flow *f)
{
        struct punt_msg m = { .kind = PUNT_END, .flow = f->id, .gen = f->gen };

        rig_tell(r, &m);
}

void rig_hang_up(struct rig_flow *f, bool abort_it)
{
        leg_close(f->client, abort_it);
        leg_close(f->server, abort_it);
        f->client = f->server = NULL;
        if (f->listener >= 0)
                close(f->listener);
        f->listener = -1;
}

/* ---- the dataplane ---- */

void rig_tell(struct rig *r, const struct punt_msg *m)
{
        CHECK(ring_push(r->link.to_proxy, m));
}

static void on_end(struct rig *r, struct rig_flow *f, const struct punt_msg *m)
{
        struct punt_msg gone = { .kind = PUNT_GONE, .flow = m->flow, .gen = m->gen };

        f->ends++;
        f->reason = m->reason;
        f->drop = m->drop;
        if (!r->mute)
                rig_tell(r, &gone);
}

/* The last the rig has to do with the flow: the test may reuse its memory. */
static void on_flow_msg(struct rig *r, const struct punt_msg *m)
{
        for (unsigned i = 0; i < RIG_FLOWS_MAX; i++) {
                struct rig_flow *f = r->flow[i];

                if (!f || f->id != m->flow || f->gen != m->gen)
                        continue;
                if (m->kind == PUNT_END)
                        on_end(r, f, m);
                else
                        f->gones++;
                f->free = true;
                r->flow[i] = NULL;
                return;
        }
        CHECK(!"message about a flow that is not there");
}

static void on_msg(struct rig *r, const struct punt_msg *m)
{
        if (r->hook && r->hook(r->hook_ctx, m))
                return;
        switch (m->kind) {
        case PUNT_END:
        case PUNT_GONE:
                on_flow_msg(r, m);
                break;
        case PUNT_DGRAM:
        case PUNT_DGRAM_DROP:
                r->ndgram += m->kind == PUNT_DGRAM;
                r->ndrop += m->kind == PUNT_DGRAM_DROP;
                r->order = r->order << 1;
                r->pk = m->pk;
                break;
        case PUNT_CONNECTED:
                for (unsigned i = 0; i < RIG_FLOWS_MAX; i++)
                        if (r->flow[i] && r->flow[i]->id == m->flow && r->flow[i]->gen == m->gen)
                                r->flow[i]->connected++;
                break;
        case PUNT_PINHOLE:
                r->nholes++;
                r->order = r->order << 1 | 1;
                r->hole = m->pinhole;
                break;
        default:
                break;
        }
}

/* ---- one loop ---- */

static void serve_accept(struct rig *r, struct rig_flow *f)
{
        int fd = f->listener >= 0 && !f->server ? accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;

        if (fd >= 0)
                f->server = f->clear[1]     ? leg_socket_new(fd, false)
                            : r->bad_server ? tls(r->bad_server_profile, fd, false)
                                            : tls(r->server_profile, fd, false);
}

static void flow_step(struct rig *r, struct rig_flow *f)
{
        serve_accept(r, f);
        if (f->client && f->client_rc == LEG_AGAIN && !f->hold_client)
                f->client_rc = leg_start(f->client);
        if (f->server && f->server_rc == LEG_AGAIN && !f->hold_server)
                f->server_rc = leg_start(f->server);
}

/* Only the proxy's own allocations fail; the count goes on from loop to loop. */
static void proxy_loop(struct rig *r)
{
        uint64_t made;

        mem_fail_nth(r->fail_nth, false);
        proxy_step(r->p, 0);
        made = mem_fail_count();
        mem_fail_nth(0, false);
        r->failed |= r->fail_nth && made >= r->fail_nth;
        r->fail_nth -= MIN_OF(r->fail_nth, made);
}

void rig_step(struct rig *r)
{
        struct punt_msg m;

        proxy_loop(r);
        while (ring_pop(r->link.to_dp, &m))
                on_msg(r, &m);
        for (unsigned i = 0; i < RIG_FLOWS_MAX; i++)
                if (r->flow[i])
                        flow_step(r, r->flow[i]);
}

void rig_advance(struct rig *r, uint64_t ms)
{
        for (; ms; ms -= MIN_OF(ms, (uint64_t)50)) {
                clock_advance_ms(&r->wf.time, MIN_OF(ms, (uint64_t)50));
                rig_step(r);
        }
}

void rig_wait_1ms(void)
{
        poll(NULL, 0, 1);
}

void rig_say(struct rig *r, struct leg *l, const void *p, size_t n)
{
        struct cur c = cur_of(p, n);
        ssize_t put = 0;

        while (c.left) {
                RIG_UNTIL(r, (put = leg_write(l, c.p, c.left)) != LEG_AGAIN);
                CHECK(put > 0);
                cur_take(&c, (size_t)put);
        }
        rig_step(r);
}

void rig_hear(struct rig *r, struct leg *l, void *p, size_t n)
{
        struct wbuf w = wbuf_of(p, n);
        ssize_t got = 0;

        while (w.len < n) {
                RIG_UNTIL(r, (got = leg_read(l, w.buf + w.len, n - w.len)) != LEG_AGAIN);
                CHECK(got > 0);
                w.len += (size_t)got;
        }
}

/* ---- what can be seen ---- */

static void keep_line(void *ctx, const char *line)
{
        struct rig *r = ctx;
        size_t n = strlen(r->log);

        snprintf(r->log + n, sizeof r->log - n, "%s\n", line);
}

bool rig_logged(struct rig *r, const char *text)
{
        r->log[0] = 0;
        while (log_step(r->wf.log))
                continue;
        log_buffer_walk(r->wf.log, keep_line, r);
        return strstr(r->log, text) != NULL;
}

unsigned rig_descriptors(void)
{
        DIR *d = opendir("/proc/self/fd");
        unsigned n = 0;

        while (d && readdir(d))
                n++;
        if (d)
                closedir(d);
        return n;
}

uint64_t rig_counter(struct rig *r, const char *name)
{
        const char *engine, *n;
        uint64_t v;

        for (unsigned i = 0; proxy_engine_counter(r->p, i, &engine, &n, &v); i++)
                if (!strcmp(n, name))
                        return v;
        return 0;
}
