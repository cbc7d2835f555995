/* limit.c - the bare loop: as fast as anything can send lines to many
 *
 * usage: limit plain|tls THREADS LINE_BYTES HALLS    ends with its input
 *
 * A line that a speaker sends goes to everyone in its hall, and that is all:
 * no order, no store, no signature, nothing parsed but where a line ends. It
 * reads each ready socket once a turn, appends what came once to the hall's
 * ring, and makes one write for each member that is due. TLS is as a node has
 * it (net/tls.h). Prints its port. loop.h is what its links say.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "loop.h"
#include "net/tls.h"

enum {
	EVENTS = 1024,
	READ_BYTES = 65536,
	WRITE_BYTES = 262144, /* about what a node pulls for one write */
	RINGS_BYTES = 16 << 20,
	RING_BYTES_MIN = 128 << 10,
};

struct conn {
	int fd;
	SSL *ssl; /* NULL: plain */
	struct thread *thread;
	struct hall *hall;
	bool shaken; /* TLS is up */
	bool greeted;
	bool speaks;
	bool blocked;    /* waits until its socket takes more */
	uint64_t cursor; /* in the hall's ring */
	uint8_t *partial;
	size_t partial_len;
};

struct hall {
	unsigned index;
	pthread_mutex_t appending;
	uint8_t *ring;
	_Atomic uint64_t head;
};

/* A thread's members of one hall. */
struct bench {
	struct conn **members;
	size_t count;
	size_t cap;
	bool dirty; /* is in the list */
};

struct thread {
	pthread_t id;
	int epoll;
	int bell;
	struct bench *benches; /* by hall */
	struct hall **dirty;
	size_t dirty_count;
	pthread_mutex_t telling;
	struct hall **told; /* by other threads */
	bool *is_told;
	size_t told_count;
	uint8_t in[READ_BYTES];
};

static struct qf_tls tls;
static bool with_tls;
static size_t line_bytes, ring_bytes;
static unsigned thread_count, hall_count;
static struct thread *threads;
static struct hall *halls;
static int listener;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("memory");
	return p;
}

/* Who is due. */

static void soil(struct thread *t, struct hall *h)
{
	struct bench *b = &t->benches[h->index];

	if (b->dirty)
		return;
	b->dirty = true;
	t->dirty[t->dirty_count++] = h;
}

static void tell(struct thread *t, struct hall *h)
{
	uint64_t one = 1;
	bool first;

	pthread_mutex_lock(&t->telling);
	first = !t->told_count;
	if (!t->is_told[h->index])
		t->told[t->told_count++] = h;
	t->is_told[h->index] = true;
	pthread_mutex_unlock(&t->telling);
	if (first && write(t->bell, &one, sizeof one) < 0)
		die("a bell");
}

static void answer_bell(struct thread *t)
{
	uint64_t rings;

	if (read(t->bell, &rings, sizeof rings) < 0)
		return;
	pthread_mutex_lock(&t->telling);
	while (t->told_count) {
		struct hall *h = t->told[--t->told_count];

		t->is_told[h->index] = false;
		soil(t, h);
	}
	pthread_mutex_unlock(&t->telling);
}

static void append(struct conn *c, const uint8_t *lines, size_t len)
{
	struct hall *h = c->hall;
	size_t at, first;

	pthread_mutex_lock(&h->appending);
	at = h->head % ring_bytes;
	first = len < ring_bytes - at ? len : ring_bytes - at;
	memcpy(h->ring + at, lines, first);
	memcpy(h->ring, lines + first, len - first);
	atomic_fetch_add_explicit(&h->head, len, memory_order_release);
	pthread_mutex_unlock(&h->appending);
	soil(c->thread, h);
	for (unsigned i = 0; i < thread_count; i++)
		if (&threads[i] != c->thread)
			tell(&threads[i], h);
}

/* Out. */

