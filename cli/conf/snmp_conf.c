#include "cli/conf/snmp_conf.h"

#include <string.h>

#include "cli/conf/store.h"

static bool begins(const char *line, const char *with)
{
        return !strncmp(line, with, strlen(with));
}

static bool has_reader(const struct store *s)
{
        conf_each(struct conf_obj, o, &s->sys.inert)
                if (begins(o->name, "snmp-server community ") || begins(o->name, "snmp-server host "))
                        return true;
        return false;
}

bool snmp_conf_of(const struct store *s, unsigned *notify)
{
        const struct snmp_conf *c = &s->sys.snmp;

        *notify = (c->linkup ? SNMP_LINK_UP : 0) | (c->linkdown ? SNMP_LINK_DOWN : 0) |
                  (c->coldstart ? SNMP_COLD_START : 0) | (c->syslog ? SNMP_SYSLOG : 0);
        return !c->off && has_reader(s);
}
