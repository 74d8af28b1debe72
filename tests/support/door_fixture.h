/*
 * A box whose services are reached over socket pairs instead of the dataplane, on a clock that moves when told:
 * guests of any address dial, and time-outs pass at once.
 */
#ifndef VOXGATE_TEST_DOOR_FIXTURE_H
#define VOXGATE_TEST_DOOR_FIXTURE_H

#include "cli/door/door.h"
#include "tests/support/console_fixture.h"

#define DF_WAITING 128

struct door_fixture {
        struct console_fixture cf;
        struct clock clk;
        atomic_ullong now_ns;
        struct box_net net;
        struct door_way way;
        pthread_mutex_t lock;
        /* who has dialled and was not accepted yet */
        struct {
                int fd;
                struct box_peer peer;
        } waiting[DF_WAITING];
        unsigned nwaiting, dialled;
        int bell;                   /* readable while somebody waits: what the door listens on; -1: closed */
        unsigned port;              /* it is open at; 0: none */
        struct box_service service; /* what was opened last */
        unsigned opened;            /* times */
        atomic_bool refuses;        /* listening fails ... */
        atomic_uint refused;        /* ... as often as it did */
};

void df_open(struct door_fixture *f);
void df_close(struct door_fixture *f);
/* The far end of a new connection from this address; reading from it waits for at most a minute. */
int df_dial(struct door_fixture *f, const char *from);
/* Time passes, and whoever waits behind the door has looked at the clock since. */
void df_pass(struct door_fixture *f, struct door *d, uint64_t ms);
/* All guests have looked at what was sent and said to them so far. */
void df_settle(struct door *d);
/* Waits, with a deadline, until as many guests are there. */
void df_await(struct door *d, unsigned guests);
unsigned df_guests(struct door *d);
/* Waits, with a deadline, until cond(arg). */
void df_until(bool (*cond)(void *arg), void *arg, const char *what);
/* Has the other end been closed? Octets that came before are passed over. */
bool df_ended(int far);
/* Nothing has come and the other end is open. */
bool df_quiet(int far);

#endif
