/* Pieces of HTTP that are text: escapes, credentials, media types, status words. */
#include <ctype.h>
#include <mbedtls/base64.h>
#include <string.h>
#include <strings.h>

#include "platform/base/mem.h"
#include "platform/svc/http_req.h"

const char *http_status_text(unsigned status)
{
        static const struct {
                unsigned status;
                const char *text;
        } t[] = {
                { 100, "Continue" },
                { 200, "OK" },
                { 400, "Bad Request" },
                { 401, "Unauthorized" },
                { 403, "Forbidden" },
                { 404, "Not Found" },
                { 405, "Method Not Allowed" },
                { 408, "Request Timeout" },
                { 413, "Content Too Large" },
                { 414, "URI Too Long" },
                { 431, "Request Header Fields Too Large" },
                { 500, "Internal Server Error" },
                { 501, "Not Implemented" },
                { 503, "Service Unavailable" },
                { 505, "HTTP Version Not Supported" },
        };

        for (size_t i = 0; i < sizeof t / sizeof *t; i++)
                if (t[i].status == status)
                        return t[i].text;
        return "Error";
}

/* ---- %XX ---- */

static int hex(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One octet at p[*i], which moves behind it; -1: an escape that is none. */
static int octet_at(const char *p, size_t n, size_t *i, bool plus)
{
        int hi, lo;

        if (p[*i] != '%')
                return p[*i] == '+' && plus ? (++*i, ' ') : (unsigned char)p[(*i)++];
        if (n - *i < 3)
                return -1;
        hi = hex(p[*i + 1]);
        lo = hex(p[*i + 2]);
        *i += 3;
        return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

bool http_decode(const char *p, size_t n, bool plus, char *out, size_t cap)
{
        size_t len = 0;

        for (size_t i = 0; i < n;) {
                int c = octet_at(p, n, &i, plus);

                if (c < ' ' || c == 0x7f || len + 1 >= cap)
                        return false;
                out[len++] = (char)c;
        }
        if (!cap)
                return false;
        out[len] = 0;
        return true;
}

/* ---- credentials ---- */

static bool plain(const char *p, size_t n, char *out, size_t cap)
{
        if (n >= cap)
                return false;
        for (size_t i = 0; i < n; i++)
                if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
                        return false;
        memcpy(out, p, n);
        out[n] = 0;
        return true;
}

bool http_basic(const char *authorization, char *user, size_t user_cap, char *password, size_t password_cap)
{
        unsigned char text[HTTP_FIELD_KEPT];
        const char *p = authorization, *colon;
        size_t n = 0;
        bool ok;

        if (strncasecmp(p, "Basic ", 6) != 0)
                return false;
        p += 6 + strspn(p + 6, " ");
        if (mbedtls_base64_decode(text, sizeof text, &n, (const unsigned char *)p, strlen(p)) != 0)
                return false;
        colon = memchr(text, ':', n);
        ok = colon && plain((char *)text, (size_t)(colon - (char *)text), user, user_cap) &&
             plain(colon + 1, n - (size_t)(colon + 1 - (char *)text), password, password_cap);
        mem_wipe(text, sizeof text);
        return ok;
}

/* ---- Accept ---- */

/* "; q=0" and "; q=0.000" say that it is not wanted. */
static bool weightless(const char *p, size_t n)
{
        for (size_t i = 0; i + 2 < n; i++) {
                if (p[i] != ';')
                        continue;
                while (i + 1 < n && p[i + 1] == ' ')
                        i++;
                if (i + 3 < n && tolower((unsigned char)p[i + 1]) == 'q' && p[i + 2] == '=')
                        return strspn(p + i + 3, "0.") >= strcspn(p + i + 3, ",; ");
        }
        return false;
}

bool http_accepts(const char *accept, const char *type)
{
        size_t len = strlen(type);

        for (const char *p = accept; *p;) {
                size_t n = strcspn(p, ",");
                size_t blank = strspn(p, " \t");

                if (n >= blank + len && !strncasecmp(p + blank, type, len) &&
                    strspn(p + blank + len, " \t;,") + (p[blank + len] == 0) > 0)
                        return !weightless(p, n);
                p += n + (p[n] == ',');
        }
        return false;
}
