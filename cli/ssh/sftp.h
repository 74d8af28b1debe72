/*
 * SFTP, the server's end, version 3 (draft-ietf-secsh-filexfer-02): one request in, one answer out. Reads and writes
 * nothing itself but files (xfer.h).
 */
#ifndef VOXGATE_CLI_SSH_SFTP_H
#define VOXGATE_CLI_SSH_SFTP_H

#include <stddef.h>

#include "cli/ssh/xfer.h"
#include "platform/base/attr.h"

#define SFTP_PACKET_MAX 262144u /* of a request, behind its length */
#define SFTP_HANDLES 8u
#define SFTP_ENTRIES_MAX 2000u /* of a directory */

struct sftp;
/* What is done, for the log; may be NULL. */
typedef void (*sftp_note_fn)(void *ctx, const char *what, const char *name);
struct sftp *sftp_new(struct box *b, sftp_note_fn note, void *ctx) MUST_USE;
/* Files that were not closed are forgotten. NULL is legal. */
void sftp_free(struct sftp *s);
/* A request without its length; the answer with its own goes behind what is in out. false: end the connection. */
bool sftp_packet(struct sftp *s, const void *p, size_t n, struct text *out);

#endif
