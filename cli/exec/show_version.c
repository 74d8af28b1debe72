/* `show version` and `show inventory`: every line of a kind that management clients know, every value found out. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "cli/conf/flash_name.h"
#include "cli/conf/store.h"
#include "platform/net/iface.h"
#include "proxy/worker/proxy_rt.h"
#include "proxy/tls/tls_library.h"

/* ---- the machine ---- */

struct machine {
        char cpu[80]; /* letters, digits, blanks */
        unsigned mhz, cores;
        uint64_t ram_mb;
};

/* Parsers of the line know no punctuation: "Intel(R) Xeon(R) @ 2.0" becomes "Intel Xeon". */
static void plain_name(char *out, size_t cap, const char *s)
{
        size_t n = 0;

        for (; *s && *s != '@' && *s != '\n' && n + 1 < cap; s++) {
                if (*s == '(') {
                        s += strcspn(s, ")\n");
                        if (!*s || *s == '\n')
                                break;
                        continue;
                }
                if (isalnum((unsigned char)*s) || (*s == ' ' && n && out[n - 1] != ' '))
                        out[n++] = *s;
        }
        while (n && out[n - 1] == ' ')
                n--;
        out[n] = 0;
}

static void find_machine(struct machine *m)
{
        FILE *f = fopen("/proc/cpuinfo", "re");
        struct sysinfo si;
        char line[256], *v;

        memset(m, 0, sizeof *m);
        m->cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
        if (!sysinfo(&si))
                m->ram_mb = (uint64_t)si.totalram * si.mem_unit >> 20;
        while (f && fgets(line, sizeof line, f)) {
                v = strchr(line, ':');
                if (v && !strncmp(line, "model name", 10) && !*m->cpu)
                        plain_name(m->cpu, sizeof m->cpu, v + 1);
                if (v && !strncmp(line, "cpu MHz", 7) && !m->mhz)
                        m->mhz = (unsigned)strtod(v + 1, NULL);
        }
        if (f)
                fclose(f);
        if (!*m->cpu)
                strcpy(m->cpu, "unknown");
}

/* ---- lines ---- */

static const struct {
        unsigned secs;
        const char *unit;
} units[] = { { 31536000, "year" }, { 86400, "day" }, { 3600, "hour" }, { 60, "min" }, { 1, "sec" } };

/* The two largest units: "1 day 2 hours", "3 mins 12 secs". */
static void uptime_text(uint64_t secs, char *out, size_t cap)
{
        unsigned shown = 0;
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_LEN(units) && shown < 2; i++) {
                uint64_t v = secs / units[i].secs;

                secs %= units[i].secs;
                if (!v && !shown && units[i].secs > 1)
                        continue;
                n += (size_t)snprintf(out + n, cap - n, "%s%llu %s%s", shown ? " " : "", (unsigned long long)v,
                                      units[i].unit, v == 1 ? "" : "s");
                shown++;
        }
}

/* Clients know years of two digits: "21-Nov-2026" -> "21-Nov-26". */
static void drop_century(char *date)
{
        char *year = strrchr(date, '-');

        if (year && strlen(year) > 5)
                memmove(year + 1, year + 3, strlen(year + 3) + 1);
}

/* "Sat 21-Nov-26 09:11" out of the compiler's "Nov 21 2026" and "09:11:02". */
static void compiled(char *out, size_t cap)
{
        struct tm tm = { 0 };

        if (!strptime(__DATE__ " " __TIME__, "%b %d %Y %H:%M:%S", &tm))
                snprintf(out, cap, "unknown");
        else
                strftime(out, cap, "%a %d-%b-%Y %H:%M", &tm);
        drop_century(out);
}

static void show_ports(struct session *s, const struct box *b)
{
        table_list(session_table(s), "interfaces");
        for (unsigned i = 0; b->bind && i < b->bind->n; i++) {
                const struct iface_binding *p = &b->bind->b[i];
                char mac[16];

                if (p->port != 0xFFFF)
                        ROW(s, "%2s: Ext: %-20s: address is %s, irq 0\n", cell_num("number", i),
                            cell_str("interface", p->hwname), cell_str("mac_address", mac_print(&p->mac, mac)));
        }
        table_close(session_table(s));
}

static void feature(struct session *s, const char *name, const char *value)
{
        ROW(s, "%-34s: %-15sperpetual\n", cell_str("name", name), cell_str("value", value));
}

static void show_sessions(struct session *s, const char *name, uint32_t limit)
{
        char n[16];

        snprintf(n, sizeof n, "%u", limit);
        feature(s, name, limit == LICENSE_UNLIMITED ? "Unlimited" : n);
}

