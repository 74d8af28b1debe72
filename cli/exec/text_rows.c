#include "cli/exec/text_rows.h"

#include <string.h>

#include "cli/lang/table.h"

char *text_line(struct text *t, char **at)
{
        char *line = *at ? *at : t->p, *end;

        if (!line || !*line)
                return NULL;
        end = strchr(line, '\n');
        *at = end ? end + 1 : line + strlen(line);
        if (end)
                *end = 0;
        return line;
}

void text_items(struct session *s, const char *list, struct text *t)
{
        char *at = NULL, *line;

        table_list(session_table(s), list);
        while ((line = text_line(t, &at)))
                if (!ITEM(s, "%s\n", cell_str(NULL, line)))
                        return;
        table_close(session_table(s));
}

static const char *change_of(char sign)
{
        return sign == '+' ? "added" : sign == '-' ? "removed" : NULL;
}

void diff_rows(struct session *s, const char *list, struct text *t)
{
        char *at = NULL, *line;

        table_list(session_table(s), list);
        while ((line = text_line(t, &at)))
                if (!ROW(s, "%s\n", cell_as(cell_str("line", line + (*line != 0)), line),
                         cell_str("change", change_of(*line))))
                        return;
        table_close(session_table(s));
}
