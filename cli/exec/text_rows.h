/* A text of lines that something else has written, told line by line: as it stands, or as a list (table.h). */
#ifndef VOXGATE_CLI_EXEC_TEXT_ROWS_H
#define VOXGATE_CLI_EXEC_TEXT_ROWS_H

#include "cli/lang/exec.h"
#include "cli/lang/text.h"

/* The next line, its newline replaced by the end of a string; NULL: there is none. *at: where to go on, NULL at
 * first; the text is used up. */
char *text_line(struct text *t, char **at);
/* A list of the lines. */
void text_items(struct session *s, const char *list, struct text *t);
/* A list of the lines of a comparison (conf_diff.h): change is "added", "removed", or null for what they stand under.
 */
void diff_rows(struct session *s, const char *list, struct text *t);

#endif
