/* What is done with a name that a phone asks for, and with the contents that its server has. */
#include <stdio.h>

#include "proxy/phone/phone_hosts.h"
#include "proxy/tftp/tftpx_int.h"

static const struct phone_proxy_rt *phone_proxy_of(const struct transfer *x)
{
        return x->t->w->snap ? phone_proxy_by_id(proxy_rt(x->t->w->snap), x->phone_proxy_id) : NULL;
}

/* Whoever asks with the name of a phone that is registered from elsewhere says nothing about that phone's boot. */
static bool is_noted(const struct transfer *x)
{
        return x->file.device[0] &&
               !phone_is_elsewhere(x->t->w->phones, x->phone_proxy_id, x->file.device, x->client_iface, &x->client.a);
}

#define note_file(x, step, ok, ...)                                                                                  \
        do {                                                                                                         \
                if (is_noted(x))                                                                                     \
                        boot_note((x)->t->w->boots, (x)->file.device, (x)->client_iface, &(x)->client.a, step,       \
                                  clock_wall_s((x)->t->w->env.clk), ok, __VA_ARGS__);                                \
        } while (0)

static enum boot_step step_of(const struct transfer *x)
{
        return x->file.kind == PHONE_FILE_CTL ? BOOT_CTL : BOOT_FILE;
}

/* The phone is told, the operator sees why; the step of its boot has failed. */
static void refuse(struct transfer *x, uint16_t code, const char *why)
{
        char a[ADDR_TEXT_MAX];

        pp_error(x, "PP: %s/%u: %s refused: %s", addr_print(&x->client.a, a), x->client.port, x->file.name, why);
        note_file(x, step_of(x), false, "%s refused: %s", x->file.name, why);
        transfer_answer_error(x, code, why);
}

/* ---- the request ---- */

static void unsigned_config(struct transfer *x)
{
        x->t->c.unsigned_config++;
        pp_error(x, "PP: Error requesting unsigned file %s", x->file.name);
        refuse(x, TFTP_E_ACCESS, "a configuration without a signature: it knows no CTL with this TFTP server");
}

/* A phone that asks for its CTL, or for its file, is one from now on: its signalling may come. */
static bool known(struct transfer *x, const struct phone_proxy_rt *pp)
{
        struct phone_row row = { .phone_proxy_id = pp->id,
                                 .iface = x->client_iface,
                                 .at = x->client,
                                 .timeout_ms = pp->timeout_ms,
                                 .mode = !x->told || !pp->params.mixed ? PHONE_MODE_UNKNOWN
                                         : x->clear                    ? PHONE_MODE_CLEAR
                                                                       : PHONE_MODE_SECURE };
        char a[ADDR_TEXT_MAX];

        snprintf(row.device, sizeof row.device, "%s", x->file.device);
        switch (phone_asked(x->t->w->phones, &row)) {
        case PHONE_OK:
                return true;
        case PHONE_ELSEWHERE:
                log_msg(x->t->w->log, LOG_337009, LS(x->client_if), LA(&x->client.a), LS(x->file.device));
                pp_error(x, "PP: %s asks from %s, while it is registered from elsewhere", x->file.device,
                         addr_print(&x->client.a, a));
                return false;
        case PHONE_FULL:
        default:
                return false;
        }
}

static void begin_ctl(struct transfer *x, const struct phone_proxy_rt *pp)
{
        size_t n;
        const uint8_t *p = phone_proxy_ctl(pp, &n);

        if (!p || pp->unusable[0]) { /* a phone that got one would do without us no more */
                refuse(x, TFTP_E_NOT_FOUND, p ? pp->unusable : phone_proxy_ctl_lack(pp));
                return;
        }
        if (!transfer_take(x, p, n)) {
                refuse(x, TFTP_E_UNDEFINED, "no memory for it at present");
                return;
        }
        if (x->file.device[0] && known(x, pp))
                transfer_secure(x);
        else
                file_secured(x);
}

static void begin_config(struct transfer *x, const struct phone_proxy_rt *pp)
{
        if (!phone_proxy_signer(pp) || pp->unusable[0]) {
                refuse(x, TFTP_E_NOT_FOUND, pp->unusable[0] ? pp->unusable : phone_proxy_ctl_lack(pp));
                return;
        }
        transfer_fetch(x, pp->params.mixed ? x->file.name : x->file.base);
}

