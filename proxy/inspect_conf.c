#include "proxy/inspect_conf.h"

void regex_class_conf_init(struct regex_class_conf *c)
{
        conf_list_init(&c->regexes, sizeof(struct conf_obj), NULL);
}

void regex_class_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct regex_class_conf *)(void *)o)->regexes);
}

void sip_class_conf_init(struct sip_class_conf *c)
{
        conf_list_init(&c->matches, sizeof(struct sip_match_conf), NULL);
}

void sip_class_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct sip_class_conf *)(void *)o)->matches);
}

void sip_map_conf_init(struct sip_map_conf *m, size_t line_size)
{
        conf_list_init(&m->rules, sizeof(struct sip_rule_conf), NULL);
        conf_list_init(&m->lines, line_size, NULL);
}

void sip_map_conf_fini(struct conf_obj *o)
{
        struct sip_map_conf *m = (void *)o;

        conf_list_fini(&m->rules);
        conf_list_fini(&m->lines);
}
