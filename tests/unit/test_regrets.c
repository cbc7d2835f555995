/* test_regrets.c - who may take back what, and how much of it is remembered */
#include "test.h"

#include "core/err.h"
#include "core/regrets.h"
#include "lines.h"

struct scene {
	struct qf_regrets regrets;
	struct qf_direct *direct; /* NULL: the room is open */
	struct lines ana;
	struct lines bob;
	uint64_t lsn;
};

static void begin(struct scene *s)
{
	*s = (struct scene){ .ana = lines_of(1, "#lobby"),
		             .bob = lines_of(2, "#lobby") };
	qf_regrets_init(&s->regrets, 7);
}

static struct qf_bytes of(const char *text)
{
	return qf_bytes(text, strlen(text));
}

static struct qf_envelope *say(struct scene *s, struct lines *by, uint8_t type,
                               const char *guest, const char *text)
{
	struct qf_body body = { .guest = of(guest), .text = of(text) };
	struct qf_header head = { .room = s->ana.room,
		                  .class = QF_CLASS_CONTENT,
		                  .type = type,
		                  .author = by->author.key,
		                  .hlc = ++by->hlc,
		                  .seq = ++by->seq };
	struct qf_buf bytes, sealed;
	struct qf_envelope *e;

	qf_buf_init(&bytes, 0);
	qf_buf_init(&sealed, 0);
	qf_body_encode(&bytes, &body);
	if (s->direct)
		assert_true(qf_direct_seal(&s->direct->body_key,
		                           s->direct->key_id, &head,
		                           qf_buf_bytes(&bytes), &sealed));
	e = qf_envelope_new(&head, qf_buf_bytes(s->direct ? &sealed : &bytes));
	assert_non_null(e);
	qf_buf_fini(&bytes);
	qf_buf_fini(&sealed);
	return e;
}

static void take_back(struct scene *s, struct lines *by, const char *guest,
                      const struct qf_hash *id)
{
	char text[QF_KEY_TEXT_BYTES + 8];
	struct qf_envelope *e;

	qf_hash_text(id, text);
	strcat(text, " why");
	e = say(s, by, QF_TYPE_REDACT, guest, text);
	assert_int_equal(qf_regrets_note(&s->regrets, s->direct, e, ++s->lsn),
	                 QF_OK);
	qf_envelope_unref(e);
}

static bool is_gone(const struct scene *s, const struct qf_envelope *e)
{
	return qf_regrets_has(&s->regrets, s->direct, e);
}

static void assert_rules(struct scene *s)
{
	struct qf_envelope *own = say(s, &s->ana, QF_TYPE_TEXT, "", "own");
	struct qf_envelope *zoe = say(s, &s->ana, QF_TYPE_TEXT, "zoe", "oops");

	assert_false(is_gone(s, zoe));
	take_back(s, &s->bob, "zoe", &zoe->id);
	take_back(s, &s->ana, "", &zoe->id);
	take_back(s, &s->ana, "kim", &zoe->id);
	take_back(s, &s->ana, "zoe", &own->id);
	assert_false(is_gone(s, zoe));
	assert_false(is_gone(s, own));
	take_back(s, &s->ana, "zoe", &zoe->id);
	take_back(s, &s->ana, "", &own->id);
	assert_true(is_gone(s, zoe));
	assert_true(is_gone(s, own));
	qf_envelope_unref(own);
	qf_envelope_unref(zoe);
}

TEST(regrets, only_who_said_it_takes_it_back)
{
	struct scene s;

	begin(&s);
	assert_rules(&s);
	qf_regrets_fini(&s.regrets);
}

TEST(regrets, so_it_is_in_a_room_of_two_keys)
{
	struct qf_direct d;
	struct scene s;

	begin(&s);
	assert_true(qf_direct_init(&d, &s.ana.author, &s.bob.author.key));
	s.direct = &d;
	s.ana.room = s.bob.room = d.room;
	assert_rules(&s);
	qf_regrets_fini(&s.regrets);
}

TEST(regrets, what_was_noted_is_not_noted_again)
{
	struct qf_envelope *e;
	struct scene s;

	begin(&s);
	e = say(&s, &s.ana, QF_TYPE_TEXT, "", "oops");
	s.regrets.lsn = 5;
	take_back(&s, &s.ana, "", &e->id);
	assert_false(is_gone(&s, e));
	s.lsn = 5;
	take_back(&s, &s.ana, "", &e->id);
	assert_true(is_gone(&s, e));
	qf_envelope_unref(e);
	qf_regrets_fini(&s.regrets);
}

TEST(regrets, of_too_many_the_oldest_are_forgotten)
{
	struct qf_envelope *first, *last;
	struct qf_hash id = { { 9 } };
	struct scene s;

	begin(&s);
	first = say(&s, &s.ana, QF_TYPE_TEXT, "", "first");
	last = say(&s, &s.ana, QF_TYPE_TEXT, "", "last");
	take_back(&s, &s.ana, "", &first->id);
	for (unsigned i = 0; i < QF_REGRETS_MAX; i++) {
		if (i == QF_REGRETS_MAX / 2 + 1)
			take_back(&s, &s.ana, "", &last->id);
		memcpy(id.b, &i, sizeof i);
		take_back(&s, &s.ana, "", &id);
		assert_true(s.regrets.newer.count + s.regrets.older.count <=
		            QF_REGRETS_MAX);
	}
	assert_false(is_gone(&s, first));
	assert_true(is_gone(&s, last));
	qf_envelope_unref(first);
	qf_envelope_unref(last);
	qf_regrets_fini(&s.regrets);
}
