/*
 * The handlers MMP content is given to, by content-type. They look, they never edit, wait or refuse: what runs inside
 * the entities is not documented well enough to end a session over it. Each direction has its own state.
 */
#ifndef VOXGATE_INSPECT_MMP_CONTENT_H
#define VOXGATE_INSPECT_MMP_CONTENT_H

#include "platform/base/cur.h"

#define HTTP_WORD_MAX 16u

enum mmp_finding {
        MMP_FOUND_NOTHING, /* nothing new */
        MMP_FOUND_HTTP_REQUEST,
        MMP_FOUND_HTTP_RESPONSE,
        MMP_FOUND_HTTP_UNKNOWN,
        MMP_FOUND_OML,
        MMP_FOUND_OML_UNKNOWN,
};

/*
 * HTTP: the entities of a direction, put together, are one HTTP/1.x byte stream. Its first start line is looked at;
 * where the following messages begin is HTTP's own affair (nothing is framed anew).
 */
struct mmp_http {
        bool decided, cr;
        uint32_t word, len; /* which word of the start line, how long it is so far */
        bool token;         /* the word holds token characters only */
        bool request, response;
        char text[HTTP_WORD_MAX];
};
/* The next piece of the stream, split anywhere. */
enum mmp_finding mmp_http_data(struct mmp_http *h, struct cur piece);

/* OML: an XML language of unknown detail. The first octet of an entity that is not white space should open a tag. */
struct mmp_oml {
        bool decided; /* about the entity under way */
};
void mmp_oml_begin(struct mmp_oml *o);
enum mmp_finding mmp_oml_data(struct mmp_oml *o, struct cur piece);

#endif
