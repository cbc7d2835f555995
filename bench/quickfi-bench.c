/* quickfi-bench.c - drives a node or the bare loop from outside, and counts
 *
 * usage: quickfi-bench NAME=VALUE...
 *
 *   kind=node|tls|plain  what listens: a node, or the bare loop (limit.c)
 *   kind=guests          the bare loop in TLS, for who has no certificate
 *   kind=ircs|irc        a node, spoken to by IRC, in TLS or plain text
 *   kind=webs|web        a node, spoken to as the page does
 *   link=HEX             what is in the fragment of a guest's link to it
 *   port=N pid=N         where, and whose cores and memory are counted
 *   halls=N members=N    rooms, links in each
 *   spoken=N             of the rooms are spoken in; all, if not said
 *   authors=N            members of such a room that speak
 *   messages=N           in each hall, by all its authors together
 *   text=BYTES           of one message; line=BYTES: of a line to the loop
 *   batch=N              messages that an author signs and says at once
 *   window=N             messages of a hall that may be on their way
 *   rate=N               messages a second in each hall, if not as fast as goes
 *   slow=N               links that read little, and nobody waits for them
 *   first=N              number of the first link: its key comes of it
 *   at=SECONDS           Unix time of the messages, if not now
 *   past=N               messages that the first room holds and all its links
 *                        have: what a run with the same `at` said before, with
 *                        one author, and past_first as its first
 *   returns=1            after the run say "heard", and when the node goes
 *                        away come back to it, with all that was heard
 *   visits=N             that each link makes, from connecting to quitting,
 *                        before it stays; in IRC it joins nothing then
 *   threads=N            of the bench
 *
 * All links are up and even before the first message. A hall goes on when
 * what is on its way has been heard by all. Prints one JSON object.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/page.h"
#include "watch.h"
#include "world.h"

enum {
	PATIENCE_MS = 15000, /* without a delivery, or a link that comes up */
	LOOK_MS = 500,
	SETTLE_MS = 300, /* for what comes twice */
	KEEP_BYTES = 1 << 30,
};

enum option {
	KIND,
	PORT,
	PID,
	HALLS,
	MEMBERS,
	AUTHORS,
	MESSAGES,
	TEXT,
	LINE,
	BATCH,
	WINDOW,
	SLOW,
	RATE,
	FIRST,
	AT,
	PAST,
	PAST_FIRST,
	SPOKEN,
	RETURNS,
	VISITS,
	THREADS,
	OPTIONS
};

static const char *const names[OPTIONS] = {
	"kind",     "port",   "pid",    "halls", "members",    "authors",
	"messages", "text",   "line",   "batch", "window",     "slow",
	"rate",     "first",  "at",     "past",  "past_first", "spoken",
	"returns",  "visits", "threads"
};

struct run {
	long options[OPTIONS];
	struct world world;
	struct watch node_before, node_linked, node_after;
	struct watch self_before, self_after;
	uint64_t greeted_ns; /* until all were up */
	uint64_t took_ns;
	uint64_t returned_ns; /* from the first lost link to all even */
};

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "quickfi-bench: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	_exit(1);
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Options. */

static long kind_of(const char *name)
{
	if (!strcmp(name, "node"))
		return WORLD_NODE;
	if (!strcmp(name, "tls"))
		return WORLD_LIMIT_TLS;
	if (!strcmp(name, "plain"))
		return WORLD_LIMIT_PLAIN;
	if (!strcmp(name, "guests"))
		return WORLD_LIMIT_GUESTS;
	if (!strcmp(name, "ircs"))
		return WORLD_IRC_TLS;
	if (!strcmp(name, "irc"))
		return WORLD_IRC_PLAIN;
	if (!strcmp(name, "webs"))
		return WORLD_WEB_TLS;
	if (!strcmp(name, "web"))
		return WORLD_WEB_PLAIN;
	die("kind=node, tls, plain, guests, ircs, irc, webs or web");
}

