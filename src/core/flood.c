/* flood.c - what is new, on its way to every neighbour but who brought it */
#include "flood.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

void qf_flood_fini(struct qf_flood *f)
{
	free(f->queue);
	*f = (struct qf_flood){ 0 };
}

static void queue(struct qf_flood *f, struct qf_person *p,
                  const struct qf_key *source)
{
	if (p->queued) {
		if (!qf_key_equal(&p->source, source))
			p->source = (struct qf_key){ 0 };
		return;
	}
	if (!qf_list_room(&f->queue, f->count, &f->cap, sizeof *f->queue)) {
		f->bad = true;
		return;
	}
	f->queue[f->count++] = p;
	p->queued = true;
	p->source = *source;
}

void qf_flood_record(struct qf_flood *f, struct qf_person *p,
                     const struct qf_key *source)
{
	p->record_fresh = true;
	p->reports_fresh = 0; /* those were about the record before */
	queue(f, p, source);
}

void qf_flood_report(struct qf_flood *f, struct qf_person *p, size_t edge,
                     const struct qf_key *source)
{
	p->reports_fresh |= (uint16_t)(1u << edge);
	queue(f, p, source);
}

void qf_flood_forget(struct qf_flood *f, const struct qf_person *p)
{
	size_t i = 0;

	if (!p->queued)
		return;
	while (f->queue[i] != p)
		i++;
	f->count--;
	memmove(&f->queue[i], &f->queue[i + 1],
	        (f->count - i) * sizeof *f->queue);
}

uint64_t qf_flood_due(const struct qf_flood *f, size_t links)
{
	uint64_t gap = links / QF_FLOOD_LINKS_PER_MS;

	if (!f->count)
		return UINT64_MAX;
	if (gap < QF_FLOOD_MS)
		gap = QF_FLOOD_MS;
	if (gap > QF_FLOOD_MAX_MS)
		gap = QF_FLOOD_MAX_MS;
	return f->sent_ms + gap;
}

void qf_flood_send(struct qf_flood *f, struct qf_parcels *out, uint64_t now_ms)
{
	for (size_t i = 0; i < f->count; i++) {
		struct qf_person *p = f->queue[i];

		if (!i || !qf_key_equal(&p->source, &f->queue[i - 1]->source))
			qf_parcels_begin(out, QF_PARCEL_TO_OTHERS, &p->source,
			                 QF_PARCEL_NEWS);
		qf_person_put(qf_parcels_fit(out, QF_PERSON_BYTES_MAX), p,
		              p->record_fresh, p->reports_fresh);
		p->queued = p->record_fresh = false;
		p->reports_fresh = 0;
	}
	qf_parcels_end(out);
	f->count = 0;
	f->sent_ms = now_ms;
}
