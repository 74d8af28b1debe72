/*
 * The asset store on flash: key pairs and certificates, which are not part of the running configuration's text.
 *   FLASH/pki/keys/LABEL.key          "created SECONDS", PEM PKCS#8
 *   FLASH/pki/certs/TRUSTPOINT.pem    "identity" or "ca" in front of each PEM certificate: one file, so that a set is
 *                                     replaced in one step
 *   FLASH/pki/ctl/NAME.tlv            the CTL file of ctl-file NAME, as phones get it
 * Files 0600, directories 0700. Names are escaped so that a label is never a path. Writes are atomic. Thread-safe
 * (one mutex): used by control and job threads only. In memory, key material is wiped when the last reference goes.
 */
#ifndef VOXGATE_PKI_KEYSTORE_H
#define VOXGATE_PKI_KEYSTORE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "platform/base/clock.h"
#include "platform/base/err.h"
#include "platform/base/log.h"
#include "platform/base/rng.h"
#include "pki/keypair.h"
#include "pki/cert.h"

#define TRUSTPOINT_CAS_MAX 8

struct keystore;

/*
 * dir: FLASH/pki, made when missing; NULL: memory only (check, replay, tests). Loads what is there; damaged files are
 * skipped and the first is reported in *warn (may be NULL). NULL when out of memory or the directory is unusable. clk
 * and rng are borrowed.
 */
struct keystore *keystore_open(const char *dir, const struct clock *clk, const struct rng *rng,
                               struct err *warn) MUST_USE;
void keystore_close(struct keystore *k);
const struct clock *keystore_clock(const struct keystore *k);
const struct rng *keystore_rng(const struct keystore *k);
/* Where 7170xx messages about imports go: a source of its own, because several threads write to it under the store's
 * mutex. */
void keystore_set_log(struct keystore *k, struct log_src *src);
void keystore_log(struct keystore *k, enum log_msg id, const char *trustpoint);
void keystore_log_why(struct keystore *k, enum log_msg id, const char *trustpoint, const char *why);

/* ---- key pairs: label -> reference (the caller puts it) or NULL ---- */
struct keypair *keystore_key_get(struct keystore *k, const char *label);
/* Takes its own reference; replaces a key of that label. saved to flash at once. */
int keystore_key_put(struct keystore *k, const char *label, struct keypair *kp, struct err *e);
/* Also removes the identity certificates made for that pair, unless it is there under another label too. */
int keystore_key_del(struct keystore *k, const char *label, struct err *e);
/* Labels in order; false at the end. */
bool keystore_key_name(struct keystore *k, unsigned idx, char out[129]);

/* ---- certificates of a trustpoint ---- */
struct tp_assets {
        struct cert *id; /* identity certificate or NULL */
        unsigned nca;
        struct cert *ca[TRUSTPOINT_CAS_MAX]; /* [0]: the authenticated CA certificate */
};
/* Fills in references (released by tp_assets_put); an unknown trustpoint gives an empty set. */
void keystore_tp_get(struct keystore *k, const char *tp, struct tp_assets *out);
void tp_assets_put(struct tp_assets *a);
/* Replaces the set of a trustpoint in one atomic step (id and cas may be NULL/0 = none). Takes own references. */
int keystore_tp_put(struct keystore *k, const char *tp, struct cert *id, struct cert *const *ca, unsigned nca,
                    struct err *e);
/* A key pair (kp NULL: none) and a trustpoint's set together: both are there afterwards or neither has changed. */
int keystore_install(struct keystore *k, const char *label, struct keypair *kp, const char *tp, struct cert *id,
                     struct cert *const *ca, unsigned nca, struct err *e);
int keystore_tp_del(struct keystore *k, const char *tp, struct err *e);
/* ---- finished CTL files, by the name of their ctl-file ---- */
/* A copy, freed with mem_free_secret(); NULL with n 0: there is none; NULL with n set: out of memory. */
uint8_t *keystore_ctl_get(struct keystore *k, const char *name, size_t *n);
/* Replaces it; n 0 removes it. */
int keystore_ctl_put(struct keystore *k, const char *name, const uint8_t *p, size_t n, struct err *e);
/* In a store of a check or a replay no keys are made: what is missing stays so. */
void keystore_mark_dry(struct keystore *k);
bool keystore_is_dry(const struct keystore *k);

/* Counts changes; a compile compares it to know whether the PKI part is dirty. */
uint64_t keystore_generation(struct keystore *k);
/* A memory-only copy (check, candidate). */
struct keystore *keystore_clone_dry(struct keystore *k) MUST_USE;

#endif
