/*
 * Who is at a door of the box (door.h): numbers, bounds, who is logged in and who has to go. Plain data without
 * threads or clock; the caller serialises.
 */
#ifndef VOXGATE_CLI_DOOR_PLACES_H
#define VOXGATE_CLI_DOOR_PLACES_H

#include <stdatomic.h>

#include "cli/conf/sysconf.h"
#include "platform/net/conf.h"

#define PLACES_MAX 192u /* the most any door has */

enum place_phase {
        PLACE_KEYS,  /* agreeing on keys */
        PLACE_LOGIN, /* nobody has logged in yet */
        PLACE_IN,    /* logged in */
        PLACE_OVER   /* ending */
};

/* Why a guest is to go. */
enum place_end { PLACE_STAY, PLACE_STOPPED, PLACE_OPERATOR, PLACE_CROWDED };

/* A guest, for people. */
struct place_info {
        unsigned id; /* the smallest number that was free */
        enum place_phase phase;
        struct addr from;
        uint16_t port;
        char nameif[NAMEIF_MAX + 1];
        char user[USERNAME_MAX + 1]; /* "" before the login */
        uint64_t since_ms;           /* on the box's clock */
};

struct place {
        struct place_info info;
        atomic_int end; /* enum place_end; the guest's own thread reads it without the caller's lock */
        bool in;        /* counted as logged in */
        uint64_t nth;   /* in the order of coming */
};

struct places_bounds {
        unsigned all;      /* guests, up to PLACES_MAX */
        unsigned starting; /* of these not logged in; then the oldest of them gives way */
        unsigned source;   /* of these of one address */
        unsigned user;     /* logged in as one user; 0: as many as there may be */
};

struct places {
        struct places_bounds bounds;
        struct place *at[PLACES_MAX]; /* by number */
        unsigned n, nin;
        uint64_t came;
};

void places_init(struct places *p, const struct places_bounds *b);
/*
 * Gives a guest, whose info says where he is from, a number. false: there is no room, he is turned away. *gives_way:
 * who has to go for him (place_end() was called), or NULL. Nobody can keep others out by connecting and saying
 * nothing: an address has a few guests that have not logged in, and of many the oldest gives way.
 */
bool places_take(struct places *p, struct place *x, struct place **gives_way);
/* Forgets a guest, logged in or not. */
void places_drop(struct places *p, struct place *x);
/* Asks a guest to go. The first reason stays. */
void place_end(struct place *x, enum place_end why);
bool place_must_go(const struct place *x);

/* Logs a guest in, of at most `max` at once. */
enum places_answer { PLACES_OK, PLACES_USER_FULL, PLACES_FULL };
enum places_answer places_admit(struct places *p, struct place *x, const char *user, unsigned max);
/* Logs him out; he may log in again. Legal when he is not in. */
void places_leave(struct places *p, struct place *x);
/* NULL: there is none of this number, or he is on his way out. */
struct place *places_find(const struct places *p, unsigned id);

#endif
