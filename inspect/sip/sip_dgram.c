/* SIP over UDP: one datagram, one message; keepalives and STUN of RFC 5626 go by. */
#include "inspect/sip/sip.h"
#include "inspect/sip/sip_int.h"

static bool only(struct cur in, const char *octets, size_t n)
{
        for (size_t i = 0; i < in.left; i++)
                if (!memchr(octets, in.p[i], n))
                        return false;
        return true;
}

/* Empty, CRLFs, four zero octets, or STUN with its magic cookie. */
static bool is_keepalive(struct cur in)
{
        static const uint8_t cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

        if (only(in, "\r\n", 2) || (in.left == 4 && only(in, "\0", 1)))
                return true;
        return in.left >= 20 && in.p[0] < 0x40 && !memcmp(in.p + 4, cookie, sizeof cookie);
}

static bool is_foreign(struct cur in)
{
        const uint8_t *nl = memchr(in.p, '\n', in.left);

        return !memmem(in.p, nl ? (size_t)(nl - in.p) : in.left, "SIP/", 4);
}

static enum engine_verdict dgram_data(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool fin,
                                      size_t *used)
{
        (void)fin;
        *used = in.left;
        if (is_keepalive(in)) {
                sip_count(c, SIP_N_KEEPALIVES);
                return ENGINE_ACCEPT;
        }
        if (is_foreign(in) && sip_traffic_non_sip(c)) {
                sip_count(c, SIP_N_NON_SIP);
                return ENGINE_ACCEPT;
        }
        switch (sip_message(c, dir, in, true)) {
        case SIP_FORWARD:
                return ENGINE_ACCEPT;
        case SIP_DROP:
                return ENGINE_DROP;
        case SIP_WAIT:
                return ENGINE_WAIT;
        case SIP_CLOSE:
                break;
        }
        return ENGINE_CLOSE;
}

const struct inspect_engine inspect_sip_udp = {
        .id = INSPECT_SIP,
        .stream = false,
        .l4 = 17,
        .default_port = 5060,
        .state_size = sizeof(struct sip_session),
        .buffer_max = 65535,
        .growth_max = SIP_GROWTH_MAX,
        .open = sip_open,
        .data = dgram_data,
        .close = sip_close,
        .shared_new = sip_shared_new,
        .shared_free = sip_shared_free,
        .tick = sip_tick,
        .media_event = sip_media_event,
        .describe = sip_describe,
};
