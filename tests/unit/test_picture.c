/* test_picture.c - who is linked with whom, as a tree and as a drawing */
#include "test.h"

#include <locale.h>
#include <stdlib.h>

#include "parts.h"
#include "ui/picture.h"
#include "ui/svg.h"

/* ana is us; bob and cleo are linked with us and with each other; dora is
 * behind bob, on another network. */
static const char four[] =
	"{\"on\":\"map\",\"people\":["
	"{\"key\":\"a\",\"name\":\"ana\",\"self\":true},"
	"{\"key\":\"b\",\"name\":\"bob\",\"linked\":true,\"over\":\"lan\"},"
	"{\"key\":\"c\",\"name\":\"cleo\",\"linked\":true,\"over\":\"lan\"},"
	"{\"key\":\"d\",\"name\":\"<d&\\u001b\\\">\"}],\"links\":["
	"{\"from\":1,\"to\":0,\"network\":\"10.0.0.0/24\"},"
	"{\"from\":0,\"to\":2,\"network\":\"10.0.0.0/24\"},"
	"{\"from\":1,\"to\":2,\"network\":\"10.0.0.0/24\"},"
	"{\"from\":3,\"to\":1,\"network\":\"10.0.9.0/24\"}]}";

typedef bool draw(FILE *to, const struct qf_reply *map);

static bool draw_tree(FILE *to, const struct qf_reply *map)
{
	return qf_picture_print(to, "", map);
}

/* Free it. */
static char *drawn(draw *how, const char *line)
{
	struct qf_reply map;
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	setlocale(LC_ALL, "C.UTF-8");
	assert_non_null(to);
	assert_int_equal(qf_reply_parse(&map, qf_bytes(line, strlen(line))),
	                 QF_OK);
	assert_true(how(to, &map));
	fclose(to);
	qf_reply_fini(&map);
	return text;
}

TEST(picture, a_tree_has_the_shortest_ways_and_other_links_below)
{
	char *text = drawn(draw_tree, four);

	assert_string_equal(text, "ana (you)\n"
	                          "├─ bob  over lan  in 10.0.0.0/24\n"
	                          "│  └─ <d&\xef\xbf\xbd\">  in 10.0.9.0/24\n"
	                          "└─ cleo  over lan  in 10.0.0.0/24\n"
	                          "also linked: bob - cleo\n"
	                          "4 nodes, 4 links\n");
	free(text);
}

TEST(picture, who_is_alone_is_the_whole_tree)
{
	char *text = drawn(draw_tree,
	                   "{\"on\":\"map\",\"people\":[{\"key\":\"a\","
	                   "\"name\":\"ana\",\"self\":true}],\"links\":[]}");

	assert_string_equal(text, "ana (you)\n1 node, 0 links\n");
	free(text);
}

TEST(picture, links_to_places_that_are_none_are_passed_over)
{
	static const char line[] =
		"{\"on\":\"map\",\"people\":[{\"key\":\"a\",\"name\":\"ana\"}],"
		"\"links\":[{\"from\":0,\"to\":7},{\"from\":9,\"to\":0},"
		"{\"from\":0,\"to\":0}]}";

	free(drawn(draw_tree, line));
	free(drawn(qf_svg_print, line));
	free(drawn(draw_tree, "{\"on\":\"map\"}"));
	free(drawn(qf_svg_print, "{\"on\":\"map\"}"));
}

TEST(picture, a_drawing_has_everyone_and_escapes_their_names)
{
	char *text = drawn(qf_svg_print, four);

	assert_part(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" ");
	assert_part(text, "prefers-color-scheme:dark");
	assert_part(text, ">&lt;d&amp;\xef\xbf\xbd&quot;&gt;</text>");
	assert_part(text, ">10.0.9.0/24</text>");
	assert_int_equal(count_of(text, "<circle "), 4);
	assert_int_equal(count_of(text, "<line "), 4 + 2);
	assert_int_equal(count_of(text, "class=\"self\""), 1);
	assert_int_equal(count_of(text, "class=\"direct\""), 2);
	assert_null(strstr(text, "nan"));
	free(text);
}
