/*
 * One TFTP read, asked of a server: the whole file into memory that grows up to a cap and within a budget shared by
 * transfers. Pure like tftp_send.h. Which datagrams are the server's (its TID) is the caller's business.
 */
#ifndef VOXGATE_PROXY_TFTP_TFTP_FETCH_H
#define VOXGATE_PROXY_TFTP_TFTP_FETCH_H

#include "proxy/tftp/tftp_send.h"

struct tftp_budget { /* bytes of file contents in memory */
        size_t used, max;
        uint64_t refused;
};
/* A block of n bytes within the budget, or NULL. give: returns it. */
void *tftp_budget_take(struct tftp_budget *b, size_t n) MUST_USE;
void tftp_budget_give(struct tftp_budget *b, void *p, size_t n);

enum tftp_lack { TFTP_LACK_NONE, TFTP_LACK_FILE, TFTP_LACK_SILENT, TFTP_LACK_SPACE, TFTP_LACK_OTHER };

struct tftp_fetch {
        char name[TFTP_NAME_MAX + 1];
        struct tftp_budget *budget;
        size_t max;
        uint8_t *buf; /* owned until taken */
        size_t n, cap;
        bool plain;    /* ask without options */
        bool answered; /* a DATA or OACK came */
        bool gap;      /* a block is missing: told once */
        bool wraps_to_1;
        uint16_t blksize, window, unacked;
        uint64_t got; /* blocks in order */
        uint32_t rto_ms;
        unsigned tries;
        uint64_t due_ms;
        enum tftp_lack lack; /* FAILED: what kind, and words */
        uint16_t code;       /* the server's error, where it said one */
        char why[96];
        tftp_put_fn put;
        void *ctx;
};

/* Sends the request. put, ctx, budget and max are set by the caller. name: at most TFTP_NAME_MAX. */
void tftp_fetch_start(struct tftp_fetch *f, const char *name, uint64_t now_ms);
enum tftp_step tftp_fetch_input(struct tftp_fetch *f, struct cur in, uint64_t now_ms);
enum tftp_step tftp_fetch_tick(struct tftp_fetch *f, uint64_t now_ms);
void tftp_fetch_fini(struct tftp_fetch *f); /* gives the buffer back; zeroed is legal */

#endif
