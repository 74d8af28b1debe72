/* The EXEC families, in the order in which `?` meets them. */
#include "cli/exec/tables.h"

#define TABLE(name)                                                                                                  \
        {                                                                                                            \
#name, exec_##name                                                                                   \
        }

const struct exec_table exec_tables[] = {
        TABLE(session),
        TABLE(terminal),
        TABLE(show_version),
        TABLE(show_run),
        TABLE(write),
        TABLE(flash),
        TABLE(reload),
        TABLE(show_interface),
        TABLE(show_route_arp),
        { 0 },
};
