/* The row tables of the EXEC families (tables.def); each ends with an empty row. */
#ifndef VOXGATE_CLI_EXEC_TABLES_H
#define VOXGATE_CLI_EXEC_TABLES_H

#include "cli/lang/exec.h"

#define TABLE(name) extern const struct exec_row exec_##name[];
#include "cli/exec/tables.def"
#undef TABLE

#endif
