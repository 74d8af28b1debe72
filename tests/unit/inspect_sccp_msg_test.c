/* SCCP frames and fields: the published vectors, every prefix, every header version, edits in place. */
#include "tests/support/test.h"

#include "inspect/sccp/msg.h"
#include "tests/support/sccp_feed.h"

static const char orc_11[] = "700000000b000000050100001111000022220000140000000400000000000000"
                             "00000000333300000100000010000e00a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                             "c0c1c2c3c4c5c6c7c8c9cacbcccd000000000000000000000000000000000000"
                             "650000000a00000000000000020000000a010101a00f0000";
static const char orc_19[] = "8400000013000000050100001111000022220000140000000400000000000000"
                             "00000000333300000100000010000e00a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                             "c0c1c2c3c4c5c6c7c8c9cacbcccd000000000000000000000000000000000000"
                             "650000000a0000000000000002000000000000000a0101010000000000000000"
                             "00000000a00f000000000000";
static const char ack_19[] = "28000000130000002200000000000000000000000a0506070000000000000000"
                             "00000000744000002222000033330000";
static const char ack_11[] = "180000000b00000022000000000000000a050607744000002222000033330000";
static const char smt_19[] = "88000000130000008a0000001111000022220000000000000a09080700000000"
                             "0000000000000000686000001400000004000000b80000000000000000000000"
                             "00000000333300000100000010000e00a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                             "c0c1c2c3c4c5c6c7c8c9cacbcccd000000000000000000000000000000000000"
                             "650000000a0000000000000001000000";
static const char smt_15[] = "780000000f0000008a00000011110000222200000a0908076860000014000000"
                             "04000000b8000000000000000000000000000000333300000100000010000e00"
                             "a0a1a2a3a4a5a6a7a8a9aaabacadaeafc0c1c2c3c4c5c6c7c8c9cacbcccd0000"
                             "00000000000000000000000000000000650000000a0000000000000001000000";
static const char res_19[] = "300000001300000045000000111100003333000022220000000000000a050607"
                             "000000000000000000000000744000007540000001000000";

static const struct vector {
        const char *name, *hex;
        uint32_t version, id, ip, port, port2;
        uint16_t ip_at, port_at, keys_at;
        uint32_t ms, payload, rfc2833;
} vectors[] = {
        { "OpenReceiveChannel", orc_11, 11, 0x105, 0x0a010101, 4000, 0, 112, 116, 40, 20, 4, 101 },
        { "OpenReceiveChannel", orc_19, 19, 0x105, 0x0a010101, 4000, 0, 112, 132, 40, 20, 4, 101 },
        { "OpenReceiveChannelAck", ack_19, 19, 0x22, 0x0a050607, 16500, 0, 16, 36, 0, 0, 0, 0 },
        { "OpenReceiveChannelAck", ack_11, 11, 0x22, 0x0a050607, 16500, 0, 16, 20, 0, 0, 0, 0 },
        { "StartMediaTransmission", smt_19, 19, 0x8a, 0x0a090807, 24680, 0, 20, 40, 72, 20, 4, 101 },
        { "StartMediaTransmission", smt_15, 15, 0x8a, 0x0a090807, 24680, 0, 20, 24, 56, 20, 4, 101 },
        { "PortRes", res_19, 19, 0x45, 0x0a050607, 16500, 16501, 24, 44, 0, 0, 0, 0 },
};

static bool frame_of(const struct sccp_bytes *b, struct sccp_frame *f)
{
        struct cur c = cur_of(b->p, b->n);
        enum sccp_fault fault;

        return sccp_frame_next(&c, f, &fault) == PARSE_OK && !c.left;
}

static void check_keys(const struct sccp_fields *v, uint16_t at)
{
        assert_int_equal(v->keys.at, at);
        if (!at)
                return;
        assert_int_equal(v->keys.algorithm, 1);
        assert_int_equal(v->keys.key_len, 16);
        assert_int_equal(v->keys.salt_len, 14);
        assert_true(v->keys.has_mki);
        assert_int_equal(v->keys.key[0], 0xa0);
        assert_int_equal(v->keys.key[15], 0xaf);
        assert_int_equal(v->keys.salt[13], 0xcd);
}