static void read_link(struct run *r, const char *hex)
{
	struct world *w = &r->world;
	struct qf_nonce secret;
	size_t key_bytes = sizeof w->page_key.b;
	size_t count = key_bytes + sizeof secret.b;
	unsigned byte;

	if (strlen(hex) != 2 * count)
		die("that is no link");
	for (size_t i = 0; i < count; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			die("that is no link");
		if (i < key_bytes)
			w->page_key.b[i] = (uint8_t)byte;
		else
			secret.b[i - key_bytes] = (uint8_t)byte;
	}
	qf_page_shared(&secret, &w->page_shared);
}

static void read_option(struct run *r, const char *arg)
{
	const char *value = strchr(arg, '=');

	if (!strncmp(arg, "link=", 5)) {
		read_link(r, value + 1);
		return;
	}

	for (int i = 0; i < OPTIONS && value; i++) {
		size_t len = (size_t)(value - arg);

		if (strlen(names[i]) != len || strncmp(arg, names[i], len))
			continue;
		r->options[i] = i == KIND ? kind_of(value + 1)
		                          : strtol(value + 1, NULL, 10);
		return;
	}
	die("there is no option %s", arg);
}

static void read_options(struct run *r, int argc, char **argv)
{
	long *o = r->options;

	o[HALLS] = o[AUTHORS] = o[BATCH] = o[WINDOW] = o[THREADS] = 1;
	o[MEMBERS] = 10;
	o[TEXT] = o[LINE] = 64;
	for (int i = 1; i < argc; i++)
		read_option(r, argv[i]);
	if (!o[PORT] || !o[PID] || o[HALLS] < 1 || o[THREADS] < 1 ||
	    o[AUTHORS] > o[MEMBERS] || o[SPOKEN] > o[HALLS] || o[BATCH] < 1 ||
	    o[LINE] < LINE_BYTES_MIN || (o[VISITS] && o[KIND] == WORLD_NODE))
		die("that makes no run");
	if (!o[SPOKEN])
		o[SPOKEN] = o[HALLS];
}

/* The world, made and unmade. */

static void seat_hall(struct run *r, unsigned hall)
{
	struct world *w = &r->world;
	struct hall *h = &w->halls[hall];
	long members = r->options[MEMBERS];

	h->owner = &w->crews[hall % w->crew_count];
	for (unsigned i = 0; i < members; i++) {
		bool speaks = i < h->author_count;
		unsigned crew = w->hall_count > 1 ? hall : speaks ? 0 : i;
		struct link *l = &w->links[w->link_count];

		link_init(l, &w->crews[crew % w->crew_count], h, w->link_count);
		w->link_count++;
		if (speaks)
			h->speakers[i] = l;
		l->slow = i >= members - r->options[SLOW];
	}
}

static void make_world(struct run *r)
{
	static const uint8_t seed[QF_SEED_BYTES] = { 2 };
	struct world *w = &r->world;
	const long *o = r->options;
	unsigned links = (unsigned)(o[HALLS] * o[MEMBERS]);
	struct qf_buf pem = { 0 };

	w->kind = (enum world_kind)o[KIND];
	w->port = (uint16_t)o[PORT];
	w->line_bytes = (size_t)o[LINE];
	w->rate = (unsigned)o[RATE];
	w->first = (unsigned)o[FIRST];
	w->visits = (unsigned)o[VISITS];
	w->hlc = (uint64_t)o[AT] * 1000 << 16;
	w->hall_count = (unsigned)o[HALLS];
	w->spoken = (unsigned)o[SPOKEN];
	w->crew_count = (unsigned)o[THREADS];
	w->hello = (struct qf_hello){ .version = QF_WIRE_VERSION,
		                      .name = qf_bytes("bench", 5) };
	w->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->halls = calloc(w->hall_count, sizeof *w->halls);
	w->links = calloc(links, sizeof *w->links);
	w->crews = calloc(w->crew_count, sizeof *w->crews);
	if (!w->halls || !w->links || !w->crews || w->bell < 0 ||
	    qf_tls_make_pem(&pem) ||
	    qf_tls_init(&w->tls, seed, qf_buf_bytes(&pem)) ||
	    !(w->guest_tls = SSL_CTX_new(TLS_client_method())))
		die("out of memory");
	/* Two calls of the kernel for each record would be the bench's cost. */
	SSL_CTX_set_read_ahead(w->guest_tls, 1);
	qf_buf_fini(&pem);
	for (unsigned i = 0; i < w->crew_count; i++)
		crew_init(&w->crews[i], w, links);
	for (unsigned i = 0; i < w->hall_count; i++) {
		hall_init(&w->halls[i], w, i,
		          i < w->spoken ? (unsigned)o[AUTHORS] : 0,
		          (unsigned)(o[MEMBERS] - o[SLOW]));
		seat_hall(r, i);
	}
	if (o[PAST])
		hall_recall(&w->halls[0], (unsigned)o[PAST],
		            (unsigned)o[PAST_FIRST], w->hlc, (size_t)o[TEXT]);
}

