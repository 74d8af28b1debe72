/*
 * SCCP on the wire: frames and the fields of those that matter. A frame is parsed by its own header version; a field
 * exists when it fits in its length, and whatever follows the known ones is kept.
 *
 *   0  L        bytes behind byte 7, little-endian as all integers
 *   4  version  of the header: 0, 10, 11, 15..22
 *   8  id
 *  12  body     L - 4 bytes
 */
#ifndef VOXGATE_INSPECT_SCCP_MSG_H
#define VOXGATE_INSPECT_SCCP_MSG_H

#include "platform/base/cur.h"
#include "platform/base/media_spec.h"

#define SCCP_L_MIN 4u
#define SCCP_L_MAX 8192u /* hard maximum, whatever a map allows */
#define SCCP_FRAME_MAX (SCCP_L_MAX + 8)
#define SCCP_HEAD 12u
#define SCCP_VERSION_MAX 22u
#define SCCP_NAME_MAX 16u
#define SCCP_SLOT 16u /* of a key and of a salt in a message */

enum sccp_dir { SCCP_UP, SCCP_DOWN }; /* phone to call manager, and back */

enum sccp_handler {
        SCCP_H_OTHER, /* recognised, nothing in it matters */
        SCCP_H_KEEPALIVE,
        SCCP_H_REGISTER,
        SCCP_H_TOKEN,
        SCCP_H_REGISTER_ACK,
        SCCP_H_REGISTER_REJECT,
        SCCP_H_UNREGISTERED,
        SCCP_H_ALARM,
        SCCP_H_IP_PORT,
        SCCP_H_SERVERS,
        SCCP_H_OPEN,
        SCCP_H_OPEN_ACK,
        SCCP_H_OPEN_OLD, /* pre-v3: no acknowledgement */
        SCCP_H_CLOSE,
        SCCP_H_CLOSE_OLD,
        SCCP_H_START,
        SCCP_H_START_ACK,
        SCCP_H_STOP,
        SCCP_H_FAILURE,
        SCCP_H_PORT_REQ,
        SCCP_H_PORT_RES,
        SCCP_H_PORT_CLOSE,
        SCCP_H_MULTICAST_OPEN, /* acknowledged by the phone */
        SCCP_H_MULTICAST,
        SCCP_H_REMOTE, /* speaks of the other end of a stream */
};

struct sccp_row { /* of msg.def */
        uint32_t id;
        const char *name;
        uint8_t dir, handler;
        uint16_t least; /* L */
        const char *layout;
};
/* NULL: not in the table. */
const struct sccp_row *sccp_row(uint32_t id);

/* One whole frame, borrowed. */
struct sccp_frame {
        const uint8_t *p;
        size_t n; /* L + 8 */
        uint32_t l, version, id;
        const struct sccp_row *row;
};

enum sccp_fault { SCCP_FAULT_NONE, SCCP_FAULT_SHORT, SCCP_FAULT_LONG, SCCP_FAULT_VERSION };

/* Nothing is consumed unless PARSE_OK; BAD: the stream is lost, *fault says why. */
enum parse sccp_frame_next(struct cur *in, struct sccp_frame *f, enum sccp_fault *fault);

#define SCCP_IPS_MAX 5u

struct sccp_ip {       /* at: offset in the frame */
        struct addr a; /* family NONE: zero, or of a type that is none */
        uint16_t at;
        uint8_t size; /* 4; 20 with its type; 16: IPv6 without */
};
struct sccp_port {
        uint32_t value; /* as it stands there: over 65535 is wrong */
        uint16_t at;
};
struct sccp_keys {
        uint16_t at; /* 0: the message ends before */
        bool has_mki;
        uint32_t algorithm, mki, kdr;
        uint16_t key_len, salt_len;
        const uint8_t *key, *salt; /* SCCP_SLOT bytes each, borrowed */
};

struct sccp_fields {
        bool has_conf, has_party, has_call, has_payload, has_version;
        uint32_t conf, party, call, status, ms, payload, rfc2833, version, state, keepalive_s, device_type;
        unsigned nips, nports;
        struct sccp_ip ip[SCCP_IPS_MAX];
        struct sccp_port port[SCCP_IPS_MAX];
        struct sccp_keys keys;
        char name[SCCP_NAME_MAX + 1]; /* ends at its first NUL */
};
/* By the layout of f->row. false: shorter than it must be, or a value that cannot be; *why static. */
bool sccp_fields(const struct sccp_frame *f, struct sccp_fields *out, const char **why);

/* ---- writing into a copy of the frame; never changes its length ---- */
struct sccp_edit {
        uint8_t *p; /* the copy */
        size_t n;
};
/* false: the field cannot hold that address. */
bool sccp_put_ip(struct sccp_edit *e, const struct sccp_ip *at, const struct addr *a);
void sccp_put_u32(struct sccp_edit *e, uint16_t at, uint32_t v);

#define SCCP_ALG_NONE 0u
#define SCCP_ALG_CM_32 1u /* AES_CM_128_HMAC_SHA1_32 */
#define SCCP_ALG_CM_80 2u
#define SCCP_ALG_GCM_128 5u
/* Writes key and salt of m, or none at all (m NULL): the whole block is then zero. */
void sccp_put_keys(struct sccp_edit *e, const struct sccp_keys *at, const struct srtp_master *m);
/* false: a suite or sizes that the box does not speak. */
bool sccp_keys_master(const struct sccp_keys *k, struct srtp_master *m);

/* ---- a message of our own ---- */
#define SCCP_MULTICAST_ACK 24u
#define SCCP_MULTICAST_FAILED 1u
/* MulticastMediaReceptionAck of a phone that receives nothing. */
void sccp_multicast_ack(uint8_t out[SCCP_MULTICAST_ACK], uint32_t version, uint32_t party, uint32_t call);

/* A phone's word that it has no channel for what it was told to open; its length. */
#define SCCP_OPEN_ACK_MAX 48u
#define SCCP_NO_CHANNELS 2u
size_t sccp_open_refusal(uint8_t out[SCCP_OPEN_ACK_MAX], uint32_t version, bool video, uint32_t party, uint32_t call);

/* ---- payloads ---- */
/* The RTP payload type of a payload id; -1: dynamic, or not known. */
int sccp_rtp_type(uint32_t payload, const char **name);

#endif
