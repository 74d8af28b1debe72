#include "cli/term/pty_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static void make_raw(int fd)
{
        struct termios raw;

        if (!tcgetattr(fd, &raw)) {
                cfmakeraw(&raw);
                tcsetattr(fd, TCSANOW, &raw);
        }
}

static int make_link(struct pty_line *l, const char *link, struct err *e)
{
        struct stat st;

        if (ttyname_r(l->hold, l->device, sizeof l->device))
                return err_set(e, ERR_IO, "pty: %s", strerror(errno));
        if (strlen(link) >= sizeof l->link)
                return err_set(e, ERR_RANGE, "pty:%s: the path is longer than %zu bytes", link, sizeof l->link - 1);
        if (!lstat(link, &st) && S_ISLNK(st.st_mode))
                unlink(link);
        if (symlink(l->device, link))
                return err_set(e, ERR_IO, "pty:%s: %s", link, strerror(errno));
        strcpy(l->link, link);
        return 0;
}

int pty_line_open(struct pty_line *l, const char *link, struct err *e)
{
        l->link[0] = 0;
        if (openpty(&l->master, &l->hold, NULL, NULL, NULL))
                return err_set(e, ERR_IO, "pty: %s", strerror(errno));
        fcntl(l->master, F_SETFD, FD_CLOEXEC);
        fcntl(l->hold, F_SETFD, FD_CLOEXEC);
        fcntl(l->master, F_SETFL, fcntl(l->master, F_GETFL) | O_NONBLOCK);
        make_raw(l->hold);
        if (make_link(l, link, e) == 0)
                return 0;
        pty_line_forget(l);
        return -1;
}

void pty_line_close(struct pty_line *l)
{
        char now[sizeof l->device];
        ssize_t n = *l->link ? readlink(l->link, now, sizeof now - 1) : -1;

        if (n >= 0) {
                now[n] = 0;
                if (!strcmp(now, l->device))
                        unlink(l->link);
        }
        pty_line_forget(l);
}

void pty_line_forget(struct pty_line *l)
{
        close(l->master);
        close(l->hold);
        l->master = l->hold = -1;
}
