#include "proxy/tls/tls_library.h"

#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

#include "platform/base/attr.h"

void tls_library_name(char out[TLS_LIBRARY_NAME_MAX])
{
        mbedtls_version_get_string_full(out);
}

bool tls_library_own(void)
{
#ifdef VOXGATE_OWN_MBEDTLS
        return true;
#else
        return false;
#endif
}

#define IN_HEADERS(option)                                                                                           \
        {                                                                                                            \
                "MBEDTLS_" #option, OPTION_##option                                                                  \
        }
#ifdef MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
#define OPTION_SSL_VARIABLE_BUFFER_LENGTH true
#else
#define OPTION_SSL_VARIABLE_BUFFER_LENGTH false
#endif
#ifdef MBEDTLS_SSL_PROTO_DTLS
#define OPTION_SSL_PROTO_DTLS true
#else
#define OPTION_SSL_PROTO_DTLS false
#endif
#ifdef MBEDTLS_SSL_RENEGOTIATION
#define OPTION_SSL_RENEGOTIATION true
#else
#define OPTION_SSL_RENEGOTIATION false
#endif
#ifdef MBEDTLS_THREADING_C
#define OPTION_THREADING_C true
#else
#define OPTION_THREADING_C false
#endif

int tls_library_check(struct err *e)
{
        static const struct {
                const char *option;
                bool ours;
        } rows[] = {
                IN_HEADERS(SSL_VARIABLE_BUFFER_LENGTH),
                IN_HEADERS(SSL_PROTO_DTLS),
                IN_HEADERS(SSL_RENEGOTIATION),
                IN_HEADERS(THREADING_C),
        };
        char name[TLS_LIBRARY_NAME_MAX];

        tls_library_name(name);
        if (mbedtls_version_get_number() >> 16 != MBEDTLS_VERSION_NUMBER >> 16)
                return err_set(e, ERR_SUPPORT, "TLS library: this is %s, compiled for %s", name,
                               MBEDTLS_VERSION_STRING);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if ((mbedtls_version_check_feature(rows[i].option) == 0) != rows[i].ours)
                        return err_set(e, ERR_SUPPORT, "TLS library: %s is %s, and we were compiled for the contrary",
                                       rows[i].option, rows[i].ours ? "off" : "on");
        return 0;
}
