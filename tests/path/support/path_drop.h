/*
 * One row for each reason why a packet is dropped: how to make it on the real path, or why that cannot be. The tables
 * are by what decides; path_drop_test.c sees that none is missing and that each is counted.
 */
#ifndef VOXGATE_PATH_DROP_H
#define VOXGATE_PATH_DROP_H

#include "tests/support/test.h"

#include "tests/path/support/path_fixture.h"

#define CLIENT "192.0.2.10"
#define SERVER "10.0.0.9"

/* A good frame, and what is made wrong in it. */
struct drop_edit {
        uint8_t proto;
        int at; /* offset in the frame; -1 none */
        uint8_t n, val[6];
        size_t cut;   /* frame length; 0 whole */
        bool fix_sum; /* of the IP header, after the edit */
};

struct drop_row {
        enum drop_reason why;
        void (*make)(void);
        struct drop_edit edit; /* where there is no function */
        const char *absent;    /* why no frame can end like this */
        uint32_t conns, pkts;
};

extern struct path_fixture drop_fx;
extern enum drop_reason drop_making; /* for functions that make several */

/* Each ends with a row that makes nothing. */
extern const struct drop_row drop_frames[], drop_rules[], drop_flows[], drop_punt[], drop_media[];

void drop_send_edited(const struct drop_edit *e);

#endif
