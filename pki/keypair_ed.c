#include "pki/keypair_ed.h"

#include <string.h>

#include "pki/libcrypto.h"

/* SEQUENCE { INTEGER 0, SEQUENCE { id-Ed25519 }, OCTET STRING { OCTET STRING of 32 bytes } } */
static const uint8_t private_head[ED_PKCS8_BYTES - ED_BYTES] = { 0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                                                 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
/* SEQUENCE { SEQUENCE { id-Ed25519 }, BIT STRING of 32 bytes } */
static const uint8_t public_head[ED_SPKI_BYTES - ED_BYTES] = { 0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                                               0x2B, 0x65, 0x70, 0x03, 0x21, 0x00 };

bool ed_is_pkcs8(const uint8_t *der, size_t n)
{
        return n == ED_PKCS8_BYTES && !memcmp(der, private_head, sizeof private_head);
}

void ed_pkcs8(const uint8_t private[ED_BYTES], uint8_t der[ED_PKCS8_BYTES])
{
        memcpy(der, private_head, sizeof private_head);
        memcpy(der + sizeof private_head, private, ED_BYTES);
}

int ed_spki(const uint8_t pkcs8[ED_PKCS8_BYTES], uint8_t spki[ED_SPKI_BYTES], struct err *e)
{
        EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, pkcs8 + sizeof private_head, ED_BYTES);
        size_t n = ED_BYTES;
        bool ok;

        memcpy(spki, public_head, sizeof public_head);
        ok = k && EVP_PKEY_get_raw_public_key(k, spki + sizeof public_head, &n) == 1 && n == ED_BYTES;
        EVP_PKEY_free(k);
        return ok ? 0 : err_set(e, ERR_CRYPTO, "the Ed25519 key cannot be used");
}
