/* fuzz_here.c - whatever a neighbour says of presence, we stay sound
 *
 * Ana is linked with bob, who is honest, and with a stranger who sends the
 * input. Its signatures are taken for verified, so what is forged gets in. Ana
 * must stay within her limits, and whatever she makes of it, she and bob must
 * find nothing wrong with what the other says.
 *
 * The input is a script: u8 what; for a payload u16 length and its bytes; for
 * time u16 milliseconds; for the stranger's link nothing.
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "core/err.h"
#include "core/presence.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANA, BOB, STRANGER, PEOPLE, WALL = 1000000 };
enum { SCRIPT_PAYLOAD, SCRIPT_TIME, SCRIPT_LINK, SCRIPT_WORDS };

static struct qf_identity ids[PEOPLE];

struct scene {
	struct qf_presence nodes[2]; /* ana and bob */
	uint64_t now_ms;
	bool linked; /* with the stranger */
};

int LLVMFuzzerInitialize(__attribute__((unused)) int *argc,
                         __attribute__((unused)) char ***argv)
{
	if (sodium_init() < 0)
		return -1;
	for (uint8_t i = 0; i < PEOPLE; i++)
		qf_identity_init(&ids[i], (uint8_t[QF_SEED_BYTES]){ i });
	return 0;
}

static bool is_for_the_other(const struct qf_parcel *parcel, int from)
{
	bool named = qf_key_equal(&parcel->key, &ids[!from].key);

	if (parcel->to == QF_PARCEL_TO_DIALLERS)
		return from == BOB; /* ana had dialled him */
	return (parcel->to == QF_PARCEL_TO_ONE) == named;
}

/* What a node has to say, until neither has. */
static bool carry(struct scene *s, int from)
{
	struct qf_presence *p = &s->nodes[from];
	struct qf_change change;
	struct qf_parcel parcel;
	bool any = false;

	qf_presence_tick(p, s->now_ms, WALL);
	assert(!p->bad && p->roster.count <= QF_PERSONS_MAX);
	while (qf_presence_change(p, &change))
		assert(change.person->name[0]);
	while (qf_presence_next(p, &parcel)) {
		struct qf_bytes payload = qf_bytes(parcel.payload->at,
		                                   parcel.payload->len);

		assert(payload.len > 1 && payload.len <= QF_PARCEL_BYTES_MAX);
		if (is_for_the_other(&parcel, from)) {
			int rc = qf_presence_take(&s->nodes[!from],
			                          &ids[from].key, payload, true,
			                          s->now_ms);

			assert(rc == QF_OK);
			any = true;
		}
		qf_shared_unref(parcel.payload);
	}
	return any;
}

static void talk(struct scene *s)
{
	bool more = true;

	while (more) {
		more = carry(s, ANA);
		more |= carry(s, BOB);
	}
}

static void begin(struct scene *s)
{
	struct qf_here mine = { .state = QF_HERE_HERE,
		                .name = qf_bytes("me", 2) };

	*s = (struct scene){ .now_ms = 1000 };
	for (int i = 0; i < 2; i++) {
		int rc = qf_presence_init(&s->nodes[i], &ids[i], &mine, 7,
		                          s->now_ms, WALL);

		assert(rc == QF_OK);
	}
	qf_presence_link_up(&s->nodes[ANA], &ids[BOB].key, true, s->now_ms);
	qf_presence_link_up(&s->nodes[BOB], &ids[ANA].key, false, s->now_ms);
}

static void stranger_link(struct scene *s)
{
	struct qf_presence *ana = &s->nodes[ANA];

	s->linked = !s->linked;
	if (s->linked)
		qf_presence_link_up(ana, &ids[STRANGER].key, false, s->now_ms);
	else
		qf_presence_link_down(ana, &ids[STRANGER].key, false);
}

static void stranger_says(struct scene *s, struct qf_bytes payload)
{
	struct qf_roots roots = { 0 };

	qf_presence_verify(payload, &roots);
	qf_roots_fini(&roots);
	qf_presence_take(&s->nodes[ANA], &ids[STRANGER].key, payload, true,
	                 s->now_ms);
}

static void play(struct scene *s, struct qf_cursor *script)
{
	switch (qf_get_u8(script) % SCRIPT_WORDS) {
	case SCRIPT_PAYLOAD:
		stranger_says(s, qf_get_span(script, qf_get_u16(script)));
		break;
	case SCRIPT_TIME:
		s->now_ms += qf_get_u16(script);
		break;
	case SCRIPT_LINK:
		stranger_link(s);
		break;
	}
	talk(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qf_cursor script = qf_cursor(qf_bytes(data, size));
	struct scene s;

	begin(&s);
	stranger_link(&s);
	while (qf_cursor_left(&script))
		play(&s, &script);
	s.now_ms += 2 * QF_PRESENCE_DIGEST_MS;
	talk(&s);
	for (int i = 0; i < 2; i++)
		qf_presence_fini(&s.nodes[i]);
	return 0;
}
