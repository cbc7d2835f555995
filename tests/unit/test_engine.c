/* test_engine.c - whole nodes in one process, over loopback and real disks */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/engine.h"
#include "net/sockaddr.h"

enum { PATIENCE_MS = 20000 };

/* A node and one client of it. */
struct node {
	char dir[64];
	struct qf_home home;
	struct qf_engine *engine;
	struct qf_engine_options options;
	struct qf_address at;
	int fd;
	char in[1 << 20];
	size_t len;
	char line[1 << 17]; /* the last that was read */
};

static struct node *node_new(const char *name)
{
	static const char *const lobby[] = { "#lobby" };
	struct node *n = calloc(1, sizeof *n);

	strcpy(n->dir, "/tmp/qf-engine-XXXXXX");
	assert_non_null(mkdtemp(n->dir));
	n->options = (struct qf_engine_options){
		.home = &n->home,
		.name = name,
		.listens = true,
		.listen = "127.0.0.1",
		.join = lobby,
		.join_count = 1,
	};
	n->fd = -1;
	return n;
}

static void node_start(struct node *n)
{
	char why[256] = "";
	bool moved;

	if (qf_home_open(&n->home, n->dir, why, sizeof why) ||
	    qf_home_lock(&n->home, why, sizeof why) ||
	    qf_engine_start(&n->engine, &n->options, why, sizeof why))
		fail_msg("%s", why);
	qf_engine_listening(n->engine, &n->at, &moved);
	n->fd = qf_engine_client(n->engine);
	assert_true(n->fd >= 0);
	n->len = 0;
}

static void node_stop(struct node *n)
{
	qf_engine_stop(n->engine);
	n->engine = NULL;
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	qf_home_unlock(&n->home);
}

static void node_free(struct node *n)
{
	char command[128];

	if (n->engine)
		node_stop(n);
	snprintf(command, sizeof command, "rm -rf %s", n->dir);
	assert_int_equal(system(command), 0);
	free(n);
}

static void say_raw(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t put = send(fd, text, len, MSG_NOSIGNAL);

		assert_true(put > 0);
		text += put;
		len -= (size_t)put;
	}
}

