/* tls-proxy as typed. reference/asa-cli.md section 5.1. */
#ifndef VOXGATE_PROXY_CONF_H
#define VOXGATE_PROXY_CONF_H

#include "pki/conf.h"

#define PROXY_NAME_MAX 64

struct tls_proxy_conf {
        struct conf_obj o;
        char server_tp[TRUSTPOINT_NAME_MAX + 1]; /* certificate shown to the TLS client */
        bool no_authenticate_client;
        char client_tp[TRUSTPOINT_NAME_MAX + 1]; /* certificate shown to the TLS server */
        char ldc_issuer[TRUSTPOINT_NAME_MAX + 1], ldc_key[KEYPAIR_NAME_MAX + 1];
        unsigned n_client_suites, n_server_suites;
        char client_suites[SSL_SUITES_MAX][SSL_SUITE_NAME_MAX + 1],
                server_suites[SSL_SUITES_MAX][SSL_SUITE_NAME_MAX + 1];
};

struct proxy_conf {
        struct conf_list tls_proxies; /* struct tls_proxy_conf */
        uint32_t max_sessions;        /* tls-proxy maximum-sessions; 0 = platform default */
};

#endif
