/* test_envelope.c - headers, bodies, and envelopes that prove themselves */
#include <string.h>

#include "core/envelope.h"
#include "hex.h"

static const char header_hex[] =
	"01762f8282d0624d2d550df1f5b8ffe556f1bd44e3b6f022edf86b606112cb80a5"
	"010103a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531"
	"b80192aabbccdd00070102030405060708a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
	"00000000000000000000000000000000000000116544e06df3eb74982459454aec"
	"c4adc460be6aa196d28fd7d5ec7f10c691a094";
static const char body_hex[] = "0103616e610206686920c3a92103026731";

/* Where fields are in a header. */
enum { AT_VERSION = 0, AT_CLASS = 33, AT_SEQ = 75, AT_BODY_LEN = 115 };

static struct qf_header header_of_the_vector(void)
{
	uint8_t bytes[QF_HEADER_BYTES];
	struct qf_header h;

	assert_int_equal(hex_read(bytes, sizeof bytes, header_hex),
	                 QF_HEADER_BYTES);
	assert_true(qf_header_decode(&h, qf_bytes(bytes, sizeof bytes)));
	return h;
}

static struct qf_identity author_of_the_vector(void)
{
	struct qf_identity id;
	uint8_t seed[QF_SEED_BYTES];

	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)i;
	qf_identity_init(&id, seed);
	return id;
}

static void assert_text(struct qf_bytes got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	if (got.len)
		assert_memory_equal(got.at, want, got.len);
}

TEST(envelope, a_header_reads_as_the_vector_says)
{
	struct qf_header h = header_of_the_vector();

	assert_int_equal(h.room.b[0], 0x76);
	assert_int_equal(h.room.b[31], 0xa5);
	assert_int_equal(h.class, QF_CLASS_CONTENT);
	assert_int_equal(h.type, QF_TYPE_TEXT);
	assert_int_equal(h.author.b[0], 0x03);
	assert_int_equal(h.author.b[31], 0xb8);
	assert_true(h.hlc == 0x0192aabbccdd0007);
	assert_true(h.seq == 0x0102030405060708);
	assert_int_equal(h.prev[0], 0xa0);
	assert_int_equal(h.prev[15], 0xaf);
	assert_int_equal(h.key_id[0] | h.key_id[15], 0);
	assert_int_equal(h.body_len, 17);
	assert_int_equal(h.body_hash.b[31], 0x94);
}

TEST(envelope, a_header_is_written_as_it_was_read)
{
	struct qf_header h = header_of_the_vector();
	uint8_t bytes[QF_HEADER_BYTES];
	struct qf_hash id;

	qf_header_encode(&h, bytes);
	assert_hex(bytes, sizeof bytes, header_hex);
	qf_header_id(&h, &id);
	assert_hex(id.b, sizeof id.b,
	           "659883dda30379d5777b86ed8602d0f5"
	           "cb679c12f9a7c4eadc88afdc6bc0d43d");
}

TEST(envelope, every_bit_of_a_header_changes_its_id_or_refuses_it)
{
	struct qf_header h = header_of_the_vector();
	uint8_t bytes[QF_HEADER_BYTES];
	struct qf_hash id;
	struct qf_hash other;

	qf_header_encode(&h, bytes);
	qf_header_id(&h, &id);
	for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (qf_header_decode(&h, qf_bytes(bytes, sizeof bytes))) {
			qf_header_id(&h, &other);
			assert_memory_not_equal(id.b, other.b, sizeof id.b);
		}
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static const struct {
	const char *what;
	size_t at;
	const char *hex;
	bool good;
} headers[] = {
	{ "version 0", AT_VERSION, "00", false },
	{ "version 2", AT_VERSION, "02", false },
	{ "control", AT_CLASS, "00", true },
	{ "content", AT_CLASS, "01", true },
	{ "class 2", AT_CLASS, "02", false },
	{ "class 255", AT_CLASS, "ff", false },
	{ "unknown type", AT_CLASS + 1, "ff", true },
	{ "seq 0", AT_SEQ, "0000000000000000", false },
	{ "seq 1", AT_SEQ, "0000000000000001", true },
	{ "last seq", AT_SEQ, "ffffffffffffffff", true },
	{ "no body", AT_BODY_LEN, "00000000", true },
	{ "longest body", AT_BODY_LEN, "00010000", true },
	{ "longer body", AT_BODY_LEN, "00010001", false },
	{ "endless body", AT_BODY_LEN, "ffffffff", false },
};

TEST(envelope, headers_are_refused_beyond_their_limits)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		uint8_t bytes[QF_HEADER_BYTES];
		struct qf_header h;

		hex_read(bytes, sizeof bytes, header_hex);
		hex_read(bytes + headers[i].at, sizeof bytes - headers[i].at,
		         headers[i].hex);
		if (qf_header_decode(&h, qf_bytes(bytes, sizeof bytes)) !=
		    headers[i].good)
			fail_msg("%s", headers[i].what);
	}
}