static void free_world(struct world *w)
{
	for (unsigned i = 0; i < w->link_count; i++)
		link_fini(&w->links[i]);
	for (unsigned i = 0; i < w->hall_count; i++)
		hall_fini(&w->halls[i]);
	for (unsigned i = 0; i < w->crew_count; i++)
		crew_fini(&w->crews[i]);
	free(w->links);
	free(w->halls);
	free(w->crews);
	close(w->bell);
	qf_tls_fini(&w->tls);
	SSL_CTX_free(w->guest_tls);
}

static void prepare_authors(struct run *r)
{
	struct world *w = &r->world;
	const long *o = r->options;

	for (unsigned i = 0; i < w->spoken && o[AUTHORS]; i++) {
		struct hall *h = &w->halls[i];
		unsigned each = (unsigned)(o[MESSAGES] / o[AUTHORS]);
		char before[100];

		snprintf(before, sizeof before,
		         is_irc(w) ? "PRIVMSG %s :"
		                   : "{\"do\":\"say\",\"room\":\"%s\","
		                     "\"text\":\"",
		         h->name);
		h->window = (unsigned)o[WINDOW];
		h->to_say = (uint64_t)each * h->author_count;
		for (unsigned j = 0; j < h->author_count && each; j++)
			if (w->kind == WORLD_NODE)
				author_sign(&h->authors[j], &h->id, each,
				            (size_t)o[TEXT],
				            (unsigned)o[BATCH]);
			else if (is_irc(w) || is_web(w))
				author_type(&h->authors[j], before,
				            is_irc(w) ? "\r\n" : "\"}\n", each,
				            (size_t)o[TEXT],
				            (unsigned)o[BATCH]);
			else
				author_draw(&h->authors[j], each, w->line_bytes,
				            (unsigned)o[BATCH]);
	}
}

/* Waiting. */

static uint64_t progress(const struct world *w)
{
	uint64_t sum = w->ready;

	for (unsigned i = 0; i < w->hall_count; i++)
		sum += w->halls[i].delivered;
	return sum;
}

/* False: nothing has come for too long, or a link is gone. */
static bool wait_until(struct world *w, const atomic_uint *reaches, unsigned n)
{
	struct pollfd bell = { .fd = w->bell, .events = POLLIN };
	uint64_t rings, seen = progress(w), at = now_ns();

	while (*reaches < n && !w->gone) {
		poll(&bell, 1, LOOK_MS);
		if (read(w->bell, &rings, sizeof rings) < 0 && errno != EAGAIN)
			die("a bell: %s", strerror(errno));
		if (progress(w) != seen) {
			seen = progress(w);
			at = now_ns();
		} else if (now_ns() - at > PATIENCE_MS * 1000000ULL) {
			return false;
		}
	}
	return *reaches >= n;
}

