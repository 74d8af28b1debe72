#include "cli/words.h"

#include <stddef.h>
#include <string.h>

static const struct {
        const char *word, *help;
} words[] = {
#define WORD(word, help) { word, help },
#include "cli/words.def"
#undef WORD
};

const char *word_help(const char *word)
{
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
                if (!strcmp(words[i].word, word))
                        return words[i].help;
        return NULL;
}
