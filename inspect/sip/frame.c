/* Where messages begin and end in a stream. Content-Length alone says how long a body is: a stream without one is
 * lost. */
#include "inspect/sip/msg_int.h"

/* The two upper bits of *pos; below them the bytes of the head looked at, or, with BODY, the length of the message.
 */
#define POS_BODY ((size_t)1 << 62)
#define POS_START ((size_t)1 << 61) /* the start line was looked at */
_Static_assert(sizeof(size_t) == 8, "positions carry flags above 32 bits");

static enum sip_parse_result bad(const char **why, const char *text)
{
        *why = text;
        return SIP_BAD;
}

bool sip_skip_crlf(const uint8_t *p, size_t n, size_t *lead, const char **why)
{
        size_t i = 0;

        while (n - i >= 2 && p[i] == '\r' && p[i + 1] == '\n')
                i += 2;
        *lead = i;
        if (i < n && (p[i] == '\n' || (p[i] == '\r' && n - i >= 2)))
                return sip_bad(why, "bare CR or LF");
        return true;
}

/*
 * Looks at p[i..end): end is where an LF stands (lf) or where the bytes end. Line ends are CR LF and nothing else, so
 * that a CR may only be the last byte before it. The byte before i was not followed by anything when it was looked
 * at.
 */
static bool line_ok(const uint8_t *p, size_t i, size_t end, bool lf)
{
        size_t from = i ? i - 1 : 0;
        const uint8_t *cr = end > from ? memchr(p + from, '\r', end - from) : NULL;

        return cr ? (size_t)(cr - p) == end - 1 : !lf;
}

enum sip_parse_result sip_head_scan(const uint8_t *p, size_t n, size_t *pos, const char **why)
{
        size_t most = n < SIP_HEAD_MAX ? n : SIP_HEAD_MAX;

        for (size_t i = *pos; i < most;) {
                const uint8_t *lf = memchr(p + i, '\n', most - i);
                size_t end = lf ? (size_t)(lf - p) : most;

                if (!line_ok(p, i, end, lf))
                        return bad(why, "bare CR or LF");
                if (lf && end >= 3 && p[end - 2] == '\n') {
                        *pos = end + 1;
                        return SIP_OK;
                }
                i = end + (lf != NULL);
        }
        if (n > SIP_HEAD_MAX)
                return bad(why, "headers too long");
        *pos = n;
        return SIP_MORE;
}

/* The first line as soon as it is there: what does not speak SIP is not waited for. */
static bool look_at_start(const uint8_t *p, size_t n, size_t seen, size_t *pos, const char **why)
{
        struct sip_start s;
        const uint8_t *lf;

        if (!lex_is_token((char)p[0]))
                return sip_bad(why, "not SIP");
        seen = seen ? seen - 1 : 0;
        n = n < SIP_HEAD_MAX ? n : SIP_HEAD_MAX;
        lf = memchr(p + seen, '\n', n - seen);
        if (!lf || lf == p || lf[-1] != '\r')
                return true;
        *pos |= POS_START;
        return sip_start_parse(&s, lex_span((const char *)p, (const char *)lf - 1), why);
}

/* The one Content-Length of a complete head. */
static bool find_length(struct str head, int64_t *length, const char **why)
{
        struct sip_hdr_line l;

        *length = -1;
        lex_until(&head, "\n");
        lex_take(&head, 1);
        for (;;) {
                if (!sip_hdr_line_next(&head, &l, why))
                        return false;
                if (!l.all.n)
                        break;
                if (l.id != SIP_H_CONTENT_LENGTH)
                        continue;
                if (*length >= 0)
                        return sip_bad(why, "more than one Content-Length");
                if (!sip_content_length(l.value, length, why))
                        return false;
        }
        return *length >= 0 || sip_bad(why, "no Content-Length on a stream");
}

/* A message at p; *pos as the header says. */
static enum sip_parse_result frame_message(const uint8_t *p, size_t n, size_t *pos, size_t *total, const char **why)
{
        size_t head = *pos & ~(POS_BODY | POS_START);
        int64_t length;

        if (!(*pos & POS_BODY)) {
                if (!(*pos & POS_START) && n > head && !look_at_start(p, n, head, pos, why))
                        return SIP_BAD;
                enum sip_parse_result r = sip_head_scan(p, n, &head, why);
                if (r != SIP_OK) {
                        *pos = head | (*pos & POS_START);
                        return r;
                }
                if (!find_length((struct str){ (const char *)p, head }, &length, why))
                        return SIP_BAD;
                *pos = POS_BODY | (head + (size_t)length);
        }
        *total = *pos & ~POS_BODY;
        return n < *total ? SIP_MORE : SIP_OK;
}

enum sip_parse_result sip_frame(const uint8_t *p, size_t n, size_t *pos, size_t *lead, size_t *total,
                                const char **why)
{
        enum sip_parse_result r;

        *lead = *total = 0;
        if (!*pos && !sip_skip_crlf(p, n, lead, why))
                return SIP_BAD;
        if (n == *lead || (!*pos && p[*lead] == '\r'))
                return *lead ? SIP_OK : SIP_MORE;
        r = frame_message(p + *lead, n - *lead, pos, total, why);
        if (r == SIP_MORE) {
                *total = 0;
                if (!*lead)
                        return SIP_MORE;
                r = SIP_OK;
        }
        *pos = 0;
        return r;
}
