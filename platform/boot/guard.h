/*
 * The guard: a small process without threads that stays in the outer network namespace. It opens packet sockets and
 * serial lines on request and passes them to the appliance, starts the appliance anew on reload or after a crash, and
 * restores the terminal.
 */
#ifndef VOXGATE_BOOT_GUARD_H
#define VOXGATE_BOOT_GUARD_H

#include "platform/base/err.h"

/* Exit codes of the appliance that mean something to the guard. */
enum { EXIT_OK = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_RELOAD_ = 75 };

/* Runs `appliance(fd, arg)` in a child until it ends for good; returns the exit code for the process. */
int guard_run(int (*appliance)(int guard_fd, void *arg), void *arg);

/* ---- the appliance's side ---- */
/* kind: "afpacket", "tap", or "counters" (what port_counter_socket() gives there). An open socket of the outer namespace, or -1. */
int guard_open_port(int guard_fd, const char *kind, const char *ifname, struct err *e);
/* The appliance's end of the serial line LINK, the same line after each start; -1. */
int guard_open_line(int guard_fd, const char *link, struct err *e);

#endif
