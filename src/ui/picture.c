/* picture.c - the mesh in a terminal: who is linked with whom, as a tree */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#include "print.h"

enum { NOBODY = -1, DEPTH_MAX = 64 };

struct picture {
	FILE *to;
	const char *prefix;
	const struct qf_reply *map;
	struct qf_known known;
	int *above; /* of each person, towards ourselves; NOBODY: none */
	int *link;  /* to them */
	int *queue; /* in the order in which they are reached */
	size_t reached;
	bool several; /* networks: each link tells its own */
};

/* The other end of a link that begins or ends there, or NOBODY. */
static int other_end(const struct picture *p, size_t i, int person)
{
	const struct qf_reply_link *l = &p->map->links[i];
	size_t count = p->map->person_count;

	if (l->from >= count || l->to >= count)
		return NOBODY;
	return (int)l->from == person ? (int)l->to
	       : (int)l->to == person ? (int)l->from
	                              : NOBODY;
}

static void reach(struct picture *p, int person, int above, int link)
{
	p->above[person] = above;
	p->link[person] = link;
	p->queue[p->reached++] = person;
}

/* Breadth first, from ourselves, who come first. */
static void reach_all(struct picture *p)
{
	if (p->map->person_count)
		reach(p, 0, NOBODY, NOBODY);
	for (size_t at = 0; at < p->reached; at++)
		for (size_t i = 0; i < p->map->link_count; i++) {
			int other = other_end(p, i, p->queue[at]);

			if (other > 0 && p->link[other] == NOBODY)
				reach(p, other, p->queue[at], (int)i);
		}
}

static bool is_on_a_way(const struct picture *p, size_t i)
{
	const struct qf_reply_link *l = &p->map->links[i];

	return p->link[l->from] == (int)i || p->link[l->to] == (int)i;
}

static void print_name(const struct picture *p, int i)
{
	const struct qf_reply_person *person = &p->map->people[i];

	qf_known_print(&p->known, p->to, person->key, person->key_short,
	               person->name);
	if (person->hub)
		fputs(" (hub)", p->to);
}

static void print_link(const struct picture *p, int person)
{
	const struct qf_reply_person *to = &p->map->people[person];
	const struct qf_reply_link *l = &p->map->links[p->link[person]];

	if (to->over.len) {
		fputs("  over ", p->to);
		qf_print_word(p->to, to->over);
	}
	if (p->several && l->network.len) {
		fputs("  in ", p->to);
		qf_print_word(p->to, l->network);
	}
}

static int next_below(const struct picture *p, int above, int after)
{
	for (int i = after + 1; i < (int)p->map->person_count; i++)
		if (p->link[i] != NOBODY && p->above[i] == above)
			return i;
	return NOBODY;
}

static void print_below(const struct picture *p, int above, bool *last,
                        int depth)
{
	int next, i = next_below(p, above, 0);

	for (; i != NOBODY && depth < DEPTH_MAX; i = next) {
		next = next_below(p, above, i);
		fputs(p->prefix, p->to);
		for (int d = 0; d < depth; d++)
			fputs(last[d] ? "   " : "│  ", p->to);
		fputs(next == NOBODY ? "└─ " : "├─ ", p->to);
		print_name(p, i);
		print_link(p, i);
		putc('\n', p->to);
		last[depth] = next == NOBODY;
		print_below(p, i, last, depth + 1);
	}
}

static void print_others(const struct picture *p)
{
	const char *before = "also linked: ";
	bool any = false;

	for (size_t i = 0; i < p->map->link_count; i++) {
		const struct qf_reply_link *l = &p->map->links[i];

		if (other_end(p, i, (int)l->from) == NOBODY ||
		    is_on_a_way(p, i))
			continue;
		fprintf(p->to, "%s%s", any ? "" : p->prefix, before);
		print_name(p, (int)l->from);
		fputs(" - ", p->to);
		print_name(p, (int)l->to);
		before = ", ";
		any = true;
	}
	if (any)
		putc('\n', p->to);
}

static void print_all(const struct picture *p)
{
	size_t people = p->map->person_count, links = p->map->link_count;
	bool last[DEPTH_MAX];

	if (people) {
		fputs(p->prefix, p->to);
		print_name(p, 0);
		fputs(" (you)\n", p->to);
		print_below(p, 0, last, 0);
	}
	print_others(p);
	fprintf(p->to, "%s%zu node%s, %zu link%s\n", p->prefix, people,
	        people == 1 ? "" : "s", links, links == 1 ? "" : "s");
}

static bool has_several_networks(const struct qf_reply *map)
{
	const struct qf_bytes *first = NULL;

	for (size_t i = 0; i < map->link_count; i++) {
		const struct qf_bytes *network = &map->links[i].network;

		if (!network->len)
			continue;
		if (first && (first->len != network->len ||
		              memcmp(first->at, network->at, first->len)))
			return true;
		first = network;
	}
	return false;
}

bool qf_picture_print(FILE *to, const char *prefix, const struct qf_reply *map)
{
	size_t count = map->person_count;
	struct picture p = { .to = to, .prefix = prefix, .map = map };
	int *all = malloc((3 * count + 1) * sizeof *all);

	if (!all)
		return false;
	p.above = all;
	p.link = all + count;
	p.queue = all + 2 * count;
	p.several = has_several_networks(map);
	for (size_t i = 0; i < count; i++)
		p.above[i] = p.link[i] = NOBODY;
	qf_known_put_all(&p.known, map);
	reach_all(&p);
	print_all(&p);
	qf_known_fini(&p.known);
	free(all);
	return true;
}
