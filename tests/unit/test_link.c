/* test_link.c - what one turn of a worker takes from a link that brings much */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "core/list.h"
#include "core/parcel.h"
#include "core/roster.h"
#include "core/talk.h"
#include "net/link.h"
#include "signing.h"

enum {
	LINKS = 3,
	HANDLE = 5,
	MANY = 90,
	SHARE = 8,
	CHECKS_MOST = QF_CHECKS_A_TURN + SHARE - 1,
};

/* A worker's desk with links that are even in one room; the far ends of their
 * sockets, which speak no TLS, are the test's. */
struct town {
	uv_loop_t loop;
	struct qf_aid aid;
	struct qf_desk desk;
	struct qf_carried *room;
	struct qf_socket *sockets[LINKS];
	qf_conn conns[LINKS]; /* of them */
	uint64_t arrived[LINKS];
	int far[LINKS];
	uint64_t seq;
};

static void come(struct town *t, unsigned link)
{
	static struct qf_channel proven;
	struct qf_session *s;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(
		qf_socket_new(&t->sockets[link], &t->desk, ends[0], true),
		QF_OK);
	t->conns[link] = t->sockets[link]->conn;
	t->far[link] = ends[1];
	t->sockets[link]->tls = &proven;
	assert_int_equal(qf_link_adopt(t->sockets[link]), QF_OK);
	t->sockets[link]->tls = NULL;
	s = &((struct qf_link *)t->sockets[link]->owner)->session;
	s->state = QF_SESSION_LIVE;
	assert_true(qf_list_room(&s->talks, 0, &s->talk_cap, sizeof *s->talks));
	s->talks[s->talk_count++] = qf_talk_new(s, t->room);
	s->talks[0]->heard_open = true;
	s->talks[0]->theirs = HANDLE;
}

/* As if the core had taken them. */
static void take_asks(struct town *t)
{
	struct qf_carry *c = &t->desk.carry;

	for (size_t i = 0; i < c->ask_count; i++) {
		struct qf_event *ev = &c->asks[i].event;

		for (unsigned j = 0; j < LINKS; j++)
			if (ev->conn == t->conns[j])
				t->arrived[j] += ev->envelope_count;
		qf_event_fini(ev);
	}
	c->ask_count = 0;
}

/* As the worker does it; how many signatures were checked. */
static uint64_t turn(struct town *t)
{
	uint64_t before = t->desk.carry.roots.checks;

	uv_run(&t->loop, UV_RUN_NOWAIT);
	qf_link_feed(&t->desk);
	qf_desk_turn(&t->desk);
	take_asks(t);
	return t->desk.carry.roots.checks - before;
}

static void begin(struct town *t)
{
	static const struct qf_tls no_tls;
	static struct qf_aids aids;
	struct qf_room_id id = { { 'r' } };

	*t = (struct town){ 0 };
	aids = (struct qf_aids){ &t->aid, 1 };
	assert_int_equal(uv_loop_init(&t->loop), 0);
	qf_desk_init(&t->desk, &t->loop, 0, &no_tls, &aids);
	t->room = qf_carry_room(&t->desk.carry, &id, "#r");
	assert_non_null(t->room);
	for (unsigned i = 0; i < LINKS; i++)
		come(t, i);
	turn(t);
}

static void end(struct town *t)
{
	for (unsigned i = 0; i < LINKS; i++) {
		struct qf_socket *s = qf_desk_find(&t->desk, t->conns[i]);

		if (s)
			qf_socket_close(s);
		close(t->far[i]);
	}
	uv_run(&t->loop, UV_RUN_NOWAIT);
	qf_desk_close(&t->desk);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	take_asks(t);
	qf_desk_fini(&t->desk);
	assert_int_equal(uv_loop_close(&t->loop), 0);
}

/* Each signed alone. */
static void say(struct town *t, unsigned link, unsigned count)
{
	struct qf_identity id;
	struct qf_buf out = { 0 };

	qf_identity_init(&id, (uint8_t[QF_SEED_BYTES]){ 1 });
	for (unsigned i = 0; i < count; i++) {
		struct qf_header h = {
			.room = t->room->id,
			.class = QF_CLASS_CONTENT,
			.type = QF_TYPE_TEXT,
			.author = id.key,
			.seq = ++t->seq,
		};
		struct qf_envelope *e = qf_envelope_new(&h, qf_bytes("hi", 2));
		size_t mark = qf_frame_begin(&out, QF_FRAME_MSG);

		sign_commit(&id, &e, 1);
		qf_put_u8(&out, 0);
		qf_put_varint(&out, HANDLE);
		qf_batch_put(&out, &e, 1);
		qf_frame_end(&out, mark);
		qf_envelope_unref(e);
	}
	assert_int_equal(write(t->far[link], out.at, out.len), out.len);
	qf_buf_fini(&out);
}

