#include "cli/box/box_lock.h"

#include <time.h>

/*
 * An ordinary mutex goes to whoever is running when it is let go, which is the thread that did so and asks again.
 * With inheritance of priorities the kernel gives it to the thread that has waited longest.
 */
void box_lock_init(struct box *b)
{
        pthread_mutexattr_t fair;

        pthread_mutexattr_init(&fair);
        if (pthread_mutexattr_setprotocol(&fair, PTHREAD_PRIO_INHERIT) || pthread_mutex_init(&b->conf_lock, &fair))
                pthread_mutex_init(&b->conf_lock, NULL); /* a kernel without it: correct, and less fair */
        pthread_mutexattr_destroy(&fair);
        pthread_mutex_init(&b->conf_whole, NULL);
}

void box_lock_fini(struct box *b)
{
        pthread_mutex_destroy(&b->conf_lock);
        pthread_mutex_destroy(&b->conf_whole);
}

void box_lock_whole(struct box *b)
{
        pthread_mutex_lock(&b->conf_whole);
        pthread_mutex_lock(&b->conf_lock);
}

static bool lock_soon(pthread_mutex_t *m)
{
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        return pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &until) == 0;
}

bool box_lock_whole_while(struct box *b, bool (*go_on)(void *ctx), void *ctx)
{
        while (!lock_soon(&b->conf_whole))
                if (!go_on(ctx))
                        return false;
        pthread_mutex_lock(&b->conf_lock);
        return true;
}

bool box_trylock_whole(struct box *b)
{
        if (pthread_mutex_trylock(&b->conf_whole))
                return false;
        pthread_mutex_lock(&b->conf_lock);
        return true;
}

void box_unlock_whole(struct box *b)
{
        pthread_mutex_unlock(&b->conf_lock);
        pthread_mutex_unlock(&b->conf_whole);
}
