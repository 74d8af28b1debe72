/* Private to proxy/: names of the command language -> suite numbers of the library. */
#ifndef VOXGATE_PROXY_TLS_SUITES_H
#define VOXGATE_PROXY_TLS_SUITES_H

#include "platform/base/err.h"
#include "pki/conf.h"

#define TLS_SUITES_MAX 16

/* 0-terminated numbers in the order typed; n = 0: the default list. -1 names the suite that cannot be had. */
int tls_suite_ids(const char (*names)[SSL_SUITE_NAME_MAX + 1], unsigned n, int out[TLS_SUITES_MAX + 1],
                  struct err *e);

#endif
