/* test_list.c - an array that makes room for one more */
#include "test.h"

#include <stdlib.h>

#include "core/list.h"

TEST(list, what_was_there_stays_however_often_it_grows)
{
	int *items = NULL;
	size_t cap = 0;

	for (int i = 0; i < 1000; i++) {
		assert_true(
			qf_list_room(&items, (size_t)i, &cap, sizeof *items));
		assert_true(cap > (size_t)i);
		items[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

TEST(list, it_grows_only_when_it_is_full_and_then_doubles)
{
	int *items = NULL, *before;
	size_t cap = 0, first;

	assert_true(qf_list_room(&items, 0, &cap, sizeof *items));
	assert_non_null(items);
	first = cap;
	before = items;
	assert_true(qf_list_room(&items, first - 1, &cap, sizeof *items));
	assert_ptr_equal(items, before);
	assert_int_equal(cap, first);
	assert_true(qf_list_room(&items, first, &cap, sizeof *items));
	assert_int_equal(cap, 2 * first);
	free(items);
}

TEST(list, it_holds_items_of_any_size)
{
	struct wide {
		uint64_t words[9];
	} *items = NULL;
	size_t cap = 0;

	for (size_t i = 0; i < 20; i++) {
		assert_true(qf_list_room(&items, i, &cap, sizeof *items));
		items[i] = (struct wide){ { i, [8] = i } };
	}
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(items[i].words[8], i);
	free(items);
}
