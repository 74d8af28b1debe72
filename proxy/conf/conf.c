#include "proxy/conf/conf.h"

void tls_proxy_conf_init(struct tls_proxy_conf *c)
{
        conf_list_init(&c->client_trust, sizeof(struct conf_obj), NULL);
        conf_list_init(&c->server_trust, sizeof(struct conf_obj), NULL);
}

void tls_proxy_conf_fini(struct conf_obj *o)
{
        struct tls_proxy_conf *c = (void *)o;

        conf_list_fini(&c->client_trust);
        conf_list_fini(&c->server_trust);
}

void media_term_conf_init(struct media_term_conf *c)
{
        conf_list_init(&c->addrs, sizeof(struct mta_addr_conf), NULL);
        c->port_lo = RTP_PORT_MIN_DEFAULT;
        c->port_hi = RTP_PORT_MAX_DEFAULT;
}

void media_term_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct media_term_conf *)(void *)o)->addrs);
}

void phone_proxy_conf_init(struct phone_proxy_conf *c)
{
        conf_list_init(&c->tftp_servers, sizeof(struct pp_tftp_conf), NULL);
        c->timeout_s = SECURE_PHONES_TIMEOUT_DEFAULT;
        c->proxy_port = PROXY_SERVER_PORT_DEFAULT;
}

void phone_proxy_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct phone_proxy_conf *)(void *)o)->tftp_servers);
}
