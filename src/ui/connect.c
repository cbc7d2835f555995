/* connect.c - the command connect: a link to an address, and who is there
 *
 * The happy path: the node is told to dial; news says who answered, or a
 * status does, if they were linked already. A node in this process then stays
 * SETTLE_MS, so that both take what is new, and remembers the address. It can
 * fail: the address cannot be reached, or says nothing within OUTCOME_MS; a
 * node that goes on keeps trying.
 *
 * A word without a dot or a colon may be somebody's name. If the node knows
 * such a person the link has to be with their key, at whichever address; the
 * first that cannot be reached leaves the others NEXT_MS.
 */
#include <stdio.h>
#include <string.h>

#include "asking.h"
#include "commands.h"
#include "known.h"
#include "lines.h"
#include "print.h"

enum { OUTCOME_MS = 10000, NEXT_MS = 2000, SETTLE_MS = 2000 };

/* Whom or what to link with. */
struct goal {
	const char *word;
	const struct qf_address *address;
	char key[QF_KNOWN_KEY_BYTES + 1]; /* "": any, at the address */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t deadline_ms;
	bool failed; /* an address of that person */
};

static bool is_at(const struct qf_address *address, struct qf_bytes host,
                  uint64_t port)
{
	return port == address->port && qf_reply_is(host, address->host);
}

static bool is_goal(const struct goal *g, const struct qf_reply_link *l)
{
	return *g->key ? qf_reply_is(l->key, g->key)
	               : is_at(g->address, l->address, l->port);
}

static void consider(struct goal *g, struct qf_bytes key,
                     struct qf_bytes key_short, struct qf_bytes name)
{
	struct qf_bytes word = qf_bytes(g->word, strlen(g->word));

	if (*g->key || !qf_known_is_meant(word, key, key_short, name))
		return;
	snprintf(g->key, sizeof g->key, "%.*s", (int)key.len,
	         (const char *)key.at);
	snprintf(g->name, sizeof g->name, "%.*s", (int)name.len,
	         (const char *)name.at);
}

/* Those who are here come before those who are only remembered, as they do for
 * the node; which of several is meant it will ask. */
static enum qf_outcome find_person(struct qf_stream *s, struct goal *g)
{
	struct qf_reply reply;
	enum qf_outcome end;

	if (strpbrk(g->word, ".:"))
		return QF_GOOD;
	end = qf_ask_plain(s, "who", &reply);
	if (end)
		return end;
	for (size_t i = 0; i < reply.person_count; i++)
		consider(g, reply.people[i].key, reply.people[i].key_short,
		         reply.people[i].name);
	qf_reply_fini(&reply);
	end = qf_ask_plain(s, "contacts", &reply);
	if (end)
		return end;
	for (size_t i = 0; i < reply.contact_count; i++)
		consider(g, reply.contacts[i].key, qf_bytes("", 0),
		         reply.contacts[i].name);
	qf_reply_fini(&reply);
	return QF_GOOD;
}

static enum qf_outcome tell_node(struct qf_stream *s, const struct goal *g)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply done;
	enum qf_outcome end;

	qf_buf_init(&request, 0);
	if (!*g->key)
		qf_request_connect(&request, id, g->address);
	else if (qf_request_field(&request, id, "connect", "who",
	                          qf_bytes(g->word, strlen(g->word))))
		request.bad = true;
	end = qf_ask(s, id, &request, &done);
	qf_buf_fini(&request);
	if (!end)
		qf_reply_fini(&done);
	return end;
}

static bool show(const struct qf_reply_link *l, bool json)
{
	struct qf_buf line;

	if (json) {
		qf_buf_init(&line, 0);
		qf_line_linked(&line, l);
		fwrite(line.at, 1, line.len, stdout);
		qf_buf_fini(&line);
		return qf_print_done(stdout);
	}
	printf("linked with ");
	qf_known_print(NULL, stdout, l->key, l->key_short, l->name);
	printf(" at ");
	qf_print_word(stdout, l->address);
	printf(" port %llu\ncompare these words with theirs: ",
	       (unsigned long long)l->port);
	qf_print_word(stdout, l->words);
	putchar('\n');
	return qf_print_done(stdout);
}

