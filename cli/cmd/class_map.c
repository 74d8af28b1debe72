#include <string.h>

#include "cli/cmd/phone_proxy.h"
#include "cli/cmd/rows.h"
#include "policy/policy_rt.h"

/* ---- class-map ---- */
#define C struct class_conf
static const struct cmd_bind class_bind[] = {
        BIND("TEXT", C, description),
        BIND_KEY("any", C, match, CM_ANY),
        BIND_TAGGED("ACL", C, acl, match, CM_ACL),
        { .name = "tcp", FIELD_(C, l4), .val = 6, .flags = BIND_KEYWORD, TAG_(C, match, CM_PORT) },
        { .name = "udp", FIELD_(C, l4), .val = 17, .flags = BIND_KEYWORD, TAG_(C, match, CM_PORT) },
        BIND("PORT", C, port),
        BIND_KEY("default-inspection-traffic", C, match, CM_DEFAULT_INSPECTION),
        { 0 },
};

static int check_match(struct conf_ctx *c, void *obj, struct err *e)
{
        const C *m = obj;

        (void)c;
        if (m->match == CM_PORT && m->port.op == PORT_RANGE && m->port.lo > m->port.hi)
                return err_set(e, ERR_RANGE, "the range ends before it begins");
        return 0;
}

static const struct cmd_row class_rows[] = {
        { ROW_LEAF, "description TEXT:line(200)", "Description of the class", class_bind, .dirty = DIRTY_SYS },
        { ROW_LEAF,
          "match {any|access-list ACL:ref(access-list)|port {tcp PORT:tcpeq|udp "
          "PORT:udpeq}|default-inspection-traffic}",
          "What the class matches", class_bind, DIRTY_POLICY, .check = check_match, .flags = ROW_ONCE,
          .once = "Multiple match commands are not supported except for the 'match tunnel-group or "
                  "default-inspect-traffic' command." },
        { ROW_INERT, "match {dscp|flow|precedence|rtp|tunnel-group|user} WHAT:line(200)", "What the class matches",
          .list = offsetof(C, kept), .inert = "packets are not classified so: the class matches nothing by it",
          .flags = 0 },
        END,
};
static const struct cmd_mode class_mode = { "config-cmap", "MPF class-map configuration commands:", class_rows };

const struct cmd_row rows_class_map[] = {
        { ROW_MODE, "class-map NAME:newname(40)", "Configure a class of traffic", NULL, DIRTY_POLICY,
          STORE(policy.classes), &class_mode, .kind_name = "class-map", .init = init_class },
        END,
};

/* ---- inspect ---- */
#define I struct inspect_conf
static int check_inspect(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct class_action_conf *cl = conf_object(c);
        const I *i = obj;

        if (i->engine == INSPECT_MMP && !*i->tls_proxy)
                return err_set(e, ERR_SYNTAX, "inspect mmp needs a tls-proxy");
        if (*i->phone_proxy && phone_proxy_ready(c, i->phone_proxy, e) < 0)
                return -1;
        conf_each(I, o, &cl->inspects) {
                if (o->engine == i->engine)
                        return err_set(e, ERR_EXISTS,
                                       "Inspect configuration of this type exists, first remove\n"
                                       "that configuration and then add the new configuration");
                if (strcmp(cl->o.name, "inspection_default") != 0)
                        return err_set(e, ERR_EXISTS, "a class other than inspection_default has one inspection");
        }
        return 0;
}

static const char *inspect_inert(const struct store *s, const void *obj)
{
        enum inspect_id id = ((const I *)obj)->engine;

        (void)s;
        return policy_engine_active(id) ? NULL : "there is no engine for this protocol: it is not inspected";
}

