/* ctl-file: the list of certificates a phone trusts. Keys, tokens and the file itself are assets (pki/ctl_make.h). */
#include <string.h>

#include "cli/box/box.h"
#include "cli/cmd/phone_proxy.h"
#include "cli/cmd/rows.h"
#include "cli/exec/save.h"
#include "pki/ctl_make.h"
#include "platform/base/file.h"

#define F struct ctl_file_conf
#define R struct ctl_entry_conf

/* ---- locks ---- */

static int in_applied(struct conf_ctx *c, const F *f, struct err *e)
{
        conf_each(struct phone_proxy_conf, p, &c->store->proxy.phone_proxies)
                if (!strcmp(p->ctl_file, f->o.name) && phone_proxy_applied(c->store, p->o.name))
                        return err_set(e, ERR_INUSE,
                                       "ctl-file %s cannot be changed: phone-proxy %s uses it in an applied service "
                                       "policy",
                                       f->o.name, p->o.name);
        return 0;
}

static int state_locked(struct conf_ctx *c, const void *obj, struct err *e)
{
        return in_applied(c, obj, e);
}

static int line_locked(struct conf_ctx *c, const void *obj, struct err *e)
{
        const F *f = obj;

        if (in_applied(c, f, e) < 0)
                return -1;
        return f->up ? err_set(e, ERR_INUSE, "ctl-file %s is active: shutdown first", f->o.name) : 0;
}

/* ---- lines ---- */

static bool is_role(const struct conf_obj *o, enum ctl_entry_role role)
{
        return ((const R *)(const void *)o)->role == role;
}

static int check_entry(struct conf_ctx *c, void *obj, struct err *e)
{
        const F *f = conf_object(c);
        const R *r = obj;
        char text[ADDR_TEXT_MAX];

        if (!addr_is_v4(&r->addr) || !r->addr.v4)
                return err_set(e, ERR_SUPPORT, "%s cannot stand in a CTL file: an IPv4 address is needed",
                               addr_print(&r->addr, text));
        if (conf_list_find(&f->entries, r->o.name))
                return 0;
        if (f->entries.n >= CTL_ENTRIES_MAX)
                return err_set(e, ERR_LIMIT, "at most %d record entries", CTL_ENTRIES_MAX);
        conf_each(struct conf_obj, o, &f->entries)
                if (r->role == CTL_ENTRY_CAPF && is_role(o, CTL_ENTRY_CAPF))
                        return err_set(e, ERR_LIMIT, "only one capf record-entry is allowed");
        return 0;
}

/* The operator knows the file by the name in the line, not by where the flash is. */
static int unread(const F *f, const char *path, const struct err *why, struct err *e)
{
        const char *at = strstr(why->text, path);

        if (!at)
                return err_set(e, why->code, "%s: %.200s", f->cluster_file, why->text);
        return err_set(e, why->code, "%.*s%s%s", (int)(at - why->text), why->text, f->cluster_file,
                       at + strlen(path));
}

/* *text NULL: there is none to read. */
static int read_cluster(struct conf_ctx *c, const F *f, uint8_t **text, size_t *n, struct err *e)
{
        struct err why = { 0 };
        char path[512];

        *text = NULL;
        *n = 0;
        if (!*f->cluster_file || !c->box || !*c->box->flash)
                return 0;
        if (flash_path(c->box, f->cluster_file, path, sizeof path, e) < 0)
                return -1;
        return file_read(path, CTL_BYTES_MAX, text, n, &why) < 0 ? unread(f, path, &why, e) : 0;
}

static int ensure(struct conf_ctx *c, const F *f, struct err *e)
{
        uint8_t *cluster;
        size_t n;
        int ret;

        if (read_cluster(c, f, &cluster, &n, e) < 0)
                return -1;
        ret = ctl_ensure(c->keys, f, &c->store->pki, cluster, n, e);
        mem_free_secret(cluster);
        return ret;
}

/* Before the line counts its assets are there. A load goes on without them and says so. */
static int check_up(struct conf_ctx *c, void *obj, struct err *e)
{
        const F *f = obj;
        struct err why = { 0 };

        if (!f->up || !c->keys || ensure(c, f, &why) == 0)
                return 0;
        if (!c->late)
                return err_set(e, why.code, "%s", why.text);
        conf_warning(c, "ctl-file %s is not made: %s", f->o.name, why.text);
        return 0;
}

static const struct cmd_bind entry_bind[] = {
        BIND_KEY("capf", R, role, CTL_ENTRY_CAPF),
        BIND_KEY("cucm", R, role, CTL_ENTRY_CUCM),
        BIND_KEY("cucm-tftp", R, role, CTL_ENTRY_CUCM_TFTP),
        BIND_KEY("tftp", R, role, CTL_ENTRY_TFTP),
        BIND("TP", R, trustpoint),
        BIND("SERVER", R, addr),
        BIND("DOMAIN", R, domain),
        { 0 },
};
static const struct cmd_bind bind[] = {
        BIND_DFLT("N", F, sast, CTL_SAST_DEFAULT), BIND("FILE", F, cluster_file), BIND_FLAG("shutdown", F, up), { 0 }
};

static const struct cmd_row rows[] = {
        { ROW_LIST,
          "record-entry {capf|cucm|cucm-tftp|tftp} trustpoint TP:ref(trustpoint) address SERVER:addr "
          "[domain-name DOMAIN:word(255)]",
          "A server whose certificate phones trust, at the address they dial", entry_bind, DIRTY_PKI,
          offsetof(F, entries), .check = check_entry, .locked = line_locked },
        { ROW_LEAF, "sast N:u32(1-5)", "How many security tokens", bind, DIRTY_PKI, .dflt = "sast 2",
          .locked = line_locked },
        { ROW_LEAF, "cluster-ctl-file FILE:word(255)", "An existing CTL file on flash", bind, DIRTY_PKI,
          .locked = line_locked },
        { ROW_LEAF, "shutdown", "Stop using the CTL file; without: make it and sign it", bind, DIRTY_PKI,
          .flags = ROW_INVERSE, .dflt = "shutdown", .check = check_up, .locked = state_locked },
        END,
};
static const struct cmd_mode mode = { "config-ctl-file", "CTL file configuration commands:", rows };

