/* guests.c - who is here through this node: by the page, without a key */
#include "guests.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

void qf_guests_fini(struct qf_guests *g)
{
	free(g->list);
	*g = (struct qf_guests){ 0 };
}

struct qf_guest *qf_guests_at(struct qf_guests *g, qf_conn conn)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->list[i].conn == conn)
			return &g->list[i];
	return NULL;
}

static void fold(const char *name, char out[QF_USER_NAME_BYTES_MAX + 1])
{
	if (qf_name_fold(qf_bytes(name, strlen(name)), out,
	                 QF_USER_NAME_BYTES_MAX + 1))
		out[0] = 0;
}

struct qf_guest *qf_guests_named(struct qf_guests *g, const char *name)
{
	char folded[QF_USER_NAME_BYTES_MAX + 1];

	fold(name, folded);
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->list[i].folded, folded))
			return &g->list[i];
	return NULL;
}

static bool same(const struct qf_nonce *a, const struct qf_nonce *b)
{
	return !memcmp(a->b, b->b, sizeof a->b);
}

struct qf_guest *qf_guests_with(struct qf_guests *g,
                                const struct qf_nonce *ticket)
{
	for (size_t i = 0; i < g->count; i++)
		if (same(&g->list[i].ticket, ticket))
			return &g->list[i];
	return NULL;
}

static struct qf_ticket *know(struct qf_guests *g,
                              const struct qf_nonce *ticket)
{
	struct qf_ticket *t;

	for (size_t i = 0; i < g->ticket_count; i++)
		if (same(&g->tickets[i].is, ticket))
			return &g->tickets[i];
	t = &g->tickets[g->ticket_next];
	g->ticket_next = (g->ticket_next + 1) % QF_TICKETS_MAX;
	if (g->ticket_count < QF_TICKETS_MAX)
		g->ticket_count++;
	*t = (struct qf_ticket){ .is = *ticket };
	return t;
}

struct qf_guest *qf_guests_add(struct qf_guests *g, qf_conn conn,
                               const struct qf_nonce *ticket, const char *name,
                               uint64_t lsn, uint64_t now_ms)
{
	struct qf_guest *guest;

	if (!qf_list_room(&g->list, g->count, &g->cap, sizeof *g->list))
		return NULL;
	guest = &g->list[g->count++];
	*guest = (struct qf_guest){
		.conn = conn,
		.ticket = *ticket,
		.since_ms = now_ms,
	};
	qf_guests_rename(guest, name, lsn);
	know(g, ticket);
	return guest;
}

void qf_guests_rename(struct qf_guest *guest, const char *name, uint64_t lsn)
{
	char folded[sizeof guest->folded];

	fold(name, folded);
	if (strcmp(folded, guest->folded) != 0)
		guest->named_lsn = lsn;
	memcpy(guest->folded, folded, sizeof folded);
	memccpy(guest->name, name, 0, sizeof guest->name - 1);
}

void qf_guest_mark(const struct qf_guest *guest, struct qf_hash *out)
{
	qf_hash_data(out, "QF1guest", guest->ticket.b, sizeof guest->ticket.b);
}

void qf_guests_drop(struct qf_guests *g, struct qf_guest *guest)
{
	*guest = g->list[--g->count];
}

const struct qf_ticket *qf_guests_ticket(const struct qf_guests *g,
                                         const struct qf_nonce *ticket)
{
	for (size_t i = 0; i < g->ticket_count; i++)
		if (same(&g->tickets[i].is, ticket))
			return &g->tickets[i];
	return NULL;
}

void qf_guests_refuse(struct qf_guests *g, const struct qf_nonce *ticket)
{
	know(g, ticket)->removed = true;
}

bool qf_guest_says(struct qf_guest *guest, uint64_t now_ms)
{
	if (guest->quiet_ms < now_ms)
		guest->quiet_ms = now_ms;
	if (guest->quiet_ms - now_ms > QF_GUEST_BURST * QF_GUEST_SAY_MS)
		return false;
	guest->quiet_ms += QF_GUEST_SAY_MS;
	return true;
}
