#include "cli/words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
        const char *word, *help;
} words[] = {
#define WORD(word, help) { word, help },
#include "cli/words.def"
#undef WORD
};

static const char *find(const char *word)
{
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
                if (!strcmp(words[i].word, word))
                        return words[i].help;
        return NULL;
}

const char *word_help(const char *first, const char *word)
{
        char both[96];
        const char *help;

        snprintf(both, sizeof both, "%.40s %.40s", first, word);
        help = find(both);
        return help ? help : find(word);
}