/* ---- the object ---- */

static void init_file(struct conf_ctx *c, void *obj)
{
        (void)c;
        ctl_file_conf_init(obj);
}

/* Keys and tokens stay on flash: with the same name the same phones trust it again. */
static int remove_file(struct conf_ctx *c, void *obj, struct err *e)
{
        const F *f = obj;
        char where[160];

        if (store_in_use(c->store, "ctl-file", f->o.name, where, sizeof where))
                return err_set(e, ERR_INUSE, "unable to delete ctl-file (%s). ctl-file is being used: %s", f->o.name,
                               where);
        if (c->keys && !c->late)
                ctl_withdraw(c->keys, f->o.name);
        return 0;
}

const struct cmd_row rows_ctl_file[] = {
        { ROW_MODE, "ctl-file NAME:newname(64)", "Configure a CTL file", NULL, DIRTY_PKI, STORE(pki.ctl_files), &mode,
          .kind_name = "ctl-file", .init = init_file, .remove = remove_file },
        END,
};

/* ---- what a phone proxy needs ---- */

/* The address at which phones find the host of this network object; false: it cannot be said here. */
static bool mapped_of(const struct store *s, const struct object_nat_conf *n, struct addr *out)
{
        const struct netobj_conf *o;

        switch (n->mapped_kind) {
        case MAPPED_ADDR:
                *out = n->mapped;
                return true;
        case MAPPED_OBJECT:
                o = conf_list_find(&s->policy.netobjs, n->mapped_obj);
                if (o)
                        *out = o->a;
                return o && o->kind == NETOBJ_HOST;
        case MAPPED_INTERFACE:
                conf_each(struct iface_conf, i, &s->net.ifaces)
                        if (!strcmp(i->nameif, n->mapped_if))
                                *out = i->ip;
                return out->fam != ADDR_NONE;
        }
        return false;
}

static bool has_tftp_record(const F *f, const struct addr *a)
{
        conf_each(R, r, &f->entries)
                if ((r->role == CTL_ENTRY_TFTP || r->role == CTL_ENTRY_CUCM_TFTP) && addr_eq(&r->addr, a))
                        return true;
        return false;
}

/* A static rule of the server's own address and, where it names a service, of its port. */
static bool is_of_server(const struct store *s, const struct object_nat_conf *n, const struct pp_tftp_conf *t)
{
        const struct netobj_conf *o = conf_list_find(&s->policy.netobjs, n->o.name);

        return !n->dynamic && o && o->kind == NETOBJ_HOST && addr_eq(&o->a, &t->addr) &&
               (!n->svc_proto || (n->svc_proto == 17 && n->svc_real == t->port));
}

/* Phones dial a mapped address of the server, or its own where it has none. */
static int check_server(const struct store *s, const F *f, const struct pp_tftp_conf *t, struct err *e)
{
        struct addr dialled = t->addr;
        char real[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX];
        bool mapped = false;

        conf_each(struct object_nat_conf, n, &s->nat.object_nats) {
                struct addr a = { 0 };

                if (!is_of_server(s, n, t))
                        continue;
                if (!mapped_of(s, n, &a) || has_tftp_record(f, &a))
                        return 0;
                dialled = a;
                mapped = true;
        }
        if (*f->cluster_file || (!mapped && has_tftp_record(f, &dialled)))
                return 0;
        addr_print(&dialled, text);
        if (!mapped)
                return err_set(e, ERR_REF, "ctl-file %s has no record-entry with the TFTP role for %s", f->o.name,
                               text);
        return err_set(e, ERR_REF,
                       "ctl-file %s has no record-entry with the TFTP role for %s, where phones find the TFTP server "
                       "%s",
                       f->o.name, text, addr_print(&t->addr, real));
}

void ctl_file_warn_nat(struct conf_ctx *c, const struct object_nat_conf *gone)
{
        char text[ADDR_TEXT_MAX];
        struct addr a = { 0 };

        if (gone->dynamic || !mapped_of(c->store, gone, &a))
                return;
        conf_each(F, f, &c->store->pki.ctl_files)
                conf_each(struct ctl_entry_conf, r, &f->entries)
                        if (f->up && addr_eq(&r->addr, &a))
                                conf_warning(c,
                                             "ctl-file %s tells phones of %s, which this line made the address of "
                                             "%s: they do not reach it now",
                                             f->o.name, addr_print(&a, text), gone->o.name);
}

int ctl_file_ready(const struct store *s, const struct phone_proxy_conf *p, struct err *e)
{
        const F *f = conf_list_find(&s->pki.ctl_files, p->ctl_file);

        if (!*p->ctl_file) /* phones that are given no files need none */
                return p->tftp_servers.n ? err_set(e, ERR_STATE, "phone-proxy %s does not have a ctl-file configured",
                                                   p->o.name)
                                         : 0;
        if (!f || !f->up)
                return err_set(e, ERR_STATE, "phone-proxy %s uses ctl-file %s, which is shut down", p->o.name,
                               p->ctl_file);
        conf_each(struct pp_tftp_conf, t, &p->tftp_servers)
                if (check_server(s, f, t, e) < 0)
                        return -1;
        return 0;
}