static void settle(void)
{
	poll(NULL, 0, SETTLE_MS);
}

static void look(struct watch *w, long pid)
{
	if (!watch_look(w, (pid_t)pid))
		die("process %ld has ended", pid);
}

static void link_all(struct run *r)
{
	struct world *w = &r->world;
	uint64_t began = now_ns();

	look(&r->node_before, r->options[PID]);
	for (unsigned i = 0; i < w->crew_count; i++)
		crew_start(&w->crews[i]);
	if (!wait_until(w, &w->ready, w->link_count))
		die("only %u of %u links came up", w->ready, w->link_count);
	r->greeted_ns = now_ns() - began;
	settle();
	look(&r->node_linked, r->options[PID]);
}

static void speak(struct run *r)
{
	struct world *w = &r->world;
	uint64_t began = now_ns();

	look(&r->self_before, 0);
	w->counting = true;
	w->began_ns = began;
	w->speaking = true;
	for (unsigned i = 0; i < w->hall_count; i++) {
		w->halls[i].ripe = true;
		bell_ring(w->halls[i].owner->bell);
	}
	if (r->options[MESSAGES])
		wait_until(w, &w->halls_done, w->spoken);
	r->took_ns = now_ns() - began;
	look(&r->node_after, r->options[PID]);
	look(&r->self_after, 0);
	w->counting = false;
	settle();
}

/* Whoever reads our output now kills the node, and starts it again. */
static void come_back(struct run *r)
{
	struct world *w = &r->world;
	struct pollfd bell = { .fd = w->bell, .events = POLLIN };

	for (unsigned i = 0; i < w->hall_count; i++)
		hall_remember(&w->halls[i]);
	w->returning = true;
	printf("heard\n");
	fflush(stdout);
	while (!w->lost_ns)
		poll(&bell, 1, LOOK_MS);
	if (!wait_until(w, &w->ready, w->link_count))
		die("only %u of %u links came back", w->ready, w->link_count);
	r->returned_ns = now_ns() - w->lost_ns;
}

static void end_crews(struct world *w)
{
	w->ending = true;
	for (unsigned i = 0; i < w->crew_count; i++)
		bell_ring(w->crews[i].bell);
	for (unsigned i = 0; i < w->crew_count; i++)
		pthread_join(w->crews[i].thread, NULL);
}

/* What came of it. */

static void add_up(const struct world *w, struct count *sum,
                   struct histogram *latency, struct histogram *greeting)
{
	for (unsigned i = 0; i < w->crew_count; i++) {
		const struct crew *c = &w->crews[i];

		sum->deliveries += c->count.deliveries;
		sum->doubled += c->count.doubled;
		sum->disordered += c->count.disordered;
		sum->plain_bytes += c->count.plain_bytes;
		sum->wire_bytes += c->count.wire_bytes;
		sum->heres += c->count.heres;
		sum->here_bytes += c->count.here_bytes;
		sum->ack_bytes += c->count.ack_bytes;
		histogram_join(latency, &c->latency);
		histogram_join(greeting, &c->greeting);
	}
}

static void print_times(const char *name, const struct histogram *h)
{
	printf("\"%s_us\": {\"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}, ",
	       name, (double)histogram_quantile(h, 0.5) / 1e3,
	       (double)histogram_quantile(h, 0.99) / 1e3,
	       (double)histogram_quantile(h, 0.999) / 1e3);
}

static void print_threads(const struct run *r)
{
	const struct watch *after = &r->node_after;
	const char *comma = "";

	printf("\"node_threads_ms\": {");
	for (size_t i = 0; i < after->count; i++) {
		const struct watched *t = &after->threads[i];

		printf("%s\"%s.%d\": %.1f", comma, t->name, t->tid,
		       (double)watch_used(&r->node_linked, t) / 1e6);
		comma = ", ";
	}
	printf("}, ");
}

