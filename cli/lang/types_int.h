/* The functions of the types, by family; the table that strings them together is types.c. */
#ifndef VOXGATE_CLI_LANG_TYPES_INT_H
#define VOXGATE_CLI_LANG_TYPES_INT_H

#include "cli/lang/types.h"

#define TYPE_MATCH(name) size_t name(const struct type_env *env, const struct type_arg *ta, const char *s, size_t n)
#define TYPE_STORE(name)                                                                                             \
        int name(const struct type_env *env, const struct type_arg *ta, const char *s, void *field, size_t size,     \
                 struct err *e)
#define TYPE_WRITE(name) void name(const struct type_arg *ta, const void *field, size_t size, struct text *out)
#define TYPE_SET(name) bool name(const void *field, size_t size, int64_t dflt)
#define TYPE_CLEAR(name) void name(void *field, size_t size, int64_t dflt)
#define TYPE_EACH(name) void name(const struct type_env *env, const struct type_arg *ta, type_each_fn fn, void *ctx)

/* Texts: types_text.c */
TYPE_MATCH(word_match);
TYPE_STORE(text_store);
TYPE_WRITE(word_write);
TYPE_WRITE(line_write);
TYPE_SET(text_set);
TYPE_CLEAR(text_clear);
TYPE_MATCH(line_match);
TYPE_MATCH(hex_match);
TYPE_MATCH(url_match);
TYPE_MATCH(newname_match);
/* Names of things that exist: types_ref.c */
TYPE_MATCH(nameif_match);
TYPE_STORE(nameif_store);
TYPE_EACH(nameif_each);
TYPE_MATCH(ref_match);
TYPE_STORE(ref_store);
TYPE_EACH(ref_each);
TYPE_MATCH(ifpair_match);
TYPE_EACH(ifpair_each);
TYPE_MATCH(oneif_match);
TYPE_STORE(ifpair_store);
TYPE_WRITE(ifpair_write);
TYPE_SET(ifpair_set);
TYPE_MATCH(hwname_match);
TYPE_STORE(hwname_store);
TYPE_EACH(hwname_each);
TYPE_EACH(section_each);
/* Numbers, some with names: types_num.c */
TYPE_MATCH(u32_match);
TYPE_STORE(u32_store);
TYPE_WRITE(u32_write);
TYPE_SET(num_set);
TYPE_CLEAR(num_clear);
TYPE_MATCH(duration_match);
TYPE_STORE(duration_store);
TYPE_WRITE(duration_write);
TYPE_MATCH(idrange_match);
TYPE_STORE(idrange_store);
TYPE_WRITE(idrange_write);
TYPE_MATCH(level_match);
TYPE_STORE(level_store);
TYPE_WRITE(level_write);
TYPE_EACH(level_each);
TYPE_MATCH(logport_match);
TYPE_STORE(logport_store);
TYPE_WRITE(logport_write);
/* Numbers with names: types_named.c */
TYPE_MATCH(tcpport_match);
TYPE_STORE(tcpport_store);
TYPE_WRITE(tcpport_write);
TYPE_EACH(tcpport_each);
TYPE_MATCH(udpport_match);
TYPE_STORE(udpport_store);
TYPE_WRITE(udpport_write);
TYPE_EACH(udpport_each);
TYPE_MATCH(icmptype_match);
TYPE_STORE(icmptype_store);
TYPE_WRITE(icmptype_write);
TYPE_EACH(icmptype_each);
TYPE_MATCH(protocol_match);
TYPE_STORE(protocol_store);
TYPE_WRITE(protocol_write);
TYPE_EACH(protocol_each);
/* Names of the log: types_log.c */
TYPE_MATCH(logclass_match);
TYPE_STORE(logclass_store);
TYPE_WRITE(logclass_write);
TYPE_EACH(logclass_each);
TYPE_MATCH(logdest_match);
TYPE_STORE(logdest_store);
TYPE_WRITE(logdest_write);
TYPE_EACH(logdest_each);
/* Addresses: types_addr.c */
TYPE_MATCH(host_match);
TYPE_MATCH(addr_match);
TYPE_STORE(addr_store);
TYPE_WRITE(addr_write);
TYPE_SET(addr_set);
TYPE_CLEAR(addr_clear);
TYPE_EACH(alias_each);
TYPE_MATCH(net_match);
TYPE_STORE(net_store);
TYPE_MATCH(mask_match);
TYPE_MATCH(netmask_match);
TYPE_STORE(mask_store);
TYPE_WRITE(mask_write);
TYPE_SET(mask_set);
TYPE_MATCH(mac_match);
TYPE_STORE(mac_store);
TYPE_WRITE(mac_write);
TYPE_SET(mac_set);
TYPE_CLEAR(mac_clear);
/* Odd ones: types_misc.c */
TYPE_MATCH(hours_match);
TYPE_STORE(hours_store);
TYPE_WRITE(hours_write);
TYPE_MATCH(hwkind_match);
TYPE_MATCH(hwslot_match);
TYPE_MATCH(promptpart_match);
TYPE_STORE(promptpart_store);
TYPE_WRITE(promptpart_write);
TYPE_SET(promptpart_set);
TYPE_EACH(promptpart_each);
/* Parts of a date: types_time.c */
TYPE_MATCH(month_match);
TYPE_STORE(month_store);
TYPE_WRITE(month_write);
TYPE_MATCH(weekday_match);
TYPE_STORE(weekday_store);
TYPE_WRITE(weekday_write);
TYPE_MATCH(week_match);
TYPE_STORE(week_store);
TYPE_WRITE(week_write);
TYPE_MATCH(hhmm_match);
TYPE_STORE(hhmm_store);
TYPE_WRITE(hhmm_write);
TYPE_MATCH(hhmmss_match);
TYPE_STORE(hhmmss_store);
TYPE_WRITE(hhmmss_write);
/* Cipher suites: types_suite.c */
TYPE_MATCH(suite_match);
TYPE_STORE(suite_store);
TYPE_WRITE(suite_write);
TYPE_EACH(suite_each);

/* Length of the common beginning of s and name, letters of either case. */
size_t type_common(const char *name, const char *s, size_t n);

#endif
