/* node_clock.c - what time it is in each room, and what people are told of it
 *
 * Each link tells what its peer's clock shows. The clocks of the first few
 * peers with whom we have a room in common judge ours there (skew.h), as soon
 * as the link has that room and whenever one of them, or ours, moves. When
 * all have gone, the room's time of then is what ours is compared with.
 *
 * Links tell of our own clock what it shows, not what we made of it: two that
 * took over each other's time would never let go of it. Only a clock that is
 * provably wrong tells the time of a room, so that it reaches others of its
 * kind behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

enum { MOVED_MS = 1000, SAID_AGAIN_MS = 600000 };

static int64_t built(const struct qf_node *n)
{
	return (int64_t)n->built_ms - (int64_t)n->now.mono_ms;
}

static int64_t own_ahead(const struct qf_node *n)
{
	return (int64_t)(n->now.wall_ms - n->now.mono_ms);
}

bool qf_node_clock_is_wrong(const struct qf_node *n)
{
	return n->now.wall_ms < n->built_ms;
}

int64_t qf_node_correction(const struct qf_node *n, const struct qf_replica *r)
{
	return r->is_corrected ? r->clock.ahead_ms - own_ahead(n) : 0;
}

uint64_t qf_node_time(const struct qf_node *n, const struct qf_replica *r)
{
	return n->now.wall_ms + (uint64_t)qf_node_correction(n, r);
}

uint64_t qf_node_seen(const struct qf_node *n, const struct qf_replica *r)
{
	return qf_node_clock_is_wrong(n) && !r->is_corrected
	               ? 0
	               : qf_node_time(n, r);
}

/* One clock a key: two links to it are no two voices. */
static bool is_heard(const struct qf_node_link *const *links, size_t count,
                     const struct qf_node_link *l)
{
	for (size_t i = 0; i < count; i++)
		if (qf_key_equal(&links[i]->key, &l->key))
			return true;
	return false;
}

/* Of two links to one peer that which tells a time that may be right is heard,
 * and of two such the newer: by the older perhaps nothing comes any more. */
static size_t gather(struct qf_node *n, const struct qf_replica *r,
                     struct qf_clock out[QF_CLOCKS_MAX])
{
	const struct qf_node_link *links[QF_CLOCKS_MAX];
	size_t count = 0;

	for (int is_wrong = 0; is_wrong <= 1; is_wrong++)
		for (size_t i = r->clock_count; i > 0; i--) {
			const struct qf_node_link *l = qf_node_link(
				n, r->clocks[i - 1]);

			if (!l || is_heard(links, count, l) ||
			    qf_skew_is_wrong(&l->clock, built(n)) != is_wrong)
				continue;
			out[count] = l->clock;
			links[count++] = l;
		}
	if (!count && r->is_corrected)
		out[count++] = r->clock;
	return count;
}

/* For another room as much was said. */
static bool is_known(const struct qf_node *n, const struct qf_replica *r)
{
	for (size_t i = 0; i < n->replica_count; i++) {
		const struct qf_replica *o = n->replicas[i];

		if (o != r && o->is_corrected == r->is_corrected &&
		    o->told_ms &&
		    !qf_skew_differ(o->told_ms, qf_node_correction(n, r)))
			return true;
	}
	return false;
}

/* A clock that jumps all the time is not spoken of all the time. */
static void say_correction(struct qf_node *n, struct qf_replica *r,
                           struct qf_effects *out)
{
	char text[QF_SKEW_TEXT_BYTES] =
		"Your clock and the room's agree again.";
	struct qf_news news = { .kind = QF_NEWS_CLOCK,
		                .room = r->id,
		                .correction_ms = qf_node_correction(n, r),
		                .text = text };

	if (n->skew_said_ms && r->is_corrected &&
	    n->now.mono_ms < n->skew_said_ms + SAID_AGAIN_MS)
		return;
	r->told_ms = news.correction_ms;
	if (is_known(n, r))
		return;
	if (r->is_corrected) {
		qf_skew_say(news.correction_ms, text);
		n->skew_said_ms = n->now.mono_ms;
	}
	qf_node_news(n, &news, out);
}

static void judge(struct qf_node *n, struct qf_replica *r,
                  struct qf_effects *out)
{
	struct qf_clock clocks[QF_CLOCKS_MAX];
	size_t count = gather(n, r, clocks);
	struct qf_clock clock = qf_skew_judge(&n->clock, clocks, count,
	                                      built(n));

	r->is_corrected = clock.ahead_ms != n->clock.ahead_ms;
	r->clock = clock;
	if (qf_skew_differ(r->told_ms, qf_node_correction(n, r)))
		say_correction(n, r, out);
	qf_node_sign_drafts(n, r, out);
}

/* What links tell of our clock. */
static struct qf_clock shown(const struct qf_node *n)
{
	struct qf_clock clock = n->clock;

	if (!qf_node_clock_is_wrong(n))
		return clock;
	clock.quality = QF_CLOCK_NONE;
	for (size_t i = 0; i < n->replica_count; i++)
		if (n->replicas[i]->is_corrected) {
			clock.ahead_ms = n->replicas[i]->clock.ahead_ms;
			break;
		}
	return clock;
}

static void show(struct qf_node *n, struct qf_effects *out)
{
	struct qf_clock clock = shown(n);

	if (n->shows && clock.quality == n->shown.quality &&
	    llabs(clock.ahead_ms - n->shown.ahead_ms) <= MOVED_MS)
		return;
	n->shows = true;
	n->shown = clock;
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_CLOCK);

		if (!fx)
			return;
		fx->worker = w;
		fx->clock = clock;
	}
}

void qf_node_clock_now(struct qf_node *n, struct qf_effects *out)
{
	int64_t ahead_ms = own_ahead(n);

	if (n->shows && llabs(ahead_ms - n->clock.ahead_ms) <= MOVED_MS &&
	    n->clock.quality == n->quality &&
	    (!n->draft_count || qf_node_clock_is_wrong(n)))
		return;
	n->clock = (struct qf_clock){ ahead_ms, n->quality };
	for (size_t i = 0; i < n->replica_count; i++)
		judge(n, n->replicas[i], out);
	show(n, out);
}

void qf_node_clock_met(struct qf_node *n, struct qf_replica *r, qf_conn conn,
                       struct qf_effects *out)
{
	if (!qf_node_link(n, conn) || r->clock_count == QF_CLOCKS_MAX)
		return;
	r->clocks[r->clock_count++] = conn;
	judge(n, r, out);
	show(n, out);
}

static size_t place(const struct qf_replica *r, qf_conn conn)
{
	size_t i = 0;

	while (i < r->clock_count && r->clocks[i] != conn)
		i++;
	return i;
}

void qf_node_clock_heard(struct qf_node *n, const struct qf_event *ev,
                         struct qf_effects *out)
{
	struct qf_node_link *l = qf_node_link(n, ev->conn);

	if (!l)
		return;
	l->clock = ev->clock;
	for (size_t i = 0; i < n->replica_count; i++)
		if (place(n->replicas[i], ev->conn) <
		    n->replicas[i]->clock_count)
			judge(n, n->replicas[i], out);
	show(n, out);
}

void qf_node_clock_gone(struct qf_node *n, qf_conn conn)
{
	for (size_t i = 0; i < n->replica_count; i++) {
		struct qf_replica *r = n->replicas[i];
		size_t at = place(r, conn);

		if (at == r->clock_count)
			continue;
		r->clock_count--;
		memmove(r->clocks + at, r->clocks + at + 1,
		        (r->clock_count - at) * sizeof *r->clocks);
	}
}