static void ask(struct node *n, const char *format, ...)
{
	char line[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	say_raw(n->fd, line);
	say_raw(n->fd, "\n");
}

/* The next line from the node, in n->line; false: it closed the client. */
static bool next_line(struct node *n)
{
	char *end;

	while (!(end = memchr(n->in, '\n', n->len))) {
		struct pollfd fd = { .fd = n->fd, .events = POLLIN };
		ssize_t got;

		if (poll(&fd, 1, PATIENCE_MS) != 1)
			fail_msg("nothing came; the last line was %s", n->line);
		got = read(n->fd, n->in + n->len, sizeof n->in - n->len);
		if (got <= 0)
			return false;
		n->len += (size_t)got;
	}
	*end++ = 0;
	assert_true(strlen(n->in) < sizeof n->line);
	strcpy(n->line, n->in);
	n->len -= (size_t)(end - n->in);
	memmove(n->in, end, n->len);
	return true;
}

/* Read on until a line has all of these words. */
static void expect_all(struct node *n, const char *a, const char *b)
{
	do
		if (!next_line(n))
			fail_msg("closed before %s %s came", a, b);
	while (!strstr(n->line, a) || !strstr(n->line, b));
}

static void expect(struct node *n, const char *word)
{
	expect_all(n, word, "");
}

static void connect_to(struct node *n, const struct node *other)
{
	ask(n, "{\"do\":\"watch\"}");
	ask(n, "{\"do\":\"connect\",\"address\":\"127.0.0.1\",\"port\":%u}",
	    other->at.port);
	expect_all(n, "\"linked\"", "");
}

static void follow(struct node *n, unsigned last)
{
	ask(n, "{\"do\":\"follow\",\"room\":\"#lobby\",\"last\":%u}", last);
	expect(n, "\"following\"");
}

static void say(struct node *n, const char *text)
{
	ask(n, "{\"do\":\"say\",\"room\":\"#lobby\",\"text\":\"%s\"}", text);
}

/* The value of a string field of the last line. */
static void field(const struct node *n, const char *name, char *to, size_t cap)
{
	char mark[32];
	const char *at;
	size_t len;

	snprintf(mark, sizeof mark, "\"%s\":\"", name);
	at = strstr(n->line, mark);
	assert_non_null(at);
	at += strlen(mark);
	len = strcspn(at, "\"");
	assert_true(len < cap);
	memcpy(to, at, len);
	to[len] = 0;
}

static void digest(struct node *n, char out[128])
{
	ask(n, "{\"do\":\"digest\",\"room\":\"#lobby\"}");
	expect(n, "\"on\":\"digest\"");
	field(n, "digest", out, 128);
}

TEST(engine, it_starts_answers_and_stops)
{
	struct node *n = node_new("ana");

	node_start(n);
	assert_int_not_equal(n->at.port, 0);
	ask(n, "{\"id\":7,\"do\":\"status\"}");
	expect_all(n, "\"re\":7", "\"ana\"");
	node_stop(n);
	node_free(n);
}

TEST(engine, what_one_says_the_other_hears)
{
	struct node *ana = node_new("ana"), *bob = node_new("bob");

	node_start(ana);
	node_start(bob);
	follow(bob, 0);
	connect_to(bob, ana);
	ask(ana, "{\"do\":\"watch\"}");
	say(ana, "good morning");
	expect(ana, "\"stored\"");
	expect_all(bob, "good morning", "\"name\":\"ana\"");
	expect(ana, "\"copies\"");
	follow(ana, 0);
	say(bob, "and to you");
	expect_all(ana, "and to you", "\"name\":\"bob\"");
	node_free(ana);
	node_free(bob);
}

TEST(engine, whoever_comes_late_gets_what_was_said_before)
{
	struct node *ana = node_new("ana"), *bob = node_new("bob");
	char of_ana[128], of_bob[128];

	node_start(ana);
	for (int i = 0; i < 300; i++) {
		char text[32];

		snprintf(text, sizeof text, "line %d.", i);
		say(ana, text);
	}
	for (int i = 0; i < 300; i++)
		expect(ana, "\"stored\"");
	node_start(bob);
	follow(bob, 0);
	connect_to(bob, ana);
	for (int i = 0; i < 300; i++)
		expect(bob, "\"text\"");
	digest(ana, of_ana);
	digest(bob, of_bob);
	assert_string_equal(of_ana, of_bob);
	node_free(ana);
	node_free(bob);
}

TEST(engine, what_was_stored_is_there_after_a_restart)
{
	struct node *ana = node_new("ana"), *bob = node_new("bob");
	char before[128], after[128];

	ana->options.dial_remembered = bob->options.dial_remembered = true;
	node_start(ana);
	node_start(bob);
	connect_to(bob, ana);
	say(ana, "remember this");
	expect(ana, "\"stored\"");
	digest(ana, before);
	ana->options.port = ana->at.port;
	ana->options.port_rule = QF_PORT_INSIST;
	node_stop(ana);
	expect(bob, "\"unlinked\"");
	say(bob, "while you were away");
	expect(bob, "\"stored\"");
	node_start(ana);
	follow(ana, 10);
	digest(ana, after);
	/* Bob, who was linked to this address, comes back by himself. */
	expect(bob, "\"linked\"");
	ask(ana, "{\"do\":\"history\",\"room\":\"#lobby\"}");
	expect(ana, "\"end\"");
	node_free(ana);
	node_free(bob);
}

TEST(engine, several_workers_share_one_room)
{
	struct node *hub = node_new("hub"), *guests[4];

	hub->options.threads = 3;
	node_start(hub);
	for (int i = 0; i < 4; i++) {
		guests[i] = node_new("guest");
		guests[i]->options.threads = 2;
		node_start(guests[i]);
		follow(guests[i], 0);
		connect_to(guests[i], hub);
	}
	for (int i = 0; i < 4; i++) {
		char text[32];

		snprintf(text, sizeof text, "hello from %d", i);
		say(guests[i], text);
	}
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 4; k++)
			expect(guests[i], "hello from");
	for (int i = 0; i < 4; i++)
		node_free(guests[i]);
	node_free(hub);
}

