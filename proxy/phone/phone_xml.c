#include "proxy/phone/phone_xml.h"

#include <stdio.h>
#include <string.h>

#include "proxy/phone/phone_xml_int.h"
#include "proxy/phone/phone_xml_scan.h"

const struct xml_place xml_places[ELEMS] = {
        [DEVICE] = { TOP, "device" },
        [FULL_CONFIG] = { DEVICE, "fullConfig" },
        [PROTOCOL] = { DEVICE, "deviceProtocol" },
        [SECURITY_MODE] = { DEVICE, "deviceSecurityMode" },
        [TRANSPORT] = { DEVICE, "transportLayerProtocol" },
        [TRANSPORT_ALIAS] = { DEVICE, "transportLayerSecurityProtocol" },
        [PROXY_URL] = { DEVICE, "proxyServerURL" },
        [ENCR_CONFIG] = { DEVICE, "encrConfig" },
        [CERT_HASH] = { DEVICE, "certHash" },
        [LOAD_INFO] = { DEVICE, "loadInformation" },
        [SIP_PROFILE] = { DEVICE, "sipProfile" },
        [POOL] = { DEVICE, "devicePool" },
        [CM_GROUP] = { POOL, "callManagerGroup" },
        [CM_MEMBERS] = { CM_GROUP, "members" },
        [CM_MEMBER] = { CM_MEMBERS, "member" },
        [CM] = { CM_MEMBER, "callManager" },
        [CM_NODE] = { CM, "processNodeName" },
        [CM_PORTS] = { CM, "ports" },
        [CM_SCCP] = { CM_PORTS, "ethernetPhonePort" },
        [CM_SIP] = { CM_PORTS, "sipPort" },
        [CM_SIPS] = { CM_PORTS, "securedSipPort" },
        [SRST] = { POOL, "srstInfo" },
        [SRST_IP] = { SRST, "ipAddr1" },
        { SRST, "ipAddr2" },
        { SRST, "ipAddr3" },
        { SRST, "port1" },
        { SRST, "port2" },
        { SRST, "port3" },
        { SRST, "sipIpAddr1" },
        { SRST, "sipIpAddr2" },
        { SRST, "sipIpAddr3" },
        { SRST, "sipPort1" },
        { SRST, "sipPort2" },
        { SRST, "sipPort3" },
        [CAPF_LIST] = { DEVICE, "capfList" },
        [CAPF] = { CAPF_LIST, "capf" },
        [CAPF_NODE] = { CAPF, "processNodeName" },
        [CAPF_PORT] = { CAPF, "phonePort" },
        [TVS] = { DEVICE, "TVS" },
        [TVS_MEMBERS] = { TVS, "members" },
        [TVS_MEMBER] = { TVS_MEMBERS, "member" },
        [TVS_ADDRESS] = { TVS_MEMBER, "address" },
        [TVS_PORT] = { TVS_MEMBER, "port" },
        [VENDOR] = { DEVICE, "vendorConfig" },
        [VENDOR_PC_PORT] = { VENDOR, "pcPort" },
        [VENDOR_GARP] = { VENDOR, "garp" },
        [VENDOR_VOICE_VLAN] = { VENDOR, "voiceVlanAccess" },
        [VENDOR_WEB] = { VENDOR, "webAccess" },
        [VENDOR_SPAN] = { VENDOR, "spanToPCPort" },
};

static bool repeats(enum elem el)
{
        return el == CM_MEMBER || el == CAPF || el == TVS_MEMBER;
}

static bool inside(enum elem el, enum elem outer)
{
        while (el != OTHER && el != TOP && el != outer)
                el = xml_places[el].parent;
        return el == outer;
}

static void forget(struct xml_job *j, enum elem outer)
{
        for (unsigned i = DEVICE; i < ELEMS; i++)
                if (inside((enum elem)i, outer))
                        j->spot[i] = (struct spot){ 0 };
}

/* ---- the walk ---- */

