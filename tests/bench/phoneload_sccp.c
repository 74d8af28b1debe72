/* Frames of SCCP, header version 17, that phones and their call manager say. */
#include "tests/bench/phoneload.h"

#include <stdlib.h>
#include <string.h>

enum {
        KEEPALIVE = 0x0000,
        REGISTER = 0x0001,
        KEYPAD = 0x0003,
        CAPABILITIES = 0x0010,
        ALARM = 0x0020,
        OPEN_ACK = 0x0022,
        REGISTER_ACK = 0x0081,
        SET_LAMP = 0x0086,
        START = 0x008a,
        STOP = 0x008b,
        CAPABILITIES_REQ = 0x009b,
        REJECT = 0x009d,
        KEEPALIVE_ACK = 0x0100,
        OPEN = 0x0105,
        CLOSE = 0x0106,
        START_ACK = 0x0154,
};

#define HEAD 12u

static uint32_t get32(const uint8_t *p)
{
        return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
        for (unsigned i = 0; i < 4; i++)
                p[i] = (uint8_t)(v >> 8 * i);
}

/* An empty frame of a length behind others; its body is zeros. */
static uint8_t *put_frame(uint8_t *out, size_t *at, uint32_t id, uint32_t version, uint32_t body)
{
        uint8_t *f = out + *at;

        if (*at + HEAD + body > FRAME_MAX)
                die("a frame is too long");
        memset(f, 0, HEAD + body);
        put32(f, body + 4);
        put32(f + 4, version);
        put32(f + 8, id);
        *at += HEAD + body;
        return f;
}

size_t frame_register(const struct end *e, uint8_t out[FRAME_MAX])
{
        size_t at = 0;
        uint8_t *f = put_frame(out, &at, ALARM, 0, 92);
        char name[16];

        device_name(e->id, name);
        put32(f + 12, 2);
        memcpy(f + 16, name, 15);
        memcpy(f + 100, &e->ip, 4);
        f = put_frame(out, &at, REGISTER, 0, 52);
        memcpy(f + 12, name, 15);
        put32(f + 32, 1);
        memcpy(f + 36, &e->ip, 4);
        put32(f + 40, 434);
        put32(f + 44, 5);
        f[52] = SCCP_VERSION;
        return at;
}

size_t frame_keepalive(bool ack, uint8_t out[FRAME_MAX])
{
        size_t at = 0;

        put_frame(out, &at, ack ? KEEPALIVE_ACK : KEEPALIVE, 0, 0);
        return at;
}

size_t frame_key(uint8_t out[FRAME_MAX])
{
        size_t at = 0;

        put_frame(out, &at, KEYPAD, SCCP_VERSION, 12);
        return at;
}

size_t frame_answer_key(uint8_t out[FRAME_MAX])
{
        size_t at = 0;

        put_frame(out, &at, SET_LAMP, SCCP_VERSION, 12);
        return at;
}

/* Half of a call: what the phone is to open, and where it is to send. */
size_t frame_open(unsigned call, uint8_t out[FRAME_MAX])
{
        size_t at = 0;
        uint8_t *f = put_frame(out, &at, OPEN, SCCP_VERSION, 128);

        put32(f + 12, call);
        put32(f + 16, call);
        put32(f + 20, 20);
        put32(f + 24, 4);
        put32(f + 36, call);
        put32(f + 96, 101);
        put32(f + 100, 10);
        put32(f + 132, 4000);
        return at;
}

static size_t frame_start(const struct end *e, unsigned call, uint8_t out[FRAME_MAX])
{
        size_t at = 0;
        uint8_t *f = put_frame(out, &at, START, SCCP_VERSION, 132);
        struct sockaddr_in own;
        socklen_t n = sizeof own;

        getsockname(e->fd, (struct sockaddr *)&own, &n);
        put32(f + 12, call);
        put32(f + 16, call);
        memcpy(f + 24, &own.sin_addr, 4); /* the callee is where the call manager is */
        put32(f + 40, callee_port(call));
        put32(f + 44, 20);
        put32(f + 48, 4);
        put32(f + 52, 184);
        put32(f + 68, call);
        put32(f + 128, 101);
        put32(f + 132, 10);
        return at;
}

