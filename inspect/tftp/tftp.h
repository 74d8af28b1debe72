/*
 * TFTP: the request to port 69 is checked, and the answer, which comes from a port the server picks (RFC 1350, 4), is
 * let in by a pinhole. The transfer itself is a connection without an engine.
 */
#ifndef VOXGATE_INSPECT_TFTP_H
#define VOXGATE_INSPECT_TFTP_H

#include "inspect/engine.h"
#include "inspect/tftp/codec.h"

#define TFTP_ANSWER_S 30u /* how long the server may take to answer */

extern const struct inspect_engine inspect_tftp;

#endif
