#include "platform/svc/agentx_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/svc/agentx_answer.h"

#define OUT_MAX (4 * AGENTX_INPUT_MAX)

struct agentx_session {
        const struct clock *clk;
        struct agentx_conf conf;
        struct agentx_mib mib;
        enum agentx_state state;
        uint32_t id, packet; /* of the session; of the last PDU of ours */
        uint32_t first_register;
        unsigned answered, refused;
        uint16_t error;    /* of what was refused last */
        uint32_t ping;     /* 0: none is under way */
        uint64_t since_ms; /* waits for the master since */
        uint64_t heard_ms;
        struct mib_table table;
        bool filled;
        uint64_t filled_ms;
        char why[AGENTX_WHY_MAX];
        struct agentx_counts counts;
        size_t nout;
        uint8_t out[OUT_MAX];
};

/* ---- life ---- */

struct agentx_session *agentx_session_new(const struct clock *clk, const struct agentx_conf *c,
                                          const struct agentx_mib *mib)
{
        struct agentx_session *s = mem_alloc(MEM_SVC, sizeof *s);

        if (!s)
                return NULL;
        s->clk = clk;
        s->conf = *c;
        s->mib = *mib;
        return s;
}

void agentx_session_free(struct agentx_session *s)
{
        if (!s)
                return;
        mib_fini(&s->table);
        mem_free(s);
}

static int over(struct agentx_session *s, const char *why)
{
        s->state = AGENTX_DOWN;
        str_copy(s->why, sizeof s->why, why);
        return -1;
}

/* ---- what we ask of the master ---- */

/* Room for one PDU; nothing is written into an empty one. */
static struct wbuf room(struct agentx_session *s)
{
        size_t left = sizeof s->out - s->nout;

        return wbuf_of(s->out + s->nout, MIN_OF(left, AGENTX_INPUT_MAX));
}

static bool done(struct agentx_session *s, struct wbuf *w, size_t begin)
{
        if (w->full)
                return false;
        agentx_end(w, begin);
        s->nout += w->len;
        s->counts.out++;
        return true;
}

static struct agentx_pdu head_of(struct agentx_session *s, enum agentx_type type, bool in_context)
{
        return (struct agentx_pdu){ .type = (uint8_t)type,
                                    .flags = in_context && *s->conf.context ? AGENTX_NON_DEFAULT_CONTEXT : 0,
                                    .session = s->id,
                                    .packet = ++s->packet };
}

static void put_context(const struct agentx_session *s, struct wbuf *w)
{
        if (*s->conf.context)
                agentx_put_octets(w, s->conf.context, strlen(s->conf.context));
}

void agentx_session_begin(struct agentx_session *s)
{
        struct agentx_pdu head;
        struct wbuf w;
        size_t begin;

        s->state = AGENTX_OPENING;
        s->nout = 0;
        s->id = s->packet = s->ping = 0;
        s->answered = s->refused = 0;
        s->filled = false;
        s->why[0] = 0;
        s->since_ms = s->heard_ms = clock_mono_ms(s->clk);
        w = room(s);
        head = head_of(s, AGENTX_OPEN, false);
        begin = agentx_begin(&w, &head);
        wbuf_be32(&w, 0); /* the master's own patience */
        agentx_put_oid(&w, NULL, 0);
        agentx_put_octets(&w, s->conf.description, strlen(s->conf.description));
        done(s, &w, begin);
}

static void register_all(struct agentx_session *s)
{
        s->state = AGENTX_REGISTERING;
        s->first_register = s->packet + 1;
        for (unsigned i = 0; i < s->conf.nsubtrees; i++) {
                struct agentx_pdu head = head_of(s, AGENTX_REGISTER, true);
                struct wbuf w = room(s);
                size_t begin = agentx_begin(&w, &head);
                struct oid subtree = { 0 };

                oid_parse(s->conf.subtree[i], &subtree);
                put_context(s, &w);
                wbuf_u8(&w, 0);
                wbuf_u8(&w, s->conf.priority);
                wbuf_be16(&w, 0); /* no range */
                agentx_put_oid(&w, subtree.id, subtree.n);
                done(s, &w, begin);
        }
}

