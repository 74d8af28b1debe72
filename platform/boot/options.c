#include "platform/boot/options.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/lang/hwname.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/boot/ports_file.h"
#include "platform/svc/agentx.h"

const char options_usage[] =
        "usage: voxgate run    [--flash DIR] [--port IFACE=KIND:SPEC]... [--ports FILE]\n"
        "                      [--console stdio|pty:LINK|tty:PATH|none] [--workers N]\n"
        "                      [--threads auto|joint|apart] [--glue tun|veth] [--agentx SOCKET]\n"
        "       voxgate check  FILE [--flash DIR]\n"
        "       voxgate replay --config FILE [--flash DIR] --in NAMEIF=IN.pcap ... --out NAMEIF=OUT.pcap ...\n"
        "                      [--verdicts FILE.csv] [--show 'CMD']...\n"
        "       voxgate manual           the command reference as a manual page\n"
        "       voxgate --version | --help\n"
        "IFACE is an interface's hardware name (GigabitEthernet0/0), KIND is afpacket, tap, pcap or mem.\n"
        "A line of --ports FILE is an interface and a device: GigabitEthernet0/0 eth0\n";

/* NAME=REST; the name is copied, the rest borrowed. */
static int split_name(const char *s, char *name, size_t cap, const char **rest, struct err *e)
{
        const char *eq = strchr(s, '=');

        if (!eq || eq == s || (size_t)(eq - s) >= cap)
                return err_set(e, ERR_SYNTAX, "%s: NAME=VALUE expected", s);
        snprintf(name, cap, "%.*s", (int)(eq - s), s);
        *rest = eq + 1;
        return 0;
}

static bool kind_known(const char *kind)
{
        static const char *const kinds[] = { "afpacket", "tap", "pcap", "mem" };

        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                if (strcmp(kinds[i], kind) == 0)
                        return true;
        return false;
}

int options_port(struct options *o, const char *iface, size_t n, const char *where, struct err *e)
{
        struct port_opt *p = &o->port[o->nports];
        const char *colon = strchr(where, ':');

        if (o->nports == OPT_PORTS_MAX)
                return err_set(e, ERR_LIMIT, "more than %d ports", OPT_PORTS_MAX);
        if (!hwname_canon(iface, n, p->iface))
                return err_set(e, ERR_SYNTAX, "%.*s is not an interface name (GigabitEthernet0/0)", (int)n, iface);
        if (colon && (size_t)(colon - where) >= sizeof p->kind)
                return err_set(e, ERR_SYNTAX, "%s: KIND:SPEC expected", where);
        snprintf(p->kind, sizeof p->kind, "%.*s", colon ? (int)(colon - where) : 8, colon ? where : "afpacket");
        if (!kind_known(p->kind))
                return err_set(e, ERR_RANGE, "%s: kind must be afpacket, tap, pcap or mem", where);
        p->spec = colon ? colon + 1 : where;
        for (unsigned i = 0; i < o->nports; i++)
                if (!strcmp(o->port[i].iface, p->iface))
                        return err_set(e, ERR_EXISTS, "%s has two devices: %s and %s", p->iface, o->port[i].spec,
                                       p->spec);
        o->nports++;
        return 0;
}

static int opt_port(struct options *o, const char *v, struct err *e)
{
        const char *eq = strchr(v, '=');

        if (!eq || eq == v || !strchr(eq, ':'))
                return err_set(e, ERR_SYNTAX, "--port %s: IFACE=KIND:SPEC expected", v);
        return options_port(o, v, (size_t)(eq - v), eq + 1, e);
}

static int opt_ports(struct options *o, const char *v, struct err *e)
{
        return ports_file_read(o, v, e);
}

static int opt_file(struct port_opt *list, unsigned *n, const char *v, struct err *e)
{
        if (*n == OPT_PORTS_MAX)
                return err_set(e, ERR_LIMIT, "more than %d files", OPT_PORTS_MAX);
        if (split_name(v, list[*n].iface, sizeof list[*n].iface, &list[*n].spec, e) < 0)
                return -1;
        (*n)++;
        return 0;
}

static int opt_in(struct options *o, const char *v, struct err *e)
{
        return opt_file(o->in, &o->nin, v, e);
}

static int opt_out(struct options *o, const char *v, struct err *e)
{
        return opt_file(o->out, &o->nout, v, e);
}

static int opt_show(struct options *o, const char *v, struct err *e)
{
        if (o->nshows == OPT_SHOWS_MAX)
                return err_set(e, ERR_LIMIT, "more than %d --show", OPT_SHOWS_MAX);
        o->show[o->nshows++] = v;
        return 0;
}

static int opt_workers(struct options *o, const char *v, struct err *e)
{
        uint32_t n;

        if (!str_u32(v, 1, 8, &n))
                return err_set(e, ERR_RANGE, "--workers %s: 1 to 8", v);
        o->workers = n;
        return 0;
}

static int opt_threads(struct options *o, const char *v, struct err *e)
{
        static const char *const words[] = { "auto", "joint", "apart" };

        for (unsigned i = 0; i < ARRAY_LEN(words); i++)
                if (strcmp(words[i], v) == 0) {
                        o->threads = i;
                        return 0;
                }
        return err_set(e, ERR_RANGE, "--threads %s: auto, joint or apart", v);
}

