#include "cli/cmd/logging_class.h"

#include <string.h>

#include "cli/conf/running.h"
#include "cli/lang/types.h"

static const struct {
        const char *dest, *level;
} pairs[LOG_DESTS] = { { "D1", "L1" }, { "D2", "L2" }, { "D3", "L3" }, { "D4", "L4" },
                       { "D5", "L5" }, { "D6", "L6" }, { "D7", "L7" } };

static unsigned number_of(const char *type, const char *word)
{
        const struct type_arg ta = { 0 };
        uint32_t v = 0;

        type_find(type, strlen(type))->store(NULL, &ta, word, &v, sizeof v, NULL);
        return v;
}

/* A destination without a level, or no destination: for all of it, and only to take back. */
static int take_pairs(int8_t *level, const struct args *a, bool no_form, struct err *e)
{
        if (!no_form && !arg_str(a, "L1"))
                return err_set(e, ERR_SYNTAX, "%% Incomplete command");
        if (!arg_str(a, "D1"))
                memset(level, LOG_L_NONE, LOG_DESTS);
        for (unsigned i = 0; i < LOG_DESTS && arg_str(a, pairs[i].dest); i++) {
                int to = LOG_L_NONE;

                if (!no_form)
                        log_level_parse(arg_str(a, pairs[i].level), &to);
                level[number_of("logdest", arg_str(a, pairs[i].dest))] = (int8_t)to;
        }
        return 0;
}

int class_call(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        int8_t *level = c->store->log.class_level[number_of("logclass", arg_str(a, "CLASS"))];
        int8_t was[LOG_DESTS];

        memcpy(was, level, sizeof was);
        if (take_pairs(level, a, no_form, e) < 0)
                return -1;
        if (!memcmp(was, level, sizeof was))
                return 0;
        c->store->dirty |= DIRTY_LOG;
        c->store->edits++;
        c->res->changed = true;
        return 0;
}

static void write_class(struct running *r, const struct cmd_row *row, unsigned k, const int8_t *level)
{
        struct text t = { 0 };
        uint32_t n;

        for (n = 0; n < LOG_DESTS; n++) {
                if (level[n] == LOG_L_NONE)
                        continue;
                text_add(&t, " ");
                type_find("logdest", 7)->write(NULL, &n, sizeof n, &t);
                text_printf(&t, " %s", log_level_name(level[n]));
        }
        if (*text_str(&t))
                running_line(r, row, level, "logging class %s%s", log_class_name(k), text_str(&t));
        text_fini(&t);
}

void class_write(struct running *r, const struct cmd_row *row, const void *obj UNUSED)
{
        for (unsigned k = 1; log_class_name(k); k++)
                write_class(r, row, k, r->store->log.class_level[k]);
}
