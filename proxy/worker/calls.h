/*
 * The history of calls of a proxy worker, for the operator: a bounded number of calls, of each its last events, by
 * value. Calls that ended stay for a while, until others need their place. docs/call-views.md.
 */
#ifndef VOXGATE_PROXY_WORKER_CALLS_H
#define VOXGATE_PROXY_WORKER_CALLS_H

#include "inspect/ctx.h"
#include "platform/base/inspect_id.h"

#define CALLS_KEPT 1024u             /* per proxy worker, live and ended */
#define CALL_EVENTS 48u              /* of one call */
#define CALL_ENDED_MS (15u * 60000u) /* how long an ended one stays */

struct call_head {
        uint32_t id; /* 1 is the first of this worker */
        uint8_t engine, state;
        bool phone; /* its client is a phone behind a phone proxy, or speaks SCCP */
        uint64_t session_id;
        struct call_about about;
        char device[65], client_if[49], server_if[49];
        struct endpoint client, server; /* real */
        uint8_t via[2];
        int64_t began_ns;                       /* wall clock */
        uint64_t began_ms, active_ms, ended_ms; /* 0: not yet */
        uint64_t now_ms;                        /* of the view */
        uint32_t nevents;                       /* ever; kept are the last CALL_EVENTS */
        struct endpoint media[2];               /* said last by the client, by the server */
};

struct call_table;

struct call_table *call_table_new(uint32_t max) MUST_USE;
void call_table_free(struct call_table *t); /* NULL is legal */
/* 0: every place is taken by a call that lives. */
uint32_t call_table_open(struct call_table *t, const struct call_head *head);
void call_table_event(struct call_table *t, uint32_t id, const struct call_event *e);
void call_table_state(struct call_table *t, uint32_t id, enum call_state st, uint64_t now_ms);
void call_table_parties(struct call_table *t, uint32_t id, const char *from, const char *to);
void call_table_tick(struct call_table *t, uint64_t now_ms);

/* Views. Resumable; cursor 0 begins. */
unsigned call_table_walk(const struct call_table *t, uint32_t *cursor, uint64_t now_ms, struct call_head *rows,
                         unsigned max, bool *end);
/* The events in order, at most CALL_EVENTS; false: no such call. */
bool call_table_get(const struct call_table *t, uint32_t id, uint64_t now_ms, struct call_head *head,
                    struct call_event *ev, unsigned *n);
const struct call_head *call_table_head(const struct call_table *t, uint32_t id); /* NULL: no such call */
uint64_t call_table_untold(const struct call_table *t); /* calls that there was no place for */

#endif
