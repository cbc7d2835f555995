/* test_here.c - records and reports have one form, and one signer */
#include "records.h"

static const struct qf_bytes none;

static struct qf_bytes text_of(const char *text)
{
	return qf_bytes(text, strlen(text));
}

/* A record that has everything. */
static void make_whole(struct record *r)
{
	static const uint8_t addresses[2 * QF_HERE_ADDRESS_BYTES] = { 0x20 };
	static const uint8_t rooms[2 * QF_HERE_ROOM_BYTES] = { 1, [8] = 2 };
	struct qf_identity id = record_id(1);

	r->edges[0] = record_key(2);
	r->here = (struct qf_here){
		.version = 0x0102030405060708,
		.state = QF_HERE_AWAY,
		.port = 9999,
		.name = text_of("ana"),
		.text = text_of("lunch"),
		.addresses = qf_bytes(addresses, sizeof addresses),
		.edges = qf_bytes(r->edges, QF_KEY_BYTES),
		.rooms = qf_bytes(rooms, sizeof rooms),
	};
	record_sign(r, &id);
}

enum {
	/* Where things stand in that record. */
	AT_VERSION = QF_KEY_BYTES,
	AT_STATE = AT_VERSION + 8,
	AT_NAME = AT_STATE + 1,
	AT_TEXT = AT_NAME + 1 + 3,
	AT_PORT = AT_TEXT + 1 + 5,
	AT_ADDRESSES = AT_PORT + 2,
	AT_EDGES = AT_ADDRESSES + 1 + 2 * QF_HERE_ADDRESS_BYTES,
	AT_ROOMS = AT_EDGES + 1 + QF_KEY_BYTES,
	AT_SIG = AT_ROOMS + 1 + 2 * QF_HERE_ROOM_BYTES,
	WHOLE_BYTES = AT_SIG + QF_SIG_BYTES,
};

TEST(here, a_record_says_what_was_signed)
{
	struct record r;
	const struct qf_here *h = &r.here;
	struct qf_key to = record_key(2), other = record_key(3), edge;

	make_whole(&r);
	assert_int_equal(h->whole.len, WHOLE_BYTES);
	assert_true(h->version == 0x0102030405060708);
	assert_int_equal(r.bytes[AT_VERSION], 1);
	assert_int_equal(r.bytes[AT_STATE], QF_HERE_AWAY);
	assert_memory_equal(r.bytes + AT_NAME, "\3ana\5lunch\x27\x0f\2", 13);
	assert_int_equal(h->port, 9999);
	assert_int_equal(h->addresses.len, 2 * QF_HERE_ADDRESS_BYTES);
	assert_int_equal(r.bytes[AT_EDGES], 1);
	assert_int_equal(r.bytes[AT_ROOMS], 2);
	assert_int_equal(qf_here_edge_count(h), 1);
	qf_here_edge(h, 0, &edge);
	assert_true(qf_key_equal(&edge, &to));
	assert_int_equal(qf_here_edge_to(h, &to), 0);
	assert_int_equal(qf_here_edge_to(h, &other), -1);
	assert_true(qf_here_in_room(h, (const uint8_t *)"\2\0\0\0\0\0\0"));
	assert_false(qf_here_in_room(h, (const uint8_t *)"\3\0\0\0\0\0\0"));
	assert_true(qf_here_verify(h));
}

TEST(here, a_byte_that_was_changed_does_not_verify)
{
	for (size_t i = 0; i < WHOLE_BYTES; i++) {
		struct qf_cursor c;
		struct record r;
		struct qf_here h;

		make_whole(&r);
		r.bytes[i] ^= 0x80;
		c = qf_cursor(qf_bytes(r.bytes, WHOLE_BYTES));
		qf_here_get(&c, &h);
		assert_false(qf_cursor_done(&c) && qf_here_verify(&h));
	}
}

TEST(here, a_record_that_is_cut_short_is_malformed)
{
	for (size_t len = 0; len < WHOLE_BYTES; len++) {
		struct record r;
		struct qf_cursor c;
		struct qf_here h;

		make_whole(&r);
		c = qf_cursor(qf_bytes(r.bytes, len));
		qf_here_get(&c, &h);
		assert_false(qf_cursor_done(&c));
	}
}

/* What must not stand where. */
static const struct {
	size_t at;
	uint8_t byte;
} wrong[] = {
	{ AT_VERSION, 0x80 },  /* over the greatest version */
	{ AT_STATE, 0 },       /* no state */
	{ AT_STATE, 4 },       /* none either */
	{ AT_STATE, 1 },       /* here, with a reason */
	{ AT_STATE, 3 },       /* left, with everything */
	{ AT_STATE, 0x80 },    /* a hub in no state */
	{ AT_NAME + 1, 0xff }, /* not UTF-8 */
	{ AT_TEXT + 1, 0xff }, /* neither */
	{ AT_ADDRESSES, 5 },   /* too many */
	{ AT_EDGES, 17 },      /* likewise */
	{ AT_ROOMS, 65 },      /* likewise */
	{ AT_ROOMS + 9, 1 },   /* the same room twice */
	{ AT_ROOMS + 9, 0 },   /* not ascending */
};

