/*
 * Editing of a phone's SEP<mac>.cnf.xml in place: the text of some elements is replaced, missing ones are inserted,
 * every other byte stays as it is. A scanner of tags, not an XML parser: files of call managers are not valid in the
 * strict sense (prefixes that are never declared). Pure: no state, no allocation.
 */
#ifndef VOXGATE_PROXY_PHONE_PHONE_XML_H
#define VOXGATE_PROXY_PHONE_PHONE_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"
#include "platform/base/wbuf.h"

#define PHONE_XML_MAX 65536u            /* bytes of a file that is read */
#define PHONE_XML_OUT_MAX (72u * 1024u) /* room that suffices for every edit */
#define PHONE_XML_HOST_MAX 255u
#define PHONE_XML_DEPTH 32u

enum phone_xml_kind { PHONE_XML_CM, PHONE_XML_SRST, PHONE_XML_CAPF, PHONE_XML_TVS };

/* One place the phone will connect to. Ports are 0 where the file has none; the callback may set those too. */
struct phone_xml_host {
        enum phone_xml_kind kind;
        char text[PHONE_XML_HOST_MAX + 1]; /* address or name: in as in the file, out as the phone shall see it */
        uint16_t sccp, sip, sips;          /* clear SCCP, clear SIP and secure SIP port: call managers and SRST */
        uint16_t port;                     /* of a CAPF or a trust verification service */
};

struct phone_xml_rules {
        uint8_t security_mode;  /* deviceSecurityMode: 3 (or 2); 0: as it is, and transportLayerProtocol too */
        uint8_t softphone_mode; /* instead, for IP Communicator; 0: the same */
        bool keep_settings;     /* vendorConfig stays as it is: `no disable service-settings` */
        const char *proxy_url;  /* proxyServerURL, "host:port"; NULL: as it is */
        /*
         * Called once for each place that is not empty. 0: *h is what the phone shall see; 1: not known yet (a name
         * is being resolved): the rest is still asked, nothing is written; -1: the file is refused, e says why.
         */
        int (*translate)(void *ctx, struct phone_xml_host *h, struct err *e);
        void *ctx;
};

/* What the file was before: filled whenever the whole file could be read. */
struct phone_xml_seen {
        bool sip, softphone, encrypted; /* encrypted: encrConfig was true */
        bool full;                      /* false: the stub that points to an encrypted file (fullConfig false) */
        uint8_t security_mode;          /* 0: none */
        unsigned call_managers;
};

/*
 * Appends the edited file to out. 0; 1: translate() asked to come again, out is unchanged; -1: refused (too long, not
 * a whole <device>, DOCTYPE or any other declaration, NUL, nested too deep, too many places, translate() said so) and
 * out unchanged. seen may be NULL.
 */
int phone_xml_edit(const struct phone_xml_rules *rules, const void *in, size_t n, struct wbuf *out,
                   struct phone_xml_seen *seen, struct err *e);

#endif
