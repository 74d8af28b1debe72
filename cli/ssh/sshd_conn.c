/* One SSH connection, from its first byte to its last, in a thread of its own. */
#include "cli/ssh/sshd_int.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/session/session.h"
#include "platform/base/str.h"

#define TICK_MS 1000 /* nothing waits for it: a look at the clock */

void sshd_kick(int wake)
{
        uint64_t one = 1;

        if (write(wake, &one, sizeof one) < 0)
                return; /* awake already */
}

void sshd_drain(int wake)
{
        uint64_t n;

        if (read(wake, &n, sizeof n) < 0)
                return;
}

static uint64_t now_ms(const struct sshd_conn *c)
{
        return clock_mono_ms(c->d->box->clk);
}

static bool asked_to_end(struct sshd_conn *c)
{
        return atomic_load(&c->ask) != SSHD_STAY;
}

bool sshd_nap(struct sshd_conn *c, unsigned ms)
{
        uint64_t until = now_ms(c) + ms;

        while (!asked_to_end(c) && now_ms(c) < until) {
                struct pollfd p = { .fd = c->wake, .events = POLLIN };

                if (poll(&p, 1, (int)(until - now_ms(c))) > 0)
                        sshd_drain(c->wake);
        }
        return !asked_to_end(c);
}

/* ---- start ---- */

static int session_open(struct sshd_conn *c, struct err *e)
{
        ssh_bind bind = ssh_bind_new();
        int rc = -1;

        c->s = ssh_new();
        if (!bind || !c->s) {
                err_nomem(e, "an SSH connection");
        } else if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &(bool){ false }) < 0 ||
                   ssh_options_set(c->s, SSH_OPTIONS_PROCESS_CONFIG, &(bool){ false }) < 0 ||
                   ssh_options_set(c->s, SSH_OPTIONS_COMPRESSION, "no") < 0) {
                err_set(e, ERR_SUPPORT, "SSH: %s", ssh_get_error(c->s));
        } else if (sshd_algo_set(c->d->box, bind, e) == 0 && sshd_keys_import(c->d->box, bind, e) == 0) {
                rc = ssh_bind_accept_fd(bind, c->s, c->fd) == SSH_OK
                             ? 0
                             : err_set(e, ERR_IO, "SSH: %s", ssh_get_error(bind));
                if (rc == 0)
                        c->fd = -1; /* libssh's */
        }
        ssh_bind_free(bind);
        if (rc == 0)
                ssh_set_blocking(c->s, 0);
        return rc;
}

/* What was agreed on, for people. */
static void note_algorithms(struct sshd_conn *c)
{
        struct sshd_info *i = &c->info;

        pthread_mutex_lock(&c->d->lock);
        i->phase = SSHD_AUTH;
        str_copy(i->cipher_in, sizeof i->cipher_in, ssh_get_cipher_in(c->s) ? ssh_get_cipher_in(c->s) : "");
        str_copy(i->cipher_out, sizeof i->cipher_out, ssh_get_cipher_out(c->s) ? ssh_get_cipher_out(c->s) : "");
        str_copy(i->mac_in, sizeof i->mac_in, ssh_get_hmac_in(c->s) ? ssh_get_hmac_in(c->s) : "");
        str_copy(i->mac_out, sizeof i->mac_out, ssh_get_hmac_out(c->s) ? ssh_get_hmac_out(c->s) : "");
        str_copy(i->kex, sizeof i->kex, ssh_get_kex_algo(c->s) ? ssh_get_kex_algo(c->s) : "");
        pthread_mutex_unlock(&c->d->lock);
}

/* ---- the loop ---- */

/* One wait for whatever may happen, then what libssh makes of its socket. -1: the connection is at its end. */
static int wait_and_read(struct sshd_conn *c, int timeout_ms)
{
        short more = (short)(ssh_get_poll_flags(c->s) & SSH_WRITE_PENDING ? POLLOUT : 0);
        struct pollfd p[3] = { { .fd = ssh_get_fd(c->s), .events = (short)(POLLIN | more) },
                               { .fd = c->wake, .events = POLLIN },
                               { .fd = c->chan.end, .events = sshd_chan_events(c) } };

        if (!p[2].events)
                p[2].fd = -1;
        if (poll(p, 3, timeout_ms) < 0 && errno != EINTR)
                return -1;
        if (p[1].revents)
                sshd_drain(c->wake);
        if (p[0].revents && c->ev && ssh_event_dopoll(c->ev, 0) == SSH_ERROR)
                return -1;
        return ssh_is_connected(c->s) || !c->ev ? 0 : -1;
}

static int grace_left(const struct sshd_conn *c)
{
        uint64_t age = now_ms(c) - c->since_ms;

        return age >= SSHD_GRACE_MS ? 0 : (int)(SSHD_GRACE_MS - age);
}

