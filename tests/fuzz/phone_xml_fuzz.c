/* Phones' configuration files: whatever is taken is a file that is taken again and then changes no more. */
#include <stdlib.h>

#include "proxy/phone/phone_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t first[PHONE_XML_OUT_MAX], second[2 * PHONE_XML_OUT_MAX];

static void require(bool ok)
{
        if (!ok)
                abort();
}

/* The first byte of the file chooses the rules; places that begin with 'r' are refused, with 'l' come later. */
static int translate(void *ctx, struct phone_xml_host *h, struct err *e)
{
        require(h->text[0] && strlen(h->text) <= PHONE_XML_HOST_MAX);
        if (h->text[0] == 'r')
                return err_set(e, ERR_REF, "refused");
        if (h->text[0] == 'l')
                return 1;
        memcpy(h->text, "192.0.2.1", 10);
        if (*(const uint8_t *)ctx & 1)
                h->sccp = h->sip = h->sips = h->port = 7000;
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t how = size ? data[0] : 0;
        struct phone_xml_rules r = { .security_mode = how & 2 ? 3 : 0,
                                     .softphone_mode = 2,
                                     .keep_settings = how & 4,
                                     .proxy_url = how & 8 ? "192.0.2.80:8080" : NULL,
                                     .translate = translate,
                                     .ctx = &how };
        struct wbuf w = wbuf_of(first, sizeof first), again = wbuf_of(second, sizeof second);
        struct phone_xml_seen seen;
        struct err e;

        if (!size)
                return 0;
        if (phone_xml_edit(&r, data + 1, size - 1, &w, &seen, &e) != 0) {
                require(!w.len && !w.full);
                return 0;
        }
        if (w.len > PHONE_XML_MAX)
                return 0;
        require(phone_xml_edit(&r, first, w.len, &again, &seen, &e) == 0);
        require(again.len == w.len && !memcmp(first, second, w.len));
        return 0;
}
