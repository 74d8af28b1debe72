/*
 * A proxy worker without sockets, on virtual time: what sessions ask of it (media, phones, translation) and what it
 * shares. The test is the dataplane: rings. The engine is the test's own.
 *
 *      media addresses 192.0.2.50 (outside), 10.1.1.50 (inside), ports 20000 to 20000 + 2 * 8 - 1
 *
 *      bare_up(&b);
 *      bare_session(&b, &s);              client outside, server inside
 *      ctx_media_open(&s.ctx, ...);
 *      bare_down(&b);                     nothing may be left
 */
#ifndef VOXGATE_PROXY_BARE_H
#define VOXGATE_PROXY_BARE_H

#include "proxy/worker/worker_int.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"
#include "tests/support/worker_fixture.h"

#define BARE_PAIRS 8u

struct bare {
        struct worker_fixture wf;
        struct nat_fixture nat;
        struct punt_link link;
        struct media_link media;
        struct proxy_rt rt;
        struct media_term_rt term;
        struct mta_rt mta[2];
        struct phone_proxy_rt pp;
        struct proxy_worker *p;
        uint64_t blocks;
        /* of the test's engine */
        struct inspect_engine engine;
        unsigned events, ticks, freed;
        uint64_t cookie, ticked_ms;
        uint8_t side;
        enum media_event event;
        bool stat;
        char line[65536];
};

void bare_up(struct bare *b);
void bare_down(struct bare *b);
/* The configuration in the fixture's fields, in force in the worker. */
void bare_commit(struct bare *b);
/* A session that has begun; it is not in the worker's tables. */
void bare_session(struct bare *b, struct psession *s);
void bare_step(struct bare *b);
void bare_advance(struct bare *b, uint64_t ms);
/* What the worker told the media relay; false: nothing. */
bool bare_media_heard(struct bare *b, struct media_msg *m);
void bare_report(struct bare *b, const struct media_handle *h, enum media_event ev, unsigned side);
bool bare_logged(struct bare *b, const char *text);

#endif
