/* What engines tell of calls, for the operator: values, copied once. Never a key, never a digit that was dialled. */
#ifndef VOXGATE_INSPECT_CALL_EVENT_H
#define VOXGATE_INSPECT_CALL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/media_spec.h"

#define CALL_LABEL_MAX 32u
#define CALL_PARTY_MAX 48u
#define CALL_NAME_MAX 64u

enum call_state { CALL_SETUP, CALL_ACTIVE, CALL_HELD, CALL_ENDING, CALL_ENDED };

/* A call as its first message has it. Texts are escaped. */
struct call_about {
        char name[CALL_NAME_MAX]; /* the protocol's own: Call-ID, call reference */
        char from[CALL_PARTY_MAX], to[CALL_PARTY_MAX];
};

#define CALL_STREAMS 3u /* of a message: audio, video and something to share */

/* Where the writer of a message wants media, and what the reader was told instead: port 0, that there are none. */
struct call_stream {
        uint8_t kind; /* enum media_kind */
        struct endpoint said, shown;
};

/* A message of a call. */
struct call_event {
        uint64_t at_ms; /* filled in by the host */
        uint8_t dir;    /* enum inspect_dir */
        bool dropped;   /* it went no further */
        bool again;     /* a repetition */
        bool hold;      /* its media do not flow both ways */
        char label[CALL_LABEL_MAX];
        uint8_t nstreams;
        struct call_stream stream[CALL_STREAMS];
};

#endif
