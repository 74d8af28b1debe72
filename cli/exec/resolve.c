#include "cli/exec/resolve.h"

#include "platform/svc/dns.h"

#define LOOK_MS 10
#define PATIENCE_MS 90000u /* longer than any question lasts */

int resolve_host(struct session *s, const char *text, struct addr *out, struct err *e)
{
        const struct box *b = session_box(s);
        uint64_t until = clock_mono_ms(b->clk) + PATIENCE_MS;
        enum name_state got = NAME_UNKNOWN;
        struct name_answer a = { .why = "there is no DNS client here" };

        if (addr_parse(text, out) && addr_is_v4(out))
                return 0;
        do {
                got = b->dns ? dns_ask(b->dns, text, &a) : NAME_UNKNOWN;
                if (got == NAME_ASKED && session_aborted(s, LOOK_MS))
                        return err_set(e, ERR_STATE, "%% Invalid Hostname: %.80s: interrupted", text);
        } while (got == NAME_ASKED && clock_mono_ms(b->clk) < until);
        if (got != NAME_KNOWN)
                return err_set(e, ERR_REF, "%% Invalid Hostname: %.80s: %s", text,
                               got == NAME_ASKED ? "no answer" : a.why);
        *out = a.at[0];
        return 0;
}