void file_begin(struct transfer *x)
{
        const struct phone_proxy_rt *pp = phone_proxy_of(x);
        char a[ADDR_TEXT_MAX];

        if (x->file.kind == PHONE_FILE_BAD) {
                x->t->c.names++;
                pp_error(x, "PP: %s/%u: a name was refused: it %s", addr_print(&x->client.a, a), x->client.port,
                         x->file.why);
                transfer_answer_error(x, TFTP_E_ACCESS, x->file.why);
                return;
        }
        pp_event(x, "PP: %s/%u requesting %s", addr_print(&x->client.a, a), x->client.port, x->file.name);
        if (!pp) {
                refuse(x, TFTP_E_UNDEFINED, "its phone-proxy no longer exists");
                return;
        }
        x->same_port = pp->tftp_same_port;
        switch (x->file.kind) {
        case PHONE_FILE_CTL:
                begin_ctl(x, pp);
                break;
        case PHONE_FILE_ITL:
                transfer_answer_error(x, TFTP_E_NOT_FOUND, "there is no ITL: the CTL holds");
                break;
        case PHONE_FILE_CLEAR:
                unsigned_config(x);
                break;
        case PHONE_FILE_ENC:
                refuse(x, TFTP_E_ACCESS, "an encrypted configuration cannot be edited");
                break;
        case PHONE_FILE_CONFIG:
                begin_config(x, pp);
                break;
        case PHONE_FILE_SIGNED:
                transfer_fetch(x, x->file.base);
                break;
        default:
                transfer_fetch(x, x->file.name);
        }
}

void file_secured(struct transfer *x)
{
        const struct phone_proxy_rt *pp = phone_proxy_of(x);

        if (!pp) {
                refuse(x, TFTP_E_UNDEFINED, "its phone-proxy no longer exists");
                return;
        }
        if (x->file.kind == PHONE_FILE_CTL) {
                x->t->c.ctl++;
                note_file(x, BOOT_CTL, true, "%s, %zu bytes", x->file.name, x->n);
        }
        if (x->file.kind == PHONE_FILE_CONFIG && debug_on(x->t->w->log, DBG_PP_TFTP_EVENTS)) {
                bool sip = x->told == SECURE_SIP, clear = x->clear || !pp->params.mixed;
                char a[2][ADDR_TEXT_MAX];

                pp_event(x,
                         "PP: Installed application redirect rule from %s to %s using redirect port %u and secure "
                         "port %u",
                         addr_print(&x->client.a, a[0]), addr_print(&x->server.a, a[1]),
                         sip ? 5061u - clear : 2443u - clear * 443u, sip ? 5061u : 2443u);
        }
        transfer_send(x);
}

/* ---- contents ---- */

static bool sign(struct transfer *x, const struct phone_proxy_rt *pp, const void *p, size_t n)
{
        const struct ctl_signer *by = phone_proxy_signer(pp);
        struct err e = { 0 };
        uint8_t *out;
        size_t out_n;
        bool ok;

        if (!by)
                err_set(&e, ERR_REF, "%s", phone_proxy_ctl_lack(pp));
        if (!by || sgn_write(by, x->file.name, clock_wall_s(x->t->w->env.clk), p, n, &out, &out_n, &e) < 0) {
                x->t->c.sign_failed++;
                log_msg(x->t->w->log, LOG_337006, LS(x->file.name), LS(x->client_if), LA(&x->client.a),
                        LU(x->client.port));
                refuse(x, TFTP_E_UNDEFINED, e.text);
                return false;
        }
        ok = transfer_take(x, out, out_n);
        mem_free_secret(out);
        if (!ok)
                refuse(x, TFTP_E_UNDEFINED, "no memory for it at present");
        return ok;
}

/* The payload of what came, where it came signed. false: refused. */
static bool payload(struct transfer *x, struct cur *p, struct ctl_head *h, bool *was_signed)
{
        struct err e = { 0 };
        size_t want = strlen(x->want);

        *p = cur_of(x->fetch.buf, x->fetch.n);
        *was_signed = want > 4 && !strcmp(x->want + want - 4, ".sgn");
        if (!*was_signed || sgn_strip(x->fetch.buf, x->fetch.n, p, h, &e) == 0)
                return true;
        x->t->c.unusable++;
        refuse(x, TFTP_E_UNDEFINED, e.text);
        return false;
}

