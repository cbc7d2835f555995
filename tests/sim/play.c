/* play.c - a plot is played in a world, and the law watches */
#include "sim/play.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/list.h"
#include "sim/law.h"

enum {
	HEAL_MS = 180000, /* longer than any link needs to be dialled again */
	LOOK_MS = 500,    /* whether it has healed */
	GONE_MS = 60000,  /* longer than anyone is shown who has gone */
	DAY_MS = 86400000,
};

static const char *const rooms[PLOT_ROOMS] = { "#lobby", "#two", "#three" };

static const char *const names[] = {
	"ana", "bob", "cleo", "dan", "eve", "finn", "gil", "hana",
	"ivo", "jo",  "kim",  "leo", "mia", "nils", "ola", "pia",
};

/* Said once, however often it is asked for. */
struct line {
	struct host *by;
	const char *room;
	size_t request; /* the last */
};

struct stage {
	const struct plot *plot;
	struct world *w;
	struct host *hosts[HOSTS_MAX];       /* by their role; NULL: left out */
	const struct role *roles[HOSTS_MAX]; /* by their number */
	struct line *lines;
	size_t line_count;
	size_t line_cap;
	uint64_t heals;
};

/* People. */

static void ask_for(struct stage *s, size_t number)
{
	struct line *line = &s->lines[number];
	char text[32];

	snprintf(text, sizeof text, "line %zu", number + 1);
	world_tell(s->w, "%s is asked to say \"%s\" in %s, as request %zu",
	           line->by->name, text, line->room, s->w->said_count);
	line->request = world_say_once(line->by, line->room, text, number + 1);
}

static void say(struct stage *s, struct host *h, const struct twist *t)
{
	uint64_t dice = t->dice;
	const char *room = rooms[plot_roll(&dice, PLOT_ROOMS)];

	for (uint64_t n = t->n; n > 0 && h->up; n--) {
		bool fits = qf_list_room(&s->lines, s->line_count, &s->line_cap,
		                         sizeof *s->lines);

		assert(fits);
		s->lines[s->line_count] = (struct line){ .by = h,
			                                 .room = room };
		ask_for(s, s->line_count++);
	}
}

static void say_again(struct stage *s, const struct twist *t)
{
	uint64_t dice = t->dice;
	size_t number;

	if (!s->line_count)
		return;
	number = plot_roll(&dice, s->line_count);
	if (s->lines[number].by->up)
		ask_for(s, number);
}

static void join(struct host *h, uint64_t dice)
{
	const char *room = rooms[plot_roll(&dice, PLOT_ROOMS)];

	world_tell(h->world, "%s joins %s", h->name, room);
	world_join(h, room);
}

static void dial(struct host *h, struct host *other)
{
	world_tell(h->world, "%s is told of %s", h->name, other->name);
	world_connect(h, other);
}

/* The nearest of those before it that it can reach. */
static void dial_before(struct stage *s, struct host *h)
{
	for (unsigned i = h->number; i-- > 0;) {
		if (!plot_reaches(s->roles[i], s->roles[h->number]))
			continue;
		dial(h, s->w->hosts[i]);
		return;
	}
}

/* The network. */

static void sever(struct cable *c, uint64_t *dice)
{
	if (c->cut || c->torn || c->silent)
		return;
	if (plot_roll(dice, 3))
		cable_tear(c, plot_roll(dice, UINT64_MAX));
	else
		cable_silence(c);
}

static bool on_one_side(const struct stage *s, const struct host *h,
                        uint64_t mask)
{
	for (unsigned i = 0; i < HOSTS_MAX; i++)
		if (s->hosts[i] == h)
			return mask >> i % PLOT_SIDES & 1;
	return false;
}

static void part(struct stage *s, const struct twist *t)
{
	struct world *w = s->w;
	uint64_t dice = t->dice;

	world_tell(w, "the network falls apart");
	w->faults[FAULT_PARTITION]++;
	for (unsigned i = 0; i < w->host_count; i++)
		for (unsigned k = 0; k < w->host_count; k++)
			w->apart[i][k] |= on_one_side(s, w->hosts[i], t->n) !=
			                  on_one_side(s, w->hosts[k], t->n);
	for (size_t i = 0; i < w->cables.count; i++) {
		struct cable *c = fifo_at(&w->cables, i);

		if (w->apart[c->ends[0].worker->host->number]
		            [c->ends[1].worker->host->number])
			sever(c, &dice);
	}
}

static void lay_out(struct stage *s)
{
	struct world *w = s->w;

	for (unsigned i = 0; i < w->host_count; i++)
		for (unsigned k = 0; k < w->host_count; k++)
			w->apart[i][k] = !plot_reaches(s->roles[i],
			                               s->roles[k]);
}

/* Links that had gone silent turn out to be dead. */
static void meet(struct stage *s)
{
	struct world *w = s->w;

	world_tell(w, "all can reach one another");
	lay_out(s);
	for (size_t i = 0; i < w->cables.count; i++) {
		struct cable *c = fifo_at(&w->cables, i);

		if (c->silent)
			c->cut = true;
		c->silent = false;
	}
}

