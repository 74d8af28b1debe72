#include "cli/exec/debug_call.h"

#include "cli/exec/call_ladder.h"
#include "cli/exec/util.h"
#include "proxy/phone/phones.h"
#include "proxy/worker/proxy_worker.h"

#define ROWS 16

struct seek {
        uint32_t cursor, id;
        bool end, found;
        unsigned n;
        const char *device;
        struct follow *f;
        struct call_head *head;
        struct call_event *ev;
        struct phone_row *row;
};

/* ---- a phone: its names, and where it is known to be ---- */

static void add_place(struct follow *f, const struct addr *a)
{
        char text[ADDR_TEXT_MAX];

        addr_print(a, text);
        for (unsigned i = 0; i < f->n; i++)
                if (!strcmp(f->word[i], text))
                        return;
        follow_add(f, text);
}

static void seek_phones(struct proxy_worker *p, void *arg)
{
        struct seek *k = arg;

        for (k->cursor = 0, k->end = !proxy_phones(p); !k->end;) {
                k->n = phone_walk(proxy_phones(p), &k->cursor, k->row, ROWS, &k->end);
                for (unsigned i = 0; i < k->n; i++)
                        if (!strcasecmp(k->row[i].device, k->device))
                                add_place(k->f, &k->row[i].at.a);
        }
}

static void seek_calls(struct proxy_worker *p, void *arg)
{
        struct seek *k = arg;

        for (k->cursor = 0, k->end = false; !k->end;) {
                k->n = proxy_calls_walk(p, &k->cursor, k->head, ROWS, &k->end);
                for (unsigned i = 0; i < k->n; i++)
                        if (!strcasecmp(k->head[i].device, k->device) ||
                            !strcasecmp(k->head[i].about.from, k->device))
                                add_place(k->f, &k->head[i].client.a);
        }
}

static int follow_phone(struct session *s, const char *typed, struct seek *k, struct err *e)
{
        char device[24], dotted[24];
        struct mac m;

        if (!strncasecmp(typed, "SEP", 3))
                typed += 3;
        if (strlen(typed) == 12 && strspn(typed, "0123456789abcdefABCDEF") == 12)
                snprintf(dotted, sizeof dotted, "%.4s.%.4s.%.4s", typed, typed + 4, typed + 8);
        else
                snprintf(dotted, sizeof dotted, "%.20s", typed);
        if (!mac_parse(dotted, &m))
                return err_set(e, ERR_SYNTAX, "%s is not a MAC address: 0011.2233.4455 or SEP001122334455", typed);
        snprintf(device, sizeof device, "SEP%02X%02X%02X%02X%02X%02X", m.b[0], m.b[1], m.b[2], m.b[3], m.b[4],
                 m.b[5]);
        snprintf(dotted, sizeof dotted, "%02x%02x.%02x%02x.%02x%02x", m.b[0], m.b[1], m.b[2], m.b[3], m.b[4], m.b[5]);
        follow_add(k->f, device);
        follow_add(k->f, dotted);
        k->device = device;
        each_proxy(session_box(s), seek_phones, k);
        each_proxy(session_box(s), seek_calls, k);
        snprintf(k->f->what, sizeof k->f->what, "phone %s", dotted);
        return 0;
}

/* ---- a call: its name, its phone's connection, its media ---- */

static void seek_call(struct proxy_worker *p, void *arg)
{
        struct seek *k = arg;

        k->found = proxy_call_get(p, k->id, k->head, k->ev, &k->n);
}

static int follow_call(struct session *s, uint32_t number, struct seek *k, struct err *e)
{
        struct box *b = session_box(s);
        char end[ADDR_TEXT_MAX + 8];
        size_t len;

        k->id = b->nproxies ? (number - 1) / b->nproxies + 1 : 0;
        if (b->nproxies && b->proxy[(number - 1) % b->nproxies])
                proxy_call(b->proxy[(number - 1) % b->nproxies], seek_call, k);
        if (!k->found)
                return err_set(e, ERR_REF, "There is no call %u; `show call` lists them", number);
        len = strlen(k->head->about.name);
        if (k->head->engine == INSPECT_SIP && !(len > 3 && !strcmp(k->head->about.name + len - 3, "...")))
                follow_add(k->f, k->head->about.name);
        if (k->head->phone)
                follow_add(k->f, call_end_text(&k->head->client, end));
        for (unsigned i = 0; i < 2; i++)
                if (k->head->media[i].port)
                        follow_add(k->f, call_end_text(&k->head->media[i], end));
        snprintf(k->f->what, sizeof k->f->what, "id %u", number);
        return 0;
}

int debug_call_follow(struct session *s, const struct args *a, struct follow *f, struct err *e)
{
        struct seek k = { .f = f };
        char text[ADDR_TEXT_MAX];
        struct addr at;
        int rc = -1;

        *f = (struct follow){ 0 };
        if (arg_addr(a, "ADDRESS", &at)) {
                follow_add(f, addr_print(&at, text));
                snprintf(f->what, sizeof f->what, "address %s", text);
                return 0;
        }
        k.head = mem_alloc(MEM_CLI, ROWS * sizeof *k.head);
        k.ev = mem_alloc(MEM_CLI, CALL_EVENTS * sizeof *k.ev);
        k.row = mem_alloc(MEM_CLI, ROWS * sizeof *k.row);
        if (!k.head || !k.ev || !k.row)
                err_nomem(e, "following a call");
        else if (arg_has(a, "PHONE"))
                rc = follow_phone(s, arg_str(a, "PHONE"), &k, e);
        else
                rc = follow_call(s, arg_u32(a, "CALL", 0), &k, e);
        mem_free(k.head);
        mem_free(k.ev);
        mem_free(k.row);
        return rc;
}
