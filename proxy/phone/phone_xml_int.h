/* The inside of the editing of phones' files: what the walk finds and what is written in its place. */
#ifndef VOXGATE_PROXY_PHONE_PHONE_XML_INT_H
#define VOXGATE_PROXY_PHONE_PHONE_XML_INT_H

#include "platform/base/str.h"
#include "proxy/phone/phone_xml.h"

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

struct xml_place {
        enum elem parent;
        const char *name;
};
extern const struct xml_place xml_places[ELEMS];

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

struct xml_job {
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

int xml_refuse(struct xml_job *j, const char *why); /* -1 */
/* The contents of a found element without the blanks round them; empty where there is none. */
struct str xml_text(const struct xml_job *j, enum elem el);
bool xml_text_is(struct str s, const char *lit);

/* phone_xml_text.c: new text. set: the contents of a found element. append: children behind the ones it has.
 * set_or_add: the contents of a found element, else the element with its contents behind what `missing` already
 * holds. */
int xml_set(struct xml_job *j, enum elem el, const char *value);
int xml_append(struct xml_job *j, enum elem el, const char *children);
int xml_insert(struct xml_job *j, size_t off, const char *text);
int xml_set_or_add(struct xml_job *j, enum elem el, const char *value, char *missing, size_t cap);
/* Nothing that would have to be escaped. */
bool xml_is_plain(struct str s);

/* phone_xml_hosts.c: a place the phone connects to has been read to its end. */
int xml_leave(struct xml_job *j, enum elem el);

#endif
