/* test_alarms.c - sockets are woken in the order of their times */
#include "test.h"

#include "net/socket.h"

enum { COUNT = 50, PRIME = 37 /* of which no multiple below COUNT repeats */ };

static unsigned rung[2 * COUNT], rings;

static void ring(struct qf_socket *s)
{
	rung[rings++] = (unsigned)s->conn;
}

static const struct qf_socket_kind kind = { .ring = ring };

struct row {
	uv_loop_t loop;
	struct qf_desk desk;
	struct qf_socket sockets[COUNT]; /* conn is the place */
};

static void begin(struct row *r)
{
	*r = (struct row){ .desk = { .loop = &r->loop } };
	rings = 0;
	assert_int_equal(uv_loop_init(&r->loop), 0);
	qf_alarms_init(&r->desk.alarms, &r->loop);
	for (unsigned i = 0; i < COUNT; i++) {
		struct qf_socket *s = &r->sockets[i];

		s->conn = i;
		s->kind = &kind;
		s->desk = &r->desk;
		s->touched = true;
		assert_true(qf_alarms_reserve(&r->desk.alarms, i + 1));
	}
}

static void end(struct row *r)
{
	qf_alarms_close(&r->desk.alarms);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	qf_alarms_fini(&r->desk.alarms);
	assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void set(struct row *r, unsigned i, uint64_t at_ms)
{
	qf_alarms_set(&r->desk.alarms, &r->sockets[i], at_ms);
}

/* Long past, each at a time of its own: socket i is the (i * PRIME % COUNT)th
 * of them. */
static void set_all(struct row *r)
{
	for (unsigned i = 0; i < COUNT; i++)
		set(r, i, 1 + i * PRIME % COUNT);
}

TEST(alarms, ring_in_the_order_of_their_times)
{
	struct row r;

	begin(&r);
	set_all(&r);
	uv_run(&r.loop, UV_RUN_NOWAIT);
	assert_int_equal(rings, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(rung[i] * PRIME % COUNT, i);
	end(&r);
}

TEST(alarms, an_earlier_time_counts_and_a_later_one_does_not)
{
	struct row r;

	begin(&r);
	set_all(&r);
	set(&r, 1, 0); /* the 37th */
	set(&r, 0, UINT64_MAX - 1);
	uv_run(&r.loop, UV_RUN_NOWAIT);
	assert_int_equal(rings, COUNT);
	assert_int_equal(rung[0], 1);
	assert_int_equal(rung[1], 0);
	end(&r);
}

TEST(alarms, who_was_dropped_is_not_woken)
{
	struct row r;
	unsigned last = 0;

	begin(&r);
	set_all(&r);
	for (unsigned i = 0; i < COUNT; i += 3)
		qf_alarms_drop(&r.desk.alarms, &r.sockets[i]);
	qf_alarms_drop(&r.desk.alarms, &r.sockets[0]);
	uv_run(&r.loop, UV_RUN_NOWAIT);
	assert_int_equal(rings, COUNT - (COUNT + 2) / 3);
	for (unsigned i = 0; i < rings; i++) {
		assert_int_not_equal(rung[i] % 3, 0);
		assert_true(!i || rung[i] * PRIME % COUNT > last);
		last = rung[i] * PRIME % COUNT;
	}
	end(&r);
}

/* So one that has nothing left to wait for cannot keep the others waiting. */
static void ring_again(struct qf_socket *s)
{
	ring(s);
	qf_alarms_set(&s->desk->alarms, s, 1);
}

TEST(alarms, who_wants_to_be_woken_at_once_lets_others_go_first)
{
	static const struct qf_socket_kind again = { .ring = ring_again };
	struct row r;

	begin(&r);
	r.sockets[0].kind = &again;
	set(&r, 0, 1);
	set(&r, 1, 2);
	uv_run(&r.loop, UV_RUN_NOWAIT);
	assert_in_range(rings, 2, 3);
	qf_alarms_drop(&r.desk.alarms, &r.sockets[0]);
	qf_alarms_drop(&r.desk.alarms, &r.sockets[1]);
	end(&r);
}
