/*
 * TFTP: the request to port 69 is checked, and the answer, which comes from a port the server picks (RFC 1350, 4), is
 * let in by a pinhole. The transfer itself is a connection without an engine.
 */
#ifndef VOXGATE_INSPECT_TFTP_H
#define VOXGATE_INSPECT_TFTP_H

#include "inspect/engine.h"

#define TFTP_REQUEST_MAX 512u /* RFC 2347: the whole request */
#define TFTP_NAME_MAX 255u
#define TFTP_OPTIONS_MAX 16u
#define TFTP_ANSWER_S 30u /* how long the server may take to answer */

enum tftp_op { TFTP_RRQ = 1, TFTP_WRQ = 2 };

struct tftp_request {
        enum tftp_op op;
        struct cur name; /* borrowed from the datagram, without its NUL */
        unsigned noptions;
};

/* A whole datagram: OK or BAD (why: static words), never MORE. */
enum parse tftp_request_parse(struct cur in, struct tftp_request *out, const char **why);

extern const struct inspect_engine inspect_tftp;

#endif
