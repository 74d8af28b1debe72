#include "cli/box/meminfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t meminfo(const char *key)
{
        FILE *f = fopen("/proc/meminfo", "re");
        char line[160];
        uint64_t kb = 0;

        while (f && fgets(line, sizeof line, f))
                if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
                        kb = strtoull(line + strlen(key) + 1, NULL, 10);
        if (f)
                fclose(f);
        return kb * 1024;
}
