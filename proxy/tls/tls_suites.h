/* Private to proxy/: names of the command language -> suite numbers of the library. */
#ifndef VOXGATE_PROXY_TLS_TLS_SUITES_H
#define VOXGATE_PROXY_TLS_TLS_SUITES_H

#include <stdbool.h>

#include "platform/base/err.h"
#include "pki/conf.h"

#define TLS_SUITES_MAX 16

/*
 * 0-terminated numbers: sound suites in the order typed, then those that only old phones need, then, where
 * readable_ok, the one that does not encrypt: so nobody is given less than the best he has. n = 0: the default list.
 * -1 names the suite that cannot be had.
 */
int tls_suite_ids(const char (*names)[SSL_SUITE_NAME_MAX + 1], unsigned n, bool readable_ok,
                  int out[TLS_SUITES_MAX + 1], struct err *e);

#endif
