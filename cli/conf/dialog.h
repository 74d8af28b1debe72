/*
 * Commands that ask. A dialog is a row with a step function; the driver (a console, or the loader of a file) shows
 * what it says, gets the answer with the reader it wants, and steps again. Nobody holds a lock while an answer is
 * awaited; the last step takes it (dialog_lock) and checks everything again. End of input or ^C: dialog_free()
 * without more steps, and nothing has changed.
 */
#ifndef VOXGATE_CLI_CONF_DIALOG_H
#define VOXGATE_CLI_CONF_DIALOG_H

#include "cli/conf/parse.h"
#include "cli/lang/text.h"

enum dialog_next { DIALOG_ASK, DIALOG_DONE, DIALOG_ABORT };
enum dialog_read {
        DIALOG_LINE,     /* a line; Enter alone is "" */
        DIALOG_PASSWORD, /* a line without echo */
        DIALOG_YESNO,    /* the word yes or no; asked again until it comes; step gets "yes" or "no" */
        DIALOG_CONFIRM,  /* Enter or y confirms: step gets "yes"; anything else "no" */
        DIALOG_PASTE,    /* lines until `quit`; step gets them all at once, "\n" between */
};

struct dialog;
struct dialog_row {
        const char *name;
        size_t state_size;
        /* First call: answer NULL. Later: the answer to what dialog_ask() asked. */
        enum dialog_next (*step)(struct dialog *d, const char *answer);
        void (*fini)(void *state); /* the block itself is wiped and freed by the dialog */
};

#define DIALOG_PASTE_MAX (256u * 1024)

struct dialog {
        const struct dialog_row *row;
        struct box *box;       /* may be NULL */
        struct conf_ctx *conf; /* of configuration dialogs; NULL for EXEC */
        struct args *args;     /* owned */
        bool no_form;
        void *state;     /* row->state_size zeroed bytes */
        unsigned at;     /* the step function's place, 0 at first */
        struct text out; /* shown before the question (or at the end); the driver empties it */
        /* the question under way */
        enum dialog_read read;
        char prompt[256];
        char dflt[8]; /* the answer when nobody can be asked */
        struct text paste;
        bool locked;  /* the driver has the store to itself already: no lock is taken, work is done at once */
        bool failed;  /* ended with an ERROR line */
        bool changed; /* the store differs from before */
};

/* Takes args over (also on failure). */
struct dialog *dialog_new(const struct dialog_row *row, struct box *box, struct conf_ctx *conf,
                          struct args *args) MUST_USE;
void dialog_free(struct dialog *d); /* NULL is legal */
/* For step functions: return dialog_ask(d, DIALOG_YESNO, "yes", "Do you accept this certificate? [yes/no]: "). */
enum dialog_next dialog_ask(struct dialog *d, enum dialog_read how, const char *dflt, const char *fmt, ...)
        PRINTF_LIKE(4, 5);
/* For step functions: the next answer is everything up to `quit`. */
enum dialog_next dialog_paste(struct dialog *d);
void dialog_say(struct dialog *d, const char *fmt, ...)
        PRINTF_LIKE(2, 3); /* a whole line, "\n" included by the caller */
/* "ERROR: text" and DIALOG_DONE. */
enum dialog_next dialog_fail(struct dialog *d, const struct err *e);
/* Around the final work on the running store; no-ops on a store aside. */
void dialog_lock(struct dialog *d);
void dialog_unlock(struct dialog *d);
/* Slow work on the job thread (here, when there is none). The caller holds no lock. */
void dialog_job(struct dialog *d, void (*fn)(void *arg), void *arg);

/*
 * For drivers. The loop of a console:
 *      for (n = dialog_start(d); n == DIALOG_ASK; n = dialog_line(d, line))
 *              { show d->out; read `line` behind d->prompt as d->read says; }
 *      show d->out; dialog_free(d);
 * A paste asks once per line, with an empty prompt.
 */
enum dialog_next dialog_start(struct dialog *d);
enum dialog_next dialog_line(struct dialog *d, const char *line);
/* The default answer to what is asked now: for loads. */
enum dialog_next dialog_default(struct dialog *d);

#endif
