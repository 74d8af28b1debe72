/* Logging in by HTTPS: Basic credentials, judged by aaa.h once per connection and configuration. */
#include "cli/http/httpd_int.h"

#include <fcntl.h>
#include <mbedtls/sha256.h>
#include <string.h>

#include "cli/session/console.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define PASSWORD_MAX 512
#define CHALLENGE "WWW-Authenticate: Basic realm=\"Voxgate\", charset=\"UTF-8\"\r\n"

unsigned httpd_level(const struct httpd_conn *c)
{
        return aaa_level(&c->who);
}

/* ---- credentials that have opened the door ---- */

static void proof_of(const struct httpd_conn *c, uint8_t out[32])
{
        mbedtls_sha256_context h;

        mbedtls_sha256_init(&h);
        mbedtls_sha256_starts_ret(&h, 0);
        mbedtls_sha256_update_ret(&h, c->nonce, sizeof c->nonce);
        mbedtls_sha256_update_ret(&h, (const unsigned char *)c->req.authorization, strlen(c->req.authorization));
        mbedtls_sha256_finish_ret(&h, out);
        mbedtls_sha256_free(&h);
}

/* Users come and go with the configuration: another one is asked again. */
static void configuration_now(struct httpd_conn *c, uint64_t *edits, const void **store)
{
        struct box *b = c->d->box;

        pthread_mutex_lock(&b->conf_lock);
        *edits = b->store->edits;
        *store = b->store;
        pthread_mutex_unlock(&b->conf_lock);
}

static bool same_as_before(struct httpd_conn *c)
{
        uint8_t proof[32];
        const void *store;
        uint64_t edits;

        if (!c->in)
                return false;
        configuration_now(c, &edits, &store);
        proof_of(c, proof);
        return edits == c->edits && store == c->store && str_ct_eq(proof, c->proof, sizeof proof);
}

static void remember(struct httpd_conn *c, uint64_t edits, const void *store)
{
        rng_fill(c->d->box->rng, c->nonce, sizeof c->nonce);
        proof_of(c, c->proof);
        c->edits = edits;
        c->store = store;
}

/* ---- a seat among the sessions, for `who` ---- */

static void sit_down(struct httpd_conn *c)
{
        const struct session_opts o = { .user = *c->who.user ? c->who.user : NULL, .id = &c->who, .mute = true };
        struct err e;
        int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return;
        c->seat_term = term_open_fds(-1, fd, NULL, &e);
        c->seat = c->seat_term ? session_new(c->d->box, c->seat_term, &o) : NULL;
        if (!c->seat)
                return;
        session_set_priv(c->seat, httpd_level(c));
        console_join(c->d->box->consoles, c->seat);
}

static void stand_up(struct httpd_conn *c)
{
        if (c->seat) {
                console_leave(c->d->box->consoles, c->seat);
                session_free(c->seat);
        }
        term_close(c->seat_term);
        c->seat = NULL;
        c->seat_term = NULL;
}

void httpd_logout(struct httpd_conn *c)
{
        if (!c->in)
                return;
        stand_up(c);
        door_leave(&c->guest);
        aaa_logout(c->d->box, &c->who);
        mem_wipe(c->proof, sizeof c->proof);
        c->in = false;
}

/* ---- the door ---- */

static void challenge(struct httpd_conn *c, const char *line)
{
        httpd_line(c, 401, CHALLENGE, line);
}

static bool refuse(struct httpd_conn *c)
{
        door_nap(&c->guest, c->who.delay_ms);
        if (++c->tries >= HTTPD_TRIES)
                c->close = true;
        challenge(c, "ERROR: Login incorrect");
        return false;
}

static bool let_in(struct httpd_conn *c)
{
        const char *why;

        if (c->who.expired) {
                httpd_line(c, 403, "", "ERROR: the password has expired: log in on a console to change it");
                return false;
        }
        why = httpd_admit(c);
        c->in = !why;
        if (why) {
                c->close = true;
                httpd_line(c, 503, "Retry-After: 10\r\n", why);
                return false;
        }
        c->tries = 0;
        sit_down(c);
        return true;
}

static bool log_in(struct httpd_conn *c, const char *user, const char *password)
{
        const struct aaa_who w = { .line = AAA_HTTP,
                                   .user = user,
                                   .from = &c->guest.peer.addr,
                                   .from_port = c->guest.peer.port,
                                   .ifc = c->guest.peer.nameif,
                                   .to = &c->guest.peer.local };
        const void *store;
        uint64_t edits;
        struct err e;

        httpd_logout(c);
        configuration_now(c, &edits, &store);
        memset(&c->who, 0, sizeof c->who);
        if (aaa_login(c->d->box, &w, password, &c->who, &e) < 0)
                return refuse(c);
        if (!let_in(c))
                return false;
        remember(c, edits, store);
        return true;
}

bool httpd_authenticate(struct httpd_conn *c)
{
        char user[USERNAME_MAX + 1], password[PASSWORD_MAX];
        bool ok;

        if (same_as_before(c))
                return true;
        if (!*c->req.authorization) {
                challenge(c, "ERROR: log in with a user name and a password (Basic)");
                return false;
        }
        if (!http_basic(c->req.authorization, user, sizeof user, password, sizeof password)) {
                challenge(c, "ERROR: this is no Basic user name and password");
                return false;
        }
        ok = log_in(c, user, password);
        mem_wipe(password, sizeof password);
        return ok;
}
