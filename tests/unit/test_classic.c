/* test_classic.c - a guest by the original's protocol, start to end */
#include "test.h"

#include "far_classic.h"

static struct far_classic f;

static void assert_hears(const char *text)
{
	const char *heard = far_hear(&f);

	assert_non_null(heard);
	assert_string_equal(heard, text);
}

static void assert_hears_part(const char *part)
{
	const char *heard = far_hear(&f);

	assert_non_null(heard);
	if (!strstr(heard, part))
		assert_string_equal(heard, part);
}

static void assert_said(size_t i, const char *guest, const char *text)
{
	assert_true(i < f.say_count);
	assert_string_equal(f.says[i].guest, guest);
	assert_string_equal(f.says[i].text, text);
}

/* A classic that has come to us, and has been welcomed. */
static void enter(const char *name)
{
	far_begin(&f, QF_CLASSIC_HOST);
	far_greet(&f, name);
	assert_hears_part("Welcome");
}

TEST(classic, a_guest_is_greeted_named_and_told_that_nothing_is_private)
{
	far_begin(&f, QF_CLASSIC_HOST);
	assert_false(qf_classic_entered(f.classic));
	far_greet(&f, "Tom");
	assert_string_equal(f.theirs, "#lobby");
	assert_true(f.prime >= 1009 && f.prime <= 8999);
	assert_true(qf_classic_entered(f.classic));
	assert_hears("Welcome to the QuickFi! You are Tom, a guest of #lobby. "
	             "Nothing here is private: others on the network can read "
	             "all that you see and write.");
	assert_null(far_hear(&f));
	far_end(&f);
}

TEST(classic, what_it_says_is_said_by_a_guest)
{
	enter("Tom");
	far_say(&f, "", "Hello");
	assert_int_equal(f.say_count, 1);
	assert_int_equal(f.says[0].type, QF_TYPE_TEXT);
	assert_said(0, "Tom (classic)", "Hello");
	far_end(&f);
}

TEST(classic, any_pieces_make_the_same)
{
	for (size_t piece = 1; piece < 40; piece++) {
		far_begin(&f, QF_CLASSIC_HOST);
		f.piece = piece;
		far_greet(&f, "Tom");
		assert_hears_part("You are Tom");
		far_say(&f, "-003-0040009127.0.0.1", "one");
		far_say(&f, "-002", "Kim");
		far_say(&f, "-000", "two");
		far_feed_text(&f, "0000");
		assert_int_equal(f.say_count, 3);
		assert_said(0, "Tom (classic)", "one");
		assert_int_equal(f.says[1].type, QF_TYPE_RENAME);
		assert_said(1, "Tom (classic)", "Kim (classic)");
		assert_said(2, "Kim (classic)", "two");
		far_feed_text(&f, "-001");
		assert_true(qf_classic_over(f.classic));
		far_end(&f);
	}
}

TEST(classic, all_at_once_make_the_same)
{
	struct qf_buf all;

	far_begin(&f, QF_CLASSIC_HOST);
	far_pull(&f);
	qf_buf_init(&all, 0);
	/* B is 0, so the secret is, and the key is one zero. */
	qf_put_raw(&all, "000100003Tom", 12);
	qf_classic_key(&f.key, 0);
	qf_classic_put_frame(&all, &f.key, qf_bytes("hi", 2));
	qf_put_raw(&all, "-001", 4);
	far_feed(&f, qf_buf_bytes(&all));
	assert_said(0, "Tom (classic)", "hi");
	assert_true(qf_classic_over(f.classic));
	qf_buf_fini(&all);
	far_end(&f);
}

TEST(classic, it_hears_others_by_name_and_not_itself)
{
	enter("Tom");
	far_hears_of(&f, "ana", "", "hello");
	assert_hears("ana: hello");
	far_hears_of(&f, "ana", "Kim (classic)", "hi");
	assert_hears("Kim: hi");
	far_hears_of(&f, "ana", "Tom (classic)", "my own");
	assert_null(far_hear(&f));
	/* Somebody of that name on another node is somebody else. */
	far_post(&f, &f.other, QF_TYPE_TEXT,
	         &(struct qf_body){ .name = qf_bytes("hub", 3),
	                            .guest = qf_bytes("Tom (classic)", 13),
	                            .text = qf_bytes("not me", 6) });
	assert_hears("Tom: not me");
	far_end(&f);
}

TEST(classic, actions_and_renames_are_told_in_words)
{
	struct qf_body body = { .name = qf_bytes("ana", 3),
		                .text = qf_bytes("waves", 5) };

	enter("Tom");
	far_post(&f, &f.self, QF_TYPE_ACTION, &body);
	assert_hears("* ana waves");
	body.text = qf_bytes("anna", 4);
	far_post(&f, &f.self, QF_TYPE_RENAME, &body);
	assert_hears("* ana is now anna");
	body.guest = qf_bytes("Kim (classic)", 13);
	body.text = qf_bytes("Jim (classic)", 13);
	far_post(&f, &f.self, QF_TYPE_RENAME, &body);
	assert_hears("* Kim is now Jim");
	far_post(&f, &f.self, 99, &body);
	assert_null(far_hear(&f));
	far_end(&f);
}

