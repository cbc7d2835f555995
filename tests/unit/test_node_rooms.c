/* test_node_rooms.c - rooms left and joined again, and the rooms of two keys */
#include "test.h"

#include "company.h"

static const qf_conn client = (qf_conn)1 << 48 | 1; /* of worker 1 */

static struct qf_command in_room(enum qf_command_kind kind, uint64_t request,
                                 char *room)
{
	return (struct qf_command){ .kind = kind,
		                    .request = request,
		                    .room = room };
}

static struct qf_command writing(uint64_t request, char *who, char *text)
{
	return (struct qf_command){ .kind = QF_CMD_MSG,
		                    .request = request,
		                    .who = who,
		                    .type = QF_TYPE_TEXT,
		                    .text = text };
}

static void key_name(const struct qf_key *key, char *out)
{
	out[0] = '@';
	qf_key_text(key, out + 1);
}

static void offer_direct(struct told *t, const struct other *o)
{
	told_event(t,
	           (struct qf_event){ .kind = QF_EV_DIRECT, .conn = o->link });
}

static void load_direct(struct told *t, const struct other *o)
{
	static const uint8_t none[QF_PREV_BYTES];
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_direct d = other_room(t, o);

	key_name(&o->id.key, name);
	assert_int_equal(qf_node_load_room(t->node, &d.room, name, QF_JOINED, 0,
	                                   0, none),
	                 QF_OK);
}

/* The workers learn of the room of that other and us, with its keys. */
static void assert_told_room(const struct told *t, const struct other *o)
{
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_direct d = other_room(t, o);

	key_name(&o->id.key, name);
	assert_int_equal(told_count(t, QF_FX_ROOM), TOLD_WORKERS);
	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		const struct qf_effect *fx = told_nth(t, QF_FX_ROOM, w);

		assert_int_equal(fx->worker, w);
		assert_string_equal(fx->name, name);
		assert_memory_equal(&fx->room, &d.room, sizeof d.room);
		assert_non_null(fx->direct);
		assert_true(qf_key_equal(&fx->direct->other, &o->id.key));
		assert_memory_equal(&fx->direct->tag_key, &d.tag_key,
		                    sizeof d.tag_key);
	}
}

/* That other alone is dialled there, and must show its key. */
static void assert_dialled(const struct told *t, const struct other *o,
                           const char *host)
{
	const struct qf_effect *fx = told_the(t, QF_FX_DIAL);

	assert_string_equal(fx->address.host, host);
	assert_int_equal(fx->address.port, 4000);
	assert_true(fx->expects_key);
	assert_true(qf_key_equal(&fx->key, &o->id.key));
}

static void assert_reads(const struct told *t, const struct other *o,
                         const struct qf_envelope *e, const char *text)
{
	struct qf_direct d = other_room(t, o);
	struct qf_body body;
	struct qf_buf clear;

	qf_buf_init(&clear, 0);
	assert_memory_equal(&e->head.room, &d.room, sizeof d.room);
	assert_true(qf_direct_open(&d.body_key, d.key_id, e, &clear));
	assert_true(qf_body_decode(&body, qf_buf_bytes(&clear)));
	assert_int_equal(body.text.len, strlen(text));
	assert_memory_equal(body.text.at, text, body.text.len);
	assert_memory_equal(body.name.at, "me", 2);
	qf_buf_fini(&clear);
}

static size_t rooms_of_ours(const struct told *t)
{
	const struct qf_effect *fx = told_nth(t, QF_FX_SELF, 0);

	return fx->payload->len / QF_HERE_ROOM_BYTES;
}

TEST(node_rooms, a_room_of_guests_is_ours_when_our_person_comes_in)
{
	struct qf_command guests = in_room(QF_CMD_JOIN, 1, "#den");
	struct qf_command reads = guests;
	struct told t;

	told_init(&t);
	guests.guest = "zoe";
	told_command(&t, client, guests);
	assert_int_equal(t.keeps[0].joined, QF_JOINED_FOR_GUESTS);
	assert_int_equal(rooms_of_ours(&t), 1); /* the lobby */
	reads.number = 1;
	told_command(&t, client, reads);
	assert_int_equal(told_count(&t, QF_FX_SELF), 0);
	told_command(&t, client, in_room(QF_CMD_JOIN, 2, "#den"));
	assert_int_equal(t.keeps[t.keep_count - 1].joined, QF_JOINED);
	assert_int_equal(rooms_of_ours(&t), 2);
	told_command(&t, client, guests);
	assert_int_equal(told_count(&t, QF_FX_SELF), 0);
	told_command(&t, client, in_room(QF_CMD_PART, 3, "#den"));
	assert_int_equal(rooms_of_ours(&t), 1);
	told_fini(&t);
}

