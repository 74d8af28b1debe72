/* The tables of rows, one file per configuration object, and what they share. */
#ifndef VOXGATE_CLI_CMD_ROWS_H
#define VOXGATE_CLI_CMD_ROWS_H

#include "cli/lang/cmd.h"
#include "cli/conf/parse.h"
#include "cli/conf/store.h"
#include "cli/lang/tree.h"

#define STORE(l) offsetof(struct store, l)
#define END                                                                                                          \
        {                                                                                                            \
                .kind = ROW_NONE                                                                                     \
        }

extern const struct cmd_row rows_hostname[], rows_enable[], rows_names[], rows_interface[], rows_banner[],
        rows_clock[], rows_dns[], rows_same_security[], rows_object[], rows_object_group[], rows_access_list[],
        rows_pager[], rows_logging[], rows_mtu[], rows_fragment[], rows_failover[], rows_icmp[], rows_arp[], rows_cert_alerts[], rows_reference_identity[],
        rows_access_group[], rows_route[], rows_timeout[], rows_aaa[], rows_http[], rows_snmp[], rows_services[], rows_trustpoint[],
        rows_chain[], rows_console[], rows_ssh[], rows_console_end[], rows_tls_proxy_max[], rows_tls_proxy[], rows_threat[], rows_ntp[], rows_ssl[],
        rows_username[], rows_class_map[], rows_inspect_map[], rows_sip_map[], rows_skinny_map[], rows_regex[],
        rows_media_termination[],
        rows_phone_proxy[], rows_ctl_file[], rows_license[], rows_policy_map[], rows_service_policy[], rows_prompt[],
        rows_crypto[], rows_general[], rows_password_policy[], rows_privilege[], rows_boot[], rows_tftp_server[],
        rows_ip[], rows_asdm[], rows_kept_xlate[], rows_kept_pool[], rows_kept_time_range[], rows_kept_tcp_map[],
        rows_kept_nat[], rows_twice_nat[], rows_twice_nat_after[], rows_kept_routing[], rows_kept_tunneled[], rows_kept_aaa[],
        rows_kept_services[], rows_kept_crypto[], rows_kept_ike[], rows_kept_dhcp[], rows_kept_webvpn[],
        rows_kept_tunnel_group[], rows_kept_smtp[],
        rows_kept_ctl_provider[], rows_kept_group[], rows_kept_class[], rows_kept_map[], rows_kept_management[],
        rows_kept_call_home[], rows_old_nat[];

/* A line that is kept in a list, and told to be so with the first one of its row; with its `no` form. */
#define KEPT_IN_(at, g, hlp, why, more)                                                                              \
        {                                                                                                            \
                ROW_INERT, g, hlp, .list = at, .inert = why, .flags = ROW_KEPT | (more)                              \
        }
#define KEPT_IN(at, g, hlp, why) KEPT_IN_(at, g, hlp, why, 0)
#define KEPT_BOTH(at, g, hlp, why) KEPT_IN_(at, g, hlp, why, ROW_BOTH)

/* What an inspection that is not there does with what it matches. */
extern const struct cmd_mode kept_match_mode;
/* What a user of browser VPN gets. */
extern const struct cmd_mode kept_webvpn_mode;

/* key hooks */
/* The object or element is called what stands for NAME. */
void key_name(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out);
/* It is called what the line says, in full words. */
void key_words(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out);

/* init hooks */
void init_group(struct conf_ctx *c, void *obj);
void init_class(struct conf_ctx *c, void *obj);
void init_policy_map(struct conf_ctx *c, void *obj);
void init_class_action(struct conf_ctx *c, void *obj);
void init_trustpoint(struct conf_ctx *c, void *obj);
void init_chain(struct conf_ctx *c, void *obj);
void init_block(struct conf_ctx *c, void *obj);

/* Has an address bits behind the mask? Refused in the ASA's words. */
int check_pair(const struct addr *a, uint8_t len, struct err *e);
/* "NET MASK IFC" of the lines that open the box: ssh, http (struct box_access_conf). */
extern const struct cmd_bind box_access_bind[];
int check_box_access(struct conf_ctx *c, void *obj, struct err *e);
/* A line of cipher suites, behind two words, of which the TLS library has n: none is refused, some are told. */
int check_some_suites(const struct conf_ctx *c, unsigned n, struct err *e);
void warn_missing_suites(struct conf_ctx *c, unsigned n);
/* Ports that are none: a range the wrong way round, more than the last, less than the first. */
int check_port_spec(const struct port_spec *p, struct err *e);
/* Lists that lost their last line to purge_nameif(): what refers to them goes as well. */
void drop_empty_acls(struct conf_ctx *c);
/* Drops every line that names this interface, when there is none of the name any more. */
void purge_nameif(struct conf_ctx *c, const char *nameif);
/* Every line that names the interface `from` names it `to` from now on. */
void rename_nameif(struct conf_ctx *c, const char *from, const char *to);

/* Why this access list line is not in force; NULL: it is. */
const char *ace_inert(const struct store *s, const void *obj);
/* Is an object that stands for a name in this group, or in one of its groups? */
bool group_has_fqdn(const struct policy_conf *p, const char *group);
struct running_filter;
/* `clear configure interface [NAME]`: subinterfaces and what has no port go, the others are as they were
 * delivered. */
int clear_interfaces(struct conf_ctx *c, const struct running_filter *f, struct err *e);

#endif
