/* Anything from a master agent, behind a session that is up: whole or in two pieces it gets the same answers, which
 * are well formed, and what is answered to GetNext and GetBulk is behind what was asked for. */
#include <stdlib.h>
#include <string.h>

#include "platform/base/mem.h"
#include "tests/support/agentx_master.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
        if (!ok)
                abort();
}

static void fill(void *ctx, struct mib_table *t)
{
        (void)ctx;
        mib_base(t, "1.3.6.1.2.1");
        MIB_TEXT(t, "door", 1, 5, 0);
        MIB_PUT(t, MIB_TICKS, 1, 1, 3, 0);
        MIB_NAME(t, "0.0", 1, 2, 0);
        MIB_PUT(t, MIB_COUNTER64, UINT64_MAX, 31, 1);
        MIB_PUT(t, MIB_ADDRESS, 1, 4, 20);
}

static struct agentx_session *up(const struct clock *clk)
{
        static const char *const subtrees[] = { "1.3.6.1.2.1" };
        static const struct agentx_conf conf = { "fuzz", "box", 1, subtrees, 1 };
        static const struct agentx_mib mib = { NULL, fill };
        struct agentx_session *s = agentx_session_new(clk, &conf, &mib);
        struct master m = { 0 };

        require(s != NULL);
        agentx_session_begin(s);
        master_accept(&m, s);
        require(agentx_session_state(s) == AGENTX_UP);
        return s;
}

static void check_var(struct cur *c, const struct mib_table *t)
{
        uint16_t type = cur_be16(c);
        struct oid name, value;

        cur_be16(c);
        agentx_oid(c, true, &name, NULL);
        if (type == MIB_OCTETS || type == MIB_ADDRESS)
                agentx_octets(c, true);
        else if (type == MIB_OID)
                agentx_oid(c, true, &value, NULL);
        else if (type == MIB_COUNTER64)
                cur_take(c, 8);
        else if (type != MIB_NO_OBJECT && type != MIB_NO_INSTANCE && type != MIB_END)
                cur_take(c, 4);
        require(!c->bad);
        require((type < MIB_NO_OBJECT) == (type != MIB_END && mib_find(t, &name) != NULL));
}

static void check_answer(void *ctx, const struct agentx_pdu *p)
{
        struct cur c = p->body;
        uint16_t error;

        require(p->type == AGENTX_RESPONSE);
        cur_be32(&c);
        error = cur_be16(&c);
        cur_be16(&c);
        require(!c.bad && (!error || !c.left));
        while (c.left)
                check_var(&c, ctx);
}

/* What is ready goes to the end of out, as far as there is room. */
static size_t drain(struct agentx_session *s, uint8_t *out, size_t got, size_t cap)
{
        size_t n, k;
        const uint8_t *p = agentx_session_output(s, &n);

        k = n < cap - got ? n : cap - got;
        if (k)
                memcpy(out + got, p, k);
        agentx_session_sent(s, n);
        return got + k;
}

/* All of it, in pieces of at most `step`; what was answered into out. */
static size_t talk(const uint8_t *data, size_t n, size_t step, uint8_t *out, size_t cap)
{
        struct clock_virtual v = { 0 };
        struct clock clk = clock_of_virtual(&v);
        struct agentx_session *s = up(&clk);
        size_t at = 0, shown = 0, got = 0, left;
        int ret = 0;

        while (shown < n && ret == 0) {
                shown = n - shown < step ? n : shown + step;
                do { /* an answer may have to wait until others are sent */
                        struct cur c = cur_of(data + at, shown - at);

                        left = c.left;
                        ret = agentx_session_input(s, &c);
                        at = shown - c.left;
                        left -= c.left;
                        got = drain(s, out, got, cap);
                } while (ret == 0 && left);
        }
        agentx_session_free(s);
        return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        static uint8_t once[1 << 20], twice[1 << 20];
        size_t a, b;
        struct mib_table t = { 0 };
        struct agentx_pdu p;
        struct cur c;

        if (n > 4096)
                return 0;
        fill(NULL, &t);
        mib_sort(&t);
        a = talk(data, n, n ? n : 1, once, sizeof once);
        b = talk(data, n, n / 2 + 1, twice, sizeof twice);
        require(a == b && !memcmp(once, twice, a));
        for (c = cur_of(once, a); agentx_parse(&c, &p) == PARSE_OK;)
                check_answer(&t, &p);
        require(a == sizeof once || !c.left);
        mib_fini(&t);
        return 0;
}
