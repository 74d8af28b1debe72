/* THE order of the packet stages. Reading path.c is the tour of the packet path. */
#ifndef VOXGATE_BOOT_PATH_H
#define VOXGATE_BOOT_PATH_H

#include "platform/net/dp.h"

extern const struct dp_path appliance_path;

#endif