static void published_vectors(void **state UNUSED)
{
        for (unsigned i = 0; i < ARRAY_LEN(vectors); i++) {
                const struct vector *t = &vectors[i];
                struct sccp_bytes b = sb_hex(t->hex);
                struct sccp_frame f;
                struct sccp_fields v;
                const char *why;

                assert_true(frame_of(&b, &f));
                assert_int_equal(f.version, t->version);
                assert_int_equal(f.id, t->id);
                assert_string_equal(f.row->name, t->name);
                assert_true(sccp_fields(&f, &v, &why));
                assert_int_equal(v.party, 0x2222);
                assert_int_equal(v.call, 0x3333);
                assert_int_equal(v.ip[0].a.v4, t->ip);
                assert_int_equal(v.ip[0].at, t->ip_at);
                assert_int_equal(v.port[0].value, t->port);
                assert_int_equal(v.port[0].at, t->port_at);
                assert_int_equal(v.nports, t->port2 ? 2 : 1);
                assert_int_equal(v.port[1].value, t->port2);
                assert_int_equal(v.ms, t->ms);
                assert_int_equal(v.payload, t->payload);
                assert_int_equal(v.rfc2833, t->rfc2833);
                check_keys(&v, t->keys_at);
        }
}

static void every_prefix_waits(void **state UNUSED)
{
        for (unsigned i = 0; i < ARRAY_LEN(vectors); i++) {
                struct sccp_bytes b = sb_hex(vectors[i].hex);

                for (size_t n = 0; n < b.n; n++) {
                        struct cur c = cur_of(b.p, n);
                        struct sccp_frame f;
                        enum sccp_fault fault;

                        assert_int_equal(sccp_frame_next(&c, &f, &fault), PARSE_MORE);
                        assert_int_equal(c.left, n);
                }
        }
}

/* A limit is met as soon as the bytes that show it are there. */
static void lengths_and_versions(void **state UNUSED)
{
        static const struct {
                uint32_t l, version;
                size_t n; /* bytes that are there */
                enum parse want;
                enum sccp_fault fault;
        } rows[] = {
                { 4, 0, 12, PARSE_OK, SCCP_FAULT_NONE },
                { 3, 0, 4, PARSE_BAD, SCCP_FAULT_SHORT },
                { 0, 0, 4, PARSE_BAD, SCCP_FAULT_SHORT },
                { SCCP_L_MAX, 0, 12, PARSE_MORE, SCCP_FAULT_NONE },
                { SCCP_L_MAX + 1, 0, 4, PARSE_BAD, SCCP_FAULT_LONG },
                { 0xffffffff, 0, 4, PARSE_BAD, SCCP_FAULT_LONG },
                { 4, 1, 8, PARSE_BAD, SCCP_FAULT_VERSION },
                { 4, 9, 8, PARSE_BAD, SCCP_FAULT_VERSION },
                { 4, 10, 12, PARSE_OK, SCCP_FAULT_NONE },
                { 4, 11, 12, PARSE_OK, SCCP_FAULT_NONE },
                { 4, 12, 8, PARSE_BAD, SCCP_FAULT_VERSION },
                { 4, 14, 8, PARSE_BAD, SCCP_FAULT_VERSION },
                { 4, 15, 12, PARSE_OK, SCCP_FAULT_NONE },
                { 4, 22, 12, PARSE_OK, SCCP_FAULT_NONE },
                { 4, 23, 8, PARSE_BAD, SCCP_FAULT_VERSION },
                { 4, 0x01000000, 8, PARSE_BAD, SCCP_FAULT_VERSION },
        };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct sccp_bytes b = { .n = 0 };
                struct sccp_frame f;
                enum sccp_fault fault;
                struct cur c;

                sb_u32(&b, rows[i].l);
                sb_u32(&b, rows[i].version);
                sb_u32(&b, 0);
                c = cur_of(b.p, rows[i].n);
                assert_int_equal(sccp_frame_next(&c, &f, &fault), rows[i].want);
                assert_int_equal(fault, rows[i].fault);
        }
}