/* What the linked libraries and the machine allow. */
static void show_features(struct session *s, struct box *b)
{
        bool null_suite = false;
        const struct snapshot *snap = snapshot_get(b->hub);
        struct license_limits l;

        license_limits(&(struct license_conf){ 0 }, 0, &l);
        if (snap) {
                l = proxy_rt(snap)->license;
                snapshot_put(b->hub, snap);
        }
        out(s, "\nLicensed features for this platform:\n");
        table_list(session_table(s), "features");
        feature(s, "Maximum Physical Interfaces", "Unlimited");
        show_sessions(s, "UC Phone Proxy Sessions", MIN_OF(l.phone, l.tls));
        show_sessions(s, "Total UC Proxy Sessions", MIN_OF(l.uc, l.tls));
        show_sessions(s, "Total TLS Proxy Sessions", l.tls);
        show_sessions(s, "SRTP Sessions", l.srtp);
        feature(s, "Intercompany Media Engine", "Disabled");
        tls_suite_known("null-sha1", &null_suite);
        feature(s, "TLS Library", tls_library_own() ? "Own" : "System");
        feature(s, "NULL Cipher Suites", null_suite ? "Enabled" : "Disabled");
        table_close(session_table(s));
        if (*l.model)
                PUT(s, "\nThis platform is limited like model %s, %s.\n\n", cell_str("model", l.model),
                    cell_str("encryption", l.k8 ? "K8" : "K9"));
        else
                PUT(s, "\nThis platform has no licence limits.\n\n", cell_null("model"));
}

static void show_config_age(struct session *s, struct box *b)
{
        int64_t when;
        char by[65], text[64];
        struct tz z;

        box_tz(b, &z);
        pthread_mutex_lock(&b->conf_lock);
        when = b->conf_changed_wall_ns;
        memcpy(by, b->conf_changed_by, sizeof by);
        pthread_mutex_unlock(&b->conf_lock);
        if (when)
                PUT(s, "Configuration last modified by %s at %s\n", cell_str("configuration_modified_by", by),
                    cell_as(cell_time("configuration_modified", when), tz_clock(&z, when, text)));
        else
                PUT(s, "Configuration has not been modified since last system restart.\n",
                    cell_null("configuration_modified"));
}

/* Written once, before there are consoles. */
static const char *boot_file(const struct box *b, char out[272])
{
        bool elsewhere = *b->boot_file && strcmp(b->boot_file, STARTUP_FILE) != 0;

        snprintf(out, 272, "%s%s", elsewhere ? "disk0:/" : "", elsewhere ? b->boot_file : STARTUP_FILE);
        return out;
}

static void show_software(struct session *s)
{
        char built[48], file[272];

        compiled(built, sizeof built);
        PUT(s, "\nVoxgate Appliance Software Version %s \nDevice Manager Version %s\n\n",
            cell_str("software_version", ASA_RELEASE), cell_str("version", VOXGATE_VERSION));
        PUT(s, "Compiled on %s by builders\n", cell_str("compiled", built));
        out(s, "System image file is \"disk0:/voxgate-%s\"\n", VOXGATE_VERSION);
        PUT(s, "Config file at boot was \"%s\"\n\n", cell_str("boot_configuration", boot_file(session_box(s), file)));
}

static void show_hardware(struct session *s)
{
        struct machine m;
        char mb[24];

        find_machine(&m);
        snprintf(mb, sizeof mb, "%llu", (unsigned long long)m.ram_mb);
        PUT(s, "Hardware:   Voxgate, %s MB RAM, CPU %s %s MHz, 1 CPU (%s cores)\n\n",
            cell_as(cell_num("memory_bytes", m.ram_mb << 20), mb), cell_str("cpu", m.cpu), cell_num("cpu_mhz", m.mhz),
            cell_num("cores", m.cores));
}

static int show_version(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        char host[64], up[64], serial[BOX_SERIAL_TEXT];
        uint64_t ms = clock_mono_ms(b->clk) - b->start_mono_ms;

        pthread_mutex_lock(&b->conf_lock);
        memcpy(host, b->store->sys.hostname, sizeof host);
        pthread_mutex_unlock(&b->conf_lock);
        uptime_text(ms / 1000, up, sizeof up);
        box_serial(b, serial);
        show_software(s);
        PUT(s, "%s up %s\n\n", cell_str("hostname", host), cell_as(cell_fix("uptime_seconds", ms, 3), up));
        show_hardware(s);
        show_ports(s, b);
        show_features(s, b);
        PUT(s, "Serial Number: %s\n", cell_str("serial_number", serial));
        PUT(s, "Configuration register is %s\n", cell_str("configuration_register", "0x1"));
        show_config_age(s, b);
        return 0;
}

static int show_inventory(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        char serial[BOX_SERIAL_TEXT];

        box_serial(session_box(s), serial);
        table_list(session_table(s), "inventory");
        ROW(s, "Name: \"%s\", DESCR: \"%s\"\nPID: %-18s, VID: %-8s, SN: %s\n\n", cell_str("name", "Chassis"),
            cell_str("description", "Voxgate"), cell_str("pid", "VOXGATE"), cell_str("vid", VOXGATE_VERSION),
            cell_str("serial_number", serial));
        table_close(session_table(s));
        return 0;
}

const struct exec_row exec_show_version[] = {
        { "show version", "Show software, hardware and uptime", 0 | EXEC_TABLE, show_version },
        { "show inventory", "Show product and serial number", 0 | EXEC_TABLE, show_inventory },
        { 0 },
};
