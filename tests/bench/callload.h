/* The SIP load: phones on one side of a proxy, the call manager they call on the other, in one process. */
#ifndef VOXGATE_CALLLOAD_H
#define VOXGATE_CALLLOAD_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/bench.h"

enum {
        MESSAGE_MAX = 4096,
        IN_MAX = 65536,
        CALLS_MAX = 1 << 20,
        MEDIA_PORT = 20000, /* of call 0; two for each call */
        KEY_TEXT = 40,      /* 30 octets in base64 */
        ROUTE_MAX = 512,
};

enum transport { OVER_TLS, OVER_TCP, OVER_UDP };

struct conn {
        int fd;
        unsigned id;
        bool server, connected, ready; /* ready: shaken hands and registered */
        enum transport over;
        SSL *ssl;
        struct sockaddr_in self, peer; /* peer: who sent the last datagram */
        size_t in_n, out_n, out_cap;
        char in[IN_MAX], *out;
};

struct call {
        uint64_t start;
        uint32_t conn;
        bool answered, over;
        struct sockaddr_in box_out, box_in; /* where the phone, where the callee sends media to */
        char key_from_box[KEY_TEXT + 1];
};

/* Answers come back in order of the conversation; what they mean for the load is decided by the caller. */
struct load {
        enum { RATE, HOLD } mode;
        enum transport over, server_over;
        int ep, listener;
        const char *client_ns, *server_ns;
        SSL_CTX *ctx;
        struct sockaddr_in to, listen_at, src, media_out, media_in;
        unsigned nconns, nready;
        struct conn **conn;
        struct call *call;
        unsigned launched, held, limit; /* calls begun, answered and not ended; at most so many under way */
        uint64_t done, failed;
        double rate, seconds;
        bool srtp, stopping;
        struct device device;
        struct samples took;
};

/* Texts. All return the length. */
size_t sip_register(const struct load *l, const struct conn *c, char *out);
size_t sip_invite(const struct load *l, const struct conn *c, unsigned n, char *out);
/* ACK or BYE for call n, by the 2xx's route and contact. */
size_t sip_in_dialog(const struct conn *c, const char *method, unsigned n, const char *ok, char *out);
/* An answer of the callee. `code` 180 or 200; the body only with sdp. */
size_t sip_answer(const struct load *l, const struct conn *c, const char *request, int code, bool sdp, unsigned n,
                  char *out);

/* The key a phone seals its media with. */
void call_key(unsigned n, char text[KEY_TEXT + 1]);

/* Of a whole message that ends with 0. */
size_t sip_whole(const char *in, size_t n); /* its length, 0: more is needed */
bool sip_is(const char *m, const char *method);
int sip_code(const char *m); /* 0: a request */
bool sip_cseq_is(const char *m, const char *method);
unsigned sip_call_number(const char *m);
bool sdp_media(const char *m, struct sockaddr_in *at); /* c= and the first m= */
bool sdp_key(const char *m, char text[KEY_TEXT + 1]);

#endif
