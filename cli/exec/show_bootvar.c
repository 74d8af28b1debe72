/* What the next start uses: as it was saved, and as it would be saved now. */
#include "cli/conf/boot_config.h"
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include "cli/conf/store.h"
#include "platform/base/file.h"

#define SYSTEM "boot system "

static void add_image(struct text *t, const char *p, size_t n)
{
        text_add(t, t->n ? ";" : "");
        text_addn(t, p, n);
}

static void now(struct box *b, struct text *images, char config[256])
{
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct inert_conf, i, &b->store->sys.inert)
                if (!strncmp(i->o.name, SYSTEM, strlen(SYSTEM)))
                        add_image(images, i->o.name + strlen(SYSTEM), strlen(i->o.name) - strlen(SYSTEM));
        str_copy(config, 256, b->store->sys.boot_config);
        pthread_mutex_unlock(&b->conf_lock);
}

/* Lines of the saved text. */
static void saved_images(const struct box *b, struct text *images)
{
        char path[512];
        struct err e;
        uint8_t *p;
        size_t n;

        if (startup_path(b, path, sizeof path, &e) || file_read(path, FLASH_FILE_MAX, &p, &n, NULL))
                return;
        for (const char *l = (const char *)p; l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL)
                if (!strncmp(l, SYSTEM, strlen(SYSTEM)))
                        add_image(images, l + strlen(SYSTEM), strcspn(l, "\r\n") - strlen(SYSTEM));
        mem_free_secret(p);
}

static void saved_config(const struct box *b, char config[256])
{
        char name[BOOT_NAME_MAX + 1];

        *config = 0;
        if (*b->flash && boot_config_get(b->flash, name) && strcmp(name, STARTUP_FILE) != 0)
                snprintf(config, 256, "disk0:/%s", name);
}

static int show_bootvar(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct text was = { 0 }, is = { 0 };
        char config[256], next[256];

        saved_images(b, &was);
        saved_config(b, config);
        now(b, &is, next);
        PUT(s, "\nBOOT variable = %s\n", cell_str("boot", text_str(&was)));
        PUT(s, "Current BOOT variable = %s\n", cell_str("current_boot", text_str(&is)));
        PUT(s, "CONFIG_FILE variable = %s\n", cell_str("config_file", config));
        PUT(s, "Current CONFIG_FILE variable = %s\n", cell_str("current_config_file", next));
        text_fini(&was);
        text_fini(&is);
        return 0;
}

const struct exec_row exec_show_bootvar[] = {
        { "show bootvar", "Show which files the next start uses", 15 | EXEC_TABLE, show_bootvar },
        { 0 },
};
