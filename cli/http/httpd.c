/* The HTTPS server's door: whether it is open, who has connected, how many at once, and who has to go. */
#include "cli/http/httpd_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/conf/store.h"
#include "platform/base/mem.h"

#define BOX_PORT 443 /* in the private kernel, whatever port the world dials */
#define LOOK_MS 1000 /* what changed the configuration may not have told */

/* ---- connections ---- */

static void conn_free(struct httpd_conn *c)
{
        close(c->wake);
        mem_free_secret(c);
}

static void reap(struct httpd *d, bool all)
{
        struct list gone;

        list_init(&gone);
        pthread_mutex_lock(&d->lock);
        list_each_safe(it, next, &d->conns) {
                struct httpd_conn *c = list_entry(it, struct httpd_conn, link);

                if (!all && !atomic_load(&c->gone))
                        continue;
                list_del(it);
                list_add_tail(&gone, it);
                d->nconns--;
        }
        pthread_mutex_unlock(&d->lock);
        list_each_safe(it, next, &gone) {
                struct httpd_conn *c = list_entry(it, struct httpd_conn, link);

                pthread_join(c->thread, NULL);
                list_del(it);
                conn_free(c);
        }
}

static void end_conn(struct httpd_conn *c, enum httpd_end why)
{
        int stay = HTTPD_STAY;

        atomic_compare_exchange_strong(&c->ask, &stay, why);
        httpd_kick(c->wake);
}

static void end_all(struct httpd *d)
{
        pthread_mutex_lock(&d->lock);
        list_each(it, &d->conns)
                end_conn(list_entry(it, struct httpd_conn, link), HTTPD_STOPPED);
        pthread_mutex_unlock(&d->lock);
}

static bool starting(const struct httpd_conn *c)
{
        return c->info.phase < HTTPD_IN && atomic_load(&c->ask) == HTTPD_STAY;
}

/* As with SSH: nobody keeps others out by connecting and saying nothing. Under the lock. */
static bool room_for(struct httpd *d, const struct addr *from)
{
        unsigned all = 0, same = 0;
        struct httpd_conn *oldest = NULL;

        list_each(it, &d->conns) {
                struct httpd_conn *c = list_entry(it, struct httpd_conn, link);

                if (!starting(c))
                        continue;
                all++;
                same += addr_eq(&c->peer.addr, from);
                if (!oldest)
                        oldest = c; /* the list is in the order of their coming */
        }
        if (same >= HTTPD_STARTUPS_SOURCE || d->nconns >= HTTPD_CONNS_MAX)
                return false;
        if (all >= HTTPD_STARTUPS_MAX)
                end_conn(oldest, HTTPD_CROWDED);
        return true;
}

/* The smallest number that is free. Under the lock. */
static unsigned free_id(struct httpd *d)
{
        bool used[HTTPD_CONNS_MAX] = { false };
        unsigned id = 0;

        list_each(it, &d->conns)
                used[list_entry(it, struct httpd_conn, link)->info.id] = true;
        while (used[id])
                id++;
        return id;
}

static struct httpd_conn *conn_new(struct httpd *d, int fd, const struct box_peer *peer)
{
        struct httpd_conn *c = mem_alloc(MEM_CLI, sizeof *c);

        if (!c)
                return NULL;
        c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (c->wake < 0) {
                mem_free(c);
                return NULL;
        }
        c->d = d;
        c->fd = fd;
        c->peer = *peer;
        c->since_ms = httpd_now(c);
        c->info = (struct httpd_info){
                .from = peer->addr, .port = peer->port, .since_ms = c->since_ms, .last_ms = c->since_ms
        };
        memcpy(c->info.nameif, peer->nameif, sizeof c->info.nameif);
        return c;
}

