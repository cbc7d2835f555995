/* svg.c - the mesh as a drawing: one SVG that needs nothing besides */
#include "svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

enum {
	ROUNDS = 200,
	EACH = 90, /* pixels that a person has for itself, each way */
	MARGIN = 60,
	RADIUS = 9,
	NETWORKS_MAX = 6, /* with a colour of their own */
	LEGEND_STEP = 18,
};

struct place {
	double x, y, dx, dy;
};

struct drawing {
	FILE *to;
	const struct qf_reply *map;
	struct place *places;
	double side;
	struct qf_bytes networks[NETWORKS_MAX];
	int network_count;
};

static bool is_drawn(const struct drawing *d, const struct qf_reply_link *l)
{
	return l->from < d->map->person_count && l->to < d->map->person_count;
}

static void begin_on_a_circle(struct drawing *d)
{
	size_t count = d->map->person_count;

	for (size_t i = 0; i < count; i++) {
		double angle = 2 * M_PI * (double)i / (double)count;

		d->places[i].x = d->side / 2 * (1 + 0.8 * cos(angle));
		d->places[i].y = d->side / 2 * (1 + 0.8 * sin(angle));
	}
}

/* Both move by that much along the line between them; apart if positive. */
static void push(struct place *a, struct place *b, double force)
{
	double x = a->x - b->x, y = a->y - b->y;
	double far = sqrt(x * x + y * y);

	if (far < 0.01)
		return;
	a->dx += x / far * force;
	a->dy += y / far * force;
	b->dx -= x / far * force;
	b->dy -= y / far * force;
}

static double distance(const struct place *a, const struct place *b)
{
	double far = hypot(a->x - b->x, a->y - b->y);

	return far < 0.01 ? 0.01 : far;
}

static void pull(struct place *a, struct place *b)
{
	double far = distance(a, b);

	push(a, b, -far * far / EACH);
}

static double within(double at, double side)
{
	return at < 0 ? 0 : at > side ? side : at;
}

static void move(struct drawing *d, double most)
{
	for (size_t i = 0; i < d->map->person_count; i++) {
		struct place *p = &d->places[i];
		double far = hypot(p->dx, p->dy);
		double part = far > most ? most / far : 1;

		p->x = within(p->x + p->dx * part, d->side);
		p->y = within(p->y + p->dy * part, d->side);
		p->dx = p->dy = 0;
	}
}

static void lay_out(struct drawing *d)
{
	size_t count = d->map->person_count;

	begin_on_a_circle(d);
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < count; i++)
			for (size_t k = i + 1; k < count; k++)
				push(&d->places[i], &d->places[k],
				     EACH * EACH /
				             distance(&d->places[i],
				                      &d->places[k]));
		for (size_t i = 0; i < d->map->link_count; i++) {
			const struct qf_reply_link *l = &d->map->links[i];

			if (is_drawn(d, l))
				pull(&d->places[l->from], &d->places[l->to]);
		}
		move(d, d->side / 10 * (ROUNDS - round) / ROUNDS);
	}
}

/* Text of others, made safe as for a terminal and then for XML. */
static bool print_escaped(FILE *to, struct qf_bytes text)
{
	char *safe = NULL;
	size_t len = 0;
	FILE *word = open_memstream(&safe, &len);

	if (!word)
		return false;
	qf_print_word(word, text);
	fclose(word);
	for (size_t i = 0; i < len; i++)
		switch (safe[i]) {
		case '&':
			fputs("&amp;", to);
			break;
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			putc(safe[i], to);
		}
	free(safe);
	return true;
}

/* Its colour; those that are too many share the last. */
static int colour_of(struct drawing *d, struct qf_bytes network)
{
	int i = 0;

	for (; i < d->network_count; i++)
		if (d->networks[i].len == network.len &&
		    !memcmp(d->networks[i].at, network.at, network.len))
			return i;
	if (!network.len || i == NETWORKS_MAX)
		return NETWORKS_MAX - 1;
	d->networks[d->network_count++] = network;
	return i;
}

