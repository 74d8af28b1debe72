/* What the operator typed about the box itself: names, users, consoles. Plain data, owned by the store. */
#ifndef VOXGATE_CLI_CONF_SYSCONF_H
#define VOXGATE_CLI_CONF_SYSCONF_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/conf_list.h"
#include "platform/base/tz.h"
#include "pki/ref_identity.h"
#include "platform/base/log.h"
#include "platform/net/conf.h"

#define USERNAME_MAX 64
#define PASSWORD_HASH_MAX 160

/* A password is kept as its hash only: 16 characters "encrypted" or "$sha512$ROUNDS$SALT$HASH" pbkdf2. Checked by
 * passwd.h. */
enum passwd_form {
        PASSWD_CLEAR,
        PASSWD_ENCRYPTED,
        PASSWD_PBKDF2,
        PASSWD_NT,
        PASSWD_MSCHAP
}; /* CLEAR and MSCHAP
only while a line is read */
struct user_conf {
        struct conf_obj o; /* name */
        bool nopassword;
        uint8_t form; /* enum passwd_form */
        char hash[PASSWORD_HASH_MAX + 1];
        uint8_t privilege; /* 0-15, 2 */
};

enum service_type { SERVICE_UNSET, SERVICE_ADMIN, SERVICE_NAS_PROMPT, SERVICE_REMOTE_ACCESS }; /* unset: admin */
/* username U attributes. Keys are kept as SHA-256 of their wire form: 32 octets in hexadecimal with colons. */
#define SSH_KEY_TEXT 95
struct user_attr_conf {
        struct conf_obj o; /* the user's name */
        uint8_t service;   /* enum service_type */
        bool publickey_hashed, pkf_hashed;
        char publickey[1400]; /* base64 only while a line is read; "": none */
        char pkf[SSH_KEY_TEXT + 1];
        struct conf_list inert; /* struct inert_conf: attributes of VPN users */
        struct conf_list webvpn; /* struct inert_block_conf: one at most */
};

enum banner_kind { BANNER_ASDM, BANNER_EXEC, BANNER_LOGIN, BANNER_MOTD };
struct banner_conf { /* ordered: one line of a banner */
        struct conf_obj o;
        enum banner_kind kind;
        char text[512];
};

/* A line that is kept and printed but not in force. name: its canonical text. */
struct inert_conf {
        struct conf_obj o;
        const char *row; /* grammar of the row it belongs to: static text, compared by address */
};
struct inert_block_conf {
        struct conf_obj o;           /* name of the object */
        struct conf_list lines, sub; /* struct inert_conf: its lines; those of its `parameters` mode */
        struct conf_list blocks;     /* struct inert_block_conf: `match` and `class` of an inspection */
        bool parameters;
        char word[20], rest[101]; /* of its head, where its name is all of it */
};

/* Blocks of what this box does not do: their lines are kept (cmd/kept.c). */
#define KEPT_LISTS(X)                                                                                                \
        X(TIME_RANGE)                                                                                                \
        X(TCP_MAP)                                                                                                   \
        X(ROUTE_MAP)                                                                                                 \
        X(ROUTER)                                                                                                    \
        X(LDAP_MAP)                                                                                                  \
        X(DAP)                                                                                                       \
        X(AAA_SERVER)                                                                                                \
        X(SLA)                                                                                                       \
        X(PROPOSAL)                                                                                                  \
        X(PROFILE)                                                                                                   \
        X(CERT_MAP)                                                                                                  \
        X(ISAKMP)                                                                                                    \
        X(IKEV2)                                                                                                     \
        X(IKEV1)                                                                                                     \
        X(QUEUE)                                                                                                     \
        X(WEBVPN)                                                                                                    \
        X(GROUP_POLICY)                                                                                              \
        X(TUNNEL_GROUP)                                                                                              \
        X(INSPECT_CLASS)                                                                                             \
        X(MANAGEMENT_CLASS)                                                                                          \
        X(INSPECT_MAP)                                                                                               \
        X(CTL_PROVIDER)                                                                                              \
        X(USER_GROUP)                                                                                                \
        X(SECURITY_GROUP)                                                                                            \
        X(MANAGEMENT_MAP)                                                                                            \
        X(TRUSTPOOL)                                                                                                 \
        X(HOST_LIST)                                                                                                 \
        X(MOUNT)                                                                                                     \
        X(LOAD_BALANCING)                                                                                            \
        X(CALL_HOME)
#define KEPT_ID(id) KEPT_##id,
enum kept_block { KEPT_LISTS(KEPT_ID) KEPT_BLOCKS };
#undef KEPT_ID

struct lograte_conf { /* logging rate-limit */
        struct conf_obj o;
        struct log_rate r;
};

struct cert_alerts_conf { /* crypto ca alerts expiration */
        bool off;
        uint32_t begin, repeat; /* days, 60 and 7 */
};

