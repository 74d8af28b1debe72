/*
 * MMP, the Mobile Multiplexing Protocol of Mobility Advantage clients: checks of TCP 5443 after TLS was taken off.
 * What is known of the protocol and what is reconstruction: docs/mmp.md.
 */
#ifndef VOXGATE_INSPECT_MMP_H
#define VOXGATE_INSPECT_MMP_H

#include "inspect/engine.h"

#define MMP_CLIENT_HEAD_MAX 4096u    /* first byte of a head to its blank line inclusive */
#define MMP_CLIENT_CONTENT_MAX 4096u /* content-length */
#define MMP_SERVER_HEAD_MAX 65536u   /* memory, not protocol: beyond it the server's bytes pass unparsed */
#define MMP_SERVER_CONTENT_MAX 2147483647u
#define MMP_PARTIAL_MS 30000u

/* ctx->params; NULL means all zero. */
struct mmp_params {
        bool any_version; /* let other versions than OLWP-2.0 pass */
};

extern const struct inspect_engine inspect_mmp;

#endif