static void print_head(const struct drawing *d)
{
	static const char *const colours[NETWORKS_MAX] = {
		"#4477aa", "#228833", "#cc6677", "#aa7700", "#aa3377", "#888",
	};
	int size = (int)d->side + 2 * MARGIN;

	fprintf(d->to,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d "
	        "%d\" role=\"img\">\n<title>QuickFi: %zu nodes, %zu "
	        "links</title>\n<style>\n"
	        "svg{color:#222;background:#fff;font:13px sans-serif}\n"
	        "text{fill:currentColor;text-anchor:middle}\n"
	        ".key{text-anchor:start}\nline{stroke-width:1.5}\n"
	        "circle{fill:#fff;stroke:currentColor;stroke-width:2}\n"
	        ".direct{fill:#bcd}.self{fill:#fc5}\n",
	        size, size, d->map->person_count, d->map->link_count);
	for (int i = 0; i < NETWORKS_MAX; i++)
		fprintf(d->to, ".n%d{stroke:%s}\n", i, colours[i]);
	fputs("@media (prefers-color-scheme:dark){"
	      "svg{color:#ddd;background:#1b1b1b}circle{fill:#1b1b1b}"
	      ".direct{fill:#345}.self{fill:#960}}\n</style>\n",
	      d->to);
}

static void print_links(struct drawing *d)
{
	for (size_t i = 0; i < d->map->link_count; i++) {
		const struct qf_reply_link *l = &d->map->links[i];

		if (!is_drawn(d, l))
			continue;
		fprintf(d->to,
		        "<line class=\"n%d\" x1=\"%.0f\" y1=\"%.0f\" "
		        "x2=\"%.0f\" y2=\"%.0f\"/>\n",
		        colour_of(d, l->network), d->places[l->from].x + MARGIN,
		        d->places[l->from].y + MARGIN,
		        d->places[l->to].x + MARGIN,
		        d->places[l->to].y + MARGIN);
	}
}

/* A hub is ringed. */
static void print_ring(const struct drawing *d, double x, double y)
{
	fprintf(d->to,
	        "<circle class=\"through\" cx=\"%.0f\" cy=\"%.0f\" "
	        "r=\"%d\"/>\n",
	        x, y, RADIUS + 4);
}

static bool print_person(const struct drawing *d, size_t i)
{
	const struct qf_reply_person *p = &d->map->people[i];
	double x = d->places[i].x + MARGIN, y = d->places[i].y + MARGIN;

	if (p->hub)
		print_ring(d, x, y);
	fprintf(d->to,
	        "<circle class=\"%s\" cx=\"%.0f\" cy=\"%.0f\" r=\"%d\"/>\n"
	        "<text x=\"%.0f\" y=\"%.0f\">",
	        p->self     ? "self"
	        : p->linked ? "direct"
	                    : "through",
	        x, y, RADIUS, x, y + RADIUS + 14);
	if (!print_escaped(d->to, p->name.len ? p->name : p->key_short))
		return false;
	fputs("</text>\n", d->to);
	return true;
}

static bool print_legend(const struct drawing *d)
{
	for (int i = 0; i < d->network_count; i++) {
		int y = LEGEND_STEP * (i + 1);

		fprintf(d->to,
		        "<line class=\"n%d\" x1=\"8\" y1=\"%d\" x2=\"28\" "
		        "y2=\"%d\"/><text class=\"key\" x=\"34\" y=\"%d\">",
		        i, y - 4, y - 4, y);
		if (!print_escaped(d->to, d->networks[i]))
			return false;
		fputs("</text>\n", d->to);
	}
	return true;
}

bool qf_svg_print(FILE *to, const struct qf_reply *map)
{
	size_t count = map->person_count;
	struct drawing d = { .to = to, .map = map };
	bool good;

	d.places = calloc(count + 1, sizeof *d.places);
	if (!d.places)
		return false;
	d.side = EACH * (1 + sqrt((double)count));
	lay_out(&d);
	print_head(&d);
	print_links(&d);
	good = print_legend(&d);
	for (size_t i = 0; good && i < count; i++)
		good = print_person(&d, i);
	fputs("</svg>\n", to);
	free(d.places);
	return good;
}