static void set_blocked(struct conn *c, bool blocked)
{
	struct epoll_event ev = { .events = EPOLLIN | (blocked ? EPOLLOUT : 0),
		                  .data.ptr = c };

	if (blocked == c->blocked)
		return;
	c->blocked = blocked;
	if (epoll_ctl(c->thread->epoll, EPOLL_CTL_MOD, c->fd, &ev))
		die("epoll");
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static ssize_t write_some(struct conn *c, size_t len)
{
	size_t at = c->cursor % ring_bytes;
	size_t first = min(len, ring_bytes - at);
	struct iovec parts[] = { { c->hall->ring + at, first },
		                 { c->hall->ring, len - first } };

	if (c->ssl)
		return SSL_write(c->ssl, parts[0].iov_base, (int)first);
	return writev(c->fd, parts, len > first ? 2 : 1);
}

static void deliver(struct conn *c)
{
	uint64_t head = atomic_load_explicit(&c->hall->head,
	                                     memory_order_acquire);

	if (head - c->cursor > ring_bytes) {
		errno = ENOBUFS;
		die("a member fell behind the ring");
	}
	while (c->cursor < head) {
		ssize_t n = write_some(c, min(head - c->cursor, WRITE_BYTES));

		if (n <= 0) {
			ERR_clear_error(); /* it would be the next one's */
			set_blocked(c, true);
			return;
		}
		c->cursor += (uint64_t)n;
	}
	set_blocked(c, false);
}

static void end_turn(struct thread *t)
{
	for (size_t i = 0; i < t->dirty_count; i++) {
		struct bench *b = &t->benches[t->dirty[i]->index];

		b->dirty = false;
		for (size_t j = 0; j < b->count; j++)
			if (!b->members[j]->blocked)
				deliver(b->members[j]);
	}
	t->dirty_count = 0;
}

/* In. */

static void leave(struct conn *c)
{
	struct bench *b = &c->thread->benches[c->hall ? c->hall->index : 0];

	for (size_t i = 0; c->hall && i < b->count; i++)
		if (b->members[i] == c)
			b->members[i] = b->members[--b->count];
	SSL_free(c->ssl);
	close(c->fd);
	free(c->partial);
	free(c);
}

static void enter(struct conn *c, const struct loop_greeting *greeting)
{
	struct bench *b;

	if (greeting->hall >= hall_count)
		die("no such hall");
	c->hall = &halls[greeting->hall];
	c->speaks = greeting->role == LOOP_SPEAKER;
	c->greeted = true;
	c->cursor = c->hall->head;
	b = &c->thread->benches[c->hall->index];
	if (b->count == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 8;
		b->members = realloc(b->members, b->cap * sizeof *b->members);
		if (!b->members)
			die("memory");
	}
	b->members[b->count++] = c;
	if (c->ssl ? SSL_write(c->ssl, "R", 1) != 1 : write(c->fd, "R", 1) != 1)
		die("an answer");
}

/* Whole lines go to the ring in one piece, ACKs go nowhere. */
static size_t take_lines(struct conn *c, const uint8_t *in, size_t len)
{
	size_t used = 0, lines;

	while (used < len) {
		bool ack = in[used] == LOOP_ACK;
		size_t whole = ack ? LOOP_ACK_BYTES : line_bytes;

		if (len - used < whole)
			break;
		lines = used;
		while (!ack && len - lines >= line_bytes &&
		       in[lines] != LOOP_ACK)
			lines += line_bytes;
		if (!ack)
			append(c, in + used, lines - used);
		used = ack ? used + whole : lines;
	}
	return used;
}

static size_t take_whole(struct conn *c, const uint8_t *in, size_t len)
{
	struct loop_greeting greeting;
	size_t used = 0;

	if (!c->greeted) {
		if (len < sizeof greeting)
			return 0;
		memcpy(&greeting, in, sizeof greeting);
		enter(c, &greeting);
		used = sizeof greeting;
	}
	return c->speaks ? used + take_lines(c, in + used, len - used) : len;
}

static void take(struct conn *c, const uint8_t *in, size_t len)
{
	size_t used;

	if (!c->partial_len) {
		used = take_whole(c, in, len);
		in += used;
		len -= used;
	}
	if (!len)
		return;
	c->partial = realloc(c->partial, c->partial_len + len);
	if (!c->partial)
		die("memory");
	memcpy(c->partial + c->partial_len, in, len);
	c->partial_len += len;
	used = take_whole(c, c->partial, c->partial_len);
	c->partial_len -= used;
	memmove(c->partial, c->partial + used, c->partial_len);
}

/* False: it failed. */
static bool shake(struct conn *c)
{
	int rc = SSL_accept(c->ssl), err;

	if (rc == 1) {
		c->shaken = true;
		return true;
	}
	err = SSL_get_error(c->ssl, rc);
	return err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE;
}

/* OpenSSL may hold more than the record that it gives. */
static bool hear_tls(struct conn *c)
{
	int n;

	if (!c->shaken && !shake(c))
		return false;
	if (!c->shaken)
		return true;
	while ((n = SSL_read(c->ssl, c->thread->in, READ_BYTES)) > 0)
		take(c, c->thread->in, (size_t)n);
	return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ;
}

/* False: the connection is over. */
static bool hear(struct conn *c)
{
	ssize_t n;

	if (c->ssl && hear_tls(c))
		return true;
	if (c->ssl) {
		ERR_clear_error();
		return false;
	}
	n = recv(c->fd, c->thread->in, READ_BYTES, 0);
	if (n > 0)
		take(c, c->thread->in, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void *run(void *ctx)
{
	struct thread *t = ctx;
	struct epoll_event events[EVENTS];

	for (;;) {
		int n = epoll_wait(t->epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;

			if (!c)
				answer_bell(t);
			else if (events[i].events & EPOLLOUT && c->greeted)
				deliver(c);
			if (c && events[i].events & ~EPOLLOUT && !hear(c))
				leave(c);
		}
		end_turn(t);
	}
	return NULL;
}

/* Beginning. */

static void adopt(int fd, struct thread *t)
{
	struct conn *c = zeroed(1, sizeof *c);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int yes = 1;

	c->fd = fd;
	c->thread = t;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (with_tls) {
		c->ssl = SSL_new(tls.server);
		if (!c->ssl || !SSL_set_fd(c->ssl, fd))
			die("TLS");
		SSL_set_accept_state(c->ssl);
		SSL_set_mode(c->ssl,
		             SSL_MODE_ENABLE_PARTIAL_WRITE |
		                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	}
	if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &ev))
		die("epoll");
}

static void listen_anywhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) ||
	    listen(listener, 4096) ||
	    getsockname(listener, (struct sockaddr *)&at, &len))
		die("listening");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
}

