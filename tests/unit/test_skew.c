/* test_skew.c - whose clock a room goes by, and that it keeps chat in order */
#include "core/clock.h"
#include "core/skew.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)
/* In all tests the program was built 30 days ago, and the machine booted in
 * 1970, so that a clock is ahead by what it shows. */
#define NOW   INT64_C(1795600000000)
#define BUILT (NOW - 30 * DAY)

/* What the clock to go by shows, from now. */
static int64_t judged(struct qf_clock own, const struct qf_clock *others,
                      size_t n)
{
	return qf_skew_judge(&own, others, n, BUILT).ahead_ms - NOW;
}

struct vector {
	const char *rule;
	int64_t own;
	int own_quality;
	int64_t expected;
	size_t count;
	struct {
		int64_t at;
		int quality;
	} others[6];
};

static const struct vector vectors[] = {
	{ "nobody is there", -3 * DAY, 1, -3 * DAY, 0, { { 0 } } },
	{ "a clock before the build adopts anyone's",
	  -NOW,
	  0,
	  9 * YEAR,
	  1,
	  { { 9 * YEAR, 0 } } },
	{ "but not another's before the build",
	  -NOW,
	  0,
	  -NOW,
	  2,
	  { { -31 * DAY, 1 }, { -40 * YEAR, 1 } } },
	{ "nor what can not be believed, if there is better",
	  -NOW,
	  0,
	  -DAY,
	  2,
	  { { -DAY, 1 }, { 9 * YEAR, 1 } } },
	{ "of many it adopts those that agree",
	  -NOW,
	  0,
	  MINUTE,
	  4,
	  { { 0, 1 }, { MINUTE, 1 }, { 2 * MINUTE, 1 }, { 5 * HOUR, 1 } } },
	{ "a wrong clock is not thought good for its quality",
	  -NOW,
	  2,
	  0,
	  1,
	  { { 0, 0 } } },
	{ "three that agree outvote one",
	  -3 * DAY,
	  1,
	  MINUTE,
	  3,
	  { { 0, 1 }, { MINUTE, 1 }, { 2 * MINUTE, 1 } } },
	{ "two of three are a majority",
	  5 * HOUR,
	  1,
	  0,
	  3,
	  { { -3 * DAY, 1 }, { 0, 1 }, { -MINUTE, 1 } } },
	{ "two of four are none",
	  5 * HOUR,
	  1,
	  5 * HOUR,
	  4,
	  { { -3 * DAY, 1 }, { 0, 1 }, { -MINUTE, 1 }, { YEAR, 1 } } },
	{ "who agrees with the majority stays as it is",
	  2 * MINUTE,
	  1,
	  2 * MINUTE,
	  3,
	  { { 0, 1 }, { 0, 1 }, { 0, 1 } } },
	{ "of two the later wins", -3 * DAY, 1, 0, 1, { { 0, 1 } } },
	{ "the earlier does not",
	  0,
	  1,
	  0,
	  2,
	  { { -3 * DAY, 1 }, { -DAY, 1 } } },
	{ "ten minutes are no difference", 0, 1, 0, 1, { { 10 * MINUTE, 1 } } },
	{ "more are", 0, 1, 10 * MINUTE + 1, 1, { { 10 * MINUTE + 1, 1 } } },
	{ "later than five years after the build does not win",
	  0,
	  1,
	  0,
	  1,
	  { { 5 * YEAR, 1 } } },
	{ "not even our own", 9 * YEAR, 1, 0, 1, { { 0, 1 } } },
	{ "the best quality outvotes the rest",
	  0,
	  1,
	  -HOUR,
	  4,
	  { { 0, 1 }, { 0, 1 }, { 0, 1 }, { -HOUR, 2 } } },
	{ "ours too",
	  -HOUR,
	  2,
	  -HOUR,
	  4,
	  { { 0, 1 }, { 0, 1 }, { 0, 1 }, { 0, 0 } } },
	{ "a good quality does not make nine years believable",
	  0,
	  1,
	  0,
	  1,
	  { { 9 * YEAR, 3 } } },
};

TEST(skew, each_rule_has_its_vectors)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const struct vector *v = &vectors[i];
		struct qf_clock own = { NOW + v->own, (uint8_t)v->own_quality };
		struct qf_clock others[6];

		for (size_t k = 0; k < v->count; k++)
			others[k] = (struct qf_clock){
				NOW + v->others[k].at,
				(uint8_t)v->others[k].quality,
			};
		if (judged(own, others, v->count) != v->expected)
			fail_msg("%s: %lld", v->rule,
			         (long long)judged(own, others, v->count));
	}
}

TEST(skew, the_sentence_names_the_greatest_unit)
{
	static const struct {
		int64_t correction;
		const char *span;
	} says[] = {
		{ 3 * DAY, "3 days behind" },
		{ 3 * DAY - 2, "3 days behind" },
		{ DAY, "a day behind" },
		{ -5 * HOUR, "5 hours ahead of" },
		{ -9 * YEAR, "9 years ahead of" },
		{ 11 * MINUTE, "11 minutes behind" },
		{ 56 * YEAR + 329 * DAY, "57 years behind" },
		{ HOUR - 1, "an hour behind" },
	};
	char text[QF_SKEW_TEXT_BYTES], expected[QF_SKEW_TEXT_BYTES];

	for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
		snprintf(expected, sizeof expected,
		         "Your clock is %s the room. Using the room's time.",
		         says[i].span);
		qf_skew_say(says[i].correction, text);
		assert_string_equal(text, expected);
	}
}