static void befall_link(struct world *w, const struct twist *t)
{
	uint64_t dice = t->dice;
	struct cable *c;
	struct end *e;

	if (!w->cables.count)
		return;
	c = fifo_at(&w->cables, plot_roll(&dice, w->cables.count));
	e = &c->ends[plot_roll(&dice, 2)];
	if (e->over || e->other->over)
		return;
	if (t->kind == TWIST_TEAR) {
		w->faults[FAULT_CUT]++;
		sever(c, &dice);
	} else if (t->kind == TWIST_MUTE) {
		w->faults[FAULT_MUTE]++;
		e->muted = true;
		world_tell(w, "what %s says by link %u gets lost from now on",
		           e->worker->host->name, c->number);
	} else {
		w->faults[FAULT_SLOW]++;
		e->pace_ms = t->n;
		world_tell(w, "%s reads link %u only every %llu ms",
		           e->worker->host->name, c->number,
		           (unsigned long long)t->n);
	}
}

/* Machines. */

static void crash(struct host *h, uint64_t dice)
{
	if (h->up)
		world_crash(h, plot_roll(&dice, 2));
}

static void set_clock(struct host *h, uint64_t dice)
{
	static const int64_t days[] = { -3, 9 * 365 };
	uint64_t kind = plot_roll(&dice, 5);

	h->clock_ms = 0;
	if (kind == 0)
		h->clock_ms = -(int64_t)host_now(h).wall_ms;
	else if (kind <= 2)
		h->clock_ms = days[kind - 1] * DAY_MS;
	else if (kind == 3)
		h->clock_ms = (int64_t)plot_roll(&dice, 7200000) - 3600000;
	h->world->faults[FAULT_CLOCK]++;
	world_tell(h->world, "the clock of %s is %lld s off from now on",
	           h->name, (long long)h->clock_ms / 1000);
}

static void set_disk(struct host *h, const struct twist *t)
{
	h->disk.full = t->kind == TWIST_FULL;
	if (t->kind == TWIST_ERROR)
		h->disk.failing = (unsigned)t->n;
	if (t->kind == TWIST_ERROR)
		world_tell(h->world, "the next %llu commits of %s will fail",
		           (unsigned long long)t->n, h->name);
	else
		world_tell(h->world, "the disk of %s %s", h->name,
		           h->disk.full ? "is full" : "has room");
}

/* Healing. */

static void repair(struct stage *s)
{
	struct world *w = s->w;

	world_tell(w, "all is repaired");
	meet(s);
	for (unsigned i = 0; i < w->host_count; i++) {
		struct host *h = w->hosts[i];

		h->disk.failing = 0;
		h->disk.full = false;
		if (h->up && h->leaves)
			world_crash(h, false);
		if (!h->up)
			host_boot(h);
		for (int r = 0; r < PLOT_ROOMS; r++)
			world_join(h, rooms[r]);
		dial_before(s, h);
	}
	for (size_t i = 0; i < w->cables.count; i++) {
		struct cable *c = fifo_at(&w->cables, i);

		for (int k = 0; k < 2; k++) {
			c->cut |= c->ends[k].muted;
			c->ends[k].pace_ms = 0;
		}
	}
	for (size_t i = 0; i < s->line_count; i++)
		if (world_said(w, s->lines[i].request)->state == SAID_LOST)
			ask_for(s, i);
}

/* Others are soon told so, and then that it is back. */
static void leave(struct world *w, struct host *h)
{
	uint64_t until = w->now_ms + GONE_MS;

	world_leave(h);
	do
		world_run_ms(w, LOOK_MS);
	while ((h->up || !law_all_are_shown(w)) && w->now_ms < until &&
	       !w->wrong[0]);
	if (h->up)
		law_broken(w, "%s does not stop", h->name);
	law_shown(w);
	if (!h->up)
		host_boot(h);
}

static void heal(struct stage *s, struct host *leaves)
{
	struct world *w = s->w;
	uint64_t until = w->now_ms + HEAL_MS;

	s->heals++;
	repair(s);
	do
		world_run_ms(w, LOOK_MS);
	while (!law_may_hold(w) && w->now_ms < until && !w->wrong[0]);
	law_quiet(w);
	law_healed(w);
	for (unsigned i = 0; i < w->host_count; i++)
		law_said_once(w->hosts[i]);
	if (leaves && !w->wrong[0])
		leave(w, leaves);
}

/* The play. */

