#include "proxy/conf/inspect_conf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

void skinny_map_conf_init(struct skinny_map_conf *m)
{
        conf_list_init(&m->rules, sizeof(struct skinny_rule_conf), NULL);
        m->prefix_min = SCCP_PREFIX_MIN_DEFAULT;
        m->t_media = SCCP_T_MEDIA;
        m->t_signaling = SCCP_T_SIGNALING;
        strcpy(m->id_max, SCCP_ID_MAX_TEXT);
}

void skinny_map_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct skinny_map_conf *)(void *)o)->rules);
}

bool skinny_id(const char *text, uint32_t *id)
{
        const char *digits = !strncasecmp(text, "0x", 2) ? text + 2 : text;
        size_t n = strlen(digits);

        if (!n || n > 4 || strspn(digits, "0123456789abcdefABCDEF") != n)
                return false;
        *id = (uint32_t)strtoul(digits, NULL, 16);
        return true;
}
