/* Text helpers that never trust: numbers with ranges, bounded copies, escaping of foreign text for display (O1). */
#ifndef VOXGATE_BASE_STR_H
#define VOXGATE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed text with a length; not NUL-ended. */
struct str {
        const char *p;
        size_t n;
};

/* Whole string is a decimal number in [lo, hi], no sign, no blanks; leading zeros are legal. false changes nothing.
 */
bool str_u64(const char *s, uint64_t lo, uint64_t hi, uint64_t *out);
bool str_u32(const char *s, uint32_t lo, uint32_t hi, uint32_t *out);
/* Copies with NUL; false (and out = "") when it does not fit. */
bool str_copy(char *out, size_t cap, const char *s);
/* Prints n bytes into out with control and non-UTF-8 bytes as \xNN; always NUL-ended, cut with "..." when too long.
 */
char *str_escape(char *out, size_t cap, const void *s, size_t n);
bool str_prefix_ci(const char *full, const char *abbrev); /* abbrev is a case-insensitive prefix of full */
/* H:MM:SS of seconds (hours unpadded); out holds 24 bytes. */
char *str_duration(char *out, uint64_t seconds);
/* h:mm:ss, mm:ss forms of the command language -> seconds. */
bool str_parse_duration(const char *s, uint32_t *seconds);
/* Constant-time compare of n bytes (K3). */
bool str_ct_eq(const void *a, const void *b, size_t n);

#endif