struct ref_id_conf { /* one name that a server may have */
        struct conf_obj o;
        struct ref_name name;
};
struct ref_identity_conf { /* crypto ca reference-identity NAME */
        struct conf_obj o;
        struct conf_list ids; /* struct ref_id_conf */
};

struct loghost_conf { /* logging host IFC A [udp/PORT] */
        struct conf_obj o;
        char nameif[NAMEIF_MAX + 1];
        struct addr addr;
        uint16_t port;     /* 0: 514, by TCP 1470 */
        bool emblem;       /* by UDP: in this format */
        bool secure;       /* by TCP: TLS */
        char identity[65]; /* TLS: reference identity that the server's certificate must have, "": none */
};

struct mail_to_conf { /* logging recipient-address */
        struct conf_obj o;
        char address[128];
        int level; /* LOG_L_NONE: not typed */
};

/* tftp-server IFC HOST FILE: where `configure net` and `write net` go; nameif "": nowhere */
struct tftp_server_conf {
        char nameif[NAMEIF_MAX + 1];
        struct addr host;
        char file[201];
};

struct alias_conf {        /* name A ALIAS: what may be typed in place of the address */
        struct conf_obj o; /* its name is the alias */
        struct addr addr;
        char alias[64], text[201]; /* text: description */
};

struct dns_server_conf { /* name-server A [IFC] */
        struct conf_obj o;
        struct addr addr;
        char nameif[NAMEIF_MAX + 1]; /* kept: routes say where the server is */
};
struct dns_group_conf { /* dns server-group NAME */
        struct conf_obj o;
        struct conf_list servers; /* struct dns_server_conf: asked in this order */
        char domain[128];         /* "" unset */
        uint32_t timeout_s, retries, expire_min, poll_min;
};

enum exec_from { EXEC_OFF, EXEC_LOCAL, EXEC_SERVER }; /* rights of LOCAL users are LOCAL's in both cases */
#define AAA_HISTORY_DAYS 90
struct aaa_conf {
        bool serial, enable, ssh, telnet, http; /* aaa authentication WHAT console LOCAL */
        /* Groups of servers that stand in front of LOCAL: not asked. */
        char serial_group[65], enable_group[65], ssh_group[65], telnet_group[65], http_group[65], command_group[65];
        uint8_t exec; /* enum exec_from: aaa authorization exec */
        bool auto_enable;
        bool command;           /* aaa authorization command LOCAL */
        uint8_t max_fail;       /* 0: nobody is locked out */
        uint16_t history_days;  /* logins that the greeting counts, 90 */
        uint16_t inactive_days; /* accounts not used for so long are disabled; 0: never */
};

struct password_policy_conf { /* what new passwords of users must have; 0: no rule */
        uint16_t lifetime_days;
        uint8_t min_length, min_lower, min_upper, min_numeric, min_special, min_changes, reuse_interval;
        bool username_check;
};

struct enable_conf { /* enable password ... level 0-14 */
        struct conf_obj o;
        uint8_t level, form;
        char hash[PASSWORD_HASH_MAX + 1];
};

/* privilege [FORM] level N [mode MODE] command WORDS */
enum privilege_form { PRIV_ANY, PRIV_SHOW, PRIV_CLEAR, PRIV_CMD, PRIV_CONFIGURE };
enum privilege_mode { PRIV_MODE_ANY, PRIV_MODE_EXEC, PRIV_MODE_CONFIGURE };
struct privilege_conf {
        struct conf_obj o;
        uint8_t form, mode, level;
        char command[128];
};

struct ssh_server_conf { /* server HOST, as the operator names it */
        struct conf_obj o;
        char hash[SSH_KEY_TEXT + 1]; /* SHA-256 of its key; "": none yet */
};
struct ssh_chain_conf { /* ssh pubkey-chain: servers that files are copied from and to */
        struct conf_obj o;
        bool there;               /* as long as it is */
        struct conf_list servers; /* struct ssh_server_conf */
};
void ssh_chain_conf_init(struct ssh_chain_conf *c);
void ssh_chain_conf_fini(struct conf_obj *o);

enum ssh_group { SSH_GROUP_UNSET, SSH_GROUP1_SHA1, SSH_GROUP14_SHA1 };
enum ssh_strength { SSH_STRENGTH_UNSET, SSH_ALL, SSH_LOW, SSH_MEDIUM, SSH_HIGH, SSH_FIPS, SSH_CUSTOM };
#define SSH_CUSTOM_MAX 300
struct ssh_conf {                      /* the lines that say who may connect: policy/conf.h, box_access */
        uint32_t timeout_min;          /* 1-60, 5 */
        uint8_t version;               /* 0 not said */
        uint8_t group;                 /* enum ssh_group: of old clients, offered besides today's */
        uint8_t hostkey;               /* enum sshd_key + 1: this one only; 0: the client chooses */
        uint32_t sessions;             /* 0: the ASA's 5 */
        bool scopy;                    /* files by SCP and SFTP */
        bool any_key;                  /* as a client: no stricthostkeycheck */
        uint8_t encryption, integrity; /* enum ssh_strength: what is offered */
        char ciphers[SSH_CUSTOM_MAX + 1], macs[SSH_CUSTOM_MAX + 1]; /* of CUSTOM: names, ":" between them */
};