#define NAMED(id) BIND_OPT(#id, I, id, 0)
static const struct cmd_bind inspect_bind[] = {
#define INSPECT(id, name) BIND_KEY(name, I, engine, INSPECT_##id),
#include "platform/base/inspect_id.def"
#undef INSPECT
        BIND_OPT("DNSMAP", I, map, 0),
        BIND_OPT("SIPMAP", I, map, 0),
        BIND_OPT("SKINNYMAP", I, map, 0),
        BIND_OPT("TLSPROXY", I, tls_proxy, 0),
        BIND_OPT("PHONEPROXY", I, phone_proxy, 0),
        { 0 },
};

#define TLSPROXY "tls-proxy TLSPROXY:ref(tls-proxy)"
#define PROXIES "{" TLSPROXY "|phone-proxy PHONEPROXY:ref(phone-proxy)}"
#define INSPECT_LINE                                                                                                 \
        "inspect {dns [DNSMAP:ref(dns-map)]|ftp|h323 h225|h323 ras|ip-options|netbios|rsh|rtsp|"                     \
        "skinny [SKINNYMAP:ref(skinny-map)] [" PROXIES "]|esmtp|sqlnet|sunrpc|tftp|"                                 \
        "sip [SIPMAP:ref(sip-map)] [" PROXIES "]|xdmcp|ctiqbe|http|icmp|icmp error|mgcp|pptp|snmp|mmp " TLSPROXY "}"

/* ---- set connection ---- */
#define A struct class_action_conf
static const struct cmd_bind set_bind[] = {
        BIND("MAX", A, conn_max),
        BIND("EMBRYONIC", A, embryonic_max),
        BIND("CLIENT", A, per_client_max),
        BIND("CLIENTEMB", A, per_client_embryonic_max),
        BIND_KEY_DFLT("enable", A, random_seq, 1, -1),
        BIND_KEY_DFLT("disable", A, random_seq, 0, -1),
        BIND("HALFOPEN", A, embryonic_s),
        BIND("HALFCLOSED", A, half_closed_s),
        BIND("IDLE", A, idle_s),
        BIND_FLAG("reset", A, idle_reset),
        BIND_FLAG("dcd", A, dcd),
        BIND("RETRY", A, dcd_retry_s),
        BIND("TIMES", A, dcd_times),
        { 0 },
};

static int check_set(struct conf_ctx *c, void *obj, struct err *e)
{
        A *a = obj;

        (void)c;
        (void)e;
        a->set_conn = a->conn_max || a->embryonic_max || a->per_client_max || a->per_client_embryonic_max ||
                      a->idle_s || a->embryonic_s || a->half_closed_s || a->random_seq >= 0;
        return 0;
}

static const char *set_inert(const struct store *s, const void *obj)
{
        (void)s;
        return ((const A *)obj)->random_seq >= 0 ? "sequence numbers are passed as they are" : NULL;
}

static const char *dcd_inert(const struct store *s UNUSED, const void *obj)
{
        return ((const A *)obj)->dcd ? "`dcd`: hosts are not asked whether they are alive" : NULL;
}

/* ---- police ---- */
#define POLICE_BIND(dir)                                                                                             \
        BIND("RATE", A, police[dir].rate), BIND("BURST", A, police[dir].burst),                                      \
                BIND_KEY("cdrop", A, police[dir].conform, POLICE_DROP),                                              \
                BIND_KEY("ctransmit", A, police[dir].conform, POLICE_TRANSMIT),                                      \
                BIND_KEY("edrop", A, police[dir].exceed, POLICE_DROP),                                               \
                BIND_KEY("etransmit", A, police[dir].exceed, POLICE_TRANSMIT),                                       \
        {                                                                                                            \
                0                                                                                                    \
        }
static const struct cmd_bind input_bind[] = { POLICE_BIND(POLICE_INPUT) };
static const struct cmd_bind output_bind[] = { POLICE_BIND(POLICE_OUTPUT) };

