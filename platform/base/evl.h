/*
 * Event loop on epoll: descriptors, one timer wheel, deferred calls from other threads. One thread runs a loop;
 * only evl_post() and evl_wake() may be called from others.
 */
#ifndef VOXGATE_BASE_EVL_H
#define VOXGATE_BASE_EVL_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/attr.h"
#include "platform/base/clock.h"
#include "platform/base/tmr.h"

enum { EVL_READ = 1, EVL_WRITE = 2, EVL_ERROR = 4 };

struct evl;

/* Embedded in its owner. A zeroed one is not registered. */
struct evl_fd {
        int fd;
        unsigned want; /* EVL_* registered at present */
        void (*fn)(struct evl_fd *f, unsigned ready);
        bool on;
};

struct evl *evl_new(const struct clock *clk) MUST_USE;
void evl_free(struct evl *l);
/* -1 when epoll refuses. fd and fn must be set. want = 0 keeps it registered for errors only. */
int evl_set(struct evl *l, struct evl_fd *f, unsigned want);
/* Forgets f; safe from inside any callback of this loop, pending events of f are dropped. Call it before close(). */
void evl_del(struct evl *l, struct evl_fd *f);
struct tmr_wheel *evl_timers(struct evl *l);
/* One round: waits at most wait_ms (0 = poll), runs ready descriptors, posted calls, due timers. Returns events
 * handled. */
int evl_step(struct evl *l, unsigned wait_ms);
/* From any thread: wakes a waiting evl_step(). */
void evl_wake(struct evl *l);
/* From any thread: fn(arg) runs in the loop's thread. false when the queue (4096) is full. */
bool evl_post(struct evl *l, void (*fn)(void *arg), void *arg);
/* For a loop around this one: readable while evl_step() has descriptors to serve; when its next timer may be due. */
int evl_epoll_fd(const struct evl *l);
uint64_t evl_timer_ms(struct evl *l, uint64_t cap);

#endif
