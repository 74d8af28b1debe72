#include <arpa/inet.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/bench/callload.h"

static const char *const VIA[] = { "TLS", "TCP", "UDP" };
static const char *const PARAM[] = { "tls", "tcp", "udp" };

/* ---- reading ---- */

/* The value of the k-th header of that name, up to the end of the line; NULL: there is none. */
static const char *header(const char *m, const char *name, unsigned k, size_t *len)
{
        size_t n = strlen(name);

        while ((m = strstr(m, "\r\n")) && strncmp(m, "\r\n\r\n", 4) != 0) {
                m += 2;
                if (strncasecmp(m, name, n) != 0 || m[n] != ':' || k-- > 0)
                        continue;
                m += n + 1;
                m += strspn(m, " ");
                *len = strcspn(m, "\r");
                return m;
        }
        return NULL;
}

size_t sip_whole(const char *in, size_t n)
{
        const char *end = memmem(in, n, "\r\n\r\n", 4), *v;
        size_t head, len, body;

        if (!end)
                return 0;
        head = (size_t)(end - in) + 4;
        v = header(in, "Content-Length", 0, &len);
        body = v ? strtoul(v, NULL, 10) : 0;
        return head + body <= n ? head + body : 0;
}

bool sip_is(const char *m, const char *method)
{
        size_t n = strlen(method);

        return strncmp(m, method, n) == 0 && m[n] == ' ';
}

int sip_code(const char *m)
{
        return strncmp(m, "SIP/2.0 ", 8) == 0 ? atoi(m + 8) : 0;
}

bool sip_cseq_is(const char *m, const char *method)
{
        size_t len, n = strlen(method);
        const char *v = header(m, "CSeq", 0, &len);

        return v && len > n && strncmp(v + len - n, method, n) == 0;
}

unsigned sip_call_number(const char *m)
{
        size_t len;
        const char *v = header(m, "Call-ID", 0, &len);

        return v && *v == 'c' ? (unsigned)strtoul(v + 1, NULL, 10) : CALLS_MAX;
}

bool sdp_media(const char *m, struct sockaddr_in *at)
{
        const char *c = strstr(m, "\r\nc=IN IP4 "), *line = strstr(m, "\r\nm=audio ");
        char text[32];

        if (!c || !line)
                return false;
        c += 11;
        snprintf(text, sizeof text, "%.*s", (int)strcspn(c, " /\r"), c);
        *at = address(text);
        at->sin_port = htons((uint16_t)atoi(line + 10));
        return at->sin_port != 0;
}

bool sdp_key(const char *m, char text[KEY_TEXT + 1])
{
        const char *k = strstr(m, "AES_CM_128_HMAC_SHA1_80 inline:");

        if (!k)
                return false;
        k += 31;
        snprintf(text, KEY_TEXT + 1, "%.*s", (int)strcspn(k, " |\r"), k);
        return strlen(text) == KEY_TEXT;
}

void call_key(unsigned n, char text[KEY_TEXT + 1])
{
        uint8_t key[30];

        for (unsigned i = 0; i < sizeof key; i++)
                key[i] = (uint8_t)((n + 1) * 2654435761u >> (i % 4 * 8) ^ i * 29);
        EVP_EncodeBlock((uint8_t *)text, key, sizeof key);
}

/* ---- writing ---- */

