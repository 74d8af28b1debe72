/* `ping` and Enter: the questions of the ASA. */
#include "cli/exec/ping.h"

#include "cli/conf/dialog.h"
#include "cli/exec/util.h"

enum question {
        ASK_TCP,
        ASK_IFC,
        ASK_HOST,
        ASK_PORT,
        ASK_SOURCE,
        ASK_SRC,
        ASK_SRC_PORT,
        ASK_REPEAT,
        ASK_BYTES,
        ASK_TIMEOUT,
        ASK_EXTENDED,
        ASK_SWEEP,
        ASK_END
};

struct ask_state {
        struct session *s;
        struct ping_job job;
        bool tcp, source;
};

static const char *const prompt[] = { [ASK_TCP] = "TCP Ping [n]: ",
                                      [ASK_IFC] = "Interface: ",
                                      [ASK_HOST] = "Target IP address: ",
                                      [ASK_PORT] = "Target IP port: ",
                                      [ASK_SOURCE] = "Specify source? [n]: ",
                                      [ASK_SRC] = "Source IP address: ",
                                      [ASK_SRC_PORT] = "Source IP port: [0] ",
                                      [ASK_REPEAT] = "Repeat count: [5] ",
                                      [ASK_BYTES] = "Datagram size: [100] ",
                                      [ASK_TIMEOUT] = "Timeout in seconds: [2] ",
                                      [ASK_EXTENDED] = "Extended commands [n]: ",
                                      [ASK_SWEEP] = "Sweep range of sizes [n]: " };

static bool is_asked(const struct ask_state *st, unsigned q)
{
        switch (q) {
        case ASK_PORT:
        case ASK_SOURCE:
                return st->tcp;
        case ASK_SRC:
        case ASK_SRC_PORT:
                return st->tcp && st->source;
        case ASK_BYTES:
        case ASK_EXTENDED:
        case ASK_SWEEP:
                return !st->tcp;
        default:
                return true;
        }
}

/* Enter keeps what stands in brackets. */
static int number(const char *answer, unsigned lo, unsigned hi, unsigned *out, struct err *e)
{
        uint32_t v;

        if (!*answer)
                return 0;
        if (!str_u32(answer, lo, hi, &v))
                return err_set(e, ERR_RANGE, "%.40s is no number from %u to %u", answer, lo, hi);
        *out = v;
        return 0;
}

static int yes_or_no(const char *answer, bool *out, struct err *e)
{
        *out = *answer && str_prefix_ci("yes", answer);
        return *out || !*answer || str_prefix_ci("no", answer)
                       ? 0
                       : err_set(e, ERR_SYNTAX, "%.40s: y or n expected", answer);
}

static int no_more(const char *answer, const char *words, struct err *e)
{
        bool wanted;

        if (yes_or_no(answer, &wanted, e) < 0)
                return -1;
        return wanted ? err_set(e, ERR_SUPPORT, "%s", words) : 0;
}

static int port(const char *answer, struct ping_job *j, struct err *e)
{
        unsigned v = 0;

        if (number(answer, 1, 65535, &v, e) < 0)
                return -1;
        j->port = (uint16_t)v;
        return v ? 0 : err_set(e, ERR_SYNTAX, "the port is missing");
}

static int source(struct ask_state *st, const char *answer, struct err *e)
{
        struct ping_job *j = &st->job;

        return addr_of_word(session_box(st->s), answer, &j->src) && addr_is_v4(&j->src)
                       ? 0
                       : err_set(e, ERR_SYNTAX, "%.60s is not an IP address", answer);
}

/* A name that a `name` line gives is no name for the DNS. */
static int target(struct ask_state *st, const char *answer, struct err *e)
{
        struct ping_job *j = &st->job;
        struct addr a;

        if (*answer && addr_of_word(session_box(st->s), answer, &a)) {
                addr_print(&a, j->host);
                return 0;
        }
        return *answer && str_copy(j->host, sizeof j->host, answer)
                       ? 0
                       : err_set(e, ERR_SYNTAX, "the address is missing");
}

static int take(struct ask_state *st, unsigned q, const char *answer, struct err *e)
{
        struct ping_job *j = &st->job;
        unsigned none = 0;

        switch (q) {
        case ASK_TCP:
                return yes_or_no(answer, &st->tcp, e);
        case ASK_IFC:
                return str_copy(j->nameif, sizeof j->nameif, answer)
                               ? 0
                               : err_set(e, ERR_REF, "interface %.60s does not exist", answer);
        case ASK_HOST:
                return target(st, answer, e);
        case ASK_PORT:
                return port(answer, j, e);
        case ASK_SOURCE:
                return yes_or_no(answer, &st->source, e);
        case ASK_SRC:
                return source(st, answer, e);
        case ASK_SRC_PORT:
                return number(answer, 0, 0, &none, e);
        case ASK_REPEAT:
                return number(answer, 1, 99999, &j->repeat, e);
        case ASK_BYTES:
                return number(answer, 36, 1472, &j->bytes, e);
        case ASK_TIMEOUT:
                return number(answer, 1, 3600, &j->timeout_s, e);
        case ASK_EXTENDED:
                return no_more(answer, "there are no extended commands", e);
        default:
                return no_more(answer, "one size at a time: ping HOST size BYTES", e);
        }
}

static enum dialog_next run(struct dialog *d, const struct ask_state *st)
{
        struct err e;

        return (st->tcp ? ping_tcp : ping_echo)(st->s, &st->job, &e) < 0 ? dialog_fail(d, &e) : DIALOG_DONE;
}

static enum dialog_next ask_step(struct dialog *d, const char *answer)
{
        struct ask_state *st = d->state;
        struct err e;

        if (answer && take(st, d->at++, answer + strspn(answer, " "), &e) < 0)
                return dialog_fail(d, &e);
        while (d->at < ASK_END && !is_asked(st, d->at))
                d->at++;
        return d->at < ASK_END ? dialog_ask(d, DIALOG_LINE, "", "%s", prompt[d->at]) : run(d, st);
}

static const struct dialog_row ask_dialog = { "ping", sizeof(struct ask_state), ask_step, NULL };

int ping_ask(struct session *s, const struct args *a UNUSED, struct err *e)
{
        const struct ask_state st = {
                .s = s, .job = { .repeat = PING_REPEAT, .bytes = PING_BYTES, .timeout_s = PING_TIMEOUT_S }
        };

        return session_ask(s, &ask_dialog, &st, e);
}