static void say_unreachable(struct goal *g, const struct qf_reply *news)
{
	if (*g->key && !g->failed)
		g->deadline_ms = qf_stream_now() + NEXT_MS;
	g->failed = true;
	qf_complain("%.*s port %llu cannot be reached: %.*s",
	            (int)news->address.len, (const char *)news->address.at,
	            (unsigned long long)news->port, (int)news->why.len,
	            (const char *)news->why.at);
}

/* What the node has to say about who answers, before it tells of the link: that
 * the key is another than before, for one. */
static void warn(const struct qf_reply *notice, bool json)
{
	if (json)
		qf_lines_raw(stdout, notice);
	else
		qf_complain("%.*s", (int)notice->say.len,
		            (const char *)notice->say.at);
}

/* A reply may tell what became of it. True: *end is the outcome. */
static bool take(struct goal *g, const struct qf_reply *reply, bool json,
                 enum qf_outcome *end)
{
	struct qf_reply_link fresh = qf_reply_link(reply);
	const struct qf_reply_link *found = NULL;

	if (reply->kind == QF_REPLY_NOTICE)
		warn(reply, json);
	if (reply->kind == QF_REPLY_LINKED && is_goal(g, &fresh))
		found = &fresh;
	for (size_t i = 0; i < reply->link_count && !found; i++)
		if (is_goal(g, &reply->links[i]))
			found = &reply->links[i];
	if (found) {
		*end = show(found, json) ? QF_GOOD : QF_DISK;
		return true;
	}
	if (reply->kind != QF_REPLY_UNREACHABLE ||
	    !(*g->key ? qf_reply_is(reply->name, g->name)
	              : is_at(g->address, reply->address, reply->port)))
		return false;
	say_unreachable(g, reply);
	*end = QF_UNAVAILABLE;
	return !*g->key;
}

static enum qf_outcome give_up(const struct qf_stream *s, const struct goal *g)
{
	if (g->failed)
		return QF_UNAVAILABLE;
	if (*g->key)
		qf_complain("%s has not answered yet%s", g->word,
		            s->own ? "" : "; the node keeps trying");
	else
		qf_complain("%s port %u has not answered yet%s",
		            g->address->host, g->address->port,
		            s->own ? "" : "; the node keeps trying");
	return QF_NOT_YET;
}

static enum qf_outcome await_outcome(struct qf_stream *s, struct goal *g,
                                     bool json)
{
	enum qf_outcome end = QF_NOT_YET;
	struct qf_reply reply;
	bool over = false;

	g->deadline_ms = qf_stream_now() + OUTCOME_MS;
	while (!over) {
		switch (qf_stream_wait(s, -1, g->deadline_ms, &reply)) {
		case QF_STREAM_REPLY:
			over = take(g, &reply, json, &end);
			qf_reply_fini(&reply);
			break;
		case QF_STREAM_TIMEOUT:
			return give_up(s, g);
		case QF_STREAM_LOST:
			return qf_complain_lost(s->why);
		case QF_STREAM_RENEWED:
			qf_complain("the node went away; connect again");
			return QF_NOT_YET;
		default:
			over = true;
		}
	}
	return end;
}

static void settle(struct qf_stream *s)
{
	uint64_t deadline_ms = qf_stream_now() + SETTLE_MS;
	struct qf_reply reply;

	while (qf_stream_wait(s, -1, deadline_ms, &reply) == QF_STREAM_REPLY)
		qf_reply_fini(&reply);
}

enum qf_outcome qf_connect_run(struct qf_stream *s, const char *word,
                               const struct qf_address *address, bool json)
{
	struct goal g = { .word = word, .address = address };
	enum qf_outcome end = find_person(s, &g);

	if (end)
		return end;
	qf_request_plain(&s->out, qf_stream_id(s), "watch");
	end = tell_node(s, &g);
	if (end)
		return end;
	/* Whoever is linked already makes no news. */
	qf_request_plain(&s->out, qf_stream_id(s), "status");
	end = await_outcome(s, &g, json);
	if (!end && s->own)
		settle(s);
	return end;
}
