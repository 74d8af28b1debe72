/* The appliance's private user and network namespace. Before any thread and any library that starts one. */
#ifndef VOXGATE_BOOT_PRIVATE_NS_H
#define VOXGATE_BOOT_PRIVATE_NS_H

#include "platform/base/err.h"

/* A plain network namespace where we may (root), else a user namespace that owns one. */
int private_ns_enter(struct err *e);

#endif
