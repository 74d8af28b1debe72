/*
 * The whole appliance on virtual time: parts, box and configuration as they run, memory ports instead of wires, a
 * memory port instead of the TUN (the test plays the private kernel). Neighbours answer ARP by themselves with
 * 02:00:a.b.c.d.
 *
 *      port 0  GigabitEthernet0/0      port 1  GigabitEthernet0/1      port 2  GigabitEthernet0/2 (in no
 * configuration)
 *
 *      px_start(&f, text, true);
 *      px_udp(&f, 1, "10.0.0.9", 1000, "198.51.100.1", 53, "x");
 *      assert_true(px_take(&f, 0, &v));
 */
#ifndef VOXGATE_PATH_FIXTURE_H
#define VOXGATE_PATH_FIXTURE_H

#include "platform/boot/box_setup.h"
#include "tests/support/pktbuild.h"

#define PX_PORTS 3

struct path_fixture {
        struct parts_conf conf; /* what px_open() starts with; sizes may be set before */
        struct clock_virtual time;
        struct clock clk;
        struct rng_fixed seed;
        struct rng rng;
        struct parts parts;
        struct box box;
        struct box_setup setup;
        struct port *port[PX_PORTS], *tun;
        struct worker *w;
        uint64_t blocks;                 /* alive before the start */
        bool silent[PX_PORTS];           /* its neighbours do not answer ARP */
        bool lazy;                       /* proxy workers stand still */
        uint8_t out[PX_PORTS][64][2048]; /* frames sent that are not ARP, oldest first */
        size_t nout[PX_PORTS][64];
        unsigned outs[PX_PORTS];
        char words[4096];  /* what loading had to say */
        char text[262144]; /* of px_show() and px_logs() */
};

/* Started, nothing configured. Any failure in here ends the test. */
void px_open(struct path_fixture *f, bool with_tun);
/* text: whole configuration. with_tun: punted packets appear on f->tun. */
void px_start(struct path_fixture *f, const char *text, bool with_tun);
/* Nothing may be left of it in memory. */
void px_stop(struct path_fixture *f);
/* More configuration, committed. */
void px_config(struct path_fixture *f, const char *text);
/* A command of a privileged session; what it prints, until the next call. */
const char *px_show(struct path_fixture *f, const char *line);
/* Fails unless it prints the part. */
void px_has(struct path_fixture *f, const char *line, const char *part);
/* Everything in the log buffer, until the next call; does it hold this text? */
const char *px_logs(struct path_fixture *f);
bool px_logged(struct path_fixture *f, const char *text);
void px_logs_clear(struct path_fixture *f);

/* A frame arrives; everything settles. */
void px_send(struct path_fixture *f, unsigned port, const void *frame, size_t n);
void px_send_pb(struct path_fixture *f, unsigned port, struct pb p);
/* A packet with the neighbours' MAC addresses. */
struct pb px_pb(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst,
                uint16_t dport, uint8_t proto);
void px_udp(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport,
            const char *pay);
void px_tcp(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport,
            uint8_t flags, uint32_t seq, uint32_t ack);
void px_echo(struct path_fixture *f, unsigned port, const char *src, const char *dst, bool reply, uint16_t id);
/* Oldest frame sent on a port; false: none. The view points into the fixture until the next call on that port. */
bool px_take(struct path_fixture *f, unsigned port, struct pb_view *v);
/* Nothing waits on any port. */
bool px_quiet(const struct path_fixture *f);
/* Is it this packet, with right checksums? Ports are not looked at for ICMP. */
bool px_is(const struct pb_view *v, const char *src, uint16_t sport, const char *dst, uint16_t dport);
/* An error about the datagram in v, as a router at src sends it to the datagram's source. */
void px_icmp_error(struct path_fixture *f, unsigned port, const char *src, const struct pb_view *v, uint8_t type,
                   uint8_t code, uint32_t rest);
/* Packets to and from the private kernel. */
bool px_take_tun(struct path_fixture *f, uint8_t *buf, size_t cap, struct pb_view *v);
void px_send_tun(struct path_fixture *f, struct pb p);
void px_settle(struct path_fixture *f);
void px_advance(struct path_fixture *f, uint64_t ms);
uint64_t px_drops(const struct path_fixture *f, enum drop_reason why);

/* Outside 192.0.2.1/24, inside 10.0.0.1/24, default route, logging to the buffer. */
extern const char px_base[];
/*
 * On top of it: 10.0.0.5 is 192.0.2.140 outside and may be called at 80, 5443 (MMP through a TLS proxy) and 69
 * (TFTP); the other inside hosts share 192.0.2.200.
 */
extern const char px_services[];

#endif
