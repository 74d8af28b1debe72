/* The two ends of a `copy`, as they are typed. */
#ifndef VOXGATE_CLI_EXEC_COPY_URL_H
#define VOXGATE_CLI_EXEC_COPY_URL_H

#include "cli/exec/util.h"
#include "cli/conf/sysconf.h"
#include "platform/net/conf.h"

enum copy_kind {
        COPY_RUNNING,
        COPY_STARTUP,
        COPY_FLASH,
        COPY_CAPTURE,
        COPY_TFTP, /* from here on: another host */
        COPY_HTTP,
        COPY_HTTPS,
        COPY_FTP,
        COPY_SCP
};

struct copy_end {
        enum copy_kind kind;
        char host[254]; /* name or address; "": to be asked for */
        uint16_t port;  /* 0: the scheme's */
        char user[65];
        char password[129];
        bool has_password;
        char nameif[NAMEIF_MAX + 1]; /* ";int=": where the host is reached; "": by the route */
        char name[256];              /* file or capture */
};

struct copy_plan {
        struct copy_end src, dst;
        bool pcap; /* a capture as a file of libpcap, not as text */
        /* SCP: the key of a server that nobody knows, and whether the operator trusts it */
        char key[SSH_KEY_TEXT + 1];
        bool key_ok;
};

/* A name without a file system is that of a file on flash, as it was typed. */
int copy_parse(const char *url, struct copy_end *out, struct err *e);
/* Does this pair make sense? Fills in the destination's name when only the source has one. */
int copy_check(struct copy_plan *p, struct err *e);
/* The destination is called as the source, where it has no name. */
void copy_name_same(struct copy_plan *p);
/* How an end is shown in a question. */
const char *copy_shown(const struct copy_end *c);
/* The server, n octets of text. */
int copy_host(struct copy_end *c, const char *text, size_t n, struct err *e);
/* Another name for the same kind of thing. */
int copy_rename(struct copy_end *c, const char *name, struct err *e);
static inline bool copy_is_remote(const struct copy_end *c)
{
        return c->kind >= COPY_TFTP;
}
/* "tftp://HOST/FILE", without user and password; returns out. */
char *copy_url(const struct copy_end *c, char *out, size_t cap);

#endif
