#include "cli/conf/nested.h"

#include "cli/conf/sysconf.h"
#include "pki/conf.h"
#include "platform/base/mem.h"
#include "policy/conf.h"

static void kept_init(struct conf_list *l)
{
        conf_list_init(l, sizeof(struct inert_conf), NULL);
}

void iface_conf_init(struct iface_conf *i)
{
        kept_init(&i->kept);
        i->level = -1;
        i->shutdown = true;
        i->mtu = 1500;
        i->frag = (struct frag_limits){ FRAG_SIZE_DEFAULT, FRAG_CHAIN_DEFAULT, FRAG_TIMEOUT_DEFAULT };
}

void iface_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct iface_conf *)(void *)o)->kept);
}

void class_conf_init(void *obj)
{
        kept_init(&((struct class_conf *)obj)->kept);
}

void class_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct class_conf *)(void *)o)->kept);
}

void group_conf_init(void *obj)
{
        conf_list_init(&((struct group_conf *)obj)->members, sizeof(struct group_member), NULL);
}

void group_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct group_conf *)(void *)o)->members);
}

void acl_conf_init(void *obj)
{
        conf_list_init(&((struct acl_conf *)obj)->aces, sizeof(struct ace_conf), NULL);
}

void acl_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct acl_conf *)(void *)o)->aces);
}

void policy_map_conf_init(void *obj)
{
        conf_list_init(&((struct policy_map_conf *)obj)->classes, sizeof(struct class_action_conf),
                       class_action_conf_fini);
}

void policy_map_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct policy_map_conf *)(void *)o)->classes);
}

void class_action_conf_init(void *obj)
{
        struct class_action_conf *c = obj;

        conf_list_init(&c->inspects, sizeof(struct inspect_conf), NULL);
        kept_init(&c->kept);
        c->random_seq = -1;
}

void class_action_conf_fini(struct conf_obj *o)
{
        struct class_action_conf *c = (void *)o;

        conf_list_fini(&c->inspects);
        conf_list_fini(&c->kept);
}

void trustpoint_conf_init(void *obj)
{
        struct trustpoint_conf *t = obj;

        kept_init(&t->kept);
        kept_init(&t->crl);
}

void trustpoint_conf_fini(struct conf_obj *o)
{
        struct trustpoint_conf *t = (void *)o;

        conf_list_fini(&t->kept);
        conf_list_fini(&t->crl);
}

static void chain_cert_fini(struct conf_obj *o)
{
        mem_free(((struct chain_cert *)(void *)o)->der);
}

void chain_conf_init(void *obj)
{
        conf_list_init(&((struct chain_conf *)obj)->certs, sizeof(struct chain_cert), chain_cert_fini);
}

void chain_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct chain_conf *)(void *)o)->certs);
}

void inert_block_conf_init(void *obj)
{
        struct inert_block_conf *b = obj;

        conf_list_init(&b->lines, sizeof(struct inert_conf), NULL);
        conf_list_init(&b->sub, sizeof(struct inert_conf), NULL);
        conf_list_init(&b->blocks, sizeof(struct inert_block_conf), inert_block_conf_fini);
}

void inert_block_conf_fini(struct conf_obj *o)
{
        struct inert_block_conf *b = (void *)o;

        conf_list_fini(&b->lines);
        conf_list_fini(&b->sub);
        conf_list_fini(&b->blocks);
}

void user_attr_conf_init(void *obj)
{
        struct user_attr_conf *u = obj;

        conf_list_init(&u->inert, sizeof(struct inert_conf), NULL);
        conf_list_init(&u->webvpn, sizeof(struct inert_block_conf), inert_block_conf_fini);
}

void user_attr_conf_fini(struct conf_obj *o)
{
        struct user_attr_conf *u = (void *)o;

        conf_list_fini(&u->inert);
        conf_list_fini(&u->webvpn);
}