static void table_is_in_order_and_known(void **state UNUSED)
{
        uint32_t last = 0;
        unsigned n = 0;

        for (uint32_t id = 0; id < 0x10000; id++) {
                const struct sccp_row *r = sccp_row(id);

                if (!r)
                        continue;
                assert_int_equal(r->id, id);
                assert_true(!n || id > last);
                assert_int_equal(strspn(r->layout, "cprstydvSKDn48UTWioajAkm"), strlen(r->layout));
                assert_true(r->least >= 4);
                last = id;
                n++;
        }
        assert_int_equal(n, 178);
        assert_null(sccp_row(0x10001));
}

/* Fields end where the message does: call managers of other ages write less, or more. */
static void fields_are_there_by_length(void **state UNUSED)
{
        static const struct {
                size_t n; /* of the vector's frame */
                bool keys, mki, ip;
        } rows[] = { { 80, true, false, false }, { 88, true, true, false }, { 104, true, true, false },
                     { 116, true, true, true },  { 120, true, true, true }, { 79, false, false, false } };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct sccp_bytes b = sb_hex(orc_11);
                struct sccp_frame f;
                struct sccp_fields v;
                const char *why;

                b.n = rows[i].n;
                b = sb_done(b);
                assert_true(frame_of(&b, &f));
                assert_true(sccp_fields(&f, &v, &why));
                assert_int_equal(v.keys.at != 0, rows[i].keys);
                assert_int_equal(v.keys.has_mki, rows[i].mki);
                assert_int_equal(v.nips, rows[i].ip);
                assert_int_equal(v.nports, b.n >= 120);
                assert_true(v.has_call);
        }
}

static void what_cannot_be(void **state UNUSED)
{
        static const struct {
                const char *hex;
                size_t at;
                uint32_t value;
                const char *why;
        } rows[] = { { ack_11, 20, 65536, "port over 65535" },
                     { ack_11, 20, 0xffffffff, "port over 65535" },
                     { orc_11, 44, 17, "key longer than its place" },
                     { orc_11, 44, 17u << 16, "key longer than its place" } };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct sccp_bytes b = sb_hex(rows[i].hex);
                struct sccp_edit e = { b.p, b.n };
                struct sccp_frame f;
                struct sccp_fields v;
                const char *why = NULL;

                sccp_put_u32(&e, (uint16_t)rows[i].at, rows[i].value);
                assert_true(frame_of(&b, &f));
                assert_false(sccp_fields(&f, &v, &why));
                assert_string_equal(why, rows[i].why);
        }
}

static void too_short_for_its_id(void **state UNUSED)
{
        for (uint32_t id = 0; id < 0x200; id++) {
                const struct sccp_row *r = sccp_row(id);
                struct sccp_bytes b = sb_begin(0, id);
                struct sccp_frame f;
                struct sccp_fields v;
                const char *why = NULL;

                if (!r || r->least == 4)
                        continue;
                sb_fill(&b, 0, r->least - 4u);
                b = sb_done(b);
                assert_true(frame_of(&b, &f));
                assert_true(sccp_fields(&f, &v, &why));
                b.n--;
                b = sb_done(b);
                assert_true(frame_of(&b, &f));
                assert_false(sccp_fields(&f, &v, &why));
                assert_string_equal(why, "message too short");
        }
}

static void register_fields(void **state UNUSED)
{
        struct sccp_bytes b = sb_register("SEP001122334455", 0xac120105);
        struct sccp_frame f;
        struct sccp_fields v;
        const char *why;

        assert_true(frame_of(&b, &f));
        assert_true(sccp_fields(&f, &v, &why));
        assert_string_equal(v.name, "SEP001122334455");
        assert_int_equal(v.ip[0].a.v4, 0xac120105);
        assert_int_equal(v.ip[0].at, 36);
        assert_int_equal(v.device_type, 434);
        assert_int_equal(v.version, 19);
        b = sb_register("SEPAABBCCDDEEFFxy", 0); /* no NUL: it ends with its field */
        assert_true(frame_of(&b, &f));
        assert_true(sccp_fields(&f, &v, &why));
        assert_string_equal(v.name, "SEPAABBCCDDEEFFx");
        assert_int_equal(v.ip[0].a.fam, ADDR_NONE);
        sb_fill(&b, 0, 20);
        sb_run(&b, 1, 16);
        b = sb_done(b);
        assert_true(frame_of(&b, &f));
        assert_true(sccp_fields(&f, &v, &why));
        assert_int_equal(v.nips, 2);
        assert_int_equal(v.ip[1].at, 84);
        assert_int_equal(v.ip[1].a.fam, ADDR_V6);
        assert_int_equal(v.ip[1].a.v6[15], 16);
}

