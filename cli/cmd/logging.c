/* `logging`: most of it sets a struct log_conf, whose lists are arrays; those lines bring their own pairs. */
#include <string.h>

#include "cli/cmd/logging_class.h"
#include "platform/svc/mail_send.h"
#include "platform/svc/syslog_send.h"
#include "cli/conf/running.h"
#include "platform/base/str.h"

/* ---- logging list NAME ... ---- */
static struct log_list *find_list(struct log_conf *l, const char *name)
{
        for (unsigned i = 0; i < l->nlists; i++)
                if (!strcmp(l->lists[i].name, name))
                        return &l->lists[i];
        return NULL;
}

static bool same_item(const struct log_list_item *x, const struct log_list_item *y)
{
        return x->level == y->level && x->class == y->class && x->lo == y->lo && x->hi == y->hi;
}

static void drop_list(struct log_conf *l, struct log_list *at)
{
        size_t i = (size_t)(at - l->lists);

        memmove(at, at + 1, (l->nlists - i - 1) * sizeof *at);
        l->nlists--;
}

/* The line that uses a list; NULL: none does. */
static const char *list_user(const struct log_conf *l, const char *name)
{
        static const char *const line[] = {
                [LOG_TO_BUFFER] = "logging buffered", [LOG_TO_CONSOLE] = "logging console",
                [LOG_TO_MONITOR] = "logging monitor", [LOG_TO_TRAP] = "logging trap",
                [LOG_TO_ASDM] = "logging asdm",       [LOG_TO_MAIL] = "logging mail",
                [LOG_TO_HISTORY] = "logging history"
        };

        for (unsigned d = 0; d < LOG_DESTS; d++)
                if (!strcmp(l->dest[d].list, name))
                        return line[d];
        return NULL;
}

static int remove_item(struct log_conf *l, const char *name, const struct log_list_item *it, struct err *e)
{
        struct log_list *list = find_list(l, name);
        unsigned i = 0;

        while (list && i < list->n && !same_item(&list->item[i], it))
                i++;
        if (!list || i == list->n)
                return err_set(e, ERR_REF, "the specified line does not exist in the configuration");
        if (list->n == 1 && list_user(l, name))
                return err_set(e, ERR_INUSE, "logging list %s is being used: %s %s", name, list_user(l, name), name);
        memmove(&list->item[i], &list->item[i + 1], (list->n - i - 1) * sizeof list->item[0]);
        if (!--list->n)
                drop_list(l, list);
        return 0;
}

/* 1: it is there already. */
static int add_item(struct log_conf *l, const char *name, const struct log_list_item *it, struct err *e)
{
        struct log_list *list = find_list(l, name);

        for (unsigned i = 0; list && i < list->n; i++)
                if (same_item(&list->item[i], it))
                        return 1;
        if (!list && l->nlists == LOG_LISTS_MAX)
                return err_set(e, ERR_LIMIT, "at most %d logging lists", LOG_LISTS_MAX);
        if (list && list->n == LOG_LIST_ITEMS_MAX)
                return err_set(e, ERR_LIMIT, "at most %d lines in a logging list", LOG_LIST_ITEMS_MAX);
        if (!list) {
                list = &l->lists[l->nlists++];
                *list = (struct log_list){ 0 };
                str_copy(list->name, sizeof list->name, name);
        }
        list->item[list->n++] = *it;
        return 0;
}

static void mark_changed(struct conf_ctx *c)
{
        c->store->dirty |= DIRTY_LOG;
        c->store->edits++;
        c->res->changed = true;
}

static bool parse_ids(const char *s, uint32_t *lo, uint32_t *hi)
{
        uint32_t v[2] = { 0, 0 };
        const struct cmd_type *t = type_find("idrange", 7);
        const struct type_arg ta = { 0 };

        if (t->store(NULL, &ta, s, v, sizeof v, NULL) < 0)
                return false;
        *lo = v[0];
        *hi = v[1];
        return true;
}

static unsigned parse_class(const char *s)
{
        const struct type_arg ta = { 0 };
        unsigned class = 0;

        if (s)
                type_find("logclass", 8)->store(NULL, &ta, s, &class, sizeof class, NULL);
        return class;
}

