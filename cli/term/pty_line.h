/*
 * A serial line made of a pseudo terminal: the operator opens a symbolic link, the appliance has the master. What is
 * sent while nobody is at one end waits for him, and nobody is hung up because the other end leaves.
 */
#ifndef VOXGATE_CLI_TERM_PTY_LINE_H
#define VOXGATE_CLI_TERM_PTY_LINE_H

#include "platform/base/err.h"

struct pty_line {
        int master;
        int hold; /* the operator's end, kept open: no hang-up when he leaves */
        char link[256], device[128];
};

int pty_line_open(struct pty_line *l, const char *link, struct err *e);
/* Removes the link, unless it is another's by now. */
void pty_line_close(struct pty_line *l);
/* Closes the descriptors only: in a process that was forked from the one with the line. */
void pty_line_forget(struct pty_line *l);

#endif