static void server_addresses_are_of_the_length(void **state UNUSED)
{
        static const struct {
                uint32_t version, l;
                uint16_t at;
        } rows[] = { { 0, 284, 276 }, { 19, 284, 276 }, { 0, 364, 292 }, { 19, 364, 292 } };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct sccp_bytes b = sb_begin(rows[i].version, 0x9e);
                struct sccp_frame f;
                struct sccp_fields v;
                const char *why;

                sb_fill(&b, 0, rows[i].l - 4);
                b = sb_done(b);
                assert_true(frame_of(&b, &f));
                assert_true(sccp_fields(&f, &v, &why));
                assert_int_equal(v.nips, 5);
                assert_int_equal(v.nports, 5);
                assert_int_equal(v.port[0].at, 252);
                assert_int_equal(v.ip[1].at, rows[i].at);
        }
}

static void address_types(void **state UNUSED)
{
        static const struct {
                uint32_t type;
                enum addr_fam want;
        } rows[] = { { 0, ADDR_V4 }, { 1, ADDR_V6 }, { 2, ADDR_V6 }, { 3, ADDR_NONE }, { 9, ADDR_NONE } };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct sccp_bytes b = sb_hex(ack_19);
                struct sccp_edit e = { b.p, b.n };
                struct sccp_frame f;
                struct sccp_fields v;
                const char *why;

                sccp_put_u32(&e, 16, rows[i].type);
                assert_true(frame_of(&b, &f));
                assert_true(sccp_fields(&f, &v, &why));
                assert_int_equal(v.ip[0].a.fam, rows[i].want);
        }
}

/* ---- edits ---- */

static void edits_keep_the_frame(void **state UNUSED)
{
        struct sccp_bytes b = sb_hex(smt_19), was = b;
        struct sccp_edit e = { b.p, b.n };
        struct sccp_frame f;
        struct sccp_fields v;
        const struct addr a = addr_v4(0xc0000219), v6 = { .fam = ADDR_V6, .v6 = { 0x20, 1 } };
        const char *why;

        assert_true(frame_of(&b, &f));
        assert_true(sccp_fields(&f, &v, &why));
        assert_true(sccp_put_ip(&e, &v.ip[0], &a));
        sccp_put_u32(&e, v.port[0].at, 16384);
        assert_int_equal(memcmp(b.p, was.p, 20), 0);
        assert_memory_equal(b.p + 20, "\0\0\0\0\xc0\x00\x02\x19", 8);
        assert_memory_equal(b.p + 28, "\0\0\0\0\0\0\0\0\0\0\0\0\x00\x40\0\0", 16);
        assert_int_equal(memcmp(b.p + 44, was.p + 44, was.n - 44), 0);
        assert_true(sccp_put_ip(&e, &v.ip[0], &v6));
        assert_memory_equal(b.p + 20, "\1\0\0\0\x20\1", 6);
}

static void edits_that_do_not_fit(void **state UNUSED)
{
        uint8_t p[32] = { 0 };
        struct sccp_edit e = { p, sizeof p };
        const struct addr v4 = addr_v4(0x01020304), v6 = { .fam = ADDR_V6, .v6 = { 0x20, 1 } };
        const struct sccp_ip four = { .at = 16, .size = 4 }, sixteen = { .at = 16, .size = 16 },
                             past = { .at = 30, .size = 4 }, head = { .at = 8, .size = 4 };

        assert_false(sccp_put_ip(&e, &four, &v6));
        assert_false(sccp_put_ip(&e, &sixteen, &v4));
        assert_false(sccp_put_ip(&e, &past, &v4));
        assert_false(sccp_put_ip(&e, &head, &v4));
        sccp_put_u32(&e, 29, 0xffffffff);
        for (unsigned i = 0; i < sizeof p; i++)
                assert_int_equal(p[i], 0);
}

