#include "platform/net/nap.h"

static uint32_t period(const struct nap *n, uint64_t window_ns)
{
        uint64_t ns = NAP_PKTS * window_ns / n->handled;

        if (ns < NAP_PACKED_NS)
                return NAP_FULL_NS;
        if (ns < NAP_DENSE_NS)
                return NAP_MIN_NS;
        return (uint32_t)(ns < NAP_MAX_NS ? ns : NAP_MAX_NS);
}

static void judge(struct nap *n, uint64_t now_ns)
{
        uint64_t window_ns = now_ns - n->since_ns;

        if (n->rests && n->handled < n->rests * NAP_PAYS)
                n->off_until_ns = now_ns + NAP_OFF_NS;
        if (now_ns < n->off_until_ns || n->punted * NAP_PUNTED > n->handled ||
            n->handled * (uint64_t)NAP_WINDOW_NS < NAP_MIN_PKTS * window_ns)
                n->ns = 0;
        else
                n->ns = period(n, window_ns);
        n->handled = n->punted = n->rests = 0;
        n->since_ns = now_ns;
}

uint64_t nap_begin(struct nap *n, uint64_t woke_ns, uint64_t now_ns)
{
        uint64_t spent = now_ns - woke_ns;

        if (now_ns - n->since_ns >= NAP_WINDOW_NS)
                judge(n, now_ns);
        if (!n->ns)
                return 0;
        n->rests++;
        return spent < n->ns / 2 ? n->ns - spent : n->ns / 2;
}
