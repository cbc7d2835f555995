/* test_reader.c - a reader beside the writer gives what was committed */
#include "storage.h"

#include <pthread.h>

TEST(reader, it_gives_what_is_asked_in_that_order)
{
	static const uint64_t asked[] = { 150, 3, 3, 88, 89, 1 };
	struct qf_envelope *out[6];
	struct keeps k = { 0 };
	struct qf_reader *rd;
	struct storage s;
	size_t got;

	storage_begin(&s);
	for (int i = 0; i < 150; i++)
		keeps_say(&k, &s, "line");
	storage_commit(&s, &k);
	rd = storage_reader(&s);
	assert_int_equal(qf_reader_fetch(rd, asked, 6, SIZE_MAX, out, &got),
	                 QF_OK);
	assert_int_equal(got, 6);
	for (size_t i = 0; i < got; i++) {
		assert_int_equal(out[i]->head.seq, asked[i]);
		qf_envelope_unref(out[i]);
	}
	assert_int_equal(qf_reader_fetch(rd, asked, 0, SIZE_MAX, out, &got),
	                 QF_OK);
	assert_int_equal(got, 0);
	qf_reader_close(rd);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(reader, it_stops_before_there_are_too_many_bytes_but_gives_one)
{
	static const uint64_t asked[] = { 1, 2, 3 };
	struct qf_envelope *out[3];
	struct keeps k = { 0 };
	struct qf_reader *rd;
	struct storage s;
	size_t got;

	storage_begin(&s);
	for (int i = 0; i < 3; i++)
		keeps_say(&k, &s, "0123456789");
	storage_commit(&s, &k);
	rd = storage_reader(&s);
	for (size_t max = 0; max <= 30; max++) {
		size_t want = max < 20 ? 1 : max / 10;

		qf_reader_fetch(rd, asked, 3, max, out, &got);
		assert_int_equal(got, want);
		while (got)
			qf_envelope_unref(out[--got]);
	}
	qf_reader_close(rd);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(reader, one_that_does_not_exist_is_not_found_and_nothing_is_given)
{
	static const uint64_t wrong[] = { 0, 2, 99, INT64_MAX, UINT64_MAX };
	struct qf_envelope *out[2];
	struct keeps k = { 0 };
	struct qf_reader *rd;
	struct storage s;
	size_t got;

	storage_begin(&s);
	keeps_say(&k, &s, "one");
	storage_commit(&s, &k);
	rd = storage_reader(&s);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		uint64_t asked[] = { 1, wrong[i] };

		assert_int_equal(
			qf_reader_fetch(rd, asked, 2, SIZE_MAX, out, &got),
			QF_E_NOTFOUND);
		assert_int_equal(got, 0);
	}
	qf_envelope_unref(fetch_one(rd, 1));
	qf_reader_close(rd);
	keeps_clear(&k);
	storage_remove(&s);
}

/* lsns 1 to 200: three in the lobby, one in the other room, and so on. Each
 * tenth is a topic, and each tenth from 4 takes something back. */
static void fill_two_rooms(struct storage *s, struct qf_room_id *other)
{
	struct keeps k = { 0 };

	storage_begin(s);
	qf_room_id_open(other, "#other");
	keeps_join(&k, "#other");
	for (uint64_t i = 1; i <= 200; i++)
		keeps_typed(&k,
		            i % 10 == 0   ? QF_TYPE_TOPIC
		            : i % 10 == 4 ? QF_TYPE_REDACT
		                          : QF_TYPE_TEXT,
		            &s->self.key, i % 4 ? &s->lobby : other, i,
		            "0123456789", 10);
	storage_commit(s, &k);
	keeps_clear(&k);
}

TEST(reader, it_gives_a_room_from_a_cursor_on_and_no_other)
{
	struct qf_envelope *out[64];
	struct qf_room_id other;
	struct qf_reader *rd;
	uint64_t lsns[64], after = 0, seen = 0;
	struct storage s;
	size_t got;

	fill_two_rooms(&s, &other);
	rd = storage_reader(&s);
	do {
		assert_int_equal(qf_reader_after(rd, &other, after, 7, SIZE_MAX,
		                                 out, lsns, &got),
		                 QF_OK);
		for (size_t i = 0; i < got; i++) {
			assert_int_equal(lsns[i], ++seen * 4);
			assert_int_equal(out[i]->head.seq, seen * 4);
			after = lsns[i];
			qf_envelope_unref(out[i]);
		}
	} while (got);
	assert_int_equal(seen, 50);
	qf_reader_close(rd);
	storage_remove(&s);
}

TEST(reader, it_gives_what_stands_in_a_room_page_by_page)
{
	struct qf_envelope *out[8];
	struct qf_room_id other, none;
	struct qf_reader *rd;
	uint64_t lsns[8], after = 0, seen = 0;
	struct storage s;
	size_t got;

	fill_two_rooms(&s, &other);
	rd = storage_reader(&s);
	do {
		assert_int_equal(qf_reader_standing(rd, &other, after, 8, 35,
		                                    out, lsns, &got),
		                 QF_OK);
		assert_true(got <= 3);
		for (size_t i = 0; i < got; i++) {
			do
				seen++;
			while (seen % 4 || (seen % 10 && seen % 10 != 4));
			assert_int_equal(lsns[i], seen);
			assert_int_equal(out[i]->head.seq, seen);
			after = lsns[i];
			qf_envelope_unref(out[i]);
		}
	} while (got);
	assert_int_equal(seen, 200);
	qf_room_id_open(&none, "#none");
	assert_int_equal(
		qf_reader_standing(rd, &none, 0, 8, 35, out, lsns, &got),
		QF_OK);
	assert_int_equal(got, 0);
	qf_reader_close(rd);
	storage_remove(&s);
}

TEST(reader, a_cursor_inside_a_commit_goes_on_from_there)
{
	struct qf_envelope *out[64];
	struct qf_room_id other;
	struct qf_reader *rd;
	uint64_t lsns[64];
	struct storage s;
	size_t got;

	fill_two_rooms(&s, &other);
	rd = storage_reader(&s);
	qf_reader_after(rd, &s.lobby, 97, 64, 35, out, lsns, &got);
	assert_int_equal(got, 3);
	assert_int_equal(lsns[0], 98);
	assert_int_equal(lsns[1], 99);
	assert_int_equal(lsns[2], 101);
	while (got)
		qf_envelope_unref(out[--got]);
	qf_reader_close(rd);
	storage_remove(&s);
}

TEST(reader, a_room_with_nothing_to_give_gives_nothing)
{
	struct qf_envelope *out[4];
	struct qf_room_id other;
	struct qf_reader *rd;
	struct storage s;
	uint64_t lsns[4];
	size_t got;

	fill_two_rooms(&s, &other);
	rd = storage_reader(&s);
	assert_int_equal(qf_reader_after(rd, &s.lobby, 199, 4, SIZE_MAX, out,
	                                 lsns, &got),
	                 QF_OK);
	assert_int_equal(got, 0);
	assert_int_equal(qf_reader_after(rd, &s.lobby, UINT64_MAX, 4, SIZE_MAX,
	                                 out, lsns, &got),
	                 QF_OK);
	assert_int_equal(got, 0);
	assert_int_equal(
		qf_reader_after(rd, &s.lobby, 0, 0, SIZE_MAX, out, lsns, &got),
		QF_OK);
	assert_int_equal(got, 0);
	qf_room_id_open(&other, "#nowhere");
	assert_int_equal(
		qf_reader_after(rd, &other, 0, 4, SIZE_MAX, out, lsns, &got),
		QF_OK);
	assert_int_equal(got, 0);
	qf_reader_close(rd);
	storage_remove(&s);
}

struct ranges {
	struct qf_author_range at[4];
	size_t count;
	int rc;
};

static int note_range(void *ctx, const struct qf_author_range *range)
{
	struct ranges *ranges = ctx;

	ranges->at[ranges->count++] = *range;
	return ranges->rc;
}

TEST(reader, it_counts_what_a_room_has_of_each_author)
{
	struct qf_identity bob = identity("bob"), eve = identity("eve");
	struct ranges r = { 0 };
	const struct qf_author_range *of_bob, *of_eve;
	struct keeps k = { 0 };
	struct qf_reader *rd;
	struct storage s;

	storage_begin(&s);
	keeps_join(&k, "#other");
	keeps_hear(&k, &bob, &s.lobby, 7, "seven");
	keeps_hear(&k, &bob, &s.lobby, 3, "three");
	keeps_hear(&k, &eve, &s.lobby, 1, "one");
	keeps_hear(&k, &bob, &s.lobby, 4, "four");
	keeps_hear(&k, &bob, &s.lobby, 4, "another four");
	keeps_hear(&k, &bob, &s.lobby, 4, "a third four");
	keeps_hear(&k, &eve, &k.at[0].room, 2, "elsewhere");
	storage_commit(&s, &k);
	rd = storage_reader(&s);
	assert_int_equal(qf_reader_authors(rd, &s.lobby, note_range, &r),
	                 QF_OK);
	assert_int_equal(r.count, 2);
	assert_true(memcmp(&r.at[0].author, &r.at[1].author, QF_KEY_BYTES) < 0);
	of_bob = &r.at[!qf_key_equal(&r.at[0].author, &bob.key)];
	of_eve = &r.at[of_bob == &r.at[0]];
	assert_true(qf_key_equal(&of_bob->author, &bob.key));
	assert_int_equal(of_bob->first, 3);
	assert_int_equal(of_bob->last, 7);
	assert_int_equal(of_bob->count, 3);
	assert_int_equal(of_bob->forked, 2);
	assert_true(qf_key_equal(&of_eve->author, &eve.key));
	assert_int_equal(of_eve->first, 1);
	assert_int_equal(of_eve->last, 1);
	assert_int_equal(of_eve->count, 1);
	assert_int_equal(of_eve->forked, 0);

	r = (struct ranges){ .rc = QF_E_NOMEM };
	assert_int_equal(qf_reader_authors(rd, &s.lobby, note_range, &r),
	                 QF_E_NOMEM);
	assert_int_equal(r.count, 1);
	qf_reader_close(rd);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(reader, authors_and_rooms_that_come_later_are_known)
{
	struct keeps k = { 0 };
	struct qf_reader *rd;
	struct storage s;

	storage_begin(&s);
	rd = storage_reader(&s);
	for (int i = 0; i < 40; i++) {
		char name[24];
		struct qf_identity author;

		snprintf(name, sizeof name, "#room%d", i);
		author = identity(name);
		keeps_clear(&k);
		keeps_join(&k, name);
		keeps_hear(&k, &author, &k.at[0].room, 1, name);
		storage_commit(&s, &k);
		for (uint64_t lsn = k.at[1].lsn; lsn; lsn /= 2) {
			struct qf_envelope *e = fetch_one(rd, lsn);

			if (lsn == k.at[1].lsn)
				expect_same(e, k.at[1].envelope);
			qf_envelope_unref(e);
		}
	}
	keeps_clear(&k);
	qf_reader_close(rd);
	storage_remove(&s);
}

enum { LINES = 400 };

struct follower {
	const struct storage *s;
	uint64_t seen;
	bool wrong;
};

/* Reads the lobby from its cursor on until all lines are there. */
static void *follow(void *arg)
{
	struct follower *f = arg;
	struct qf_reader *rd = NULL;

	if (qf_reader_open(&rd, f->s->path)) {
		f->wrong = true;
		return NULL;
	}
	while (f->seen < LINES && !f->wrong) {
		struct qf_envelope *out[16];
		uint64_t lsns[16];
		size_t got;

		f->wrong = qf_reader_after(rd, &f->s->lobby, f->seen, 16,
		                           SIZE_MAX, out, lsns, &got);
		for (size_t i = 0; i < got; i++) {
			f->wrong |= lsns[i] != ++f->seen;
			f->wrong |= out[i]->head.seq != f->seen;
			qf_envelope_unref(out[i]);
		}
	}
	qf_reader_close(rd);
	return NULL;
}

TEST(reader, it_sees_each_commit_whole_while_another_thread_commits)
{
	struct follower followers[2];
	pthread_t threads[2];
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	for (int i = 0; i < 2; i++) {
		followers[i] = (struct follower){ .s = &s };
		assert_int_equal(pthread_create(&threads[i], NULL, follow,
		                                &followers[i]),
		                 0);
	}
	while (s.seq < LINES) {
		for (int i = 0; i < 5; i++)
			keeps_say(&k, &s, "line");
		storage_commit(&s, &k);
		keeps_clear(&k);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_false(followers[i].wrong);
		assert_int_equal(followers[i].seen, LINES);
	}
	storage_remove(&s);
}
