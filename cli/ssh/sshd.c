/* The SSH server's door: who has connected, how many at once, and who has to go. */
#include "cli/ssh/sshd.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/ssh/sshd_int.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"

#define SSH_PORT 22

/* ---- host key ---- */

struct making {
        struct box *b;
        struct err e;
        int rc;
};

static void make_key(void *arg)
{
        struct making *m = arg;

        m->rc = sshd_key_make(m->b, &m->e);
}

/* Somebody may connect by what is configured, and there is no key to show him. */
static bool key_wanted(struct box *b)
{
        bool some;

        pthread_mutex_lock(&b->conf_lock);
        some = b->store->policy.box_access[BOX_SSH].n > 0;
        pthread_mutex_unlock(&b->conf_lock);
        return some && !sshd_key_exists(b->keys);
}

static void look_for_key(struct sshd *d)
{
        struct making m = { .b = d->box };

        if (!key_wanted(d->box))
                return;
        d->box->job(d->box, make_key, &m);
        pthread_mutex_lock(&d->box->conf_lock);
        if (m.rc < 0 && log_wanted(d->box->log_src, LOG_315004))
                log_emit(d->box->log_src, LOG_315004, NULL, 0);
        pthread_mutex_unlock(&d->box->conf_lock);
}

/* ---- connections ---- */

static void conn_free(struct sshd_conn *c)
{
        close(c->wake);
        mem_free_secret(c);
}

static void reap(struct sshd *d, bool all)
{
        struct list gone;

        list_init(&gone);
        pthread_mutex_lock(&d->lock);
        list_each_safe(it, next, &d->conns) {
                struct sshd_conn *c = list_entry(it, struct sshd_conn, link);

                if (!all && !atomic_load(&c->gone))
                        continue;
                list_del(it);
                list_add_tail(&gone, it);
                d->nconns--;
                d->nin -= c->in;
        }
        pthread_mutex_unlock(&d->lock);
        list_each_safe(it, next, &gone) {
                struct sshd_conn *c = list_entry(it, struct sshd_conn, link);

                pthread_join(c->thread, NULL);
                list_del(it);
                conn_free(c);
        }
}

static void end_conn(struct sshd_conn *c, enum sshd_end why)
{
        int stay = SSHD_STAY;

        atomic_compare_exchange_strong(&c->ask, &stay, why);
        sshd_kick(c->wake);
}

static bool starting(const struct sshd_conn *c)
{
        return c->info.phase < SSHD_IN && atomic_load(&c->ask) == SSHD_STAY;
}

/*
 * Those who have not logged in: one address has a few, and the oldest gives way when there are many, so nobody can
 * keep others out by connecting and saying nothing. Under the lock.
 */
static bool room_for(struct sshd *d, const struct addr *from)
{
        unsigned all = 0, same = 0;
        struct sshd_conn *oldest = NULL;

        list_each(it, &d->conns) {
                struct sshd_conn *c = list_entry(it, struct sshd_conn, link);

                if (!starting(c))
                        continue;
                all++;
                same += addr_eq(&c->peer.addr, from);
                if (!oldest)
                        oldest = c; /* the list is in the order of their coming */
        }
        if (same >= SSHD_STARTUPS_SOURCE || d->nconns >= SSHD_CONNS_MAX)
                return false;
        if (all >= SSHD_STARTUPS_MAX)
                end_conn(oldest, SSHD_CROWDED);
        return true;
}

/* The smallest number that is free. Under the lock. */
static unsigned free_id(struct sshd *d)
{
        bool used[SSHD_CONNS_MAX] = { false };
        unsigned id = 0;

        list_each(it, &d->conns)
                used[list_entry(it, struct sshd_conn, link)->info.id] = true;
        while (used[id])
                id++;
        return id;
}

static struct sshd_conn *conn_new(struct sshd *d, int fd, const struct box_peer *peer)
{
        struct sshd_conn *c = mem_alloc(MEM_CLI, sizeof *c);

        if (!c)
                return NULL;
        c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (c->wake < 0) {
                mem_free(c);
                return NULL;
        }
        c->d = d;
        c->fd = fd;
        c->chan.end = c->chan.raw = -1;
        c->peer = *peer;
        c->since_ms = clock_mono_ms(d->box->clk);
        c->info = (struct sshd_info){ .from = peer->addr, .port = peer->port, .since_ms = c->since_ms };
        memcpy(c->info.nameif, peer->nameif, sizeof c->info.nameif);
        return c;
}

/* false: the descriptor is still the caller's. */
static bool welcome(struct sshd *d, int fd, const struct box_peer *peer)
{
        struct sshd_conn *c = NULL;
        bool ok;

        pthread_mutex_lock(&d->lock);
        if (room_for(d, &peer->addr))
                c = conn_new(d, fd, peer);
        if (c) {
                c->info.id = free_id(d);
                list_add_tail(&d->conns, &c->link);
                d->nconns++;
        }
        ok = c && pthread_create(&c->thread, NULL, sshd_conn_thread, c) == 0;
        if (c && !ok) {
                list_del(&c->link);
                d->nconns--;
                conn_free(c);
        }
        pthread_mutex_unlock(&d->lock);
        return ok;
}

