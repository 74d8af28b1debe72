#include "cli/lang/words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
        const char *word, *help;
} words[] = {
#define WORD(word, help) { word, help },
#include "cli/lang/words.def"
#undef WORD
};

static const char *find(const char *word)
{
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
                if (!strcmp(words[i].word, word))
                        return words[i].help;
        return NULL;
}

const char *word_help_of(const char *before, const char *word)
{
        char both[96];

        snprintf(both, sizeof both, "%.40s %.40s", before, word);
        return find(both);
}

const char *word_help(const char *first, const char *word)
{
        const char *help = word_help_of(first, word);

        return help ? help : find(word);
}
