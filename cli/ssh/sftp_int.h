/* What the files of the SFTP server share: its numbers (draft-ietf-secsh-filexfer-02), open files, one request. */
#ifndef VOXGATE_CLI_SSH_SFTP_INT_H
#define VOXGATE_CLI_SSH_SFTP_INT_H

#include "cli/ssh/sftp.h"
#include "cli/lang/text.h"
#include "platform/base/cur.h"

enum {
        FXP_INIT = 1,
        FXP_VERSION = 2,
        FXP_OPEN = 3,
        FXP_CLOSE = 4,
        FXP_READ = 5,
        FXP_WRITE = 6,
        FXP_LSTAT = 7,
        FXP_FSTAT = 8,
        FXP_SETSTAT = 9,
        FXP_FSETSTAT = 10,
        FXP_OPENDIR = 11,
        FXP_READDIR = 12,
        FXP_REMOVE = 13,
        FXP_MKDIR = 14,
        FXP_RMDIR = 15,
        FXP_REALPATH = 16,
        FXP_STAT = 17,
        FXP_RENAME = 18,
        FXP_STATUS = 101,
        FXP_HANDLE = 102,
        FXP_DATA = 103,
        FXP_NAME = 104,
        FXP_ATTRS = 105
};
enum { FX_OK, FX_EOF, FX_NO_SUCH_FILE, FX_PERMISSION_DENIED, FX_FAILURE, FX_BAD_MESSAGE, FX_OP_UNSUPPORTED = 8 };

struct entry {
        char name[XFER_NAME_MAX + 1];
        struct xfer_stat st;
};

enum handle_kind { HANDLE_FREE, HANDLE_READ, HANDLE_WRITE, HANDLE_DIR };
struct handle {
        enum handle_kind kind;
        uint32_t serial; /* an old number is nobody's */
        bool append;
        bool torn; /* not all that was to be written was taken: it is no file */
        char name[XFER_NAME_MAX + 1];
        struct text data;
        struct entry *entry;
        unsigned n, at;
};

struct sftp {
        struct box *b;
        sftp_note_fn note;
        void *ctx;
        bool started;
        uint32_t serial;
        struct handle h[SFTP_HANDLES];
};

/* One request under way. */
struct request {
        struct sftp *s;
        uint32_t id;
        struct cur in;
        struct text *out;
};

/* sftp_wire.c: answers, and the parts of requests. false: no memory, the connection ends. */
void sftp_put_u32(struct text *t, uint32_t v);
void sftp_put_string(struct text *t, const void *p, size_t n);
bool sftp_send(struct request *q, uint8_t type, struct text *body);
bool sftp_status(struct request *q, uint32_t code, const char *words);
bool sftp_status_of(struct request *q, enum xfer_rc rc);
bool sftp_bad_message(struct request *q);
void sftp_put_attrs(struct text *t, const struct xfer_stat *st);
void sftp_put_name(struct text *t, const char *name, const struct xfer_stat *st);
struct cur sftp_get_string(struct request *q);
uint64_t sftp_get_u64(struct request *q);
enum xfer_rc sftp_get_name(struct request *q, char name[XFER_NAME_MAX + 1]);
bool sftp_send_handle(struct request *q, const struct handle *h);

#endif
