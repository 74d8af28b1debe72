/* Classic SCP, the end at the server: `scp -t PATH` takes files, `scp -f PATH` gives one. */
#ifndef VOXGATE_CLI_SSH_SCP_H
#define VOXGATE_CLI_SSH_SCP_H

#include <stddef.h>

#include "cli/ssh/xfer.h"

/* Bytes from and to the client, in a thread that may wait. */
struct scp_io {
        void *ctx;
        /* Exactly n bytes; false: the client has gone. */
        bool (*get)(void *ctx, void *p, size_t n);
        bool (*put)(void *ctx, const void *p, size_t n);
        /* What is done, for the log. May be NULL. */
        void (*note)(void *ctx, const char *what, const char *name);
};

/* Is this command one of scp's? */
bool scp_is_command(const char *command);
/* Its exit status. refuse: words for a client who may not; NULL: he may. */
int scp_serve(struct box *b, const char *command, const char *refuse, const struct scp_io *io);

/* "C0644 SIZE NAME": a line without its newline. false: it is none. name: cap bytes. */
bool scp_file_line(const char *line, size_t n, uint64_t *size, char *name, size_t cap);

#endif