static void proxy_url(const struct transfer *x, const struct phone_proxy_rt *pp, char *out, size_t cap)
{
        struct addr a = pp->proxy_server;
        uint16_t port = pp->proxy_port;
        char text[ADDR_TEXT_MAX];

        if (!phone_host_global(x->t->w->snap, x->client_iface, &pp->proxy_server, pp->proxy_port, &a, &port)) {
                a = pp->proxy_server;
                port = pp->proxy_port;
        }
        snprintf(out, cap, "%s:%u", addr_print(&a, text), port);
}

static void tell_edits(struct transfer *x, const struct phone_xml_seen *seen, const struct phone_proxy_rt *pp)
{
        if (!debug_on(x->t->w->log, DBG_PP_TFTP_EVENTS))
                return;
        if (seen->sip)
                pp_event(x, "PP: Modifying to TLS as the transport layer protocol.");
        pp_event(x, "PP: Modifying to %s mode.",
                 seen->softphone && pp->cipc_authenticated ? "authenticated" : "encrypted");
        if (!pp->keep_settings)
                pp_event(x, "PP: Modifying PC port / GARP / Voice VLAN / web access / span flags");
}

/* What its cluster thinks of the phone: where that is mixed, one without security is spoken for in clear. */
static void note_mode(struct transfer *x, const struct phone_xml_seen *seen, const struct phone_proxy_rt *pp)
{
        x->told = seen->sip ? SECURE_SIP : SECURE_SCCP;
        x->clear = pp->params.mixed && seen->security_mode < 2 ? x->told : 0;
}

/* A name in it has no address: the operator learns which one and who says so. */
static void tell_no_name(struct transfer *x, const struct phone_hosts *h)
{
        uint32_t held;
        char why[sizeof h->why + PHONE_FILE_MAX + 24];

        x->t->c.no_name++;
        pp_error(x, "PP: Unable to get dns response for %s: %s", h->name, h->why);
        if (!log_limit_take(&x->t->no_name, transfer_now(x->t), &held))
                return;
        snprintf(why, sizeof why, "%s; %s is refused", h->why, x->file.name);
        log_msg(x->t->w->log, LOG_746016, LS(h->name), LS(why));
}

static void unusable(struct transfer *x, const struct phone_hosts *h, const char *why)
{
        x->t->c.unusable++;
        if (h->name[0])
                tell_no_name(x, h);
        pp_error(x, "PP: Callback, error modifying config file %s: %s", x->file.name, why);
        refuse(x, TFTP_E_UNDEFINED, why);
}

/* The edited file in the worker's scratch, *n octets. As phone_xml_edit(); -1: it has been refused. */
static int edit(struct transfer *x, const struct phone_proxy_rt *pp, struct cur in, size_t *n)
{
        struct phone_hosts hosts = {
                .snap = x->t->w->snap, .pp = pp, .phone_iface = x->client_iface, .names = &x->t->w->names
        };
        struct phone_xml_rules rules = { .security_mode = 3,
                                         .softphone_mode = pp->cipc_authenticated ? 2 : 0,
                                         .keep_settings = pp->keep_settings,
                                         .translate = phone_host_translate,
                                         .ctx = &hosts };
        struct wbuf out = wbuf_of(x->t->w->scratch, MIN_OF(SCRATCH_MAX, PHONE_XML_OUT_MAX));
        struct phone_xml_seen seen = { 0 };
        struct err e = { 0 };
        char url[ADDR_TEXT_MAX + 8];
        int ret;

        if (pp->proxy_server.fam) {
                proxy_url(x, pp, url, sizeof url);
                rules.proxy_url = url;
        }
        ret = phone_xml_edit(&rules, in.p, in.left, &out, &seen, &e);
        *n = out.len;
        if (ret == 0) {
                tell_edits(x, &seen, pp);
                note_mode(x, &seen, pp);
        }
        if (ret < 0)
                unusable(x, &hosts, e.text);
        return ret;
}

/* Addresses of names in it are being asked for: it is edited again when some have come. */
static void wait_for_names(struct transfer *x)
{
        struct tftpx *t = x->t;

        if (x->state != TR_NAMES && t->nnaming == TFTPX_NAMING_MAX) {
                t->c.total_limit++;
                refuse(x, TFTP_E_UNDEFINED, "too many files wait for addresses of names");
                return;
        }
        if (x->state != TR_NAMES) {
                pp_event(x, "PP: %s waits for addresses of names in it", x->file.name);
                transfer_leave_server(x);
                x->state = TR_NAMES;
                x->naming = true;
                t->nnaming++;
                x->until_ms = transfer_now(t) + TFTPX_NAMES_MS;
        }
        transfer_arm(x, MIN_OF(transfer_now(t) + TFTPX_NAMES_LOOK_MS, x->until_ms));
}