static int call_list(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        struct log_list_item it = { .level = LOG_L_NONE, .class = parse_class(arg_str(a, "CLASS")) };
        int ret;

        if (arg_str(a, "LEVEL"))
                log_level_parse(arg_str(a, "LEVEL"), &it.level);
        else
                parse_ids(arg_str(a, "IDS"), &it.lo, &it.hi);
        ret = no_form ? remove_item(&c->store->log, arg_str(a, "LIST"), &it, e)
                      : add_item(&c->store->log, arg_str(a, "LIST"), &it, e);
        if (ret == 0)
                mark_changed(c);
        return MIN_OF(ret, 0);
}

static int call_no_list(struct conf_ctx *c, const struct args *a, bool no_form UNUSED, struct err *e)
{
        const char *name = arg_str(a, "LIST");
        struct log_list *list = find_list(&c->store->log, name);

        if (!list)
                return err_set(e, ERR_REF, "the specified line does not exist in the configuration");
        if (list_user(&c->store->log, name))
                return err_set(e, ERR_INUSE, "logging list %s is being used: %s %s", name,
                               list_user(&c->store->log, name), name);
        drop_list(&c->store->log, list);
        mark_changed(c);
        return 0;
}

static void write_lists(struct running *r, const struct cmd_row *row, const void *obj)
{
        const struct log_conf *l = &r->store->log;

        (void)obj;
        for (unsigned i = 0; i < l->nlists; i++)
                for (unsigned k = 0; k < l->lists[i].n; k++) {
                        const struct log_list_item *it = &l->lists[i].item[k];

                        if (it->level != LOG_L_NONE)
                                running_line(r, row, NULL, "logging list %s level %s%s%s", l->lists[i].name,
                                             log_level_name(it->level), it->class ? " class " : "",
                                             it->class ? log_class_name(it->class) : "");
                        else if (it->lo == it->hi)
                                running_line(r, row, NULL, "logging list %s message %u", l->lists[i].name, it->lo);
                        else
                                running_line(r, row, NULL, "logging list %s message %u-%u", l->lists[i].name, it->lo,
                                             it->hi);
                }
}

/* ---- [no] logging message ID [level L] ---- */
static struct log_override *find_override(struct log_conf *l, uint32_t id)
{
        for (unsigned i = 0; i < l->noverrides; i++)
                if (l->overrides[i].id == id)
                        return &l->overrides[i];
        return NULL;
}

static void set_override(struct log_override *o, const struct args *a, bool no_form)
{
        if (arg_str(a, "LEVEL") && !no_form)
                log_level_parse(arg_str(a, "LEVEL"), &o->level);
        else if (arg_str(a, "LEVEL"))
                o->level = LOG_L_NONE;
        else
                o->disabled = no_form;
}

/* A file of another appliance may speak of messages that this one has no occasion to send. */
static const char *message_inert(const struct store *s, const void *override)
{
        const struct log_override *o = override;

        (void)s;
        return log_find_id(o->id) < 0 ? "this message is never sent here" : NULL;
}

static int call_message(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        struct log_conf *l = &c->store->log;
        uint32_t id = arg_u32(a, "ID", 0);
        struct log_override *o = find_override(l, id);
        const struct log_override was = o ? *o : (struct log_override){ .id = id, .level = LOG_L_NONE };
        struct log_override now = was;

        if (no_form && arg_str(a, "LEVEL")) {
                log_level_parse(arg_str(a, "LEVEL"), &now.level);
                if (now.level != was.level)
                        return err_set(e, ERR_REF, "the specified line does not exist in the configuration");
        }
        set_override(&now, a, no_form);
        if (now.level == was.level && now.disabled == was.disabled)
                return 0;
        if (!o && l->noverrides == LOG_OVERRIDES_MAX)
                return err_set(e, ERR_LIMIT, "at most %d messages can be changed", LOG_OVERRIDES_MAX);
        if (!o)
                o = &l->overrides[l->noverrides++];
        *o = now;
        if (now.level == LOG_L_NONE && !now.disabled)
                *o = l->overrides[--l->noverrides];
        else if (message_inert(c->store, &now))
                conf_inert(c, message_inert(c->store, &now));
        mark_changed(c);
        return 0;
}