/* false: the descriptor is still the caller's. */
static bool welcome(struct httpd *d, int fd, const struct box_peer *peer)
{
        struct httpd_conn *c = NULL;
        bool ok;

        pthread_mutex_lock(&d->lock);
        if (room_for(d, &peer->addr))
                c = conn_new(d, fd, peer);
        if (c) {
                c->info.id = free_id(d);
                list_add_tail(&d->conns, &c->link);
                d->nconns++;
        }
        ok = c && pthread_create(&c->thread, NULL, httpd_conn_thread, c) == 0;
        if (c && !ok) {
                list_del(&c->link);
                d->nconns--;
                conn_free(c);
        }
        d->counts.refused += !ok;
        pthread_mutex_unlock(&d->lock);
        return ok;
}

/* Under the lock. */
static unsigned places_of(const struct httpd *d, const char *user)
{
        unsigned n = 0;

        list_each(it, &d->conns) {
                const struct httpd_info *i = &list_entry(it, struct httpd_conn, link)->info;

                n += i->phase == HTTPD_IN && !strcmp(i->user, user);
        }
        return n;
}

const char *httpd_admit(struct httpd_conn *c)
{
        struct httpd *d = c->d;
        const char *why = NULL;

        pthread_mutex_lock(&d->lock);
        if (places_of(d, c->who.user) >= HTTPD_SESSIONS_USER)
                why = "ERROR: this user has as many HTTPS sessions as one may have: see \"show http sessions\"";
        else if (d->nin >= HTTPD_SESSIONS_MAX)
                why = "ERROR: all HTTPS sessions are in use: see \"show http sessions\"";
        if (!why) {
                d->nin++;
                c->info.phase = HTTPD_IN;
                memcpy(c->info.user, c->who.user, sizeof c->info.user);
        }
        pthread_mutex_unlock(&d->lock);
        return why;
}

void httpd_leave(struct httpd_conn *c)
{
        pthread_mutex_lock(&c->d->lock);
        c->d->nin--;
        c->info.phase = HTTPD_ASK;
        c->info.user[0] = 0;
        pthread_mutex_unlock(&c->d->lock);
}

static void accept_all(struct httpd *d)
{
        struct box_peer peer;
        int fd;

        while (!atomic_load(&d->stop) && (fd = box_accept(d->box->net, d->listen, &peer)) >= 0) {
                reap(d, false);
                if (!welcome(d, fd, &peer))
                        close(fd);
        }
}

/* ---- open or closed ---- */

struct making {
        struct box *b;
        struct err e;
        int rc;
};

static void make_certificate(void *arg)
{
        struct making *m = arg;

        m->rc = httpd_certificate_make(m->b, &m->e);
}

/* There is one before anybody may come. */
static void need_certificate(struct httpd *d)
{
        struct making m = { .b = d->box };

        if (!httpd_certificate_exists(d->box))
                d->box->job(d->box, make_certificate, &m);
}

static unsigned port_wanted(struct box *b)
{
        unsigned port;

        pthread_mutex_lock(&b->conf_lock);
        port = b->store->sys.http.enabled && b->store->policy.box_access[BOX_HTTP].n ? b->store->sys.http.port : 0;
        pthread_mutex_unlock(&b->conf_lock);
        return port;
}

static void set_port(struct httpd *d, unsigned port)
{
        pthread_mutex_lock(&d->lock);
        d->port = port;
        pthread_mutex_unlock(&d->lock);
}

static void shut(struct httpd *d)
{
        if (!d->port)
                return;
        set_port(d, 0);
        box_unlisten(d->box->net, &d->service, d->listen);
        d->listen = -1;
        end_all(d);
}

/* Nothing listens that is not configured. What cannot be opened is tried again with the next look. */
static void follow_configuration(struct httpd *d)
{
        unsigned port = port_wanted(d->box);
        struct err e;

        if (port == d->port)
                return;
        shut(d);
        if (!port)
                return;
        need_certificate(d);
        d->service = (struct box_service){
                .proto = IPPROTO_TCP, .port = (uint16_t)port, .box_port = BOX_PORT, .by_lines = true, .use = BOX_HTTP
        };
        d->listen = box_listen(d->box->net, &d->service, &e);
        if (d->listen >= 0)
                set_port(d, port);
}

