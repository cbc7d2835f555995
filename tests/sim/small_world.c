/* small_world.c - every story of two nodes and three envelopes, told once
 *
 * sync.md 1.5 over the real code. `ana` is stepped: each queue between her
 * threads holds two, and core, store, readers and worker move one at a time.
 * `bob` is atomic: what comes to him runs to its end. They are linked, each has
 * some of three envelopes, and while they reconcile each may say a line, the
 * link may be lost once and made again, and a commit may fail: at any moment,
 * in every order. Whenever nothing more happens by itself, both must have the
 * same, with all that either said was stored, and nothing may be stuck.
 *
 * Which of the three envelopes nobody has makes no difference, so of the 64
 * pairs of sets 40 are tried. Each of the two dials in half of the stories; the
 * commit that may fail is then that node's own. In as many more stories the
 * link is not lost and commits do not fail, but ana's socket may stall.
 *
 * The core is the real one but for some sizes (build_small_world.sh): three
 * envelopes are then enough for all of reconciliation, and three posts for more
 * than a queue or the ring can hold.
 *
 * usage: small_world [violated]    with the word, a violation is what is wanted
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/node_state.h"
#include "core/talk.h"
#include "sim/arena.h"
#include "sim/law.h"
#include "sim/search.h"

enum { IDS = 3, SETS = 1 << IDS, BEFORE_BYTES = 1 << 20, PROCESSES = 2 };

/* The arithmetic of public keys costs more than all else, and is not what is
 * checked: instead of a signature a hash under the key does, and what two keys
 * share is for a room that nobody opens here. Libsodium's own are not linked
 * then. */

int crypto_sign_ed25519_pk_to_curve25519(unsigned char *out,
                                         const unsigned char *key)
{
	memcpy(out, key, QF_KEY_BYTES);
	return 0;
}

int crypto_scalarmult(unsigned char *out, const unsigned char *secret,
                      const unsigned char *key)
{
	(void)secret;
	memcpy(out, key, QF_KEY_BYTES);
	return 0;
}

int crypto_sign_detached(unsigned char *sig, unsigned long long *len,
                         const unsigned char *m, unsigned long long m_len,
                         const unsigned char *secret)
{
	(void)len;
	return crypto_generichash(sig, QF_SIG_BYTES, m, m_len,
	                          secret + QF_SEED_BYTES, QF_KEY_BYTES);
}

int crypto_sign_verify_detached(const unsigned char *sig,
                                const unsigned char *m,
                                unsigned long long m_len,
                                const unsigned char *key)
{
	unsigned char good[QF_SIG_BYTES];

	crypto_generichash(good, sizeof good, m, m_len, key, QF_KEY_BYTES);
	return memcmp(good, sig, sizeof good) ? -1 : 0;
}

/* Envelope i of the three, of an author of its own. */
static struct qf_envelope *envelope(unsigned i)
{
	struct qf_identity author;
	struct qf_header head = {
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.hlc = (uint64_t)(i + 1) * 1000 << 16,
		.seq = 1,
	};
	struct qf_envelope *e;

	qf_identity_init(&author,
	                 (const uint8_t[QF_SEED_BYTES]){ 'i', (uint8_t)i });
	head.author = author.key;
	qf_room_id_open(&head.room, SMALL_ROOM);
	e = qf_envelope_new(&head, (struct qf_bytes){ 0 });
	e->proof.leaves = 1;
	qf_identity_sign(&author, &e->id, e->proof.sig);
	return e;
}

static void begin_host(struct world *w, const char *name, unsigned workers,
                       unsigned set)
{
	struct host *h = world_host(w, name, workers);

	world_join(h, SMALL_ROOM);
	host_crash(h, false);
	h->listens = false;
	for (unsigned i = 0; i < IDS; i++) {
		struct qf_envelope *e = envelope(i);

		if (set & 1u << i)
			disk_plant(&h->disk, e);
		qf_envelope_unref(e);
	}
	host_boot(h);
}

/* Her people have a worker of their own, his share one with the link. */
static struct world *begin(unsigned anas, unsigned bobs, bool ana_dials)
{
	struct world_options o = world_defaults(1);
	struct world *w;

	o.queue = 2;
	o.credits = 2;
	o.asks = 2;
	o.keeps = 2;
	o.latency_ms = 0;
	w = world_new(&o);
	w->now_ms = QF_ACK_MS / 2;
	begin_host(w, "ana", 2, anas);
	begin_host(w, "bob", 1, bobs);
	w->said_count = 0;
	w->hosts[0]->steps = true;
	moves_link(w, ana_dials);
	return w;
}

