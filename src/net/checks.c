/* checks.c - signatures of a backlog, checked ahead by workers that are idle */
#include "checks.h"

#include <stdlib.h>
#include <string.h>

#include "core/talk.h"

enum {
	CHECKS_MIN = 8, /* fewer are done before anybody has woken up */
	CHECKS_MAX = 128,
	/* Of a frame: in a longer one the signature is not most of the work,
	 * and all the rest is done twice. */
	SHORT_BYTES = 1024,
	HELP_A_TURN = 8, /* about 0.4 ms */
};

struct check {
	size_t at; /* of the frame, among all that were offered */
	struct qf_bytes batch;
	struct qf_room_id room;
	atomic_bool good; /* what follows is signed */
	struct qf_checked what;
};

/* Invariant: who lowers `left` owns the check that it passed over. The owner
 * may have reached that one just before: then both check it, and either is
 * right. */
struct qf_checks {
	atomic_uint refs;
	atomic_size_t reached; /* so many, from the first, are the owner's */
	atomic_size_t left;    /* those from here on have been taken */
	size_t count;
	struct check all[CHECKS_MAX];
	uint8_t bytes[];
};

static void unref(struct qf_checks *c)
{
	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
		free(c);
}

/* Helpers. */

void qf_aid_fini(struct qf_aid *a)
{
	struct qf_checks *offered = atomic_exchange(&a->offered, NULL);

	if (offered)
		unref(offered);
	if (a->taken)
		unref(a->taken);
	a->taken = NULL;
}

/* The last that nobody has; NULL: there is none. */
static struct check *take_last(struct qf_checks *c)
{
	size_t left = atomic_load(&c->left);

	do {
		if (left <= atomic_load(&c->reached))
			return NULL;
	} while (!atomic_compare_exchange_weak(&c->left, &left, left - 1));
	return &c->all[left - 1];
}

static bool help(struct qf_checks *c)
{
	struct check *check = take_last(c);
	struct qf_cursor batch;

	if (!check)
		return false;
	batch = qf_cursor(check->batch);
	if (qf_batch_check(&batch, &check->room, &check->what))
		atomic_store_explicit(&check->good, true, memory_order_release);
	return true;
}

bool qf_aid_turn(struct qf_aid *a)
{
	if (!a->taken &&
	    atomic_load_explicit(&a->offered, memory_order_relaxed))
		a->taken = atomic_exchange(&a->offered, NULL);
	if (!a->taken)
		return false;
	for (int i = 0; i < HELP_A_TURN; i++)
		if (!help(a->taken)) {
			unref(a->taken);
			a->taken = NULL;
			break;
		}
	return a->taken || atomic_load(&a->offered);
}

/* The owner. */

static bool is_free(struct qf_aid *a)
{
	return !atomic_load_explicit(&a->offered, memory_order_relaxed);
}

static bool anybody_free(const struct qf_aids *aids, unsigned me)
{
	for (unsigned i = 0; i < aids->count; i++)
		if (i != me && is_free(&aids->all[i]))
			return true;
	return false;
}

static bool is_short_msg(const struct qf_frame *frame)
{
	return frame->type == QF_FRAME_MSG && frame->payload.len <= SHORT_BYTES;
}

static size_t count_short(struct qf_bytes frames)
{
	struct qf_frame frame;
	size_t count = 0, one;

	while (qf_frame_split(frames, &frame, &one) > 0) {
		count += is_short_msg(&frame);
		frames = qf_bytes(frames.at + one, frames.len - one);
	}
	return count;
}

static struct qf_checks *checks_new(struct qf_bytes frames)
{
	struct qf_checks *c = malloc(sizeof *c + frames.len);

	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	atomic_init(&c->reached, 0);
	c->count = 0;
	memcpy(c->bytes, frames.at, frames.len);
	return c;
}

/* False: it is not one of a room that the session has open. */
static bool check_init(struct check *check, const struct qf_session *s,
                       struct qf_bytes payload)
{
	struct qf_cursor c = qf_cursor(payload);
	uint8_t flags;
	const struct qf_talk *t = qf_talk_of_msg(s, &c, &flags);
	size_t left = qf_cursor_left(&c);

	if (!t)
		return false;
	check->room = t->room->id;
	check->batch = qf_bytes(payload.at + payload.len - left, left);
	atomic_init(&check->good, false);
	return true;
}

static void collect(struct qf_checks *c, const struct qf_session *s, size_t len)
{
	struct qf_bytes rest = qf_bytes(c->bytes, len);
	struct qf_frame frame;
	size_t one;

	while (c->count < CHECKS_MAX &&
	       qf_frame_split(rest, &frame, &one) > 0) {
		struct check *check = &c->all[c->count];

		check->at = len - rest.len;
		if (is_short_msg(&frame) && check_init(check, s, frame.payload))
			c->count++;
		rest = qf_bytes(rest.at + one, rest.len - one);
	}
	atomic_init(&c->left, c->count);
}

static void offer(struct qf_checks *c, struct qf_aid *to)
{
	struct qf_checks *none = NULL;

	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	if (atomic_compare_exchange_strong(&to->offered, &none, c))
		qf_bell_ring(to->bell);
	else
		unref(c);
}

struct qf_checks *qf_checks_share(const struct qf_aids *aids, unsigned me,
                                  const struct qf_session *s,
                                  struct qf_bytes frames)
{
	struct qf_checks *c;

	if (!anybody_free(aids, me) || count_short(frames) < CHECKS_MIN)
		return NULL;
	c = checks_new(frames);
	if (!c) /* then nobody helps */
		return NULL;
	collect(c, s, frames.len);
	for (unsigned i = 0; i < aids->count; i++)
		if (i != me && is_free(&aids->all[i]))
			offer(c, &aids->all[i]);
	return c;
}

static void use(const struct check *check, struct qf_roots *roots)
{
	if (atomic_load_explicit(&check->good, memory_order_acquire))
		qf_roots_add(roots, &check->what);
}

void qf_checks_reach(struct qf_checks *c, size_t at, struct qf_roots *roots)
{
	size_t next;

	if (!c)
		return;
	next = atomic_load_explicit(&c->reached, memory_order_relaxed);
	if (next == c->count || c->all[next].at != at)
		return;
	atomic_store(&c->reached, next + 1);
	use(&c->all[next], roots);
}

void qf_checks_end(struct qf_checks *c, struct qf_roots *roots)
{
	size_t next;

	if (!c)
		return;
	next = atomic_load_explicit(&c->reached, memory_order_relaxed);
	atomic_store(&c->reached, c->count);
	for (; next < c->count; next++)
		use(&c->all[next], roots);
	unref(c);
}