static void serve_config(struct transfer *x, const struct phone_proxy_rt *pp)
{
        struct ctl_head h;
        const struct name_service *names = &x->t->w->names;
        bool was_signed, signed_ok;
        struct cur p;
        size_t n;
        int ret;

        if (!payload(x, &p, &h, &was_signed))
                return;
        x->news = names->news ? names->news(names->ctx) : 0;
        ret = edit(x, pp, p, &n);
        if (ret > 0)
                wait_for_names(x);
        if (ret)
                return;
        signed_ok = sign(x, pp, x->t->w->scratch, n);
        mem_wipe(x->t->w->scratch, n); /* there are passwords in it */
        if (!signed_ok)
                return;
        x->t->c.config++;
        note_file(x, BOOT_FILE, true, "%s, %zu bytes", x->file.name, x->n);
        if (!x->file.device[0] || known(x, pp))
                transfer_secure(x); /* everybody's file tells of who is known already */
        else
                file_secured(x);
}

/* A .sgn with the manufacturer's signature (no time in it) goes through as it is. */
static void serve_signed(struct transfer *x, const struct phone_proxy_rt *pp)
{
        struct ctl_head h = { 0 };
        bool was_signed, ok;
        struct cur p;

        if (!payload(x, &p, &h, &was_signed))
                return;
        if (was_signed && !h.has_time)
                ok = transfer_take(x, x->fetch.buf, x->fetch.n);
        else
                ok = sign(x, pp, p.p, p.left);
        if (!ok)
                return;
        x->t->c.signed_files++;
        transfer_send(x);
}

void file_fetched(struct transfer *x)
{
        const struct phone_proxy_rt *pp = phone_proxy_of(x);

        if (!pp) {
                refuse(x, TFTP_E_UNDEFINED, "its phone-proxy no longer exists");
        } else if (x->file.kind == PHONE_FILE_CONFIG) {
                serve_config(x, pp);
        } else if (x->file.kind == PHONE_FILE_SIGNED) {
                serve_signed(x, pp);
        } else {
                /* the buffer changes hands within the budget */
                x->data = x->fetch.buf;
                x->n = x->fetch.n;
                x->room = x->fetch.cap;
                x->fetch.buf = NULL;
                x->fetch.cap = 0;
                x->t->c.plain++;
                transfer_send(x);
        }
}

void file_named(struct transfer *x, bool late)
{
        const struct name_service *names = &x->t->w->names;

        if (late)
                refuse(x, TFTP_E_UNDEFINED, "no DNS server has answered in time for the names in it");
        else if (names->news(names->ctx) != x->news)
                file_fetched(x);
        else
                wait_for_names(x);
}

/* ---- what the server does not have ---- */

static void tell_not_found(struct transfer *x)
{
        uint32_t held;

        x->t->c.not_found++;
        if (log_limit_take(&x->t->not_found, tmr_now(evl_timers(x->t->w->evl)), &held))
                log_msg(x->t->w->log, LOG_337007, LS(x->want), LS(x->server_if), LA(&x->server.a),
                        LU(x->server.port));
}

/* The same file with or without its envelope. */
static bool try_other(struct transfer *x)
{
        bool was_base = !strcmp(x->want, x->file.base);

        if (x->again || !x->file.base[0] || x->fetch.lack != TFTP_LACK_FILE)
                return false;
        x->again = true;
        transfer_fetch(x, was_base ? x->file.name : x->file.base);
        return true;
}

void file_missing(struct transfer *x)
{
        char why[sizeof x->fetch.why];
        enum tftp_lack lack = x->fetch.lack;
        uint16_t code = x->fetch.code;

        snprintf(why, sizeof why, "%s", x->fetch.why);
        if (try_other(x))
                return;
        if (lack == TFTP_LACK_FILE) {
                tell_not_found(x);
                code = TFTP_E_NOT_FOUND;
        } else if (lack == TFTP_LACK_SILENT) {
                x->t->c.silent++;
        } else if (lack == TFTP_LACK_SPACE) {
                x->t->c.memory++;
        }
        refuse(x, code, why);
}
