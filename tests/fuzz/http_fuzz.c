/* Whoever may connect may send any octets as a request. */
#include <stdlib.h>

#include "platform/svc/http_req.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char path[HTTP_TARGET_MAX + 1], user[65], password[128];
        struct http_refusal no;
        struct http_req r;
        size_t used = 0;

        if (http_parse(data, size, &r, &used, &no) != PARSE_OK)
                return 0;
        if (!used || used > size || r.target[0] != '/' || r.body > HTTP_BODY_MAX)
                abort();
        http_decode(r.target, strlen(r.target), true, path, sizeof path);
        http_basic(r.authorization, user, sizeof user, password, sizeof password);
        http_accepts(r.accept, "application/json");
        return 0;
}