/* Leaving. */

TEST(node_rooms, a_room_that_is_left_is_offered_no_more_and_the_store_knows)
{
	struct qf_room_id lobby = told_room_id("#lobby");
	struct told t;

	told_init(&t);
	told_command(&t, client, in_room(QF_CMD_PART, 1, "#Lobby"));
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	assert_int_equal(told_count(&t, QF_FX_UNROOM), TOLD_WORKERS);
	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		const struct qf_effect *fx = told_nth(&t, QF_FX_UNROOM, w);

		assert_int_equal(fx->worker, w);
		assert_memory_equal(&fx->room, &lobby, sizeof lobby);
	}
	assert_int_equal(t.keeps[0].kind, QF_KEEP_ROOM);
	assert_false(t.keeps[0].joined);
	assert_string_equal(t.keeps[0].name, "#lobby");
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_rooms, only_a_room_that_we_are_in_can_be_left)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, in_room(QF_CMD_PART, 1, "#tea"));
	told_refused(&t, client, 1, "unknown-room");
	told_command(&t, client, in_room(QF_CMD_PART, 2, "tea"));
	told_refused(&t, client, 2, "bad-room");
	told_command(&t, client, in_room(QF_CMD_PART, 3, "#lobby"));
	told_commit(&t, TOLD_ALL);
	told_command(&t, client, in_room(QF_CMD_PART, 4, "#lobby"));
	told_refused(&t, client, 4, "unknown-room");
	told_fini(&t);
}

TEST(node_rooms, nothing_is_said_in_a_room_that_was_left)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, in_room(QF_CMD_PART, 1, "#lobby"));
	told_commit(&t, TOLD_ALL);
	told_say(&t, client, 2, "hi");
	told_refused(&t, client, 2, "unknown-room");
	told_fini(&t);
}

TEST(node_rooms, what_comes_for_a_room_that_was_left_is_still_stored)
{
	struct other ana = other_of(1, "ana");
	struct lines lines = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct told t;

	told_init(&t);
	other_link(&t, &ana);
	told_command(&t, client, in_room(QF_CMD_PART, 1, "#lobby"));
	told_commit(&t, TOLD_ALL);
	lines_say(&lines, &line, 1, 10);
	told_arrived(&t, ana.link, 1, &line, 1);
	told_commit(&t, TOLD_ALL);
	told_done(&t, 0, ana.link, 1);
	qf_envelope_unref(line);
	told_fini(&t);
}

TEST(node_rooms, a_room_that_is_joined_again_has_what_it_had)
{
	struct qf_room_id lobby = told_room_id("#lobby");
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "before");
	told_commit(&t, TOLD_ALL);
	told_command(&t, client, in_room(QF_CMD_PART, 2, "#lobby"));
	told_commit(&t, TOLD_ALL);
	told_command(&t, client, in_room(QF_CMD_JOIN, 3, "#lobby"));
	assert_int_equal(told_count(&t, QF_FX_ROOM), TOLD_WORKERS);
	assert_true(t.keeps[0].joined);
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 3, QF_ANS_DONE);
	told_event(&t, (struct qf_event){ .kind = QF_EV_FOLLOW,
	                                  .conn = client,
	                                  .room = lobby });
	assert_int_equal(told_the(&t, QF_FX_PAIR)->snapshot->count, 1);
	told_say(&t, client, 4, "after");
	assert_int_equal(t.keeps[0].envelope->head.seq, 2);
	told_fini(&t);
}

