/* parcel.c - payloads for neighbours, packed and addressed */
#include "parcel.h"

#include <assert.h>
#include <stdlib.h>

#include "list.h"

enum { KIND_BYTES = 1 };

void qf_parcels_init(struct qf_parcels *ps)
{
	*ps = (struct qf_parcels){ 0 };
	qf_buf_init(&ps->bytes, QF_PARCEL_BYTES_MAX);
}

void qf_parcels_fini(struct qf_parcels *ps)
{
	for (size_t i = ps->first; i < ps->count; i++)
		qf_shared_unref(ps->list[i].payload);
	free(ps->list);
	qf_buf_fini(&ps->bytes);
	qf_parcels_init(ps);
}

void qf_parcels_begin(struct qf_parcels *ps, enum qf_parcel_to to,
                      const struct qf_key *key, enum qf_parcel_kind kind)
{
	qf_parcels_end(ps);
	ps->open = (struct qf_parcel){ .to = to, .key = *key };
	qf_put_u8(&ps->bytes, (uint8_t)kind);
}

struct qf_buf *qf_parcels_fit(struct qf_parcels *ps, size_t len)
{
	assert(len < QF_PARCEL_BYTES_MAX);
	if (ps->bytes.len + len > QF_PARCEL_BYTES_MAX) {
		struct qf_parcel open = ps->open;

		qf_parcels_begin(ps, open.to, &open.key, ps->bytes.at[0]);
	}
	return &ps->bytes;
}

static bool close_open(struct qf_parcels *ps)
{
	if (ps->bytes.bad)
		return false;
	if (ps->bytes.len <= KIND_BYTES)
		return true;
	if (!qf_list_room(&ps->list, ps->count, &ps->cap, sizeof *ps->list))
		return false;
	ps->open.payload = qf_shared_new(ps->bytes.at, ps->bytes.len);
	if (!ps->open.payload)
		return false;
	ps->list[ps->count++] = ps->open;
	return true;
}

void qf_parcels_end(struct qf_parcels *ps)
{
	if (!close_open(ps))
		ps->bad = true;
	qf_buf_clear(&ps->bytes);
}

bool qf_parcels_next(struct qf_parcels *ps, struct qf_parcel *out)
{
	qf_parcels_end(ps);
	if (ps->first == ps->count) {
		ps->first = ps->count = 0;
		return false;
	}
	*out = ps->list[ps->first++];
	return true;
}
