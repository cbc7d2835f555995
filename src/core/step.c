/* step.c - the seam of the core: what it is told, and what it tells */
#include "step.h"

#include <stdlib.h>

#include "list.h"

void qf_command_free(struct qf_command *c)
{
	if (!c)
		return;
	free(c->room);
	free(c->text);
	free(c->who);
	free(c->guest);
	free(c->to);
	free(c->near);
	free(c->near_tags);
	free(c->tags);
	qf_shared_unref(c->payload);
	free(c);
}

void qf_keep_fini(struct qf_keep *k)
{
	if (k->kind == QF_KEEP_ENVELOPE)
		qf_envelope_unref(k->envelope);
	else if (k->kind == QF_KEEP_DRAFT)
		qf_draft_fini(&k->draft);
}

struct qf_traffic *qf_traffic_new(void)
{
	struct qf_traffic *t = calloc(1, sizeof *t);

	if (t)
		atomic_init(&t->refs, 1);
	return t;
}

struct qf_traffic *qf_traffic_ref(struct qf_traffic *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void qf_traffic_unref(struct qf_traffic *t)
{
	if (t &&
	    atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
		free(t);
}

void qf_event_fini(struct qf_event *ev)
{
	for (size_t i = 0; i < ev->envelope_count; i++)
		qf_envelope_unref(ev->envelopes[i]);
	for (size_t i = 0; i < ev->keep_count; i++)
		qf_keep_fini(&ev->keeps[i]);
	free(ev->envelopes);
	free(ev->keeps);
	free(ev->keys);
	free(ev->text);
	free(ev->facts);
	qf_shared_unref(ev->payload);
	qf_traffic_unref(ev->traffic);
	qf_command_free(ev->command);
}

static void status_free(struct qf_status *s)
{
	if (!s)
		return;
	free(s->store_trouble);
	free(s->rooms);
	free(s->links);
	free(s->unreachable);
	free(s->workers);
	free(s->finding);
	free(s);
}

void qf_answer_free(struct qf_answer *a)
{
	if (!a)
		return;
	free(a->text);
	free(a->people);
	free(a->edges);
	free(a->contacts);
	free(a->classics);
	free(a->links);
	status_free(a->status);
	free(a->diagnosis);
	free(a->finding);
	free(a);
}

void qf_news_free(struct qf_news *n)
{
	if (!n)
		return;
	qf_shared_unref(n->rooms);
	free(n->text);
	free(n);
}

void qf_effect_fini(struct qf_effect *fx)
{
	if (fx->kind == QF_FX_KEEP)
		qf_keep_fini(&fx->keep);
	free(fx->keys);
	qf_snapshot_unref(fx->snapshot);
	qf_post_unref(fx->post);
	qf_told_unref(fx->told);
	free(fx->text);
	free(fx->away);
	qf_shared_unref(fx->parcel.payload);
	qf_shared_unref(fx->payload);
	if (fx->direct)
		qf_direct_fini(fx->direct);
	free(fx->direct);
	qf_answer_free(fx->answer);
	qf_news_free(fx->news);
	free(fx->page);
}

struct qf_effect *qf_effects_add(struct qf_effects *list,
                                 enum qf_effect_kind kind)
{
	struct qf_effect *fx;

	if (!qf_list_room(&list->list, list->count, &list->cap,
	                  sizeof *list->list)) {
		list->bad = true;
		return NULL;
	}
	fx = &list->list[list->count++];
	*fx = (struct qf_effect){ .kind = kind };
	return fx;
}

void qf_effects_clear(struct qf_effects *list)
{
	for (size_t i = 0; i < list->count; i++)
		qf_effect_fini(&list->list[i]);
	list->count = 0;
}

void qf_effects_fini(struct qf_effects *list)
{
	qf_effects_clear(list);
	free(list->list);
	list->list = NULL;
	list->cap = 0;
}
