#include "cli/conf/flash_name.h"

#include <string.h>

#include "platform/base/attr.h"
#include "platform/base/str.h"
#include "platform/svc/crash.h"

/* Bytes of `url` that only say which file system it is. */
static size_t scheme_len(const char *url)
{
        if (!strncasecmp(url, "disk0:", 6) || !strncasecmp(url, "flash:", 6))
                return 6;
        return strcasecmp(url, "disk0") ? 0 : 5;
}

const char *flash_name(const char *url)
{
        url += scheme_len(url);
        return url + strspn(url, "/");
}

bool is_flash_url(const char *url)
{
        return scheme_len(url) || !strchr(url, ':');
}

/* Where the part before the last one ends. */
static size_t parent_len(const char *name, size_t n)
{
        while (n && name[n - 1] != '/')
                n--;
        return n ? n - 1 : 0;
}

static bool add_part(char *out, size_t *at, const char *part, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f)
                        return false;
        if (*at + (*at > 0) + len > FLASH_NAME_MAX)
                return false;
        if (*at)
                out[(*at)++] = '/';
        memcpy(out + *at, part, len);
        *at += len;
        return true;
}

bool flash_walk(char out[FLASH_NAME_MAX + 1], size_t *at, const char *path, size_t n, bool clamp)
{
        for (size_t len; n; path += len, n -= len) {
                const char *slash = memchr(path, '/', n);

                len = slash ? (size_t)(slash - path) : n;
                if (!len) {
                        len = 1;
                } else if (len == 2 && !memcmp(path, "..", 2)) {
                        if (!*at && !clamp)
                                return false;
                        *at = parent_len(out, *at);
                } else if ((len != 1 || *path != '.') && !add_part(out, at, path, len)) {
                        return false;
                }
        }
        out[*at] = 0;
        return true;
}

bool flash_resolve(const char *cwd, const char *typed, char out[FLASH_NAME_MAX + 1])
{
        size_t at = 0, scheme = scheme_len(typed);

        if (!scheme && *typed != '/' && !flash_walk(out, &at, cwd, strlen(cwd), false))
                return false;
        return flash_walk(out, &at, typed + scheme, strlen(typed + scheme), false);
}

bool flash_name_ok(const char *name)
{
        for (const char *p = name; *p;) {
                size_t n = strcspn(p, "/");

                if (!n || p[0] == '.')
                        return false;
                p += n + (p[n] == '/');
        }
        return *name && strncmp(name, "pki/", 4) != 0 && strcmp(name, "pki") != 0 && strcmp(name, AAA_FILE) != 0;
}

const char *flash_name_holds(const char *name)
{
        static const struct {
                const char *name, *what;
        } own[] = { { VERSIONS_DIR, VERSIONS_DIR "/ holds what `write memory` saved, nothing else" },
                    { CLOCK_FILE, CLOCK_FILE " holds what `clock set` has done, nothing else" },
                    { CRASH_FILE, CRASH_FILE " holds what a crash left, nothing else" } };

        for (size_t i = 0; i < ARRAY_LEN(own); i++) {
                size_t n = strlen(own[i].name);

                if (!strncmp(name, own[i].name, n) && (!name[n] || name[n] == '/'))
                        return own[i].what;
        }
        return NULL;
}
