/* node_doctor.c - what is in the way of finding others, and who is told of it
 *
 * A worker looks at the machine (EXAM, EXAMINED); here what the node knows is
 * added. Clients may ask for it. A node that may ask
 * each address (`explains`) and has been alone for a while asks for itself,
 * once for each network, and tells people.
 *
 * One machine can not know that a network keeps its guests apart. Two can: a
 * neighbour has a link with somebody whose address is of our own network, and
 * there nobody answers us.
 */
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "node_state.h"

enum { ALONE_MS = 8000 };

static bool is_near(const struct qf_node *n, const uint8_t *a)
{
	bool near = false;

	for (size_t i = 0; i < n->address_bytes; i += QF_HERE_ADDRESS_BYTES) {
		if (!memcmp(n->addresses + i, a, QF_HERE_ADDRESS_BYTES))
			return false;
		near |= qf_chart_near(n->addresses + i, a);
	}
	return near;
}

/* The address of that dial is one of theirs, and of our network. */
static bool lives_near(const struct qf_node *n, const struct qf_person *p,
                       const struct qf_dial *d)
{
	struct qf_address at;

	for (size_t i = 0; qf_node_address_of(p, i, &at); i++)
		if (!strcmp(at.host, d->address.host) &&
		    is_near(n,
		            p->here.addresses.at + i * QF_HERE_ADDRESS_BYTES))
			return true;
	return false;
}

static bool claims(const struct qf_person *p, const struct qf_person *other)
{
	int i = qf_here_edge_to(&p->here, &other->key);

	return i >= 0 && !(p->gone & 1u << i);
}

/* A neighbour of ours that has a link with them: best one that dialled it, for
 * a packet filter of theirs would have stopped that as well. */
static const struct qf_person *find_witness(const struct qf_node *n,
                                            const struct qf_person *p)
{
	const struct qf_roster *r = &n->presence.roster;
	const struct qf_person *witness = NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct qf_person *other = r->rows[i].person;

		if (!other->linked || other == p)
			continue;
		if (claims(other, p))
			return other;
		if (claims(p, other))
			witness = other;
	}
	return witness;
}

static bool is_refusal(const char *why)
{
	return strstr(why, "refused");
}

/* Who is passed on by a neighbour and does not answer us. */
static void find_apart(const struct qf_node *n, struct qf_facts *f)
{
	for (size_t i = 0; i < n->book.count; i++) {
		const struct qf_dial *d = &n->book.dials[i];
		const struct qf_person *p, *witness;

		if (!d->expects_key || !d->why[0] || is_refusal(d->why))
			continue;
		p = qf_presence_find(&n->presence, &d->key);
		if (!p || p->linked || !p->shown || !lives_near(n, p, d))
			continue;
		witness = find_witness(n, p);
		if (!witness || (f->apart.name[0] && !claims(witness, p)))
			continue;
		f->apart.is_sure = claims(witness, p);
		memcpy(f->apart.name, p->name, sizeof f->apart.name);
		memcpy(f->apart.witness, witness->name,
		       sizeof f->apart.witness);
		f->apart.address = d->address;
		if (f->apart.is_sure)
			return;
	}
}

void qf_node_facts(const struct qf_node *n, struct qf_facts *f)
{
	f->port = n->listening.port;
	f->clock_wrong = qf_node_clock_is_wrong(n);
	f->links = 0;
	for (size_t i = 0; i < n->link_count; i++)
		f->links += n->links[i].greeted;
	if (f->port == QF_PORT_DEFAULT)
		f->port_taken = false;
	find_apart(n, f);
}

const struct qf_finding *qf_node_finding(const struct qf_node *n)
{
	return n->diagnosed && n->diagnosis.count ? &n->diagnosis.list[0]
	                                          : NULL;
}

static void examine(struct qf_node *n, struct qf_effects *out)
{
	if (n->examines)
		return;
	n->examines = true;
	qf_effects_add(out, QF_FX_EXAM);
}

void qf_node_cmd_doctor(struct qf_node *n, const struct qf_event *ev,
                        struct qf_effects *out)
{
	struct qf_patient *p = &n->patients[n->patient_count];

	if (n->patient_count == QF_PATIENTS_MAX) {
		qf_node_refuse(n, ev, "busy", "others have asked just now",
		               "try again in some seconds", out);
		return;
	}
	*p = (struct qf_patient){
		.conn = ev->conn,
		.answer = qf_node_answer(ev, QF_ANS_DOCTOR, out),
	};
	if (p->answer)
		n->patient_count++;
	examine(n, out);
}

static void tell_alone(struct qf_node *n, struct qf_effects *out)
{
	const struct qf_finding *f = qf_node_finding(n);

	if (f && n->alone_ms == UINT64_MAX)
		qf_node_notice(n, out,
		               "nobody is found here. %s%s To do: %s. More by "
		               "/doctor, or quickfi doctor",
		               f->likely ? "Likely: " : "", f->sentence,
		               f->advice);
}

/* What a worker saw; NULL: it could not look. */
static void answer_all(struct qf_node *n, const struct qf_facts *f,
                       struct qf_effects *out)
{
	for (size_t i = 0; i < n->patient_count; i++) {
		struct qf_answer *a = n->patients[i].answer;

		if (f)
			a->diagnosis = malloc(sizeof *a->diagnosis);
		if (a->diagnosis) {
			*a->diagnosis = n->diagnosis;
			a->count = f->heard + f->swept;
		} else {
			a->kind = QF_ANS_REFUSED;
			a->code = n->stopping ? "stopping" : "busy";
			a->text = strdup("this machine cannot be looked at");
			a->hint = "try again";
		}
		qf_node_owe(n, 0, n->patients[i].conn, a, out);
	}
	n->patient_count = 0;
}

void qf_node_examined(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	n->examines = false;
	if (ev->facts) {
		qf_node_facts(n, ev->facts);
		qf_diagnose(ev->facts, &n->diagnosis);
		n->diagnosed = true;
	}
	answer_all(n, ev->facts, out);
	tell_alone(n, out);
}

void qf_node_doctor_tick(struct qf_node *n, struct qf_effects *out)
{
	bool alone = n->explains && n->listening.port && !n->offline &&
	             !n->link_count;

	if (n->stopping) {
		answer_all(n, NULL, out);
		n->alone_ms = 0;
	} else if (!alone) {
		n->alone_ms = 0;
		n->diagnosed = false;
	} else if (!n->alone_ms) {
		n->alone_ms = n->now.mono_ms + ALONE_MS;
	} else if (n->now.mono_ms >= n->alone_ms) {
		n->alone_ms = UINT64_MAX;
		examine(n, out);
	}
}