TEST(classic, seven_bits_get_no_others_and_no_control)
{
	enter("Tom");
	far_hears_of(&f, "\xc3\xa9va", "", "caf\xc3\xa9\x1b[2J\n\xe4\xb8\xad");
	assert_hears("eva: cafe [2J ?");
	far_say(&f, "", "\x1b[2J\a\x7f");
	assert_said(0, "Tom (classic)", " [2J  ");
	far_end(&f);
}

TEST(classic, a_long_text_comes_in_frames_that_fit_each_with_the_name)
{
	static char text[5001];
	size_t got = 0;
	const char *heard;

	memset(text, 'x', 5000);
	enter("Tom");
	far_hears_of(&f, "ana", "", text);
	while ((heard = far_hear(&f))) {
		assert_true(strlen(heard) <= QF_CLASSIC_CHARS_MAX);
		assert_memory_equal(heard, "ana: ", 5);
		got += strlen(heard) - 5;
	}
	assert_int_equal(got, 5000);
	far_end(&f);
}

/* How many frames come at that moment, if it is pulled again and again. */
static size_t at_once(uint64_t now_ms)
{
	size_t frames = 0;
	struct qf_buf out;

	qf_buf_init(&out, 0);
	do {
		qf_buf_clear(&out);
		qf_classic_pull(f.classic, &out, now_ms);
		frames += out.len > 0;
	} while (out.len);
	qf_buf_fini(&out);
	return frames;
}

TEST(classic, a_few_small_frames_go_at_once_and_the_others_at_a_pace)
{
	enter("Tom");
	f.now_ms += 1000;
	f.waits = true;
	for (int i = 0; i < 20; i++)
		far_hears_of(&f, "ana", "", "one");
	assert_int_equal(at_once(f.now_ms), 5);
	assert_true(qf_classic_wake(f.classic) == f.now_ms + 1);
	assert_int_equal(at_once(f.now_ms), 0);
	assert_int_equal(at_once(f.now_ms + 1), 1);
	assert_int_equal(at_once(f.now_ms + 2), 1);
	assert_int_equal(at_once(f.now_ms + 1000), 5);
	far_end(&f);
}

TEST(classic, a_long_frame_is_followed_by_a_pause)
{
	static char text[3001];

	memset(text, 'x', 3000);
	enter("Tom");
	f.now_ms += 1000;
	f.waits = true;
	far_hears_of(&f, "ana", "", text);
	assert_int_equal(at_once(f.now_ms), 1);
	assert_true(qf_classic_wake(f.classic) >= f.now_ms + 5);
	assert_int_equal(at_once(f.now_ms + 4), 0);
	assert_int_equal(at_once(f.now_ms + 6), 1);
	far_end(&f);
}

TEST(classic, leaving_is_said_at_once)
{
	struct qf_buf out;

	enter("Tom");
	qf_buf_init(&out, 0);
	qf_classic_leave(f.classic, "");
	qf_classic_pull(f.classic, &out, f.now_ms);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.at, "-001", 4);
	assert_true(qf_classic_over(f.classic));
	qf_buf_fini(&out);
	far_end(&f);
}

TEST(classic, a_name_that_it_cannot_have_is_told_to_it)
{
	far_begin(&f, QF_CLASSIC_HOST);
	f.takes = "Tom-2";
	far_greet(&f, "Tom");
	assert_hears_part("You are Tom-2");
	assert_hears("Tom cannot be had as a name here: you are Tom-2");
	far_say(&f, "", "hi");
	assert_said(0, "Tom-2 (classic)", "hi");
	/* A rename that changes nothing is not said. */
	far_say(&f, "-002", "Kim");
	assert_hears("Kim cannot be had as a name here: you are Tom-2");
	assert_int_equal(f.say_count, 1);
	far_end(&f);
}

TEST(classic, who_is_called_self_goes_by_its_address)
{
	enter("Self");
	far_say(&f, "", "hi");
	assert_said(0, "192.0.2.7 (classic)", "hi");
	/* Only at the beginning. */
	far_say(&f, "-002", "Self");
	far_say(&f, "", "hi");
	assert_said(2, "Self (classic)", "hi");
	far_end(&f);
}

TEST(classic, we_go_to_a_host_by_our_own_name)
{
	far_begin(&f, QF_CLASSIC_CLIENT);
	far_pull(&f);
	assert_int_equal(f.out.len, 0);
	far_host(&f, 50, 7919, "Hana");
	assert_string_equal(f.theirs, "ana");
	assert_null(far_hear(&f));
	far_say(&f, "", "found me");
	assert_said(0, "Hana (classic)", "found me");
	far_hears_of(&f, "ana", "", "yes");
	assert_hears("yes");
	far_hears_of(&f, "ana", "Kim (classic)", "me too");
	assert_hears("Kim: me too");
	far_post(&f, &f.self, QF_TYPE_RENAME,
	         &(struct qf_body){ .name = qf_bytes("ana", 3),
	                            .text = qf_bytes("anna", 4) });
	assert_hears("-002 anna");
	assert_hears("* ana is now anna");
	far_post(&f, &f.other, QF_TYPE_RENAME,
	         &(struct qf_body){ .name = qf_bytes("bob", 3),
	                            .text = qf_bytes("rob", 3) });
	assert_hears("* bob is now rob");
	far_end(&f);
}