TEST(envelope, a_header_has_one_length)
{
	uint8_t bytes[QF_HEADER_BYTES + 1] = { 0 };
	struct qf_header h;

	hex_read(bytes, sizeof bytes, header_hex);
	for (size_t len = 0; len <= sizeof bytes; len++)
		assert_int_equal(qf_header_decode(&h, qf_bytes(bytes, len)),
		                 len == QF_HEADER_BYTES);
}

TEST(envelope, body_hashes_are_those_of_the_vectors)
{
	uint8_t body[64];
	size_t len = hex_read(body, sizeof body, body_hex);
	struct qf_hash h;

	qf_body_hash(qf_bytes(body, len), &h);
	assert_hex(h.b, sizeof h.b,
	           "6544e06df3eb74982459454aecc4adc4"
	           "60be6aa196d28fd7d5ec7f10c691a094");
	qf_body_hash(qf_bytes(NULL, 0), &h);
	assert_hex(h.b, sizeof h.b,
	           "9e61af790e1df76875e204da48bcd678"
	           "e14ded120a10a32588421411200c55f9");
}

TEST(envelope, a_new_one_has_the_id_of_the_vector_and_proves_nothing)
{
	struct qf_header h = header_of_the_vector();
	uint8_t body[64];
	size_t len = hex_read(body, sizeof body, body_hex);
	struct qf_envelope *e;

	h.body_len = 0;
	memset(&h.body_hash, 0, sizeof h.body_hash);
	e = qf_envelope_new(&h, qf_bytes(body, len));
	assert_hex(e->id.b, sizeof e->id.b,
	           "659883dda30379d5777b86ed8602d0f5"
	           "cb679c12f9a7c4eadc88afdc6bc0d43d");
	assert_int_equal(qf_envelope_body(e).len, len);
	assert_memory_equal(qf_envelope_body(e).at, body, len);
	assert_false(qf_envelope_proven(e));
	qf_envelope_unref(e);
}

TEST(envelope, a_lone_one_is_proven_by_its_authors_signature)
{
	struct qf_identity author = author_of_the_vector();
	struct qf_header h = header_of_the_vector();
	uint8_t body[64];
	size_t len = hex_read(body, sizeof body, body_hex);
	struct qf_envelope *e = qf_envelope_new(&h, qf_bytes(body, len));

	e->proof.leaves = 1;
	qf_identity_sign(&author, &e->id, e->proof.sig);
	assert_hex(e->proof.sig, sizeof e->proof.sig,
	           "4dd6abd987be36b4ac31462cca837a4f"
	           "5b3da731c6cac8088582b70ced21977e"
	           "caa7fef58c8d9d5b7f4c489f81eb958f"
	           "f48cb49f4991fdc3555a496e95b0c60e");
	assert_true(qf_envelope_proven(e));
	e->head.author.b[0] ^= 1;
	assert_false(qf_envelope_proven(e));
	qf_envelope_unref(e);
	qf_identity_fini(&author);
}

TEST(envelope, one_signature_proves_a_whole_batch)
{
	enum { BATCH = 7 };
	struct qf_identity author = author_of_the_vector();
	struct qf_header h = header_of_the_vector();
	struct qf_envelope *batch[BATCH];
	struct qf_proof *proofs[BATCH];
	struct qf_hash ids[BATCH];
	struct qf_hash root;

	for (int i = 0; i < BATCH; i++) {
		h.seq = (uint64_t)i + 1;
		batch[i] = qf_envelope_new(&h, qf_bytes("\2\1x", 3));
		proofs[i] = &batch[i]->proof;
		ids[i] = batch[i]->id;
	}
	qf_merkle_prove(ids, BATCH, proofs, &root);
	for (int i = 0; i < BATCH; i++) {
		qf_identity_sign(&author, &root, batch[i]->proof.sig);
		assert_true(qf_envelope_proven(batch[i]));
		batch[i]->proof.path[0].b[3] ^= 1;
		assert_false(qf_envelope_proven(batch[i]));
		qf_envelope_unref(batch[i]);
	}
	qf_identity_fini(&author);
}

TEST(envelope, a_body_has_65536_bytes_and_no_more)
{
	static const uint8_t body[QF_BODY_BYTES_MAX + 1];
	struct qf_header h = header_of_the_vector();
	struct qf_envelope *e;

	e = qf_envelope_new(&h, qf_bytes(body, QF_BODY_BYTES_MAX));
	assert_non_null(e);
	assert_int_equal(e->head.body_len, QF_BODY_BYTES_MAX);
	qf_envelope_unref(e);
	assert_null(qf_envelope_new(&h, qf_bytes(body, sizeof body)));
}

