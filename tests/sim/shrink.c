/* shrink.c - the shortest plot that still breaks the law */
#include "sim/shrink.h"

#include <string.h>

struct shrinking {
	struct plot *best;
	struct outcome *why;
	unsigned left; /* plays */
};

/* Takes the plot: if it breaks the same law it is the best now. */
static bool still_fails(struct shrinking *s, struct plot *p)
{
	struct outcome out = { 0 };

	if (s->left) {
		s->left--;
		play_apart(p, NULL, true, &out);
	}
	if (!out.wrong[0] || out.law != s->why->law) {
		plot_fini(p);
		return false;
	}
	plot_fini(s->best);
	*s->best = *p;
	*s->why = out;
	return true;
}

static void leave_out(struct plot *p, size_t from, size_t n)
{
	memmove(p->twists + from, p->twists + from + n,
	        (p->count - from - n) * sizeof *p->twists);
	p->count -= n;
}

/* Without what comes after it: heals take time that no twist knows of, so this
 * tries ever later ends. */
static void without_the_end(struct shrinking *s)
{
	for (size_t kept = 1; kept < s->best->count; kept *= 2) {
		struct plot p;

		plot_copy(&p, s->best);
		p.count = kept;
		if (still_fails(s, &p))
			return;
	}
}

static bool without_twists(struct shrinking *s, size_t at_once)
{
	bool less = false;

	for (size_t end = s->best->count; end > 0 && s->left;) {
		size_t n = end < at_once ? end : at_once;
		struct plot p;

		plot_copy(&p, s->best);
		leave_out(&p, end - n, n);
		less |= still_fails(s, &p);
		end -= n;
	}
	return less;
}

/* Without it others could not reach one another: another story. */
static bool is_bridge(const struct role *r)
{
	return r->lans & (r->lans - 1);
}

static bool without_nodes(struct shrinking *s)
{
	bool less = false;

	for (unsigned i = 0; i < HOSTS_MAX; i++) {
		struct plot p;

		if (!s->best->cast[i].there || plot_nodes(s->best) == 2 ||
		    is_bridge(&s->best->cast[i]))
			continue;
		plot_copy(&p, s->best);
		p.cast[i].there = false;
		less |= still_fails(s, &p);
	}
	return less;
}

static bool is_simple(const struct role *r)
{
	return !r->there || (!r->steps && r->workers == 1 && r->rooms == 1);
}

static bool with_simple_nodes(struct shrinking *s)
{
	bool less = false;

	for (unsigned i = 0; i < HOSTS_MAX; i++) {
		struct plot p;

		if (is_simple(&s->best->cast[i]))
			continue;
		plot_copy(&p, s->best);
		p.cast[i].steps = false;
		p.cast[i].workers = p.cast[i].rooms = 1;
		less |= still_fails(s, &p);
	}
	return less;
}

static bool with_fewer_lines(struct shrinking *s)
{
	bool less = false;

	for (size_t i = 0; i < s->best->count; i++) {
		struct plot p;

		if (s->best->twists[i].kind != TWIST_SAY ||
		    s->best->twists[i].n == 1)
			continue;
		plot_copy(&p, s->best);
		p.twists[i].n = 1;
		less |= still_fails(s, &p);
	}
	return less;
}

/* All happens so much sooner. */
static bool sooner(struct shrinking *s)
{
	struct plot p;

	if (!s->best->count || s->best->twists[s->best->count - 1].at_ms < 100)
		return false;
	plot_copy(&p, s->best);
	for (size_t i = 0; i < p.count; i++)
		p.twists[i].at_ms /= 2;
	return still_fails(s, &p);
}

static bool plainly(struct shrinking *s)
{
	struct world_options plain = world_defaults(s->best->options.seed);
	struct plot p;

	if (!memcmp(&s->best->options, &plain, sizeof plain))
		return false;
	plot_copy(&p, s->best);
	p.options = plain;
	return still_fails(s, &p);
}

unsigned shrink(struct plot *p, struct outcome *why, unsigned plays_max)
{
	struct shrinking s = { .best = p, .why = why, .left = plays_max };
	bool less = true;

	without_the_end(&s);
	plainly(&s);
	while (less && s.left) {
		less = without_nodes(&s);
		for (size_t n = s.best->count; n > 0; n /= 2)
			less |= without_twists(&s, n);
		less |= with_simple_nodes(&s);
		less |= with_fewer_lines(&s);
		less |= sooner(&s);
	}
	return plays_max - s.left;
}