static void write_messages(struct running *r, const struct cmd_row *row, const void *obj)
{
        const struct log_conf *l = &r->store->log;

        (void)obj;
        for (unsigned i = 0; i < l->noverrides; i++) {
                if (l->overrides[i].level != LOG_L_NONE)
                        running_line(r, row, &l->overrides[i], "logging message %u level %s", l->overrides[i].id,
                                     log_level_name(l->overrides[i].level));
                if (l->overrides[i].disabled)
                        running_line(r, row, &l->overrides[i], "no logging message %u", l->overrides[i].id);
        }
}

/* ---- destinations ---- */
static int check_dest(struct conf_ctx *c, void *obj, struct err *e)
{
        struct log_conf *l = &c->store->log;

        (void)obj;
        for (unsigned d = 0; d < LOG_DESTS; d++) {
                struct log_filter *f = &l->dest[d];

                if (*f->list && !find_list(l, f->list))
                        return err_set(e, ERR_REF, "logging list %s does not exist", f->list);
        }
        return 0;
}

#define L(f) log.f
static const struct cmd_bind bind[] = {
        BIND_FLAG("enable", struct store, L(enable)),
        BIND_FLAG("on", struct store, L(enable)),
        BIND_FLAG("timestamp", struct store, L(timestamp)),
        BIND_FLAG("rfc5424", struct store, L(rfc5424)),
        BIND_FLAG("emblem", struct store, L(emblem)),
        BIND_FLAG("permit-hostdown", struct store, L(permit_hostdown)),
        BIND("N", struct store, L(queue)),
        BIND_FLAG("debug-trace", struct store, L(debug_trace)),
        BIND_DFLT("SIZE", struct store, L(buffer_size), 4096),
        BIND_DFLT("FACILITY", struct store, L(facility), 20),
        BIND_TAGGED("DEVICE", struct store, sys.log_device_text, L(device), LOG_DEV_STRING),
        BIND_TAGGED("IFC", struct store, sys.log_device_ifc, L(device), LOG_DEV_ADDRESS),
        BIND_KEY("hostname", struct store, L(device), LOG_DEV_HOSTNAME),
        BIND_KEY("context-name", struct store, L(device), LOG_DEV_CONTEXT),
        BIND("BUFFER", struct store, L(dest[LOG_TO_BUFFER])),
        BIND("CONSOLE", struct store, L(dest[LOG_TO_CONSOLE])),
        BIND("MONITOR", struct store, L(dest[LOG_TO_MONITOR])),
        BIND("TRAP", struct store, L(dest[LOG_TO_TRAP])),
        BIND("ASDM", struct store, L(dest[LOG_TO_ASDM])),
        BIND("MAIL", struct store, L(dest[LOG_TO_MAIL])),
        BIND("FROM", struct store, sys.mail_from),
        BIND_DFLT("ASDM-SIZE", struct store, L(asdm_size), 100),
        BIND("HISTORY", struct store, L(dest[LOG_TO_HISTORY])),
        { 0 },
};

static const struct cmd_bind host_bind[] = {
        BIND("IFC", struct loghost_conf, nameif),
        BIND("A", struct loghost_conf, addr),
        BIND_OPT("PORT", struct loghost_conf, port, 0),
        BIND_OPTFLAG("emblem", struct loghost_conf, emblem),
        { 0 },
};

/* The protocol is always typed, so the port is always printed. */
static const struct cmd_bind tcp_bind[] = {
        BIND("IFC", struct loghost_conf, nameif),
        BIND("A", struct loghost_conf, addr),
        { .name = "PORT", FIELD_(struct loghost_conf, port), .flags = BIND_ATTR | BIND_ALWAYS },
        BIND_OPTFLAG("secure", struct loghost_conf, secure),
        { .name = "IDENTITY", FIELD_(struct loghost_conf, identity), .flags = BIND_ATTR },
        { 0 },
};

