#include "cli/door/door.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/wake.h"

#define LOOK_MS 1000 /* what changed the configuration may not have told */

struct door {
        struct box *box;
        const struct door_service *s;
        void *owner;
        const struct door_way *way;
        struct box_service service; /* while it is open */
        int listen, wake;
        pthread_t thread;
        atomic_bool stop, told;
        pthread_mutex_t lock;
        struct places places;
        unsigned port; /* 0: closed */
        uint64_t refused;
};

static const struct door_way box_way = { box_listen, box_unlisten, box_accept };

void door_lock(struct door *d)
{
        pthread_mutex_lock(&d->lock);
}

void door_unlock(struct door *d)
{
        pthread_mutex_unlock(&d->lock);
}

void *door_owner(struct door *d)
{
        return d->owner;
}

/* Of whom there is a place: guests begin with it. */
static struct guest *guest_of(struct place *x)
{
        return container_of(x, struct guest, place);
}

static struct guest *guest_at(const struct door *d, unsigned id)
{
        return d->places.at[id] ? guest_of(d->places.at[id]) : NULL;
}

/* ---- a guest's thread ---- */

uint64_t door_now(const struct guest *g)
{
        return clock_mono_ms(g->door->box->clk);
}

bool door_must_go(const struct guest *g)
{
        return place_must_go(&g->place);
}

enum place_end door_why(const struct guest *g)
{
        return (enum place_end)atomic_load(&g->place.end);
}

uint64_t door_grace(const struct guest *g)
{
        return g->place.info.since_ms + g->door->s->grace_ms;
}

bool door_nap(struct guest *g, unsigned ms)
{
        uint64_t until = door_now(g) + ms, now;

        while (!door_must_go(g) && (now = door_now(g)) < until) {
                struct pollfd p = { .fd = g->wake, .events = POLLIN };

                if (poll(&p, 1, (int)(until - now)) > 0)
                        wake_drain(g->wake);
        }
        return !door_must_go(g);
}

void door_phase(struct guest *g, enum place_phase phase)
{
        door_lock(g->door);
        g->place.info.phase = phase;
        door_unlock(g->door);
}

enum places_answer door_admit(struct guest *g, const char *user, unsigned max)
{
        enum places_answer a;

        door_lock(g->door);
        a = places_admit(&g->door->places, &g->place, user, max);
        door_unlock(g->door);
        return a;
}

void door_leave(struct guest *g)
{
        door_lock(g->door);
        places_leave(&g->door->places, &g->place);
        door_unlock(g->door);
}

static void name_thread(const struct door *d, const char *what)
{
        char name[16];

        snprintf(name, sizeof name, "vg-%s%s", d->s->name, what);
        prctl(PR_SET_NAME, name);
}

static void *guest_thread(void *arg)
{
        struct guest *g = arg;
        int door = g->door->wake;

        name_thread(g->door, "");
        g->door->s->serve(g);
        door_phase(g, PLACE_OVER);
        if (g->fd >= 0)
                close(g->fd);
        atomic_store(&g->gone, true);
        wake_kick(door);
        return NULL;
}

/* ---- coming and going ---- */

static void guest_free(struct guest *g)
{
        close(g->wake);
        mem_free_secret(g);
}

static struct guest *guest_new(struct door *d, int fd, const struct box_peer *peer)
{
        struct guest *g = mem_alloc(MEM_CLI, d->s->guest_size);

        if (!g)
                return NULL;
        g->wake = wake_open();
        if (g->wake < 0) {
                mem_free(g);
                return NULL;
        }
        g->door = d;
        g->fd = fd;
        g->peer = *peer;
        g->place.info = (struct place_info){ .from = peer->addr, .port = peer->port, .since_ms = door_now(g) };
        memcpy(g->place.info.nameif, peer->nameif, sizeof g->place.info.nameif);
        return g;
}

static void end_guest(struct guest *g, enum place_end why)
{
        place_end(&g->place, why);
        wake_kick(g->wake);
}

/* Under the lock. */
static bool seat(struct door *d, struct guest *g)
{
        struct place *oldest;

        if (!places_take(&d->places, &g->place, &oldest))
                return false;
        if (oldest)
                wake_kick(guest_of(oldest)->wake);
        if (pthread_create(&g->thread, NULL, guest_thread, g) == 0)
                return true;
        places_drop(&d->places, &g->place);
        return false;
}

static void welcome(struct door *d, int fd, const struct box_peer *peer)
{
        struct guest *g = guest_new(d, fd, peer);
        bool ok;

        door_lock(d);
        ok = g && seat(d, g);
        d->refused += !ok;
        door_unlock(d);
        if (ok)
                return;
        close(fd);
        if (g)
                guest_free(g);
}

/* One who has gone, or anybody; NULL: there is none. */
static struct guest *take_out(struct door *d, bool any)
{
        struct guest *g = NULL;

        door_lock(d);
        for (unsigned id = 0; id < PLACES_MAX && !g; id++) {
                g = guest_at(d, id);
                if (g && !any && !atomic_load(&g->gone))
                        g = NULL;
        }
        if (g)
                places_drop(&d->places, &g->place);
        door_unlock(d);
        return g;
}

static void reap(struct door *d, bool all)
{
        struct guest *g;

        while ((g = take_out(d, all)) != NULL) {
                pthread_join(g->thread, NULL);
                guest_free(g);
        }
}

static void end_all(struct door *d)
{
        door_lock(d);
        for (unsigned id = 0; id < PLACES_MAX; id++)
                if (guest_at(d, id))
                        end_guest(guest_at(d, id), PLACE_STOPPED);
        door_unlock(d);
}

