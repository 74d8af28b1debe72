#include "platform/net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One request. Attributes are ours and few: 512 bytes are ample, and more than that is refused when it is sent. */
struct request {
        union {
                struct nlmsghdr h;
                uint8_t buf[512];
        };
        bool full;
};

static void *room(struct request *r, size_t n)
{
        uint32_t at = NLMSG_ALIGN(r->h.nlmsg_len);

        if (at + NLMSG_ALIGN(n) > sizeof r->buf) {
                r->full = true;
                return NULL;
        }
        r->h.nlmsg_len = at + (uint32_t)n;
        return r->buf + at;
}

static void start(struct request *r, uint16_t type, uint16_t flags, const void *body, size_t n)
{
        void *p;

        memset(r, 0, sizeof *r);
        r->h.nlmsg_len = NLMSG_HDRLEN;
        r->h.nlmsg_type = type;
        r->h.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
        r->h.nlmsg_seq = 1;
        p = room(r, n);
        if (p)
                memcpy(p, body, n);
}

static void attr(struct request *r, uint16_t type, const void *data, size_t n)
{
        struct rtattr *a = room(r, RTA_LENGTH(n));

        if (!a)
                return;
        a->rta_type = type;
        a->rta_len = (uint16_t)RTA_LENGTH(n);
        if (n)
                memcpy(RTA_DATA(a), data, n);
}

static void attr_str(struct request *r, uint16_t type, const char *s)
{
        attr(r, type, s, strlen(s) + 1);
}

static void attr_u32(struct request *r, uint16_t type, uint32_t v)
{
        attr(r, type, &v, sizeof v);
}

static void attr_addr(struct request *r, uint16_t type, const struct addr *a)
{
        uint32_t v4 = htonl(a->v4);

        if (a->fam == ADDR_V6)
                attr(r, type, a->v6, 16);
        else
                attr(r, type, &v4, 4);
}

/* A nested attribute: everything from begin to end goes inside. Returns its place. */
static uint32_t nest_begin(struct request *r, uint16_t type)
{
        uint32_t at = NLMSG_ALIGN(r->h.nlmsg_len);

        attr(r, type, NULL, 0);
        return at;
}

static void nest_end(struct request *r, uint32_t at)
{
        struct rtattr *a = (struct rtattr *)(void *)(r->buf + at);

        if (!r->full)
                a->rta_len = (uint16_t)(r->h.nlmsg_len - at);
}

/* 0, or a negative errno of the kernel's acknowledgement. */
static int exchange(int fd, const struct request *r)
{
        struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        union {
                struct nlmsghdr h;
                uint8_t buf[4096];
        } in;
        const struct nlmsgerr *ack = NLMSG_DATA(&in.h);

        if (sendto(fd, r->buf, r->h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
                return -errno;
        for (;;) {
                ssize_t n = recv(fd, &in, sizeof in, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if ((size_t)n >= NLMSG_LENGTH(sizeof *ack) && in.h.nlmsg_type == NLMSG_ERROR && in.h.nlmsg_seq == 1)
                        return ack->error;
        }
}

static int talk(const struct request *r, const char *name, const char *what, struct err *e)
{
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        int rc = fd < 0 ? -errno : r->full ? -EMSGSIZE : exchange(fd, r);

        if (fd >= 0)
                close(fd);
        return rc ? err_set(e, ERR_IO, "%s: %s: %s", name, what, strerror(-rc)) : 0;
}

int link_add_veth(const char *name, const char *peer, struct err *e)
{
        struct ifinfomsg none = { .ifi_family = AF_UNSPEC };
        struct request r;
        uint32_t info, data, end;
        void *p;

        start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &none, sizeof none);
        attr_str(&r, IFLA_IFNAME, name);
        info = nest_begin(&r, IFLA_LINKINFO);
        attr_str(&r, IFLA_INFO_KIND, "veth");
        data = nest_begin(&r, IFLA_INFO_DATA);
        end = nest_begin(&r, VETH_INFO_PEER);
        p = room(&r, sizeof none);
        if (p)
                memcpy(p, &none, sizeof none);
        attr_str(&r, IFLA_IFNAME, peer);
        nest_end(&r, end);
        nest_end(&r, data);
        nest_end(&r, info);
        return talk(&r, name, "cannot make a veth pair", e);
}

static int change(const char *name, uint16_t type, unsigned flags, unsigned mask, uint32_t mtu, uint32_t txqlen,
                  const char *what, struct err *e)
{
        struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name) };
        struct request r;

        if (!m.ifi_index)
                return err_set(e, ERR_REF, "%s: no such network device", name);
        m.ifi_flags = flags;
        m.ifi_change = mask;
        start(&r, type, 0, &m, sizeof m);
        if (mtu)
                attr_u32(&r, IFLA_MTU, mtu);
        if (txqlen)
                attr_u32(&r, IFLA_TXQLEN, txqlen);
        return talk(&r, name, what, e);
}

int link_del(const char *name, struct err *e)
{
        return change(name, RTM_DELLINK, 0, 0, 0, 0, "cannot remove the device", e);
}

int link_up(const char *name, uint32_t mtu, uint32_t txqlen, bool noarp, struct err *e)
{
        unsigned flags = IFF_UP | (noarp ? IFF_NOARP : 0);

        return change(name, RTM_NEWLINK, flags, flags, mtu, txqlen, "cannot set the device up", e);
}

int link_down(const char *name, struct err *e)
{
        return change(name, RTM_NEWLINK, 0, IFF_UP, 0, 0, "cannot set the device down", e);
}

int link_add_addr(const char *name, const struct addr *ip, uint8_t len, struct err *e)
{
        struct ifaddrmsg m = { .ifa_family = ip->fam == ADDR_V6 ? AF_INET6 : AF_INET,
                               .ifa_prefixlen = len,
                               .ifa_index = if_nametoindex(name) };
        struct request r;

        start(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
        attr_addr(&r, IFA_LOCAL, ip);
        attr_addr(&r, IFA_ADDRESS, ip);
        return talk(&r, name, "cannot add an address", e);
}

int link_default_route(const char *name, const struct addr *src, struct err *e)
{
        struct rtmsg m = { .rtm_family = AF_INET,
                           .rtm_table = RT_TABLE_MAIN,
                           .rtm_protocol = RTPROT_STATIC,
                           .rtm_scope = RT_SCOPE_LINK,
                           .rtm_type = RTN_UNICAST };
        struct request r;

        start(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
        attr_u32(&r, RTA_OIF, if_nametoindex(name));
        attr_addr(&r, RTA_PREFSRC, src);
        return talk(&r, name, "cannot add the default route", e);
}
