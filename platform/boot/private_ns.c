#include "platform/boot/private_ns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_proc(const char *path, const char *text, struct err *e)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
        int err = errno;

        if (fd >= 0)
                close(fd);
        return n == (ssize_t)strlen(text) ? 0 : err_set(e, ERR_IO, "%s: %s", path, strerror(err));
}

/* We are root inside, ourselves outside. */
static int map_ids(uid_t uid, gid_t gid, struct err *e)
{
        char map[64];

        snprintf(map, sizeof map, "0 %u 1", uid);
        if (write_proc("/proc/self/setgroups", "deny", e) < 0 || write_proc("/proc/self/uid_map", map, e) < 0)
                return -1;
        snprintf(map, sizeof map, "0 %u 1", gid);
        return write_proc("/proc/self/gid_map", map, e);
}

int private_ns_enter(struct err *e)
{
        uid_t uid = geteuid();
        gid_t gid = getegid();

        if (unshare(CLONE_NEWNET) == 0)
                return 0;
        if (errno != EPERM)
                return err_set(e, ERR_IO, "cannot make a private network namespace: %s", strerror(errno));
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                return err_set(e, ERR_IO,
                               "cannot make a private network namespace: %s (needs root, or user namespaces allowed)",
                               strerror(errno));
        return map_ids(uid, gid, e);
}
