/* What of the configuration a session works with, taken out of the snapshot once: it may change while the session
 * lives. */
#include <stdio.h>

#include <mbedtls/sha256.h>

#include "proxy/session/ldc.h"
#include "proxy/worker/worker_int.h"

static const char *bind_tls_proxy(struct psession *s, const struct proxy_rt *p)
{
        const struct tls_proxy_rt *tp = tls_proxy_by_id(p, s->info.tls_proxy_id);
        const struct server_on *on = NULL;

        if (!tp)
                return "its tls-proxy no longer exists";
        s->tls_proxy_id = tp->id;
        snprintf(s->tls_proxy, sizeof s->tls_proxy, "%s", tp->name);
        snprintf(s->server_tp, sizeof s->server_tp, "%s", tp->server_tp);
        s->ask_client = tp->authenticate_client;
        s->tls[1] = !tp->cleartext;
        if (tp->unusable[0])
                return tp->unusable;
        if (!tp->server) {
                on = server_on_iface(tp, s->info.iface[0]);
                if (!on)
                        return "neither its tls-proxy nor the client's interface has a trustpoint";
                snprintf(s->server_tp, sizeof s->server_tp, "%s", on->tp);
                if (!on->server)
                        return "the trustpoint of the client's interface has not been enrolled";
        }
        s->server_profile = tls_profile_get(tp->server ? tp->server : on->server);
        s->client_profile = tp->client ? tls_profile_get(tp->client) : NULL;
        s->ldc = tp->ldc ? ldc_rt_get(tp->ldc) : NULL;
        return NULL;
}

/* Phones must show a certificate; a nonsecure cluster speaks TCP and RTP. */
static const char *bind_phone_proxy(struct psession *s, const struct proxy_rt *p)
{
        const struct phone_proxy_rt *pp = phone_proxy_by_id(p, s->info.phone_proxy_id);

        if (!pp)
                return "its phone-proxy no longer exists";
        if (pp->unusable[0])
                return pp->unusable;
        if (!s->tls[0])
                return "phones of a phone-proxy must use TLS";
        if (!s->ask_client)
                return "a phone-proxy needs a tls-proxy that authenticates its clients";
        s->phone = pp->params;
        s->phone_timeout_ms = pp->timeout_ms;
        s->ctx.phone = &s->phone;
        s->ctx.anchor = true;
        s->by_mode = s->tls[1] && pp->params.mixed;
        s->tls[1] &= pp->params.mixed && !s->info.shifted;
        s->phone.mixed &= !s->info.shifted; /* to this phone's engine its cluster is a nonsecure one */
        return NULL;
}

const char *psession_bind(struct psession *s)
{
        const struct proxy_rt *p = s->w->snap ? proxy_rt(s->w->snap) : NULL;
        const char *why = NULL;

        s->tls[0] = s->info.accept_first;
        if (s->tls[0])
                why = p ? bind_tls_proxy(s, p) : "no configuration is in force yet";
        if (!why && s->info.phone_proxy_id)
                why = bind_phone_proxy(s, p);
        psession_ctx_legs(s);
        return why;
}

/* The certificate that we show to the server for this client. */
static const char *make_ldc(struct psession *s)
{
        struct err e = { 0 };
        bool generated;

        tls_profile_put(s->client_profile); /* the one without a certificate */
        s->client_profile = ldc_profile(s->w->ldcs, s->ldc, s->half[0].leg, &generated, &e);
        if (!s->client_profile) {
                snprintf(s->why, sizeof s->why, "local dynamic certificate: %.120s", e.text);
                return s->why;
        }
        if (generated)
                debug_line(s->w->log, DBG_TLSP_EVENTS,
                           "TLSP %08x: Generating LDC for client '%s', key-pair '%s', issuer '%s', RT proxy %08x",
                           s->flow, s->half[0].tls.peer_subject, ldc_rt_key(s->ldc), ldc_rt_issuer(s->ldc),
                           s->tls_proxy_id);
        return NULL;
}

/* Who the client proved to be, for what outlives its connection. */
static void note_client(struct psession *s)
{
        const mbedtls_x509_crt *crt = leg_tls_verified_peer(s->half[0].leg);
        uint8_t *id = s->ctx.client_id;

        if (!crt || mbedtls_sha256_ret(crt->raw.p, crt->raw.len, id, 0) != 0)
                memset(id, 0, sizeof s->ctx.client_id);
}

/*
 * The dataplane knows phones by their address. Who shares one with a phone of another mode, or came from where
 * somebody else asked for files, was taken for that one: its next connection finds the leg it needs.
 */
static const char *mode_differs(struct psession *s)
{
        uint8_t protocol = s->info.engine == INSPECT_SIP ? SECURE_SIP : SECURE_SCCP;
        enum phone_mode mode = PHONE_MODE_UNKNOWN;

        if (s->by_mode && s->ctx.device[0])
                mode = phone_mode(s->w->phones, s->info.phone_proxy_id, s->ctx.device);
        if (mode == PHONE_MODE_UNKNOWN || (mode == PHONE_MODE_CLEAR) == s->info.shifted)
                return NULL;
        psession_secure(s, protocol, mode == PHONE_MODE_CLEAR ? protocol : 0);
        return "client: a phone of another security mode was at its address before it; it may come again";
}

const char *psession_admit(struct psession *s)
{
        const struct tls_info *t = &s->half[0].tls;
        const char *why;

        if (s->ctx.phone && !t->verified)
                return "client: a phone must show a certificate";
        if (s->ctx.phone && !s->phone.any_endpoint && !t->device[0])
                return "client: its certificate names no device (`endpoint any` is off)";
        snprintf(s->ctx.device, sizeof s->ctx.device, "%s", t->device);
        note_client(s);
        why = mode_differs(s);
        if (why)
                return why;
        s->client = source_of_client(s->ctx.client_id);
        if (!psession_take_client(s))
                return "client: its certificate has as many connections as a phone may have";
        return s->tls[1] && s->ldc ? make_ldc(s) : NULL;
}

void psession_keep(struct proxy_worker *w, bool (*keep)(void *ctx, uint32_t phone_proxy_id), void *ctx)
{
        list_each_safe(it, tmp, &w->sessions) {
                struct psession *s = list_entry(it, struct psession, link);

                if (!s->dead && s->info.phone_proxy_id && !keep(ctx, s->info.phone_proxy_id))
                        psession_end(s, CONN_END_PROXY, true, "its phone-proxy no longer exists");
        }
        relay_keep(w, keep, ctx);
}
