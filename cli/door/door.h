/*
 * The door of a service of the box (SSH, HTTPS): its listener in the private kernel (platform/svc/box_listen.h), a
 * thread that follows the configuration and lets guests in as long as there is room (places.h), and a thread for each
 * guest, in which the service speaks with him. A service says what it is in a struct door_service, and puts a struct
 * guest first in what it keeps of a connection.
 */
#ifndef VOXGATE_CLI_DOOR_DOOR_H
#define VOXGATE_CLI_DOOR_DOOR_H

#include <pthread.h>

#include "cli/box/box.h"
#include "cli/door/places.h"
#include "platform/svc/box_listen.h"

struct door;

/* One who has connected. What is not said to be others' is his own thread's. */
struct guest {
        struct place place; /* under the door's lock */
        struct door *door;
        struct box_peer peer;
        int fd;   /* the connection; closed with the guest. -1: somebody else closes it */
        int wake; /* platform/base/wake.h: to be polled with whatever he waits for */
        pthread_t thread;
        atomic_bool gone;
};

struct door_service {
        const char *name; /* of its threads, "vg-NAME" and "vg-NAME-door": up to 6 letters */
        enum box_use use; /* whose lines say who may come */
        uint16_t box_port;
        struct places_bounds bounds;
        uint64_t grace_ms; /* to log in */
        size_t guest_size;
        /* The port that is to be open by now, 0: none. Asked about once a second, and after door_look(), on the
         * door's thread, which may take its time. `told`: door_look() was called, or it is the first time. */
        unsigned (*port)(void *owner, bool told);
        bool always; /* it is open when door_open() returns, and stays: `port` is asked after door_look() only */
        /* From the first octet to the last; sets place.info.phase by door_phase(). */
        void (*serve)(struct guest *g);
};

/* How guests reach the door: functions of box_listen.h, or what a test brings (box.h). */
struct door_way {
        int (*listen)(const struct box_net *n, const struct box_service *s, struct err *e);
        void (*unlisten)(const struct box_net *n, const struct box_service *s, int fd);
        int (*accept)(const struct box_net *n, int fd, struct box_peer *peer);
};

/* NULL with e set. The service and the owner must outlive it. */
struct door *door_open(struct box *b, const struct door_service *s, void *owner, struct err *e) MUST_USE;
/* Sends everybody away and waits until they are gone. NULL is legal. */
void door_close(struct door *d);
/* The configuration has changed: the door and all guests look again. Any thread; does not wait. */
void door_look(struct door *d);
void *door_owner(struct door *d);
/* What owner and guests share. Not held while a function of this header is called that says nothing of it. */
void door_lock(struct door *d);
void door_unlock(struct door *d);

/* ---- for people: any thread; a door that is NULL is closed and empty ---- */
unsigned door_port(struct door *d); /* that is open now; 0: none */
uint64_t door_refused(struct door *d);
unsigned door_sessions(struct door *d); /* logged in */
/* copy(to, g) for each guest in the order of numbers, under the lock; to: elements of `size` octets, room for max. */
unsigned door_list(struct door *d, void *to, size_t size, unsigned max,
                   void (*copy)(void *to, const struct guest *g));
/* false: there is none of this number. */
bool door_disconnect(struct door *d, unsigned id);

/* ---- for a guest's threads ---- */
uint64_t door_now(const struct guest *g);
bool door_must_go(const struct guest *g);
enum place_end door_why(const struct guest *g);
/* When his time to log in is over. */
uint64_t door_grace(const struct guest *g);
/* Sleeps; false: he must go. */
bool door_nap(struct guest *g, unsigned ms);
void door_phase(struct guest *g, enum place_phase phase);
/* As places_admit() and places_leave(). */
enum places_answer door_admit(struct guest *g, const char *user, unsigned max);
void door_leave(struct guest *g);

#endif
