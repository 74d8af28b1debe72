/*
 * The secure-phone table of a proxy worker: phones whose verified certificate named the device that registered. Live
 * state of the phone proxy; an entry lives `timeout secure-phones` after the last registration or keepalive.
 */
#ifndef VOXGATE_PROXY_PHONE_PHONES_H
#define VOXGATE_PROXY_PHONE_PHONES_H

#include "platform/base/addr.h"
#include "platform/base/media_spec.h"
#include "platform/base/tmr.h"

#define PHONES_MAX 16384u

/* How its call manager has it, in a mixed cluster: what its file said. */
enum phone_mode { PHONE_MODE_UNKNOWN, PHONE_MODE_CLEAR, PHONE_MODE_SECURE };

struct phone_row {
        uint32_t phone_proxy_id;
        uint16_t iface;
        struct endpoint at; /* where its signalling comes from */
        char device[65];    /* "SEP001122334401" */
        uint8_t owner[32];  /* whose certificate said so, where it does not name the device itself; else zeros */
        uint64_t idle_ms, timeout_ms;
        uint64_t session; /* conn id */
        uint8_t mode;     /* UNKNOWN says nothing new */
};

struct phone_table;
struct phone_table *phone_table_new(struct tmr_wheel *t) MUST_USE;
void phone_table_free(struct phone_table *t);
enum phone_result { PHONE_OK, PHONE_FULL, PHONE_ELSEWHERE };
/* Enters or refreshes; row->idle_ms is ignored. */
bool phone_known(const struct phone_table *t, uint32_t phone_proxy_id, const char *device);
/* Has this very owner's device registered? Endpoints of one name with certificates of their own have an entry each.
 */
bool phone_registered(const struct phone_table *t, const struct phone_row *who);
void phone_left(struct phone_table *t, const struct phone_row *who);
/* Entries that a session (conn id) made. Looks at all of them. */
uint32_t phone_count_of(const struct phone_table *t, uint64_t session);
enum phone_result phone_seen(struct phone_table *t, const struct phone_row *row);
/* Is it registered, and not from there? Asking changes nothing. */
bool phone_is_elsewhere(const struct phone_table *t, uint32_t phone_proxy_id, const char *device, uint16_t iface,
                        const struct addr *at);
/*
 * The same for a phone that asked for a file: nobody has proved anything. It does not touch what a verified phone
 * registered from another address (ELSEWHERE), and such entries never fill more than half of the table.
 */
enum phone_result phone_asked(struct phone_table *t, const struct phone_row *row);
/* The mode its latest file had, whoever asked for it: the file is the server's. */
enum phone_mode phone_mode(const struct phone_table *t, uint32_t phone_proxy_id, const char *device);
void phone_gone(struct phone_table *t, uint32_t phone_proxy_id, const char *device);
/* All entries of a phone proxy: it is no longer in force, or the operator says so. */
void phone_void(struct phone_table *t, uint32_t phone_proxy_id);
/* Every entry of that name, whoever owns it; gone() is told each place where no phone is left. Returns how many. */
uint32_t phone_clear(struct phone_table *t, const char *device,
                     void (*gone)(void *ctx, uint16_t iface, const struct addr *a), void *ctx);
/* Voids those whose phone proxy keep() does not know. */
void phone_keep(struct phone_table *t, bool (*keep)(void *ctx, uint32_t phone_proxy_id), void *ctx);
uint32_t phone_count(const struct phone_table *t);
uint32_t phone_most(const struct phone_table *t);
unsigned phone_walk(const struct phone_table *t, uint32_t *cursor, struct phone_row *rows, unsigned max, bool *end);

#endif
