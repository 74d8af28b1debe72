/*
 *      time  phone               voxgate         call manager
 *     0.000  |------ INVITE ------>|------ INVITE ------>|
 *            | RTP 192.0.2.10/4000 |  RTP 10.0.0.9/20000 |
 */
#include "cli/exec/call_ladder.h"

#include <stdio.h>
#include <string.h>

#include "inspect/ctx.h"

#define LEFT 10u /* columns of the time */
#define END_TEXT (ADDR_TEXT_MAX + 8)
#define TEXT_MAX (END_TEXT + 16)

struct ladder {
        char row[LADDER_MAX + 2];
        unsigned span; /* columns between two bars */
        ladder_line_fn line;
        void *ctx;
        bool more;
};

const char *call_end_text(const struct endpoint *e, char *out)
{
        char a[ADDR_TEXT_MAX];

        snprintf(out, END_TEXT, "%s/%u", addr_print(&e->a, a), e->port);
        return out;
}

const char *call_via_text(unsigned via)
{
        static const char *const text[] = { [VIA_UDP] = "UDP", [VIA_TCP] = "TCP", [VIA_TLS] = "TLS" };

        return via < 3 ? text[via] : "";
}

const char *call_media_text(unsigned kind)
{
        static const char *const text[] = { [MEDIA_AUDIO] = "audio",
                                            [MEDIA_VIDEO] = "video",
                                            [MEDIA_IMAGE] = "image",
                                            [MEDIA_APPLICATION] = "application" };

        return kind < 4 ? text[kind] : "media";
}

static unsigned bar(const struct ladder *l, unsigned i)
{
        return LEFT + i * (l->span + 1);
}

static void blank(struct ladder *l, bool bars)
{
        memset(l->row, ' ', sizeof l->row);
        for (unsigned i = 0; bars && i < 3; i++)
                l->row[bar(l, i)] = '|';
}

static void put(struct ladder *l, unsigned at, const char *text, size_t n)
{
        memcpy(l->row + at, text, n);
}

static void send(struct ladder *l)
{
        size_t n = bar(l, 2) + 1;

        while (n && l->row[n - 1] == ' ')
                n--;
        l->row[n] = '\n';
        l->row[n + 1] = 0;
        l->more = l->more && l->line(l->ctx, l->row);
}

/* In the middle of a leg. */
static void centre(struct ladder *l, unsigned leg, const char *text, size_t n)
{
        n = n > l->span ? l->span : n;
        put(l, bar(l, leg) + 1 + (l->span - (unsigned)n) / 2, text, n);
}

/* Left, middle and right of a head line, each in its part. */
static void head_row(struct ladder *l, const char *left, const char *middle, const char *right)
{
        size_t a = strlen(left), m = strlen(middle), b = strlen(right), most = l->span - 4;

        a = a > most && m ? most : a;
        b = b > most && m ? most : b;
        blank(l, false);
        put(l, bar(l, 0), left, a);
        put(l, bar(l, 1) - (unsigned)m / 2, middle, m);
        put(l, bar(l, 2) + 1 - (unsigned)b, right, b);
        if (m)
                put(l, LEFT - 6, "time", 4);
        send(l);
}

static void head(struct ladder *l, const struct call_head *h)
{
        char end[2][END_TEXT], text[2][END_TEXT + 64];
        const struct endpoint *e[2] = { &h->client, &h->server };
        const char *ifc[2] = { h->client_if, h->server_if };

        head_row(l, h->phone ? "phone" : "client", "voxgate", h->phone ? "call manager" : "server");
        for (unsigned i = 0; i < 2; i++)
                snprintf(text[i], sizeof text[i], "%s %s", call_end_text(e[i], end[i]), call_via_text(h->via[i]));
        if (strlen(text[0]) + strlen(text[1]) < 2 * l->span) {
                head_row(l, text[0], "", text[1]);
        } else {
                head_row(l, text[0], "", "");
                head_row(l, "", "", text[1]);
        }
        head_row(l, ifc[0], "", ifc[1]);
}

