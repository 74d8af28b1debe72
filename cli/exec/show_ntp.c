/* show ntp: whom the clock follows, and what each server says. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"
#include "platform/svc/ntp.h"

#define NS 1000000000
#define MS(ns) ((double)(ns) / 1e6)

/* ---- times and names ---- */

/* "c02921e8.9db3e2af (11:19:20.616 UTC Thu Mar 7 2002)" */
static const char *stamp(struct session *s, uint64_t v, char out[96])
{
        const struct clock *clk = session_box(s)->clk;
        char text[64];
        struct tz z;
        int64_t t = ntp_unix_s(v, clk->wall_ns(clk->ctx) / NS);

        if (!v) {
                snprintf(out, 96, "00000000.00000000 (never)");
                return out;
        }
        box_tz(session_box(s), &z);
        snprintf(out, 96, "%08x.%08x (%s)", (unsigned)(v >> 32), (unsigned)v,
                 tz_clock(&z, t * NS + (int64_t)((v & 0xffffffff) * NS >> 32), text));
        return out;
}

/* Of a server of the first stratum a name, of others the address of theirs. */
static const char *reference(const struct ntp_row *r, char out[ADDR_TEXT_MAX])
{
        struct addr a = addr_v4(r->last.ref_id);
        unsigned n = 0;

        if (!r->heard)
                return ".INIT.";
        if (r->last.stratum > 1)
                return addr_print(&a, out);
        out[n++] = '.';
        for (int shift = 24; shift >= 0; shift -= 8) {
                uint8_t c = (uint8_t)(r->last.ref_id >> shift);

                if (c > 0x20 && c < 0x7f)
                        out[n++] = (char)c;
        }
        out[n++] = '.';
        out[n] = 0;
        return out;
}

static const char *server_name(const struct ntp_row *r, char out[ADDR_TEXT_MAX])
{
        return r->addr.fam == ADDR_NONE ? r->conf.host : addr_print(&r->addr, out);
}

static unsigned stratum(const struct ntp_row *r)
{
        return r->heard && r->last.stratum && r->sane ? r->last.stratum : 16;
}

/* ---- cells ---- */

/* Milliseconds in the line, seconds in the document. */
static const char *ms(char out[32], int64_t ns, int digits)
{
        snprintf(out, 32, "%.*f", digits, MS(ns));
        return out;
}

#define CELL_MS(name, ns, digits) cell_as(cell_fix(name, ns, 9), ms((char[32]){ 0 }, ns, digits))

/* ---- show ntp status ---- */

static void show_host(struct session *s)
{
        struct clock_sync k;
        char ppm[32];

        clock_host_sync(&k);
        if (!k.known) {
                PUT(s, "The state of the host's clock is unknown\n", cell_null("synchronized"));
                return;
        }
        PUT(s, "Clock is %s, stratum unknown, reference is the host's clock\n",
            cell_as(cell_bool("synchronized", k.synchronized), k.synchronized ? "synchronized" : "unsynchronized"));
        snprintf(ppm, sizeof ppm, "%.3f", k.freq_ppm);
        PUT(s, "clock offset is %s msec, frequency correction is %s ppm\n", CELL_MS("offset_seconds", k.offset_ns, 4),
            cell_as(cell_fix("frequency_ppm", (int64_t)(k.freq_ppm * 1000), 3), ppm));
        if (k.synchronized)
                PUT(s, "maximum error is %s msec, estimated error is %s msec\n",
                    CELL_MS("maximum_error_seconds", k.max_error_us * 1000, 2),
                    CELL_MS("estimated_error_seconds", k.est_error_us * 1000, 2));
}

/* What the clock can tell apart, as an exponent of 2. */
static int precision(void)
{
        struct timespec r = { .tv_nsec = NS };
        int exponent = -30;

        clock_getres(CLOCK_REALTIME, &r);
        while (exponent < 0 && (double)(1 << -exponent) * (double)r.tv_nsec > NS)
                exponent++;
        return exponent;
}

static void show_reference(struct session *s, const struct ntp_status *st)
{
        if (!st->synchronized) {
                PUT(s, "Clock is unsynchronized, stratum 16, no reference clock\n", cell_bool("synchronized", false),
                    cell_num("stratum", 16), cell_str("why", st->why));
                return;
        }
        PUT(s, "Clock is %s, stratum %s, reference is %s\n", cell_as(cell_bool("synchronized", true), "synchronized"),
            cell_num("stratum", st->stratum), cell_addr("reference", &st->reference));
}

