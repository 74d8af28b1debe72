/*
 * Names that phones ask for: what kind of file it is and what the call manager calls it. A name is a key or is passed
 * on; it is never a path of ours.
 */
#ifndef VOXGATE_PROXY_TFTP_TFTP_NAME_H
#define VOXGATE_PROXY_TFTP_TFTP_NAME_H

#include "platform/base/cur.h"

#define PHONE_FILE_MAX 128u

enum phone_file_kind {
        PHONE_FILE_BAD,    /* why: no such name is passed on */
        PHONE_FILE_CTL,    /* CTLSEP<MAC>.tlv, CTLFile.tlv: ours */
        PHONE_FILE_ITL,    /* ITLSEP<MAC>.tlv, ITLFile.tlv: there is none */
        PHONE_FILE_CONFIG, /* SEP<MAC>.cnf.xml.sgn, XMLDefault.cnf.xml.sgn: edited and signed */
        PHONE_FILE_CLEAR,  /* a configuration without a signature: refused */
        PHONE_FILE_ENC,    /* .enc.sgn: refused */
        PHONE_FILE_SIGNED, /* X.sgn: X, signed; base */
        PHONE_FILE_PLAIN,  /* as it is, firmware among them */
};

struct phone_file {
        enum phone_file_kind kind;
        char name[PHONE_FILE_MAX + 1]; /* as asked, without a slash in front */
        char base[PHONE_FILE_MAX + 1]; /* CONFIG, SIGNED: without .sgn */
        char device[16];               /* SEP<MAC>; "": the name has none */
        const char *why;               /* BAD */
};

void phone_file_of(struct cur name, struct phone_file *out);

#endif
