/* test_saying.c - what is said, until it is stored */
#include "far_end.h"
#include "ui/saying.h"

static const struct qf_saying_way lobby = { qf_request_say, "#a" };

static enum qf_saying_word hear(struct qf_saying *w, const char *line,
                                uint64_t *number)
{
	struct qf_reply reply;
	enum qf_saying_word word;

	assert_int_equal(qf_reply_parse(&reply, qf_bytes(line, strlen(line))),
	                 QF_OK);
	word = qf_saying_take(w, &reply, number);
	qf_reply_fini(&reply);
	return word;
}

TEST(saying, what_was_not_answered_is_said_again_with_the_same_bytes)
{
	struct qf_saying w;
	struct qf_stream s;
	struct far_end n;
	char first[4096], *second;
	uint64_t number = 0;

	far_begin(&s, &n);
	qf_saying_begin(&w, &s, "#a");
	assert_string_equal(far_asked(&s, &n),
	                    "{\"do\":\"join\",\"id\":1,\"room\":\"#a\"}\n");
	assert_int_equal(hear(&w, "{\"on\":\"done\",\"re\":1}", &number),
	                 QF_SAYING_JOINED);
	assert_int_equal(qf_saying_say(&w, &lobby, qf_bytes("one", 3), 11),
	                 QF_OK);
	assert_int_equal(qf_saying_say(&w, &lobby, qf_bytes("two", 3), 22),
	                 QF_OK);
	strcpy(first, far_asked(&s, &n));
	second = strchr(first, '\n') + 1;
	assert_int_equal(hear(&w, "{\"on\":\"stored\",\"re\":2}", &number),
	                 QF_SAYING_STORED);
	assert_int_equal(number, 11);
	assert_int_equal(hear(&w,
	                      "{\"on\":\"error\",\"re\":3,\"code\":"
	                      "\"stopping\"}",
	                      &number),
	                 QF_SAYING_PASS);
	far_go(&n);
	assert_event(&s, QF_STREAM_RENEWED);
	qf_saying_renew(&w);
	assert_string_equal(strchr(far_asked(&s, &n), '\n') + 1, second);
	assert_int_equal(hear(&w, "{\"on\":\"done\",\"re\":4}", &number),
	                 QF_SAYING_PASS);
	assert_int_equal(hear(&w, "{\"on\":\"stored\",\"re\":3}", &number),
	                 QF_SAYING_STORED);
	assert_int_equal(number, 22);
	assert_int_equal(w.count, 0);
	assert_true(qf_saying_deadline(&w) == QF_NEVER);
	qf_saying_end(&w);
	far_finish(&s, &n);
}

TEST(saying, two_lines_have_two_nonces)
{
	struct qf_saying w;
	struct qf_stream s;
	struct far_end n;

	far_begin(&s, &n);
	qf_saying_begin(&w, &s, "#a");
	qf_saying_say(&w, &lobby, qf_bytes("x", 1), 1);
	qf_saying_say(&w, &lobby, qf_bytes("x", 1), 2);
	assert_int_equal(w.lines[0].request->len, w.lines[1].request->len);
	assert_memory_not_equal(w.lines[0].request->at, w.lines[1].request->at,
	                        w.lines[0].request->len);
	assert_true(strstr(far_asked(&s, &n), "\"nonce\":\""));
	qf_saying_end(&w);
	far_finish(&s, &n);
}

TEST(saying, refusals_name_the_line_or_the_room)
{
	struct qf_saying w;
	struct qf_stream s;
	struct far_end n;
	uint64_t number = 0;

	far_begin(&s, &n);
	qf_saying_begin(&w, &s, "#a");
	assert_int_equal(qf_saying_say(&w, &lobby, qf_bytes("x", 1), 5), QF_OK);
	assert_int_equal(qf_saying_say(&w, &lobby, qf_bytes("\xff", 1), 6),
	                 QF_E_MALFORMED);
	assert_int_equal(w.count, 1);
	assert_int_equal(hear(&w,
	                      "{\"on\":\"error\",\"re\":1,\"code\":"
	                      "\"limit\"}",
	                      &number),
	                 QF_SAYING_NO_ROOM);
	assert_int_equal(hear(&w,
	                      "{\"on\":\"error\",\"re\":2,\"code\":"
	                      "\"bad-text\"}",
	                      &number),
	                 QF_SAYING_REFUSED);
	assert_int_equal(number, 5);
	assert_int_equal(hear(&w, "{\"on\":\"trouble\"}", &number),
	                 QF_SAYING_NOT_OURS);
	qf_saying_end(&w);
	far_finish(&s, &n);
}
