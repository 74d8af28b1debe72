#include "proxy/phone_xml.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/attr.h"
#include "platform/base/str.h"
#include "proxy/phone_xml_scan.h"

#define EDITS_MAX 160u
#define POOL_BYTES 6144u /* of new text: what is added to a file at most */
#define SRST_MAX 3u

/* The elements that matter, by where they stand. OTHER: everything below it is none of our business. */
enum elem {
        OTHER,
        TOP,
        DEVICE,
        FULL_CONFIG,
        PROTOCOL,
        SECURITY_MODE,
        TRANSPORT,
        TRANSPORT_ALIAS,
        PROXY_URL,
        ENCR_CONFIG,
        CERT_HASH,
        LOAD_INFO,
        SIP_PROFILE,
        POOL,
        CM_GROUP,
        CM_MEMBERS,
        CM_MEMBER,
        CM,
        CM_NODE,
        CM_PORTS,
        CM_SCCP,
        CM_SIP,
        CM_SIPS,
        SRST,
        SRST_IP, /* and two more of each */
        SRST_PORT = SRST_IP + SRST_MAX,
        SRST_SIP_IP = SRST_PORT + SRST_MAX,
        SRST_SIP_PORT = SRST_SIP_IP + SRST_MAX,
        CAPF_LIST = SRST_SIP_PORT + SRST_MAX,
        CAPF,
        CAPF_NODE,
        CAPF_PORT,
        TVS,
        TVS_MEMBERS,
        TVS_MEMBER,
        TVS_ADDRESS,
        TVS_PORT,
        VENDOR,
        VENDOR_FIRST,
        VENDOR_PC_PORT = VENDOR_FIRST,
        VENDOR_GARP,
        VENDOR_VOICE_VLAN,
        VENDOR_WEB,
        VENDOR_SPAN,
        ELEMS
};

static const struct place {
        enum elem parent;
        const char *name;
} places[ELEMS] = {
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

/* Where an element was found. */
struct spot {
        bool there, empty, children; /* empty: <x/> */
        size_t start;                /* of its tag */
        size_t body, end;            /* its contents; of an empty one the "/>" */
};

/* In place of len bytes at off stands text. */
struct edit {
        size_t off, len, text, text_n;
};

struct job {
        const struct phone_xml_rules *rules;
        const char *p;
        size_t n;
        struct spot spot[ELEMS];
        struct frame {
                enum elem at;
                const char *name;
                size_t name_n;
                bool children;
        } stack[PHONE_XML_DEPTH];
        unsigned depth;
        bool root_seen;
        unsigned nedits, call_managers;
        struct edit edit[EDITS_MAX];
        char pool[POOL_BYTES];
        size_t used;
        int later;
        struct err *e;
};

static int refuse(struct job *j, const char *why)
{
        return err_set(j->e, ERR_SYNTAX, "the phone's file is refused: %s", why);
}

/* ---- text ---- */

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The contents of a found element without the blanks round them. */
static struct str text_of(const struct job *j, enum elem el)
{
        const struct spot *s = &j->spot[el];
        size_t from = s->body, to = s->end;

        if (!s->there || s->empty)
                return (struct str){ "", 0 };
        while (from < to && is_blank(j->p[from]))
                from++;
        while (to > from && is_blank(j->p[to - 1]))
                to--;
        return (struct str){ j->p + from, to - from };
}

static bool text_is(struct str s, const char *lit)
{
        return s.n == strlen(lit) && !memcmp(s.p, lit, s.n);
}

static bool text_is_true(struct str s)
{
        return text_is(s, "true") || text_is(s, "1");
}

/* Nothing that would have to be escaped. */
static bool is_plain(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>&\"'", s.p[i]))
                        return false;
        return true;
}

/* ---- edits ---- */

static int add_edit(struct job *j, size_t off, size_t len, const char *text)
{
        size_t n = strlen(text);
        unsigned i = j->nedits;

        if (j->nedits == EDITS_MAX || n > sizeof j->pool - j->used)
                return refuse(j, "it names too many places");
        for (; i && j->edit[i - 1].off > off; i--)
                j->edit[i] = j->edit[i - 1];
        j->edit[i] = (struct edit){ off, len, j->used, n };
        j->nedits++;
        memcpy(j->pool + j->used, text, n);
        j->used += n;
        return 0;
}