static void make_threads(void)
{
	threads = zeroed(thread_count, sizeof *threads);
	for (unsigned i = 0; i < thread_count; i++) {
		struct thread *t = &threads[i];
		struct epoll_event ring = { .events = EPOLLIN };

		t->epoll = epoll_create1(EPOLL_CLOEXEC);
		t->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		t->benches = zeroed(hall_count, sizeof *t->benches);
		t->dirty = zeroed(hall_count, sizeof *t->dirty);
		t->told = zeroed(hall_count, sizeof *t->told);
		t->is_told = zeroed(hall_count, sizeof *t->is_told);
		pthread_mutex_init(&t->telling, NULL);
		if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->bell, &ring))
			die("epoll");
	}
	for (unsigned i = 0; i < thread_count; i++)
		if (pthread_create(&threads[i].id, NULL, run, &threads[i]))
			die("a thread");
}

static void make_halls(void)
{
	ring_bytes = RINGS_BYTES / hall_count;
	if (ring_bytes < RING_BYTES_MIN)
		ring_bytes = RING_BYTES_MIN;
	halls = zeroed(hall_count, sizeof *halls);
	for (unsigned i = 0; i < hall_count; i++) {
		halls[i].index = i;
		halls[i].ring = zeroed(1, ring_bytes);
		pthread_mutex_init(&halls[i].appending, NULL);
	}
}

static void accept_all(void)
{
	struct pollfd ready[] = { { .fd = listener, .events = POLLIN },
		                  { .fd = STDIN_FILENO, .events = POLLIN } };
	unsigned next = 0;

	while (poll(ready, 2, -1) > 0 && !ready[1].revents) {
		int fd = accept4(listener, NULL, NULL,
		                 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			die("accepting");
		adopt(fd, &threads[next++ % thread_count]);
	}
}

int main(int argc, char **argv)
{
	static const uint8_t seed[QF_SEED_BYTES] = { 1 };
	struct qf_buf pem = { 0 };
	struct rlimit files;

	if (argc != 5)
		return 64;
	with_tls = !strcmp(argv[1], "tls");
	thread_count = (unsigned)atoi(argv[2]);
	line_bytes = (size_t)atoi(argv[3]);
	hall_count = (unsigned)atoi(argv[4]);
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (qf_tls_make_pem(&pem) ||
	    qf_tls_init(&tls, seed, qf_buf_bytes(&pem)))
		die("TLS");
	qf_buf_fini(&pem);
	make_halls();
	make_threads();
	listen_anywhere();
	accept_all();
	return 0;
}