TEST(node_rooms, status_does_not_list_what_was_left_or_is_of_two_keys)
{
	struct other ana = other_of(1, "ana");
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, writing(1, "ana", "hi"));
	told_command(&t, client, in_room(QF_CMD_JOIN, 2, "#tea"));
	told_command(&t, client, in_room(QF_CMD_PART, 3, "#lobby"));
	told_commit(&t, TOLD_ALL);
	told_command(&t, client, in_room(QF_CMD_STATUS, 4, NULL));
	a = told_answer(&t, client, 4, QF_ANS_STATUS);
	assert_int_equal(a->status->room_count, 1);
	assert_string_equal(a->status->rooms[0].name, "#tea");
	told_fini(&t);
}

/* Messages to one person. */

TEST(node_rooms, a_message_is_sealed_for_the_two_and_joins_their_room)
{
	struct other ana = other_of(1, "ana");
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, writing(1, "ana", "psst"));
	assert_told_room(&t, &ana);
	assert_int_equal(t.keep_count, 2);
	assert_int_equal(t.keeps[0].kind, QF_KEEP_ROOM);
	assert_true(t.keeps[0].joined);
	assert_int_equal(t.keeps[0].name[0], '@');
	assert_int_equal(t.keeps[1].kind, QF_KEEP_ENVELOPE);
	assert_reads(&t, &ana, t.keeps[1].envelope, "psst");
	assert_true(memcmp(t.keeps[1].envelope->body, "psst", 4));
	told_commit(&t, TOLD_ALL);
	a = told_answer(&t, client, 1, QF_ANS_STORED);
	assert_int_equal(a->lsn, 1);

	/* The second finds the room. */
	told_command(&t, client, writing(2, "ana", "and"));
	assert_int_equal(told_count(&t, QF_FX_ROOM), 0);
	assert_int_equal(t.keep_count, 1);
	assert_int_equal(t.keeps[0].envelope->head.seq, 2);
	told_fini(&t);
}

TEST(node_rooms, a_message_can_be_repeated_by_its_nonce)
{
	struct other ana = other_of(1, "ana");
	struct qf_command c = writing(1, "ana", "psst");
	struct qf_hash id;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	c.has_nonce = true;
	c.nonce.b[0] = 7;
	told_command(&t, client, c);
	told_commit(&t, TOLD_ALL);
	id = told_answer(&t, client, 1, QF_ANS_STORED)->id;
	other_leave(&t, &ana);
	c.request = 2;
	c.who = "nobody";
	told_command(&t, client, c);
	assert_int_equal(t.keep_count, 0);
	assert_memory_equal(&told_answer(&t, client, 2, QF_ANS_STORED)->id, &id,
	                    sizeof id);
	told_fini(&t);
}

TEST(node_rooms, a_message_without_text_is_refused_and_joins_nothing)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, writing(1, "ana", ""));
	told_refused(&t, client, 1, "bad-text");
	told_command(&t, client, writing(2, "ana", "\xff"));
	told_refused(&t, client, 2, "bad-text");
	told_fini(&t);
}

TEST(node_rooms, who_is_only_remembered_is_written_to_and_dialled)
{
	struct other ana = other_of(1, "ana");
	struct qf_peer p = { .key = ana.id.key, .name = "ana", .seen_ms = 5 };
	struct told t;

	strcpy(p.address.host, "10.0.0.1");
	p.address.port = 4000;
	told_init_as(&t, 100, false);
	qf_node_load_peer(t.node, &p);
	told_tick(&t, 0);
	told_command(&t, client, writing(1, "Ana", "psst"));
	assert_dialled(&t, &ana, "10.0.0.1");
	assert_reads(&t, &ana, t.keeps[1].envelope, "psst");
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_STORED);
	told_fini(&t);
}

TEST(node_rooms, who_is_linked_is_not_dialled_for_a_message)
{
	static const uint8_t at[QF_HERE_ADDRESS_BYTES] = { 0xfd, [15] = 1 };
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	ana.here.port = 4000;
	ana.here.addresses = qf_bytes(at, sizeof at);
	other_come(&t, &ana);
	told_command(&t, client, writing(1, "ana", "psst"));
	told_tick(&t, 0);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_fini(&t);
}

TEST(node_rooms, a_message_waits_for_a_key_that_nobody_has_seen)
{
	char key[QF_KEY_TEXT_BYTES];
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	qf_key_text(&ana.id.key, key);
	told_command(&t, client, writing(1, key, "psst"));
	assert_told_room(&t, &ana);
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_STORED);
	told_fini(&t);
}