TEST(classic, a_host_of_ours_is_not_a_guest)
{
	far_begin(&f, QF_CLASSIC_CLIENT);
	far_host(&f, 50, 7919, "#lobby");
	assert_false(qf_classic_entered(f.classic));
	assert_hears("-001");
	assert_true(qf_classic_over(f.classic));
	assert_non_null(strstr(qf_classic_why(f.classic), "QuickFi"));
	far_end(&f);
}

TEST(classic, numbers_that_make_no_secret_end_it)
{
	static const char *const greetings[] = {
		"0002500001000041234",
		"0002500001100041234",
		"0004abcd",
		"000512345",
		"x",
		"-001",
		"000250000479190000",
	};

	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
		far_begin(&f, QF_CLASSIC_CLIENT);
		far_feed_text(&f, greetings[i]);
		assert_true(qf_classic_over(f.classic));
		assert_true(*qf_classic_why(f.classic));
		assert_false(qf_classic_reads(f.classic));
		far_feed_text(&f, "more");
		far_end(&f);
	}
}

TEST(classic, frames_out_of_step_end_it_and_say_goodbye)
{
	static const char *const bad[] = { "00072", "10003", "-abc", "x" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enter("Tom");
		far_feed_text(&f, bad[i]);
		assert_hears("-001");
		assert_true(qf_classic_over(f.classic));
		assert_int_equal(f.say_count, 0);
		far_end(&f);
	}
}

TEST(classic, who_says_nothing_is_left)
{
	static const char *const pieces[] = { "", "0004", "000412340003To" };

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		far_begin(&f, QF_CLASSIC_HOST);
		far_feed_text(&f, pieces[i]);
		assert_int_equal(qf_classic_wake(f.classic),
		                 QF_CLASSIC_GREETING_MS);
		f.now_ms = QF_CLASSIC_GREETING_MS;
		far_pull(&f);
		assert_true(qf_classic_over(f.classic));
		far_end(&f);
	}
}

TEST(classic, a_silent_guest_stays)
{
	enter("Tom");
	assert_true(qf_classic_wake(f.classic) == UINT64_MAX);
	f.now_ms += 1000 * 1000;
	far_pull(&f);
	assert_false(qf_classic_over(f.classic));
	far_end(&f);
}

TEST(classic, what_is_not_stored_yet_stops_the_reading)
{
	enter("Tom");
	f.holds = true;
	for (int i = 0; i < QF_CLASSIC_SAYS_MAX; i++) {
		assert_true(qf_classic_reads(f.classic));
		far_say(&f, "", "x");
	}
	assert_false(qf_classic_reads(f.classic));
	far_say(&f, "", "waits");
	assert_int_equal(f.say_count, QF_CLASSIC_SAYS_MAX);
	far_end(&f);
}

TEST(classic, what_is_sealed_and_rooms_of_two_never_reach_it)
{
	struct qf_body body = { .name = qf_bytes("ana", 3),
		                .text = qf_bytes("secret", 6) };
	struct qf_header h = { .class = QF_CLASS_CONTENT,
		               .type = QF_TYPE_TEXT,
		               .seq = 1,
		               .key_id = { 1 } };
	struct qf_envelope *e;
	struct qf_buf bytes;

	enter("Tom");
	qf_buf_init(&bytes, 0);
	qf_body_encode(&bytes, &body);
	h.room = f.lobby;
	h.author = f.self.key;
	e = qf_envelope_new(&h, qf_buf_bytes(&bytes));
	assert_non_null(e);
	sign_commit(&f.self, &e, 1);
	qf_carry_post(&f.carry,
	              qf_post_new(&f.lobby, f.posted, 0,
	                          &(struct qf_posted){ e, ++f.lsn }, 1));
	f.posted = f.lsn;
	qf_envelope_unref(e);
	qf_buf_fini(&bytes);
	far_pull(&f);
	assert_null(far_hear(&f));
	far_hears_of(&f, "ana", "", "clear");
	assert_hears("ana: clear");
	far_end(&f);
}

TEST(classic, a_node_that_sends_it_away_says_goodbye)
{
	struct qf_effect fx = { .kind = QF_FX_DROP };

	enter("Tom");
	fx.text = strdup("disconnected");
	far_tell(&f, &fx);
	far_pull(&f);
	assert_hears("-001");
	assert_string_equal(qf_classic_why(f.classic), "disconnected");
	far_end(&f);
}
