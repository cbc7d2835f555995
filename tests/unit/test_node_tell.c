/* test_node_tell.c - what the core does for guests of IRC: words passed on, and
 * what they say to each other
 */
#include "test.h"

#include "company.h"

static const qf_conn client = (qf_conn)1 << 48 | 1; /* of worker 1 */

static struct qf_command telling(uint64_t request, uint64_t to,
                                 const char *text)
{
	return (struct qf_command){
		.kind = QF_CMD_TELL,
		.request = request,
		.number = to,
		.payload = qf_shared_new(text, strlen(text)),
	};
}

static void tell(struct told *t, uint64_t request, uint64_t to,
                 const char *text)
{
	told_command(t, client, telling(request, to, text));
}

TEST(node_tell, what_is_told_goes_to_all_workers_and_is_answered)
{
	struct told t;

	told_init(&t);
	tell(&t, 5, 0, "hello");
	assert_int_equal(told_count(&t, QF_FX_TELL), TOLD_WORKERS);
	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		const struct qf_effect *fx = told_nth(&t, QF_FX_TELL, w);

		assert_int_equal(fx->worker, w);
		assert_int_equal(fx->conn, client);
		assert_int_equal(fx->payload->len, 5);
		assert_memory_equal(fx->payload->at, "hello", 5);
	}
	told_answer(&t, client, 5, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_tell, how_far_an_account_has_read_is_told_and_kept)
{
	struct qf_command c = telling(5, 7, "marker");
	char whose[] = "zoe\n#a";
	struct told t;

	told_init(&t);
	c.kind = QF_CMD_MARK;
	c.text = whose;
	told_command(&t, client, c);
	assert_int_equal(told_count(&t, QF_FX_TELL), TOLD_WORKERS);
	told_answer(&t, client, 5, QF_ANS_DONE);
	assert_int_equal(t.keeps[t.keep_count - 1].kind, QF_KEEP_MARKER);
	assert_string_equal(t.keeps[t.keep_count - 1].marker.whose, "zoe\n#a");
	assert_int_equal(t.keeps[t.keep_count - 1].marker.ms, 7);
	told_fini(&t);
}

TEST(node_tell, what_was_read_before_is_told_to_all_workers_at_the_beginning)
{
	struct qf_marker m = { .whose = "zoe\n#a", .ms = 7 };
	struct told t;

	told_init_as(&t, 100, false);
	assert_int_equal(qf_node_load_marker(t.node, &m), QF_OK);
	told_tick(&t, 0);
	assert_int_equal(told_count(&t, QF_FX_MARKS), TOLD_WORKERS);
	told_tick(&t, 1);
	assert_int_equal(told_count(&t, QF_FX_MARKS), 0);
	told_fini(&t);
}

TEST(node_tell, what_is_told_to_one_connection_goes_to_its_worker)
{
	struct told t;

	told_init(&t);
	tell(&t, 5, told_conn(1, 9), "hello");
	assert_int_equal(told_the(&t, QF_FX_TELL)->worker, 1);
	assert_int_equal(told_the(&t, QF_FX_TELL)->number, told_conn(1, 9));
	told_fini(&t);
}

TEST(node_tell, what_is_passed_goes_to_one_connection_and_is_answered)
{
	struct qf_command c = telling(5, told_conn(1, 9), "hello");
	const struct qf_effect *fx;
	struct told t;

	told_init(&t);
	c.kind = QF_CMD_PASS;
	told_command(&t, client, c);
	fx = told_the(&t, QF_FX_PASS);
	assert_int_equal(fx->worker, 1);
	assert_int_equal(fx->conn, told_conn(1, 9));
	assert_memory_equal(fx->payload->at, "hello", 5);
	told_answer(&t, client, 5, QF_ANS_DONE);
	/* Nobody is there, and nobody need know. */
	c = telling(6, told_conn(TOLD_WORKERS, 9), "hello");
	c.kind = QF_CMD_PASS;
	told_command(&t, client, c);
	told_answer(&t, client, 6, QF_ANS_DONE);
	assert_int_equal(told_count(&t, QF_FX_PASS), 0);
	told_fini(&t);
}

