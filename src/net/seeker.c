/* seeker.c - the thread that looks for others on the networks of this machine
 *
 * The happy path: it asks with its first beacon, those who are there answer,
 * and from then on it says once in a while that it is here. A new network is a
 * new beginning. Anything that fails here is a way less of being found, and
 * never an error of the node.
 */
#include "seeker.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

enum {
	SETTLE_MS = 100, /* changes of interfaces come in crowds */
	ANSWERS_A_SECOND = 20,
	SWEEP_AFTER_MS = 3000, /* with nobody seen */
	SWEEP_STEP_MS = 15,
	SWEEP_AGAIN_MS = 60000,
	SWEEP_RARELY_MS = 600000,
	SWEEPS_SOON = 3,
	HEAR_ROUND_MAX = 256, /* packets before anything else has its turn */
};

/* An address has to be ours for a while before it may send (IPv6), and a packet
 * may get lost. */
static const uint64_t asks_after_ms[] = { 0, 300, 1000, 2500 };

enum { ASKS = sizeof asks_after_ms / sizeof *asks_after_ms };

static uint64_t chance(struct qf_seeker *s, uint64_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random % below;
}

static void tell(struct qf_seeker *s, struct qf_event *ev)
{
	if (s->options.tell(s->options.ctx, ev))
		qf_event_fini(ev);
}

/* Another node of this machine says nothing about the network. */
static bool is_ours(const struct qf_seeker *s, const struct qf_address *a)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, a->host, &v4) == 1) {
		for (size_t i = 0; i < s->all.count; i++)
			if (s->all.list[i].v4.s_addr == v4.s_addr)
				return true;
		return false;
	}
	if (inet_pton(AF_INET6, a->host, &v6) == 1)
		for (size_t i = 0; i < s->all.count; i++)
			if (!memcmp(&s->all.list[i].v6, &v6, sizeof v6))
				return true;
	return false;
}

static void see(struct qf_seeker *s, const struct qf_hint *hint,
                const struct qf_address *address, enum qf_found_by by)
{
	struct qf_event ev = { .kind = QF_EV_FOUND,
		               .hint = *hint,
		               .address = *address,
		               .number = by };

	if (qf_hint_equal(hint, &s->options.hint))
		return;
	s->answered |= !is_ours(s, address);
	if (qf_sightings_take(&s->sightings, hint, address, qf_host_mono_ms()))
		tell(s, &ev);
}

static void on_mdns(void *ctx, const struct qf_hint *hint,
                    const struct qf_address *address)
{
	see(ctx, hint, address, QF_FOUND_MDNS);
}

/* Beacons */

static struct qf_beacon own(const struct qf_seeker *s, enum qf_beacon_kind kind)
{
	return (struct qf_beacon){ .kind = kind,
		                   .port = s->at.port,
		                   .hint = s->options.hint };
}

/* Of many, some answer: twenty or so are enough to be told of the rest. */
static void answer(struct qf_seeker *s, const struct qf_sockaddr *from)
{
	struct qf_beacon here = own(s, QF_BEACON_HERE);

	if (s->at.port && chance(s, s->wait_ms) < QF_BEACON_MS &&
	    qf_allowance_take(&s->answers, qf_host_mono_ms()))
		qf_crier_tell(&s->crier, from, &here);
}

static void heard(struct qf_seeker *s, enum qf_crier_socket which,
                  const struct qf_beacon *b, const struct qf_sockaddr *from)
{
	bool asked_for = which == QF_SPEAK_V4 || which == QF_SPEAK_V6;
	struct qf_address address;

	if (qf_hint_equal(&b->hint, &s->options.hint))
		return;
	s->heard += !asked_for;
	qf_address_of((const struct sockaddr *)&from->at, &address);
	address.port = b->port;
	if (b->kind == QF_BEACON_ASK)
		answer(s, from);
	if (b->port)
		see(s, &b->hint, &address,
		    asked_for && s->sweep.count ? QF_FOUND_PROBE
		                                : QF_FOUND_BEACON);
}

static void hear(struct qf_seeker *s, enum qf_crier_socket which)
{
	enum qf_beacon_read read;
	struct qf_sockaddr from;
	struct qf_beacon b;

	for (int i = 0; i < HEAR_ROUND_MAX; i++) {
		if (!qf_crier_hear(&s->crier, which, &read, &b, &from))
			return;
		if (read == QF_BEACON_GOOD)
			heard(s, which, &b, &from);
	}
}