size_t frame_close(unsigned call, uint8_t out[FRAME_MAX])
{
        static const uint32_t kinds[] = { CLOSE, STOP };
        size_t at = 0;

        for (unsigned i = 0; i < 2; i++) {
                uint8_t *f = put_frame(out, &at, kinds[i], SCCP_VERSION, 16);

                put32(f + 12, call);
                put32(f + 16, call);
                put32(f + 20, call);
        }
        return at;
}

static size_t answer_open(const struct end *e, const uint8_t *in, uint8_t out[FRAME_MAX])
{
        size_t at = 0;
        uint8_t *f = put_frame(out, &at, OPEN_ACK, SCCP_VERSION, 36);

        memcpy(f + 20, &e->ip, 4);
        put32(f + 36, MEDIA_PORT);
        memcpy(f + 40, in + 16, 4);
        memcpy(f + 44, in + 12, 4);
        if (e->ssl && !get32(in + 40))
                die("a channel without a key");
        return at;
}

static size_t answer_start(const struct end *e, const uint8_t *in, uint8_t out[FRAME_MAX])
{
        size_t at = 0;
        uint8_t *f = put_frame(out, &at, START_ACK, SCCP_VERSION, 40);

        memcpy(f + 12, in + 12, 8);
        memcpy(f + 20, in + 68, 4);
        memcpy(f + 28, &e->ip, 4);
        put32(f + 44, MEDIA_PORT);
        return at;
}

static size_t answer_register(const uint8_t *in, uint8_t out[FRAME_MAX], struct learned *l)
{
        char text[9] = { 0 };
        size_t at = 0;
        uint8_t *f = put_frame(out, &at, REGISTER_ACK, 0, 20);

        put32(f + 12, 30);
        memcpy(f + 16, "D/M/Y", 5);
        put32(f + 24, 60);
        f[28] = SCCP_VERSION;
        put_frame(out, &at, CAPABILITIES_REQ, 0, 0);
        memcpy(text, in + 19, 8);
        *l = (struct learned){ .what = HEARD_REGISTER, .id = (unsigned)strtoul(text, NULL, 16) };
        return at;
}

static size_t answer_capabilities(uint8_t out[FRAME_MAX], struct learned *l)
{
        size_t at = 0;
        uint8_t *f = put_frame(out, &at, CAPABILITIES, SCCP_VERSION, 292);

        put32(f + 12, 1);
        put32(f + 16, 4);
        put32(f + 20, 20);
        l->what = HEARD_REGISTERED;
        return at;
}

size_t frame_hear(const struct end *e, const uint8_t *in, size_t n, uint8_t out[FRAME_MAX], struct learned *l)
{
        uint32_t id = get32(in + 8);

        *l = (struct learned){ .what = HEARD_NOTHING, .id = e->id };
        switch (id) {
        case KEEPALIVE:
                return frame_keepalive(true, out);
        case REGISTER:
                return answer_register(in, out, l);
        case KEYPAD:
                return frame_answer_key(out);
        case OPEN_ACK:
                if (get32(in + 12))
                        die("a phone has no channel");
                *l = (struct learned){ .what = HEARD_CHANNEL, .id = get32(in + 40), .at = { .sin_family = AF_INET } };
                memcpy(&l->at.sin_addr, in + 20, 4);
                l->at.sin_port = htons((uint16_t)get32(in + 36));
                return frame_start(e, get32(in + 40), out);
        case START_ACK:
                return e->keep ? 0 : frame_close(get32(in + 16), out);
        case CAPABILITIES_REQ:
                return answer_capabilities(out, l);
        case OPEN:
                return answer_open(e, in, out);
        case START:
                if (n != 144 || (e->ssl && !get32(in + 72)))
                        die("media without a key");
                return answer_start(e, in, out);
        case REJECT:
                die("a registration was rejected");
        case KEEPALIVE_ACK:
        case SET_LAMP:
        case STOP:
                l->what = HEARD_ANSWER;
                return 0;
        default:
                return 0;
        }
}