TEST(engine, a_dial_that_fails_says_why)
{
	struct node *n = node_new("ana");
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	getsockname(fd, (struct sockaddr *)&at, &len);
	node_start(n);
	ask(n, "{\"do\":\"watch\"}");
	ask(n, "{\"do\":\"connect\",\"address\":\"127.0.0.1\",\"port\":%u}",
	    ntohs(at.sin_port));
	expect_all(n, "\"unreachable\"", "refused");

	assert_int_equal(listen(fd, 1), 0);
	ask(n, "{\"do\":\"connect\",\"address\":\"127.0.0.1\",\"port\":%u}",
	    ntohs(at.sin_port));
	peer = accept(fd, NULL, NULL);
	assert_true(peer >= 0);
	say_raw(peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
	expect_all(n, "\"unreachable\"", "not a QuickFi node");
	close(peer);
	close(fd);
	node_free(n);
}

TEST(engine, a_remembered_address_must_show_its_key)
{
	struct node *ana = node_new("ana"), *bob = node_new("bob");
	struct node *eve = node_new("eve");

	node_start(ana);
	node_start(bob);
	connect_to(bob, ana);
	say(bob, "remember her");
	expect(bob, "\"stored\"");
	node_stop(bob);
	node_stop(ana);
	eve->options.port = ana->at.port;
	eve->options.port_rule = QF_PORT_INSIST;
	node_start(eve);
	bob->options.dial_remembered = true;
	node_start(bob);
	/* The dial may have failed before anyone watched. */
	ask(bob, "{\"do\":\"watch\"}");
	ask(bob, "{\"do\":\"status\"}");
	expect_all(bob, "\"unreachable\"", "another key");
	node_free(ana);
	node_free(bob);
	node_free(eve);
}

TEST(engine, a_taken_port_is_refused_or_another_is_found)
{
	struct node *ana = node_new("ana"), *bob = node_new("bob");
	char why[256] = "";
	bool moved;

	node_start(ana);
	bob->options.port = ana->at.port;
	bob->options.port_rule = QF_PORT_INSIST;
	assert_int_equal(qf_home_open(&bob->home, bob->dir, why, sizeof why),
	                 0);
	assert_int_equal(qf_home_lock(&bob->home, why, sizeof why), 0);
	assert_int_equal(
		qf_engine_start(&bob->engine, &bob->options, why, sizeof why),
		QF_E_TAKEN);
	assert_non_null(strstr(why, "taken"));
	qf_home_unlock(&bob->home);

	bob->options.port_rule = QF_PORT_PREFER;
	node_start(bob);
	qf_engine_listening(bob->engine, &bob->at, &moved);
	assert_true(moved);
	assert_int_not_equal(bob->at.port, ana->at.port);
	node_free(ana);
	node_free(bob);
}

static int dial_socket(const struct node *n)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s/socket", n->dir);
	if (connect(fd, (struct sockaddr *)&at, sizeof at)) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST(engine, the_home_has_a_socket_for_its_owner_while_the_node_runs)
{
	struct node *n = node_new("ana");
	char path[96];
	struct stat st;

	snprintf(path, sizeof path, "%s/socket", n->dir);
	n->options.socket = true;
	node_start(n);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(n->fd);
	n->fd = dial_socket(n);
	assert_true(n->fd >= 0);
	ask(n, "{\"id\":1,\"do\":\"status\"}");
	expect(n, "\"re\":1");
	node_stop(n);
	assert_int_equal(stat(path, &st), -1);
	node_free(n);
}

TEST(engine, whoever_closes_the_sending_half_still_gets_the_answers)
{
	struct node *n = node_new("ana");

	node_start(n);
	for (int i = 0; i < 200; i++)
		say(n, "last words");
	shutdown(n->fd, SHUT_WR);
	for (int i = 0; i < 200; i++)
		expect(n, "\"stored\"");
	assert_false(next_line(n));
	node_free(n);
}

static void lose_key(const struct node *n)
{
	char path[96];

	snprintf(path, sizeof path, "%s/key", n->dir);
	assert_int_equal(unlink(path), 0);
}

TEST(engine, a_home_with_lines_that_lost_its_key_says_so)
{
	struct node *n = node_new("ana");

	node_start(n);
	assert_string_equal(qf_engine_story(n->engine), "");
	node_stop(n);
	lose_key(n);

	/* Nothing was said: there is nobody whom it could be mistaken for. */
	node_start(n);
	assert_string_equal(qf_engine_story(n->engine), "");
	say(n, "I am somebody");
	expect(n, "\"stored\"");
	node_stop(n);
	lose_key(n);

	node_start(n);
	ask(n, "{\"do\":\"status\"}");
	expect_all(n, "\"notice\":\"the key of this home was missing",
	           "stop this node and put it back as ");
	ask(n, "{\"do\":\"history\",\"room\":\"#lobby\"}");
	expect(n, "I am somebody");
	node_stop(n);
	node_start(n);
	assert_string_equal(qf_engine_story(n->engine), "");
	node_free(n);
}

TEST(engine, a_home_with_a_key_that_lost_its_database_says_so)
{
	struct node *n = node_new("ana");
	char path[96];

	snprintf(path, sizeof path, "%s/store", n->dir);
	for (int i = 0; i < 2; i++) {
		node_start(n);
		say(n, "I was here");
		expect(n, "\"stored\"");
		node_stop(n);
		/* Empty at first, and then not there at all. */
		assert_int_equal(i ? unlink(path) : truncate(path, 0), 0);
		node_start(n);
		ask(n, "{\"do\":\"status\"}");
		expect_all(n,
		           "\"notice\":\"the database of this home was "
		           "missing or empty",
		           "stop this node and put it back as ");
		node_stop(n);
		node_start(n);
		assert_string_equal(qf_engine_story(n->engine), "");
		node_stop(n);
	}
	node_start(n);
	node_free(n);
}

TEST(engine, what_a_stopping_node_calls_stored_is_stored)
{
	struct node *n = node_new("ana");
	int stored = 1, lines = 0;

	node_start(n);
	for (int i = 0; i < 100; i++)
		say(n, "quick");
	expect(n, "\"stored\"");
	qf_engine_stop(n->engine);
	n->engine = NULL;
	while (next_line(n)) {
		stored += !!strstr(n->line, "\"stored\"");
		assert_true(strstr(n->line, "\"stored\"") ||
		            strstr(n->line, "\"stopping\""));
	}
	close(n->fd);
	qf_home_unlock(&n->home);

	node_start(n);
	ask(n, "{\"do\":\"history\",\"room\":\"#lobby\",\"last\":1000}");
	while (next_line(n) && !strstr(n->line, "\"end\""))
		lines += !!strstr(n->line, "\"quick\"");
	assert_in_range(lines, stored, 100);
	node_free(n);
}