TEST(node_rooms, a_key_that_nothing_can_be_sealed_for_is_refused)
{
	static const struct qf_key nobody;
	char key[QF_KEY_TEXT_BYTES];
	struct told t;

	told_init(&t);
	qf_key_text(&nobody, key);
	told_command(&t, client, writing(1, key, "psst"));
	told_refused(&t, client, 1, "bad-key");
	told_fini(&t);
}

TEST(node_rooms, a_node_in_too_many_rooms_begins_none_with_a_person)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct other ana = other_of(1, "ana");
	char key[QF_KEY_TEXT_BYTES];
	struct told t;

	told_init_as(&t, 100, false);
	for (unsigned i = 0; i < QF_ROOMS_MAX; i++) {
		struct qf_room_id id = { { (uint8_t)i, (uint8_t)(i >> 8) } };

		qf_node_load_room(t.node, &id, "#more", QF_JOINED_NOT, 0, 0,
		                  none);
	}
	told_tick(&t, 0);
	qf_key_text(&ana.id.key, key);
	told_command(&t, client, writing(1, key, "psst"));
	told_refused(&t, client, 1, "limit");
	other_link(&t, &ana);
	offer_direct(&t, &ana);
	assert_int_equal(told_count(&t, QF_FX_ROOM), 0);
	assert_int_equal(t.keep_count, 0);
	told_fini(&t);
}

TEST(node_rooms, a_node_in_too_many_rooms_has_one_for_its_guests_all_the_same)
{
	static const uint8_t none[QF_PREV_BYTES];
	char another[] = "#another";
	struct told t;

	told_init_as(&t, 100, false);
	for (unsigned i = 0; i < QF_ROOMS_MAX; i++) {
		struct qf_room_id id = { { (uint8_t)i, (uint8_t)(i >> 8) } };

		qf_node_load_room(t.node, &id, "#more", QF_JOINED_NOT, 0, 0,
		                  none);
	}
	told_tick(&t, 0);
	told_command(&t, client,
	             (struct qf_command){ .kind = QF_CMD_ALONE, .request = 1 });
	told_answer(&t, client, 1, QF_ANS_DONE);
	assert_int_equal(told_count(&t, QF_FX_ROOM), TOLD_WORKERS);
	told_command(&t, client,
	             (struct qf_command){ .kind = QF_CMD_JOIN,
	                                  .request = 2,
	                                  .room = another });
	told_refused(&t, client, 2, "limit");
	told_fini(&t);
}

/* The room at the other end. */

TEST(node_rooms, each_link_learns_of_the_room_of_its_two_keys)
{
	struct other ana = other_of(1, "ana");
	const struct qf_effect *fx;
	struct qf_direct d;
	struct told t;

	told_init(&t);
	other_link(&t, &ana);
	fx = told_the(&t, QF_FX_DIRECT);
	d = other_room(&t, &ana);
	assert_int_equal(fx->conn, ana.link);
	assert_int_equal(fx->worker, qf_conn_worker(ana.link));
	assert_memory_equal(&fx->direct->room, &d.room, sizeof d.room);
	assert_true(qf_key_equal(&fx->direct->other, &ana.id.key));
	/* That alone does not join it. */
	assert_int_equal(told_count(&t, QF_FX_ROOM), 0);
	assert_int_equal(t.keep_count, 0);
	told_fini(&t);
}

TEST(node_rooms, a_room_that_the_other_offers_is_joined_once)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_link(&t, &ana);
	offer_direct(&t, &ana);
	assert_told_room(&t, &ana);
	assert_int_equal(t.keep_count, 1);
	assert_int_equal(t.keeps[0].kind, QF_KEEP_ROOM);
	assert_true(t.keeps[0].joined);
	offer_direct(&t, &ana);
	told_nothing(&t);
	assert_int_equal(t.keep_count, 1);
	told_fini(&t);
}