/* The chat of sync.md 2: twelve people, four of them with wrong clocks, on two
 * networks that part and meet again. */

enum { PEOPLE = 12, LAN = 6, LINES_MAX = 400, LINES = 240, BURIED_ROWS = 3 };

struct person {
	int64_t wall; /* how far its clock is off */
	bool healthy;
	uint64_t last; /* of its hybrid clock */
	uint64_t rows[LINES_MAX];
	size_t row_count;
};

struct chat {
	struct person people[PEOPLE];
	uint64_t random;
	int64_t now;
	bool apart;
	uint64_t lines[LINES_MAX];
	int by[LINES_MAX];
	size_t line_count;
	unsigned dragged, buried, inverted;
};

static uint64_t chance(struct chat *c, uint64_t below)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random % below;
}

static bool meet(const struct chat *c, int a, int b)
{
	return !c->apart || a / LAN == b / LAN;
}

/* The time that the room has for one of them. */
static uint64_t room_ms(const struct chat *c, int i)
{
	const struct person *p = &c->people[i];
	struct qf_clock own = { NOW + p->wall, QF_CLOCK_RTC };
	struct qf_clock others[PEOPLE], judged;
	size_t n = 0;

	for (int k = 0; k < PEOPLE; k++)
		if (k != i && meet(c, i, k))
			others[n++] = (struct qf_clock){
				NOW + c->people[k].wall, QF_CLOCK_RTC
			};
	judged = qf_skew_judge(&own, others, n, BUILT);
	return (uint64_t)(judged.ahead_ms + c->now);
}

/* True: it was put above so many rows that nobody looks there. */
static bool show(struct chat *c, int i, uint64_t stamp)
{
	struct person *p = &c->people[i];
	size_t at = p->row_count++;

	while (at > 0 && p->rows[at - 1] > stamp) {
		p->rows[at] = p->rows[at - 1];
		at--;
	}
	p->rows[at] = stamp;
	p->last = qf_clock_receive(p->last, stamp, room_ms(c, i));
	return p->row_count - 1 - at >= BURIED_ROWS;
}

static void speak(struct chat *c, int i)
{
	struct person *p = &c->people[i];
	uint64_t newest = p->row_count ? p->rows[p->row_count - 1] : 0;
	uint64_t stamp = p->last = qf_clock_send(p->last, room_ms(c, i));

	c->inverted += stamp <= newest;
	for (int k = 0; k < PEOPLE; k++)
		if (meet(c, i, k))
			c->buried += show(c, k, stamp);
	c->lines[c->line_count] = stamp;
	c->by[c->line_count++] = i;
}

/* Both halves learn what the other said; nothing of it is live. */
static void heal(struct chat *c, size_t from)
{
	c->apart = false;
	for (size_t l = from; l < c->line_count; l++)
		for (int k = 0; k < PEOPLE; k++)
			if (k / LAN != c->by[l] / LAN)
				show(c, k, c->lines[l]);
}

static void check_health(struct chat *c)
{
	for (int i = 0; i < PEOPLE; i++) {
		int64_t off = (int64_t)room_ms(c, i) - NOW - c->now;

		c->dragged += c->people[i].healthy &&
		              qf_skew_differ(off, c->people[i].wall);
		c->dragged += qf_skew_differ(off, 0);
	}
}

static void begin(struct chat *c, uint64_t seed)
{
	static const int64_t wrong[] = { -NOW, -3 * DAY, 5 * HOUR, 9 * YEAR };

	*c = (struct chat){ .random = seed * 2654435761u + 1 };
	for (int i = 0; i < PEOPLE; i++) {
		c->people[i].healthy = true;
		c->people[i].wall = (int64_t)chance(c, 40000) - 20000;
	}
	/* Two in each half, in any order. */
	for (int w = 0; w < 4; w++) {
		int i = w % 2 * LAN + w / 2 * 3 + (int)chance(c, 3);

		c->people[i].healthy = false;
		c->people[i].wall = wrong[w];
	}
}

static void tell(uint64_t seed)
{
	struct chat *c = calloc(1, sizeof *c);
	size_t parted = 0;

	assert_non_null(c);
	begin(c, seed);
	while (c->line_count < LINES) {
		c->now += 30 * 1000;
		if (chance(c, 20) == 0 && c->apart) {
			heal(c, parted);
		} else if (chance(c, 20) == 0 && !c->apart) {
			c->apart = true;
			parted = c->line_count;
		}
		speak(c, (int)chance(c, PEOPLE));
		check_health(c);
	}
	if (c->apart)
		heal(c, parted);
	assert_int_equal(c->dragged, 0);
	assert_int_equal(c->buried, 0);
	assert_int_equal(c->inverted, 0);
	for (int k = 1; k < PEOPLE; k++)
		assert_memory_equal(c->people[k].rows, c->people[0].rows,
		                    LINES * sizeof c->lines[0]);
	free(c);
}

TEST(skew, four_wrong_clocks_of_twelve_bury_nothing_and_drag_nobody)
{
	for (uint64_t seed = 1; seed <= 50; seed++)
		tell(seed);
}
