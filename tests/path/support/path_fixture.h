/*
 * The whole appliance on virtual time: parts, box and configuration as they run, memory ports instead of wires, a memory port
 * instead of the TUN (the test plays the private kernel). Neighbours answer ARP by themselves with 02:00:a.b.c.d.
 *
 *      port 0  GigabitEthernet0/0      port 1  GigabitEthernet0/1
 */
#ifndef VOXGATE_PATH_FIXTURE_H
#define VOXGATE_PATH_FIXTURE_H

#include "platform/boot/box_setup.h"
#include "tests/support/pktbuild.h"

struct path_fixture {
        struct clock_virtual time;
        struct clock clk;
        struct rng_fixed seed;
        struct rng rng;
        struct parts parts;
        struct box box;
        struct box_setup setup;
        struct port *port[2], *tun;
        struct worker *w;
        uint8_t out[2][64][2048]; /* frames sent that are not ARP, oldest first */
        size_t nout[2][64];
        unsigned outs[2];
        char words[4096]; /* what loading had to say */
};

/* text: whole configuration. with_tun: punted packets appear on f->tun. Any failure ends the test. */
void pf_start(struct path_fixture *f, const char *text, bool with_tun);
void pf_stop(struct path_fixture *f);
/* More configuration, committed. */
void pf_config(struct path_fixture *f, const char *text);
/* A frame arrives; everything settles. */
void pf_send(struct path_fixture *f, unsigned port, const void *frame, size_t n);
void pf_send_pb(struct path_fixture *f, unsigned port, struct pb p);
/* Oldest frame sent on a port; false: none. The view points into the fixture until the next call on that port. */
bool pf_take(struct path_fixture *f, unsigned port, struct pb_view *v);
/* Packets to and from the private kernel. */
bool pf_take_tun(struct path_fixture *f, uint8_t *buf, size_t cap, struct pb_view *v);
void pf_send_tun(struct path_fixture *f, struct pb p);
void pf_settle(struct path_fixture *f);
void pf_advance(struct path_fixture *f, uint64_t ms);
uint64_t pf_drops(const struct path_fixture *f, enum drop_reason why);
/* A TCP or UDP packet with the neighbours' MAC addresses. */
struct pb pf_pb(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport,
                uint8_t proto);

/* Outside 192.0.2.1/24, inside 10.0.0.1/24, default route, logging to the buffer. */
extern const char pf_base[];

#endif
