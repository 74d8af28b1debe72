/* Files over SSH: SCP and SFTP on the channel of a connection, in the thread that otherwise runs its session. */
#include "cli/ssh/sshd_int.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/ssh/scp.h"
#include "cli/ssh/sftp.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"

struct files {
        struct sshd_conn *c;
        int fd;
        int idle_ms;
};

bool sshd_files_enabled(struct box *b)
{
        bool on;

        pthread_mutex_lock(&b->conf_lock);
        on = b->store->sys.ssh.scopy;
        pthread_mutex_unlock(&b->conf_lock);
        return on;
}

bool sshd_files_may(const struct sshd_conn *c)
{
        return aaa_level(&c->who) == 15 && !c->who.expired;
}

/* Why this user may not; NULL: he may. */
static const char *refusal(const struct sshd_conn *c)
{
        if (!sshd_files_enabled(c->d->box))
                return "files are not served: ssh scopy enable";
        if (c->who.expired)
                return "the password has expired: log in without a command to change it";
        return sshd_files_may(c) ? NULL : "only users of privilege level 15 may copy files";
}

/* ---- bytes ---- */

static bool wait_for(const struct files *f, short what)
{
        struct pollfd p = { .fd = f->fd, .events = what };
        int rc;

        do
                rc = poll(&p, 1, f->idle_ms);
        while (rc < 0 && errno == EINTR);
        return rc > 0;
}

static bool get(void *ctx, void *p, size_t n)
{
        const struct files *f = ctx;
        char *at = p;

        while (n) {
                ssize_t got = wait_for(f, POLLIN) ? recv(f->fd, at, n, 0) : 0;

                if (got <= 0)
                        return false;
                at += got;
                n -= (size_t)got;
        }
        return true;
}

static bool put(void *ctx, const void *p, size_t n)
{
        const struct files *f = ctx;
        const char *at = p;

        while (n) {
                ssize_t w = wait_for(f, POLLOUT) ? send(f->fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;

                if (w < 0 && errno == EAGAIN && wait_for(f, POLLOUT))
                        continue;
                if (w <= 0)
                        return false;
                at += w;
                n -= (size_t)w;
        }
        return true;
}

/* As a command that was typed. */
static void note(void *ctx, const char *what, const char *name)
{
        const struct files *f = ctx;
        struct box *b = f->c->d->box;
        char line[2 * XFER_NAME_MAX + 48];

        snprintf(line, sizeof line, "scopy %s disk0:/%s", what, name);
        pthread_mutex_lock(&b->conf_lock);
        log_msg(b->log_src, LOG_111008, LS(f->c->who.user), LS(line));
        pthread_mutex_unlock(&b->conf_lock);
}

/* ---- SFTP ---- */

static int serve_sftp(struct files *f)
{
        struct sftp *s = sftp_new(f->c->d->box, note, f);
        uint8_t *packet = mem_alloc(MEM_CLI, SFTP_PACKET_MAX), head[4];
        struct text out = { 0 };
        bool ok = s && packet;

        while (ok && get(f, head, sizeof head)) {
                size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];

                text_cut(&out, 0);
                ok = n && n <= SFTP_PACKET_MAX && get(f, packet, n) && sftp_packet(s, packet, n, &out) &&
                     put(f, text_str(&out), out.n);
        }
        text_fini(&out);
        mem_free_secret(packet);
        sftp_free(s);
        return !ok;
}

int sshd_files_run(struct sshd_conn *c, int fd)
{
        struct box *b = c->d->box;
        struct files f = { .c = c, .fd = fd };
        const struct scp_io io = { .ctx = &f, .get = get, .put = put, .note = note };

        pthread_mutex_lock(&b->conf_lock);
        f.idle_ms = (int)b->store->sys.ssh.timeout_min * 60000;
        pthread_mutex_unlock(&b->conf_lock);
        return c->chan.sftp ? serve_sftp(&f) : scp_serve(b, c->chan.command, refusal(c), &io);
}
