/* Pieces that configurations of path tests share, to be put one behind the other. */
#ifndef VOXGATE_PATH_CONF_H
#define VOXGATE_PATH_CONF_H

#define PX_INTERFACES                                                                                                \
        "interface GigabitEthernet0/0\n"                                                                             \
        " nameif outside\n"                                                                                          \
        " security-level 0\n"                                                                                        \
        " ip address 192.0.2.1 255.255.255.0\n"                                                                      \
        " no shutdown\n"                                                                                             \
        "interface GigabitEthernet0/1\n"                                                                             \
        " nameif inside\n"                                                                                           \
        " security-level 100\n"                                                                                      \
        " ip address 10.0.0.1 255.255.255.0\n"                                                                       \
        " no shutdown\n"

#define PX_NAT_ALL                                                                                                   \
        "object network all\n"                                                                                       \
        " subnet 10.0.0.0 255.255.255.0\n"                                                                           \
        " nat (inside,outside) dynamic 192.0.2.200\n"

/* A tls-proxy with a certificate of its own making; MMP clients have none. */
#define PX_TLS_PROXY                                                                                                 \
        "crypto ca trustpoint ours\n"                                                                                \
        " enrollment self\n"                                                                                         \
        " subject-name cn=cuma.example.com\n"                                                                        \
        "crypto key generate rsa modulus 1024\n"                                                                     \
        "crypto ca enroll ours noconfirm\n"                                                                          \
        "tls-proxy cuma_proxy\n"                                                                                     \
        " server trust-point ours\n"                                                                                 \
        " no server authenticate-client\n"                                                                           \
        "class-map cuma_proxy\n"                                                                                     \
        " match port tcp eq 5443\n"

#define PX_MMP                                                                                                       \
        " class cuma_proxy\n"                                                                                        \
        "  inspect mmp tls-proxy cuma_proxy\n"                                                                       \
        "service-policy global_policy global\n"

#define PX_TFTP_AND_MMP                                                                                              \
        "class-map inspection_default\n"                                                                             \
        " match default-inspection-traffic\n"                                                                        \
        "policy-map global_policy\n"                                                                                 \
        " class inspection_default\n"                                                                                \
        "  inspect tftp\n" PX_MMP

#endif
