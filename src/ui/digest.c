/* digest.c - the command digest: what a room holds, in a hash, by author */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "print.h"

static void show_author(const struct qf_reply_author *a)
{
	printf("  ");
	qf_print_word(stdout, a->key);
	printf("  %llu to %llu", (unsigned long long)a->first,
	       (unsigned long long)a->last);
	if (a->gaps)
		printf(", %llu missing", (unsigned long long)a->gaps);
	if (a->forks)
		printf(", %llu twice", (unsigned long long)a->forks);
	putchar('\n');
}

static bool show(const struct qf_reply *d, bool json)
{
	if (json)
		return qf_lines_raw(stdout, d);
	qf_print_word(stdout, d->room);
	printf(" holds %llu message%s\ndigest ", (unsigned long long)d->count,
	       d->count == 1 ? "" : "s");
	qf_print_word(stdout, d->digest);
	printf("\n%zu author%s, by the numbers of their messages:\n",
	       d->author_count, d->author_count == 1 ? "" : "s");
	for (size_t i = 0; i < d->author_count; i++)
		show_author(&d->authors[i]);
	return qf_print_done(stdout);
}

enum qf_outcome qf_digest_run(struct qf_stream *s, const char *room, bool json)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply digest;
	enum qf_outcome end;

	qf_buf_init(&request, 0);
	qf_request_room(&request, id, "digest", room);
	end = qf_ask(s, id, &request, &digest);
	qf_buf_fini(&request);
	if (end)
		return end;
	if (!show(&digest, json))
		end = QF_DISK;
	qf_reply_fini(&digest);
	return end;
}
