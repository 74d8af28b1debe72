#include "tests/support/media_fixture.h"

#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "platform/net/arp.h"
#include "platform/net/decode.h"
#include "platform/net/frag.h"
#include "proxy/media/media_addr.h"

static void deny_stage(struct worker *w UNUSED, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++)
                dp_drop(b->pk[i], DROP_ACL);
}

static const struct fast_stage wire[] = {
        { "decode", decode_stage }, { "fragments", frag_stage }, { "arp", arp_stage },
        { "media", media_stage },   { "deny", deny_stage },      { 0 },
};
static void (*const drains[])(struct worker *) = { media_drain, NULL };

static void on_wake(void *ctx)
{
        ((struct media_fixture *)ctx)->woken++;
}

static void addresses(struct media_fixture *f)
{
        f->mta[0] = (struct mta_rt){ pb_addr(MF_OUT), WF_OUTSIDE };
        f->mta[1] = (struct mta_rt){ pb_addr(MF_IN), WF_INSIDE };
        f->term = (struct media_term_rt){ .id = 1, .n = 2, .at = f->mta, .port_lo = 16384, .port_hi = 32767 };
        f->rt = (struct proxy_rt){ .n_media_terms = 1, .media_term = &f->term };
}

void mf_start(struct media_fixture *f)
{
        struct err e;

        memset(f, 0, sizeof *f);
        f->blocks = mem_live_blocks();
        addresses(f);
        wf_init(&f->wf);
        f->wf.path.wire = wire;
        f->wf.path.drain = drains;
        f->wf.env.proxy_arp = media_proxy_arp;
        f->wf.env.proxy_arp_each = media_proxy_arp_each;
        f->wf.part[SNAP_PROXY] = snap_part_new();
        f->wf.part[SNAP_PROXY]->root = &f->rt;
        wf_start(&f->wf);
        f->w = f->wf.w;
        assert_int_equal(media_link_init(&f->link, f->w, &e), 0);
        f->links[0] = &f->link;
        f->link.wake_proxy = on_wake;
        f->link.wake_ctx = f;
        f->w->media = media_table_new(f->w, f->links, 1);
        assert_non_null(f->w->media);
        wf_neighbour(&f->wf, WF_OUTSIDE, "192.0.2.254", pb_mac(0x77));
        wf_neighbour(&f->wf, WF_OUTSIDE, "192.0.2.9", pb_mac(0x78));
        wf_neighbour(&f->wf, WF_INSIDE, "10.1.1.9", pb_mac(0x79));
}

void mf_stop(struct media_fixture *f)
{
        media_table_free(f->w->media);
        media_link_fini(&f->link);
        wf_stop(&f->wf);
        assert_int_equal(mem_live_blocks(), f->blocks);
}

struct media_msg mf_msg(unsigned slot, enum media_msg_kind kind, const struct media_spec *spec)
{
        struct media_msg m = { .kind = (uint8_t)kind, .h = { 0, slot, 7 }, .owner = 100 + slot };

        m.local.at[0] = (struct endpoint){ pb_addr(MF_OUT), MF_PORT(slot) };
        m.local.at[1] = (struct endpoint){ pb_addr(MF_IN), MF_PORT(slot) };
        m.local.iface[0] = WF_OUTSIDE;
        m.local.iface[1] = WF_INSIDE;
        snprintf(m.call, sizeof m.call, "call-%u", slot);
        if (spec)
                m.spec = *spec;
        return m;
}

void mf_push(struct media_fixture *f, const struct media_msg *m)
{
        assert_true(ring_push(f->link.to_dp, m));
        worker_step(f->w);
}

void mf_open(struct media_fixture *f, unsigned slot, const struct media_spec *spec)
{
        struct media_msg m = mf_msg(slot, MEDIA_OPEN, spec);

        mf_push(f, &m);
}

void mf_update(struct media_fixture *f, unsigned slot, const struct media_spec *spec)
{
        struct media_msg m = mf_msg(slot, MEDIA_UPDATE, spec);

        mf_push(f, &m);
}

void mf_close(struct media_fixture *f, unsigned slot)
{
        struct media_msg m = mf_msg(slot, MEDIA_CLOSE, NULL);

        mf_push(f, &m);
}

bool mf_report(struct media_fixture *f, struct media_report *r)
{
        return ring_pop(f->link.to_proxy, r);
}

bool mf_reported(struct media_fixture *f, enum media_event ev, unsigned slot, unsigned side)
{
        struct media_report r;

        return mf_report(f, &r) && r.event == ev && r.h.slot == slot && r.h.gen == 7 && r.side == side;
}

void mf_udp(struct media_fixture *f, unsigned port, const char *src, uint16_t sport, uint16_t dport, const void *pay,
            size_t n)
{
        struct pb p = pb_of(src, sport, port ? MF_IN : MF_OUT, dport, IPPROTO_UDP_);
        uint8_t frame[2048];

        p.dmac = pb_mac((uint8_t)(2 + port));
        p.pay = pay;
        p.npay = n;
        wf_send(&f->wf, port, frame, pb_build(frame, sizeof frame, &p));
}

bool mf_take(struct media_fixture *f, unsigned port, struct pb_view *v)
{
        struct pkt_csum sum;
        size_t n;

        do {
                n = port_mem_take(f->wf.port[port], f->frame, sizeof f->frame, &sum);
                if (!n)
                        return false;
                assert_true(pb_parse(f->frame, n, false, v));
                if (sum.partial) /* the sender's hardware would complete it */
                        v->l4_ok = v->l4_partial;
        } while (v->ethertype != 0x0800);
        return true;
}

struct media_row mf_row(struct media_fixture *f, unsigned slot)
{
        struct media_row rows[8], none = { 0 };
        uint32_t cursor = 0;
        bool end = false;

        while (!end) {
                unsigned n = media_walk(f->w, &cursor, rows, 8, &end);

                for (unsigned i = 0; i < n; i++)
                        if (rows[i].h.slot == slot)
                                return rows[i];
        }
        return none;
}

uint64_t mf_drops(const struct media_fixture *f, enum drop_reason why)
{
        return wf_drops(&f->wf, why);
}
