/* http ...: whether there is an HTTPS server, and who may use it. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/http/httpd.h"
#include "cli/conf/passwd.h"

#define SSH_PORT 22

/* ---- the server ---- */

static int check_server(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        return c->store->sys.http.port == SSH_PORT ? err_set(e, ERR_RANGE, "port 22 is the SSH server's") : 0;
}

static void after_server(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        if (c->box)
                httpd_look(c->box->http);
        if (!no_form && !c->late && !c->replace && !c->store->policy.box_access[BOX_HTTP].n)
                conf_info(c, "Nobody may connect before \"http NETWORK MASK INTERFACE\".");
}

static void after_times(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        (void)no_form;
        if (c->box)
                httpd_look(c->box->http);
}

static const struct cmd_bind enable_bind[] = {
        BIND_FLAG("enable", struct store, sys.http.enabled),
        BIND_DFLT("PORT", struct store, sys.http.port, HTTP_PORT),
        { 0 },
};
static const struct cmd_bind idle_bind[] = {
        BIND_DFLT("MINUTES", struct store, sys.http.idle_min, HTTP_IDLE_MIN),
        { 0 },
};
static const struct cmd_bind session_bind[] = { BIND("MINUTES", struct store, sys.http.session_min), { 0 } };

/* ---- who may use it ---- */

/* As on the ASA: without users it is the enable password that counts, and none is an answer, too. */
static bool without_password(const struct sys_conf *s)
{
        return !s->aaa.http && (!*s->enable_hash || !strcmp(s->enable_hash, PASSWD_EMPTY_HASH));
}

static void after_access(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        if (no_form || c->late || c->replace)
                return;
        if (without_password(&c->store->sys))
                conf_warning(c, "no password is asked for by HTTPS: use \"enable password\" or "
                                "\"aaa authentication http console LOCAL\"");
        if (!c->store->sys.http.enabled)
                conf_info(c, "There is no HTTPS server before \"http server enable\".");
}

const struct cmd_row rows_http[] = {
        { ROW_LEAF, "http server enable [PORT:u32(1-65535)]", "Enable the HTTPS server", enable_bind,
          .dirty = DIRTY_SYS, .check = check_server, .after = after_server },
        { ROW_LEAF, "http server idle-timeout MINUTES:u32(1-1440)",
          "Minutes until a connection without requests ends", idle_bind, .dirty = DIRTY_SYS, .after = after_times },
        { ROW_LEAF, "http server session-timeout MINUTES:u32(1-1440)", "Minutes until any connection ends",
          session_bind, .dirty = DIRTY_SYS, .after = after_times },
        { ROW_LIST, "http NET:net MASK:netmask IFC:nameif", "Who may use HTTPS", box_access_bind, DIRTY_POLICY,
          STORE(policy.box_access[BOX_HTTP]), .check = check_box_access, .after = after_access },
        KEPT_IN(STORE(sys.inert), "http redirect WHAT:line(200)", "Send HTTP to HTTPS", "nothing is redirected"),
        KEPT_IN(STORE(sys.inert), "http authentication-certificate WHAT:line(200)", "Ask clients for certificates",
                "no client is asked for a certificate"),
        END,
};