static void arrow(struct ladder *l, unsigned leg, const char *label, bool right)
{
        unsigned at = bar(l, leg) + 1;
        char text[CALL_LABEL_MAX + 24];
        size_t most = l->span - 2;

        memset(l->row + at, '-', l->span);
        l->row[right ? at + l->span - 1 : at] = right ? '>' : '<';
        snprintf(text, sizeof text, " %s ", label);
        if (strlen(text) > most)
                text[most] = 0;
        centre(l, leg, text, strlen(text));
}

static void time_of(struct ladder *l, uint64_t ms)
{
        char text[24];
        int n = snprintf(text, sizeof text, "%5llu.%03u", (unsigned long long)(ms / 1000 % 100000),
                         (unsigned)(ms % 1000));

        put(l, 0, text, (size_t)n);
}

/* One needs no name, several have theirs. */
static void stream_text(const struct call_event *e, const struct call_stream *s, const struct endpoint *at,
                        char out[TEXT_MAX])
{
        char end[END_TEXT];
        const char *name = e->nstreams > 1 ? call_media_text(s->kind) : "RTP";

        if (at->port)
                snprintf(out, TEXT_MAX, "%s %s", name, call_end_text(at, end));
        else
                snprintf(out, TEXT_MAX, "%s refused", call_media_text(s->kind));
}

/* What does not fit a leg goes on below. */
static void media(struct ladder *l, const struct call_event *e, const struct call_stream *s)
{
        char text[2][TEXT_MAX];
        size_t done[2] = { 0 }, room = l->span - 2;

        stream_text(e, s, &s->said, text[e->dir == DIR_C2S ? 0 : 1]);
        stream_text(e, s, &s->shown, text[e->dir == DIR_C2S ? 1 : 0]);
        if (e->dropped)
                text[e->dir == DIR_C2S ? 1 : 0][0] = 0;
        while (text[0][done[0]] || text[1][done[1]]) {
                blank(l, true);
                for (unsigned leg = 0; leg < 2; leg++) {
                        size_t n = strnlen(text[leg] + done[leg], room);

                        centre(l, leg, text[leg] + done[leg], n);
                        done[leg] += n;
                }
                send(l);
        }
}

static void event(struct ladder *l, const struct call_head *h, const struct call_event *e)
{
        bool right = e->dir == DIR_C2S;
        char label[CALL_LABEL_MAX + 16];

        snprintf(label, sizeof label, "%s%s%s", e->label, e->hold ? " hold" : "", e->again ? " again" : "");
        blank(l, true);
        time_of(l, e->at_ms > h->began_ms ? e->at_ms - h->began_ms : 0);
        arrow(l, right ? 0 : 1, label, right);
        if (e->dropped)
                centre(l, right ? 1 : 0, "dropped here", 12);
        else
                arrow(l, right ? 1 : 0, label, right);
        send(l);
        for (unsigned i = 0; i < e->nstreams; i++)
                media(l, e, &e->stream[i]);
}

static void note(struct ladder *l, const char *text)
{
        blank(l, true);
        centre(l, 0, text, strlen(text));
        send(l);
}

void call_ladder(const struct call_head *h, const struct call_event *ev, unsigned n, unsigned width,
                 ladder_line_fn line, void *ctx)
{
        struct ladder l = { .line = line, .ctx = ctx, .more = true };
        char text[48];

        width = width < LADDER_MIN ? LADDER_MIN : width > LADDER_MAX ? LADDER_MAX : width;
        l.span = (width - LEFT - 3) / 2;
        head(&l, h);
        if (h->nevents > n) {
                snprintf(text, sizeof text, "%u earlier ones forgotten", h->nevents - n);
                note(&l, text);
        }
        for (unsigned i = 0; i < n && l.more; i++)
                event(&l, h, &ev[i]);
        if (h->state != CALL_ENDED)
                return;
        blank(&l, true);
        time_of(&l, h->ended_ms > h->began_ms ? h->ended_ms - h->began_ms : 0);
        centre(&l, 0, "call ended", 10);
        send(&l);
}
