#include "platform/boot/box_ports.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/store.h"
#include "platform/boot/guard.h"

/* Two sockets of the device; with one alone it works too, only dearer. */
static struct port *afpacket_open(const struct box_ports *x, const struct port_opt *o, int fd, struct err *e)
{
        struct port *p = port_afpacket_open(o->spec, fd, x->box->clk, e);

        if (!p)
                return NULL;
        port_afpacket_plain(p, guard_open_port(x->guard_fd, o->kind, o->spec, NULL));
        port_afpacket_counters(p, guard_open_port(x->guard_fd, "counters", o->spec, NULL));
        return p;
}

static struct port *port_open(const struct box_ports *x, const struct port_opt *o, struct err *e)
{
        int fd = -1;

        if (strcmp(o->kind, "mem") == 0)
                return port_mem_new(o->spec, false);
        if (strcmp(o->kind, "pcap") == 0)
                return port_pcap_open(o->spec, NULL, x->box->clk, e);
        fd = guard_open_port(x->guard_fd, o->kind, o->spec, e);
        if (fd < 0)
                return NULL;
        return strcmp(o->kind, "tap") == 0 ? port_tap_open(o->spec, fd, e) : afpacket_open(x, o, fd, e);
}

/* The kernel answers beside us on a device that has an address: the operator must know (platform-pitfalls section 3).
 */
static void warn_kernel_addr(const struct box_ports *x, const struct port_opt *o, const struct port *p)
{
        size_t n = strlen(x->box->startup_errors);
        char text[ADDR_TEXT_MAX];
        struct addr addr;

        if (strcmp(o->kind, "afpacket") == 0 && port_afpacket_kernel_addr(p, &addr))
                snprintf(
                        x->box->startup_errors + n, sizeof x->box->startup_errors - n,
                        "WARNING: the kernel holds %s on %s and answers there too; remove it: ip addr flush dev %s\n",
                        addr_print(&addr, text), o->spec, o->spec);
}

/* One device less is no reason to keep the others, and the console, from the operator. */
static void tell_absent(const struct box_ports *x, const struct port_opt *o, const struct err *why)
{
        size_t n = strlen(x->box->startup_errors);

        snprintf(x->box->startup_errors + n, sizeof x->box->startup_errors - n,
                 "ERROR: %s has no port: %s; reload once that is put right\n", o->iface, why->text);
        fprintf(stderr, "voxgate: %s has no port: %s\n", o->iface, why->text);
}

/* *index: where the next port goes; it stays where the device cannot be opened, with the reason in *why. */
static int port_add(const struct box_ports *x, const struct port_opt *o, uint16_t *index, struct err *why,
                    struct err *e)
{
        struct iface_binding *b = iface_bind(&x->setup->bind, o->iface);
        struct port *p;

        if (!b)
                return err_set(e, ERR_LIMIT, "too many interfaces");
        p = port_open(x, o, why);
        b->absent = !p;
        if (!p) {
                tell_absent(x, o, why);
                return 0;
        }
        warn_kernel_addr(x, o, p);
        b->port = *index;
        b->mac = p->mac;
        b->link = p->link;
        if (worker_add_port(x->worker, *index, p, e) == 0) {
                ++*index;
                return 0;
        }
        p->ops->close(p);
        return -1;
}

int box_ports_add(const struct box_ports *x, struct err *e)
{
        struct err why = { 0 };
        uint16_t n = 0;

        for (unsigned i = 0; i < x->opt->nports; i++)
                if (port_add(x, &x->opt->port[i], &n, &why, e) < 0)
                        return -1;
        if (x->opt->nports && !n)
                return err_set(e, why.code, "%s", why.text);
        return store_add_ports(x->box->store, &x->setup->bind, e);
}
