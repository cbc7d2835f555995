/* copies.c - on how many other nodes an own envelope is stored */
#include "copies.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "list.h"

void qf_copies_fini(struct qf_copies *c)
{
	free(c->peers);
	free(c->watched);
	*c = (struct qf_copies){ 0 };
}

int qf_copies_watch(struct qf_copies *c, const struct qf_hash *id, uint64_t lsn)
{
	if (c->watched_count == QF_COPIES_WATCHED_MAX) {
		c->watched_count -= QF_COPIES_WATCHED_MAX / 4;
		memmove(c->watched, c->watched + QF_COPIES_WATCHED_MAX / 4,
		        c->watched_count * sizeof *c->watched);
	}
	if (!qf_list_room(&c->watched, c->watched_count, &c->watched_cap,
	                  sizeof *c->watched))
		return QF_E_NOMEM;
	c->watched[c->watched_count++] = (struct qf_watched){ .id = *id,
		                                              .lsn = lsn };
	return QF_OK;
}

/* The newest of those who have least, as strangers can make keys. */
static struct qf_progress *make_room(struct qf_copies *c)
{
	struct qf_progress *least = &c->peers[0];

	for (size_t i = 1; i < c->peer_count; i++)
		if (c->peers[i].lsn <= least->lsn)
			least = &c->peers[i];
	if (least->lsn > c->gone_lsn)
		c->gone_lsn = least->lsn;
	return least;
}

static struct qf_progress *find_peer(struct qf_copies *c,
                                     const struct qf_key *peer)
{
	struct qf_progress *p = NULL;

	for (size_t i = 0; i < c->peer_count; i++)
		if (qf_key_equal(&c->peers[i].peer, peer))
			return &c->peers[i];
	if (c->peer_count == QF_COPIES_PEERS_MAX)
		p = make_room(c);
	else if (qf_list_room(&c->peers, c->peer_count, &c->peer_cap,
	                      sizeof *c->peers))
		p = &c->peers[c->peer_count++];
	if (p)
		*p = (struct qf_progress){ *peer, c->gone_lsn };
	return p;
}

int qf_copies_progress(struct qf_copies *c, const struct qf_key *peer,
                       uint64_t lsn)
{
	struct qf_progress *p = find_peer(c, peer);

	if (!p)
		return QF_E_NOMEM;
	for (size_t i = c->watched_count; i-- > 0;) {
		struct qf_watched *w = &c->watched[i];

		if (w->lsn <= p->lsn)
			break;
		if (w->lsn > lsn)
			continue;
		w->copies++;
		w->changed = c->changed = true;
	}
	if (lsn > p->lsn)
		p->lsn = lsn;
	return QF_OK;
}

bool qf_copies_missing(const struct qf_copies *c)
{
	return c->watched_count && !c->watched[c->watched_count - 1].copies;
}

const struct qf_watched *qf_copies_take_changed(struct qf_copies *c)
{
	if (!c->changed)
		return NULL;
	for (size_t i = 0; i < c->watched_count; i++)
		if (c->watched[i].changed) {
			c->watched[i].changed = false;
			return &c->watched[i];
		}
	c->changed = false;
	return NULL;
}
