/* What stands in an element and what will stand there. */
#include "proxy/phone/phone_xml_int.h"

#include <stdio.h>
#include <string.h>

int xml_refuse(struct xml_job *j, const char *why)
{
        return err_set(j->e, ERR_SYNTAX, "the phone's file is refused: %s", why);
}

/* ---- text ---- */

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The contents of a found element without the blanks round them. */
struct str xml_text(const struct xml_job *j, enum elem el)
{
        const struct spot *s = &j->spot[el];
        size_t from = s->body, to = s->end;

        if (!s->there || s->empty)
                return (struct str){ "", 0 };
        while (from < to && is_blank(j->p[from]))
                from++;
        while (to > from && is_blank(j->p[to - 1]))
                to--;
        return (struct str){ j->p + from, to - from };
}

bool xml_text_is(struct str s, const char *lit)
{
        return s.n == strlen(lit) && !memcmp(s.p, lit, s.n);
}

/* Nothing that would have to be escaped. */
bool xml_is_plain(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>&\"'", s.p[i]))
                        return false;
        return true;
}

/* ---- edits ---- */

static int add_edit(struct xml_job *j, size_t off, size_t len, const char *text)
{
        size_t n = strlen(text);
        unsigned i = j->nedits;

        if (j->nedits == EDITS_MAX || n > sizeof j->pool - j->used)
                return xml_refuse(j, "it names too many places");
        for (; i && j->edit[i - 1].off > off; i--)
                j->edit[i] = j->edit[i - 1];
        j->edit[i] = (struct edit){ off, len, j->used, n };
        j->nedits++;
        memcpy(j->pool + j->used, text, n);
        j->used += n;
        return 0;
}

int xml_insert(struct xml_job *j, size_t off, const char *text)
{
        return add_edit(j, off, 0, text);
}

/* Children of a found element, behind the ones it has. */
int xml_append(struct xml_job *j, enum elem el, const char *children)
{
        const struct spot *s = &j->spot[el];
        char text[1024];

        if (!*children)
                return 0;
        if (!s->empty)
                return add_edit(j, s->end, 0, children);
        snprintf(text, sizeof text, ">%s</%s>", children, xml_places[el].name);
        return add_edit(j, s->body, s->end - s->body, text);
}

/* The contents of a found element. */
int xml_set(struct xml_job *j, enum elem el, const char *value)
{
        struct str now = xml_text(j, el);

        if (xml_text_is(now, value))
                return 0;
        if (!xml_is_plain((struct str){ value, strlen(value) }))
                return xml_refuse(j, "a new value would have to be escaped");
        if (j->spot[el].children)
                return xml_refuse(j, "an element that holds a value holds others");
        if (j->spot[el].empty)
                return xml_append(j, el, value);
        if (!now.n)
                return add_edit(j, j->spot[el].body, 0, value);
        return add_edit(j, (size_t)(now.p - j->p), now.n, value);
}

static void child(char *out, size_t cap, enum elem el, const char *value)
{
        size_t n = strlen(out);

        snprintf(out + n, cap - n, "<%s>%s</%s>", xml_places[el].name, value, xml_places[el].name);
}

/* The contents of a found element, else the element with its contents behind what `missing` already holds. */
int xml_set_or_add(struct xml_job *j, enum elem el, const char *value, char *missing, size_t cap)
{
        if (j->spot[el].there)
                return xml_set(j, el, value);
        child(missing, cap, el, value);
        return 0;
}