static void print_memory(const struct run *r)
{
	double grown = (double)r->node_linked.resident_bytes -
	               (double)r->node_before.resident_bytes;

	printf("\"node_resident_kib\": %" PRIu64 ", \"kib_a_link\": %.1f, ",
	       r->node_after.resident_bytes / 1024,
	       grown / 1024 / r->world.link_count);
}

static double share(uint64_t ns, const struct run *r)
{
	return (double)ns / (double)r->took_ns;
}

/* The bench is what limits when a thread of it never rests and no thread of
 * the node is as busy. */
static void print_busy(const struct run *r)
{
	uint64_t self = watch_busiest(&r->self_before, &r->self_after);
	uint64_t node = watch_busiest(&r->node_linked, &r->node_after);

	printf("\"bench_busiest\": %.2f, \"node_busiest\": %.2f, "
	       "\"bench_is_bottleneck\": %s, ",
	       share(self, r), share(node, r),
	       share(self, r) > 0.9 && self > node ? "true" : "false");
}

static void print_result(const struct run *r)
{
	static struct histogram latency, greeting;
	const struct world *w = &r->world;
	struct count sum = { 0 };
	uint64_t expected = 0, self, node;
	double n;

	add_up(w, &sum, &latency, &greeting);
	for (unsigned i = 0; i < w->hall_count; i++)
		expected += w->halls[i].to_say * w->halls[i].fans;
	n = sum.deliveries ? (double)sum.deliveries : 1;
	node = r->node_after.cpu_ns - r->node_linked.cpu_ns;
	self = r->self_after.cpu_ns - r->self_before.cpu_ns;
	printf("{\"links\": %u, \"deliveries\": %" PRIu64 ", \"lost\": %" PRId64
	       ", \"doubled\": %" PRIu64 ", \"disordered\": %" PRIu64
	       ", \"gone\": %u, \"slow_gone\": %u, ",
	       w->link_count, sum.deliveries,
	       (int64_t)(expected - sum.deliveries), sum.doubled,
	       sum.disordered, w->gone, w->slow_gone);
	printf("\"seconds\": %.4f, \"deliveries_s\": %.0f, \"node_ns\": %.1f, "
	       "\"bench_ns\": %.1f, \"node_cores\": %.2f, ",
	       (double)r->took_ns / 1e9,
	       (double)sum.deliveries * 1e9 / (double)r->took_ns,
	       (double)node / n, (double)self / n, share(node, r));
	printf("\"plain_bytes\": %.1f, \"wire_bytes\": %.1f, "
	       "\"ack_bytes\": %.2f, \"heres\": %" PRIu64
	       ", \"here_bytes\": %" PRIu64 ", ",
	       (double)sum.plain_bytes / n, (double)sum.wire_bytes / n,
	       (double)sum.ack_bytes / n, sum.heres, sum.here_bytes);
	print_times("latency", &latency);
	print_times("greeting", &greeting);
	printf("\"greeted_s\": %.3f, \"greeting_node_cpu_us\": %.1f, ",
	       (double)r->greeted_ns / 1e9,
	       (double)(r->node_linked.cpu_ns - r->node_before.cpu_ns) / 1e3 /
	               w->link_count);
	printf("\"returned_s\": %.3f, ", (double)r->returned_ns / 1e9);
	print_memory(r);
	print_threads(r);
	print_busy(r);
	printf("\"threads\": %u}\n", w->crew_count);
}

static void raise_file_limit(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv)
{
	static struct run r;

	signal(SIGPIPE, SIG_IGN);
	/* What is freed stays: giving pages back for each long message and
	 * taking them again would be the bench's cost. */
	mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	if (!qf_identity_ready())
		die("there is no randomness");
	raise_file_limit();
	read_options(&r, argc, argv);
	make_world(&r);
	prepare_authors(&r);
	link_all(&r);
	speak(&r);
	if (r.options[RETURNS])
		come_back(&r);
	end_crews(&r.world);
	print_result(&r);
	free_world(&r.world);
	return 0;
}