/* The host's kernel keeps the frequency; that of its oscillator nobody tells. */
static void show_followed(struct session *s, const struct ntp_status *st)
{
        char when[96];

        show_reference(s, st);
        PUT(s, "nominal freq is unknown, actual freq is unknown, precision is 2**%s\n",
            cell_int("precision_exponent", precision()));
        PUT(s, "reference time is %s\n",
            cell_as(cell_time("reference_time", st->updated_ns),
                    stamp(s, st->updated_ns ? ntp_of_ns(st->updated_ns) : 0, when)));
        PUT(s, "clock offset is %s msec, root delay is %s msec\n", CELL_MS("offset_seconds", st->offset_ns, 4),
            CELL_MS("root_delay_seconds", st->root_delay_ns, 2));
        PUT(s, "root dispersion is %s msec, peer dispersion is %s msec\n",
            CELL_MS("root_dispersion_seconds", st->root_disp_ns, 2),
            CELL_MS("peer_dispersion_seconds", st->peer_disp_ns, 2));
        if (st->slew_ns)
                PUT(s, "still to be corrected are %s msec\n", CELL_MS("slew_seconds", st->slew_ns, 4));
        if (!st->synchronized)
                out(s, "Reason: %s\n", st->why);
}

static int show_status(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct ntp *n = session_box(s)->ntp;
        struct ntp_row row[NTP_SERVERS_MAX];
        struct ntp_status st;

        if (!n || !ntp_rows(n, row)) {
                show_host(s);
                return 0;
        }
        ntp_status(n, &st);
        show_followed(s, &st);
        return 0;
}

/* ---- show ntp associations ---- */

static void show_row(struct session *s, const struct ntp_row *r)
{
        const char *mark = r->master ? "*" : r->selected ? "+" : r->nsamples ? "-" : " ";
        char a[ADDR_TEXT_MAX], ref[ADDR_TEXT_MAX], reach[8];

        snprintf(reach, sizeof reach, "%o", r->reach);
        ROW(s, "%s~%-17s %-15s %3s %5s %5s %4s %7s %7s %7s\n", cell_text(mark), cell_str("server", server_name(r, a)),
            cell_str("reference", reference(r, ref)), cell_num("stratum", stratum(r)),
            r->when_s < 0 ? cell_as(cell_null("heard_seconds"), "-") : cell_int("heard_seconds", r->when_s),
            cell_num("poll_seconds", r->poll_s), cell_as(cell_num("reach", r->reach), reach),
            CELL_MS("delay_seconds", r->delay_ns, 1), CELL_MS("offset_seconds", r->offset_ns, 2),
            r->nsamples ? CELL_MS("dispersion_seconds", r->disp_ns, 1)
                        : cell_as(cell_null("dispersion_seconds"), "16000.0"),
            cell_bool("master", r->master), cell_bool("selected", r->selected),
            cell_str("why", *r->why ? r->why : NULL));
}

enum column { FILT_DELAY, FILT_OFFSET, FILT_ERROR };

static int64_t filter_cell(const struct ntp_row *r, unsigned i, enum column c)
{
        const struct ntp_sample *x = &r->sample[i];

        if (i >= r->nsamples)
                return c == FILT_ERROR ? 16 * (int64_t)NS : 0;
        return c == FILT_DELAY ? x->delay_ns : c == FILT_OFFSET ? x->target_ns : x->error_ns;
}

static void show_filter(struct session *s, const char *name, const char *label, const struct ntp_row *r,
                        enum column c)
{
        out(s, "%s", label);
        table_list(session_table(s), name);
        for (unsigned i = 0; i < NTP_FILTER; i++)
                ITEM(s, " %7s", CELL_MS(NULL, filter_cell(r, i, c), 2));
        table_close(session_table(s));
        out(s, "\n");
}

static void show_times(struct session *s, const struct ntp_row *r)
{
        char t[96];

        PUT(s, "org time %s\n", cell_text(stamp(s, r->org, t)));
        PUT(s, "rcv time %s\n", cell_text(stamp(s, r->rcv, t)));
        PUT(s, "xmt time %s\n", cell_text(stamp(s, r->last.transmit, t)));
        show_filter(s, "filter_delay_seconds", "filtdelay =  ", r, FILT_DELAY);
        show_filter(s, "filter_offset_seconds", "filtoffset = ", r, FILT_OFFSET);
        show_filter(s, "filter_error_seconds", "filterror =  ", r, FILT_ERROR);
}

