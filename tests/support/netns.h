/*
 * Tests on real devices run in a child process that makes a network namespace for itself, with the privilege at hand:
 * root's, or that of a user namespace. In the child use CHECK, not cmocka's asserts: a failure ends the child.
 */
#ifndef VOXGATE_TEST_NETNS_H
#define VOXGATE_TEST_NETNS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/net/port.h"

#define CHECK(cond)                                                                                                  \
        do {                                                                                                         \
                if (!(cond)) {                                                                                       \
                        fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #cond);                     \
                        _exit(1);                                                                                    \
                }                                                                                                    \
        } while (0)

enum netns_result { NETNS_OK, NETNS_FAILED, NETNS_SKIPPED };

/* Runs fn(arg) in a child in a namespace of its own. SKIPPED: no namespaces here; the reason has been printed. */
enum netns_result netns_run(void (*fn)(void *arg), void *arg);
/* Another fresh namespace for the calling process, which must be such a child. */
bool netns_enter(void);
/* Receives until b holds `want` packets or five seconds have passed. */
bool netns_rx(struct port *p, struct pkt_pool *pool, struct burst *b, unsigned want);
/* As a cmocka test's last line: fails or skips as the child said. */
#define NETNS_TEST(fn, arg)                                                                                          \
        do {                                                                                                         \
                enum netns_result nr_ = netns_run(fn, arg);                                                          \
                if (nr_ == NETNS_SKIPPED)                                                                            \
                        skip();                                                                                      \
                assert_int_equal(nr_, NETNS_OK);                                                                     \
        } while (0)

#endif