static enum elem place_of(enum elem parent, const struct xml_tag *t)
{
        if (parent != OTHER)
                for (unsigned i = DEVICE; i < ELEMS; i++)
                        if (xml_places[i].parent == parent && strlen(xml_places[i].name) == t->name_n &&
                            !memcmp(xml_places[i].name, t->name, t->name_n))
                                return (enum elem)i;
        return OTHER;
}

static int enter(struct xml_job *j, const struct xml_tag *t, bool empty)
{
        enum elem parent = j->depth ? j->stack[j->depth - 1].at : TOP, el = place_of(parent, t);

        if (!j->depth && (j->root_seen || el != DEVICE))
                return xml_refuse(j, "it is not one <device>");
        if (j->depth == PHONE_XML_DEPTH)
                return xml_refuse(j, "its elements are nested too deep");
        j->root_seen = true;
        if (j->depth)
                j->stack[j->depth - 1].children = true;
        if (el != OTHER) {
                if (repeats(el))
                        forget(j, el);
                if (j->spot[el].there)
                        return xml_refuse(j, "an element that may stand once stands twice");
                j->spot[el] = (struct spot){ .there = true, .empty = empty, .start = t->start, .body = t->end };
        }
        j->stack[j->depth++] = (struct frame){ el, t->name, t->name_n, false };
        return 0;
}

static int exit_elem(struct xml_job *j, const struct xml_tag *t, bool empty)
{
        struct frame *f;
        struct spot *s;

        if (!j->depth)
                return xml_refuse(j, "an element ends that has not begun");
        f = &j->stack[--j->depth];
        if (f->name_n != t->name_n || memcmp(f->name, t->name, t->name_n) != 0)
                return xml_refuse(j, "an element ends inside another one");
        if (f->at == OTHER)
                return 0;
        s = &j->spot[f->at];
        s->children = f->children;
        s->end = empty ? t->end : t->start;
        if (empty)
                s->body = t->end - 2;
        return xml_leave(j, f->at);
}

static int walk(struct xml_job *j)
{
        struct xml_scan x = { .p = j->p, .n = j->n };
        struct xml_tag t;

        for (;;) {
                enum xml_event ev = xml_next(&x, &t);

                if (!j->depth && j->root_seen && t.text_before)
                        return xml_refuse(j, "something follows its end");
                if (ev == XML_BAD)
                        return xml_refuse(j, x.why);
                if (ev == XML_END)
                        return j->root_seen && !j->depth ? 0 : xml_refuse(j, "it is not whole");
                if (ev != XML_CLOSE && enter(j, &t, ev == XML_EMPTY) < 0)
                        return -1;
                if (ev != XML_OPEN && exit_elem(j, &t, ev == XML_EMPTY) < 0)
                        return -1;
        }
}

static bool text_is_true(struct str s)
{
        return xml_text_is(s, "true") || xml_text_is(s, "1");
}

/* ---- what is known at the end ---- */

static bool text_has(struct str s, const char *word)
{
        return memmem(s.p, s.n, word, strlen(word));
}

/* A file of an old call manager does not say: its load does. */
static bool is_sip(const struct xml_job *j)
{
        struct str p = xml_text(j, PROTOCOL), load = xml_text(j, LOAD_INFO);

        if (p.n)
                return xml_text_is(p, "SIP");
        return j->spot[SIP_PROFILE].there || (load.n > 3 && !memcmp(load.p, "SIP", 3));
}

static void look(const struct xml_job *j, struct phone_xml_seen *s)
{
        struct str mode = xml_text(j, SECURITY_MODE), load = xml_text(j, LOAD_INFO);

        *s = (struct phone_xml_seen){
                .sip = is_sip(j),
                .softphone = text_has(load, "CIPC") || text_has(load, "Communicator"),
                .encrypted = text_is_true(xml_text(j, ENCR_CONFIG)),
                .full = !j->spot[FULL_CONFIG].there || text_is_true(xml_text(j, FULL_CONFIG)),
                .security_mode = mode.n == 1 && *mode.p >= '1' && *mode.p <= '3' ? (uint8_t)(*mode.p - '0') : 0,
                .call_managers = j->call_managers,
        };
}

