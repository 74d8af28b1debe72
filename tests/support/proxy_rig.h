/*
 * One proxy worker on virtual time in a network namespace of its own, where 240.0.0.0/4 is local: the test is the
 * dataplane (rings), the TLS client and the TLS server (sockets with pseudo addresses). No TUN. Use in a netns_run()
 * child; failures end the child.
 *
 *      struct rig r;
 *      rig_up(&r, &pki);
 *      rig_flow(&r, &f);                FLOW_NEW
 *      rig_dial(&r, &f); rig_serve(&r, &f);
 *      RIG_UNTIL(&r, f.client_rc == 1 && f.server_rc == 1);
 *      rig_down(&r);
 */
#ifndef VOXGATE_PROXY_RIG_H
#define VOXGATE_PROXY_RIG_H

#include "proxy/worker/worker_int.h"
#include "tests/support/netns.h"
#include "tests/support/worker_fixture.h"

struct rig_flow {
        uint32_t id;
        uint8_t gen;
        struct leg *client, *server;   /* the test's ends; NULL: closed or not there */
        int listener;                  /* of the server, -1 none */
        int client_rc, server_rc;      /* of leg_start() */
        bool hold_server, hold_client; /* do not go on with its handshake */
        bool clear[2];                 /* the client, the server speaks without TLS */
        unsigned connected;            /* CONNECTED heard: the client may dial */
        unsigned ends, gones;          /* heard from the proxy */
        uint8_t reason, drop;          /* of END */
        bool free;                     /* both sides know of the end */
        bool reset[2]; /* for the test: client, server have seen a reset, which the kernel tells once */
};

#define RIG_FLOWS_MAX 8u

/* The test loads it: the key belongs to `server` (issued by `issuer`, that by `root`) and to `self`. */
struct rig_pki {
        struct keypair *key;
        struct cert *server, *issuer, *root, *self;
};

struct rig {
        struct worker_fixture wf;
        struct proxy_conf conf;
        struct pki_conf pki_conf;
        struct pki_rt pki;
        struct identity_rt id, self; /* trustpoint "TP"; one that nobody trusts */
        struct tls_profile *client_profile, *server_profile, *bad_server_profile; /* of the test's ends */
        struct tls_profile *known_client_profile, *unknown_client_profile;        /* they show a certificate */
        struct tls_profile *client_as;         /* the client is one of these; NULL: it shows none */
        struct phone_proxy_conf *pp;           /* rig_phone_proxy() */
        struct mta_addr_conf *mta;             /* its media-termination address, for both sides */
        uint32_t phone_proxy_id, tls_proxy_id; /* of the next flows; 0: none, the tls-proxy's */
        bool shifted;                          /* the next flows' server is dialled at its clear port */
        struct punt_link link, *links[1];
        struct proxy_worker *p;
        uint64_t live; /* heap blocks before all this */
        struct tls_proxy_conf *tp;
        struct rig_flow *flow[RIG_FLOWS_MAX];
        bool mute;                             /* the dataplane does not answer END */
        bool bad_server;                       /* the server shows a certificate that nobody trusts */
        uint64_t fail_nth;                     /* this allocation of the proxy from now on fails; 0 none */
        bool failed;                           /* ... and has */
        unsigned ndgram, ndrop, nholes, order; /* order: bits, oldest highest: 1 pinhole, 0 datagram */
        struct pinhole_spec hole;
        struct pkt *pk; /* the last one given back */
        bool (*hook)(void *ctx,
                     const struct punt_msg *m); /* sees what the proxy says first; true: it is the test's */
        void *hook_ctx;
        char log[65536];
};

void rig_up(struct rig *r, const struct rig_pki *pki);
void rig_down(struct rig *r);
/* Compiles the tls-proxy anew and publishes. */
void rig_commit(struct rig *r);
/*
 * A nonsecure phone proxy over the tls-proxy, which then asks its clients for a certificate; the client shows one
 * that is trusted. Flows are its flows after the next rig_commit().
 */
void rig_phone_proxy(struct rig *r);
/* A new flow; its id and generation are the test's choice. */
void rig_flow(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen);
/* The same without TLS on either leg: connect first. With a server, or without one (a closed port). */
void rig_flow_clear(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen, bool served);
/* The same for a datagram flow with the TFTP engine. */
void rig_flow_udp(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen);
void rig_dial(struct rig *r, struct rig_flow *f);
void rig_serve(struct rig *r, struct rig_flow *f);
/* A flow with both ends ready. */
void rig_open(struct rig *r, struct rig_flow *f, uint32_t id, uint8_t gen);
/* The dataplane ends it. */
void rig_end(struct rig *r, struct rig_flow *f);
void rig_hang_up(struct rig_flow *f, bool abort);
/* A message of the dataplane. */
void rig_tell(struct rig *r, const struct punt_msg *m);
/* One loop of everybody. */
void rig_step(struct rig *r);
/* Virtual time passes, loop by loop. */
void rig_advance(struct rig *r, uint64_t ms);
/* Writes all of it, reads exactly n bytes, stepping in between. */
void rig_say(struct rig *r, struct leg *l, const void *p, size_t n);
void rig_hear(struct rig *r, struct leg *l, void *p, size_t n);
bool rig_logged(struct rig *r, const char *text);
unsigned rig_descriptors(void);
uint64_t rig_counter(struct rig *r, const char *name);

/* For a condition that the kernel has a part in: loops until it holds; a minute is a failure. */
#define RIG_UNTIL(r, cond)                                                                                           \
        do {                                                                                                         \
                bool holds_ = (cond);                                                                                \
                for (int i_ = 0; !holds_ && i_ < 60000; i_++) {                                                      \
                        rig_step(r);                                                                                 \
                        if (i_ > 100)                                                                                \
                                rig_wait_1ms();                                                                      \
                        holds_ = (cond); /* evaluated once a loop: it may read */                                    \
                }                                                                                                    \
                if (!holds_)                                                                                         \
                        fprintf(stderr, "never: %s\n", #cond);                                                       \
                CHECK(holds_);                                                                                       \
        } while (0)
void rig_wait_1ms(void);

#endif
