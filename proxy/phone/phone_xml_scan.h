/* Tags of a text that looks like XML, one after the other. Comments, processing instructions and CDATA are passed
 * over, declarations are refused. */
#ifndef VOXGATE_PROXY_PHONE_PHONE_XML_SCAN_H
#define VOXGATE_PROXY_PHONE_PHONE_XML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct xml_scan {
        const char *p; /* borrowed */
        size_t n, at;
        const char *why; /* after XML_BAD */
};

enum xml_event { XML_OPEN, XML_EMPTY, XML_CLOSE, XML_END, XML_BAD };

struct xml_tag {
        const char *name; /* inside the text */
        size_t name_n;
        size_t start, end; /* from '<' to behind '>' */
        bool text_before;  /* something else than blanks stood between the tag before and this one */
};

enum xml_event xml_next(struct xml_scan *x, struct xml_tag *t);

#endif