static int check_police(struct conf_ctx *c, void *obj UNUSED, struct err *e)
{
        unsigned n = 0;

        conf_each(struct policy_map_conf, pm, &c->store->policy.policies)
                conf_each(A, a, &pm->classes)
                        for (unsigned d = 0; d < POLICE_DIRS; d++)
                                n += a->police[d].rate != 0;
        if (n <= POLICE_LINES_MAX)
                return 0;
        return err_set(e, ERR_LIMIT, "policy maps have more than %u police actions", POLICE_LINES_MAX);
}

#define POLICE_LINE(dir)                                                                                             \
        "police " dir " RATE:u32(8000-2000000000) [BURST:u32(1000-512000000)] "                                      \
        "[conform-action {drop@cdrop|transmit@ctransmit}] [exceed-action {drop@edrop|transmit@etransmit}]"

#define NO_ENGINE "there is no engine for this protocol: it is not inspected"
#define KEPT(g, hlp, why) KEPT_IN(offsetof(A, kept), g, hlp, why)
#define LIMIT "u32(0-2000000)"
static const struct cmd_row action_rows[] = {
        { ROW_LEAF,
          "set connection {conn-max MAX:" LIMIT " [embryonic-conn-max EMBRYONIC:" LIMIT
          "] [per-client-max CLIENT:" LIMIT "] [per-client-embryonic-max CLIENTEMB:" LIMIT
          "] [random-sequence-number {enable|disable}]|"
          "embryonic-conn-max EMBRYONIC:" LIMIT " [per-client-max CLIENT:" LIMIT
          "] [per-client-embryonic-max CLIENTEMB:" LIMIT "] [random-sequence-number {enable|disable}]|"
          "per-client-max CLIENT:" LIMIT " [per-client-embryonic-max CLIENTEMB:" LIMIT
          "] [random-sequence-number {enable|disable}]|"
          "per-client-embryonic-max CLIENTEMB:" LIMIT " [random-sequence-number {enable|disable}]|"
          "random-sequence-number {enable|disable}}",
          "Limits of connections", set_bind, DIRTY_POLICY, .flags = ROW_MERGE, .check = check_set,
          .inert_if = set_inert },
        { ROW_LEAF,
          "set connection timeout {embryonic HALFOPEN:duration [half-closed HALFCLOSED:duration] "
          "[idle IDLE:duration [reset]] [dcd [RETRY:duration [TIMES:u32(1-255)]]]|half-closed HALFCLOSED:duration [idle IDLE:duration [reset]] [dcd [RETRY:duration [TIMES:u32(1-255)]]]|"
          "idle IDLE:duration [reset] [dcd [RETRY:duration [TIMES:u32(1-255)]]]|dcd [RETRY:duration [TIMES:u32(1-255)]]}",
          "Idle times of connections", set_bind, DIRTY_POLICY, .flags = ROW_MERGE, .check = check_set,
          .inert_if = dcd_inert },
        { ROW_LEAF, POLICE_LINE("input"), "Limit the rate at which the class comes in", input_bind, DIRTY_POLICY,
          .check = check_police },
        { ROW_LEAF, POLICE_LINE("output"), "Limit the rate at which the class goes out", output_bind, DIRTY_POLICY,
          .check = check_police },
        { ROW_LIST, INSPECT_LINE, "Configure protocol inspection", inspect_bind, DIRTY_POLICY, offsetof(A, inspects),
          .check = check_inspect, .inert_if = inspect_inert },
        KEPT("inspect dns DNSMAP:ref(dns-map) dynamic-filter-snoop", "Bad hosts in answers", NO_ENGINE),
        KEPT("inspect {esmtp|ftp|h323 h225|h323 ras|http|ip-options|mgcp|netbios|rtsp|snmp} WHAT:line(100)",
             "Inspections with a map", NO_ENGINE),
        KEPT("inspect {dcerpc|diameter|gtp|ils|im|ipsec-pass-thru|ipv6|lisp|radius-accounting|scansafe|waas} "
             "[WHAT:line(100)]",
             "Inspections", NO_ENGINE),
        KEPT("set connection {advanced-options|decrement-ttl} [WHAT:line(100)]", "How connections are changed",
             "packets are passed as they are"),
        KEPT("set connection timeout tcp WHAT:line(100)", "Idle times of TCP, as they were before 8.2",
             "use set connection timeout idle"),
        KEPT("service-policy NAME:word(40)", "A policy for the queues of the class",
             "there are no queues: packets leave in the order they came in"),
        KEPT("priority", "Low latency", "there are no queues: packets leave in the order they came in"),
        KEPT("shape WHAT:line(100)", "A rate that is not exceeded", "packets do not wait: use police"),
        KEPT("{csc|cxsc|ips|sfr} WHAT:line(100)", "Modules that look at traffic",
             "there is no module: traffic passes by"),
        KEPT("{flow-export|user-statistics} WHAT:line(100)", "What is told of flows", "no NetFlow is sent"),
        END,
};
static const struct cmd_mode action_mode = { "config-pmap-c",
                                             "MPF policy map class configuration commands:", action_rows };

