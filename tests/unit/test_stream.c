/* test_stream.c - requests out, replies in, and a node that goes away */
#include "far_end.h"

TEST(stream, replies_come_one_by_one_and_what_is_none_is_passed_over)
{
	struct qf_reply reply;
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	assert_false(s.own);
	far_say(&n, "{\"on\":\"done\",\"re\":1}\nrubbish\n{}\n{\"on\":\"tex");
	assert_int_equal(qf_stream_wait(&s, -1, QF_NEVER, &reply),
	                 QF_STREAM_REPLY);
	assert_int_equal(reply.kind, QF_REPLY_DONE);
	qf_reply_fini(&reply);
	assert_int_equal(qf_stream_wait(&s, -1, 0, &reply), QF_STREAM_TIMEOUT);
	far_say(&n, "t\"}\n");
	assert_int_equal(qf_stream_wait(&s, -1, QF_NEVER, &reply),
	                 QF_STREAM_REPLY);
	assert_int_equal(reply.kind, QF_REPLY_TEXT);
	assert_memory_equal(reply.line.at, "{\"on\":\"text\"}", 13);
	qf_reply_fini(&reply);
	far_finish(&s, &n);
}

TEST(stream, requests_reach_the_node)
{
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	qf_request_plain(&s.out, qf_stream_id(&s), "watch");
	qf_request_plain(&s.out, qf_stream_id(&s), "status");
	assert_string_equal(far_asked(&s, &n),
	                    "{\"do\":\"watch\",\"id\":1}\n"
	                    "{\"do\":\"status\",\"id\":2}\n");
	far_finish(&s, &n);
}

TEST(stream, input_and_stop_are_events)
{
	struct qf_reply reply;
	struct qf_stream s;
	struct far_end n;
	int input[2];

	far_begin(&s, &n);
	assert_int_equal(pipe(input), 0);
	assert_int_equal(write(input[1], "x", 1), 1);
	assert_int_equal(qf_stream_wait(&s, input[0], QF_NEVER, &reply),
	                 QF_STREAM_INPUT);
	s.stop_fd = input[0];
	assert_int_equal(qf_stream_wait(&s, -1, QF_NEVER, &reply),
	                 QF_STREAM_STOPPED);
	close(input[0]);
	close(input[1]);
	far_finish(&s, &n);
}

TEST(stream, what_a_node_said_before_it_went_is_read_and_then_comes_the_next)
{
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	far_say(&n, "{\"on\":\"done\"}\n{\"on\":\"half");
	far_go(&n);
	n.failures = 2;
	assert_event(&s, QF_STREAM_REPLY);
	assert_event(&s, QF_STREAM_RENEWED);
	assert_true(s.own);
	far_say(&n, "{\"on\":\"done\"}\n");
	assert_event(&s, QF_STREAM_REPLY);
	far_go(&n);
	n.none = true;
	assert_event(&s, QF_STREAM_LOST);
	assert_string_equal(s.why, "no node");
	far_finish(&s, &n);
}

TEST(stream, a_node_that_can_not_be_reached_at_all_is_an_error)
{
	struct far_end n = { .none = true };
	struct qf_reach r = { far_reach, &n };
	struct qf_stream s;

	assert_int_equal(qf_stream_open(&s, &r, -1), QF_E_IO);
	assert_string_equal(s.why, "no node");
	far_finish(&s, &n);
}
