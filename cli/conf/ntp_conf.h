/* From the lines about NTP to what its client works with. */
#ifndef VOXGATE_CLI_CONF_NTP_CONF_H
#define VOXGATE_CLI_CONF_NTP_CONF_H

#include "cli/conf/sysconf.h"
#include "platform/svc/ntp.h"

struct ntp_key_line { /* ntp authentication-key */
        struct conf_obj o;
        uint32_t id;
        uint8_t hash; /* enum ntp_hash */
        char key[NTP_KEY_MAX + 1];
};
struct ntp_trusted_line { /* ntp trusted-key */
        struct conf_obj o;
        uint32_t id;
};
struct ntp_server_line { /* ntp server */
        struct conf_obj o;
        char host[NTP_HOST_MAX + 1];
        uint32_t key; /* 0: none */
        char nameif[NAMEIF_MAX + 1];
        bool prefer;
};

struct store;
void ntp_conf_of(const struct store *s, struct ntp_conf *out);

#endif
