/* Help for keywords that stand inside lines. */
#ifndef VOXGATE_CLI_LANG_WORDS_H
#define VOXGATE_CLI_LANG_WORDS_H

/* NULL when the word has no entry of its own. first: what the line begins with, where the word may mean another
 * thing. */
const char *word_help(const char *first, const char *word);

/* Only what it means behind that word. */
const char *word_help_of(const char *before, const char *word);

#endif
