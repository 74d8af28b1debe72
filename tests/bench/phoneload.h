/* The SCCP load: phones outside, the call manager and the TFTP server inside, in one process. */
#ifndef VOXGATE_PHONELOAD_H
#define VOXGATE_PHONELOAD_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/bench.h"

enum { PHONES_MAX = 20000, FRAME_MAX = 512, IN_MAX = 2048, SCCP_VERSION = 17 };

enum phone_state { PH_CONNECTING, PH_REGISTERING, PH_REGISTERED, PH_LOST };

/* An end of a phone's connection: the phone's own, or the call manager's. */
struct end {
        int fd;
        bool server, waiting; /* waiting: it has asked and hears the answer */
        bool keep;            /* the call manager ends no call of this phone */
        enum phone_state state;
        unsigned id; /* of the phone; the call manager has it from the registration */
        SSL *ssl;
        struct end *next_dead;
        uint64_t start, asked, again; /* again: when it dials once more */
        uint32_t ip;                  /* its own address, network order */
        size_t in_n;
        uint8_t in[IN_MAX];
};

enum what { WHAT_STORM, WHAT_HOLD, WHAT_RATE, WHAT_BOOT };

struct load {
        enum what what;
        bool tls, calls; /* calls: the call manager makes calls; else phones press keys */
        int ep, listener;
        const char *client_ns, *server_ns;
        SSL_CTX *ctx;
        struct sockaddr_in to, listen_at;
        struct sockaddr_in src; /* of phone 0; the next ones follow */
        unsigned sources;       /* as many addresses */
        unsigned n, opened, registered, tries_lost, parallel;
        unsigned audio; /* so many phones are in calls before the storm */
        unsigned first; /* phones before it have been dealt with */
        struct end *phone[PHONES_MAX], *line[PHONES_MAX];
        struct end *dead; /* connections that have ended, until no event speaks of them */
        unsigned launched;
        uint64_t done;
        double rate, seconds;
        unsigned limit;
        bool stopping;
        struct device device;
        struct samples took;
};

/* phoneload_pki.c: certificates of phones, issued by the PEM files' CA, all with one key. */
void pki_load(const char *ca_cert, const char *ca_key, unsigned n);
void pki_dress(SSL *ssl, unsigned id); /* CN=CP-7962G-SEP... */
void device_name(unsigned id, char out[16]);

/* phoneload_sccp.c: what is said */
size_t frame_register(const struct end *e, uint8_t out[FRAME_MAX]); /* alarm and registration */
size_t frame_keepalive(bool ack, uint8_t out[FRAME_MAX]);
size_t frame_key(uint8_t out[FRAME_MAX]);
size_t frame_answer_key(uint8_t out[FRAME_MAX]);
size_t frame_open(unsigned call, uint8_t out[FRAME_MAX]);
size_t frame_close(unsigned call, uint8_t out[FRAME_MAX]);
/* What an end answers to a frame; 0: nothing. *id, *called: what it learned. */
enum heard { HEARD_NOTHING, HEARD_REGISTER, HEARD_REGISTERED, HEARD_CHANNEL, HEARD_ANSWER };
struct learned {
        enum heard what;
        unsigned id;
        struct sockaddr_in at; /* CHANNEL: where the phone listens */
};
size_t frame_hear(const struct end *e, const uint8_t *frame, size_t n, uint8_t out[FRAME_MAX], struct learned *l);

/* phoneload_audio.c: callees that talk to phones, 50 packets a second each */
enum { AUDIO_MAX = 200, MEDIA_PORT = 20000 };
unsigned callee_port(unsigned call);
void audio_open(struct load *l, unsigned n); /* the sockets; phones 0 to n - 1 */
void audio_channel(unsigned id, unsigned call, const struct sockaddr_in *at);
bool audio_ready(void); /* all have been told where to speak to */
void audio_begin(void);
void audio_pump(void); /* at least every millisecond */
void audio_say(const char *when);

/* phoneload_tftp.c: phones that boot */
void boots_run(struct load *l, const char *file_bytes, unsigned blksize);

#endif
