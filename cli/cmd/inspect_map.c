/* policy-map type inspect of protocols without an engine: kept until there is one. SIP: sip_map.c; SCCP:
 * skinny_map.c. */
#include "cli/cmd/rows.h"

#define NO_ENGINE "there is no engine for this protocol"
#define SUB(g, hlp)                                                                                                  \
        {                                                                                                            \
                ROW_INERT, g, hlp, .list = offsetof(struct inert_block_conf, sub), .inert = NO_ENGINE,               \
                                   .flags = ROW_SINGLE                                                               \
        }
#define BLOCK(g, hlp)                                                                                                \
        {                                                                                                            \
                ROW_INERT, g, hlp, .list = offsetof(struct inert_block_conf, lines), .inert = NO_ENGINE,             \
                                   .flags = ROW_SINGLE                                                               \
        }

static const struct cmd_row dns_parameters[] = {
        SUB("message-length maximum client {auto|N:u32(512-65535)}", "Longest answer a client asked for"),
        SUB("message-length maximum server {auto|N:u32(512-65535)}", "Longest message of a server"),
        SUB("message-length maximum N:u32(512-65535)", "Longest message"),
        SUB("id-mismatch [count N:u32(0-4294967295)] [duration S:u32(1-1000000)] action log", "Log wrong answers"),
        SUB("id-randomization", "Randomize the identifier of questions"),
        SUB("dns-guard", "One answer a question"),
        SUB("nat-rewrite", "Translate addresses in answers"),
        SUB("protocol-enforcement", "Check the form of messages"),
        SUB("dynamic-filter-snoop", "Answers teach the names of bad hosts"),
        SUB("tsig enforced action {drop|log}", "Messages have a signature"),
        SUB("tcp-inspection", "DNS over TCP as well"),
        END,
};
static const struct cmd_mode dns_parameters_mode = {
        "config-pmap-p", "MPF policy-map parameter configuration commands:", dns_parameters
};

static const struct cmd_bind match_bind[] = { BIND_WORD("match", struct inert_block_conf, word),
                                              BIND_WORD("class", struct inert_block_conf, word),
                                              BIND("REST", struct inert_block_conf, rest),
                                              { 0 } };
static const struct cmd_bind bind[] = { BIND_FLAG("parameters", struct inert_block_conf, parameters), { 0 } };
#define ROWS(proto)                                                                                                  \
        BLOCK("description TEXT:line(200)", "Description of the map"),                                               \
                { ROW_MODE,                                                                                          \
                  "parameters",                                                                                      \
                  "Parameters of the inspection",                                                                    \
                  bind,                                                                                              \
                  DIRTY_SYS,                                                                                         \
                  .mode = &proto##_parameters_mode,                                                                  \
                  .flags = ROW_SAME | ROW_NO_NO },                                                                   \
                { ROW_MODE,                                                                                          \
                  "{match|class} REST:line(100)",                                                                    \
                  "Messages of a kind",                                                                              \
                  match_bind,                                                                                        \
                  DIRTY_SYS,                                                                                         \
                  offsetof(struct inert_block_conf, blocks),                                                         \
                  &kept_match_mode,                                                                                  \
                  .inert = NO_ENGINE,                                                                                \
                  .init = init_block,                                                                                \
                  .key = key_words,                                                                                  \
                  .flags = ROW_KEPT },                                                                               \
                END

static const struct cmd_row dns_rows[] = { ROWS(dns) };

static const struct cmd_mode dns_mode = { "config-pmap", "MPF policy-map configuration commands:", dns_rows };

#define MAP(proto, hlp)                                                                                              \
        {                                                                                                            \
                ROW_MODE, "policy-map type inspect " #proto " NAME:newname(40)", hlp, NULL, DIRTY_SYS,               \
                        STORE(sys.proto##_maps), &proto##_mode, .kind_name = #proto "-map", .init = init_block       \
        }

const struct cmd_row rows_inspect_map[] = {
        MAP(dns, "Parameters of DNS inspection"),
        END,
};