static size_t put(char *out, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static size_t put(char *out, size_t at, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        at += (size_t)vsnprintf(out + at, MESSAGE_MAX - at, fmt, ap);
        va_end(ap);
        if (at >= MESSAGE_MAX)
                die("a message is too long");
        return at;
}

struct text {
        char s[INET_ADDRSTRLEN];
};

static struct text dotted(const struct sockaddr_in *a)
{
        struct text t;

        inet_ntop(AF_INET, &a->sin_addr, t.s, sizeof t.s);
        return t;
}

static size_t put_sdp(char *out, size_t at, const struct sockaddr_in *media, unsigned n, bool srtp)
{
        struct text ip = dotted(media);
        char body[1024], key[KEY_TEXT + 1];
        size_t k = 0;

        k = put(body, k, "v=0\r\no=bench %u 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n", n + 1, ip.s, ip.s);
        k = put(body, k, "m=audio %u RTP/%s 0\r\na=rtpmap:0 PCMU/8000\r\n", MEDIA_PORT + 2 * (n % 20000),
                srtp ? "SAVP" : "AVP");
        if (srtp) {
                call_key(n, key);
                k = put(body, k, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n", key);
        }
        return put(out, at, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s", k, body);
}

static size_t put_head(const struct conn *c, char *out, size_t at, const char *branch, unsigned n)
{
        at = put(out, at, "Via: SIP/2.0/%s %s:%u;branch=z9hG4bK%s%u-%u\r\n", VIA[c->over], dotted(&c->self).s,
                 ntohs(c->self.sin_port), branch, n, c->id);
        return put(out, at, "Max-Forwards: 70\r\n");
}

size_t sip_register(const struct load *l, const struct conn *c, char *out)
{
        struct text to = dotted(&l->to);
        size_t at = put(out, 0, "REGISTER sip:%s SIP/2.0\r\n", to.s);

        at = put_head(c, out, at, "r", 0);
        at = put(out, at, "From: <sip:%u@%s>;tag=r%u\r\nTo: <sip:%u@%s>\r\n", 1000 + c->id, to.s, c->id, 1000 + c->id,
                 to.s);
        at = put(out, at, "Call-ID: r%u\r\nCSeq: 1 REGISTER\r\n", c->id);
        return put(out, at, "Contact: <sip:%u@%s:%u;transport=%s>\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n",
                   1000 + c->id, dotted(&c->self).s, ntohs(c->self.sin_port), PARAM[c->over]);
}

size_t sip_invite(const struct load *l, const struct conn *c, unsigned n, char *out)
{
        struct text to = dotted(&l->to);
        size_t at = put(out, 0, "INVITE sip:callee@%s SIP/2.0\r\n", to.s);

        at = put_head(c, out, at, "i", n);
        at = put(out, at, "From: <sip:%u@%s>;tag=f%u\r\nTo: <sip:callee@%s>\r\n", 1000 + c->id, to.s, n, to.s);
        at = put(out, at, "Call-ID: c%u\r\nCSeq: 1 INVITE\r\n", n);
        at = put(out, at, "Contact: <sip:%u@%s:%u;transport=%s>\r\n", 1000 + c->id, dotted(&c->self).s,
                 ntohs(c->self.sin_port), PARAM[c->over]);
        return put_sdp(out, at, &l->media_out, n, l->srtp);
}

static size_t copy_header(char *out, size_t at, const char *m, const char *name, const char *tail)
{
        size_t len;
        const char *v = header(m, name, 0, &len);

        return v ? put(out, at, "%s: %.*s%s\r\n", name, (int)len, v, tail) : at;
}

/* Record-Route becomes Route, last one first. */
static size_t put_route(char *out, size_t at, const char *ok)
{
        unsigned n = 0;
        size_t len;

        while (header(ok, "Record-Route", n, &len))
                n++;
        while (n-- > 0) {
                const char *v = header(ok, "Record-Route", n, &len);

                at = put(out, at, "Route: %.*s\r\n", (int)len, v);
        }
        return at;
}

size_t sip_in_dialog(const struct conn *c, const char *method, unsigned n, const char *ok, char *out)
{
        bool ack = strcmp(method, "ACK") == 0;
        size_t len, at;
        const char *v = header(ok, "Contact", 0, &len);

        if (!v || *v != '<')
                die("an answer without contact");
        at = put(out, 0, "%s %.*s SIP/2.0\r\n", method, (int)strcspn(v + 1, ">\r"), v + 1);
        at = put_head(c, out, at, ack ? "a" : "b", n);
        at = put_route(out, at, ok);
        at = copy_header(out, at, ok, "From", "");
        at = copy_header(out, at, ok, "To", "");
        at = copy_header(out, at, ok, "Call-ID", "");
        return put(out, at, "CSeq: %d %s\r\nContent-Length: 0\r\n\r\n", ack ? 1 : 2, method);
}

static size_t copy_all(char *out, size_t at, const char *m, const char *name)
{
        const char *v;
        size_t len;

        for (unsigned k = 0; (v = header(m, name, k, &len)); k++)
                at = put(out, at, "%s: %.*s\r\n", name, (int)len, v);
        return at;
}

size_t sip_answer(const struct load *l, const struct conn *c, const char *request, int code, bool sdp, unsigned n,
                  char *out)
{
        size_t at = put(out, 0, "SIP/2.0 %d %s\r\n", code, code == 180 ? "Ringing" : "OK"), len;
        const char *to = header(request, "To", 0, &len);
        bool tagged = to && memmem(to, len, ";tag=", 5);

        at = copy_all(out, at, request, "Via");
        at = copy_all(out, at, request, "Record-Route");
        at = copy_header(out, at, request, "From", "");
        at = copy_header(out, at, request, "To", tagged ? "" : ";tag=callee");
        at = copy_header(out, at, request, "Call-ID", "");
        at = copy_header(out, at, request, "CSeq", "");
        if (sip_is(request, "REGISTER"))
                at = copy_header(out, at, request, "Contact", ";expires=600");
        if (sip_is(request, "INVITE"))
                at = put(out, at, "Contact: <sip:callee@%s:%u;transport=%s>\r\n", dotted(&l->listen_at).s,
                         ntohs(l->listen_at.sin_port), PARAM[c->over]);
        return sdp ? put_sdp(out, at, &l->media_in, n, false) : put(out, at, "Content-Length: 0\r\n\r\n");
}
