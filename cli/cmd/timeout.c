#include "cli/cmd/rows.h"
#include "cli/lang/grammar.h"
#include "policy/policy_rt.h"

#define T(f) policy.timeouts.f
static const struct cmd_bind bind[] = {
        BIND_SHOWN("XLATE", struct store, T(xlate), 10800),
        BIND_SHOWN("PAT", struct store, T(pat_xlate), 30),
        BIND_SHOWN("CONN", struct store, T(conn), 3600),
        BIND_SHOWN("HALF", struct store, T(half_closed), 600),
        BIND_SHOWN("UDP", struct store, T(udp), 120),
        BIND_SHOWN("ICMP", struct store, T(icmp), 2),
        BIND("SCTP", struct store, T(sctp)),
        BIND_SHOWN("SUNRPC", struct store, T(sunrpc), 600),
        BIND_SHOWN("HRAS", struct store, T(h323), 300),
        BIND_SHOWN("HCALL", struct store, T(h225), 3600),
        BIND_SHOWN("MGCP", struct store, T(mgcp), 300),
        BIND_SHOWN("MGCPPAT", struct store, T(mgcp_pat), 300),
        BIND_SHOWN("SIP", struct store, T(sip), 1800),
        BIND_SHOWN("MEDIA", struct store, T(sip_media), 120),
        BIND_SHOWN("INVITE", struct store, T(sip_invite), 180),
        BIND_SHOWN("DISCONNECT", struct store, T(sip_disconnect), 120),
        BIND_SHOWN("PROVISIONAL", struct store, T(sip_provisional), 120),
        BIND_SHOWN("UAUTH", struct store, T(uauth), 300),
        BIND_KEY_DFLT("absolute", struct store, T(uauth_absolute), 1, 1),
        BIND_SHOWN("REASSEMBLY", struct store, T(tcp_proxy_reassembly), 60),
        BIND_SHOWN("FLOATING", struct store, T(floating_conn), 0),
        { 0 },
};

/* 0:00:00 means never; otherwise a connection gets the time to be used at all. */
static int check_conn(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct timeout_conf *t = &c->store->policy.timeouts;

        (void)obj;
        if (t->conn && t->conn < 300)
                return err_set(e, ERR_RANGE, "timeout conn is 0:00:00 or at least 0:05:00");
        if (t->half_closed && t->half_closed < 30)
                return err_set(e, ERR_RANGE, "timeout half-closed is 0:00:00 or at least 0:00:30");
        if ((t->udp && t->udp < 60) || (t->icmp && t->icmp < 2))
                return err_set(e, ERR_RANGE, "timeout udp is at least 0:01:00, timeout icmp at least 0:00:02");
        return 0;
}

/* Calls and subscriptions must outlive their own silences: an audio pause, a ringing telephone. */
static int check_sip(struct conf_ctx *c, void *obj, struct err *e)
{
        static const struct {
                const char *name;
                size_t field;
                uint32_t min, max;
                bool never; /* 0:00:00 is a value of its own */
                const char *range;
        } rows[] = {
                { "sip", offsetof(struct timeout_conf, sip), 300, 4294800, true, "0:00:00 or 0:05:00 to 1193:00:00" },
                { "sip_media", offsetof(struct timeout_conf, sip_media), 60, UINT32_MAX, false, "at least 0:01:00" },
                { "sip-invite", offsetof(struct timeout_conf, sip_invite), 60, 1800, false, "0:01:00 to 0:30:00" },
                { "sip-disconnect", offsetof(struct timeout_conf, sip_disconnect), 1, 600, false,
                  "0:00:01 to 0:10:00" },
                { "sip-provisional-media", offsetof(struct timeout_conf, sip_provisional), 60, 1800, false,
                  "0:01:00 to 0:30:00" },
        };

        (void)obj;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                uint32_t v;

                memcpy(&v, (const char *)&c->store->policy.timeouts + rows[i].field, sizeof v);
                if ((v < rows[i].min || v > rows[i].max) && !(rows[i].never && !v))
                        return err_set(e, ERR_RANGE, "timeout %s is %s", rows[i].name, rows[i].range);
        }
        return 0;
}

static int check_xlate(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        if (c->store->policy.timeouts.xlate < 60)
                return err_set(e, ERR_RANGE, "timeout xlate is at least 0:01:00");
        return 0;
}

/* Lines for what is not there are printed with their defaults; only other values claim something. */
static const char *phones_inert(const struct store *s, const void *obj)
{
        const struct timeout_conf *t = &s->policy.timeouts;

        (void)obj;
        return t->sunrpc != 600 || t->h323 != 300 || t->h225 != 3600 || t->mgcp != 300 || t->mgcp_pat != 300
                       ? "these protocols are not inspected"
                       : NULL;
}

