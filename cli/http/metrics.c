#include "cli/http/metrics_int.h"

void metric_head(struct text *t, enum metric_kind k, const char *name, const char *help)
{
        text_printf(t, "# HELP voxgate_%s %s\n# TYPE voxgate_%s %s\n", name, help, name,
                    k == COUNTER ? "counter" : "gauge");
}

static void add_label(struct text *t, const char *label, const char *value)
{
        text_printf(t, "%s=\"", label);
        for (const char *p = value; *p; p++) {
                if (*p == '\\' || *p == '"')
                        text_addn(t, "\\", 1);
                if (*p == '\n')
                        text_add(t, "\\n");
                else
                        text_addn(t, p, 1);
        }
        text_add(t, "\"");
}

static void add_name(struct text *t, const char *name, const char *label, const char *value)
{
        text_printf(t, "voxgate_%s", name);
        if (!label)
                return;
        text_add(t, "{");
        add_label(t, label, value);
        text_add(t, "}");
}

void metric_u64(struct text *t, const char *name, const char *label, const char *value, uint64_t v)
{
        add_name(t, name, label, value);
        text_printf(t, " %llu\n", (unsigned long long)v);
}

void metric_two(struct text *t, const char *name, const char *label, const char *value, const char *label2,
                const char *value2, uint64_t v)
{
        text_printf(t, "voxgate_%s{", name);
        add_label(t, label, value);
        text_add(t, ",");
        add_label(t, label2, value2);
        text_printf(t, "} %llu\n", (unsigned long long)v);
}

void metric_milli(struct text *t, const char *name, const char *label, const char *value, uint64_t v)
{
        add_name(t, name, label, value);
        text_printf(t, " %llu.%03u\n", (unsigned long long)(v / 1000), (unsigned)(v % 1000));
}

void metric_one(struct text *t, enum metric_kind k, const char *name, const char *help, uint64_t v)
{
        metric_head(t, k, name, help);
        metric_u64(t, name, NULL, NULL, v);
}

int metrics_write(struct box *b, struct text *t)
{
        metrics_system(b, t);
        metrics_traffic(b, t);
        metrics_proxy(b, t);
        return t->bad ? -1 : 0;
}
