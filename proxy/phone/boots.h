/*
 * Why a phone does not come up: the steps of its last boot, each with time and reason. One table per proxy worker;
 * the device that was looked at longest ago gives its place to a new one.
 */
#ifndef VOXGATE_PROXY_PHONE_BOOTS_H
#define VOXGATE_PROXY_PHONE_BOOTS_H

#include <time.h>

#include "platform/base/addr.h"
#include "platform/base/attr.h"

#define BOOTS_MAX 16384u

enum boot_step { BOOT_CTL, BOOT_FILE, BOOT_TLS, BOOT_REGISTER, BOOT_STEPS };

struct boot_row {
        char device[65]; /* SEP001122334401 */
        uint16_t iface;
        struct addr at;
        struct boot_note {
                time_t when; /* 0: not yet */
                bool ok;
                char text[256]; /* a certificate's refusal ends with what to do about it */
        } step[BOOT_STEPS];
};

struct boots;
struct boots *boots_new(void) MUST_USE;
void boots_free(struct boots *b);
/* A CTL request begins a new boot: what was noted before is forgotten. */
void boot_note(struct boots *b, const char *device, uint16_t iface, const struct addr *at, enum boot_step step,
               time_t when, bool ok, const char *fmt, ...) PRINTF_LIKE(8, 9);
/* It lives: it is not the next to give way. Is it known to have registered? */
bool boot_alive(struct boots *b, const char *device);
/* The device that booted from there, if it is the only one; else NULL. Of what failed before its name was known. */
const char *boot_device_at(const struct boots *b, uint16_t iface, const struct addr *at);
unsigned boot_walk(const struct boots *b, uint32_t *cursor, struct boot_row *rows, unsigned max, bool *end);
const char *boot_step_name(enum boot_step s);

#endif