/* Children of a found element, behind the ones it has. */
static int append(struct job *j, enum elem el, const char *children)
{
        const struct spot *s = &j->spot[el];
        char text[1024];

        if (!*children)
                return 0;
        if (!s->empty)
                return add_edit(j, s->end, 0, children);
        snprintf(text, sizeof text, ">%s</%s>", children, places[el].name);
        return add_edit(j, s->body, s->end - s->body, text);
}

/* The contents of a found element. */
static int set_text(struct job *j, enum elem el, const char *value)
{
        struct str now = text_of(j, el);

        if (text_is(now, value))
                return 0;
        if (!is_plain((struct str){ value, strlen(value) }))
                return refuse(j, "a new value would have to be escaped");
        if (j->spot[el].children)
                return refuse(j, "an element that holds a value holds others");
        if (j->spot[el].empty)
                return append(j, el, value);
        if (!now.n)
                return add_edit(j, j->spot[el].body, 0, value);
        return add_edit(j, (size_t)(now.p - j->p), now.n, value);
}

static void child(char *out, size_t cap, enum elem el, const char *value)
{
        size_t n = strlen(out);

        snprintf(out + n, cap - n, "<%s>%s</%s>", places[el].name, value, places[el].name);
}

/* The contents of a found element, else the element with its contents behind what `missing` already holds. */
static int set_or_add(struct job *j, enum elem el, const char *value, char *missing, size_t cap)
{
        if (j->spot[el].there)
                return set_text(j, el, value);
        child(missing, cap, el, value);
        return 0;
}

/* ---- places the phone connects to ---- */

struct host_spots {
        enum phone_xml_kind kind;
        enum elem host, sccp, sip, sips, port; /* OTHER: has none */
};

static int read_port(struct job *j, enum elem el, uint16_t *port)
{
        struct str s = text_of(j, el);
        char text[8];
        uint32_t v = 0;

        *port = 0;
        if (!el || !s.n)
                return 0;
        snprintf(text, sizeof text, "%.*s", (int)(s.n < sizeof text ? s.n : 0), s.p);
        if (!str_u32(text, 1, 65535, &v))
                return refuse(j, "a port in it is not a number of 1-65535");
        *port = (uint16_t)v;
        return 0;
}

static int write_port(struct job *j, enum elem el, uint16_t was, uint16_t port, char *missing, size_t cap)
{
        char text[8];

        if (!el || port == was)
                return 0;
        snprintf(text, sizeof text, "%u", port);
        return set_or_add(j, el, text, missing, cap);
}

/* Ports that the file did not have go into <ports>, or in front of the host where there is no such element. */
static int add_ports(struct job *j, const struct host_spots *at, const char *missing)
{
        char wrapped[400];

        if (!*missing)
                return 0;
        if (at->kind != PHONE_XML_CM)
                return add_edit(j, j->spot[at->host].start, 0, missing);
        if (j->spot[CM_PORTS].there)
                return append(j, CM_PORTS, missing);
        snprintf(wrapped, sizeof wrapped, "<ports>%s</ports>", missing);
        return add_edit(j, j->spot[at->host].start, 0, wrapped);
}

static int rewrite(struct job *j, const struct host_spots *at, const struct phone_xml_host *was,
                   const struct phone_xml_host *h)
{
        char missing[300] = "";
        size_t cap = sizeof missing;

        if (set_text(j, at->host, h->text) < 0 || write_port(j, at->sccp, was->sccp, h->sccp, missing, cap) < 0 ||
            write_port(j, at->sip, was->sip, h->sip, missing, cap) < 0 ||
            write_port(j, at->sips, was->sips, h->sips, missing, cap) < 0 ||
            write_port(j, at->port, was->port, h->port, missing, cap) < 0)
                return -1;
        return add_ports(j, at, missing);
}

