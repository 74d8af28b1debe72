/*
 * AgentX on the wire (RFC 2741): the protocol between an SNMP agent that speaks to managers (the master, `snmpd`) and
 * those that know the values. A PDU is a head of 20 octets and a payload of a multiple of 4. We write in network byte
 * order and read both.
 */
#ifndef VOXGATE_SVC_AGENTX_WIRE_H
#define VOXGATE_SVC_AGENTX_WIRE_H

#include "platform/base/cur.h"
#include "platform/base/wbuf.h"
#include "platform/svc/mib_table.h"

#define AGENTX_HEAD 20u
#define AGENTX_PAYLOAD_MAX 65536u /* a longer one is taken for garbage */

enum agentx_type {
        AGENTX_OPEN = 1,
        AGENTX_CLOSE,
        AGENTX_REGISTER,
        AGENTX_UNREGISTER,
        AGENTX_GET,
        AGENTX_GETNEXT,
        AGENTX_GETBULK,
        AGENTX_TESTSET,
        AGENTX_COMMITSET,
        AGENTX_UNDOSET,
        AGENTX_CLEANUPSET,
        AGENTX_NOTIFY,
        AGENTX_PING,
        AGENTX_RESPONSE = 18,
};
enum { AGENTX_NON_DEFAULT_CONTEXT = 8, AGENTX_NETWORK_ORDER = 16 };
enum { AGENTX_REASON_SHUTDOWN = 5 }; /* of Close */
enum agentx_error {
        AGENTX_OK = 0,
        AGENTX_TOO_BIG = 1,
        AGENTX_GEN_ERR = 5,
        AGENTX_COMMIT_FAILED = 14,
        AGENTX_UNDO_FAILED = 15,
        AGENTX_NOT_WRITABLE = 17,
        AGENTX_NOT_OPEN = 257,
        AGENTX_PARSE_ERROR = 266,
};

struct agentx_pdu {
        uint8_t type, flags;
        uint32_t session, transaction, packet;
        struct cur body; /* borrowed */
};

/* The next PDU. MORE: it has not come as a whole; BAD: this is not AgentX. */
enum parse agentx_parse(struct cur *in, struct agentx_pdu *out);

/* ---- what is in a payload; `be`: in network byte order. The cursor is bad behind what is none. ---- */
uint16_t agentx_u16(struct cur *c, bool be);
uint32_t agentx_u32(struct cur *c, bool be);
/* include may be NULL. */
void agentx_oid(struct cur *c, bool be, struct oid *out, bool *include);
/* An octet string with its padding; an empty cursor when it is bad. */
struct cur agentx_octets(struct cur *c, bool be);

/* ---- writing ---- */
/* Returns where it begins, for agentx_end(). */
size_t agentx_begin(struct wbuf *w, const struct agentx_pdu *head);
void agentx_end(struct wbuf *w, size_t begin);
void agentx_put_oid(struct wbuf *w, const uint32_t *id, unsigned n);
void agentx_put_octets(struct wbuf *w, const void *octets, size_t n);
void agentx_put_var(struct wbuf *w, const struct mib_table *t, const struct mib_var *v);
/* A name without a value: MIB_NO_OBJECT, MIB_NO_INSTANCE, MIB_END. */
void agentx_put_none(struct wbuf *w, enum mib_type type, const struct oid *name);

#endif
