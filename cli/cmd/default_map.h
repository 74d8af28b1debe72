/* Inspection maps that are in force where none is named: printed by `show running-config all`, never changed. */
#ifndef VOXGATE_CLI_CMD_DEFAULT_MAP_H
#define VOXGATE_CLI_CMD_DEFAULT_MAP_H

#include "cli/cmd/rows.h"
#include "cli/conf/running.h"

struct default_map_line {
        unsigned depth;
        const char *line;
};
void default_map_write(struct running *r, const struct cmd_row *row, const struct default_map_line *lines, size_t n);

/* -1: what may be said of it. */
int default_map_refuse(const char *name, struct err *e);

/* A line of a map, or of what is in it. */
#define INSPECT_LEAF(g, b, hlp, ...)                                                                                 \
        {                                                                                                            \
                ROW_LEAF, g, hlp, .bind = b, .dirty = DIRTY_INSPECT, ##__VA_ARGS__                                   \
        }
/* Both kinds of map begin with these. */
#define INSPECT_MAP_HEAD(b, parameters_of)                                                                           \
        INSPECT_LEAF("description TEXT:line(200)", b, "Description of the map"),                                     \
        {                                                                                                            \
                ROW_MODE, "parameters", "Parameters of the inspection", b, DIRTY_SYS, .mode = parameters_of,         \
                                                                                      .flags = ROW_SAME | ROW_NO_NO  \
        }

#endif
