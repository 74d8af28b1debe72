/* `debug`: each session has its own wishes; a family is on while some session wants it. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/session/console.h"
#include "cli/exec/debug_call.h"

#define BIT(f) (1u << (f))

/* Without a word on what, all of it. */
static uint32_t phone_proxy_families(const struct args *a)
{
        const uint32_t media = BIT(DBG_PP_MEDIA_EVENTS) | BIT(DBG_PP_MEDIA_ERRORS);
        const uint32_t signaling = BIT(DBG_PP_SIGNALING_EVENTS) | BIT(DBG_PP_SIGNALING_ERRORS);
        const uint32_t tftp = BIT(DBG_PP_TFTP_EVENTS) | BIT(DBG_PP_TFTP_ERRORS);
        const uint32_t events = BIT(DBG_PP_MEDIA_EVENTS) | BIT(DBG_PP_SIGNALING_EVENTS) | BIT(DBG_PP_TFTP_EVENTS);
        uint32_t mask = media | signaling | tftp;

        if (arg_has(a, "media"))
                mask = media;
        if (arg_has(a, "signaling"))
                mask = signaling;
        if (arg_has(a, "tftp"))
                mask = tftp;
        if (arg_has(a, "events"))
                mask &= events;
        if (arg_has(a, "errors"))
                mask &= ~events;
        return mask;
}

/* Which families a typed command means. */
static uint32_t families(const struct args *a)
{
        uint32_t mask = 0;

        if (arg_has(a, "mmp"))
                mask |= BIT(DBG_MMP);
        if (arg_has(a, "tls-proxy")) {
                if (arg_has(a, "events"))
                        mask |= BIT(DBG_TLSP_EVENTS);
                else if (arg_has(a, "errors"))
                        mask |= BIT(DBG_TLSP_ERRORS);
                else if (arg_has(a, "packets"))
                        mask |= BIT(DBG_TLSP_PACKETS);
                else
                        mask |= BIT(DBG_TLSP_EVENTS) | BIT(DBG_TLSP_ERRORS) | BIT(DBG_TLSP_PACKETS);
        }
        if (arg_has(a, "sip"))
                mask |= BIT(DBG_SIP);
        if (arg_has(a, "skinny"))
                mask |= BIT(DBG_SKINNY);
        if (arg_has(a, "phone-proxy"))
                mask |= phone_proxy_families(a);
        if (arg_has(a, "dns"))
                mask |= BIT(DBG_DNS);
        if (arg_has(a, "icmp"))
                mask |= BIT(DBG_ICMP_TRACE);
        if (arg_has(a, "crypto"))
                mask |= BIT(DBG_CRYPTO_CA);
        if (arg_has(a, "tftp") && !arg_has(a, "phone-proxy"))
                mask |= BIT(DBG_TFTP);
        return mask;
}

static void want(struct session *s, uint32_t mask)
{
        struct box *b = session_box(s);

        session_set_debugs(s, mask);
        if (b->consoles)
                console_debugs_changed(b->consoles);
}

static void show_families(struct session *s, uint32_t mask)
{
        table_list(session_table(s), "debugs");
        for (unsigned f = 0; f < DBG_FAMILIES; f++)
                if (mask & BIT(f))
                        ROW(s, "debug %s  enabled at level %s\n",
                            cell_str("debug", debug_family_name((enum debug_family)f)), cell_num("level", 1));
        table_close(session_table(s));
}

/* With `logging debug-trace` lines go to message 711001 and nowhere else: say so. */
static void note_redirection(struct session *s)
{
        struct log *l = session_box(s)->log;
        struct log_conf *c = l ? mem_alloc(MEM_CLI, sizeof *c) : NULL;

        if (!c)
                return;
        log_get_conf(l, c);
        if (c->debug_trace)
                out(s, "INFO: 'logging debug-trace' is enabled. All debug messages are currently being redirected to "
                       "syslog:711001 and will not appear in any monitor session\n");
        mem_free(c);
}

static int debug_start(struct session *s, const struct args *a, struct err *e UNUSED)
{
        uint32_t mask = families(a);

        want(s, session_debugs(s) | mask);
        note_redirection(s);
        show_families(s, mask);
        return 0;
}

/* What a call shows in; whatever else was on stays so, about whom is followed alone. */
#define CALL_FAMILIES                                                                                                \
        (BIT(DBG_SIP) | BIT(DBG_SKINNY) | BIT(DBG_TLSP_EVENTS) | BIT(DBG_TLSP_ERRORS) | BIT(DBG_PP_MEDIA_EVENTS) |   \
         BIT(DBG_PP_MEDIA_ERRORS) | BIT(DBG_PP_SIGNALING_EVENTS) | BIT(DBG_PP_SIGNALING_ERRORS) |                    \
         BIT(DBG_PP_TFTP_EVENTS) | BIT(DBG_PP_TFTP_ERRORS))

static int debug_call(struct session *s, const struct args *a, struct err *e)
{
        struct follow f;

        if (debug_call_follow(s, a, &f, e) < 0)
                return -1;
        session_set_follow(s, &f);
        want(s, session_debugs(s) | CALL_FAMILIES);
        note_redirection(s);
        out(s, "debug call %s  enabled, other lines are not shown\n", f.what);
        return 0;
}

static int debug_call_end(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        if (session_follows(s)[0])
                want(s, session_debugs(s) & ~CALL_FAMILIES);
        session_set_follow(s, NULL);
        return 0;
}

static int debug_end(struct session *s, const struct args *a, struct err *e UNUSED)
{
        if (arg_has(a, "all") && !arg_has(a, "tls-proxy") && !arg_has(a, "dns"))
                session_set_follow(s, NULL);
        want(s, arg_has(a, "all") && !arg_has(a, "tls-proxy") && !arg_has(a, "dns")
                        ? 0
                        : session_debugs(s) & ~families(a));
        return 0;
}

static int show_debug(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        if (session_follows(s)[0])
                PUT(s, "debug call %s  enabled, other lines are not shown\n", cell_str("call", session_follows(s)));
        else
                PUT(s, "", cell_null("call"));
        show_families(s, session_debugs(s));
        return 0;
}

#define FAMILIES                                                                                                     \
        "mmp|inspect tls-proxy [{all|errors|events|packets}]|icmp trace|crypto ca [{messages|transactions}] "        \
        "[LEVEL:u32(1-255)]|dns [{all|resolver}] [LEVEL:u32(1-255)]|tftp|sip [LEVEL:u32(1-255)]|skinny "             \
        "[LEVEL:u32(1-255)]|phone-proxy "                                                                            \
        "[{media|signaling|tftp} [{events|errors}]]"
#define WHAT "{" FAMILIES "}"
#define WHAT_OR_ALL "{all|" FAMILIES "}"

const struct exec_row exec_debug[] = {
        { "debug " WHAT, "Show what happens, in this session", 15, debug_start },
        { "debug call {phone PHONE:word(24)|address ADDRESS:addr|id CALL:u32(1-4294967295)}",
          "Show what happens to one phone or call only", 15, debug_call },
        { "no debug call", "Show what happens to everybody again", 15, debug_call_end },
        { "undebug call", "The same as no debug call", 15, debug_call_end },
        { "no debug " WHAT_OR_ALL, "Stop showing what happens", 15, debug_end },
        { "undebug " WHAT_OR_ALL, "The same as no debug", 15, debug_end },
        { "show debug", "Show the debugs of this session", 15 | EXEC_TABLE, show_debug },
        { 0 },
};
