/* Commands that come without a terminal: SSH's exec channel. */
#include "cli/session/session_int.h"

#include "cli/conf/store.h"

/* Cuts the first line off; NULL: there is none left. */
static char *next_line(char **rest)
{
        char *line = *rest, *nl = line ? strchr(line, '\n') : NULL;
        size_t n;

        if (!line || !*line)
                return NULL;
        *rest = nl ? nl + 1 : NULL;
        if (nl)
                *nl = 0;
        n = strlen(line);
        if (n && line[n - 1] == '\r')
                line[n - 1] = 0;
        return line;
}

int session_exec(struct session *s, const char *lines)
{
        char *copy = mem_strdup(MEM_CLI, lines), *rest = copy, *line;
        bool failed = !copy;

        session_set_pager(s, 0);
        session_set_idle(s); /* for its questions */
        while (!s->leaving && (line = next_line(&rest))) {
                s->more = rest && *rest;
                session_line(s, line);
                failed |= s->failed;
        }
        s->more = false;
        mem_free_secret(copy);
        return failed;
}