static void ask(struct qf_seeker *s, uint64_t now_ms)
{
	struct qf_beacon b = own(s, QF_BEACON_ASK);

	if (now_ms < s->ask_ms)
		return;
	qf_crier_join(&s->crier, &s->all);
	qf_crier_cry(&s->crier, &s->all, &b);
	s->asked++;
	s->ask_ms = s->asked < ASKS ? now_ms + asks_after_ms[s->asked] -
	                                      asks_after_ms[s->asked - 1]
	                            : UINT64_MAX;
}

/* A tenth of the wait is left to chance, or all would cry at once. */
static void beat(struct qf_seeker *s, uint64_t now_ms)
{
	struct qf_beacon b = own(s, QF_BEACON_HERE);

	if (now_ms < s->beat_ms)
		return;
	if (s->at.port)
		qf_crier_cry(&s->crier, &s->all, &b);
	s->wait_ms = qf_beacon_wait_ms(s->heard, now_ms - s->said_ms);
	s->heard = 0;
	s->said_ms = now_ms;
	s->beat_ms = s->at.port
	                     ? now_ms + s->wait_ms - chance(s, s->wait_ms / 10)
	                     : UINT64_MAX;
}

/* Sweeps */

static void end_sweep(struct qf_seeker *s, uint64_t now_ms)
{
	s->sweeping = false;
	s->swept++;
	s->sweep_ms = now_ms + (s->swept < SWEEPS_SOON ? SWEEP_AGAIN_MS
	                                               : SWEEP_RARELY_MS);
}

static void sweep(struct qf_seeker *s, uint64_t now_ms)
{
	struct qf_beacon b = own(s, QF_BEACON_ASK);
	struct qf_sockaddr to = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *v4 = (void *)&to.at;

	if (now_ms < s->sweep_ms)
		return;
	if (!s->sweeping)
		qf_sweep_begin(&s->sweep, &s->all);
	s->sweeping = true;
	if (s->answered || s->silent ||
	    !qf_sweep_next(&s->sweep, &v4->sin_addr)) {
		end_sweep(s, now_ms);
		return;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(QF_PORT_DEFAULT);
	qf_crier_tell(&s->crier, &to, &b);
	s->sweep_ms = now_ms + SWEEP_STEP_MS;
}

/* Networks */

static void begin(struct qf_seeker *s, uint64_t now_ms)
{
	s->asked = 0;
	s->ask_ms = s->silent ? UINT64_MAX : now_ms;
	s->beat_ms = s->at.port ? now_ms + QF_BEACON_MS : UINT64_MAX;
	s->said_ms = now_ms;
	s->wait_ms = QF_BEACON_MS;
	s->heard = 0;
	s->answered = s->sweeping = false;
	s->swept = 0;
	s->sweep = (struct qf_sweep){ 0 };
	s->sweep_ms = s->options.sweeps ? now_ms + SWEEP_AFTER_MS : UINT64_MAX;
	qf_sightings_clear(&s->sightings);
}

static const char *where(const struct qf_seeker *s)
{
	return s->at.port ? s->at.host : "::";
}

/* Listening elsewhere is a new beginning, too. */
static void take_wish(struct qf_seeker *s, uint64_t now_ms)
{
	struct qf_address wish;

	pthread_mutex_lock(&s->lock);
	wish = s->wish;
	pthread_mutex_unlock(&s->lock);
	if (wish.port == s->at.port && !strcmp(wish.host, s->at.host))
		return;
	s->silent = s->at.port && !wish.port;
	s->at = wish;
	qf_interfaces_read(&s->all, where(s));
	qf_herald_publish(&s->herald, &s->at);
	begin(s, now_ms);
}

static void look(struct qf_seeker *s, uint64_t now_ms)
{
	struct qf_event ev = { .kind = QF_EV_CHANGED };
	struct qf_interfaces before = s->all;

	if (now_ms < s->look_ms)
		return;
	s->look_ms = UINT64_MAX;
	qf_interfaces_read(&s->all, where(s));
	ev.number = qf_interfaces_lost(&before, &s->all);
	if (!ev.number && !qf_interfaces_lost(&s->all, &before))
		return;
	if (s->at.port)
		ev.payload = qf_host_addresses(s->at.host);
	tell(s, &ev);
	qf_herald_publish(&s->herald, &s->at);
	begin(s, now_ms);
}

/* The loop */

static uint64_t wake_ms(const struct qf_seeker *s)
{
	const uint64_t all[] = { s->look_ms, s->ask_ms, s->beat_ms, s->sweep_ms,
		                 s->herald.due_ms };
	uint64_t wake = UINT64_MAX;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] < wake)
			wake = all[i];
	return wake;
}

