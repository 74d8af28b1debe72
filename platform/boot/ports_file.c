#include "platform/boot/ports_file.h"

#include <string.h>

#include "platform/base/file.h"

/* The next word of the line; NULL: none. */
static char *next_word(char **p)
{
        char *word;

        *p += strspn(*p, " \t\r");
        if (!**p)
                return NULL;
        word = *p;
        *p += strcspn(*p, " \t\r");
        if (**p)
                *(*p)++ = 0;
        return word;
}

static int one_line(struct options *o, char *line, struct err *e)
{
        char *iface, *where;

        line[strcspn(line, "#")] = 0;
        iface = next_word(&line);
        if (!iface)
                return 0;
        where = next_word(&line);
        if (!where || next_word(&line))
                return err_set(e, ERR_SYNTAX, "an interface and a device expected, as in: GigabitEthernet0/0 eth0");
        return options_port(o, iface, strlen(iface), where, e);
}

int ports_text_read(struct options *o, const char *name, char *text, struct err *e)
{
        unsigned n = 0;
        struct err why;

        for (char *next; text; text = next) {
                next = strchr(text, '\n');
                if (next)
                        *next++ = 0;
                n++;
                if (one_line(o, text, &why) < 0)
                        return err_set(e, why.code, "%s, line %u: %s", name, n, why.text);
        }
        return 0;
}

int ports_file_read(struct options *o, const char *path, struct err *e)
{
        size_t n;

        if (o->ports_text)
                return err_set(e, ERR_EXISTS, "--ports was given twice");
        if (file_read(path, PORTS_FILE_MAX, &o->ports_text, &n, e) < 0)
                return -1;
        return ports_text_read(o, path, (char *)o->ports_text, e);
}
