/*
 * A byte leg: one endpoint of a proxied flow as layers (TLS over socket, or memory in tests), each one struct of
 * functions and a `next`. Nobody above knows which layers are there. Non-blocking. One proxy worker owns a leg for
 * life.
 */
#ifndef VOXGATE_PROXY_LEG_LEG_H
#define VOXGATE_PROXY_LEG_LEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "platform/base/attr.h"
#include "platform/base/evl.h"

/* Negative results of read and write. */
enum { LEG_AGAIN = -1, LEG_RESET = -2, LEG_FAIL = -3 };
/* leg_want(): what the lowest layer is waiting for. */
enum { LEG_WANT_READ = EVL_READ, LEG_WANT_WRITE = EVL_WRITE };

struct leg;
struct leg_ops {
        const char *name;
        /* Bytes read (> 0), 0 at the orderly end of the peer's data, LEG_*. */
        ssize_t (*read)(struct leg *l, void *buf, size_t n);
        /* Bytes taken (> 0), LEG_*. After LEG_AGAIN the same bytes must be offered again. */
        ssize_t (*write)(struct leg *l, const void *buf, size_t n);
        /* Set-up work (connect, handshake): 1 ready, LEG_AGAIN, LEG_RESET, LEG_FAIL. Ready legs return 1. */
        int (*start)(struct leg *l);
        /* No more data from us (FIN, close_notify + FIN). 0 or LEG_AGAIN. */
        int (*finish)(struct leg *l);
        unsigned (*want)(const struct leg *l); /* LEG_WANT_* bits */
        bool (*pending)(const struct leg *l);  /* bytes already inside that will not wake the poller */
        /* Frees it and all below. abort: RST instead of FIN. */
        void (*close)(struct leg *l, bool abort);
};

struct leg { /* first member of every concrete leg */
        const struct leg_ops *ops;
        struct leg *next; /* lower layer, owned; NULL at the bottom */
        char why[128];    /* words for the last LEG_FAIL or LEG_RESET */
};

static inline ssize_t leg_read(struct leg *l, void *buf, size_t n)
{
        return l->ops->read(l, buf, n);
}
static inline ssize_t leg_write(struct leg *l, const void *buf, size_t n)
{
        return l->ops->write(l, buf, n);
}
static inline int leg_start(struct leg *l)
{
        return l->ops->start(l);
}
static inline int leg_finish(struct leg *l)
{
        return l->ops->finish(l);
}
static inline unsigned leg_want(const struct leg *l)
{
        return l->ops->want(l);
}
static inline bool leg_pending(const struct leg *l)
{
        return l->ops->pending(l);
}
/* NULL is legal. */
static inline void leg_close(struct leg *l, bool abort_it)
{
        if (l)
                l->ops->close(l, abort_it);
}

/* ---- bottoms ---- */
/* Takes fd over (also on failure): an accepted socket, or one whose connect() is under way. */
struct leg *leg_socket_new(int fd, bool connecting) MUST_USE;
int leg_socket_fd(const struct leg *l); /* of the bottom layer; -1 for memory legs */
/* A pair joined back to back, each direction holding at most cap bytes (tests). */
int leg_mem_pair(struct leg **a, struct leg **b, size_t cap);

#endif