enum { BELL = QF_CRIER_SOCKETS, WATCH, HERALD, FDS };

static void wait(struct qf_seeker *s, struct pollfd fds[FDS])
{
	uint64_t now_ms = qf_host_mono_ms(), wake = wake_ms(s);
	int left = -1;

	for (int i = 0; i < QF_CRIER_SOCKETS; i++)
		fds[i] = (struct pollfd){ s->crier.fds[i], POLLIN, 0 };
	fds[BELL] = (struct pollfd){ s->bell.fd, POLLIN, 0 };
	fds[WATCH] = (struct pollfd){ s->watch, POLLIN, 0 };
	fds[HERALD] = (struct pollfd){ s->herald.fd, POLLIN, 0 };
	if (wake <= now_ms)
		left = 0;
	else if (wake - now_ms < 3600000)
		left = (int)(wake - now_ms);
	if (poll(fds, FDS, left) < 0)
		memset(fds, 0, FDS * sizeof *fds);
}

static void turn(struct qf_seeker *s)
{
	struct pollfd fds[FDS];
	uint64_t now_ms;

	wait(s, fds);
	now_ms = qf_host_mono_ms();
	if (fds[BELL].revents)
		qf_bell_answer(&s->bell);
	take_wish(s, now_ms);
	if (fds[WATCH].revents) {
		qf_interfaces_watched(s->watch);
		if (s->look_ms == UINT64_MAX)
			s->look_ms = now_ms + SETTLE_MS;
	}
	for (int i = 0; i < QF_CRIER_SOCKETS; i++)
		if (fds[i].revents)
			hear(s, i);
	if (fds[HERALD].revents)
		qf_herald_read(&s->herald, now_ms, on_mdns, s);
	look(s, now_ms);
	ask(s, now_ms);
	beat(s, now_ms);
	sweep(s, now_ms);
	qf_herald_tick(&s->herald, now_ms);
}

static void *run(void *ctx)
{
	struct qf_seeker *s = ctx;

	while (!atomic_load(&s->ending))
		turn(s);
	return NULL;
}

int qf_seeker_init(struct qf_seeker *s, const struct qf_seeker_options *options)
{
	uint64_t now_ms = qf_host_mono_ms();

	s->options = *options;
	s->random = qf_host_random() | 1;
	s->answers.a_second = ANSWERS_A_SECOND;
	s->look_ms = UINT64_MAX;
	s->watch = -1;
	pthread_mutex_init(&s->lock, NULL);
	qf_crier_open(&s->crier);
	qf_herald_init(&s->herald, &options->hint, now_ms);
	if (qf_bell_init(&s->bell) ||
	    !qf_sightings_init(&s->sightings, qf_host_random()))
		return QF_E_NOMEM;
	s->watch = qf_interfaces_watch();
	qf_interfaces_read(&s->all, where(s));
	begin(s, now_ms);
	return QF_OK;
}

int qf_seeker_start(struct qf_seeker *s)
{
	if (pthread_create(&s->thread, NULL, run, s))
		return QF_E_NOMEM;
	pthread_setname_np(s->thread, "qf-seek");
	s->running = true;
	return QF_OK;
}

void qf_seeker_publish(struct qf_seeker *s, const struct qf_address *at)
{
	pthread_mutex_lock(&s->lock);
	s->wish = *at;
	pthread_mutex_unlock(&s->lock);
	qf_bell_ring(&s->bell);
}

void qf_seeker_stop(struct qf_seeker *s)
{
	if (!s->running)
		return;
	atomic_store(&s->ending, true);
	qf_bell_ring(&s->bell);
	pthread_join(s->thread, NULL);
	s->running = false;
}

void qf_seeker_fini(struct qf_seeker *s)
{
	qf_seeker_stop(s);
	qf_herald_fini(&s->herald);
	qf_crier_close(&s->crier);
	qf_sightings_fini(&s->sightings);
	if (s->watch >= 0)
		close(s->watch);
	qf_bell_fini(&s->bell);
	pthread_mutex_destroy(&s->lock);
}
