/* `configure factory-default`: as delivered, but for what is on flash. The console is never shut: its password is the
 * empty one then, and nobody has to log in there. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/dialog.h"
#include "cli/conf/store.h"

#define DEFAULT_ADDR "192.168.1.1"
#define DEFAULT_LEN 24

struct factory_state {
        struct session *s;
        struct addr addr;
        uint8_t len;
        char port[HWNAME_MAX + 1]; /* that is managed by; "": there is none */
};

/* The first of the ports that are for management. */
static void find_port(struct box *b, char out[HWNAME_MAX + 1])
{
        *out = 0;
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct iface_conf, i, &b->store->net.ifaces)
                if (!*out && !strncmp(i->o.name, "Management", 10) && (!b->bind || iface_is_port(b->bind, i->o.name)))
                        str_copy(out, HWNAME_MAX + 1, i->o.name);
        pthread_mutex_unlock(&b->conf_lock);
}

static void type(struct conf_ctx *c, struct dialog *d, const char *line)
{
        struct cli_result r;

        cli_result_init(&r);
        dialog_say(d, "Executing command: %s\n", line);
        conf_line(c, line, &r);
        cli_result_show(&r, 0, &d->out);
        cli_result_fini(&r);
}

static void type_port(struct conf_ctx *c, struct dialog *d, const struct factory_state *st)
{
        const struct addr mask = addr_v4(len_to_mask(st->len)), net = addr_v4(st->addr.v4 & len_to_mask(st->len));
        char line[128], a[ADDR_TEXT_MAX], m[ADDR_TEXT_MAX];

        snprintf(line, sizeof line, "interface %s", st->port);
        type(c, d, line);
        type(c, d, "nameif management");
        snprintf(line, sizeof line, "ip address %s %s", addr_print(&st->addr, a), addr_print(&mask, m));
        type(c, d, line);
        type(c, d, "security-level 100");
        type(c, d, "no shutdown");
        type(c, d, "exit");
        type(c, d, "http server enable");
        snprintf(line, sizeof line, "http %s %s management", addr_print(&net, a), m);
        type(c, d, line);
}

static enum dialog_next apply(struct dialog *d, const struct factory_state *st)
{
        struct conf_ctx c;
        struct err e;
        int rc;

        dialog_lock(d);
        rc = store_reset(d->box->store, d->box->bind, &e);
        if (!rc) {
                dialog_say(d, "\nBegin to apply factory-default configuration:\nClear all configuration\n");
                conf_ctx_of_box(&c, d->box);
                if (*st->port)
                        type_port(&c, d, st);
                type(&c, d, "logging asdm informational");
                conf_ctx_fini(&c);
        }
        dialog_unlock(d);
        if (rc)
                return dialog_fail(d, &e);
        d->changed = true;
        dialog_say(d, "Factory-default configuration is completed\n");
        return DIALOG_DONE;
}

static enum dialog_next factory_step(struct dialog *d, const char *answer)
{
        const struct factory_state *st = d->state;

        if (answer)
                return strcmp(answer, "yes") ? DIALOG_DONE : apply(d, st);
        dialog_say(
                d,
                "\nWARNING: The configuration in force is removed: addresses, access lists, users, passwords. What "
                "is\n"
                "saved, certificates and keys stay; write memory makes the factory's configuration the saved one.\n");
        if (session_remote(st->s))
                dialog_say(d, "WARNING: You came over the network: this session ends with the address it uses.\n");
        dialog_say(d, "WARNING: The boot system and boot config lines will be cleared.\n\n");
        return dialog_ask(d, DIALOG_CONFIRM, "no", "Proceed with factory-default configuration? [confirm]");
}

static const struct dialog_row factory_dialog = { "configure factory-default", sizeof(struct factory_state),
                                                  factory_step, NULL };

/* An address that a management port can have. */
static int check_addr(const struct factory_state *st, struct err *e)
{
        uint32_t bits = ~len_to_mask(st->len), host = st->addr.v4 & bits;

        if (!*st->port)
                return err_set(e, ERR_REF, "there is no Management port that could have the address: leave it out");
        if (addr_is_martian_source(&st->addr) || st->len < 8 || st->len > 30 || !host || host == bits)
                return err_set(e, ERR_RANGE, "this is not the address of a host with its mask");
        return 0;
}

static int mask_len(const struct args *a, const struct addr *at, uint8_t *len)
{
        struct addr mask;

        if (arg_addr(a, "MASK", &mask))
                return mask_to_len(mask.v4, len) ? 0 : -1;
        *len = at->v4 >> 31 == 0 ? 8 : at->v4 >> 30 == 2 ? 16 : 24; /* that of its class */
        return 0;
}

static int configure_factory(struct session *s, const struct args *a, struct err *e)
{
        struct factory_state st = { .s = s, .len = DEFAULT_LEN };

        if (session_candidate(s))
                return err_set(e, ERR_STATE, "a configuration session is open: commit or abort it first");
        find_port(session_box(s), st.port);
        addr_parse(DEFAULT_ADDR, &st.addr);
        if (arg_addr(a, "A", &st.addr) && mask_len(a, &st.addr, &st.len) < 0)
                return err_set(e, ERR_SYNTAX, "a mask has no holes");
        if (arg_has(a, "A") && check_addr(&st, e) < 0)
                return -1;
        return session_ask(s, &factory_dialog, &st, e);
}

const struct exec_row exec_factory[] = {
        { "configure factory-default [A:addr [MASK:netmask]]", "Begin anew with the configuration of the factory", 15,
          configure_factory },
        { 0 },
};
