/* The configuration of the log as a value: levels, defaults, and who wants which message. */
#include "platform/base/log.h"

#include "platform/base/log_int.h"
#include "platform/base/str.h"

static const struct log_def def[LOG_MSGS] = {
#define SYSLOG(id, level, fmt) [LOG_##id] = { id, level, fmt },
#define SYSLOG_AS(name, id, level, fmt) [LOG_##name] = { id, level, fmt },
#include "platform/base/syslog.def"
#undef SYSLOG_AS
#undef SYSLOG
};

const struct log_def *log_def_of(enum log_msg m)
{
        return &def[m];
}

int log_find_id(uint32_t id)
{
        for (unsigned i = 0; i < LOG_MSGS; i++)
                if (def[i].id == id)
                        return (int)i;
        return -1;
}

static const char *const level_name[] = { "emergencies", "alerts",        "critical",      "errors",
                                          "warnings",    "notifications", "informational", "debugging" };

const char *log_level_name(int level)
{
        return level >= 0 && level < (int)ARRAY_LEN(level_name) ? level_name[level] : "none";
}

bool log_level_parse(const char *s, int *level)
{
        int found = LOG_L_NONE;

        if (s[0] >= '0' && s[0] <= '7' && !s[1]) {
                *level = s[0] - '0';
                return true;
        }
        for (int i = 0; *s && i < (int)ARRAY_LEN(level_name); i++) {
                if (!str_prefix_ci(level_name[i], s))
                        continue;
                if (found != LOG_L_NONE)
                        return false;
                found = i;
        }
        if (found == LOG_L_NONE)
                return false;
        *level = found;
        return true;
}

void log_conf_init(struct log_conf *c)
{
        *c = (struct log_conf){ .buffer_size = 4096, .asdm_size = 100, .facility = 20 };
        for (unsigned i = 0; i < LOG_DESTS; i++)
                c->dest[i].level = LOG_L_NONE;
        memset(c->class_level, LOG_L_NONE, sizeof c->class_level);
}

int log_conf_check(const struct log_conf *c, struct err *e)
{
        if (c->buffer_size < 4096 || c->buffer_size > 1048576)
                return err_set(e, ERR_RANGE, "logging buffer size %u is outside 4096-1048576", c->buffer_size);
        if (c->asdm_size < 100 || c->asdm_size > 512)
                return err_set(e, ERR_RANGE, "logging ASDM buffer size %u is outside 100-512", c->asdm_size);
        if (c->facility < 16 || c->facility > 23)
                return err_set(e, ERR_RANGE, "logging facility %u is outside 16-23", c->facility);
        if (c->nlists > LOG_LISTS_MAX)
                return err_set(e, ERR_LIMIT, "%u logging lists, at most %d", c->nlists, LOG_LISTS_MAX);
        if (c->noverrides > LOG_OVERRIDES_MAX)
                return err_set(e, ERR_LIMIT, "%u changed messages, at most %d", c->noverrides, LOG_OVERRIDES_MAX);
        if (c->nrates > LOG_RATES_MAX)
                return err_set(e, ERR_LIMIT, "%u logging rate limits, at most %d", c->nrates, LOG_RATES_MAX);
        for (unsigned i = 0; i < c->nlists; i++)
                if (c->lists[i].n > LOG_LIST_ITEMS_MAX)
                        return err_set(e, ERR_LIMIT, "logging list %s has %u items, at most %d", c->lists[i].name,
                                       c->lists[i].n, LOG_LIST_ITEMS_MAX);
        return 0;
}

int log_conf_level(const struct log_conf *c, const struct log_def *d)
{
        for (unsigned i = 0; i < c->noverrides; i++) {
                const struct log_override *o = &c->overrides[i];

                if (o->id != d->id)
                        continue;
                if (o->disabled)
                        return LOG_L_NONE;
                return o->level == LOG_L_NONE ? d->level : o->level;
        }
        return d->level;
}

static bool list_has(const struct log_list *l, uint32_t id, int level)
{
        for (unsigned i = 0; i < l->n; i++) {
                const struct log_list_item *it = &l->item[i];

                if (it->level == LOG_L_NONE ? id >= it->lo && id <= it->hi
                                            : level <= it->level && (!it->class || log_class_has(it->class, id)))
                        return true;
        }
        return false;
}

static bool filter_wants(const struct log_conf *c, const struct log_filter *f, uint32_t id, int level)
{
        if (!f->list[0])
                return level <= f->level; /* LOG_L_NONE is below every level */
        for (unsigned i = 0; i < c->nlists; i++)
                if (!strcmp(c->lists[i].name, f->list))
                        return list_has(&c->lists[i], id, level);
        return false;
}

/* What the classes say about a destination: 1 wanted, 0 not, -1 nothing. */
static int classes_want(const struct log_conf *c, unsigned dest, uint32_t id, int level)
{
        int says = -1;

        for (unsigned k = 1; log_class_name(k); k++)
                if (c->class_level[k][dest] != LOG_L_NONE && log_class_has(k, id))
                        says = MAX_OF(says, level <= c->class_level[k][dest]);
        return says;
}

static bool wanted(const struct log_conf *c, unsigned dest, uint32_t id, int level)
{
        int says = classes_want(c, dest, id, level);

        return says >= 0 ? says : filter_wants(c, &c->dest[dest], id, level);
}

uint8_t log_conf_dests(const struct log_conf *c, const struct log_def *d, int level)
{
        uint8_t bits = 0;

        if (!c->enable || level == LOG_L_NONE)
                return 0;
        for (unsigned i = 0; i < LOG_DESTS; i++)
                if (wanted(c, i, d->id, level))
                        bits |= (uint8_t)(1u << i);
        return bits;
}

bool log_conf_uses(const struct log_conf *c, enum log_dest dest)
{
        bool used = *c->dest[dest].list || c->dest[dest].level != LOG_L_NONE;

        for (unsigned k = 1; log_class_name(k); k++)
                used = used || c->class_level[k][dest] != LOG_L_NONE;
        return used;
}
