/* test_api_lines.c - lines that are written once for all who follow a room */
#include "test.h"

#include "fake_node.h"
#include "gateway/api_format.h"
#include "gateway/api_lines.h"
#include "parts.h"

#define AT(ms) ((uint64_t)(ms) << 16)

struct given {
	struct fake_node node;
	struct qf_api_lines *lines;
	struct qf_buf out;
};

static void begin(struct given *g)
{
	fake_begin(&g->node);
	g->lines = qf_api_lines_new();
	assert_non_null(g->lines);
	qf_buf_init(&g->out, 0);
}

static void end(struct given *g)
{
	qf_buf_fini(&g->out);
	qf_api_lines_free(g->lines);
	fake_end(&g->node);
}

static const struct qf_carried *lobby(struct given *g)
{
	return qf_carry_room(&g->node.carry, &g->node.lobby, "#lobby");
}

/* What was committed as that lsn, as a string. */
static const char *give(struct given *g, uint64_t lsn)
{
	qf_buf_clear(&g->out);
	assert_true(qf_api_lines_put(g->lines, lobby(g), g->node.log[lsn - 1],
	                             lsn, &g->out));
	qf_put_u8(&g->out, '\0');
	assert_false(g->out.bad);
	return (const char *)g->out.at;
}

/* The same without anything in between. */
static void assert_anew(struct given *g, uint64_t lsn)
{
	struct qf_buf anew;

	qf_buf_init(&anew, 0);
	qf_format_envelope(&anew, -1, "#lobby", NULL, NULL,
	                   g->node.log[lsn - 1], lsn);
	qf_put_u8(&anew, '\0');
	assert_string_equal(give(g, lsn), (const char *)anew.at);
	qf_buf_fini(&anew);
}

TEST(api_lines, each_is_given_as_if_it_were_written_anew)
{
	struct given g;

	begin(&g);
	fake_commit(&g.node, AT(1000), "first");
	fake_commit(&g.node, AT(2000), "second");
	for (int i = 0; i < 2; i++) {
		assert_anew(&g, 1);
		assert_anew(&g, 2);
	}
	assert_part(give(&g, 1), "\"text\":\"first\"");
	end(&g);
}

TEST(api_lines, a_later_line_takes_the_place_of_one_that_is_forgotten)
{
	struct given g;
	const struct qf_envelope *later;

	begin(&g);
	fake_commit(&g.node, AT(1000), "first");
	fake_commit(&g.node, AT(2000), "second");
	later = g.node.log[1];
	assert_anew(&g, 1);
	qf_buf_clear(&g.out);
	assert_true(qf_api_lines_put(g.lines, lobby(&g), later,
	                             1 + QF_API_LINES_MAX, &g.out));
	qf_put_u8(&g.out, '\0');
	assert_part((const char *)g.out.at, "\"text\":\"second\"");
	assert_anew(&g, 1);
	end(&g);
}

TEST(api_lines, a_long_one_is_given_whole_each_time)
{
	char text[2 * QF_API_LINES_BYTES_MAX];
	struct given g;

	begin(&g);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	fake_commit(&g.node, AT(1000), text);
	assert_anew(&g, 1);
	assert_anew(&g, 1);
	end(&g);
}

TEST(api_lines, what_is_not_for_views_is_refused_each_time)
{
	struct qf_body body = { .name = qf_bytes("ana", 3) };
	struct given g;

	begin(&g);
	fake_store(&g.node,
	           fake_envelope(&g.node, QF_TYPE_TOPIC, AT(1), &body));
	for (int i = 0; i < 2; i++)
		assert_false(qf_api_lines_put(g.lines, lobby(&g), g.node.log[0],
		                              1, &g.out));
	assert_int_equal(g.out.len, 0);
	end(&g);
}

TEST(api_lines, a_run_is_given_again_to_who_is_where_it_begins)
{
	struct qf_room_id other = { { 1 } };
	uint64_t cursor = 5;
	struct given g;

	begin(&g);
	assert_int_equal(
		qf_api_lines_again(g.lines, &g.node.lobby, &cursor, &g.out), 0);
	qf_api_lines_keep(g.lines, &g.node.lobby, 5, 9, qf_bytes("a\nb\n", 4),
	                  2);
	assert_int_equal(qf_api_lines_again(g.lines, &other, &cursor, &g.out),
	                 0);
	cursor += QF_API_RUNS_MAX;
	assert_int_equal(
		qf_api_lines_again(g.lines, &g.node.lobby, &cursor, &g.out), 0);
	cursor = 5;
	assert_int_equal(
		qf_api_lines_again(g.lines, &g.node.lobby, &cursor, &g.out), 2);
	assert_int_equal(cursor, 9);
	assert_int_equal(g.out.len, 4);
	assert_memory_equal(g.out.at, "a\nb\n", 4);
	end(&g);
}

TEST(api_lines, a_run_that_is_too_long_is_not_kept_nor_what_it_replaced)
{
	static char text[3 * QF_API_RUN_BYTES];
	uint64_t cursor = 5;
	struct given g;

	begin(&g);
	qf_api_lines_keep(g.lines, &g.node.lobby, 5, 9, qf_bytes("a\n", 2), 1);
	qf_api_lines_keep(g.lines, &g.node.lobby, 5 + QF_API_RUNS_MAX, 99,
	                  qf_bytes(text, sizeof text), 1);
	assert_int_equal(
		qf_api_lines_again(g.lines, &g.node.lobby, &cursor, &g.out), 0);
	assert_int_equal(cursor, 5);
	end(&g);
}
