/* crew.c - a thread of the bench, and its share of the links */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "noise.h"
#include "world.h"

enum {
	EVENTS = 256,
	DIALLING_MAX = 32, /* at once, by one crew */
	TICK_MS = 250,
	PACE_MS = 1, /* when messages are said at a rate */
};

void bell_ring(int bell)
{
	uint64_t one = 1;

	while (write(bell, &one, sizeof one) < 0 && errno == EINTR)
		;
}

void crew_init(struct crew *c, struct world *w, unsigned links)
{
	struct epoll_event ring = { .events = EPOLLIN };

	*c = (struct crew){ .world = w };
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (c->epoll < 0 || c->bell < 0 ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->bell, &ring))
		die("epoll: %s", strerror(errno));
	c->links = calloc(links + 1, sizeof *c->links);
	c->fresh = calloc(w->hall_count, sizeof *c->fresh);
	c->touched = calloc(w->hall_count, sizeof *c->touched);
	if (!c->links || !c->fresh || !c->touched)
		die("out of memory");
	qf_buf_init(&c->plain, 0);
	qf_buf_init(&c->wire, 0);
	c->opener = noise_opener_new();
	if (!c->opener)
		die("out of memory");
}

void crew_fini(struct crew *c)
{
	close(c->epoll);
	close(c->bell);
	free(c->links);
	free(c->fresh);
	free(c->touched);
	qf_buf_fini(&c->plain);
	qf_buf_fini(&c->wire);
	EVP_CIPHER_CTX_free(c->opener);
}

void crew_dial_more(struct crew *c)
{
	while (c->dialling < DIALLING_MAX && c->next_dial < c->link_count) {
		struct link *l = c->links[c->next_dial++];

		if (l->state != LINK_IDLE)
			continue;
		c->dialling++;
		link_dial(l);
	}
}

void crew_heard(struct crew *c, struct hall *h)
{
	if (!c->fresh[h->index]++)
		c->touched[c->touched_count++] = h;
}

static void end_turn(struct crew *c)
{
	for (unsigned i = 0; i < c->touched_count; i++) {
		struct hall *h = c->touched[i];
		unsigned fresh = c->fresh[h->index];

		c->fresh[h->index] = 0;
		hall_account(h, c, fresh);
	}
	c->touched_count = 0;
}

/* Of the halls whose speakers are here: those that have waited. */
static void speak(struct crew *c)
{
	struct world *w = c->world;

	for (unsigned i = 0; i < w->hall_count; i++) {
		struct hall *h = &w->halls[i];

		if (h->owner == c &&
		    (atomic_exchange(&h->ripe, false) || w->rate))
			hall_speak(h);
	}
}

static void answer_bell(struct crew *c)
{
	uint64_t rings;

	if (read(c->bell, &rings, sizeof rings) > 0)
		speak(c);
}

static void tick(struct crew *c)
{
	c->now_ns = now_ns();
	if (c->now_ns < c->tick_ns)
		return;
	c->tick_ns = c->now_ns + TICK_MS * 1000000ULL;
	for (unsigned i = 0; i < c->link_count; i++)
		link_tick(c->links[i]);
	if (!c->world->returning)
		return;
	c->next_dial = 0;
	crew_dial_more(c);
}

static void *run(void *ctx)
{
	struct crew *c = ctx;
	struct epoll_event events[EVENTS];

	crew_dial_more(c);
	while (!c->world->ending) {
		int n = epoll_wait(c->epoll, events, EVENTS,
		                   c->world->rate ? PACE_MS : TICK_MS);

		for (int i = 0; i < n; i++)
			if (events[i].data.ptr)
				link_event(events[i].data.ptr,
				           events[i].events);
			else
				answer_bell(c);
		end_turn(c);
		if (c->world->rate)
			speak(c);
		tick(c);
	}
	return NULL;
}

void crew_start(struct crew *c)
{
	if (pthread_create(&c->thread, NULL, run, c))
		die("no thread can be started");
	pthread_setname_np(c->thread, "crew");
}