static void happen(struct stage *s, const struct twist *t)
{
	struct host *h = s->hosts[t->host], *other = s->hosts[t->other];

	switch (t->kind) {
	case TWIST_SAY:
		if (h)
			say(s, h, t);
		break;
	case TWIST_AGAIN:
		say_again(s, t);
		break;
	case TWIST_JOIN:
		if (h && h->up)
			join(h, t->dice);
		break;
	case TWIST_CONNECT:
		if (h && h->up && other && other != h)
			dial(h, other);
		break;
	case TWIST_CRASH:
		if (h)
			crash(h, t->dice);
		break;
	case TWIST_BOOT:
		if (h && !h->up)
			host_boot(h);
		break;
	case TWIST_LEAVE:
		if (h && h->up && !h->leaves)
			world_leave(h);
		break;
	case TWIST_PART:
		part(s, t);
		break;
	case TWIST_MEET:
		meet(s);
		break;
	case TWIST_TEAR:
	case TWIST_MUTE:
	case TWIST_SLOW:
		befall_link(s->w, t);
		break;
	case TWIST_ERROR:
	case TWIST_FULL:
	case TWIST_ROOMY:
		if (h)
			set_disk(h, t);
		break;
	case TWIST_CLOCK:
		if (h)
			set_clock(h, t->dice);
		break;
	case TWIST_HEAL:
		heal(s, h);
		break;
	}
}

static void name_of(unsigned i, char *out, size_t cap)
{
	if (i < sizeof names / sizeof *names)
		snprintf(out, cap, "%s", names[i]);
	else
		snprintf(out, cap, "no%u", i + 1);
}

static void enter(struct stage *s)
{
	for (unsigned i = 0; i < HOSTS_MAX; i++) {
		const struct role *r = &s->plot->cast[i];
		char name[16];
		struct host *h;

		if (!r->there)
			continue;
		name_of(i, name, sizeof name);
		s->roles[s->w->host_count] = r;
		h = s->hosts[i] = world_host(s->w, name, r->workers);
		h->steps = r->steps;
		world_tell(s->w, "%s has %u worker%s%s", h->name, r->workers,
		           r->workers == 1 ? "" : "s",
		           r->steps ? ", and its threads run by chance" : "");
		for (int k = 0; k < PLOT_ROOMS; k++)
			if (r->rooms >> k & 1)
				world_join(h, rooms[k]);
		dial_before(s, h);
	}
	lay_out(s);
}

static void conclude(const struct stage *s, uint64_t began_ms,
                     struct outcome *out)
{
	struct world *w = s->w;

	out->simulated_ms = w->now_ms - began_ms;
	out->said = s->line_count;
	for (size_t i = 0; i < s->line_count; i++)
		out->stored += world_said(w, s->lines[i].request)->state ==
		               SAID_STORED;
	out->drafts = w->drafts;
	out->heals = s->heals;
	memcpy(out->faults, w->faults, sizeof out->faults);
	out->hash = w->hash;
	memcpy(out->wrong, w->wrong, sizeof out->wrong);
	out->law = w->law;
	out->wrong_ms = w->wrong_ms;
}

void play(const struct plot *p, FILE *narration, struct outcome *out)
{
	struct stage s = { .plot = p, .w = world_new(&p->options) };
	uint64_t began_ms = s.w->now_ms, delay_ms = 0;

	memset(out, 0, sizeof *out);
	s.w->narration = narration;
	enter(&s);
	for (size_t i = 0; i < p->count && !s.w->wrong[0]; i++) {
		const struct twist *t = &p->twists[i];
		uint64_t at_ms = began_ms + t->at_ms + delay_ms;

		if (at_ms > s.w->now_ms)
			world_run_ms(s.w, at_ms - s.w->now_ms);
		happen(&s, t);
		/* What comes after a heal waits until it has been. */
		if (t->kind == TWIST_HEAL)
			delay_ms += s.w->now_ms - at_ms;
	}
	if (!s.w->wrong[0])
		heal(&s, s.hosts[0]);
	conclude(&s, began_ms, out);
	world_free(s.w);
	free(s.lines);
}

/* The child's part of play_apart(); nobody but its parent reads the pipe. */
static void tell_parent(int to, const struct outcome *out)
{
	ssize_t n = write(to, out, sizeof *out);

	exit(n == sizeof *out ? 0 : 1);
}

static void hush(void)
{
	int nowhere = open("/dev/null", O_WRONLY);

	dup2(nowhere, STDERR_FILENO);
}

void play_apart(const struct plot *p, FILE *narration, bool hushed,
                struct outcome *out)
{
	int ends[2], status;
	pid_t child;
	ssize_t n;

	fflush(NULL);
	if (pipe(ends) || (child = fork()) < 0) {
		perror("quickfi-sim: no process for a world");
		exit(71); /* EX_OSERR */
	}
	if (!child) {
		close(ends[0]);
		if (hushed)
			hush();
		play(p, narration, out);
		fflush(narration);
		tell_parent(ends[1], out);
	}
	close(ends[1]);
	n = read(ends[0], out, sizeof *out);
	close(ends[0]);
	waitpid(child, &status, 0);
	if (n == sizeof *out && !status)
		return;
	*out = (struct outcome){ .crashed = true };
	snprintf(out->wrong, sizeof out->wrong,
	         "the program itself failed (%s %d)",
	         WIFSIGNALED(status) ? "signal" : "exit code",
	         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}
