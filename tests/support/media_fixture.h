/*
 * A dataplane worker with a media table on virtual time; the test plays the proxy worker and the phones.
 *
 *      outside 192.0.2.1/24, media address 192.0.2.50     port 0
 *      inside  10.1.1.1/24,  media address 10.1.1.50      port 1
 *
 *      mf_start(&f);
 *      mf_open(&f, 3, &spec);            our ports: 20000 + 4 * slot outside (client side), the same inside
 *      mf_udp(&f, 0, "198.51.100.7", 4000, 20012, pay, n);
 *      n = mf_take(&f, 1, &v);
 */
#ifndef VOXGATE_TEST_MEDIA_FIXTURE_H
#define VOXGATE_TEST_MEDIA_FIXTURE_H

#include "proxy/media/media.h"
#include "proxy/worker/proxy_rt.h"
#include "tests/support/pktbuild.h"
#include "tests/support/worker_fixture.h"

#define MF_OUT "192.0.2.50"
#define MF_IN "10.1.1.50"
#define MF_PORT(slot) ((uint16_t)(20000 + 4 * (slot)))

struct media_fixture {
        struct worker_fixture wf;
        struct worker *w;
        struct media_link link;
        struct media_link *links[1];
        struct proxy_rt rt;
        struct media_term_rt term;
        struct mta_rt mta[2];
        unsigned woken;
        uint64_t blocks;
        uint8_t frame[2048];
};

void mf_start(struct media_fixture *f);
void mf_stop(struct media_fixture *f); /* nothing may be left */
struct media_msg mf_msg(unsigned slot, enum media_msg_kind kind, const struct media_spec *spec);
/* Pushes and lets the worker run. */
void mf_push(struct media_fixture *f, const struct media_msg *m);
void mf_open(struct media_fixture *f, unsigned slot, const struct media_spec *spec);
void mf_update(struct media_fixture *f, unsigned slot, const struct media_spec *spec);
void mf_close(struct media_fixture *f, unsigned slot);
/* The oldest report; false: none. */
bool mf_report(struct media_fixture *f, struct media_report *r);
/* The next report is this event of this slot and side. */
bool mf_reported(struct media_fixture *f, enum media_event ev, unsigned slot, unsigned side);
/* A datagram to our media address of that port. */
void mf_udp(struct media_fixture *f, unsigned port, const char *src, uint16_t sport, uint16_t dport, const void *pay,
            size_t n);
/* The oldest datagram sent; neighbours have answered. false: none. */
bool mf_take(struct media_fixture *f, unsigned port, struct pb_view *v);
struct media_row mf_row(struct media_fixture *f, unsigned slot);
uint64_t mf_drops(const struct media_fixture *f, enum drop_reason why);

#endif
