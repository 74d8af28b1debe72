/* What the operator typed about the box itself: names, users, consoles. Plain data, owned by the store. */
#ifndef VOXGATE_CLI_SYSCONF_H
#define VOXGATE_CLI_SYSCONF_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/conf_list.h"
#include "platform/net/conf.h"

#define USERNAME_MAX 64
#define PASSWORD_HASH_MAX 160

/* A password is kept as its hash only: 16 characters "encrypted" or "$sha512$ROUNDS$SALT$HASH" pbkdf2. Checked by
 * passwd.h. */
enum passwd_form { PASSWD_CLEAR, PASSWD_ENCRYPTED, PASSWD_PBKDF2 }; /* CLEAR only while a line is read */
struct user_conf {
        struct conf_obj o; /* name */
        bool nopassword;
        uint8_t form; /* enum passwd_form */
        char hash[PASSWORD_HASH_MAX + 1];
        uint8_t privilege; /* 0-15, 2 */
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
        bool parameters;
};

struct loghost_conf { /* logging host IFC A [udp/PORT] */
        struct conf_obj o;
        char nameif[NAMEIF_MAX + 1];
        struct addr addr;
        uint16_t port; /* 0: 514 */
};

struct dns_server_conf { /* name-server A */
        struct conf_obj o;
        struct addr addr;
};
struct dns_group_conf { /* dns server-group NAME */
        struct conf_obj o;
        struct conf_list servers; /* struct dns_server_conf: asked in this order */
        char domain[128];         /* "" unset */
        uint32_t timeout_s, retries, expire_min, poll_min;
};

struct aaa_conf { /* aaa authentication WHAT console LOCAL */
        bool serial, enable, ssh, telnet, http;
};

struct sys_conf {
        char hostname[64];                       /* "ciscoasa" */
        char domain[128];                        /* "" unset */
        char enable_hash[PASSWORD_HASH_MAX + 1]; /* of level 15 */
        char passwd_hash[PASSWORD_HASH_MAX + 1]; /* "": not set */
        uint8_t enable_form, passwd_form;        /* enum passwd_form */
        struct aaa_conf aaa;
        uint32_t pager_lines;         /* 0 off, 24 */
        uint32_t terminal_width;      /* 0 unlimited, 80 */
        uint32_t console_timeout_min; /* 0 never */
        uint8_t prompt[6];            /* enum prompt_part, 0 ends; hostname context */
        char tz_name[9];              /* "" UTC */
        int16_t tz_hours, tz_minutes;
        bool no_names;
        char dns_group[65]; /* dns-group: "" DefaultDNS */
        /* the lists, from users on */
        struct conf_list users;      /* struct user_conf */
        struct conf_list banners;    /* struct banner_conf */
        struct conf_list log_hosts;  /* struct loghost_conf */
        struct conf_list name_alias; /* struct inert_conf */
        struct conf_list inert;      /* struct inert_conf: lines of features that are not there */
        struct conf_list dns_lookup; /* struct name_conf: dns domain-lookup */
        struct conf_list dns_groups; /* struct dns_group_conf */
        struct conf_list dns_maps;   /* struct inert_block_conf: policy-map type inspect */
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