static void ping(struct agentx_session *s)
{
        struct agentx_pdu head = head_of(s, AGENTX_PING, true);
        struct wbuf w = room(s);
        size_t begin = agentx_begin(&w, &head);

        put_context(s, &w);
        s->ping = head.packet;
        s->since_ms = clock_mono_ms(s->clk);
        done(s, &w, begin); /* without room the master does not read: it gives no answer then, either */
}

void agentx_session_end(struct agentx_session *s)
{
        if (s->state >= AGENTX_REGISTERING) {
                struct agentx_pdu head = head_of(s, AGENTX_CLOSE, false);
                struct wbuf w = room(s);
                size_t begin = agentx_begin(&w, &head);

                wbuf_be32(&w, (uint32_t)AGENTX_REASON_SHUTDOWN << 24);
                done(s, &w, begin);
        }
        s->state = AGENTX_DOWN;
}

bool agentx_session_notify(struct agentx_session *s, const struct mib_table *vars)
{
        struct agentx_pdu head;
        struct wbuf w = room(s);
        size_t begin;
        bool sent = s->state == AGENTX_UP && !vars->bad;

        if (sent) {
                head = head_of(s, AGENTX_NOTIFY, true);
                begin = agentx_begin(&w, &head);
                put_context(s, &w);
                for (size_t i = 0; i < vars->n; i++)
                        agentx_put_var(&w, vars, &vars->var[i]);
                sent = done(s, &w, begin);
        }
        s->counts.notified += sent;
        s->counts.unnotified += !sent;
        return sent;
}

/* ---- what the master answers ---- */

static int opened(struct agentx_session *s, const struct agentx_pdu *p, uint16_t error)
{
        char why[AGENTX_WHY_MAX];

        if (p->packet != s->packet)
                return 0; /* to nothing that we asked */
        if (error) {
                snprintf(why, sizeof why, "the master refuses the session: AgentX error %u", error);
                return over(s, why);
        }
        s->id = p->session;
        register_all(s);
        return 0;
}

static int registered(struct agentx_session *s, const struct agentx_pdu *p, uint16_t error)
{
        char why[AGENTX_WHY_MAX];

        if (p->packet - s->first_register >= s->conf.nsubtrees)
                return 0;
        s->answered++;
        if (error) {
                s->refused++;
                s->error = error;
        }
        if (s->answered < s->conf.nsubtrees)
                return 0;
        if (s->refused) {
                snprintf(why, sizeof why, "the master refuses %u of %u subtrees: AgentX error %u", s->refused,
                         s->conf.nsubtrees, s->error);
                if (s->refused == s->conf.nsubtrees)
                        return over(s, why);
                str_copy(s->why, sizeof s->why, why);
        }
        s->state = AGENTX_UP;
        s->counts.sessions++;
        return 0;
}

static int response(struct agentx_session *s, const struct agentx_pdu *p)
{
        bool be = p->flags & AGENTX_NETWORK_ORDER;
        struct cur c = p->body;
        uint16_t error;

        agentx_u32(&c, be); /* how long the master is up */
        error = agentx_u16(&c, be);
        agentx_u16(&c, be);
        if (c.bad)
                return over(s, "the master sent an answer that is cut off");
        if (s->state == AGENTX_OPENING)
                return opened(s, p, error);
        if (s->state == AGENTX_REGISTERING)
                return registered(s, p, error);
        if (error == AGENTX_NOT_OPEN)
                return over(s, "the master does not know the session any more");
        if (p->packet == s->ping)
                s->ping = 0;
        return 0;
}

static int closed(struct agentx_session *s, const struct agentx_pdu *p)
{
        struct cur c = p->body;
        char why[AGENTX_WHY_MAX];

        snprintf(why, sizeof why, "the master closed the session, reason %u", cur_u8(&c));
        return over(s, why);
}