TEST(node_rooms, what_strangers_and_guests_ask_for_takes_half_of_the_rooms)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct other ana = other_of(1, "ana");
	struct qf_command by_guest;
	char key[QF_KEY_TEXT_BYTES];
	struct told t;

	told_init_as(&t, 100, false);
	for (unsigned i = 0; i < QF_ROOMS_MAX / 2; i++) {
		struct qf_room_id id = { { (uint8_t)i, (uint8_t)(i >> 8) } };

		qf_node_load_room(t.node, &id, "#more", QF_JOINED_NOT, 0, 0,
		                  none);
	}
	told_tick(&t, 0);
	other_link(&t, &ana);
	offer_direct(&t, &ana);
	assert_int_equal(told_count(&t, QF_FX_ROOM), 0);
	qf_key_text(&ana.id.key, key);
	by_guest = writing(1, key, "psst");
	by_guest.guest = "zoe";
	told_command(&t, client, by_guest);
	told_refused(&t, client, 1, "limit");
	told_command(&t, client, writing(2, key, "psst"));
	assert_told_room(&t, &ana);
	/* The room, and what both said in it. */
	told_command(&t, client, by_guest);
	assert_int_equal(t.keep_count, 3);
	told_fini(&t);
}

TEST(node_rooms, an_offer_of_a_link_that_has_gone_is_not_taken)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	offer_direct(&t, &ana);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_rooms, a_direct_room_that_was_loaded_has_its_keys)
{
	struct other ana = other_of(1, "ana");
	struct qf_direct d;
	struct told t;

	told_init_as(&t, 100, false);
	load_direct(&t, &ana);
	told_tick(&t, 0);
	assert_told_room(&t, &ana);
	d = other_room(&t, &ana);
	told_event(&t, (struct qf_event){ .kind = QF_EV_FOLLOW,
	                                  .conn = client,
	                                  .room = d.room });
	assert_non_null(told_the(&t, QF_FX_PAIR)->direct);
	told_fini(&t);
}

/* The room that they shared with this home when it had another key. */
static struct qf_room_id load_resting(struct told *t, const struct other *o)
{
	static const uint8_t none[QF_PREV_BYTES];
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_identity before;
	struct qf_direct d;

	qf_identity_init(&before, (uint8_t[QF_SEED_BYTES]){ 77 });
	assert_true(qf_direct_init(&d, &before, &o->id.key));
	key_name(&o->id.key, name);
	assert_int_equal(qf_node_load_room(t->node, &d.room, name, QF_JOINED, 0,
	                                   0, none),
	                 QF_OK);
	qf_identity_fini(&before);
	return d.room;
}

TEST(node_rooms, a_room_of_a_key_that_was_ours_rests)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init_as(&t, 100, false);
	load_resting(&t, &ana);
	told_tick(&t, 0);
	assert_int_equal(told_count(&t, QF_FX_ROOM), 0);
	assert_int_equal(rooms_of_ours(&t), 0);
	other_link(&t, &ana);
	offer_direct(&t, &ana);
	assert_told_room(&t, &ana);
	told_fini(&t);
}

TEST(node_rooms, what_waits_in_a_room_that_rests_is_not_signed)
{
	struct other ana = other_of(1, "ana");
	struct qf_draft d = { .number = 4, .type = QF_TYPE_TEXT };
	struct told t;

	told_init_as(&t, 100, false);
	d.room = load_resting(&t, &ana);
	d.body = qf_shared_new("\2\4psst", 6);
	assert_int_equal(qf_node_load_draft(t.node, &d), QF_OK);
	qf_draft_fini(&d);
	told_tick(&t, 0);
	assert_int_equal(t.keep_count, 0);
	told_fini(&t);
}

TEST(node_rooms, our_presence_does_not_tell_of_direct_rooms)
{
	struct other ana = other_of(1, "ana");
	struct qf_cursor c;
	struct qf_here h;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, writing(1, "ana", "psst"));
	told_tick(&t, QF_PRESENCE_DIGEST_MS);
	told_command(&t, client, in_room(QF_CMD_JOIN, 2, "#tea"));
	assert_int_equal(t.heres.count, TOLD_WORKERS);
	c = qf_cursor(qf_bytes(t.heres.list[0].parcel.payload->at + 2,
	                       t.heres.list[0].parcel.payload->len - 2));
	qf_here_get(&c, &h);
	assert_int_equal(h.rooms.len, 2 * QF_HERE_ROOM_BYTES);
	assert_true(qf_here_in_room(&h, told_room_id("#tea").b));
	assert_true(qf_here_in_room(&h, told_room_id("#lobby").b));
	told_fini(&t);
}
