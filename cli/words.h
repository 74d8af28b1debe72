/* Help for keywords that stand inside lines. */
#ifndef VOXGATE_CLI_WORDS_H
#define VOXGATE_CLI_WORDS_H

/* NULL when the word has no entry of its own. */
const char *word_help(const char *word);

#endif
