/* What sessions tell of phones: the secure-phone table and the steps of a boot here, where they are to the dataplane.
 */
#include <stdio.h>

#include "proxy/worker/worker_int.h"

/* A certificate stands for a phone, or for a gateway with a few lines. */
#define PHONES_PER_SESSION 8u

static bool too_many_phones(struct psession *s)
{
        if (s->nphones >= PHONES_PER_SESSION) /* some may have gone since */
                s->nphones = phone_count_of(s->w->phones, s->info.conn_id);
        return ++s->nphones > PHONES_PER_SESSION;
}

/* Its signalling goes on being let in. What finds no room is told with its next sign of life. */
void psession_secure(struct psession *s, uint8_t told, uint8_t clear)
{
        struct punt_link *l = s->w->env.link[s->nlink];
        struct punt_msg m = { .kind = PUNT_SECURE,
                              .secure = { .iface = s->info.iface[0],
                                          .at = s->info.client_real.a,
                                          .timeout_ms = s->phone_timeout_ms,
                                          .told = told,
                                          .clear = clear } };

        if (s->phone_timeout_ms && ring_space(l->to_dp) > 2 && ring_push(l->to_dp, &m))
                worker_wake(l->dp);
}

static bool is_elsewhere(const struct psession *s, const char *device)
{
        const struct punt_flow_info *i = &s->info;

        return phone_is_elsewhere(s->w->phones, i->phone_proxy_id, device, i->iface[0], &i->client_real.a);
}

/* Whom a failure concerns before anything is proved: whom the certificate names, else who alone has that address. */
static const char *unproved(const struct psession *s)
{
        const char *shown = s->half[0].tls.shown;

        if (shown[0])
                return is_elsewhere(s, shown) ? NULL : shown;
        return boot_device_at(s->w->boots, s->info.iface[0], &s->info.client_real.a);
}

void psession_note_boot(struct psession *s, const char *device, enum boot_step step, bool ok, const char *text)
{
        const struct punt_flow_info *i = &s->info;

        if (!device)
                device = unproved(s);
        if (device)
                boot_note(s->w->boots, device, i->iface[0], &i->client_real.a, step, clock_wall_s(s->w->env.clk), ok,
                          "%s", text);
}

static struct phone_row phone_row_of(const struct psession *s, const char *device)
{
        struct phone_row row = { .phone_proxy_id = s->info.phone_proxy_id,
                                 .iface = s->info.iface[0],
                                 .at = s->info.client_real,
                                 .timeout_ms = s->phone_timeout_ms,
                                 .session = s->info.conn_id };

        snprintf(row.device, sizeof row.device, "%s", device);
        if (!s->ctx.device[0])
                memcpy(row.owner, s->ctx.client_id, sizeof row.owner);
        return row;
}

int ctx_phone_seen(struct inspect_ctx *c, const char *device, uint32_t expires_s)
{
        struct psession *s = c->host;
        struct phone_row row = phone_row_of(s, device);

        s->unlisted_until_ms = 0;
        if (!expires_s) {
                phone_left(s->w->phones, &row);
                return 0;
        }
        psession_secure(s, 0, 0);
        if (!boot_alive(s->w->boots, device))
                psession_note_boot(s, device, BOOT_REGISTER, true, "registered");
        if (!phone_registered(s->w->phones, &row) && too_many_phones(s))
                return inspect_refuse_text(c, "over %u devices on one connection", PHONES_PER_SESSION), -1;
        if (phone_seen(s->w->phones, &row) == PHONE_OK)
                return 0;
        /* Nobody is turned away for that: the table is what operators look at. */
        s->unlisted_until_ms = c->now_ms + s->phone_timeout_ms;
        inspect_count(c, "phones without room in the table", 1);
        if (log_full_tell(&s->w->phones_full, clock_mono_ms(s->w->env.clk)))
                log_msg(s->w->log, LOG_321001, LS("secure phones"), LU(PHONES_MAX));
        return 0;
}

void ctx_phone_boot(struct inspect_ctx *c, const char *device, const char *why)
{
        struct psession *s = c->host;

        if (c->device[0] || !is_elsewhere(s, device)) /* a name that nobody vouches for is no phone's word */
                psession_note_boot(s, device, BOOT_REGISTER, !why, why ? why : "registered");
}

bool ctx_phone_known(struct inspect_ctx *c, const char *device)
{
        const struct psession *s = c->host;
        const struct phone_row row = phone_row_of(s, device);

        return c->now_ms < s->unlisted_until_ms || phone_registered(s->w->phones, &row);
}

const struct boots *proxy_boots(const struct proxy_worker *w)
{
        return w->boots;
}

/* A ring without room: the places end of age. */
static void secure_void(struct proxy_worker *w, const struct punt_msg *m)
{
        for (unsigned i = 0; i < w->env.nlinks; i++)
                if (ring_space(w->env.link[i]->to_dp) > 2 && ring_push(w->env.link[i]->to_dp, m))
                        worker_wake(w->env.link[i]->dp);
}

void proxy_secure_void(struct proxy_worker *w)
{
        const struct punt_msg m = { .kind = PUNT_SECURE_VOID };

        secure_void(w, &m);
}

static void place_gone(void *ctx, uint16_t iface, const struct addr *a)
{
        const struct punt_msg m = { .kind = PUNT_SECURE_VOID, .secure = { .iface = iface, .at = *a } };

        secure_void(ctx, &m);
}

uint32_t proxy_phone_clear(struct proxy_worker *w, const char *device)
{
        return w->phones ? phone_clear(w->phones, device, place_gone, w) : 0;
}

struct phone_table *proxy_phones(struct proxy_worker *w)
{
        return w->phones;
}
