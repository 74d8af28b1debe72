#include "cli/cmd/default_map.h"

void default_map_write(struct running *r, const struct cmd_row *row, const struct default_map_line *lines, size_t n)
{
        for (size_t i = 0; r->all && i < n; i++) {
                r->depth += lines[i].depth;
                running_line(r, row, NULL, "%s", lines[i].line);
                r->depth -= lines[i].depth;
        }
}

int default_map_refuse(const char *name, struct err *e)
{
        return err_set(e, ERR_INUSE, "%s is what is in force without a map: it cannot be changed", name);
}