/* ---- what the master asks ---- */

static const struct mib_table *table(struct agentx_session *s)
{
        uint64_t now = clock_mono_ms(s->clk);

        if (s->filled && now - s->filled_ms < AGENTX_FRESH_MS)
                return &s->table;
        mib_clear(&s->table);
        s->mib.fill(s->mib.ctx, &s->table);
        mib_sort(&s->table);
        s->filled = true;
        s->filled_ms = now;
        return &s->table;
}

static void count(struct agentx_session *s, uint8_t type)
{
        struct agentx_counts *c = &s->counts;

        c->get += type == AGENTX_GET;
        c->next += type == AGENTX_GETNEXT;
        c->bulk += type == AGENTX_GETBULK;
        c->set += type == AGENTX_TESTSET;
}

static void request(struct agentx_session *s, const struct agentx_pdu *p)
{
        struct agentx_pdu head = {
                .type = AGENTX_RESPONSE, .session = p->session, .transaction = p->transaction, .packet = p->packet
        };
        struct wbuf w = room(s);
        size_t begin = agentx_begin(&w, &head);
        struct agentx_result r;

        count(s, p->type);
        if (p->session != s->id)
                r = agentx_answer_error(&w, AGENTX_NOT_OPEN);
        else
                r = agentx_answer(&w, p, p->type <= AGENTX_GETBULK ? table(s) : NULL);
        s->counts.vars += r.vars;
        s->counts.errors += r.error != AGENTX_OK;
        done(s, &w, begin);
}

static int one_pdu(struct agentx_session *s, const struct agentx_pdu *p)
{
        s->counts.in++;
        s->heard_ms = clock_mono_ms(s->clk);
        switch (p->type) {
        case AGENTX_RESPONSE:
                return response(s, p);
        case AGENTX_CLOSE:
                return closed(s, p);
        case AGENTX_GET:
        case AGENTX_GETNEXT:
        case AGENTX_GETBULK:
        case AGENTX_TESTSET:
        case AGENTX_COMMITSET:
        case AGENTX_UNDOSET:
                request(s, p);
                return 0;
        case AGENTX_CLEANUPSET: /* wants no answer */
                return 0;
        default:
                s->counts.bad++;
                return over(s, "the master sent something that a master does not send");
        }
}

int agentx_session_input(struct agentx_session *s, struct cur *in)
{
        while (s->state != AGENTX_DOWN && sizeof s->out - s->nout >= AGENTX_INPUT_MAX) {
                struct agentx_pdu p;
                enum parse got = agentx_parse(in, &p);

                if (got == PARSE_MORE)
                        return 0;
                if (got == PARSE_BAD) {
                        s->counts.bad++;
                        return over(s, "what the master sends is not AgentX");
                }
                if (one_pdu(s, &p) < 0)
                        return -1;
        }
        return 0;
}

/* ---- time ---- */

int agentx_session_tick(struct agentx_session *s)
{
        uint64_t now = clock_mono_ms(s->clk);
        bool waits = s->state == AGENTX_OPENING || s->state == AGENTX_REGISTERING || s->ping;

        if (s->state == AGENTX_DOWN)
                return 0;
        if (waits && now - s->since_ms >= AGENTX_PATIENCE_MS)
                return over(s, "the master does not answer");
        if (!waits && now - s->heard_ms >= AGENTX_IDLE_MS)
                ping(s);
        return 0;
}

/* ---- views ---- */

const uint8_t *agentx_session_output(const struct agentx_session *s, size_t *n)
{
        *n = s->nout;
        return s->out;
}

void agentx_session_sent(struct agentx_session *s, size_t n)
{
        s->nout -= n;
        memmove(s->out, s->out + n, s->nout);
}

enum agentx_state agentx_session_state(const struct agentx_session *s)
{
        return s->state;
}

const char *agentx_session_why(const struct agentx_session *s)
{
        return s->why;
}

const struct agentx_counts *agentx_session_counts(const struct agentx_session *s)
{
        return &s->counts;
}
