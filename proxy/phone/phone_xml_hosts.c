/* The places a phone connects to: host and ports, as the file has them and as the phone shall see them. */
#include "proxy/phone/phone_xml_int.h"

#include <stdio.h>
#include <string.h>

/* ---- places the phone connects to ---- */

struct host_spots {
        enum phone_xml_kind kind;
        enum elem host, sccp, sip, sips, port; /* OTHER: has none */
};

static int read_port(struct xml_job *j, enum elem el, uint16_t *port)
{
        struct str s = xml_text(j, el);
        char text[8];
        uint32_t v = 0;

        *port = 0;
        if (!el || !s.n)
                return 0;
        snprintf(text, sizeof text, "%.*s", (int)(s.n < sizeof text ? s.n : 0), s.p);
        if (!str_u32(text, 1, 65535, &v))
                return xml_refuse(j, "a port in it is not a number of 1-65535");
        *port = (uint16_t)v;
        return 0;
}

static int write_port(struct xml_job *j, enum elem el, uint16_t was, uint16_t port, char *missing, size_t cap)
{
        char text[8];

        if (!el || port == was)
                return 0;
        snprintf(text, sizeof text, "%u", port);
        return xml_set_or_add(j, el, text, missing, cap);
}

/* Ports that the file did not have go into <ports>, or in front of the host where there is no such element. */
static int add_ports(struct xml_job *j, const struct host_spots *at, const char *missing)
{
        char wrapped[400];

        if (!*missing)
                return 0;
        if (at->kind != PHONE_XML_CM)
                return xml_insert(j, j->spot[at->host].start, missing);
        if (j->spot[CM_PORTS].there)
                return xml_append(j, CM_PORTS, missing);
        snprintf(wrapped, sizeof wrapped, "<ports>%s</ports>", missing);
        return xml_insert(j, j->spot[at->host].start, wrapped);
}

static int rewrite(struct xml_job *j, const struct host_spots *at, const struct phone_xml_host *was,
                   const struct phone_xml_host *h)
{
        char missing[300] = "";
        size_t cap = sizeof missing;

        if (xml_set(j, at->host, h->text) < 0 || write_port(j, at->sccp, was->sccp, h->sccp, missing, cap) < 0 ||
            write_port(j, at->sip, was->sip, h->sip, missing, cap) < 0 ||
            write_port(j, at->sips, was->sips, h->sips, missing, cap) < 0 ||
            write_port(j, at->port, was->port, h->port, missing, cap) < 0)
                return -1;
        return add_ports(j, at, missing);
}

static int translate(struct xml_job *j, const struct host_spots *at)
{
        struct phone_xml_host was = { .kind = at->kind }, h;
        struct str s = xml_text(j, at->host);
        int ret;

        if (!s.n || !j->rules->translate)
                return 0;
        if (s.n > PHONE_XML_HOST_MAX || !xml_is_plain(s))
                return xml_refuse(j, "an address in it is neither an address nor a name");
        memcpy(was.text, s.p, s.n);
        if (read_port(j, at->sccp, &was.sccp) < 0 || read_port(j, at->sip, &was.sip) < 0 ||
            read_port(j, at->sips, &was.sips) < 0 || read_port(j, at->port, &was.port) < 0)
                return -1;
        h = was;
        ret = j->rules->translate(j->rules->ctx, &h, j->e);
        if (ret)
                j->later |= ret > 0;
        return ret ? (ret < 0 ? -1 : 0) : rewrite(j, at, &was, &h);
}

static int leave_srst(struct xml_job *j)
{
        for (unsigned i = 0; i < SRST_MAX; i++) {
                struct host_spots sccp = { .kind = PHONE_XML_SRST, .host = SRST_IP + i, .sccp = SRST_PORT + i };
                struct host_spots sip = { .kind = PHONE_XML_SRST, .host = SRST_SIP_IP + i, .sip = SRST_SIP_PORT + i };

                if (translate(j, &sccp) < 0 || translate(j, &sip) < 0)
                        return -1;
        }
        return 0;
}

/* A repeated element ends: what was found in it is used, and forgotten before the next one. */
int xml_leave(struct xml_job *j, enum elem el)
{
        static const struct host_spots cm = { PHONE_XML_CM, CM_NODE, CM_SCCP, CM_SIP, CM_SIPS, OTHER },
                                       capf = { .kind = PHONE_XML_CAPF, .host = CAPF_NODE, .port = CAPF_PORT },
                                       tvs = { .kind = PHONE_XML_TVS, .host = TVS_ADDRESS, .port = TVS_PORT };

        switch (el) {
        case CM:
                j->call_managers += xml_text(j, CM_NODE).n > 0;
                return translate(j, &cm);
        case CAPF:
                return translate(j, &capf);
        case TVS_MEMBER:
                return translate(j, &tvs);
        case SRST:
                return leave_srst(j);
        default:
                return 0;
        }
}
