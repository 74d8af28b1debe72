/* The relay and SRTP: a burst is opened, and sealed, in one call each. */
#include "proxy/media/media_job.h"

static void srtp_add(struct media_relay *r, unsigned i, struct srtp_ctx *c, bool protect)
{
        struct media_job *j = &r->job[i];

        r->who[r->nsrtp] = (uint8_t)i;
        r->srtp[r->nsrtp++] = (struct srtp_job){
                .ctx = c, .pkt = j->p, .len = j->len, .cap = j->pk->cap - j->pk->pay, .protect = protect
        };
}

/* RTCP is rare: each by itself, beside the batch. */
static enum srtp_result srtcp_one(struct media_job *j, struct srtp_ctx *c, bool protect)
{
        return protect ? srtcp_protect(c, j->p, &j->len, j->pk->cap - j->pk->pay) : srtcp_unprotect(c, j->p, &j->len);
}

static void key_check(struct media_session *s, unsigned side, const struct srtp_ctx *c, uint64_t *left, uint64_t warn)
{
        uint64_t now = srtp_packets_left(c);

        if (now > warn) {
                *left = now - warn;
        } else if (!s->key_told[side]) {
                s->key_told[side] = true;
                media_owe(s, OWE_KEY_LIMIT << side);
        }
}

static void refuse_opened(struct media_relay *r, struct media_job *j, enum srtp_result res)
{
        struct media_side_stat *st = &leg_in(j)->stat;

        switch (res) {
        case SRTP_REPLAYED:
                st->replayed++;
                end(j, DROP_SRTP_REPLAY);
                break;
        case SRTP_AUTH_FAILED:
                st->auth_failed++;
                media_log(r->t, MEDIA_LOG_TAG, j->pk);
                end(j, DROP_SRTP_TAG);
                break;
        default:
                st->malformed++;
                if (res == SRTP_KEY_USED_UP)
                        key_check(j->s, j->side, leg_in(j)->rx, &leg_in(j)->rx_left, UINT64_MAX);
                media_log(r->t, MEDIA_LOG_DECRYPT, j->pk);
                end(j, DROP_SRTP_DECRYPT);
                break;
        }
}

/*
 * Refused under the key in force: perhaps sent before the peer took it. What the old key opens says nothing of where
 * the peer is now.
 */
static bool opens_old(const struct media_relay *r, struct media_job *j)
{
        struct media_leg *l = leg_in(j);

        if (likely(!media_old_key(l, r->w->now_ms)))
                return false;
        return !(j->rtcp ? srtcp_unprotect(l->old, j->p, &j->len) : srtp_unprotect(l->old, j->p, &j->len));
}

static void opened(struct media_relay *r, struct media_job *j, enum srtp_result res)
{
        struct media_leg *l = leg_in(j);

        if (res) {
                if (!opens_old(r, j))
                        refuse_opened(r, j, res);
                return;
        }
        if (j->rtcp || --l->rx_left == 0)
                key_check(j->s, j->side, l->rx, &l->rx_left, l->rx_warn);
        media_source_follow(l, j->rtcp, j->pk);
}

static void sealed(struct media_relay *r, struct media_job *j, enum srtp_result res)
{
        struct media_leg *l = leg_out(j);

        if (res) {
                l->stat.not_sent++;
                if (res == SRTP_KEY_USED_UP)
                        key_check(j->s, !j->side, l->tx, &l->tx_left, UINT64_MAX);
                else if (res != SRTP_REUSE)
                        media_log(r->t, MEDIA_LOG_SEAL, j->pk);
                end(j, DROP_SRTP_ENCRYPT);
                return;
        }
        if (j->rtcp || --l->tx_left == 0)
                key_check(j->s, !j->side, l->tx, &l->tx_left, l->tx_warn);
}

static void step(struct media_relay *r, bool protect)
{
        r->nsrtp = 0;
        for (unsigned i = 0; i < r->n; i++) {
                struct media_job *j = &r->job[i];
                struct srtp_ctx *c;

                if (!j->pk || !(protect ? j->way->seal : j->way->open))
                        continue;
                c = protect ? leg_out(j)->tx : leg_in(j)->rx;
                if (!j->rtcp)
                        srtp_add(r, i, c, protect);
                else if (protect)
                        sealed(r, j, srtcp_one(j, c, true));
                else
                        opened(r, j, srtcp_one(j, c, false));
        }
        srtp_batch(r->srtp, r->nsrtp);
        for (unsigned i = 0; i < r->nsrtp; i++) {
                struct media_job *j = &r->job[r->who[i]];

                j->len = r->srtp[i].len;
                if (protect)
                        sealed(r, j, r->srtp[i].result);
                else
                        opened(r, j, r->srtp[i].result);
        }
}

void media_open_all(struct media_relay *r)
{
        step(r, false);
}

void media_seal_all(struct media_relay *r)
{
        step(r, true);
}
