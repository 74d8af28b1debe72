/* A condition on a SIP message: the same words in classes and in policy maps. */
#ifndef VOXGATE_CLI_CMD_SIP_MATCH_H
#define VOXGATE_CLI_CMD_SIP_MATCH_H

#include "inspect/sip/msg.h"

#define BY_REGEX(kw) kw " {R:ref(regex)|class C:ref(regex-class)}"
#define SIP_MATCH                                                                                                    \
        "match [not] {" BY_REGEX("called-party regex") "|" BY_REGEX("calling-party regex") "|content "               \
        "{length gt CLEN:u32(0-65536)|type {sdp|" BY_REGEX("regex@typeregex") "}}|"                                  \
        BY_REGEX("im-subscriber regex") "|" BY_REGEX("message-path regex") "|"                                       \
        "request-method {ack|bye|cancel|info|invite|message|notify|options|prack|refer|register|subscribe|unknown|"  \
        "update}|" BY_REGEX("third-party-registration regex") "|"                                                    \
        "uri {sip length gt SIPLEN:u32(0-65536)|tel length gt TELLEN:u32(0-65536)}}"

#define SIP_METHOD(st, at, word, id) BIND_KEY(word, st, at method, SIP_M_##id)
/* at: where the struct sip_match_conf is in st ("m." or nothing). */
#define SIP_MATCH_BIND(st, at)                                                                                       \
        BIND_FLAG("not", st, at negate), BIND_KEY("called-party", st, at kind, SIP_MATCH_CALLED_PARTY),              \
                BIND_KEY("calling-party", st, at kind, SIP_MATCH_CALLING_PARTY),                                     \
                BIND_KEY("im-subscriber", st, at kind, SIP_MATCH_IM_SUBSCRIBER),                                     \
                BIND_KEY("message-path", st, at kind, SIP_MATCH_MESSAGE_PATH),                                       \
                BIND_KEY("request-method", st, at kind, SIP_MATCH_METHOD),                                           \
                BIND_KEY("third-party-registration", st, at kind, SIP_MATCH_THIRD_PARTY),                            \
                BIND_KEY("sdp", st, at kind, SIP_MATCH_CONTENT_SDP),                                                 \
                BIND_KEY("typeregex", st, at kind, SIP_MATCH_CONTENT_TYPE),                                          \
                BIND_TAGGED("CLEN", st, at gt, at kind, SIP_MATCH_CONTENT_LENGTH),                                   \
                BIND_TAGGED("SIPLEN", st, at gt, at kind, SIP_MATCH_URI_SIP_LENGTH),                                 \
                BIND_TAGGED("TELLEN", st, at gt, at kind, SIP_MATCH_URI_TEL_LENGTH), BIND("R", st, at regex),        \
                BIND("C", st, at regex_class), SIP_METHOD(st, at, "ack", ACK), SIP_METHOD(st, at, "bye", BYE),       \
                SIP_METHOD(st, at, "cancel", CANCEL), SIP_METHOD(st, at, "info", INFO),                              \
                SIP_METHOD(st, at, "invite", INVITE), SIP_METHOD(st, at, "message", MESSAGE),                        \
                SIP_METHOD(st, at, "notify", NOTIFY), SIP_METHOD(st, at, "options", OPTIONS),                        \
                SIP_METHOD(st, at, "prack", PRACK), SIP_METHOD(st, at, "refer", REFER),                              \
                SIP_METHOD(st, at, "register", REGISTER), SIP_METHOD(st, at, "subscribe", SUBSCRIBE),                \
                SIP_METHOD(st, at, "unknown", UNKNOWN), SIP_METHOD(st, at, "update", UPDATE)

#endif
