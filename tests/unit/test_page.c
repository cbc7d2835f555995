/* test_page.c - links for guests and for the owner, and how long they are good
 */
#include <string.h>

#include "core/page.h"
#include "test.h"

static const uint8_t seed[QF_SEED_BYTES] = { 3 };

enum { DAY_MS = 86400000 };

static bool same(const struct qf_nonce *a, const struct qf_nonce *b)
{
	return !memcmp(a->b, b->b, sizeof a->b);
}

TEST(page, a_guests_link_is_good_this_week_and_the_next)
{
	struct qf_nonce first;
	struct qf_page p;

	(void)state;
	qf_page_init(&p, seed);
	assert_true(qf_page_turn(&p, seed, 0));
	first = p.guests[0];
	assert_false(qf_page_turn(&p, seed, UINT64_C(6) * DAY_MS));
	assert_true(qf_page_turn(&p, seed, UINT64_C(7) * DAY_MS));
	assert_true(same(&p.guests[1], &first));
	assert_true(qf_page_turn(&p, seed, UINT64_C(14) * DAY_MS));
	assert_false(same(&p.guests[0], &first));
	assert_false(same(&p.guests[1], &first));
}

TEST(page, an_owners_link_is_used_up)
{
	struct qf_nonce all[QF_PAGE_OWNERS_MAX + 1];
	struct qf_page p;

	(void)state;
	qf_page_init(&p, seed);
	for (size_t i = 0; i <= QF_PAGE_OWNERS_MAX; i++)
		all[i] = qf_page_own(&p, seed, 9);
	assert_false(qf_page_use(&p, &all[0]));
	for (size_t i = QF_PAGE_OWNERS_MAX; i > 0; i--) {
		assert_true(qf_page_use(&p, &all[i]));
		assert_false(qf_page_use(&p, &all[i]));
	}
	assert_int_equal(p.owner_count, 0);
}

TEST(page, a_link_names_the_address_and_any_other_room_than_the_lobby)
{
	struct qf_address four = { .host = "10.0.0.7", .port = 9999 };
	struct qf_address six = { .host = "fd00::7", .port = 1 };
	char link[QF_PAGE_LINK_BYTES_MAX];
	struct qf_page p;

	(void)state;
	qf_page_init(&p, seed);
	qf_page_turn(&p, seed, 0);
	qf_page_link(&p, &four, false, &p.guests[0], "#lobby", link);
	assert_int_equal(strlen(link), strlen("http://10.0.0.7:9999/#g") + 64);
	assert_memory_equal(link, "http://10.0.0.7:9999/#g", 23);
	qf_page_link(&p, &six, true, &p.guests[0], NULL, link);
	assert_memory_equal(link, "http://[fd00::7]:1/#o", 21);
	qf_page_link(&p, &four, false, &p.guests[0], "#caf\xc3\xa9.1", link);
	assert_string_equal(link + 23 + 64, ".caf%C3%A9%2E1");
}
