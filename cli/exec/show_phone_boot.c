/* Why a phone does not come up: its last boot step by step; and what the TFTP proxy has done. */
#include "cli/exec/phone_files.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <ctype.h>

#include "proxy/worker/proxy_worker.h"
#include "proxy/tftp/tftpx.h"

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

static void show_files(struct session *s, const struct tftpx_counts *c)
{
        PUT(s, "    Files: %s CTL, %s config, %s signed, %s unchanged\n", cell_num("ctl_files", c->ctl),
            cell_num("config_files", c->config), cell_num("signed_files", c->signed_files),
            cell_num("unchanged_files", c->plain));
        PUT(s,
            "    Refused: %s malformed, %s name, %s write, %s unsigned config, %s per-source limit, "
            "%s limit, %s memory\n",
            cell_num("refused_malformed", c->malformed), cell_num("refused_name", c->names),
            cell_num("refused_write", c->writes), cell_num("refused_unsigned_config", c->unsigned_config),
            cell_num("refused_source_limit", c->source_limit), cell_num("refused_limit", c->total_limit),
            cell_num("refused_memory", c->memory));
        PUT(s,
            "    Failed: %s not found, %s server silent, %s config unusable (%s for a name without "
            "address), %s not signed, %s phone silent\n",
            cell_num("failed_not_found", c->not_found), cell_num("failed_server_silent", c->silent),
            cell_num("failed_config_unusable", c->unusable), cell_num("failed_name_without_address", c->no_name),
            cell_num("failed_not_signed", c->sign_failed), cell_num("failed_phone_silent", c->given_up));
        PUT(s, "    Packets: %s retransmissions, %s of no transfer\n", cell_num("retransmissions", c->resent),
            cell_num("packets_of_no_transfer", c->stray));
}

void show_phone_files(struct session *s, const struct snapshot *snap, const struct phone_proxy_rt *r)
{
        struct files_query q = { .now = 0 };

        table_list(session_table(s), "tftp_servers");
        for (unsigned i = 0; i < r->ntftp; i++)
                ROW(s, "  TFTP server: %s:%s/%s\n", cell_str("interface", iface_name(net_rt(snap), r->tftp[i].iface)),
                    cell_addr("address", &r->tftp[i].addr), cell_num("port", r->tftp[i].port));
        table_close(session_table(s));
        if (!r->ntftp)
                return;
        each_proxy(session_box(s), add_counts, &q);
        if (*phone_proxy_ctl_lack(r))
                PUT(s, "  CTL file: %s\n", cell_str("ctl_file", phone_proxy_ctl_lack(r)));
        table_object(session_table(s), "tftp");
        PUT(s, "  TFTP transfers: %s in use, %s most used, %s requests, %s served, %s bytes\n",
            cell_num("in_use", q.now), cell_num("most_used", q.most), cell_num("requests", q.c.requests),
            cell_num("served", q.c.served), cell_num("bytes", q.c.bytes));
        show_files(s, &q.c);
        table_close(session_table(s));
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
                return ROW(s, "  %-12s not yet\n", cell_str("step", boot_step_name(i)), cell_null("result"));
        box_tz(session_box(s), &tz);
        return ROW(s, "  %-12s %-6s %s  %s\n", cell_str("step", boot_step_name(i)),
                   cell_str("result", n->ok ? "ok" : "failed"),
                   cell_as(cell_time("time", (int64_t)n->when * NS_PER_S), tz_stamp(&tz, n->when, when)),
                   cell_str("text", n->text));
}

static bool show_boot(struct session *s, const struct snapshot *snap, const struct boot_row *r)
{
        char mac[16];

        table_object(session_table(s), NULL);
        PUT(s, "%s at %s:%s\n", cell_str("mac_address", phone_mac_text(r->device, mac)),
            cell_str("interface", iface_name(net_rt(snap), r->iface)), cell_addr("address", &r->at),
            cell_str("device", r->device));
        table_list(session_table(s), "steps");
        for (unsigned i = 0; i < BOOT_STEPS; i++)
                show_step(s, r, (enum boot_step)i);
        table_close(session_table(s));
        return table_close(session_table(s));
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
        table_list(session_table(s), "phones");
        if (q && snap && !list_boots(s, snap, q, device))
                out(s, *device ? "%s has asked for no file and shown no certificate\n" : "No phone has been seen\n",
                    device);
        table_close(session_table(s));
        if (snap)
                snapshot_put(session_box(s)->hub, snap);
        mem_free(q);
        return q ? 0 : err_nomem(e, "listing phones");
}

const struct exec_row exec_show_phone_boot[] = {
        { "show phone-proxy secure-phones [MAC:word(64)] detail", "Show the last boot of phones, step by step",
          15 | EXEC_TABLE, show_boots },
        { 0 },
};
