/* test_reading.c - a room that is read, with each line once */
#include "far_end.h"
#include "ui/reading.h"

static enum qf_reading_word take(struct qf_reading *r, const char *line)
{
	struct qf_reply reply;
	enum qf_reading_word word;

	assert_int_equal(qf_reply_parse(&reply, qf_bytes(line, strlen(line))),
	                 QF_OK);
	word = qf_reading_take(r, &reply);
	qf_reply_fini(&reply);
	return word;
}

TEST(reading, a_history_that_is_cut_goes_on_without_what_was_given)
{
	struct qf_reading r;
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	qf_reading_begin(&r, &s, "#a", 5, false);
	assert_string_equal(far_asked(&s, &n), "{\"do\":\"history\",\"id\":1,"
	                                       "\"room\":\"#a\",\"last\":5}\n");
	assert_int_equal(
		take(&r,
	             "{\"on\":\"text\",\"room\":\"#a\",\"id\":\"x\",\"re\":1}"),
		QF_READING_LINE);
	assert_int_equal(
		take(&r, "{\"on\":\"text\",\"room\":\"#a\",\"id\":\"y\"}"),
		QF_READING_NOT_OURS);
	far_go(&n);
	assert_event(&s, QF_STREAM_RENEWED);
	qf_reading_renew(&r);
	assert_string_equal(far_asked(&s, &n), "{\"do\":\"history\",\"id\":2,"
	                                       "\"room\":\"#a\",\"last\":5}\n");
	assert_int_equal(
		take(&r,
	             "{\"on\":\"text\",\"room\":\"#a\",\"id\":\"x\",\"re\":2}"),
		QF_READING_PASS);
	assert_int_equal(
		take(&r,
	             "{\"on\":\"text\",\"room\":\"#a\",\"id\":\"z\",\"re\":2}"),
		QF_READING_LINE);
	assert_int_equal(take(&r, "{\"on\":\"end\",\"re\":1}"),
	                 QF_READING_NOT_OURS);
	assert_int_equal(take(&r, "{\"on\":\"end\",\"re\":2}"), QF_READING_END);
	qf_reading_end(&r);
	far_finish(&s, &n);
}

TEST(reading, what_was_taken_back_is_told_of_when_it_comes_and_not_as_past)
{
	struct qf_reading r;
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	qf_reading_begin(&r, &s, "#a", 5, true);
	far_asked(&s, &n);
	assert_int_equal(take(&r, "{\"on\":\"taken-back\",\"room\":\"#a\","
	                          "\"id\":\"x\",\"of\":\"w\",\"re\":1}"),
	                 QF_READING_PASS);
	assert_int_equal(take(&r, "{\"on\":\"following\",\"re\":1,\"lsn\":7}"),
	                 QF_READING_LIVE);
	assert_int_equal(take(&r, "{\"on\":\"taken-back\",\"room\":\"#a\","
	                          "\"id\":\"y\",\"of\":\"w\",\"lsn\":8}"),
	                 QF_READING_LINE);
	qf_reading_end(&r);
	far_finish(&s, &n);
}

TEST(reading, a_follow_goes_on_after_the_last_line_that_it_gave)
{
	struct qf_reading r;
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	qf_reading_begin(&r, &s, "#a", 5, true);
	far_asked(&s, &n);
	assert_int_equal(take(&r, "{\"on\":\"following\",\"re\":1,\"lsn\":7}"),
	                 QF_READING_LIVE);
	assert_int_equal(
		take(&r,
	             "{\"on\":\"text\",\"room\":\"#a\",\"id\":\"x\",\"lsn\":9}"),
		QF_READING_LINE);
	far_go(&n);
	assert_event(&s, QF_STREAM_RENEWED);
	qf_reading_renew(&r);
	assert_string_equal(far_asked(&s, &n),
	                    "{\"do\":\"follow\",\"id\":2,"
	                    "\"room\":\"#a\",\"after\":9}\n");
	assert_int_equal(take(&r, "{\"on\":\"following\",\"re\":2,\"lsn\":9}"),
	                 QF_READING_PASS);
	assert_int_equal(
		take(&r,
	             "{\"on\":\"text\",\"room\":\"#a\",\"id\":\"x\",\"lsn\":9}"),
		QF_READING_PASS);
	assert_int_equal(
		take(&r,
	             "{\"on\":\"text\",\"room\":\"#a\",\"id\":\"y\",\"lsn\":12}"),
		QF_READING_LINE);
	qf_reading_end(&r);
	far_finish(&s, &n);
}

TEST(reading, rooms_of_two_go_on_without_what_any_of_them_gave)
{
	struct qf_reading r;
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	qf_reading_begin(&r, &s, "@", 5, true);
	far_asked(&s, &n);
	assert_int_equal(take(&r, "{\"on\":\"text\",\"room\":\"@a\",\"id\":"
	                          "\"x\",\"lsn\":9,\"direct\":true,"
	                          "\"re\":1}"),
	                 QF_READING_LINE);
	assert_int_equal(take(&r, "{\"on\":\"following\",\"room\":\"@\","
	                          "\"re\":1,\"lsn\":7}"),
	                 QF_READING_LIVE);
	assert_int_equal(take(&r, "{\"on\":\"text\",\"room\":\"@b\",\"id\":"
	                          "\"y\",\"lsn\":12,\"direct\":true}"),
	                 QF_READING_LINE);
	assert_int_equal(take(&r, "{\"on\":\"text\",\"room\":\"@a\",\"id\":"
	                          "\"z\",\"lsn\":10,\"direct\":true}"),
	                 QF_READING_LINE);
	far_go(&n);
	assert_event(&s, QF_STREAM_RENEWED);
	qf_reading_renew(&r);
	assert_string_equal(far_asked(&s, &n), "{\"do\":\"follow\",\"id\":2,"
	                                       "\"room\":\"@\",\"after\":7}\n");
	assert_int_equal(take(&r, "{\"on\":\"following\",\"room\":\"@\","
	                          "\"re\":2,\"lsn\":7}"),
	                 QF_READING_PASS);
	for (const char *id = "xyz"; *id; id++) {
		char line[96];

		snprintf(line, sizeof line,
		         "{\"on\":\"text\",\"room\":\"@a\",\"id\":"
		         "\"%c\",\"lsn\":12,\"direct\":true}",
		         *id);
		assert_int_equal(take(&r, line), QF_READING_PASS);
	}
	assert_int_equal(take(&r, "{\"on\":\"text\",\"room\":\"@a\",\"id\":"
	                          "\"new\",\"lsn\":11,\"direct\":true}"),
	                 QF_READING_LINE);
	qf_reading_end(&r);
	far_finish(&s, &n);
}

TEST(reading, a_refusal_ends_it_but_that_of_a_stopping_node_does_not)
{
	struct qf_reading r;
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	qf_reading_begin(&r, &s, "#a", 5, true);
	assert_int_equal(take(&r, "{\"on\":\"error\",\"re\":1,\"code\":"
	                          "\"stopping\"}"),
	                 QF_READING_PASS);
	assert_int_equal(take(&r, "{\"on\":\"error\",\"re\":2,\"code\":"
	                          "\"limit\"}"),
	                 QF_READING_NOT_OURS);
	assert_int_equal(take(&r, "{\"on\":\"error\",\"re\":1,\"code\":"
	                          "\"limit\"}"),
	                 QF_READING_REFUSED);
	qf_reading_end(&r);
	far_finish(&s, &n);
}
