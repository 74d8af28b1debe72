/* Tags of CTL files and of signed files, for the files that read and write them. */
#ifndef VOXGATE_PKI_CTL_TLV_H
#define VOXGATE_PKI_CTL_TLV_H

#include <mbedtls/md.h>

#include "pki/ctl.h"

enum { /* of the header */
       HEAD_VERSION = 0x01,
       HEAD_LENGTH = 0x02,
       HEAD_SIGNER = 0x03, /* holds the next three */
       HEAD_SIGNER_NAME = 0x04,
       HEAD_SERIAL = 0x05,
       HEAD_CA_NAME = 0x06,
       HEAD_SIG_INFO = 0x07, /* holds the next four */
       HEAD_DIGEST = 0x08,
       HEAD_SIG_ALG_INFO = 0x09, /* holds the next two */
       HEAD_SIG_ALG = 0x0a,
       HEAD_MODULUS = 0x0b,
       HEAD_SIGNATURE = 0x0c,
       HEAD_PAD = 0x0d, /* a single byte without length */
       HEAD_FILE_NAME = 0x0e,
       HEAD_TIME = 0x0f,
};
enum { /* of a record */
       REC_LENGTH = 0x01,
       REC_DNS = 0x02,
       REC_SUBJECT = 0x03,
       REC_ROLE = 0x04,
       REC_ISSUER = 0x05,
       REC_SERIAL = 0x06,
       REC_KEY = 0x07,
       REC_SIGNATURE = 0x08,
       REC_CERT = 0x09,
       REC_ADDRESS = 0x0a,
};

#define REC_LENGTH_BYTES 5u /* the record length with its own tag */

/* ctl_text.c: the certificate's serial number as the files hold it: no leading zero bytes. */
struct cur ctl_serial(const struct cert *c);
/* PKCS#1 key or point at the end of buf; its bytes, empty and bad when it does not fit. */
struct cur ctl_public_key(const struct cert *c, uint8_t *buf, size_t cap);

/* ctl_sign.c */
const mbedtls_md_info_t *ctl_md(uint8_t digest); /* NULL: unknown */
/* What is signed: everything but the signature with its tag and length (head bytes before at - 3). */
int ctl_hash(const mbedtls_md_info_t *md, const uint8_t *file, size_t n, size_t sig_at, size_t sig_n,
             uint8_t out[MBEDTLS_MD_MAX_SIZE]);

/* ctl_head.c: reads the header only; any version 1.x. */
int ctl_head_read(const uint8_t *in, size_t n, struct ctl_head *h, struct err *e);
bool ctl_head_verify(const uint8_t *in, size_t n, const struct ctl_head *h, const struct cert *by);

/* The next TLV of a record or a header without padding; false and a bad cursor when it is cut. */
static inline bool ctl_tlv(struct cur *c, uint8_t *tag, struct cur *v)
{
        *tag = cur_u8(c);
        *v = cur_child(c, cur_be16(c));
        return !c->bad;
}

#endif
