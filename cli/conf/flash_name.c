#include "cli/conf/flash_name.h"

#include <string.h>

#include "platform/base/str.h"

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
