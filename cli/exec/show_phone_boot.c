/* Why a phone does not come up: its last boot step by step; and what the TFTP proxy has done. */
#include "cli/exec/phone_files.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <ctype.h>

#include "proxy/proxy_worker.h"
#include "proxy/tftpx.h"

#define ROWS 32

/* ---- files ---- */

struct files_query {
        struct tftpx_counts c;
        uint32_t now, most;
};

static void add_counts(struct proxy_worker *p, void *arg)
{
        struct files_query *q = arg;

        tftpx_counts_add(p, &q->c, &q->now, &q->most);
}

#define LLU(x) ((unsigned long long)(x))

void show_phone_files(struct session *s, const struct snapshot *snap, const struct phone_proxy_rt *r)
{
        struct files_query q = { .now = 0 };
        const struct tftpx_counts *c = &q.c;
        char a[ADDR_TEXT_MAX];

        if (!r->ntftp)
                return;
        each_proxy(session_box(s), add_counts, &q);
        for (unsigned i = 0; i < r->ntftp; i++)
                out(s, "  TFTP server: %s:%s/%u\n", iface_name(net_rt(snap), r->tftp[i].iface),
                    addr_print(&r->tftp[i].addr, a), r->tftp[i].port);
        if (*phone_proxy_ctl_lack(r))
                out(s, "  CTL file: %s\n", phone_proxy_ctl_lack(r));
        out(s, "  TFTP transfers: %u in use, %u most used, %llu requests, %llu served, %llu bytes\n", q.now, q.most,
            LLU(c->requests), LLU(c->served), LLU(c->bytes));
        out(s, "    Files: %llu CTL, %llu config, %llu signed, %llu unchanged\n", LLU(c->ctl), LLU(c->config),
            LLU(c->signed_files), LLU(c->plain));
        out(s,
            "    Refused: %llu malformed, %llu name, %llu write, %llu unsigned config, %llu per-source limit, "
            "%llu limit, %llu memory\n",
            LLU(c->malformed), LLU(c->names), LLU(c->writes), LLU(c->unsigned_config), LLU(c->source_limit),
            LLU(c->total_limit), LLU(c->memory));
        out(s,
            "    Failed: %llu not found, %llu server silent, %llu config unusable (%llu for a name without "
            "address), %llu not signed, %llu phone silent\n",
            LLU(c->not_found), LLU(c->silent), LLU(c->unusable), LLU(c->no_name), LLU(c->sign_failed),
            LLU(c->given_up));
        out(s, "    Packets: %llu retransmissions, %llu of no transfer\n", LLU(c->resent), LLU(c->stray));
}

/* ---- boots ---- */

static bool is_hex12(const char *m)
{
        unsigned i = 0;

        while (i < 12 && isxdigit((unsigned char)m[i]))
                i++;
        return i == 12 && !m[12];
}

const char *phone_mac_text(const char *device, char text[16])
{
        const char *m = device + 3;

        if (strncmp(device, "SEP", 3) != 0 || !is_hex12(m))
                return device;
        snprintf(text, 16, "%.4s.%.4s.%.4s", m, m + 4, m + 8);
        for (char *c = text; *c; c++)
                *c = (char)tolower((unsigned char)*c);
        return text;
}

bool phone_device_of(const char *typed, char out_name[65])
{
        char hex[13];
        unsigned n = 0;
        const char *p = strncasecmp(typed, "SEP", 3) == 0 ? typed + 3 : typed;

        snprintf(out_name, 65, "%s", typed);
        for (; *p; p++) {
                if (strchr(".:-", *p))
                        continue;
                if (!isxdigit((unsigned char)*p) || n == 12)
                        return false;
                hex[n++] = (char)toupper((unsigned char)*p);
        }
        hex[n] = 0;
        if (n == 12)
                snprintf(out_name, 65, "SEP%s", hex);
        return n == 12;
}

struct boot_query {
        uint32_t cursor;
        struct boot_row row[ROWS];
        unsigned n;
        bool end;
};

static void read_boots(struct proxy_worker *p, void *arg)
{
        struct boot_query *q = arg;

        q->n = boot_walk(proxy_boots(p), &q->cursor, q->row, ROWS, &q->end);
}

static bool show_step(struct session *s, const struct boot_row *r, enum boot_step i)
{
        const struct boot_note *n = &r->step[i];
        struct tz tz;
        char when[48];

        if (!n->when)
                return out(s, "  %-12s not yet\n", boot_step_name(i));
        box_tz(session_box(s), &tz);
        return out(s, "  %-12s %-6s %s  %s\n", boot_step_name(i), n->ok ? "ok" : "failed",
                   tz_stamp(&tz, n->when, when), n->text);
}

static bool show_boot(struct session *s, const struct snapshot *snap, const struct boot_row *r)
{
        char a[ADDR_TEXT_MAX], mac[16];
        bool more = out(s, "%s at %s:%s\n", phone_mac_text(r->device, mac), iface_name(net_rt(snap), r->iface),
                        addr_print(&r->at, a));

        for (unsigned i = 0; more && i < BOOT_STEPS; i++)
                more = show_step(s, r, (enum boot_step)i);
        return more;
}

static bool list_boots(struct session *s, const struct snapshot *snap, struct boot_query *q, const char *device)
{
        struct box *b = session_box(s);
        bool more = true, found = false;

        for (unsigned i = 0; more && i < b->nproxies; i++) {
                q->cursor = 0;
                q->end = !b->proxy[i];
                while (more && !q->end) {
                        proxy_call(b->proxy[i], read_boots, q);
                        for (unsigned k = 0; more && k < q->n; k++)
                                if (!*device || !strcmp(q->row[k].device, device)) {
                                        found = true;
                                        more = show_boot(s, snap, &q->row[k]);
                                }
                }
        }
        return found;
}

static int show_boots(struct session *s, const struct args *a, struct err *e)
{
        struct boot_query *q = mem_alloc(MEM_CLI, sizeof *q);
        const struct snapshot *snap = snapshot_get(session_box(s)->hub);
        char device[65] = "";

        if (arg_has(a, "MAC"))
                phone_device_of(arg_str(a, "MAC"), device);
        if (q && snap && !list_boots(s, snap, q, device))
                out(s, *device ? "%s has asked for no file and shown no certificate\n" : "No phone has been seen\n",
                    device);
        if (snap)
                snapshot_put(session_box(s)->hub, snap);
        mem_free(q);
        return q ? 0 : err_nomem(e, "listing phones");
}

const struct exec_row exec_show_phone_boot[] = {
        { "show phone-proxy secure-phones [MAC:word(64)] detail", "Show the last boot of phones, step by step", 15,
          show_boots },
        { 0 },
};