static void *door(void *arg)
{
        struct httpd *d = arg;

        prctl(PR_SET_NAME, "vg-http-door");
        while (!atomic_load(&d->stop)) {
                struct pollfd p[2] = { { .fd = d->wake, .events = POLLIN }, { .fd = d->listen, .events = POLLIN } };

                follow_configuration(d);
                p[1].fd = d->listen;
                if (poll(p, 2, LOOK_MS) < 0 && errno != EINTR)
                        break;
                if (p[0].revents)
                        httpd_drain(d->wake);
                reap(d, false);
                if (p[1].revents)
                        accept_all(d);
        }
        return NULL;
}

/* ---- life ---- */

struct httpd *httpd_start(struct box *b, struct err *e)
{
        struct httpd *d = mem_alloc(MEM_CLI, sizeof *d);

        if (!d) {
                err_nomem(e, "starting the HTTPS server");
                return NULL;
        }
        d->box = b;
        d->listen = -1;
        d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        pthread_mutex_init(&d->lock, NULL);
        list_init(&d->conns);
        if (d->wake >= 0 && pthread_create(&d->thread, NULL, door, d) == 0) {
                b->http = d;
                return d;
        }
        err_set(e, ERR_LIMIT, "HTTPS server: no thread");
        if (d->wake >= 0)
                close(d->wake);
        pthread_mutex_destroy(&d->lock);
        mem_free(d);
        return NULL;
}

void httpd_stop(struct httpd *d)
{
        if (!d)
                return;
        atomic_store(&d->stop, true);
        httpd_kick(d->wake);
        pthread_join(d->thread, NULL);
        shut(d);
        end_all(d);
        reap(d, true);
        d->box->http = NULL;
        close(d->wake);
        pthread_mutex_destroy(&d->lock);
        mem_free(d);
}

void httpd_look(struct httpd *d)
{
        if (d)
                httpd_kick(d->wake);
}

/* ---- for people ---- */

unsigned httpd_port(struct httpd *d)
{
        unsigned port = 0;

        if (!d)
                return 0;
        pthread_mutex_lock(&d->lock);
        port = d->port;
        pthread_mutex_unlock(&d->lock);
        return port;
}

static unsigned insert(struct httpd_info *out, unsigned n, unsigned max, const struct httpd_info *i)
{
        unsigned at = n;

        if (n == max)
                return n;
        for (; at && out[at - 1].id > i->id; at--)
                out[at] = out[at - 1];
        out[at] = *i;
        return n + 1;
}

unsigned httpd_list(struct httpd *d, struct httpd_info *out, unsigned max)
{
        unsigned n = 0;

        if (!d)
                return 0;
        pthread_mutex_lock(&d->lock);
        list_each(it, &d->conns)
                n = insert(out, n, max, &list_entry(it, struct httpd_conn, link)->info);
        pthread_mutex_unlock(&d->lock);
        return n;
}

void httpd_counts(struct httpd *d, struct httpd_counts *out)
{
        *out = (struct httpd_counts){ 0 };
        if (!d)
                return;
        pthread_mutex_lock(&d->lock);
        *out = d->counts;
        pthread_mutex_unlock(&d->lock);
}

bool httpd_disconnect(struct httpd *d, unsigned id)
{
        bool found = false;

        if (!d)
                return false;
        pthread_mutex_lock(&d->lock);
        list_each(it, &d->conns) {
                struct httpd_conn *c = list_entry(it, struct httpd_conn, link);

                if (c->info.id == id && c->info.phase != HTTPD_OVER) {
                        end_conn(c, HTTPD_OPERATOR);
                        found = true;
                }
        }
        pthread_mutex_unlock(&d->lock);
        return found;
}