TEST(envelope, it_lives_until_its_last_reference)
{
	struct qf_header h = header_of_the_vector();
	struct qf_envelope *e = qf_envelope_new(&h, qf_bytes(NULL, 0));

	assert_ptr_equal(qf_envelope_ref(e), e);
	qf_envelope_unref(e);
	assert_int_equal(qf_envelope_body(e).len, 0);
	qf_envelope_unref(e);
	qf_envelope_unref(NULL);
}

TEST(envelope, a_body_is_written_and_read_as_the_vector_says)
{
	struct qf_body b = { .name = qf_bytes("ana", 3),
		             .text = qf_bytes("hi \xc3\xa9!", 6),
		             .guest = qf_bytes("g1", 2) };
	struct qf_buf to;

	qf_buf_init(&to, QF_BODY_BYTES_MAX);
	qf_body_encode(&to, &b);
	assert_hex(to.at, to.len, body_hex);
	assert_true(qf_body_decode(&b, qf_buf_bytes(&to)));
	assert_text(b.name, "ana");
	assert_text(b.text, "hi \xc3\xa9!");
	assert_text(b.guest, "g1");
	qf_buf_fini(&to);
}

static const struct {
	const char *hex;
	bool good;
	const char *name, *text, *guest;
} bodies[] = {
	{ "", true, "", "", "" },
	{ "010161", true, "a", "", "" },
	{ "020162", true, "", "b", "" },
	{ "030163", true, "", "", "c" },
	{ "010161 030163", true, "a", "", "c" },
	{ "0100 0200 0300", true, "", "", "" },
	{ "0001ff 010161 0400 ff02c080", true, "a", "", "" },
	{ "01", false, NULL, NULL, NULL },             /* no length */
	{ "0101", false, NULL, NULL, NULL },           /* no bytes */
	{ "01026e", false, NULL, NULL, NULL },         /* too few bytes */
	{ "01810061", false, NULL, NULL, NULL },       /* long varint */
	{ "010161 010161", false, NULL, NULL, NULL },  /* twice */
	{ "020162 010161", false, NULL, NULL, NULL },  /* descending */
	{ "0400 0400", false, NULL, NULL, NULL },      /* unknown, twice */
	{ "0402ff", false, NULL, NULL, NULL },         /* unknown, short */
	{ "0101ff", false, NULL, NULL, NULL },         /* not UTF-8 */
	{ "0202c3a9 0301c3", false, NULL, NULL, NULL } /* cut UTF-8 */
};

TEST(envelope, bodies_are_read_or_refused)
{
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		uint8_t in[64];
		size_t len = hex_read(in, sizeof in, bodies[i].hex);
		struct qf_body b;

		if (qf_body_decode(&b, qf_bytes(in, len)) != bodies[i].good)
			fail_msg("%s", bodies[i].hex);
		if (!bodies[i].good)
			continue;
		assert_text(b.name, bodies[i].name);
		assert_text(b.text, bodies[i].text);
		assert_text(b.guest, bodies[i].guest);
	}
}

static const struct {
	uint8_t tag;
	size_t max;
} fields[] = {
	{ 1, QF_USER_NAME_BYTES_MAX },
	{ 2, QF_TEXT_BYTES_MAX },
	{ 3, QF_GUEST_ID_BYTES_MAX },
};

TEST(envelope, fields_have_limits_in_both_directions)
{
	static char letters[QF_TEXT_BYTES_MAX + 1];

	memset(letters, 'x', sizeof letters);
	for (size_t i = 0; i < 6; i++) {
		size_t field = i / 2;
		bool over = i % 2;
		struct qf_bytes v = qf_bytes(letters, fields[field].max + over);
		struct qf_body b = { 0 };
		struct qf_bytes *slot[] = { &b.name, &b.text, &b.guest };
		struct qf_buf to;

		*slot[field] = v;
		qf_buf_init(&to, QF_BODY_BYTES_MAX);
		qf_body_encode(&to, &b);
		assert_int_equal(to.bad, over);

		qf_buf_clear(&to);
		qf_put_u8(&to, fields[field].tag);
		qf_put_bytes(&to, v);
		assert_int_equal(qf_body_decode(&b, qf_buf_bytes(&to)), !over);
		qf_buf_fini(&to);
	}
}

TEST(envelope, the_largest_fields_fit_into_one_body)
{
	static char letters[QF_TEXT_BYTES_MAX];
	struct qf_body b = {
		.name = qf_bytes(letters, QF_USER_NAME_BYTES_MAX),
		.text = qf_bytes(letters, QF_TEXT_BYTES_MAX),
		.guest = qf_bytes(letters, QF_GUEST_ID_BYTES_MAX),
	};
	struct qf_buf to;

	memset(letters, 'x', sizeof letters);
	qf_buf_init(&to, QF_BODY_BYTES_MAX);
	qf_body_encode(&to, &b);
	assert_false(to.bad);
	assert_true(qf_body_decode(&b, qf_buf_bytes(&to)));
	assert_int_equal(b.text.len, QF_TEXT_BYTES_MAX);
	qf_buf_fini(&to);
}
