/* The HTTPS server: when it is open, its bounds, its life. */
#include "cli/http/httpd_int.h"

#include <string.h>

#include "cli/conf/store.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define BOX_PORT 443 /* in the private kernel, whatever port the world dials */

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

/* There is one before anybody may come, and a new one when the box is called otherwise. */
static void follow_name(struct httpd *d, bool look)
{
        struct making m = { .b = d->box };
        char name[HTTPD_NAME_TEXT];

        httpd_certificate_name(d->box, name, sizeof name);
        if (!look && !strcmp(name, d->name))
                return;
        str_copy(d->name, sizeof d->name, name);
        if (!httpd_certificate_fits(d->box, name))
                d->box->job(d->box, make_certificate, &m);
}

static unsigned port_of(struct box *b)
{
        unsigned port;

        pthread_mutex_lock(&b->conf_lock);
        port = b->store->sys.http.enabled && b->store->policy.box_access[BOX_HTTP].n ? b->store->sys.http.port : 0;
        pthread_mutex_unlock(&b->conf_lock);
        return port;
}

static unsigned port_wanted(void *httpd, bool told)
{
        struct httpd *d = httpd;
        unsigned port = port_of(d->box);

        if (port)
                follow_name(d, told || port != d->port);
        d->port = port;
        return port;
}

static const struct door_service service = {
        .name = "http",
        .use = BOX_HTTP,
        .box_port = BOX_PORT,
        .bounds = { .all = HTTPD_CONNS_MAX,
                    .starting = HTTPD_STARTUPS_MAX,
                    .source = HTTPD_STARTUPS_SOURCE,
                    .user = HTTPD_SESSIONS_USER },
        .grace_ms = HTTPD_GRACE_MS,
        .guest_size = sizeof(struct httpd_conn),
        .port = port_wanted,
        .serve = httpd_serve,
};

const char *httpd_admit(struct httpd_conn *c)
{
        switch (door_admit(&c->guest, c->who.user, HTTPD_SESSIONS_MAX)) {
        case PLACES_USER_FULL:
                return "ERROR: this user has as many HTTPS sessions as one may have: see \"show http sessions\"";
        case PLACES_FULL:
                return "ERROR: all HTTPS sessions are in use: see \"show http sessions\"";
        default:
                return NULL;
        }
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
        d->door = door_open(b, &service, d, e);
        if (d->door) {
                b->http = d;
                return d;
        }
        mem_free(d);
        return NULL;
}

void httpd_stop(struct httpd *d)
{
        if (!d)
                return;
        door_close(d->door);
        d->box->http = NULL;
        mem_free(d);
}

void httpd_look(struct httpd *d)
{
        if (d)
                door_look(d->door);
}

/* ---- for people ---- */

unsigned httpd_port(struct httpd *d)
{
        return d ? door_port(d->door) : 0;
}

static void copy_info(void *to, const struct guest *g)
{
        struct httpd_info *i = to;

        *i = ((const struct httpd_conn *)(const void *)g)->info;
        i->at = g->place.info;
        if (!i->requests)
                i->last_ms = i->at.since_ms;
}

unsigned httpd_list(struct httpd *d, struct httpd_info *out, unsigned max)
{
        return d ? door_list(d->door, out, sizeof *out, max, copy_info) : 0;
}

unsigned httpd_sessions(struct httpd *d)
{
        return d ? door_sessions(d->door) : 0;
}

void httpd_counts(struct httpd *d, struct httpd_counts *out)
{
        *out = (struct httpd_counts){ 0 };
        if (!d)
                return;
        door_lock(d->door);
        *out = d->counts;
        door_unlock(d->door);
        out->refused = door_refused(d->door);
}

bool httpd_disconnect(struct httpd *d, unsigned id)
{
        return d && door_disconnect(d->door, id);
}
