#include "tests/support/netns.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

enum { EXIT_SKIPPED = 77 };

bool netns_enter(void)
{
        return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

static void child(void (*fn)(void *arg), void *arg)
{
        alarm(60);
        if (!netns_enter()) {
                fprintf(stderr, "SKIPPED: no network namespace can be made here: %s\n", strerror(errno));
                _exit(EXIT_SKIPPED);
        }
        fn(arg);
        _exit(0);
}

enum netns_result netns_run(void (*fn)(void *arg), void *arg)
{
        int status;
        pid_t pid;

        fflush(NULL);
        pid = fork();
        if (pid == 0)
                child(fn, arg);
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
                return NETNS_FAILED;
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
                return NETNS_SKIPPED;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NETNS_OK : NETNS_FAILED;
}

bool netns_rx(struct port *p, struct pkt_pool *pool, struct burst *b, unsigned want)
{
        for (int round = 0; round < 6000; round++) {
                struct pollfd pfd = { .fd = p->ops->fd(p), .events = POLLIN };

                p->ops->rx(p, pool, b);
                if (b->n >= want)
                        return b->n == want;
                poll(&pfd, 1, 10);
        }
        fprintf(stderr, "got %u packets of %u\n", b->n, want);
        return false;
}