/* What must hold when nothing more happens by itself. */

static void check_host(struct world *w, const struct host *h)
{
	if (h->keeps.count || h->node->pending.count)
		law_broken(w, "%s has an envelope that is stuck", h->name);
	for (unsigned i = 0; i < h->worker_count; i++) {
		const struct worker *worker = &h->workers[i];

		if (worker->carry.ask_count || worker->effects.count ||
		    worker->credits != w->options.credits)
			law_broken(w, "%s has a worker that is stuck", h->name);
	}
}

static void check_end(struct world *w, unsigned host)
{
	const struct end *e = moves_end(w, host);

	if (!e || e->session.state != QF_SESSION_LIVE)
		law_broken(w, "%s has given up the link", w->hosts[host]->name);
	else if (e->session.talk_count != 1 ||
	         !qf_talk_even(e->session.talks[0]))
		law_broken(w, "%s does not come to an end",
		           w->hosts[host]->name);
}

static void check(struct world *w)
{
	law_healed(w);
	for (unsigned i = 0; i < 2; i++) {
		check_host(w, w->hosts[i]);
		check_end(w, i);
	}
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].state != SAID_STORED)
			law_broken(w, "%s said a line that was not stored",
			           w->said[i].host->name);
}

/* The memory in which every search begins. */
struct before {
	uint8_t bytes[BEFORE_BYTES];
	size_t used;
};

static void remember(struct before *b)
{
	b->used = arena_used();
	assert(b->used <= BEFORE_BYTES);
	memcpy(b->bytes, arena_base(), b->used);
}

/* What may happen in each round besides a line said by each. */
static const struct budget rounds[] = {
	{ .ana_dials = true, .failures = { 1, 0 }, .cuts = 1 },
	{ .ana_dials = false, .failures = { 0, 1 }, .cuts = 1 },
	{ .ana_dials = true, .stalls = 1 },
	{ .ana_dials = false, .stalls = 1 },
};

enum { ROUNDS = sizeof rounds / sizeof rounds[0] };

static void search_pair(struct search *s, const struct before *before,
                        unsigned anas, unsigned bobs, struct budget all)
{
	all.lines[0] = all.lines[1] = 1;
	memcpy(arena_base(), before->bytes, before->used);
	search_from(s, begin(anas, bobs, all.ana_dials), all, check);
}

/* Somebody has all envelopes from the first to some other. */
static bool is_typical(unsigned anas, unsigned bobs)
{
	unsigned all = anas | bobs;

	return !(all & (all + 1));
}

/* The small ones first, so that the first violation is in a short story. */
static void search_all(struct search *s, atomic_uint *next)
{
	static struct before before;
	unsigned n;

	remember(&before);
	while ((n = (*next)++) < ROUNDS * SETS * SETS) {
		unsigned anas = n % SETS, bobs = n / SETS % SETS;

		if (is_typical(anas, bobs))
			search_pair(s, &before, anas, bobs,
			            rounds[n / SETS / SETS]);
	}
}

/* False: one of them has crashed. */
static bool wait_for_all(void)
{
	bool well = true;
	int status;

	while (wait(&status) > 0)
		well &= status == 0;
	return well;
}

int main(int argc, char **argv)
{
	static char out[BUFSIZ]; /* stdio's own would be in the arena */
	bool wanted = argc > 1 && !strcmp(argv[1], "violated");
	time_t began = time(NULL);
	atomic_uint *next = arena_shared(sizeof *next);
	struct search *s = search_new();
	const struct search_counts *n = search_counts(s);

	setvbuf(stdout, out, _IOLBF, sizeof out);
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	for (int i = 0; i < (wanted ? 1 : PROCESSES); i++)
		if (fork() == 0) {
			search_all(s, next);
			return EXIT_SUCCESS;
		}
	if (!wait_for_all())
		return EXIT_FAILURE;
	printf("%lu states, %lu transitions, %lu quiescent states, %lld s: "
	       "%s\n",
	       n->states, n->transitions, n->quiescent,
	       (long long)(time(NULL) - began),
	       n->violated ? "violated" : "holds");
	return n->violated == wanted ? EXIT_SUCCESS : EXIT_FAILURE;
}