static struct qf_command saying(uint64_t request, char *guest, char *to,
                                char *tags)
{
	return (struct qf_command){
		.kind = to ? QF_CMD_MSG : QF_CMD_SAY,
		.request = request,
		.room = to ? NULL : "#lobby",
		.type = QF_TYPE_TEXT,
		.text = "hi",
		.guest = guest,
		.to = to,
		.tags = tags,
	};
}

static void say(struct told *t, struct qf_command c)
{
	told_command(t, client, c);
}

static void assert_text(struct qf_bytes text, const char *expected)
{
	assert_int_equal(text.len, strlen(expected));
	assert_memory_equal(text.at, expected, text.len);
}

TEST(node_tell, the_body_says_which_guest_spoke)
{
	struct qf_body body;
	struct told t;

	told_init(&t);
	told_event(&t, (struct qf_event){ .kind = QF_EV_TICK });
	say(&t, saying(1, "zoe", NULL, "+a=b"));
	assert_int_equal(t.keep_count, 1);
	assert_true(
		qf_body_decode(&body, qf_envelope_body(t.keeps[0].envelope)));
	assert_text(body.name, "me");
	assert_text(body.guest, "zoe");
	assert_text(body.tags, "+a=b");
	told_fini(&t);
}

TEST(node_tell, what_two_guests_say_is_sealed_with_our_key_alone)
{
	struct qf_direct d;
	struct qf_body body;
	struct qf_buf open;
	struct told t;

	told_init(&t);
	say(&t, saying(1, "zoe", "max", NULL));
	assert_int_equal(told_count(&t, QF_FX_ROOM), TOLD_WORKERS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	assert_int_equal(t.keep_count, 2);
	assert_true(qf_direct_init(&d, &t.self, &t.self.key));
	assert_true(qf_room_id_equal(&t.keeps[1].envelope->head.room, &d.room));
	qf_buf_init(&open, 0);
	assert_true(qf_direct_open(&d.body_key, d.key_id, t.keeps[1].envelope,
	                           &open));
	assert_true(qf_body_decode(&body, qf_buf_bytes(&open)));
	assert_text(body.to, "max");
	assert_text(body.guest, "zoe");
	qf_buf_fini(&open);
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_STORED);
	told_fini(&t);
}

TEST(node_tell, a_name_or_a_tag_over_its_limit_is_refused)
{
	char guest[QF_GUEST_ID_BYTES_MAX + 2];
	char tags[QF_CLIENT_TAGS_BYTES_MAX + 2];
	struct told t;

	memset(guest, 'x', sizeof guest);
	guest[sizeof guest - 1] = '\0';
	memset(tags, 'x', sizeof tags);
	tags[sizeof tags - 1] = '\0';
	told_init(&t);
	say(&t, saying(1, guest, NULL, NULL));
	told_answer(&t, client, 1, QF_ANS_REFUSED);
	say(&t, saying(2, "zoe", guest, NULL));
	told_answer(&t, client, 2, QF_ANS_REFUSED);
	say(&t, saying(3, "zoe", NULL, tags));
	told_answer(&t, client, 3, QF_ANS_REFUSED);
	told_fini(&t);
}

static void settle(struct told *t, uint64_t request)
{
	told_command(t, client,
	             (struct qf_command){ .kind = QF_CMD_SETTLE,
	                                  .request = request });
}

TEST(node_tell, to_settle_waits_for_what_is_on_its_way_to_the_disk)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 7, "hello");
	settle(&t, 8);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	told_commit(&t, 1);
	told_answer(&t, client, 8, QF_ANS_DONE);
	settle(&t, 9);
	told_answer(&t, client, 9, QF_ANS_DONE);
	told_say(&t, client, 10, "there");
	told_event(&t, (struct qf_event){ .kind = QF_EV_NOT_COMMITTED,
	                                  .text = strdup("full") });
	settle(&t, 11);
	told_answer(&t, client, 11, QF_ANS_DONE);
	told_fini(&t);
}
