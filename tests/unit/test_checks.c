/* test_checks.c - who helps with a backlog, and what the owner has of it */
#include "test.h"

#include <pthread.h>
#include <string.h>

#include "core/err.h"
#include "core/talk.h"
#include "net/checks.h"
#include "signing.h"

enum {
	HANDLE = 5,
	MANY = 64,
	FEW = 4,
	A_TURN = 8, /* what a helper checks in one */
};

/* A link's session that has one room open, and two workers. */
struct desk {
	struct qf_carried room;
	struct qf_talk talk;
	struct qf_talk *talks[1];
	struct qf_session session;
	struct qf_bell bells[2];
	struct qf_aid aid[2];
	struct qf_aids aids;
	struct qf_roots roots;
	struct qf_buf frames;
	size_t at[MANY]; /* of each frame */
};

static void put_message(struct desk *d, const struct qf_identity *id,
                        uint64_t seq)
{
	struct qf_header h = {
		.room = d->room.id,
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.author = id->key,
		.seq = seq,
	};
	struct qf_envelope *e = qf_envelope_new(&h, qf_bytes("hello", 5));
	size_t mark = qf_frame_begin(&d->frames, QF_FRAME_MSG);

	sign_commit(id, &e, 1);
	qf_put_u8(&d->frames, 0);
	qf_put_varint(&d->frames, HANDLE);
	qf_batch_put(&d->frames, &e, 1);
	qf_frame_end(&d->frames, mark);
	qf_envelope_unref(e);
}

static void begin(struct desk *d, size_t count)
{
	struct qf_identity id;

	*d = (struct desk){
		.room = { .id = { { 'r' } } },
		.talk = { .heard_open = true, .theirs = HANDLE },
		.aids = { d->aid, 2 },
	};
	d->talk.room = &d->room;
	d->talks[0] = &d->talk;
	d->session.talks = d->talks;
	d->session.talk_count = 1;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(qf_bell_init(&d->bells[i]), QF_OK);
		d->aid[i].bell = &d->bells[i];
	}
	qf_identity_init(&id, (uint8_t[QF_SEED_BYTES]){ 1 });
	qf_buf_init(&d->frames, 0);
	for (size_t i = 0; i < count; i++) {
		d->at[i] = d->frames.len;
		put_message(d, &id, i + 1);
	}
}

static void end(struct desk *d)
{
	for (size_t i = 0; i < 2; i++) {
		qf_aid_fini(&d->aid[i]);
		qf_bell_fini(&d->bells[i]);
	}
	qf_roots_fini(&d->roots);
	qf_buf_fini(&d->frames);
}

static struct qf_checks *share(struct desk *d)
{
	return qf_checks_share(&d->aids, 0, &d->session,
	                       qf_buf_bytes(&d->frames));
}

static bool remembers(const struct qf_roots *roots)
{
	static const struct qf_checked none;

	for (size_t i = 0; roots->places && i < QF_ROOTS_MAX; i++)
		if (memcmp(&roots->places[i], &none, sizeof none))
			return true;
	return false;
}

/* Of how many of these the owner is told that they are signed. */
static size_t reach(struct desk *d, struct qf_checks *c, size_t from, size_t to)
{
	size_t known = 0;

	for (size_t i = from; i < to; i++) {
		struct qf_roots roots = { 0 };

		qf_checks_reach(c, d->at[i], &roots);
		known += remembers(&roots);
		qf_roots_fini(&roots);
	}
	return known;
}

TEST(checks, a_helper_begins_at_the_last)
{
	struct desk d;
	struct qf_checks *c;

	begin(&d, MANY);
	c = share(&d);
	assert_non_null(c);
	assert_true(qf_aid_turn(&d.aid[1]));
	assert_int_equal(reach(&d, c, 0, MANY - A_TURN), 0);
	assert_int_equal(reach(&d, c, MANY - A_TURN, MANY), A_TURN);
	qf_checks_end(c, &d.roots);
	end(&d);
}

