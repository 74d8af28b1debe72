#include "cli/door/places.h"

#include <string.h>

#include "platform/base/str.h"

#define places_each(x, p)                                                                                            \
        for (unsigned i_ = 0; i_ < PLACES_MAX; i_++)                                                                 \
                for (struct place *x = (p)->at[i_]; x; x = NULL)

void places_init(struct places *p, const struct places_bounds *b)
{
        memset(p, 0, sizeof *p);
        p->bounds = *b;
}

bool place_must_go(const struct place *x)
{
        return atomic_load(&x->end) != PLACE_STAY;
}

void place_end(struct place *x, enum place_end why)
{
        int stay = PLACE_STAY;

        atomic_compare_exchange_strong(&x->end, &stay, why);
}

/* ---- coming and going ---- */

static bool is_starting(const struct place *x)
{
        return x->info.phase < PLACE_IN && !place_must_go(x);
}

static struct place *older(struct place *a, struct place *b)
{
        return !a || b->nth < a->nth ? b : a;
}

static bool room_for(struct places *p, const struct addr *from, struct place **gives_way)
{
        unsigned all = 0, same = 0;
        struct place *oldest = NULL;

        places_each(x, p)
        {
                if (!is_starting(x))
                        continue;
                all++;
                same += addr_eq(&x->info.from, from);
                oldest = older(oldest, x);
        }
        if (same >= p->bounds.source || p->n >= p->bounds.all)
                return false;
        *gives_way = all >= p->bounds.starting ? oldest : NULL;
        return true;
}

static unsigned free_id(const struct places *p)
{
        unsigned id = 0;

        while (p->at[id])
                id++;
        return id;
}

bool places_take(struct places *p, struct place *x, struct place **gives_way)
{
        *gives_way = NULL;
        if (!room_for(p, &x->info.from, gives_way))
                return false;
        if (*gives_way)
                place_end(*gives_way, PLACE_CROWDED);
        x->info.id = free_id(p);
        x->nth = p->came++;
        p->at[x->info.id] = x;
        p->n++;
        return true;
}

void places_drop(struct places *p, struct place *x)
{
        p->at[x->info.id] = NULL;
        p->n--;
        p->nin -= x->in;
        x->in = false;
}

/* ---- logging in ---- */

static unsigned places_of(const struct places *p, const char *user)
{
        unsigned n = 0;

        places_each(x, p) n += x->in && !strcmp(x->info.user, user);
        return n;
}

enum places_answer places_admit(struct places *p, struct place *x, const char *user, unsigned max)
{
        if (p->bounds.user && places_of(p, user) >= p->bounds.user)
                return PLACES_USER_FULL;
        if (p->nin >= max)
                return PLACES_FULL;
        p->nin++;
        x->in = true;
        x->info.phase = PLACE_IN;
        str_copy(x->info.user, sizeof x->info.user, user);
        return PLACES_OK;
}

void places_leave(struct places *p, struct place *x)
{
        if (!x->in)
                return;
        p->nin--;
        x->in = false;
        x->info.phase = PLACE_LOGIN;
        x->info.user[0] = 0;
}

struct place *places_find(const struct places *p, unsigned id)
{
        struct place *x = id < PLACES_MAX ? p->at[id] : NULL;

        return x && x->info.phase != PLACE_OVER ? x : NULL;
}