static void accept_all(struct door *d)
{
        struct box_peer peer;
        int fd;

        while (!atomic_load(&d->stop) && (fd = d->way->accept(d->box->net, d->listen, &peer)) >= 0) {
                reap(d, false);
                welcome(d, fd, &peer);
        }
}

/* ---- open or closed ---- */

static void set_port(struct door *d, unsigned port)
{
        door_lock(d);
        d->port = port;
        door_unlock(d);
}

static void shut(struct door *d)
{
        if (!d->port)
                return;
        set_port(d, 0);
        d->way->unlisten(d->box->net, &d->service, d->listen);
        d->listen = -1;
        end_all(d);
}

static int open_at(struct door *d, unsigned port, struct err *e)
{
        d->service = (struct box_service){ .proto = IPPROTO_TCP,
                                           .port = (uint16_t)port,
                                           .box_port = d->s->box_port,
                                           .by_lines = true,
                                           .use = (uint8_t)d->s->use };
        d->listen = d->way->listen(d->box->net, &d->service, e);
        if (d->listen < 0)
                return -1;
        set_port(d, port);
        return 0;
}

/* Nothing listens that is not configured. What cannot be opened is tried again with the next look. */
static void follow_configuration(struct door *d)
{
        bool told = atomic_exchange(&d->told, false);
        unsigned port;
        struct err e;

        if (d->s->always && !told)
                return;
        port = d->s->port(d->owner, told);
        if (port == d->port)
                return;
        shut(d);
        if (port && open_at(d, port, &e) < 0)
                return;
}

static void *door_thread(void *arg)
{
        struct door *d = arg;

        name_thread(d, "-door");
        while (!atomic_load(&d->stop)) {
                struct pollfd p[2] = { { .fd = d->wake, .events = POLLIN }, { .events = POLLIN } };

                follow_configuration(d);
                p[1].fd = d->listen;
                if (poll(p, 2, d->s->always ? -1 : LOOK_MS) < 0 && errno != EINTR)
                        break;
                if (p[0].revents)
                        wake_drain(d->wake);
                reap(d, false);
                if (p[1].revents)
                        accept_all(d);
        }
        return NULL;
}

/* ---- life ---- */

static int begin(struct door *d, struct err *e)
{
        d->wake = wake_open();
        if (d->wake < 0)
                return err_set(e, ERR_IO, "eventfd: %s", strerror(errno));
        if (d->s->always && open_at(d, d->s->port(d->owner, false), e) < 0)
                return -1;
        if (pthread_create(&d->thread, NULL, door_thread, d) == 0)
                return 0;
        shut(d);
        return err_set(e, ERR_LIMIT, "the door of %s: no thread", d->s->name);
}

static void door_free(struct door *d)
{
        if (d->wake >= 0)
                close(d->wake);
        pthread_mutex_destroy(&d->lock);
        mem_free(d);
}

struct door *door_open(struct box *b, const struct door_service *s, void *owner, struct err *e)
{
        struct door *d = mem_alloc(MEM_CLI, sizeof *d);

        if (!d) {
                err_nomem(e, "opening a door");
                return NULL;
        }
        d->box = b;
        d->s = s;
        d->owner = owner;
        d->way = b->way ? b->way : &box_way;
        d->wake = d->listen = -1;
        atomic_store(&d->told, true);
        pthread_mutex_init(&d->lock, NULL);
        places_init(&d->places, &s->bounds);
        if (begin(d, e) == 0)
                return d;
        door_free(d);
        return NULL;
}

void door_close(struct door *d)
{
        if (!d)
                return;
        atomic_store(&d->stop, true);
        wake_kick(d->wake);
        pthread_join(d->thread, NULL);
        shut(d);
        reap(d, true);
        door_free(d);
}

void door_look(struct door *d)
{
        if (!d)
                return;
        atomic_store(&d->told, true);
        wake_kick(d->wake);
        door_lock(d);
        for (unsigned id = 0; id < PLACES_MAX; id++)
                if (guest_at(d, id))
                        wake_kick(guest_at(d, id)->wake);
        door_unlock(d);
}

/* ---- for people ---- */

unsigned door_port(struct door *d)
{
        unsigned port;

        if (!d)
                return 0;
        door_lock(d);
        port = d->port;
        door_unlock(d);
        return port;
}

uint64_t door_refused(struct door *d)
{
        uint64_t n;

        if (!d)
                return 0;
        door_lock(d);
        n = d->refused;
        door_unlock(d);
        return n;
}

unsigned door_sessions(struct door *d)
{
        unsigned n;

        if (!d)
                return 0;
        door_lock(d);
        n = d->places.nin;
        door_unlock(d);
        return n;
}

unsigned door_list(struct door *d, void *to, size_t size, unsigned max, void (*copy)(void *to, const struct guest *g))
{
        unsigned n = 0;

        if (!d)
                return 0;
        door_lock(d);
        for (unsigned id = 0; id < PLACES_MAX && n < max; id++)
                if (guest_at(d, id))
                        copy((char *)to + size * n++, guest_at(d, id));
        door_unlock(d);
        return n;
}

bool door_disconnect(struct door *d, unsigned id)
{
        struct place *x;

        if (!d)
                return false;
        door_lock(d);
        x = places_find(&d->places, id);
        if (x)
                end_guest(guest_of(x), PLACE_OPERATOR);
        door_unlock(d);
        return x != NULL;
}
