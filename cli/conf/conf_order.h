/*
 * A line that is typed goes to the end of its list. Where another configuration is to take the place of this one,
 * what both have is brought into the order it has there: nothing is taken out, ids and live state stay.
 */
#ifndef VOXGATE_CLI_CONF_CONF_ORDER_H
#define VOXGATE_CLI_CONF_CONF_ORDER_H

#include <stdbool.h>

struct store;

/* Lists of access rules are left alone: their lines are typed with the number of their place. true: something moved.
 */
bool conf_order(struct store *s, const struct store *want);

#endif
