/* One SSH connection, from its first byte to its last, in a thread of its own. */
#include "cli/ssh/sshd_int.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "cli/session/session.h"
#include "platform/base/str.h"
#include "platform/base/wake.h"

#define TICK_MS 1000 /* nothing waits for it: a look at the clock */

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
                rc = sshd_greet_open(c, bind, e);
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

        door_lock(c->d->door);
        c->guest.place.info.phase = PLACE_LOGIN;
        str_copy(i->cipher_in, sizeof i->cipher_in, ssh_get_cipher_in(c->s) ? ssh_get_cipher_in(c->s) : "");
        str_copy(i->cipher_out, sizeof i->cipher_out, ssh_get_cipher_out(c->s) ? ssh_get_cipher_out(c->s) : "");
        str_copy(i->mac_in, sizeof i->mac_in, ssh_get_hmac_in(c->s) ? ssh_get_hmac_in(c->s) : "");
        str_copy(i->mac_out, sizeof i->mac_out, ssh_get_hmac_out(c->s) ? ssh_get_hmac_out(c->s) : "");
        str_copy(i->kex, sizeof i->kex, ssh_get_kex_algo(c->s) ? ssh_get_kex_algo(c->s) : "");
        door_unlock(c->d->door);
}

/* ---- the loop ---- */

/* One wait for whatever may happen, then what libssh makes of its socket. -1: the connection is at its end. */
static int wait_and_read(struct sshd_conn *c, int timeout_ms)
{
        short more = (short)(ssh_get_poll_flags(c->s) & SSH_WRITE_PENDING ? POLLOUT : 0);
        struct pollfd p[3] = { { .fd = ssh_get_fd(c->s), .events = (short)(POLLIN | more) },
                               { .fd = c->guest.wake, .events = POLLIN },
                               { .fd = c->chan.end, .events = sshd_chan_events(c) } };

        if (!p[2].events)
                p[2].fd = -1;
        if (poll(p, 3, timeout_ms) < 0 && errno != EINTR)
                return -1;
        if (p[1].revents)
                wake_drain(c->guest.wake);
        if (p[0].revents && c->ev && ssh_event_dopoll(c->ev, 0) == SSH_ERROR)
                return -1;
        return ssh_is_connected(c->s) || !c->ev ? 0 : -1;
}

int sshd_grace_left(const struct sshd_conn *c)
{
        uint64_t now = door_now(&c->guest), until = door_grace(&c->guest);

        return now >= until ? 0 : (int)(until - now);
}

static bool exchange_keys(struct sshd_conn *c)
{
        int rc;

        if (!sshd_greet(c)) {
                c->why = sshd_grace_left(c) ? "Format error" : "Time-out activated";
                return false;
        }
        while ((rc = ssh_handle_key_exchange(c->s)) == SSH_AGAIN) {
                int left = sshd_grace_left(c);

                if (!left)
                        c->why = "Time-out activated";
                if (!left || door_must_go(&c->guest) || wait_and_read(c, left) < 0)
                        return false;
        }
        if (rc != SSH_OK)
                c->why = "Format error";
        return rc == SSH_OK;
}

static bool log_in(struct sshd_conn *c)
{
        while (!c->in) {
                int left = sshd_grace_left(c);

                if (!left)
                        c->why = "Time-out activated";
                else if (c->refused)
                        c->why = "Rejected by server";
                if (!left || c->refused || door_must_go(&c->guest) || wait_and_read(c, left) < 0)
                        return false;
        }
        return true;
}

static uint64_t timeout_ms(struct sshd_conn *c)
{
        struct box *b = c->d->box;
        uint64_t min;

        pthread_mutex_lock(&b->conf_lock);
        min = b->store->sys.ssh.timeout_min;
        pthread_mutex_unlock(&b->conf_lock);
        return min * 60000;
}

/* A session that waits for a client who reads nothing does not notice that it is idle. */
struct stall {
        uint64_t taken, since_ms;
};

static bool is_stalled(struct sshd_conn *c, struct stall *s)
{
        if (!sshd_chan_blocked(c) || s->taken != c->chan.taken) {
                s->taken = c->chan.taken;
                s->since_ms = door_now(&c->guest);
                return false;
        }
        return door_now(&c->guest) - s->since_ms >= timeout_ms(c);
}

static void talk(struct sshd_conn *c)
{
        uint64_t since = door_now(&c->guest);
        struct stall stall = { .since_ms = since };

        while (!door_must_go(&c->guest) && sshd_chan_pump(c)) {
                if ((!c->chan.started && door_now(&c->guest) - since >= SSHD_GRACE_MS) || is_stalled(c, &stall)) {
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
        uint64_t until = door_now(&c->guest) + SSHD_LAST_WORDS_MS;

        while (c->ev && ssh_is_connected(c->s) && door_now(&c->guest) < until &&
               door_why(&c->guest) != PLACE_STOPPED) {
                bool pending = ssh_get_poll_flags(c->s) & SSH_WRITE_PENDING;

                if (!pending && !c->chan.closing)
                        break; /* else the client closes */
                if (wait_and_read(c, 100) < 0)
                        break;
        }
}

static void tell_end(struct sshd_conn *c)
{
        static const char *const asked[] = { [PLACE_STAY] = NULL,
                                             [PLACE_STOPPED] = "Rejected by server",
                                             [PLACE_OPERATOR] = "Terminated by operator",
                                             [PLACE_CROWDED] = "Rejected by server" };
        struct box *b = c->d->box;
        const char *why = asked[door_why(&c->guest)];

        if (!why)
                why = c->why;
        pthread_mutex_lock(&b->conf_lock);
        if (why)
                log_msg(b->log_src, LOG_315011, LA(&c->guest.peer.addr), LS(c->guest.peer.nameif), LS(c->user),
                        LS(why));
        else if (c->in)
                log_msg(b->log_src, LOG_315011_OK, LA(&c->guest.peer.addr), LS(c->guest.peer.nameif), LS(c->user));
        else
                log_msg(b->log_src, LOG_315011, LA(&c->guest.peer.addr), LS(c->guest.peer.nameif), LS(c->user),
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

        door_phase(&c->guest, PLACE_OVER);
        sshd_chan_stop(&c->chan);
        if (c->s && ssh_is_connected(c->s))
                ssh_disconnect(c->s);
        if (c->ev)
                ssh_event_free(c->ev);
        if (c->s)
                ssh_free(c->s);
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

void sshd_serve(struct guest *g)
{
        struct sshd_conn *c = container_of(g, struct sshd_conn, guest);
        struct err e;

        c->d = door_owner(g->door);
        c->near = c->chan.end = c->chan.raw = -1;
        if (session_open(c, &e) == 0)
                converse(c);
        else
                no_key(c);
        close_all(c);
        tell_end(c);
}