TEST(checks, what_the_owner_has_reached_is_left_to_it)
{
	struct desk d;
	struct qf_checks *c;

	begin(&d, MANY);
	c = share(&d);
	reach(&d, c, 0, MANY - 1);
	assert_false(qf_aid_turn(&d.aid[1])); /* but for the last one */
	assert_int_equal(reach(&d, c, MANY - 1, MANY), 1);
	qf_checks_end(c, &d.roots);
	end(&d);
}

TEST(checks, a_helper_that_comes_late_finds_nothing_to_do)
{
	struct desk d;
	struct qf_checks *c;

	begin(&d, MANY);
	c = share(&d);
	qf_checks_end(c, &d.roots); /* its link is gone, perhaps */
	assert_false(qf_aid_turn(&d.aid[1]));
	end(&d);
}

TEST(checks, few_messages_and_a_busy_worker_are_left_alone)
{
	struct desk d;
	struct qf_checks *c;

	begin(&d, FEW);
	assert_null(share(&d));
	end(&d);
	begin(&d, MANY);
	c = share(&d);
	assert_non_null(c);
	assert_null(share(&d)); /* it has not come to look yet */
	qf_checks_end(c, &d.roots);
	d.aids.count = 1;
	assert_null(share(&d)); /* there is nobody else */
	end(&d);
}

TEST(checks, what_is_not_signed_is_not_remembered)
{
	struct desk d;
	struct qf_checks *c;

	begin(&d, MANY);
	d.frames.at[d.frames.len - 1] ^= 1; /* "hello" */
	c = share(&d);
	qf_aid_turn(&d.aid[1]);
	assert_int_equal(reach(&d, c, 0, MANY), A_TURN - 1);
	qf_checks_end(c, &d.roots);
	end(&d);
}

static void *help(void *ctx)
{
	struct desk *d = ctx;

	qf_bell_wait(&d->bells[1], UINT64_MAX);
	while (qf_aid_turn(&d->aid[1]))
		;
	return NULL;
}

/* As the session does. */
static void feed(struct desk *d, struct qf_checks *c, size_t i)
{
	struct qf_bytes rest = qf_bytes(d->frames.at + d->at[i],
	                                d->frames.len - d->at[i]);
	struct qf_frame frame;
	struct qf_batch batch;
	struct qf_cursor in;
	size_t one;

	qf_checks_reach(c, d->at[i], &d->roots);
	assert_int_equal(qf_frame_split(rest, &frame, &one), 1);
	in = qf_cursor(qf_bytes(frame.payload.at + 2, frame.payload.len - 2));
	assert_int_equal(qf_batch_get(&in, &d->room.id, &d->roots, &batch),
	                 QF_OK);
	qf_batch_clear(&batch);
}

TEST(checks, what_a_helper_found_is_remembered_for_the_next_time)
{
	struct desk d;
	struct qf_checks *c;

	begin(&d, MANY);
	c = share(&d);
	assert_true(qf_aid_turn(&d.aid[1]));
	feed(&d, c, 0);
	qf_checks_end(c, &d.roots);
	for (size_t i = 1; i < MANY; i++)
		feed(&d, NULL, i);
	/* Two may have the same place, and then one of them is forgotten. */
	assert_in_range(d.roots.checks, MANY - A_TURN, MANY - A_TURN / 2);
	end(&d);
}

TEST(checks, both_together_check_all_that_there_is)
{
	struct qf_checks *c;
	pthread_t helper;
	struct desk d;

	begin(&d, MANY);
	assert_int_equal(pthread_create(&helper, NULL, help, &d), 0);
	c = share(&d);
	for (size_t i = 0; i < MANY; i++)
		feed(&d, c, i);
	qf_checks_end(c, &d.roots);
	pthread_join(helper, NULL);
	end(&d);
}
