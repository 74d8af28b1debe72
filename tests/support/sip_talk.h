/* Short messages of a dialog, for tests that look at bodies and relays rather than at every header. */
#ifndef VOXGATE_SIP_TALK_H
#define VOXGATE_SIP_TALK_H

#include "tests/support/test.h"

#include "tests/support/sip_feed.h"

struct talk { /* a dialog: who calls, and its names */
        struct feed *f;
        enum inspect_dir caller;
        const char *id, *from, *to; /* to: tag of the called side, NULL before there is one */
        bool udp;
};

static inline const char *talk_via(const struct talk *t, enum inspect_dir request_dir, bool request)
{
        if (t->udp)
                return request_dir == DIR_C2S
                               ? (request ? "SIP/2.0/UDP 198.51.100.10:40000" : "SIP/2.0/UDP 10.1.1.254:20001")
                               : (request ? "SIP/2.0/UDP 10.1.1.5:5060" : "SIP/2.0/UDP 203.0.113.5:5060");
        if (request_dir == DIR_C2S)
                return request ? "SIP/2.0/TLS 198.51.100.10:5061" : "SIP/2.0/TCP 10.1.1.254:20001";
        return request ? "SIP/2.0/TCP 10.1.1.5:5060" : "SIP/2.0/TLS 203.0.113.5:5061";
}

/* CANCEL and the ACK of a refusal have the INVITE's branch. */
static inline const char *talk_branch(const char *method, const char *ack_of)
{
        return !strcmp(method, "CANCEL") || ack_of ? "INVITE" : method;
}

static inline const char *talk_tags(const struct talk *t, enum inspect_dir request_dir, const char **from)
{
        *from = request_dir == t->caller ? t->from : t->to;
        return request_dir == t->caller ? t->to : t->from;
}

static inline const char *talk_head(const struct talk *t, enum inspect_dir request_dir, bool request,
                                    const char *start, const char *method, unsigned cseq, const char *extra)
{
        static char head[4096];
        const char *from, *to = talk_tags(t, request_dir, &from);

        snprintf(head, sizeof head,
                 "%s\r\nVia: %s;branch=z9hG4bK-%s-%s-%u-%d\r\nFrom: <sip:x@example.com>;tag=%s\r\n"
                 "To: <sip:y@example.com>%s%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n%s",
                 start, talk_via(t, request_dir, request), t->id, talk_branch(method, NULL), cseq, request_dir, from,
                 to ? ";tag=" : "", to ? to : "", t->id, cseq, method, extra ? extra : "");
        return head;
}

/* NULL: nothing went on. */
static inline const char *talk_request(struct talk *t, enum inspect_dir dir, const char *method, unsigned cseq,
                                       const char *body)
{
        char start[64];

        snprintf(start, sizeof start, "%s sip:z@example.com SIP/2.0", method);
        return sip_say(t->f, dir, sip_text(talk_head(t, dir, true, start, method, cseq, NULL), body ? body : ""));
}

/* A response to a request of the other side. */
static inline const char *talk_response(struct talk *t, enum inspect_dir dir, unsigned status, const char *method,
                                        unsigned cseq, const char *body)
{
        enum inspect_dir of = dir == DIR_C2S ? DIR_S2C : DIR_C2S;
        char start[64];

        snprintf(start, sizeof start, "SIP/2.0 %u Whatever", status);
        return sip_say(t->f, dir, sip_text(talk_head(t, of, false, start, method, cseq, NULL), body ? body : ""));
}

static inline const char *body_of(const char *text)
{
        const char *b;

        assert_non_null(text);
        b = strstr(text, "\r\n\r\n");
        assert_non_null(b);
        return b + 4;
}

#define SDP_HEAD(addr) "v=0\r\no=- 1 1 IN IP4 " addr "\r\ns=-\r\nc=IN IP4 " addr "\r\nt=0 0\r\n"
#define KEY_A "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk"
#define KEY_B "enl4d3Z1dHNycXBvbm1sa2ppaGdmZWRjYmFaWVhX"
#define CRYPTO(tag, key) "a=crypto:" tag " AES_CM_128_HMAC_SHA1_80 inline:" key "\r\n"
#define PHONE_AUDIO SDP_HEAD("198.51.100.10") "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A)
#define SERVER_AUDIO SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\n"

#endif