static int translate(struct job *j, const struct host_spots *at)
{
        struct phone_xml_host was = { .kind = at->kind }, h;
        struct str s = text_of(j, at->host);
        int ret;

        if (!s.n || !j->rules->translate)
                return 0;
        if (s.n > PHONE_XML_HOST_MAX || !is_plain(s))
                return refuse(j, "an address in it is neither an address nor a name");
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

static int leave_srst(struct job *j)
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
static int leave(struct job *j, enum elem el)
{
        static const struct host_spots cm = { PHONE_XML_CM, CM_NODE, CM_SCCP, CM_SIP, CM_SIPS, OTHER },
                                       capf = { .kind = PHONE_XML_CAPF, .host = CAPF_NODE, .port = CAPF_PORT },
                                       tvs = { .kind = PHONE_XML_TVS, .host = TVS_ADDRESS, .port = TVS_PORT };

        switch (el) {
        case CM:
                j->call_managers += text_of(j, CM_NODE).n > 0;
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

static bool repeats(enum elem el)
{
        return el == CM_MEMBER || el == CAPF || el == TVS_MEMBER;
}

static bool inside(enum elem el, enum elem outer)
{
        while (el != OTHER && el != TOP && el != outer)
                el = places[el].parent;
        return el == outer;
}

static void forget(struct job *j, enum elem outer)
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
                        if (places[i].parent == parent && strlen(places[i].name) == t->name_n &&
                            !memcmp(places[i].name, t->name, t->name_n))
                                return (enum elem)i;
        return OTHER;
}

static int enter(struct job *j, const struct xml_tag *t, bool empty)
{
        enum elem parent = j->depth ? j->stack[j->depth - 1].at : TOP, el = place_of(parent, t);

        if (!j->depth && (j->root_seen || el != DEVICE))
                return refuse(j, "it is not one <device>");
        if (j->depth == PHONE_XML_DEPTH)
                return refuse(j, "its elements are nested too deep");
        j->root_seen = true;
        if (j->depth)
                j->stack[j->depth - 1].children = true;
        if (el != OTHER) {
                if (repeats(el))
                        forget(j, el);
                if (j->spot[el].there)
                        return refuse(j, "an element that may stand once stands twice");
                j->spot[el] = (struct spot){ .there = true, .empty = empty, .start = t->start, .body = t->end };
        }
        j->stack[j->depth++] = (struct frame){ el, t->name, t->name_n, false };
        return 0;
}

static int exit_elem(struct job *j, const struct xml_tag *t, bool empty)
{
        struct frame *f;
        struct spot *s;

        if (!j->depth)
                return refuse(j, "an element ends that has not begun");
        f = &j->stack[--j->depth];
        if (f->name_n != t->name_n || memcmp(f->name, t->name, t->name_n) != 0)
                return refuse(j, "an element ends inside another one");
        if (f->at == OTHER)
                return 0;
        s = &j->spot[f->at];
        s->children = f->children;
        s->end = empty ? t->end : t->start;
        if (empty)
                s->body = t->end - 2;
        return leave(j, f->at);
}

static int walk(struct job *j)
{
        struct xml_scan x = { .p = j->p, .n = j->n };
        struct xml_tag t;

        for (;;) {
                enum xml_event ev = xml_next(&x, &t);

                if (!j->depth && j->root_seen && t.text_before)
                        return refuse(j, "something follows its end");
                if (ev == XML_BAD)
                        return refuse(j, x.why);
                if (ev == XML_END)
                        return j->root_seen && !j->depth ? 0 : refuse(j, "it is not whole");
                if (ev != XML_CLOSE && enter(j, &t, ev == XML_EMPTY) < 0)
                        return -1;
                if (ev != XML_OPEN && exit_elem(j, &t, ev == XML_EMPTY) < 0)
                        return -1;
        }
}

/* ---- what is known at the end ---- */

static bool text_has(struct str s, const char *word)
{
        return memmem(s.p, s.n, word, strlen(word));
}

/* A file of an old call manager does not say: its load does. */
static bool is_sip(const struct job *j)
{
        struct str p = text_of(j, PROTOCOL), load = text_of(j, LOAD_INFO);

        if (p.n)
                return text_is(p, "SIP");
        return j->spot[SIP_PROFILE].there || (load.n > 3 && !memcmp(load.p, "SIP", 3));
}

static void look(const struct job *j, struct phone_xml_seen *s)
{
        struct str mode = text_of(j, SECURITY_MODE), load = text_of(j, LOAD_INFO);

        *s = (struct phone_xml_seen){
                .sip = is_sip(j),
                .softphone = text_has(load, "CIPC") || text_has(load, "Communicator"),
                .encrypted = text_is_true(text_of(j, ENCR_CONFIG)),
                .full = !j->spot[FULL_CONFIG].there || text_is_true(text_of(j, FULL_CONFIG)),
                .security_mode = mode.n == 1 && *mode.p >= '1' && *mode.p <= '3' ? (uint8_t)(*mode.p - '0') : 0,
                .call_managers = j->call_managers,
        };
}

static int set_security(struct job *j, const struct phone_xml_seen *s, char *missing, size_t cap)
{
        const struct phone_xml_rules *r = j->rules;
        char mode[2] = { (char)('0' + (s->softphone && r->softphone_mode ? r->softphone_mode : r->security_mode)),
                         0 };

        if (!r->security_mode)
                return 0;
        if (set_or_add(j, SECURITY_MODE, mode, missing, cap) < 0)
                return -1;
        if (s->sip && j->spot[TRANSPORT_ALIAS].there && set_text(j, TRANSPORT_ALIAS, "3") < 0)
                return -1;
        if (s->sip && (j->spot[TRANSPORT].there || !j->spot[TRANSPORT_ALIAS].there))
                return set_or_add(j, TRANSPORT, "3", missing, cap);
        return 0;
}

/* PC port, gratuitous ARP, voice VLAN, web access and span to PC port are switched off. */
static int set_settings(struct job *j, char *missing, size_t cap)
{
        char inner[300] = "";
        size_t n = strlen(missing);

        if (j->rules->keep_settings)
                return 0;
        for (unsigned i = VENDOR_FIRST; i <= VENDOR_SPAN; i++)
                if (set_or_add(j, (enum elem)i, "1", inner, sizeof inner) < 0)
                        return -1;
        if (j->spot[VENDOR].there)
                return append(j, VENDOR, inner);
        snprintf(missing + n, cap - n, "<vendorConfig>%s</vendorConfig>", inner);
        return 0;
}

static int edit_device(struct job *j, const struct phone_xml_seen *s)
{
        char missing[1000] = "";
        size_t cap = sizeof missing;

        if (set_security(j, s, missing, cap) < 0 || set_settings(j, missing, cap) < 0)
                return -1;
        if (j->rules->proxy_url && strlen(j->rules->proxy_url) > PHONE_XML_HOST_MAX)
                return refuse(j, "the URL of the proxy server is too long");
        if (j->rules->proxy_url && set_or_add(j, PROXY_URL, j->rules->proxy_url, missing, cap) < 0)
                return -1;
        if (j->spot[ENCR_CONFIG].there && text_of(j, ENCR_CONFIG).n && set_text(j, ENCR_CONFIG, "false") < 0)
                return -1;
        if (j->spot[CERT_HASH].there && set_text(j, CERT_HASH, "") < 0)
                return -1;
        return append(j, DEVICE, missing);
}

static int write_out(struct job *j, struct wbuf *out)
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
        return refuse(j, "its edited form does not fit");
}

int phone_xml_edit(const struct phone_xml_rules *rules, const void *in, size_t n, struct wbuf *out,
                   struct phone_xml_seen *seen, struct err *e)
{
        struct job j = { .rules = rules, .p = in, .n = n, .e = e };
        struct phone_xml_seen s;

        if (n > PHONE_XML_MAX)
                return err_set(e, ERR_LIMIT, "the phone's file is refused: %zu bytes are more than %u", n,
                               PHONE_XML_MAX);
        if (n && memchr(in, 0, n))
                return refuse(&j, "it holds NUL bytes");
        if (!n || walk(&j) < 0)
                return n ? -1 : refuse(&j, "it is empty");
        look(&j, &s);
        if (seen)
                *seen = s;
        if (edit_device(&j, &s) < 0)
                return -1;
        return j.later ? 1 : write_out(&j, out);
}
