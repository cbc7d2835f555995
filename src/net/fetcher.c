/* fetcher.c - a thread that reads the store for one worker */
#include "fetcher.h"

#include <stdlib.h>

#include "core/list.h"

enum { QUEUE_MAX = 256 };

static void drop_read(void *read)
{
	qf_read_free(read);
}

int qf_fetcher_init(struct qf_fetcher *f, const char *path,
                    struct qf_writer *writer, struct qf_bell *worker)
{
	int rc;

	f->writer = writer;
	atomic_init(&f->ending, false);
	if ((rc = qf_bell_init(&f->bell)) ||
	    (rc = qf_mailbox_init(&f->asked, QUEUE_MAX, &f->bell, worker)) ||
	    (rc = qf_mailbox_init(&f->fetched, QUEUE_MAX, worker, &f->bell)))
		return rc;
	qf_outlet_init(&f->out, &f->fetched);
	return qf_reader_open(&f->reader, path);
}

static int fetch_some(struct qf_fetcher *f, struct qf_read *r)
{
	r->envelopes = calloc(r->count, sizeof(struct qf_envelope *));
	if (!r->envelopes)
		return QF_E_NOMEM;
	if (r->kind == QF_READ_LSNS)
		return qf_reader_fetch(f->reader, r->lsns, r->count,
		                       r->bytes_max, r->envelopes, &r->got);
	if (!r->lsns)
		r->lsns = calloc(r->count, sizeof *r->lsns);
	if (!r->lsns)
		return QF_E_NOMEM;
	if (r->kind == QF_READ_STANDING)
		return qf_reader_standing(f->reader, &r->room, r->after,
		                          r->count, r->bytes_max, r->envelopes,
		                          r->lsns, &r->got);
	return qf_reader_after(f->reader, &r->room, r->after, r->count,
	                       r->bytes_max, r->envelopes, r->lsns, &r->got);
}

struct lines {
	struct qf_read *read;
	size_t cap;
};

static int add_line(void *ctx, const struct qf_author_range *range)
{
	struct lines *l = ctx;
	struct qf_read *r = l->read;

	if (!qf_list_room(&r->authors, r->author_count, &l->cap,
	                  sizeof *r->authors))
		return QF_E_NOMEM;
	r->authors[r->author_count++] = (struct qf_author_line){
		.author = range->author,
		.first = range->first,
		.last = range->last,
		.count = range->count,
		.forked = range->forked,
	};
	return QF_OK;
}

static int fetch_authors(struct qf_fetcher *f, struct qf_read *r)
{
	struct lines lines = { .read = r };

	return qf_reader_authors(f->reader, &r->room, add_line, &lines);
}

static void fetch(struct qf_fetcher *f, struct qf_read *r)
{
	if (r->kind == QF_READ_AUTHORS)
		r->err = fetch_authors(f, r);
	else if (r->count)
		r->err = fetch_some(f, r);
	if (r->err && qf_reader_damaged(f->reader)) {
		qf_writer_damaged(f->writer);
		qf_read_free(r);
		return;
	}
	/* One that cannot go back is one that nobody has memory to read. */
	if (qf_outlet_put(&f->out, r))
		qf_read_free(r);
}

static void *run(void *ctx)
{
	struct qf_fetcher *f = ctx;
	struct qf_read *r;

	while (!atomic_load(&f->ending)) {
		while (!f->out.count && (r = qf_mailbox_pop(&f->asked))) {
			fetch(f, r);
			qf_outlet_pour(&f->out);
		}
		qf_mailbox_thank(&f->asked);
		qf_bell_wait(&f->bell, UINT64_MAX);
		qf_outlet_pour(&f->out);
	}
	return NULL;
}

int qf_fetcher_start(struct qf_fetcher *f)
{
	if (pthread_create(&f->thread, NULL, run, f))
		return QF_E_NOMEM;
	pthread_setname_np(f->thread, "qf-reader");
	f->running = true;
	return QF_OK;
}

void qf_fetcher_fini(struct qf_fetcher *f)
{
	if (f->running) {
		atomic_store(&f->ending, true);
		qf_bell_ring(&f->bell);
		pthread_join(f->thread, NULL);
	}
	qf_reader_close(f->reader);
	qf_outlet_fini(&f->out, drop_read);
	qf_mailbox_fini(&f->fetched, drop_read);
	qf_mailbox_fini(&f->asked, drop_read);
	qf_bell_fini(&f->bell);
}
