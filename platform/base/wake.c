#include "platform/base/wake.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int wake_open(void)
{
        return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void wake_kick(int fd)
{
        uint64_t one = 1;

        if (write(fd, &one, sizeof one) < 0)
                return; /* awake already */
}

void wake_drain(int fd)
{
        uint64_t n;

        if (read(fd, &n, sizeof n) < 0)
                return; /* nobody has kicked */
}