static int set_security(struct xml_job *j, const struct phone_xml_seen *s, char *missing, size_t cap)
{
        const struct phone_xml_rules *r = j->rules;
        char mode[2] = { (char)('0' + (s->softphone && r->softphone_mode ? r->softphone_mode : r->security_mode)),
                         0 };

        if (!r->security_mode)
                return 0;
        if (xml_set_or_add(j, SECURITY_MODE, mode, missing, cap) < 0)
                return -1;
        if (s->sip && j->spot[TRANSPORT_ALIAS].there && xml_set(j, TRANSPORT_ALIAS, "3") < 0)
                return -1;
        if (s->sip && (j->spot[TRANSPORT].there || !j->spot[TRANSPORT_ALIAS].there))
                return xml_set_or_add(j, TRANSPORT, "3", missing, cap);
        return 0;
}

/* PC port, gratuitous ARP, voice VLAN, web access and span to PC port are switched off. */
static int set_settings(struct xml_job *j, char *missing, size_t cap)
{
        char inner[300] = "";
        size_t n = strlen(missing);

        if (j->rules->keep_settings)
                return 0;
        for (unsigned i = VENDOR_FIRST; i <= VENDOR_SPAN; i++)
                if (xml_set_or_add(j, (enum elem)i, "1", inner, sizeof inner) < 0)
                        return -1;
        if (j->spot[VENDOR].there)
                return xml_append(j, VENDOR, inner);
        snprintf(missing + n, cap - n, "<vendorConfig>%s</vendorConfig>", inner);
        return 0;
}

static int edit_device(struct xml_job *j, const struct phone_xml_seen *s)
{
        char missing[1000] = "";
        size_t cap = sizeof missing;

        if (set_security(j, s, missing, cap) < 0 || set_settings(j, missing, cap) < 0)
                return -1;
        if (j->rules->proxy_url && strlen(j->rules->proxy_url) > PHONE_XML_HOST_MAX)
                return xml_refuse(j, "the URL of the proxy server is too long");
        if (j->rules->proxy_url && xml_set_or_add(j, PROXY_URL, j->rules->proxy_url, missing, cap) < 0)
                return -1;
        if (j->spot[ENCR_CONFIG].there && xml_text(j, ENCR_CONFIG).n && xml_set(j, ENCR_CONFIG, "false") < 0)
                return -1;
        if (j->spot[CERT_HASH].there && xml_set(j, CERT_HASH, "") < 0)
                return -1;
        return xml_append(j, DEVICE, missing);
}

static int write_out(struct xml_job *j, struct wbuf *out)
{
        size_t at = 0, was = out->len;

        for (unsigned i = 0; i < j->nedits; i++) {
                const struct edit *ed = &j->edit[i];

                wbuf_put(out, j->p + at, ed->off - at);
                wbuf_put(out, j->pool + ed->text, ed->text_n);
                at = ed->off + ed->len;
        }
        wbuf_put(out, j->p + at, j->n - at);
        if (!out->full)
                return 0;
        out->len = was;
        out->full = false;
        return xml_refuse(j, "its edited form does not fit");
}

int phone_xml_edit(const struct phone_xml_rules *rules, const void *in, size_t n, struct wbuf *out,
                   struct phone_xml_seen *seen, struct err *e)
{
        struct xml_job j = { .rules = rules, .p = in, .n = n, .e = e };
        struct phone_xml_seen s;

        if (n > PHONE_XML_MAX)
                return err_set(e, ERR_LIMIT, "the phone's file is refused: %zu bytes are more than %u", n,
                               PHONE_XML_MAX);
        if (n && memchr(in, 0, n))
                return xml_refuse(&j, "it holds NUL bytes");
        if (!n || walk(&j) < 0)
                return n ? -1 : xml_refuse(&j, "it is empty");
        look(&j, &s);
        if (seen)
                *seen = s;
        if (edit_device(&j, &s) < 0)
                return -1;
        return j.later ? 1 : write_out(&j, out);
}
