/*
 * What the box does a second: CPU of its threads, traffic of its interfaces, new connections. Read by the control
 * thread every five seconds; `show cpu usage`, `show traffic` and the like ask for the last five seconds, minute,
 * five minutes. All functions may be called from any thread.
 */
#ifndef VOXGATE_CLI_BOX_USAGE_H
#define VOXGATE_CLI_BOX_USAGE_H

#include "cli/box/box.h"
#include "platform/svc/threads_cpu.h"

enum usage_iface { USAGE_IN_PKTS, USAGE_IN_BYTES, USAGE_OUT_PKTS, USAGE_OUT_BYTES, USAGE_DROPS, USAGE_IFACE_N };
enum usage_flow { USAGE_CONNS, USAGE_TCP, USAGE_UDP, USAGE_XLATES, USAGE_FLOW_N };

struct usage *usage_new(void) MUST_USE;
void usage_free(struct usage *u); /* NULL is legal */
/* Takes a reading when it is time. */
void usage_poll(struct box *b);

/* ---- answers; 0 where nothing is known ---- */
struct usage_thread {
        char name[16];
        uint64_t run_ms;      /* since the thread began */
        uint32_t permille[3]; /* of one core: last 5 s, 1 min, 5 min */
};
unsigned usage_threads(struct box *b, struct usage_thread out[THREADS_CPU_MAX]);
/* Of all cores the process may use, in thousandths, over the last `seconds`. */
uint32_t usage_cpu_permille(struct box *b, unsigned seconds);
uint64_t usage_iface_rate(struct box *b, uint16_t iface, enum usage_iface what, unsigned seconds);
uint64_t usage_flow_rate(struct box *b, enum usage_flow what, unsigned seconds);
/* Takes from in and out {packets, bytes} what they were at the last usage_clear_traffic(); when that was (monotonic
 * ms), 0: never. */
uint64_t usage_cleared(struct box *b, uint16_t iface, uint64_t in[2], uint64_t out[2]);
void usage_clear_traffic(struct box *b);
/* Since the start. */
uint64_t usage_flow_total(struct box *b, enum usage_flow what);
unsigned usage_cores(void);

#endif