static bool exchange_keys(struct sshd_conn *c)
{
        int rc;

        while ((rc = ssh_handle_key_exchange(c->s)) == SSH_AGAIN) {
                int left = grace_left(c);

                if (!left)
                        c->why = "Time-out activated";
                if (!left || asked_to_end(c) || wait_and_read(c, left) < 0)
                        return false;
        }
        if (rc != SSH_OK)
                c->why = "Format error";
        return rc == SSH_OK;
}

static bool log_in(struct sshd_conn *c)
{
        while (!c->in) {
                int left = grace_left(c);

                if (!left)
                        c->why = "Time-out activated";
                else if (c->refused)
                        c->why = "Rejected by server";
                if (!left || c->refused || asked_to_end(c) || wait_and_read(c, left) < 0)
                        return false;
        }
        return true;
}

static void talk(struct sshd_conn *c)
{
        uint64_t since = now_ms(c);

        while (!asked_to_end(c) && sshd_chan_pump(c)) {
                if (!c->chan.started && now_ms(c) - since >= SSHD_GRACE_MS) {
                        c->why = "Time-out activated";
                        return;
                }
                if (wait_and_read(c, TICK_MS) < 0) {
                        c->why = "Reset by client";
                        return;
                }
        }
        if (atomic_load(&c->chan.done) && c->chan.how == SESSION_IDLE)
                c->why = "Time-out activated";
}

/* ---- the end ---- */

/* What libssh still has to send, for a moment. */
static void last_words(struct sshd_conn *c)
{
        uint64_t until = now_ms(c) + SSHD_LAST_WORDS_MS;

        while (c->ev && ssh_is_connected(c->s) && now_ms(c) < until && atomic_load(&c->ask) != SSHD_STOPPED) {
                bool pending = ssh_get_poll_flags(c->s) & SSH_WRITE_PENDING;

                if (!pending && !c->chan.closing)
                        break; /* else the client closes */
                if (wait_and_read(c, 100) < 0)
                        break;
        }
}

static void tell_end(struct sshd_conn *c)
{
        static const char *const asked[] = { [SSHD_STAY] = NULL,
                                             [SSHD_STOPPED] = "Rejected by server",
                                             [SSHD_OPERATOR] = "Terminated by operator",
                                             [SSHD_CROWDED] = "Rejected by server" };
        struct box *b = c->d->box;
        const char *why = asked[atomic_load(&c->ask)];

        if (!why)
                why = c->why;
        pthread_mutex_lock(&b->conf_lock);
        if (why)
                log_msg(b->log_src, LOG_315011, LA(&c->peer.addr), LS(c->peer.nameif), LS(c->user), LS(why));
        else if (c->in)
                log_msg(b->log_src, LOG_315011_OK, LA(&c->peer.addr), LS(c->peer.nameif), LS(c->user));
        else
                log_msg(b->log_src, LOG_315011, LA(&c->peer.addr), LS(c->peer.nameif), LS(c->user),
                        LS("Reset by client"));
        pthread_mutex_unlock(&b->conf_lock);
}

static void converse(struct sshd_conn *c)
{
        sshd_auth_init(c);
        if (!exchange_keys(c))
                return;
        note_algorithms(c);
        c->ev = ssh_event_new();
        if (!c->ev || ssh_event_add_session(c->ev, c->s) != SSH_OK) {
                c->why = "Out of memory";
                return;
        }
        if (log_in(c))
                talk(c);
        last_words(c);
}

/* A shell's session says itself that its user has left. */
static void close_all(struct sshd_conn *c)
{
        bool command = c->chan.command != NULL;

        pthread_mutex_lock(&c->d->lock);
        c->info.phase = SSHD_OVER;
        pthread_mutex_unlock(&c->d->lock);
        sshd_chan_stop(&c->chan);
        if (c->s && ssh_is_connected(c->s))
                ssh_disconnect(c->s);
        if (c->ev)
                ssh_event_free(c->ev);
        if (c->s)
                ssh_free(c->s);
        if (c->fd >= 0)
                close(c->fd);
        if (c->in && (!c->chan.started || command))
                aaa_logout(c->d->box, &c->who);
}

static void no_key(struct sshd_conn *c)
{
        struct box *b = c->d->box;

        pthread_mutex_lock(&b->conf_lock);
        if (log_wanted(b->log_src, LOG_315004))
                log_emit(b->log_src, LOG_315004, NULL, 0);
        pthread_mutex_unlock(&b->conf_lock);
        c->why = "Internal error";
}

void *sshd_conn_thread(void *arg)
{
        struct sshd_conn *c = arg;
        struct err e;

        prctl(PR_SET_NAME, "vg-ssh");
        if (session_open(c, &e) == 0)
                converse(c);
        else
                no_key(c);
        close_all(c);
        tell_end(c);
        atomic_store(&c->gone, true);
        sshd_kick(c->d->wake);
        return NULL;
}
