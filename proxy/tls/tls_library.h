/* Which TLS library is linked, and whether it is the one that our files were compiled for. */
#ifndef VOXGATE_PROXY_TLS_TLS_LIBRARY_H
#define VOXGATE_PROXY_TLS_TLS_LIBRARY_H

#include <stdbool.h>

#include "platform/base/err.h"

#define TLS_LIBRARY_NAME_MAX 18
/* "mbed TLS 2.28.3". */
void tls_library_name(char out[TLS_LIBRARY_NAME_MAX]);
/* Is it a build of ours (VOXGATE_MBEDTLS=source), or the system's? */
bool tls_library_own(void);
/* Its structs differ by its options, and a mix corrupts memory silently: -1 when it is not what we were compiled for.
 */
int tls_library_check(struct err *e) MUST_USE;

#endif