static unsigned sessions_max(struct box *b)
{
        unsigned n;

        pthread_mutex_lock(&b->conf_lock);
        n = b->store->sys.ssh.sessions;
        pthread_mutex_unlock(&b->conf_lock);
        return n ? n : SSHD_SESSIONS_DEFAULT;
}

bool sshd_admit(struct sshd_conn *c)
{
        struct sshd *d = c->d;
        unsigned max = sessions_max(d->box);
        bool ok;

        pthread_mutex_lock(&d->lock);
        ok = d->nin < max;
        if (ok) {
                d->nin++;
                c->in = true;
                c->info.phase = SSHD_IN;
                memcpy(c->info.user, c->user, sizeof c->info.user);
        }
        pthread_mutex_unlock(&d->lock);
        return ok;
}

static void accept_all(struct sshd *d)
{
        struct box_peer peer;
        int fd;

        while (!atomic_load(&d->stop) && (fd = box_accept(d->box->net, d->listen, &peer)) >= 0) {
                reap(d, false);
                if (!welcome(d, fd, &peer))
                        close(fd);
        }
}

static void *door(void *arg)
{
        struct sshd *d = arg;
        struct pollfd p[2] = { { .fd = d->listen, .events = POLLIN }, { .fd = d->wake, .events = POLLIN } };

        prctl(PR_SET_NAME, "vg-ssh-door");
        while (!atomic_load(&d->stop)) {
                if (atomic_exchange(&d->look, false))
                        look_for_key(d);
                if (poll(p, 2, -1) < 0 && errno != EINTR)
                        break;
                if (p[1].revents)
                        sshd_drain(d->wake);
                reap(d, false);
                if (p[0].revents)
                        accept_all(d);
        }
        return NULL;
}

/* ---- life ---- */

static int open_door(struct sshd *d, struct err *e)
{
        d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (d->wake < 0)
                return err_set(e, ERR_IO, "eventfd: %s", strerror(errno));
        d->listen = box_listen(d->box->net, &d->service, e);
        if (d->listen < 0)
                return -1;
        if (pthread_create(&d->thread, NULL, door, d) == 0)
                return 0;
        box_unlisten(d->box->net, &d->service, d->listen);
        return err_set(e, ERR_LIMIT, "SSH server: no thread");
}

struct sshd *sshd_start(struct box *b, struct err *e)
{
        struct sshd *d = mem_alloc(MEM_CLI, sizeof *d);

        if (!d) {
                err_nomem(e, "starting the SSH server");
                return NULL;
        }
        d->box = b;
        d->service = (struct box_service){
                .proto = IPPROTO_TCP, .port = SSH_PORT, .box_port = SSH_PORT, .by_lines = true, .use = BOX_SSH
        };
        d->wake = d->listen = -1;
        atomic_store(&d->look, true);
        pthread_mutex_init(&d->lock, NULL);
        list_init(&d->conns);
        if (open_door(d, e) == 0) {
                b->ssh = d;
                return d;
        }
        if (d->wake >= 0)
                close(d->wake);
        mem_free(d);
        return NULL;
}

void sshd_stop(struct sshd *d)
{
        if (!d)
                return;
        atomic_store(&d->stop, true);
        sshd_kick(d->wake);
        pthread_join(d->thread, NULL);
        pthread_mutex_lock(&d->lock);
        list_each(it, &d->conns)
                end_conn(list_entry(it, struct sshd_conn, link), SSHD_STOPPED);
        pthread_mutex_unlock(&d->lock);
        reap(d, true);
        d->box->ssh = NULL;
        box_unlisten(d->box->net, &d->service, d->listen);
        close(d->wake);
        pthread_mutex_destroy(&d->lock);
        mem_free(d);
}

void sshd_look(struct sshd *d)
{
        if (!d)
                return;
        atomic_store(&d->look, true);
        sshd_kick(d->wake);
}

/* ---- for people ---- */

static unsigned insert(struct sshd_info *out, unsigned n, unsigned max, const struct sshd_info *i)
{
        unsigned at = n;

        if (n == max)
                return n;
        for (; at && out[at - 1].id > i->id; at--)
                out[at] = out[at - 1];
        out[at] = *i;
        return n + 1;
}

unsigned sshd_list(struct sshd *d, struct sshd_info *out, unsigned max)
{
        unsigned n = 0;

        if (!d)
                return 0;
        pthread_mutex_lock(&d->lock);
        list_each(it, &d->conns)
                n = insert(out, n, max, &list_entry(it, struct sshd_conn, link)->info);
        pthread_mutex_unlock(&d->lock);
        return n;
}

bool sshd_disconnect(struct sshd *d, unsigned id)
{
        bool found = false;

        if (!d)
                return false;
        pthread_mutex_lock(&d->lock);
        list_each(it, &d->conns) {
                struct sshd_conn *c = list_entry(it, struct sshd_conn, link);

                if (c->info.id == id && c->info.phase != SSHD_OVER) {
                        end_conn(c, SSHD_OPERATOR);
                        found = true;
                }
        }
        pthread_mutex_unlock(&d->lock);
        return found;
}