static const struct cmd_bind rate_bind[] = {
        BIND_OPTFLAG("unlimited", struct lograte_conf, r.unlimited),
        { .name = "MESSAGES", FIELD_(struct lograte_conf, r.n), .flags = BIND_ATTR | BIND_ALWAYS },
        BIND_OPT("SECONDS", struct lograte_conf, r.seconds, 1),
        BIND_DFLT("LEVEL", struct lograte_conf, r.level, LOG_L_NONE),
        BIND("ID", struct lograte_conf, r.id),
        { 0 },
};

static void init_rate(struct conf_ctx *c UNUSED, void *obj)
{
        struct lograte_conf *r = obj;

        r->r = (struct log_rate){ .level = LOG_L_NONE, .seconds = 1 };
}

static int check_rate(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct lograte_conf *r = obj;

        if (c->store->sys.log_rates.n >= LOG_RATES_MAX && !conf_list_find(&c->store->sys.log_rates, r->o.name))
                return err_set(e, ERR_LIMIT, "at most %d logging rate-limit lines", LOG_RATES_MAX);
        return 0;
}

static const char *rate_inert(const struct store *s UNUSED, const void *obj)
{
        const struct lograte_conf *r = obj;

        return r->r.id && log_find_id(r->r.id) < 0 ? "this message is never sent here" : NULL;
}

static int check_host(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        if (c->store->sys.log_hosts.n + c->store->sys.log_tcp.n > SYSLOG_HOSTS_MAX)
                return err_set(e, ERR_LIMIT, "at most %u syslog servers", SYSLOG_HOSTS_MAX);
        return 0;
}

/* ---- mail ---- */

static int check_address(const char *a, struct err *e)
{
        return mail_address_ok(a) ? 0 : err_set(e, ERR_RANGE, "%s is not a mail address", a);
}

static int check_from(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        return *c->store->sys.mail_from ? check_address(c->store->sys.mail_from, e) : 0;
}

static const struct cmd_bind to_bind[] = {
        BIND("TO", struct mail_to_conf, address),
        BIND_OPT("LEVEL", struct mail_to_conf, level, LOG_L_NONE),
        { 0 },
};

static void init_to(struct conf_ctx *c UNUSED, void *obj)
{
        ((struct mail_to_conf *)obj)->level = LOG_L_NONE;
}

static int check_to(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct mail_to_conf *to = obj;
        const struct conf_list *l = &c->store->sys.mail_to;

        if (l->n >= MAIL_TO_MAX && !conf_list_find(l, to->o.name))
                return err_set(e, ERR_LIMIT, "at most %u logging recipient-address lines", MAIL_TO_MAX);
        return check_address(to->address, e);
}

#define LEAF(g, hlp, ...)                                                                                            \
        {                                                                                                            \
                ROW_LEAF, g, hlp, .bind = bind, .dirty = DIRTY_LOG, ##__VA_ARGS__                                    \
        }
#define KEPT(g, hlp, why, ...)                                                                                       \
        {                                                                                                            \
                ROW_INERT, g, hlp, .list = STORE(sys.inert), .inert = why, ##__VA_ARGS__                             \
        }

