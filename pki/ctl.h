/*
 * Certificate trust lists of phones and the files that are signed for them: one TLV header, then records (CTL) or the
 * payload (.sgn). Pure: bytes in, bytes out. Names are written CN=x;OU=y;O=z.
 */
#ifndef VOXGATE_PKI_CTL_H
#define VOXGATE_PKI_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "pki/cert.h"
#include "pki/keypair.h"
#include "platform/base/addr.h"
#include "platform/base/cur.h"
#include "platform/base/err.h"

#define CTL_BYTES_MAX 65536u /* a phone holds no larger one */
#define CTL_RECORDS_MAX 32u
#define CTL_NAME_MAX 255u           /* characters of a host or file name */
#define CTL_DN_MAX 511u             /* characters of a subject or issuer */
#define CTL_FILE_NAME "CTLFile.tlv" /* in the header, whatever name the file is served under */
#define SGN_PAYLOAD_MAX (2048u * 1024u)
#define SGN_HEADER_MAX 4096u

enum ctl_role {
        CTL_SAST = 0,
        CTL_CCM = 1,
        CTL_CCM_TFTP = 2,
        CTL_TFTP = 3,
        CTL_CAPF = 4,
        CTL_SRST = 5,
        CTL_APP = 7,
        CTL_TVS = 21
};
enum ctl_digest { CTL_SHA1 = 1, CTL_SHA256 = 2, CTL_SHA512 = 3 };

/* Who signs: an RSA pair of 512, 1024, 2048 or 4096 bits and its certificate, both borrowed. SHA-1 is what 79xx
 * phones check. */
struct ctl_signer {
        struct keypair *key;
        struct cert *cert;
        enum ctl_digest digest;
};

struct ctl_record {
        uint16_t role;              /* enum ctl_role; parsed files may hold others */
        struct cert *cert;          /* NULL (parsed only): the record names a certificate without bringing it */
        char dns[CTL_NAME_MAX + 1]; /* "": none */
        struct addr addr;           /* as a phone sees it; .fam 0: none. IPv4 in files that are written */
};

/* What a phone knows of an entity, in one string: CN=x;OU=y;O=z, most specific first. -1: longer than CTL_DN_MAX. */
int ctl_dn(const mbedtls_x509_name *name, char out[CTL_DN_MAX + 1], struct err *e);
const char *ctl_role_name(uint16_t role); /* as `show ctl-file` prints it; "unknown" */

/*
 * A signed CTL of these records in their order. signer->cert must be among them with role SAST and the file at most
 * CTL_BYTES_MAX long. *out is freed with mem_free(). -1: what cannot be written, and why.
 */
int ctl_write(const struct ctl_signer *signer, time_t when, const struct ctl_record *rec, unsigned n, uint8_t **out,
              size_t *out_n, struct err *e);

/* Of a CTL or .sgn that was read. */
struct ctl_head {
        uint8_t major, minor, digest;
        char signer[CTL_DN_MAX + 1], ca[CTL_DN_MAX + 1]; /* escaped */
        uint8_t serial[32];
        size_t serial_n;
        char name[CTL_NAME_MAX + 1]; /* escaped */
        bool has_time;
        uint32_t time;
        size_t bytes;             /* of the whole header: where records or payload begin */
        size_t sig_at, sig_bytes; /* the signature's value; its tag and length stand in the 3 bytes before */
};

struct ctl_file {
        struct ctl_head head;
        unsigned n;
        struct ctl_record rec[CTL_RECORDS_MAX];
};
/*
 * Reads a whole CTL (version 1.x) and checks its signature with its own SAST record, as a phone does that has none
 * yet. Unknown tags are skipped; everything else that does not fit is refused. The caller calls ctl_file_fini() after
 * 0.
 */
int ctl_parse(const uint8_t *in, size_t n, struct ctl_file *out, struct err *e);
void ctl_file_fini(struct ctl_file *f);

/* One TLV of a CTL, for listings: record 0 is the header. A container comes before what it holds. */
typedef void (*ctl_tlv_fn)(void *ctx, unsigned record, uint8_t tag, struct cur value);
/* Walks what ctl_parse() has accepted. -1: it would not be. */
int ctl_each(const uint8_t *in, size_t n, ctl_tlv_fn fn, void *ctx);

/*
 * NAME.sgn for a phone: a version 1.0 header that names `name` (the requested name, with .sgn) and the payload behind
 * it, byte for byte. *out is freed with mem_free().
 */
int sgn_write(const struct ctl_signer *signer, const char *name, time_t when, const uint8_t *payload, size_t n,
              uint8_t **out, size_t *out_n, struct err *e);
/* The payload of a .sgn of version 1.0-1.2, borrowed from in; signed by whom is not asked. An encrypted one (2.0) is
 * refused. head may be NULL. */
int sgn_strip(const uint8_t *in, size_t n, struct cur *payload, struct ctl_head *head, struct err *e);
/* Does this certificate's key verify the file (CTL or .sgn)? */
bool sgn_verify(const uint8_t *in, size_t n, const struct cert *by);

#endif