static void keys_in_place(void **state UNUSED)
{
        struct sccp_bytes b = sb_hex(orc_19), was = b;
        struct sccp_edit e = { b.p, b.n };
        struct srtp_master m, own = { .suite = SRTP_AES_CM_128_80 };
        struct sccp_frame f;
        struct sccp_fields v;
        const char *why;

        assert_true(frame_of(&b, &f));
        assert_true(sccp_fields(&f, &v, &why));
        assert_true(sccp_keys_master(&v.keys, &m));
        assert_int_equal(m.suite, SRTP_AES_CM_128_32);
        assert_int_equal(m.key[15], 0xaf);
        assert_int_equal(m.salt[13], 0xcd);
        memset(own.key, 7, 16);
        memset(own.salt, 9, 14);
        sccp_put_keys(&e, &v.keys, &own);
        assert_memory_equal(b.p + 40, "\2\0\0\0\x10\0\x0e\0\7", 9);
        assert_memory_equal(b.p + 77, "\x09\0\0\0\0", 5);
        sccp_put_keys(&e, &v.keys, NULL);
        for (unsigned i = 40; i < 88; i++)
                assert_int_equal(b.p[i], 0);
        assert_int_equal(memcmp(b.p + 88, was.p + 88, was.n - 88), 0);
}

static void keys_that_are_refused(void **state UNUSED)
{
        static const struct {
                uint32_t alg, key_len, salt_len, mki, kdr;
                enum srtp_suite want;
        } rows[] = { { 1, 16, 14, 0, 0, SRTP_AES_CM_128_32 },      { 2, 16, 14, 0, 0, SRTP_AES_CM_128_80 },
                     { 5, 16, 12, 0, 0, SRTP_AEAD_AES_128_GCM },   { 1, 15, 14, 0, 0, SRTP_SUITE_NONE },
                     { 1, 16, 12, 0, 0, SRTP_SUITE_NONE },         { 3, 16, 14, 0, 0, SRTP_SUITE_NONE },
                     { 6, 16, 12, 0, 0, SRTP_SUITE_NONE },         { 0, 0, 0, 0, 0, SRTP_SUITE_NONE },
                     { 1, 16, 14, 1, 0, SRTP_SUITE_NONE },         { 1, 16, 14, 0, 3, SRTP_SUITE_NONE },
                     { 0xffffffff, 16, 14, 0, 0, SRTP_SUITE_NONE } };
        static const uint8_t slot[SCCP_SLOT];

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                const struct sccp_keys k = { .at = 40,
                                             .algorithm = rows[i].alg,
                                             .key_len = (uint16_t)rows[i].key_len,
                                             .salt_len = (uint16_t)rows[i].salt_len,
                                             .mki = rows[i].mki,
                                             .kdr = rows[i].kdr,
                                             .key = slot,
                                             .salt = slot };
                struct srtp_master m;

                assert_int_equal(sccp_keys_master(&k, &m), rows[i].want != SRTP_SUITE_NONE);
                assert_int_equal(m.suite, rows[i].want);
        }
}

static void payload_types(void **state UNUSED)
{
        static const struct {
                uint32_t payload;
                int type;
        } rows[] = { { 2, 8 },   { 4, 0 },   { 6, 9 },  { 9, 4 },  { 10, 15 }, { 11, 18 }, { 12, 18 },
                     { 13, -1 }, { 16, 18 }, { 18, 3 }, { 80, 3 }, { 86, -1 }, { 257, -1 } };
        const char *name;

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
                assert_int_equal(sccp_rtp_type(rows[i].payload, &name), rows[i].type);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(published_vectors),
                cmocka_unit_test(every_prefix_waits),
                cmocka_unit_test(lengths_and_versions),
                cmocka_unit_test(table_is_in_order_and_known),
                cmocka_unit_test(fields_are_there_by_length),
                cmocka_unit_test(what_cannot_be),
                cmocka_unit_test(too_short_for_its_id),
                cmocka_unit_test(register_fields),
                cmocka_unit_test(server_addresses_are_of_the_length),
                cmocka_unit_test(address_types),
                cmocka_unit_test(edits_keep_the_frame),
                cmocka_unit_test(edits_that_do_not_fit),
                cmocka_unit_test(keys_in_place),
                cmocka_unit_test(keys_that_are_refused),
                cmocka_unit_test(payload_types),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
