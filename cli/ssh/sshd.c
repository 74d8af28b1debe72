/* The SSH server: its host key, its bounds, its life. */
#include "cli/ssh/sshd.h"

#include <string.h>

#include "cli/conf/store.h"
#include "cli/ssh/sshd_int.h"
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

/* ---- the door ---- */

static unsigned port_wanted(void *sshd, bool told)
{
        if (told)
                look_for_key(sshd);
        return SSH_PORT;
}

static const struct door_service service = {
        .name = "ssh",
        .use = BOX_SSH,
        .box_port = SSH_PORT,
        .bounds = { .all = SSHD_CONNS_MAX, .starting = SSHD_STARTUPS_MAX, .source = SSHD_STARTUPS_SOURCE },
        .grace_ms = SSHD_GRACE_MS,
        .guest_size = sizeof(struct sshd_conn),
        .port = port_wanted,
        .always = true, /* whether it is there for the world say the lines */
        .serve = sshd_serve,
};

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
        return door_admit(&c->guest, c->user, sessions_max(c->d->box)) == PLACES_OK;
}

struct sshd *sshd_start(struct box *b, struct err *e)
{
        struct sshd *d = mem_alloc(MEM_CLI, sizeof *d);

        if (!d) {
                err_nomem(e, "starting the SSH server");
                return NULL;
        }
        d->box = b;
        d->door = door_open(b, &service, d, e);
        if (d->door) {
                b->ssh = d;
                return d;
        }
        mem_free(d);
        return NULL;
}

void sshd_stop(struct sshd *d)
{
        if (!d)
                return;
        door_close(d->door);
        d->box->ssh = NULL;
        mem_free(d);
}

void sshd_look(struct sshd *d)
{
        if (d)
                door_look(d->door);
}

/* ---- for people ---- */

static void copy_info(void *to, const struct guest *g)
{
        struct sshd_info *i = to;

        *i = ((const struct sshd_conn *)(const void *)g)->info;
        i->at = g->place.info;
}

unsigned sshd_list(struct sshd *d, struct sshd_info *out, unsigned max)
{
        return d ? door_list(d->door, out, sizeof *out, max, copy_info) : 0;
}

unsigned sshd_sessions(struct sshd *d)
{
        return d ? door_sessions(d->door) : 0;
}

bool sshd_disconnect(struct sshd *d, unsigned id)
{
        return d && door_disconnect(d->door, id);
}