#define HTTP_PORT 443
#define HTTP_IDLE_MIN 20
struct http_conf { /* http server; who may connect: policy/conf.h, box_access */
        bool enabled;
        uint32_t port;        /* 443 */
        uint32_t idle_min;    /* 1-1440, 20: a connection without requests ends */
        uint32_t session_min; /* 1-1440, 0: none: so does any connection */
};

#define SNMP_TEXT_MAX 200
struct snmp_conf { /* snmp-server; who may ask is up to the master agent of the host */
        bool off;  /* no snmp-server enable */
        char location[SNMP_TEXT_MAX + 1], contact[SNMP_TEXT_MAX + 1];
        bool authentication, linkup, linkdown, coldstart, warmstart; /* enable traps snmp */
        bool syslog;                                                 /* enable traps syslog */
};

struct zone_conf {                  /* clock timezone */
        char name[TZ_NAME_MAX + 1]; /* "" UTC */
        int16_t hours, minutes;
};
struct summer_conf {                /* clock summer-time */
        char name[TZ_NAME_MAX + 1]; /* "" none */
        uint8_t kind;               /* enum tz_summer */
        bool typed;                 /* recurring: with days of its own, not those of the USA */
        struct tz_change from, to;
        uint16_t minutes; /* 60 */
};

struct sys_conf {
        char hostname[64];                       /* "ciscoasa" */
        char domain[128];                        /* "" unset */
        char enable_hash[PASSWORD_HASH_MAX + 1]; /* of level 15 */
        char passwd_hash[PASSWORD_HASH_MAX + 1]; /* "": not set */
        uint8_t enable_form, passwd_form;        /* enum passwd_form */
        struct aaa_conf aaa;
        struct password_policy_conf password_policy;
        char boot_config[256];        /* boot config disk0:/FILE, "" none: boot_config.h */
        uint32_t pager_lines;         /* 0 off, 24 */
        uint32_t terminal_width;      /* 0 unlimited, 80 */
        uint32_t console_timeout_min; /* 0 never */
        struct ssh_conf ssh;
        struct http_conf http;
        struct snmp_conf snmp;
        uint8_t prompt[6]; /* enum prompt_part, 0 ends; hostname context */
        struct zone_conf zone;
        struct summer_conf summer;
        struct tftp_server_conf tftp;
        bool ntp_authenticate;
        bool no_names;
        struct cert_alerts_conf cert_alerts;
        char mail_from[128];        /* logging from-address */
        struct addr smtp_server[2]; /* smtp-server */
        char dns_group[65];         /* dns-group: "" DefaultDNS */
        /* the lists, from users on */
        struct conf_list users;      /* struct user_conf */
        struct conf_list user_attrs; /* struct user_attr_conf */
        struct conf_list enables;    /* struct enable_conf */
        struct conf_list privileges; /* struct privilege_conf */
        struct conf_list banners;    /* struct banner_conf */
        char log_device_text[65];    /* logging device-id string */
        char log_device_ifc[NAMEIF_MAX + 1];
        struct conf_list log_hosts;         /* struct loghost_conf: by UDP */
        struct conf_list log_tcp;           /* struct loghost_conf: by TCP */
        struct conf_list aliases;           /* struct alias_conf */
        struct conf_list log_rates;         /* struct lograte_conf */
        struct conf_list mail_to;           /* struct mail_to_conf */
        struct conf_list ref_ids;           /* struct ref_identity_conf */
        struct conf_list inert;             /* struct inert_conf: lines of features that are not there */
        struct conf_list ntp_keys;          /* struct ntp_key_line: ntp_conf.h */
        struct conf_list ntp_trusted;       /* struct ntp_trusted_line */
        struct conf_list ntp_servers;       /* struct ntp_server_line */
        struct conf_list dns_lookup;        /* struct name_conf: dns domain-lookup */
        struct conf_list dns_groups;        /* struct dns_group_conf */
        struct conf_list dns_maps;          /* struct inert_block_conf: policy-map type inspect */
        struct conf_list kept[KEPT_BLOCKS]; /* struct inert_block_conf */
        struct conf_list ssh_chain;         /* struct ssh_chain_conf: one at most */
};

enum prompt_part {
        PROMPT_END,
        PROMPT_HOSTNAME,
        PROMPT_CONTEXT,
        PROMPT_DOMAIN,
        PROMPT_SLOT,
        PROMPT_STATE,
        PROMPT_PRIORITY
};

#endif
