/*
 * RFC 9112, 3 and 4, one space between words:
 *
 *   request-line = token SP 1*VCHAR SP HTTP-version
 *   status-line  = HTTP-version SP 3DIGIT SP [ reason-phrase ]
 */
#include "inspect/mmp/content.h"

#include <string.h>

#define METHOD_MAX 32u
#define TARGET_MAX 8000u

static bool is_token(uint8_t b)
{
        return b > 0x20 && b < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", b);
}

static bool is_version(const struct mmp_http *h)
{
        return h->len == 8 && !memcmp(h->text, "HTTP/1.", 7) && h->text[7] >= '0' && h->text[7] <= '9';
}

static bool is_status(const struct mmp_http *h)
{
        if (h->len != 3)
                return false;
        for (unsigned i = 0; i < 3; i++)
                if (h->text[i] < '0' || h->text[i] > '9')
                        return false;
        return true;
}

static enum mmp_finding decide(struct mmp_http *h, enum mmp_finding f)
{
        h->decided = true;
        return f;
}

/* A word is over; eol: with the line. */
static enum mmp_finding word_end(struct mmp_http *h, bool eol)
{
        bool ok = false;

        if (h->word == 0 && !eol) {
                h->response = is_version(h);
                ok = h->response || (h->token && h->len && h->len <= METHOD_MAX);
        } else if (h->response) {
                return decide(h, is_status(h) ? MMP_FOUND_HTTP_RESPONSE : MMP_FOUND_HTTP_UNKNOWN);
        } else if (h->word == 1 && !eol) {
                ok = h->len && h->len <= TARGET_MAX;
        } else if (h->word == 2 && eol && is_version(h)) {
                return decide(h, MMP_FOUND_HTTP_REQUEST);
        }
        h->word++;
        h->len = 0;
        h->token = true;
        return ok ? MMP_FOUND_NOTHING : decide(h, MMP_FOUND_HTTP_UNKNOWN);
}

static enum mmp_finding octet(struct mmp_http *h, uint8_t b)
{
        bool cr = h->cr;

        h->cr = b == '\r';
        if (b == ' ' || b == '\n')
                return word_end(h, b == '\n');
        if (cr || (b != '\r' && (b < 0x20 || b == 0x7f)) || h->len > TARGET_MAX)
                return decide(h, MMP_FOUND_HTTP_UNKNOWN);
        if (b == '\r')
                return MMP_FOUND_NOTHING;
        if (h->len < HTTP_WORD_MAX)
                h->text[h->len] = (char)b;
        h->token = (h->len ? h->token : true) && is_token(b);
        h->len++;
        return MMP_FOUND_NOTHING;
}

enum mmp_finding mmp_http_data(struct mmp_http *h, struct cur piece)
{
        enum mmp_finding f = MMP_FOUND_NOTHING;

        while (!h->decided && piece.left && f == MMP_FOUND_NOTHING)
                f = octet(h, cur_u8(&piece));
        return f;
}
