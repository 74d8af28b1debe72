/* What several EXEC families need: time in the configured zone, names, sums over workers, lines of the configuration
 * by id. */
#ifndef VOXGATE_CLI_EXEC_UTIL_H
#define VOXGATE_CLI_EXEC_UTIL_H

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/conf/clock_text.h"
#include "cli/session/session.h"
#include "cli/lang/table.h"
#include "cli/lang/text.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/tz.h"
#include "platform/base/wbuf.h"
#include "platform/net/iface.h"
#include "platform/net/snapshot.h"

struct proxy_worker;

/* The configured time zone. */
void box_tz(struct box *b, struct tz *out);

#define BOX_SERIAL_TEXT 16
/* The unit's serial number is the hardware address of its first port: the one thing that tells units apart. "unknown"
 * without ports. */
void box_serial(const struct box *b, char out[BOX_SERIAL_TEXT]);

/* Reads one thing from every dataplane worker. */
void each_worker(struct box *b, void (*fn)(struct worker *w, void *arg), void *arg);
void each_proxy(struct box *b, void (*fn)(struct proxy_worker *p, void *arg), void *arg);

/* nameif by index; "identity" for the box. Borrowed from the snapshot. */
const char *ifc_name(const struct snapshot *s, uint16_t iface);
/* "tcp", "udp", "icmp", or the number; out holds 8 bytes. */
const char *proto_name(uint8_t proto, char *out);

/* An address, or what a `name` line calls one: for words that the command language does not read. */
bool addr_of_word(struct box *b, const char *word, struct addr *out);
/* Runs a handler whose text tells addresses by their names, while `names` holds; a document has numbers. */
int with_names(struct session *s, const struct args *a, struct err *e,
               int (*fn)(struct session *s, const struct args *a, struct err *e));

/* The argument as a keyword: typed `arg` abbreviates `word`. */
bool is_word(const char *word, const char *arg);

#endif