const struct cmd_row rows_logging[] = {
        LEAF("logging enable", "Enable logging to all destinations"),
        LEAF("logging on", "Enable logging to all destinations", .flags = ROW_HIDDEN),
        LEAF("logging timestamp [rfc5424]", "Put the time in front of messages"),
        LEAF("logging emblem", "The EMBLEM format for the buffer, the console and the monitor"),
        { ROW_CALL, "logging list LIST:newname(64) {level LEVEL:level [class CLASS:logclass]|message IDS:idrange}",
          "A list of messages, by number or severity", .call = call_list, .write = write_lists },
        { ROW_CALL, "logging list LIST:newname(64)", "A list of messages, by number or severity",
          .call = call_no_list, .flags = ROW_NO_ONLY },
        LEAF("logging buffer-size SIZE:u32(4096-1048576)", "Bytes of the log buffer"),
        LEAF("logging buffered BUFFER:logfilter", "Messages kept in the log buffer", .check = check_dest),
        LEAF("logging console CONSOLE:logfilter", "Messages shown on the console", .check = check_dest),
        LEAF("logging monitor MONITOR:logfilter", "Messages shown in sessions after terminal monitor",
             .check = check_dest),
        LEAF("logging trap TRAP:logfilter", "Messages sent to syslog servers", .check = check_dest),
        { ROW_CALL, "logging class CLASS:logclass " CLASS_PAIRS, "Severities of a class of messages, by destination",
          .call = class_call, .write = class_write },
        { ROW_CALL, "logging class CLASS:logclass [D1:logdest]", "Severities of a class of messages, by destination",
          .call = class_call, .flags = ROW_HIDDEN },
        LEAF("logging facility FACILITY:u32(16-23)", "Facility of messages sent"),
        LEAF("logging device-id string DEVICE:word(64)", "A text of your own"),
        LEAF("logging debug-trace [persistent]", "Debugging output goes into message 711001"),
        { ROW_CALL, "logging message ID:u32(100000-999999) [level LEVEL:level]", "One message: switch, severity",
          .call = call_message, .write = write_messages, .inert_if = message_inert },
        { ROW_LIST,
          "logging rate-limit {unlimited|MESSAGES:u32(0-2147483647) [SECONDS:u32(0-2147483647)]} "
          "{level LEVEL:level|message ID:u32(100000-999999)}",
          "At most so many messages in so many seconds", rate_bind, DIRTY_LOG, STORE(sys.log_rates),
          .init = init_rate, .check = check_rate, .inert_if = rate_inert },
        LEAF("logging device-id {hostname|context-name}", "Text in front of each message"),
        LEAF("logging device-id ipaddress IFC:nameif", "The address of an interface"),
        LEAF("logging queue N:u32(0-8192)", "Messages of each thread that may wait, 0: as many as fit"),
        LEAF("logging permit-hostdown", "New connections also while a syslog server by TCP is down"),
        { ROW_LIST, "logging host IFC:nameif A:addr [PORT:logport(udp)] [format emblem]",
          "A syslog server, reached by UDP", host_bind, DIRTY_LOG, STORE(sys.log_hosts), .check = check_host },
        { ROW_LIST,
          "logging host IFC:nameif A:addr PORT:logport(tcp) "
          "[secure [reference-identity IDENTITY:ref(reference-identity)]]",
          "A syslog server, reached by TCP or TLS", tcp_bind, DIRTY_LOG, STORE(sys.log_tcp), .check = check_host },
        LEAF("logging asdm-buffer-size ASDM-SIZE:u32(100-512)", "Messages of the second buffer"),
        LEAF("logging history HISTORY:logfilter", "Messages sent as notifications of SNMP", .check = check_dest),
        LEAF("logging asdm ASDM:logfilter", "Messages kept in a second buffer, that of ASDM", .check = check_dest),
        LEAF("logging mail MAIL:logfilter", "Messages sent by mail", .check = check_dest),
        LEAF("logging from-address FROM:word(127)", "Whom mail comes from", .check = check_from),
        { ROW_LIST, "logging recipient-address TO:word(127) [level LEVEL:level]", "Who gets mail", to_bind, DIRTY_LOG,
          STORE(sys.mail_to), .init = init_to, .check = check_to },
        KEPT("logging standby", "Messages of a standby unit", "there is no failover"),
        KEPT("logging {flash-bufferwrap|ftp-bufferwrap}", "What becomes of a full buffer",
             "the buffer is saved by logging savelog only"),
        KEPT("logging ftp-server SERVER:word(127) PATH:word(127) USER:word(64) PASSWORD:secret(64)",
             "Where ftp-bufferwrap would send the buffer", "the buffer is saved by logging savelog only",
             .flags = ROW_SINGLE),
        KEPT("logging flash-maximum-allocation KBYTES:u32(4-15750000)", "Kilobytes that saved buffers may take",
             "there is no such function", .flags = ROW_SINGLE),
        KEPT("logging flash-minimum-free KBYTES:u32(4-15750000)", "Kilobytes that saved buffers leave free",
             "there is no such function", .flags = ROW_SINGLE),
        KEPT("logging hide username", "Hide unknown user names", "there is no such function"),
        END,
};
