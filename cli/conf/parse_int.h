/* Shared by the files that turn a line into an effect. */
#ifndef VOXGATE_CLI_CONF_PARSE_INT_H
#define VOXGATE_CLI_CONF_PARSE_INT_H

#include "cli/conf/parse.h"
#include "cli/lang/tree.h"

/* A line that was understood, about to act. */
struct apply {
        struct conf_ctx *c;
        const struct tree_row *tr;
        const struct cmd_row *row;
        struct args *args; /* the handler may take it (sets it NULL) */
        void *obj;         /* of the mode; the store in global configuration */
        bool no_form;
        bool whole; /* false: a `no` form cut short */
        struct err missing;
        struct type_env env;
        struct err *e;
};

/* conf_ctx.c: the object of the nth mode, 0 the store; NULL when it is gone. */
void *conf_object_at(const struct conf_ctx *c, unsigned n);

/* What came of it. */
enum applied { APPLIED, APPLY_REFUSED, APPLY_INCOMPLETE };
enum applied apply_row(struct apply *a);
enum applied apply_list(struct apply *a);
enum applied apply_mode(struct apply *a);
enum applied apply_inert(struct apply *a);
/* apply_kept.c: a line inside a kept block; `no HEAD` of kept blocks; is obj the first of its row? */
enum applied apply_kept(struct apply *a);
enum applied apply_kept_remove(struct apply *a, struct conf_list *l, const char *name);
bool kept_is_first(const struct apply *a, const struct conf_obj *o);
enum applied apply_dialog(struct apply *a);
/* The store differs from before. */
void apply_changed(struct apply *a);
/* Is the object of the mode locked? The words of the refusal are in e. */
bool apply_locked(struct apply *a);
/* Says that the line is not in force, when that is so. */
void apply_warn_inert(struct apply *a, const void *obj);
/* Is a secret of the line typed as `*****`? That is how it is printed: it stands for the secret that is there. */
bool apply_masked(const struct apply *a);
/* Has obj the secrets that the line leaves to it? -1 with what to type. */
int apply_has_secrets(struct apply *a, const void *obj);
/* Stores what was typed into obj's fields, but for secrets that are not. */
int apply_fields(struct apply *a, void *obj);
/* Behind `no`: is every field that was typed what obj has? -1: no, and so nothing goes. typed: an object with them.
 */
int apply_agrees(struct apply *a, const void *typed, const void *obj);
int apply_agrees_line(struct apply *a, const void *obj);
/* Defaults into the fields that the line names; into all of the row when it names none. */
void apply_clear_named(struct apply *a, void *obj);

/* Remembers a line whose reference may still come. */
int pending_add(struct conf_ctx *c, const struct err *why);
void pending_free(struct conf_ctx *c);

#endif
