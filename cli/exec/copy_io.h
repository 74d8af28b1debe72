/* What `copy` reads and writes. */
#ifndef VOXGATE_CLI_EXEC_COPY_IO_H
#define VOXGATE_CLI_EXEC_COPY_IO_H

#include "cli/exec/util.h"

enum copy_kind { COPY_RUNNING, COPY_STARTUP, COPY_FLASH, COPY_CAPTURE, COPY_TFTP };

struct copy_end {
        enum copy_kind kind;
        char host[254]; /* TFTP: name or address */
        char name[256]; /* file or capture */
};
struct copy_plan {
        struct copy_end src, dst;
        bool pcap; /* a capture as a file of libpcap, not as text */
};

int copy_parse(const char *url, struct copy_end *out, struct err *e);
/* Does this pair make sense? Fills in the destination's name when only the source has one. */
int copy_check(struct copy_plan *p, struct err *e);
/* How an end is shown in a question. */
const char *copy_shown(const struct copy_end *c);
/* The TFTP server, n octets of text. */
int copy_host(struct copy_end *c, const char *text, size_t n, struct err *e);
/* Another name for the same kind of thing. */
int copy_rename(struct copy_end *c, const char *name, struct err *e);
/* Does it; what is to be shown goes to say. *changed: the running configuration is another. */
int copy_run(struct session *s, const struct copy_plan *p, struct text *say, bool *changed, struct err *e);

#endif