/* As one who passes on what many nodes say of themselves, a record a frame. */
static void tell_who_is_here(struct town *t, unsigned link, unsigned count)
{
	struct qf_identity id;
	struct qf_buf out = { 0 };

	qf_identity_init(&id, (uint8_t[QF_SEED_BYTES]){ 1 });
	for (unsigned i = 0; i < count; i++) {
		struct qf_here h = {
			.key = id.key,
			.version = i + 1,
			.state = QF_HERE_HERE,
			.name = qf_bytes("ana", 3),
		};
		size_t mark = qf_frame_begin(&out, QF_FRAME_HERE);

		qf_put_u8(&out, QF_PARCEL_NEWS);
		qf_put_u8(&out, QF_ITEM_HERE);
		qf_here_put(&out, &h, &id);
		qf_frame_end(&out, mark);
	}
	assert_int_equal(write(t->far[link], out.at, out.len), out.len);
	qf_buf_fini(&out);
}

TEST(link, others_wait_for_no_more_than_a_turn_of_a_backlog)
{
	struct town t;

	begin(&t);
	say(&t, 0, MANY);
	say(&t, 1, MANY);
	say(&t, 2, 1);
	/* Whoever comes after the two that bring much is heard, too. */
	assert_in_range(turn(&t), QF_CHECKS_A_TURN, CHECKS_MOST);
	assert_int_equal(t.arrived[2], 1);
	end(&t);
}

TEST(link, who_brings_much_shares_a_turn_with_others_who_do)
{
	struct town t;

	begin(&t);
	for (unsigned i = 0; i < LINKS; i++)
		say(&t, i, MANY);
	turn(&t);
	for (unsigned i = 0; i < LINKS; i++)
		assert_in_range(t.arrived[i], QF_CHECKS_A_TURN / LINKS - SHARE,
		                QF_CHECKS_A_TURN / LINKS + 2 * SHARE);
	end(&t);
}

TEST(link, who_tells_of_many_people_makes_others_wait_no_longer)
{
	struct town t;

	begin(&t);
	tell_who_is_here(&t, 0, MANY);
	say(&t, 1, 1);
	assert_int_equal(turn(&t), QF_CHECKS_A_TURN);
	assert_int_equal(t.arrived[1], 1);
	assert_int_equal(turn(&t), MANY + 1 - QF_CHECKS_A_TURN);
	end(&t);
}

TEST(link, what_came_before_the_end_is_heard_though_others_are_first)
{
	enum { FEW = 30 };
	struct town t;

	begin(&t);
	say(&t, 0, MANY);
	say(&t, 1, MANY);
	say(&t, 2, FEW);
	turn(&t);
	assert_in_range(t.arrived[2], 1, FEW - 1);
	assert_int_equal(shutdown(t.far[2], SHUT_WR), 0);
	turn(&t);
	assert_int_equal(t.arrived[2], FEW);
	end(&t);
}

TEST(link, what_came_before_a_goodbye_is_heard)
{
	enum { FEW = 30 };
	struct town t;
	struct qf_buf bye = { 0 };

	begin(&t);
	say(&t, 0, FEW);
	qf_bye_put(&bye, "the node is stopping");
	assert_int_equal(write(t.far[0], bye.at, bye.len), bye.len);
	qf_buf_fini(&bye);
	turn(&t);
	assert_int_equal(t.arrived[0], FEW);
	end(&t);
}

TEST(link, a_backlog_comes_whole_and_in_turns_that_are_short)
{
	struct town t;

	begin(&t);
	say(&t, 0, MANY);
	say(&t, 1, MANY);
	for (int i = 0; i < 3; i++)
		assert_in_range(turn(&t), 1, CHECKS_MOST);
	assert_int_equal(t.arrived[0], MANY);
	assert_int_equal(t.arrived[1], MANY);
	assert_int_equal(turn(&t), 0);
	end(&t);
}

TEST(link, who_is_to_wait_is_not_read_and_loses_nothing_at_the_end)
{
	struct town t;

	begin(&t);
	say(&t, 0, MANY);
	say(&t, 1, MANY);
	turn(&t);
	assert_false(t.sockets[0]->reading);
	say(&t, 0, 1);
	assert_int_equal(shutdown(t.far[0], SHUT_WR), 0);
	for (int i = 0; i < 4; i++)
		turn(&t);
	assert_int_equal(t.arrived[0], MANY + 1);
	end(&t);
}
