/* regex, and the classes that inspection maps match by: class-map type regex, class-map type inspect sip. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/cmd/sip_match.h"
#include "platform/base/regex.h"

/* ---- regex ---- */
#define R struct regex_conf
static int check_regex(struct conf_ctx *c, void *obj, struct err *e)
{
        const R *r = obj;
        struct err why = { 0 };
        struct regex *re = regex_new(r->pattern, &why);

        (void)c;
        if (!re)
                return err_set(e, why.code, "regular expression %s: %s", r->pattern, why.text);
        regex_free(re);
        return 0;
}

static int remove_regex(struct conf_ctx *c, void *obj, struct err *e)
{
        const char *name = ((R *)obj)->o.name;
        char where[160];

        if (!store_in_use(c->store, "regex", name, where, sizeof where))
                return 0;
        return err_set(e, ERR_INUSE, "unable to delete regex (%s). regex is being used: %s", name, where);
}

static const struct cmd_bind regex_bind[] = { BIND("PATTERN", R, pattern), { 0 } };

/* ---- class-map type regex ---- */
#define C struct regex_class_conf
static void init_regex_class(struct conf_ctx *c, void *obj)
{
        (void)c;
        regex_class_conf_init(obj);
}

static const struct cmd_bind regex_class_bind[] = { BIND("TEXT", C, description), { 0 } };
static const struct cmd_row regex_class_rows[] = {
        { ROW_LEAF, "description TEXT:line(200)", "Description of the class", regex_class_bind, .dirty = DIRTY_SYS },
        { ROW_LIST, "match regex NAME:ref(regex)", "One of the regular expressions", NULL, DIRTY_INSPECT,
          offsetof(C, regexes), .key = key_name },
        END,
};
static const struct cmd_mode regex_class_mode = { "config-cmap",
                                                  "MPF class-map configuration commands:", regex_class_rows };

/* ---- class-map type inspect sip ---- */
#define S struct sip_class_conf
#define M struct sip_match_conf
static void init_sip_class(struct conf_ctx *c, void *obj)
{
        (void)c;
        sip_class_conf_init(obj);
}

static int check_sip_class(struct conf_ctx *c, void *obj, struct err *e)
{
        S *s = obj;
        const S *there = conf_list_find(&c->store->inspection.sip_classes, s->o.name);

        if (s->how == SIP_CLASS_UNSAID)
                s->how = there && there != s ? there->how : SIP_CLASS_ALL;
        if (there && there->how != s->how)
                return err_set(e, ERR_EXISTS, "class-map %s exists with another match option", s->o.name);
        return 0;
}

static const struct cmd_bind sip_class_bind[] = {
        BIND_KEY("match-all", S, how, SIP_CLASS_ALL),
        BIND_KEY("match-any", S, how, SIP_CLASS_ANY),
        BIND("TEXT", S, description),
        { 0 },
};
static const struct cmd_bind match_bind[] = { SIP_MATCH_BIND(M, ), { 0 } };
static const struct cmd_row sip_class_rows[] = {
        { ROW_LEAF, "description TEXT:line(200)", "Description of the class", sip_class_bind, .dirty = DIRTY_SYS },
        { ROW_LIST, SIP_MATCH, "What a message must have", match_bind, DIRTY_INSPECT, offsetof(S, matches),
          .key = key_words },
        END,
};
static const struct cmd_mode sip_class_mode = { "config-cmap",
                                                "MPF class-map configuration commands:", sip_class_rows };

const struct cmd_row rows_regex[] = {
        { ROW_LIST, "regex NAME:newname(40) PATTERN:word(100)", "Name a regular expression", regex_bind,
          DIRTY_INSPECT, STORE(inspection.regexes), .key = key_name, .check = check_regex, .remove = remove_regex },
        { ROW_MODE, "class-map type regex match-any NAME:newname(40)", "Configure a class of regular expressions",
          NULL, DIRTY_INSPECT, STORE(inspection.regex_classes), &regex_class_mode, .kind_name = "regex-class",
          .init = init_regex_class },
        { ROW_MODE, "class-map type inspect sip [{match-all|match-any}] NAME:newname(40)",
          "Configure a class of SIP messages", sip_class_bind, DIRTY_INSPECT, STORE(inspection.sip_classes),
          &sip_class_mode, .kind_name = "sip-class", .init = init_sip_class, .check = check_sip_class },
        END,
};