TEST(here, there_is_one_form_of_each_record)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct record r;
		struct qf_cursor c;
		struct qf_here h;

		make_whole(&r);
		r.bytes[wrong[i].at] = wrong[i].byte;
		c = qf_cursor(qf_bytes(r.bytes, WHOLE_BYTES));
		qf_here_get(&c, &h);
		assert_true(c.bad);
	}
}

TEST(here, a_hub_says_so_above_its_state)
{
	struct qf_identity id = record_id(1);
	struct record r;

	make_whole(&r);
	r.here.is_hub = true;
	record_sign(&r, &id);
	assert_true(r.here.is_hub);
	assert_int_equal(r.here.state, QF_HERE_AWAY);
	assert_int_equal(r.bytes[AT_STATE], 0x80 | QF_HERE_AWAY);
	assert_true(qf_here_verify(&r.here));
}

/* Those of a later version, that is. */
TEST(here, other_bits_above_the_state_change_nothing)
{
	struct record r;
	struct qf_cursor c;
	struct qf_here h;

	make_whole(&r);
	r.bytes[AT_STATE] |= 0x70;
	c = qf_cursor(qf_bytes(r.bytes, WHOLE_BYTES));
	qf_here_get(&c, &h);
	assert_true(qf_cursor_done(&c));
	assert_int_equal(h.state, QF_HERE_AWAY);
	assert_false(h.is_hub);
	assert_int_equal(h.whole.len, WHOLE_BYTES);
}

static bool reads(const uint8_t *bytes)
{
	struct qf_cursor c = qf_cursor(qf_bytes(bytes, WHOLE_BYTES));
	struct qf_here h;

	qf_here_get(&c, &h);
	return qf_cursor_done(&c);
}

TEST(here, a_node_has_no_link_with_itself_and_a_version_above_zero)
{
	struct record r;

	make_whole(&r);
	assert_true(reads(r.bytes));
	memset(r.bytes + AT_VERSION, 0, 8);
	assert_false(reads(r.bytes));

	make_whole(&r);
	memcpy(r.bytes + AT_EDGES + 1, r.bytes, QF_KEY_BYTES);
	assert_false(reads(r.bytes));
}

TEST(here, a_name_and_a_text_may_be_as_long_as_they_may)
{
	struct qf_identity id = record_id(1);
	char name[QF_USER_NAME_BYTES_MAX], text[QF_HERE_TEXT_BYTES_MAX];
	struct record r;

	memset(name, 'n', sizeof name);
	memset(text, 't', sizeof text);
	r.here = (struct qf_here){
		.version = QF_HERE_VERSION_MAX,
		.state = QF_HERE_AWAY,
		.name = qf_bytes(name, sizeof name),
		.text = qf_bytes(text, sizeof text),
	};
	record_sign(&r, &id);
	assert_int_equal(r.here.name.len, sizeof name);
	assert_int_equal(r.here.text.len, sizeof text);
	assert_true(qf_here_verify(&r.here));
}

TEST(here, records_are_the_same_but_for_version_and_signature)
{
	struct record a, b;

	record_make(&a, 1, 5, QF_HERE_HERE, "ana", (int[]){ 2, -1 });
	record_make(&b, 1, 6, QF_HERE_HERE, "ana", (int[]){ 2, -1 });
	assert_true(qf_here_same(&a.here, &b.here));
	record_make(&b, 1, 6, QF_HERE_HERE, "anna", (int[]){ 2, -1 });
	assert_false(qf_here_same(&a.here, &b.here));
	record_make(&b, 1, 6, QF_HERE_HERE, "ana", (int[]){ 3, -1 });
	assert_false(qf_here_same(&a.here, &b.here));
	record_make(&b, 1, 6, QF_HERE_AWAY, "ana", (int[]){ 2, -1 });
	assert_false(qf_here_same(&a.here, &b.here));
	record_make(&b, 2, 6, QF_HERE_HERE, "ana", NULL);
	b.here.edges = none;
	assert_false(qf_here_same(&a.here, &b.here));
}

TEST(here, a_report_says_what_was_signed_and_nothing_else_verifies)
{
	struct qf_gone g = record_gone(1, 2, 7), read;
	uint8_t bytes[QF_GONE_BYTES];
	struct qf_buf to = { .at = bytes, .cap = sizeof bytes };
	struct qf_cursor c;

	qf_gone_put(&to, &g);
	assert_int_equal(to.len, QF_GONE_BYTES);
	c = qf_cursor(qf_buf_bytes(&to));
	qf_gone_get(&c, &read);
	assert_true(qf_cursor_done(&c));
	assert_memory_equal(&read, &g, sizeof g);
	assert_true(qf_gone_verify(&read));
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] ^= 1;
		c = qf_cursor(qf_buf_bytes(&to));
		qf_gone_get(&c, &read);
		assert_false(qf_gone_verify(&read));
		bytes[i] ^= 1;
	}
}

TEST(here, nobody_reports_a_link_with_itself)
{
	struct qf_gone g = record_gone(1, 1, 7), read;
	uint8_t bytes[QF_GONE_BYTES];
	struct qf_buf to = { .at = bytes, .cap = sizeof bytes };
	struct qf_cursor c;

	qf_gone_put(&to, &g);
	c = qf_cursor(qf_buf_bytes(&to));
	qf_gone_get(&c, &read);
	assert_true(c.bad);
}
