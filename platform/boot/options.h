/* The program's command line (DESIGN section 8), parsed. */
#ifndef VOXGATE_BOOT_OPTIONS_H
#define VOXGATE_BOOT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"
#include "platform/net/iface.h"

#define OPT_PORTS_MAX 32
#define OPT_SHOWS_MAX 32

struct port_opt { /* --port IFACE=KIND:SPEC, --in/--out NAMEIF=FILE */
        char iface[HWNAME_MAX + 1];
        char kind[16];
        const char *spec;
};

struct options {
        enum { CMD_RUN, CMD_CHECK, CMD_REPLAY, CMD_MANUAL, CMD_VERSION, CMD_HELP } cmd;
        const char *flash;
        unsigned nports;
        struct port_opt port[OPT_PORTS_MAX];
        uint8_t *ports_text; /* of --ports FILE, cut into the words that port[] points into */
        const char *console; /* "stdio" by default */
        unsigned workers;    /* proxy workers, 1-8 */
        /* Does the first of them share the dataplane's thread? AUTO: where there is a single core. */
        enum { THREADS_AUTO, THREADS_JOINT, THREADS_APART } threads;
        const char *agentx;  /* socket of the master agent; NULL: the usual one */
        const char *file;    /* check FILE, replay --config FILE */
        unsigned nin, nout;
        struct port_opt in[OPT_PORTS_MAX], out[OPT_PORTS_MAX];
        const char *verdicts;
        unsigned nshows;
        const char *show[OPT_SHOWS_MAX];
        bool force_veth; /* --glue veth: the fallback even where a TUN device can be opened */
};

/* argv is borrowed and must outlive o. */
int options_parse(int argc, char **argv, struct options *o, struct err *e);
void options_fini(struct options *o);
/* One more port: iface (n bytes) at "[KIND:]SPEC", which is borrowed; a device without a KIND is an afpacket. */
int options_port(struct options *o, const char *iface, size_t n, const char *where, struct err *e);
extern const char options_usage[];

#endif
