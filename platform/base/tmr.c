#include "platform/base/tmr.h"

#include "platform/base/mem.h"

#define TICK_MS 10u
#define LEVELS 4u
#define BITS 8u
#define SLOTS (1u << BITS)
#define WORDS (SLOTS / 64)
#define AFTER_MAX_MS UINT32_MAX

/*
 * Level l keeps timers whose tick is less than 256^(l+1) ahead, by bits 8l..8l+7 of that tick. When time reaches the
 * first tick of a slot of level 1 and above, its timers move down. The bitmaps find the next slot in use, so that a
 * jump of hours costs as many steps as there are slots in use on the way.
 */
struct tmr_wheel {
        uint64_t start_ms, now_ms;
        uint64_t tick;    /* last one collected */
        struct list due;  /* ready to fire */
        struct list soon; /* armed with 0: due from the next run on */
        uint64_t used[LEVELS][WORDS];
        struct list slot[LEVELS][SLOTS];
};

struct tmr_wheel *tmr_wheel_new(uint64_t now_ms)
{
        struct tmr_wheel *w = mem_alloc(MEM_TIMER, sizeof *w);

        if (!w)
                return NULL;
        w->start_ms = w->now_ms = now_ms;
        list_init(&w->due);
        list_init(&w->soon);
        for (unsigned l = 0; l < LEVELS; l++)
                for (unsigned i = 0; i < SLOTS; i++)
                        list_init(&w->slot[l][i]);
        return w;
}

static void forget(struct list *head)
{
        while (!list_empty(head)) {
                struct list *it = head->next;

                list_del(it);
                it->next = NULL;
        }
}

void tmr_wheel_free(struct tmr_wheel *w)
{
        if (!w)
                return;
        forget(&w->due);
        forget(&w->soon);
        for (unsigned l = 0; l < LEVELS; l++)
                for (unsigned i = 0; i < SLOTS; i++)
                        forget(&w->slot[l][i]);
        mem_free(w);
}

/* The tick at which t may fire: its time rounded up. */
static uint64_t tick_of(const struct tmr_wheel *w, const struct tmr *t)
{
        return (t->due_ms - w->start_ms + TICK_MS - 1) / TICK_MS;
}

static void place(struct tmr_wheel *w, struct tmr *t)
{
        uint64_t tick = tick_of(w, t), ahead = tick - w->tick;
        unsigned level = 0, idx;

        if (tick <= w->tick) {
                list_add_tail(&w->due, &t->link);
                return;
        }
        while (ahead >> BITS * (level + 1))
                level++;
        idx = (unsigned)(tick >> BITS * level) % SLOTS;
        list_add_tail(&w->slot[level][idx], &t->link);
        w->used[level][idx / 64] |= 1ull << idx % 64;
}

void tmr_set(struct tmr_wheel *w, struct tmr *t, uint64_t after_ms)
{
        tmr_cancel(w, t);
        t->due_ms = w->now_ms + MIN_OF(after_ms, AFTER_MAX_MS);
        if (after_ms)
                place(w, t);
        else
                list_add_tail(&w->soon, &t->link);
}

/* The last timer of a slot leaves: its two neighbours are one and the same list head. */
static void mark_unused(struct tmr_wheel *w, const struct list *head)
{
        const struct list *first = &w->slot[0][0];
        size_t idx;

        if (head < first || head >= first + LEVELS * SLOTS)
                return;
        idx = (size_t)(head - first);
        w->used[idx / SLOTS][idx % SLOTS / 64] &= ~(1ull << idx % 64);
}

void tmr_cancel(struct tmr_wheel *w, struct tmr *t)
{
        struct list *next = t->link.next;

        if (!next)
                return;
        if (next == t->link.prev)
                mark_unused(w, next);
        list_del(&t->link);
        t->link.next = NULL;
}

/* How many slots behind `from` the next one in use is: 1..256 (256: `from` itself, a round later), 0 when all are
 * empty. */
static unsigned distance(const uint64_t used[WORDS], unsigned from)
{
        unsigned start = (from + 1) % SLOTS;

        for (unsigned i = 0; i <= WORDS; i++) {
                unsigned word = (start / 64 + i) % WORDS;
                uint64_t bits = used[word];

                if (i == 0) /* the slots in front of start have their turn at the end */
                        bits &= ~0ull << start % 64;
                if (bits)
                        return (word * 64 + (unsigned)__builtin_ctzll(bits) - start) % SLOTS + 1;
        }
        return 0;
}

/* The next tick at which a slot in use comes up, on any level; UINT64_MAX when there is none. */
static uint64_t next_tick(const struct tmr_wheel *w)
{
        uint64_t next = UINT64_MAX;

        for (unsigned l = 0; l < LEVELS; l++) {
                uint64_t block = w->tick >> BITS * l;
                unsigned d = distance(w->used[l], (unsigned)block % SLOTS);

                if (d)
                        next = MIN_OF(next, (block + d) << BITS * l);
        }
        return next;
}

/* Places the timers of a slot afresh: nearer now, they go to a lower level or become due. */
static void move_down(struct tmr_wheel *w, unsigned level, unsigned idx)
{
        struct list *head = &w->slot[level][idx];

        w->used[level][idx / 64] &= ~(1ull << idx % 64);
        while (!list_empty(head)) {
                struct list *it = head->next;

                list_del(it);
                place(w, list_entry(it, struct tmr, link));
        }
}

static void splice_tail(struct list *to, struct list *from)
{
        if (list_empty(from))
                return;
        from->next->prev = to->prev;
        from->prev->next = to;
        to->prev->next = from->next;
        to->prev = from->prev;
        list_init(from);
}

static void collect(struct tmr_wheel *w, uint64_t tick)
{
        unsigned idx = (unsigned)tick % SLOTS;

        w->tick = tick;
        for (unsigned l = LEVELS - 1; l; l--)
                if (!(tick & ((1ull << BITS * l) - 1)))
                        move_down(w, l, (unsigned)(tick >> BITS * l) % SLOTS);
        splice_tail(&w->due, &w->slot[0][idx]);
        w->used[0][idx / 64] &= ~(1ull << idx % 64);
}

void tmr_advance(struct tmr_wheel *w, uint64_t now_ms)
{
        uint64_t to, tick;

        if (now_ms <= w->now_ms)
                return;
        w->now_ms = now_ms;
        to = (now_ms - w->start_ms) / TICK_MS;
        while ((tick = next_tick(w)) <= to)
                collect(w, tick);
        w->tick = to;
}

unsigned tmr_run(struct tmr_wheel *w, uint64_t now_ms, unsigned budget)
{
        unsigned fired = 0;

        tmr_advance(w, now_ms);
        splice_tail(&w->due, &w->soon);
        while (!list_empty(&w->due) && (!budget || fired < budget)) {
                struct tmr *t = list_entry(w->due.next, struct tmr, link);

                list_del(&t->link);
                t->link.next = NULL;
                fired++;
                t->fn(t, w->now_ms);
        }
        return fired;
}

uint64_t tmr_next_ms(const struct tmr_wheel *w, uint64_t cap)
{
        uint64_t tick, at;

        if (!list_empty(&w->due) || !list_empty(&w->soon))
                return 0;
        tick = next_tick(w);
        if (tick == UINT64_MAX)
                return cap;
        at = w->start_ms + tick * TICK_MS;
        return at <= w->now_ms ? 0 : MIN_OF(cap, at - w->now_ms);
}

uint64_t tmr_now(const struct tmr_wheel *w)
{
        return w->now_ms;
}
