/* The channel of an SSH connection: what its client asks for, and the bytes between it and the session's terminal. */
#include "cli/ssh/sshd_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/session/console.h"
#include "cli/ssh/scp.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wake.h"

/* ---- the session: a thread of its own ---- */

static struct sshd_conn *conn_of(struct sshd_chan *x)
{
        return container_of(x, struct sshd_conn, chan);
}

static void run_session(struct sshd_chan *x)
{
        struct sshd_conn *c = conn_of(x);
        const struct session_opts o = { .user = c->who.user, .ssh = true, .id = &c->who };
        struct session *s = session_new(c->d->box, x->t, &o);

        if (!s) {
                term_puts(x->t, "ERROR: out of memory\n");
                x->status = 1;
                return;
        }
        console_join(c->d->box->consoles, s);
        if (x->command && c->who.expired) { /* a terminal asks for a new one */
                term_puts(x->t, "ERROR: the password has expired: log in without a command to change it\n");
                x->status = 1;
        } else if (x->command) {
                session_set_priv(s, aaa_level(&c->who));
                x->status = session_exec(s, x->command);
        } else {
                x->how = session_run(s);
        }
        console_leave(c->d->box->consoles, s);
        session_free(s);
}

static void *session_thread(void *arg)
{
        struct sshd_chan *x = arg;

        prctl(PR_SET_NAME, x->raw >= 0 ? "vg-ssh-files" : "vg-ssh-console");
        if (x->raw >= 0) {
                x->status = sshd_files_run(conn_of(x), x->raw);
        } else {
                run_session(x);
                term_flush(x->t);
        }
        atomic_store(&x->done, true);
        wake_kick(conn_of(x)->guest.wake);
        return NULL;
}

static int pty_pair(const struct sshd_chan *x, int fd[2])
{
        struct winsize ws = { .ws_col = (unsigned short)x->cols, .ws_row = (unsigned short)x->rows };

        return openpty(&fd[0], &fd[1], NULL, NULL, &ws);
}

/* fd[0]: ours, fd[1]: the session's. */
static int ends_open(const struct sshd_chan *x, int fd[2])
{
        if ((x->pty ? pty_pair(x, fd) : socketpair(AF_UNIX, SOCK_STREAM, 0, fd)) < 0)
                return -1;
        for (unsigned i = 0; i < 2; i++)
                fcntl(fd[i], F_SETFD, FD_CLOEXEC);
        fcntl(fd[0], F_SETFL, fcntl(fd[0], F_GETFL) | O_NONBLOCK);
        return 0;
}

static int start(struct sshd_chan *x, bool files)
{
        struct err e;
        int fd[2];

        if (files)
                x->pty = false; /* bytes as they are */
        if (x->started || !x->ch || ends_open(x, fd) < 0)
                return -1;
        x->started = true;
        x->end = fd[0];
        if (files)
                x->raw = fd[1];
        else
                x->t = term_open_fds(fd[1], fd[1], x->type, &e);
        x->running = (x->t || files) && pthread_create(&x->thread, NULL, session_thread, x) == 0;
        return x->running ? 0 : -1;
}

static bool has_session(const struct sshd_chan *x)
{
        return x->t || x->raw >= 0;
}

/* The terminal in front of a session that has ended. */
static void session_join(struct sshd_chan *x)
{
        if (x->running)
                pthread_join(x->thread, NULL);
        x->running = false;
        term_close(x->t);
        x->t = NULL;
        if (x->raw >= 0)
                close(x->raw);
        x->raw = -1;
}

void sshd_chan_stop(struct sshd_chan *x)
{
        if (x->running && x->t)
                (door_why(&conn_of(x)->guest) == PLACE_OPERATOR ? term_stop : term_hangup)(x->t);
        if (x->end >= 0)
                close(x->end); /* who is writing to it wakes up */
        x->end = -1;
        session_join(x);
        mem_free_secret(x->command);
        x->command = NULL;
        mem_wipe(x->in, sizeof x->in);
        mem_wipe(x->out, sizeof x->out);
}

/* ---- what clients ask for ---- */

static unsigned size_of(int asked, unsigned dflt)
{
        return asked > 0 && asked <= 10000 ? (unsigned)asked : dflt;
}

/* A terminal type that is only looked up by its name: nothing but what names consist of. */
static void type_set(struct sshd_chan *x, const char *type)
{
        bool fit = type && *type &&
                   strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._") == strlen(type);

        if (!fit || !str_copy(x->type, sizeof x->type, type))
                str_copy(x->type, sizeof x->type, "vt100");
}

static int on_pty(ssh_session s UNUSED, ssh_channel ch UNUSED, const char *type, int cols, int rows, int px UNUSED,
                  int py UNUSED, void *ctx)
{
        struct sshd_chan *x = ctx;

        if (x->started || x->pty)
                return -1;
        x->pty = true;
        x->cols = size_of(cols, 80);
        x->rows = size_of(rows, 24);
        type_set(x, type);
        return 0;
}

static int on_window(ssh_session s UNUSED, ssh_channel ch UNUSED, int cols, int rows, int px UNUSED, int py UNUSED,
                     void *ctx)
{
        struct sshd_chan *x = ctx;
        struct winsize ws;

        if (!x->pty)
                return 0;
        x->cols = size_of(cols, x->cols);
        x->rows = size_of(rows, x->rows);
        ws = (struct winsize){ .ws_col = (unsigned short)x->cols, .ws_row = (unsigned short)x->rows };
        if (x->running && x->end >= 0 && ioctl(x->end, TIOCSWINSZ, &ws) == 0)
                term_resized(x->t);
        return 0;
}

