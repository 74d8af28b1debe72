#include "cli/exec/tables.h"

const struct exec_table exec_tables[] = {
/* clang-format off */
#define TABLE(name) { #name, exec_##name },
#include "cli/exec/tables.def"
#undef TABLE
        { 0 },
        /* clang-format on */
};
