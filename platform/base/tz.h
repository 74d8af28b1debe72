/*
 * Civil time of one place: hours from UTC, and when summer time begins and ends. Pure arithmetic on the Gregorian
 * calendar: nothing of the host's zone files or of TZ has a say.
 */
#ifndef VOXGATE_BASE_TZ_H
#define VOXGATE_BASE_TZ_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "platform/base/err.h"

#define TZ_NAME_MAX 8u
#define TZ_LAST_WEEK 5u

/* When summer time begins or ends, by the clock that is in force until then. */
struct tz_change {
        uint16_t year;   /* TZ_DATE */
        uint8_t month;   /* 1-12 */
        uint8_t day;     /* TZ_DATE: 1-31 */
        uint8_t week;    /* TZ_RECURRING: 1-4, TZ_LAST_WEEK: which of these days of the month */
        uint8_t wday;    /* TZ_RECURRING: 1 Sunday, 7 Saturday */
        uint16_t minute; /* of that day */
};

enum tz_summer { TZ_NO_SUMMER, TZ_RECURRING, TZ_DATE };

struct tz {
        char name[TZ_NAME_MAX + 1], summer_name[TZ_NAME_MAX + 1];
        int32_t offset_s;          /* from UTC, without summer time */
        uint8_t summer;            /* enum tz_summer */
        struct tz_change from, to; /* to before from in the year: the southern hemisphere */
        int32_t summer_s;          /* how much clocks are set forward */
};

/* Hours and minutes from UTC: the minutes have the sign of the hours. */
int32_t tz_offset_of(int hours, unsigned minutes);

/* Seconds from UTC at t, and the name of that time (NULL: not asked for). */
int32_t tz_offset(const struct tz *z, int64_t t, const char **name);
struct tm tz_tm(const struct tz *z, time_t t);
/* When a clock there shows these seconds since 1970-01-01 00:00 local: of an hour that there is twice the first, of
 * one that is left out the time it would have been. */
int64_t tz_utc(const struct tz *z, int64_t local_s);
/* The changes of that year: *from, *to in UTC. false: there are none. */
bool tz_changes(const struct tz *z, int year, int64_t *from, int64_t *to);

/* ---- the calendar ---- */
bool tz_date_ok(int year, unsigned month, unsigned day);
/* 1970-01-01 is 0. */
int64_t tz_days(int year, unsigned month, unsigned day);

#endif
