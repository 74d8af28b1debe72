/* A command line cut into words. Offsets count bytes of the line as typed, so that a caret can point at any of them.
 */
#ifndef VOXGATE_CLI_LANG_LEXER_H
#define VOXGATE_CLI_LANG_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_LINE_MAX 16384
#define CLI_WORDS_MAX 128

struct word {
        const char *s;   /* NUL-ended, quotes removed */
        unsigned off, n; /* in the line; n counts the word as typed, quotes included */
        bool quoted;     /* never a keyword */
};

struct lexed {
        const char *line; /* as given */
        char *copy;       /* owned: words, NUL-ended, and a trimmed copy of the line */
        const char *raw;  /* the line without trailing blanks, same offsets */
        unsigned n;       /* words */
        struct word w[CLI_WORDS_MAX];
        bool more;     /* words did not fit */
        bool open_end; /* the line ends behind a word without a blank: "sh" for completion */
};

enum lex_result { LEX_OK, LEX_EMPTY, LEX_TOO_LONG, LEX_NOMEM };

/*
 * LEX_EMPTY: blank, or a comment (first character `!` or `:`). A word that starts with '"' reaches to the next '"';
 * without one the quote is an ordinary character. Words behind the last slot are not cut (only a LINE can reach over
 * them).
 */
enum lex_result lex(struct lexed *l, const char *line);
void lex_fini(struct lexed *l);

#endif