static const char *sip_inert(const struct store *s, const void *obj)
{
        const struct timeout_conf *t = &s->policy.timeouts;

        (void)obj;
        if (policy_engine_active(INSPECT_SIP))
                return NULL;
        return t->sip != 1800 || t->sip_media != 120 || t->sip_invite != 180 || t->sip_disconnect != 120
                       ? "SIP is not inspected"
                       : NULL;
}

static const char *uauth_inert(const struct store *s, const void *obj)
{
        const struct timeout_conf *t = &s->policy.timeouts;

        (void)obj;
        if (t->uauth != 300)
                return "users are not authenticated";
        return t->sip_provisional != 120 && !policy_engine_active(INSPECT_SIP) ? "SIP is not inspected" : NULL;
}

static const char *rest_inert(const struct store *s, const void *obj)
{
        const struct timeout_conf *t = &s->policy.timeouts;

        (void)obj;
        return t->tcp_proxy_reassembly != 60 || t->floating_conn ? "not a timer of this appliance" : NULL;
}

#define LINE(g, hlp, ...)                                                                                            \
        {                                                                                                            \
                ROW_LEAF, g, hlp, bind, DIRTY_POLICY | DIRTY_NAT | DIRTY_INSPECT, .flags = ROW_MERGE, ##__VA_ARGS__  \
        }
#define ALONE(g, hlp, ...)                                                                                           \
        {                                                                                                            \
                ROW_LEAF, g, hlp, bind, DIRTY_POLICY | DIRTY_INSPECT, .flags = ROW_MERGE | ROW_HIDDEN, ##__VA_ARGS__ \
        }

const struct cmd_row rows_timeout[] = {
        LINE("timeout xlate XLATE:duration", "Idle time until a translation is freed", .check = check_xlate),
        LINE("timeout pat-xlate PAT:duration", "Time until a port of a PAT address is used again"),
        LINE("timeout conn CONN:duration [half-closed HALF:duration] [udp UDP:duration] [sctp SCTP:duration] "
             "[icmp ICMP:duration]",
             "Idle time until a connection ends", .check = check_conn),
        LINE("timeout sunrpc SUNRPC:duration [h323 HRAS:duration] [h225 HCALL:duration] [mgcp MGCP:duration] "
             "[mgcp-pat MGCPPAT:duration]",
             "Idle times of inspected protocols", .inert_if = phones_inert),
        LINE("timeout sip SIP:duration [sip_media MEDIA:duration] [sip-invite INVITE:duration] "
             "[sip-disconnect DISCONNECT:duration]",
             "Idle times of SIP", .check = check_sip, .inert_if = sip_inert),
        LINE("timeout sip-provisional-media PROVISIONAL:duration [uauth UAUTH:duration [absolute]]",
             "Idle times of provisional media and users", .check = check_sip, .inert_if = uauth_inert),
        LINE("timeout tcp-proxy-reassembly REASSEMBLY:duration", "Time to complete a message of a proxied flow",
             .inert_if = rest_inert),
        LINE("timeout floating-conn FLOATING:duration", "Time until a better route is used", .inert_if = rest_inert),
        ALONE("timeout half-closed HALF:duration", "Idle time of half-closed connections", .check = check_conn),
        ALONE("timeout udp UDP:duration", "Idle time of UDP connections", .check = check_conn),
        ALONE("timeout icmp ICMP:duration", "Idle time of ICMP connections", .check = check_conn),
        ALONE("timeout h323 HRAS:duration", "Idle time of H.323", .inert_if = phones_inert),
        ALONE("timeout h225 HCALL:duration", "Idle time of H.225", .inert_if = phones_inert),
        ALONE("timeout mgcp MGCP:duration", "Idle time of MGCP", .inert_if = phones_inert),
        ALONE("timeout mgcp-pat MGCPPAT:duration", "Idle time of MGCP PAT", .inert_if = phones_inert),
        ALONE("timeout sip_media MEDIA:duration", "Idle time of SIP media", .check = check_sip,
              .inert_if = sip_inert),
        ALONE("timeout sip-invite INVITE:duration", "Idle time of pinholes", .check = check_sip,
              .inert_if = sip_inert),
        ALONE("timeout sip-disconnect DISCONNECT:duration", "Idle time of a cancelled call", .check = check_sip,
              .inert_if = sip_inert),
        ALONE("timeout uauth UAUTH:duration [absolute]", "Idle time of an authenticated user",
              .inert_if = uauth_inert),
        END,
};
