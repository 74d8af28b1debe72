/* The signalling of one call across both legs, as text. */
#ifndef VOXGATE_CLI_EXEC_CALL_LADDER_H
#define VOXGATE_CLI_EXEC_CALL_LADDER_H

#include "proxy/worker/calls.h"

#define LADDER_MIN 80u
#define LADDER_MAX 160u

/* A line, its newline included; false: no more are wanted. */
typedef bool (*ladder_line_fn)(void *ctx, const char *line);
void call_ladder(const struct call_head *h, const struct call_event *ev, unsigned n, unsigned width,
                 ladder_line_fn line, void *ctx);
/* "192.0.2.1/5060", "2001:db8::1/5060"; out holds ADDR_TEXT_MAX + 8 bytes. */
const char *call_end_text(const struct endpoint *e, char *out);
const char *call_via_text(unsigned via);
/* "audio", "video" ... of enum media_kind. */
const char *call_media_text(unsigned kind);

#endif
