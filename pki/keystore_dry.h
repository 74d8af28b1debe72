/* What a check or a replay works with: the assets of a flash, changed in memory only. */
#ifndef VOXGATE_PKI_KEYSTORE_DRY_H
#define VOXGATE_PKI_KEYSTORE_DRY_H

#include "pki/keystore.h"

/*
 * As keystore_open(), but nothing below dir is made, changed or removed, neither now nor later: changes stay in
 * memory. A store that was never written to is empty.
 */
struct keystore *keystore_open_dry(const char *dir, const struct clock *clk, const struct rng *rng,
                                   struct err *warn) MUST_USE;

#endif