static void show_who(struct session *s, const struct ntp_row *r)
{
        char a[ADDR_TEXT_MAX];
        const char *name = server_name(r, a);

        PUT(s, "%s configured%s%s, %s, %s, stratum %s\n", cell_str("server", name),
            cell_as(cell_bool("master", r->master), r->master ? ", our_master" : ""),
            cell_as(cell_bool("authenticated", r->authentic), r->authentic ? ", authenticated" : ""),
            cell_as(cell_bool("sane", r->sane), r->sane ? "sane" : "insane"),
            cell_as(cell_bool("selected", r->selected), r->selected ? "valid" : "invalid"),
            cell_num("stratum", stratum(r)));
        if (strcmp(name, r->conf.host) != 0)
                PUT(s, "name %s\n", cell_str("name", r->conf.host));
        if (*r->why)
                PUT(s, "not believed: %s\n", cell_str("why", r->why));
}

static void show_detail(struct session *s, const struct ntp_row *r)
{
        char ref[ADDR_TEXT_MAX], t[96], reach[8];
        int64_t peer_poll = r->last.poll > 0 && r->last.poll < 18 ? 1 << r->last.poll : 0;

        show_who(s, r);
        PUT(s, "ref ID %s, time %s\n", cell_str("reference", reference(r, ref)),
            cell_text(stamp(s, r->last.reference, t)));
        PUT(s, "our mode client, peer mode server, our poll intvl %s, peer poll intvl %s\n",
            cell_num("poll_seconds", r->poll_s), cell_int("peer_poll_seconds", peer_poll));
        snprintf(reach, sizeof reach, "%o", r->reach);
        PUT(s, "root delay %s msec, root disp %s, reach %s, sync dist %s\n",
            CELL_MS("root_delay_seconds", ntp_short_ns(r->last.root_delay), 2),
            CELL_MS("root_dispersion_seconds", ntp_short_ns(r->last.root_disp), 2),
            cell_as(cell_num("reach", r->reach), reach), CELL_MS("distance_seconds", r->dist_ns, 3));
        PUT(s, "delay %s msec, offset %s msec, dispersion %s\n", CELL_MS("delay_seconds", r->delay_ns, 2),
            CELL_MS("offset_seconds", r->offset_ns, 4), CELL_MS("dispersion_seconds", r->disp_ns, 2));
        PUT(s, "precision 2**%s, version %s\n", cell_int("precision_exponent", r->last.precision),
            cell_num("version", r->heard ? r->last.version : 4u));
        show_times(s, r);
        PUT(s, "asked %s, answered %s, refused %s, strange datagrams %s\n\n", cell_num("asked", r->asked),
            cell_num("answered", r->answered), cell_num("refused", r->refused), cell_num("strange", r->forged));
}

static void show_details(struct session *s, const struct ntp_row *row, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                table_object(session_table(s), NULL);
                show_detail(s, &row[i]);
                table_close(session_table(s));
        }
}

static int show_associations(struct session *s, const struct args *a, struct err *e UNUSED)
{
        struct ntp *client = session_box(s)->ntp;
        struct ntp_row row[NTP_SERVERS_MAX];
        unsigned n = client ? ntp_rows(client, row) : 0;

        if (!n)
                out(s, "No associations: there is no ntp server, the clock is the host's\n");
        else if (!arg_has(a, "detail"))
                out(s, "      address         ref clock     st  when  poll reach  delay   offset    disp\n");
        table_list(session_table(s), "associations");
        if (arg_has(a, "detail"))
                show_details(s, row, n);
        for (unsigned i = 0; !arg_has(a, "detail") && i < n; i++)
                show_row(s, &row[i]);
        table_close(session_table(s));
        if (n && !arg_has(a, "detail"))
                out(s, "* master (synced), # master (unsynced), + selected, - candidate, ~ configured\n");
        return 0;
}

const struct exec_row exec_show_ntp[] = {
        { "show ntp status", "Show whether the clock is synchronized", 0 | EXEC_TABLE, show_status },
        { "show ntp associations [detail]", "Show the time servers", 0 | EXEC_TABLE, show_associations },
        { 0 },
};