/* ---- policy-map ---- */
static const struct cmd_bind pmap_bind[] = { BIND("TEXT", struct policy_map_conf, description), { 0 } };
static const struct cmd_row pmap_rows[] = {
        { ROW_LEAF, "description TEXT:line(200)", "Description of the policy map", pmap_bind, .dirty = DIRTY_SYS },
        { ROW_MODE, "class NAME:ref(class-map)", "What is done with a class", NULL, DIRTY_POLICY,
          offsetof(struct policy_map_conf, classes), &action_mode, .init = init_class_action },
        END,
};
static const struct cmd_mode pmap_mode = { "config-pmap", "MPF policy-map configuration commands:", pmap_rows };

const struct cmd_row rows_policy_map[] = {
        { ROW_MODE, "policy-map NAME:newname(40)", "Configure a policy", NULL, DIRTY_POLICY, STORE(policy.policies),
          &pmap_mode, .kind_name = "policy-map", .init = init_policy_map },
        END,
};

/* ---- service-policy ---- */
#define S struct service_policy_conf
static void service_key(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        if (arg_has(a, "global"))
                text_add(out, "global");
        else if (arg_str(a, "IFC"))
                text_add(out, arg_str(a, "IFC"));
}

static int check_phone_proxies(struct conf_ctx *c, const char *policy, struct err *e)
{
        const struct policy_map_conf *pm = conf_list_find(&c->store->policy.policies, policy);

        if (!pm)
                return 0;
        conf_each(struct class_action_conf, cl, &pm->classes)
                conf_each(I, i, &cl->inspects)
                        if (*i->phone_proxy && phone_proxy_ready(c, i->phone_proxy, e) < 0)
                                return -1;
        return 0;
}

static int check_service(struct conf_ctx *c, void *obj, struct err *e)
{
        const S *s = obj, *old = conf_list_find(&c->store->policy.services, s->o.name);

        if (!old)
                return check_phone_proxies(c, s->policy, e);
        return err_set(e, ERR_EXISTS, "Policy map %s is already configured as a service policy", old->policy);
}

static const struct cmd_bind service_bind[] = {
        BIND("POLICY", S, policy),
        BIND_FLAG("global", S, global),
        BIND("IFC", S, nameif),
        BIND_OPTFLAG("fail-close", S, fail_close),
        { 0 },
};

static const char *service_inert(const struct store *s UNUSED, const void *obj)
{
        return ((const S *)obj)->fail_close ? "`fail-close`: IPv6 is not forwarded" : NULL;
}

const struct cmd_row rows_service_policy[] = {
        { ROW_LIST, "service-policy POLICY:ref(policy-map) {global|interface IFC:nameif} [fail-close]", "Put a policy map in use",
          service_bind, DIRTY_POLICY, STORE(policy.services), .key = service_key, .check = check_service,
          .inert_if = service_inert },
        END,
};
