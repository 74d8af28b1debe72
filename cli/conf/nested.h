/* Fresh objects: those that hold lists of their own, and those whose defaults are not zero. */
#ifndef VOXGATE_CLI_CONF_NESTED_H
#define VOXGATE_CLI_CONF_NESTED_H

#include "platform/base/conf_list.h"
#include "platform/net/conf.h"

void iface_conf_init(struct iface_conf *i);
void iface_conf_fini(struct conf_obj *o);
void class_conf_init(void *obj);
void class_conf_fini(struct conf_obj *o);

void group_conf_init(void *obj);
void group_conf_fini(struct conf_obj *o);
void acl_conf_init(void *obj);
void acl_conf_fini(struct conf_obj *o);
void policy_map_conf_init(void *obj);
void policy_map_conf_fini(struct conf_obj *o);
void class_action_conf_init(void *obj);
void class_action_conf_fini(struct conf_obj *o);
void trustpoint_conf_init(void *obj);
void trustpoint_conf_fini(struct conf_obj *o);
void chain_conf_init(void *obj);
void chain_conf_fini(struct conf_obj *o);
void inert_block_conf_init(void *obj);
void inert_block_conf_fini(struct conf_obj *o);
void user_attr_conf_init(void *obj);
void user_attr_conf_fini(struct conf_obj *o);

#endif
