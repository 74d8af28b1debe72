/* What the next start uses, and where configurations are by habit. */
#include "cli/conf/boot_config.h"
#include "cli/box/box.h"
#include "cli/cmd/rows.h"
#include "platform/base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- boot config ---- */
static const struct cmd_bind config_bind[] = { BIND("FILE", struct store, sys.boot_config), { 0 } };

/* Kept in one form, told as the ASA does. */
static int settle(struct conf_ctx *c, char *typed, size_t cap, struct err *e)
{
        char url[BOOT_NAME_MAX + 16];

        if (is_flash_url(typed) && flash_name_holds(flash_name(typed)))
                return err_set(e, ERR_REF, "%s: %s", typed, flash_name_holds(flash_name(typed)));
        if (!is_flash_url(typed) || !boot_config_ok(flash_name(typed)))
                return err_set(e, ERR_SYNTAX, "%s is not the name of a file on flash: disk0:/FILE", typed);
        snprintf(url, sizeof url, "disk0:/%s", flash_name(typed));
        if (strcmp(url, typed) != 0)
                conf_info(c, "Converting %s to %s", typed, url);
        str_copy(typed, cap, url);
        return 0;
}

static int check_boot(struct conf_ctx *c, void *obj, struct err *e)
{
        struct sys_conf *s = &((struct store *)obj)->sys;

        return *s->boot_config ? settle(c, s->boot_config, sizeof s->boot_config, e) : 0;
}

/* Would a save fail for want of a directory, or because there is one of this name? */
static bool warn_of_place(struct conf_ctx *c, const char *name)
{
        char path[512];
        size_t flash = (size_t)snprintf(path, sizeof path, "%s/", c->box->flash);
        struct stat st;
        char *slash;

        snprintf(path + flash, sizeof path - flash, "%s", name);
        if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
                conf_warning(c, "disk0:/%s is a directory: write memory cannot save there", name);
                return true;
        }
        slash = strrchr(path + flash, '/');
        if (!slash)
                return false;
        *slash = 0;
        if (!stat(path, &st) && S_ISDIR(st.st_mode))
                return false;
        conf_warning(c, "there is no directory disk0:/%s: make it (mkdir) before write memory", path + flash);
        return true;
}

/* A start that does not find it is what nobody wants: said while there is time. */
static void after_boot(struct conf_ctx *c, void *obj, bool no_form)
{
        const struct store *s = obj;
        char path[512], saved[BOOT_NAME_MAX + 1];

        (void)no_form;
        if (!c->box || !*c->box->flash || c->late)
                return;
        if (warn_of_place(c, boot_config_name(s)))
                return;
        boot_config_get(c->box->flash, saved);
        if (!strcmp(saved, boot_config_name(s)))
                return;
        snprintf(path, sizeof path, "%s/%s", c->box->flash, boot_config_name(s));
        conf_info(c,
                  access(path, F_OK)
                          ? "disk0:/%s is not there yet; write memory makes it, and a start reads it then"
                          : "disk0:/%s is read at a start, and written over, from the next write memory on",
                  boot_config_name(s));
}

const struct cmd_row rows_boot[] = {
        { ROW_INERT, "boot system FILE:word(200)", "Image to boot", .list = STORE(sys.inert),
          .inert = "the host chooses the program" },
        { ROW_LEAF, "boot config FILE:word(255)",
          "The file that the configuration is saved to and read from at a start", config_bind, .dirty = DIRTY_SYS,
          .check = check_boot, .after = after_boot },
        END,
};

/* ---- tftp-server ---- */
static const struct cmd_bind tftp_bind[] = { BIND("IFC", struct store, sys.tftp.nameif),
                                             BIND("HOST", struct store, sys.tftp.host),
                                             BIND("FILE", struct store, sys.tftp.file),
                                             { 0 } };

const struct cmd_row rows_tftp_server[] = {
        { ROW_LEAF, "tftp-server IFC:nameif HOST:addr FILE:word(200)",
          "Where `configure net` and `write net` find the configuration", tftp_bind, .dirty = DIRTY_SYS },
        END,
};