static int on_shell(ssh_session s UNUSED, ssh_channel ch UNUSED, void *ctx)
{
        return start(ctx, false);
}

static int on_exec(ssh_session s UNUSED, ssh_channel ch UNUSED, const char *command, void *ctx)
{
        struct sshd_chan *x = ctx;

        if (x->started || !command || strlen(command) > SSHD_COMMAND_MAX)
                return -1;
        x->command = mem_strdup(MEM_CLI, command);
        return x->command ? start(x, scp_is_command(command)) : -1;
}

/* Accepted, as clients expect; nothing of it is used. */
static int on_env(ssh_session s UNUSED, ssh_channel ch UNUSED, const char *name UNUSED, const char *value UNUSED,
                  void *ctx UNUSED)
{
        return 0;
}

static int on_subsystem(ssh_session s UNUSED, ssh_channel ch UNUSED, const char *name, void *ctx)
{
        struct sshd_chan *x = ctx;

        if (x->started || !name || strcmp(name, "sftp") != 0 || !sshd_files_enabled(conn_of(x)->d->box) ||
            !sshd_files_may(conn_of(x)))
                return -1;
        x->sftp = true;
        return start(x, true);
}

ssh_channel sshd_chan_open(struct sshd_conn *c)
{
        struct sshd_chan *x = &c->chan;

        if (x->ch || !c->in)
                return NULL;
        x->ch = ssh_channel_new(c->s);
        if (!x->ch)
                return NULL;
        x->cb = (struct ssh_channel_callbacks_struct){ .userdata = x,
                                                       .channel_pty_request_function = on_pty,
                                                       .channel_pty_window_change_function = on_window,
                                                       .channel_shell_request_function = on_shell,
                                                       .channel_exec_request_function = on_exec,
                                                       .channel_env_request_function = on_env,
                                                       .channel_subsystem_request_function = on_subsystem };
        ssh_callbacks_init(&x->cb);
        ssh_set_channel_callbacks(x->ch, &x->cb);
        return x->ch;
}

/* ---- bytes ---- */

/* The client says no more; the session reads what is on its way, then sees the end. */
static void end_input(struct sshd_chan *x)
{
        if (x->told_eof)
                return;
        x->told_eof = true;
        if (x->pty)
                term_end_input(x->t);
        else
                shutdown(x->end, SHUT_WR);
}

/* From the client. Its window grows as we read, so it never sends more than we have room for. */
static bool pump_in(struct sshd_chan *x)
{
        ssize_t w;
        int n;

        if (!x->in_n) {
                n = ssh_channel_poll(x->ch, 0);
                if (n > 0)
                        n = ssh_channel_read_nonblocking(x->ch, x->in, sizeof x->in, 0);
                else if (n == SSH_EOF || ssh_channel_is_eof(x->ch))
                        end_input(x);
                x->in_at = 0;
                x->in_n = n > 0 ? (size_t)n : 0;
        }
        if (!x->in_n || x->end < 0)
                return false;
        w = write(x->end, x->in + x->in_at, x->in_n);
        if (w < 0 && errno != EAGAIN && errno != EINTR)
                w = (ssize_t)x->in_n; /* nobody reads any more */
        if (w <= 0)
                return false;
        x->in_at += (size_t)w;
        x->in_n -= (size_t)w;
        return true;
}

/* Text waits in its terminal while the client or its connection takes no more. */
static bool may_send(struct sshd_chan *x)
{
        return ssh_channel_window_size(x->ch) > 0 && !(ssh_get_poll_flags(conn_of(x)->s) & SSH_WRITE_PENDING);
}

static void read_end(struct sshd_chan *x)
{
        ssize_t n = read(x->end, x->out, sizeof x->out);

        x->out_at = 0;
        x->out_n = n > 0 ? (size_t)n : 0;
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
                close(x->end);
                x->end = -1;
        }
}

static bool pump_out(struct sshd_chan *x)
{
        int n;

        if (!may_send(x))
                return false;
        if (!x->out_n && x->end >= 0)
                read_end(x);
        if (!x->out_n)
                return false;
        n = ssh_channel_write(x->ch, x->out + x->out_at, MIN_OF((uint32_t)x->out_n, ssh_channel_window_size(x->ch)));
        if (n <= 0)
                return false;
        x->taken += (uint64_t)n;
        x->out_at += (size_t)n;
        x->out_n -= (size_t)n;
        return true;
}

/* All of the session's words are with libssh: its status, and the end. */
static void say_goodbye(struct sshd_chan *x)
{
        ssh_channel_request_send_exit_status(x->ch, x->status);
        ssh_channel_send_eof(x->ch);
        ssh_channel_close(x->ch);
        x->closing = true;
}

bool sshd_chan_pump(struct sshd_conn *c)
{
        struct sshd_chan *x = &c->chan;

        if (!x->started)
                return true;
        if (x->closing || ssh_channel_is_closed(x->ch))
                return false;
        while (pump_in(x) && ssh_channel_is_open(x->ch))
                continue;
        if (has_session(x) && (!x->running || atomic_load(&x->done)))
                session_join(x);
        for (unsigned i = 0; i < 16 && pump_out(x); i++)
                continue;
        if (x->end < 0 && !x->out_n && !has_session(x))
                say_goodbye(x);
        return !x->closing;
}

bool sshd_chan_blocked(struct sshd_conn *c)
{
        struct sshd_chan *x = &c->chan;

        return x->started && (x->out_n || !may_send(x));
}

short sshd_chan_events(struct sshd_conn *c)
{
        struct sshd_chan *x = &c->chan;

        if (x->end < 0)
                return 0;
        return (short)((x->in_n ? POLLOUT : 0) | (!x->out_n && may_send(x) ? POLLIN : 0));
}
