/*
 * TFTP on the wire: RFC 1350, options of RFC 2347 (OACK), 2348 (blksize), 2349 (timeout, tsize), 7440 (windowsize).
 * Pure; shared by the inspection engine and the TFTP proxy.
 */
#ifndef VOXGATE_INSPECT_TFTP_CODEC_H
#define VOXGATE_INSPECT_TFTP_CODEC_H

#include "platform/base/cur.h"
#include "platform/base/wbuf.h"

#define TFTP_REQUEST_MAX 512u /* RFC 2347: the whole request */
#define TFTP_NAME_MAX 255u
#define TFTP_OPTIONS_MAX 16u
#define TFTP_BLOCK 512u /* without blksize */
#define TFTP_BLKSIZE_MIN 8u
#define TFTP_BLKSIZE_MAX 65464u

enum tftp_op { TFTP_RRQ = 1, TFTP_WRQ = 2, TFTP_DATA = 3, TFTP_ACK = 4, TFTP_ERROR = 5, TFTP_OACK = 6 };
enum tftp_error {
        TFTP_E_UNDEFINED,
        TFTP_E_NOT_FOUND,
        TFTP_E_ACCESS,
        TFTP_E_FULL,
        TFTP_E_ILLEGAL,
        TFTP_E_TID,
        TFTP_E_EXISTS,
        TFTP_E_USER,
        TFTP_E_OPTION
};

/* 0: not there, or with a value that cannot be meant. A blksize above the largest counts as the largest. */
struct tftp_options {
        uint16_t blksize, windowsize;
        uint8_t timeout_s;
        bool has_tsize;
        uint64_t tsize;
};

struct tftp_request {
        enum tftp_op op;
        struct cur name; /* borrowed from the datagram, without its NUL */
        bool octet;
        unsigned noptions;
        struct tftp_options opt;
};

/* A whole datagram: OK or BAD (why: static words), never MORE. */
enum parse tftp_request_parse(struct cur in, struct tftp_request *out, const char **why);

struct tftp_packet {     /* of a transfer */
        enum tftp_op op; /* DATA, ACK, ERROR or OACK */
        uint16_t block;  /* DATA, ACK */
        uint16_t code;   /* ERROR */
        struct cur data; /* DATA: the block; ERROR: its words, without the NUL */
        struct tftp_options opt;
};
enum parse tftp_packet_parse(struct cur in, struct tftp_packet *out);

void tftp_request_write(struct wbuf *w, const char *name, const struct tftp_options *opt);
void tftp_data_write(struct wbuf *w, uint16_t block, const void *p, size_t n);
void tftp_ack_write(struct wbuf *w, uint16_t block);
void tftp_error_write(struct wbuf *w, uint16_t code, const char *text);
void tftp_oack_write(struct wbuf *w, const struct tftp_options *opt);

#endif
