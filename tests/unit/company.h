/* company.h - others in a test of a node: who they are, and what they say
 *
 * One is an author with a name; a link to it comes up, it greets, and it says
 * in a record of presence what it is called and what it does.
 */
#ifndef QF_COMPANY_H
#define QF_COMPANY_H

#include "told.h"

#include <stdio.h>

#include "core/here.h"
#include "core/parcel.h"
#include "core/presence.h"

struct other {
	struct qf_identity id;
	qf_conn link;
	uint64_t version;    /* of its newest record */
	struct qf_here here; /* what the next one says */
};

/* An author number that the node does not use, from 1. */
static inline struct other other_of(uint8_t author, const char *name)
{
	struct other o = { .link = 0x1000u + author };

	qf_identity_init(&o.id, (uint8_t[QF_SEED_BYTES]){ author });
	o.here = (struct qf_here){
		.key = o.id.key,
		.state = QF_HERE_HERE,
		.name = qf_bytes(name, strlen(name)),
	};
	return o;
}

/* We dialled it, so we vouch for the link. */
static inline void other_link(struct told *t, const struct other *o)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_UP,
	                                 .conn = o->link,
	                                 .key = o->id.key,
	                                 .outbound = true });
}

static inline void other_greet(struct told *t, const struct other *o)
{
	told_event(t, (struct qf_event){
			      .kind = QF_EV_LINK_HELLO,
			      .conn = o->link,
			      .text = strndup((const char *)o->here.name.at,
	                                      o->here.name.len) });
}

static inline void other_leave(struct told *t, const struct other *o)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_DOWN,
	                                 .conn = o->link,
	                                 .text = strdup("gone") });
}

/* Its next record, brought by that link. */
static inline void other_say_over(struct told *t, struct other *o, qf_conn link)
{
	struct qf_event ev = { .kind = QF_EV_HERE, .conn = link };
	struct qf_buf payload;

	o->here.version = ++o->version;
	qf_buf_init(&payload, QF_PARCEL_BYTES_MAX);
	qf_put_u8(&payload, QF_PARCEL_NEWS);
	qf_put_u8(&payload, QF_ITEM_HERE);
	qf_here_put(&payload, &o->here, &o->id);
	ev.payload = qf_shared_new(payload.at, payload.len);
	assert_false(payload.bad);
	assert_non_null(ev.payload);
	qf_buf_fini(&payload);
	told_step(t, &ev);
	/* Looks at who is here keep a pace. */
	if (!told_news(t, QF_NEWS_PERSON))
		told_tick(t, QF_PRESENCE_LOOK_MS);
}

static inline void other_say(struct told *t, struct other *o)
{
	other_say_over(t, o, o->link);
}

/* From nothing to someone who is here. */
static inline void other_come(struct told *t, struct other *o)
{
	other_link(t, o);
	other_greet(t, o);
	other_say(t, o);
}

/* The news of someone in the last step. */
static inline const struct qf_news *told_person(const struct told *t,
                                                enum qf_change_kind change,
                                                const struct other *o)
{
	const struct qf_news *news = told_news(t, QF_NEWS_PERSON);

	assert_non_null(news);
	assert_int_equal(news->change, change);
	assert_true(qf_key_equal(&news->key, &o->id.key));
	return news;
}

/* The direct room of the node and someone, from the other's end. */
static inline struct qf_direct other_room(const struct told *t,
                                          const struct other *o)
{
	struct qf_direct d;

	assert_true(qf_direct_init(&d, &o->id, &t->self.key));
	return d;
}

#endif