static int opt_glue(struct options *o, const char *v, struct err *e)
{
        o->force_veth = strcmp(v, "veth") == 0;
        return o->force_veth || strcmp(v, "tun") == 0 ? 0 : err_set(e, ERR_RANGE, "--glue %s: tun or veth", v);
}

static int opt_agentx(struct options *o, const char *v, struct err *e)
{
        if (strlen(v) > AGENTX_PATH_MAX)
                return err_set(e, ERR_RANGE, "--agentx %s: longer than %u characters", v, AGENTX_PATH_MAX);
        o->agentx = v;
        return 0;
}

static int opt_flash(struct options *o, const char *v, struct err *e UNUSED)
{
        o->flash = v;
        return 0;
}

static int opt_console(struct options *o, const char *v, struct err *e UNUSED)
{
        o->console = v;
        return 0;
}

static int opt_config(struct options *o, const char *v, struct err *e UNUSED)
{
        o->file = v;
        return 0;
}

static int opt_verdicts(struct options *o, const char *v, struct err *e UNUSED)
{
        o->verdicts = v;
        return 0;
}

enum { FOR_RUN = 1 << CMD_RUN, FOR_CHECK = 1 << CMD_CHECK, FOR_REPLAY = 1 << CMD_REPLAY };

static const struct {
        const char *name;
        unsigned cmds;
        int (*fn)(struct options *o, const char *v, struct err *e);
} rows[] = {
        { "--flash", FOR_RUN | FOR_CHECK | FOR_REPLAY, opt_flash },
        { "--port", FOR_RUN, opt_port },
        { "--ports", FOR_RUN, opt_ports },
        { "--console", FOR_RUN, opt_console },
        { "--workers", FOR_RUN, opt_workers },
        { "--threads", FOR_RUN, opt_threads },
        { "--glue", FOR_RUN, opt_glue },
        { "--agentx", FOR_RUN, opt_agentx },
        { "--config", FOR_REPLAY, opt_config },
        { "--in", FOR_REPLAY, opt_in },
        { "--out", FOR_REPLAY, opt_out },
        { "--verdicts", FOR_REPLAY, opt_verdicts },
        { "--show", FOR_REPLAY, opt_show },
};

static int one_option(struct options *o, const char *name, const char *v, struct err *e)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (strcmp(rows[i].name, name) == 0 && (rows[i].cmds & 1u << o->cmd))
                        return v ? rows[i].fn(o, v, e) : err_set(e, ERR_SYNTAX, "%s needs a value", name);
        return err_set(e, ERR_SYNTAX, "%s: not an option of this command", name);
}

static int command(struct options *o, const char *s, struct err *e)
{
        static const struct {
                const char *name;
                int cmd;
        } names[] = { { "run", CMD_RUN },       { "check", CMD_CHECK },     { "replay", CMD_REPLAY },
                      { "manual", CMD_MANUAL }, { "version", CMD_VERSION }, { "--version", CMD_VERSION },
                      { "-V", CMD_VERSION },    { "help", CMD_HELP },       { "--help", CMD_HELP },
                      { "-h", CMD_HELP } };

        for (unsigned i = 0; i < ARRAY_LEN(names); i++)
                if (strcmp(names[i].name, s) == 0) {
                        o->cmd = names[i].cmd;
                        return 0;
                }
        return err_set(e, ERR_SYNTAX, "%s: unknown command", s);
}

static bool same_file(const char *a, const char *b)
{
        struct stat x, y;

        if (!strcmp(a, b))
                return true;
        return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* What is read is not written over. */
static int outputs(const struct options *o, struct err *e)
{
        for (unsigned i = 0; i < o->nout; i++) {
                for (unsigned k = 0; k < o->nin; k++)
                        if (same_file(o->out[i].spec, o->in[k].spec))
                                return err_set(e, ERR_EXISTS, "--out %s=%s is the file that --in %s reads",
                                               o->out[i].iface, o->out[i].spec, o->in[k].iface);
                for (unsigned k = 0; k < i; k++)
                        if (same_file(o->out[i].spec, o->out[k].spec))
                                return err_set(e, ERR_EXISTS, "--out %s and --out %s are one file", o->out[k].iface,
                                               o->out[i].iface);
        }
        return 0;
}

static int complete(const struct options *o, struct err *e)
{
        if (o->cmd == CMD_CHECK && !o->file)
                return err_set(e, ERR_SYNTAX, "check needs a file");
        if (o->cmd == CMD_REPLAY && (!o->file || !o->nin))
                return err_set(e, ERR_SYNTAX, "replay needs --config and at least one --in");
        return outputs(o, e);
}

int options_parse(int argc, char **argv, struct options *o, struct err *e)
{
        *o = (struct options){ .console = "stdio", .workers = 1 };
        if (argc < 2)
                return err_set(e, ERR_SYNTAX, "no command given");
        if (command(o, argv[1], e) < 0)
                return -1;
        for (int i = 2; i < argc; i++) {
                if (o->cmd == CMD_CHECK && argv[i][0] != '-' && !o->file) {
                        o->file = argv[i];
                        continue;
                }
                if (one_option(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, e) < 0)
                        return -1;
                i++;
        }
        return complete(o, e);
}

void options_fini(struct options *o)
{
        mem_free_secret(o->ports_text);
        o->ports_text = NULL;
}
