#include "cli/exec/guests.h"

#include "cli/exec/util.h"

struct store *configuration_copy(struct box *b, struct err *e)
{
        struct store *st;

        pthread_mutex_lock(&b->conf_lock);
        st = store_copy(b->store, e);
        pthread_mutex_unlock(&b->conf_lock);
        return st;
}

void show_allowed(struct session *s, const struct store *st, enum box_use use)
{
        table_list(session_table(s), "allowed");
        conf_each(struct box_access_conf, a, &st->policy.box_access[use]) {
                struct addr m = addr_v4(len_to_mask(a->len));

                ROW(s, "%s %s %s\n", cell_addr("network", &a->net), cell_mask("mask", &m),
                    cell_str("interface", a->nameif));
        }
        table_close(session_table(s));
}

const char *guest_state(const struct place_info *i, const char *in)
{
        const char *const name[] = { [PLACE_KEYS] = "Negotiating",
                                     [PLACE_LOGIN] = "Authenticating",
                                     [PLACE_IN] = in,
                                     [PLACE_OVER] = "Closing" };

        return name[i->phase];
}

int no_such_session(const char *service, const char *command, uint32_t id, struct err *e)
{
        return err_set(e, ERR_REF, "there is no %s session %u: see \"show %s sessions\"", service, id, command);
}
