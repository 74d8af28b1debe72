#include "cli/conf/boot_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/conf/store.h"
#include "platform/base/file.h"
#include "platform/base/str.h"

#define POINTER ".boot-config"

bool boot_config_ok(const char *name)
{
        size_t n = strlen(name);

        return n <= BOOT_NAME_MAX && flash_name_ok(name) && name[n - 1] != '/' && !flash_name_holds(name);
}

const char *boot_config_name(const struct store *s)
{
        return *s->sys.boot_config ? flash_name(s->sys.boot_config) : STARTUP_FILE;
}

static void pointer_path(const char *flash, char path[512])
{
        snprintf(path, 512, "%.400s/" POINTER, flash);
}

/* Nobody but us writes it, and yet it is read as if anybody had. */
static bool take(char *text, char *out)
{
        char *nl = strchr(text, '\n');

        if (!nl || nl[1])
                return false;
        *nl = 0;
        return boot_config_ok(text) && str_copy(out, BOOT_NAME_MAX + 1, text);
}

bool boot_config_get(const char *flash, char out[BOOT_NAME_MAX + 1])
{
        char path[512];
        uint8_t *text;
        size_t n;
        bool good;

        str_copy(out, BOOT_NAME_MAX + 1, STARTUP_FILE);
        pointer_path(flash, path);
        if (access(path, F_OK) < 0)
                return errno == ENOENT;
        if (file_read(path, BOOT_NAME_MAX + 1, &text, &n, NULL) < 0)
                return false;
        good = strlen((const char *)text) == n && take((char *)text, out);
        mem_free_secret(text);
        return good;
}

int boot_config_forget(const char *flash, struct err *e)
{
        char path[512];

        pointer_path(flash, path);
        return !unlink(path) || errno == ENOENT ? 0 : err_set(e, ERR_IO, POINTER ": %s", strerror(errno));
}

int boot_config_set(const char *flash, const char *name, struct err *e)
{
        char path[512], is[BOOT_NAME_MAX + 1], line[BOOT_NAME_MAX + 2];
        struct err why = { 0 };
        int n = snprintf(line, sizeof line, "%s\n", name);

        if (boot_config_get(flash, is) && !strcmp(is, name))
                return 0;
        pointer_path(flash, path);
        if (!file_write_atomic(path, line, (size_t)n, 0600, false, &why))
                return 0;
        return err_set(e, ERR_IO, "disk0:/%s is written, but the next start reads disk0:/%s: %s", name, is, why.text);
}
