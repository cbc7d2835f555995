/* spoken.c - who said the newest lines of a room: only they may take them back
 */
#include "spoken.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"

struct qf_spoken_line {
	struct qf_hash id;
	struct qf_speaker by;
	struct qf_speech speech;
};

void qf_spoken_fini(struct qf_spoken *s)
{
	free(s->lines);
	*s = (struct qf_spoken){ 0 };
}

int qf_spoken_note(struct qf_spoken *s, const struct qf_hash *id,
                   const struct qf_speaker *by, const struct qf_speech *speech)
{
	if (!s->lines)
		s->lines = calloc(QF_SPOKEN_MAX, sizeof *s->lines);
	if (!s->lines)
		return QF_E_NOMEM;
	s->lines[s->next] = (struct qf_spoken_line){ *id, *by, *speech };
	s->next = (s->next + 1) % QF_SPOKEN_MAX;
	if (s->count < QF_SPOKEN_MAX)
		s->count++;
	return QF_OK;
}

static const struct qf_spoken_line *find(const struct qf_spoken *s,
                                         const struct qf_hash *id)
{
	for (size_t i = 0; i < s->count; i++)
		if (!memcmp(s->lines[i].id.b, id->b, sizeof id->b))
			return &s->lines[i];
	return NULL;
}

bool qf_is_spoken(const struct qf_spoken *s, const struct qf_hash *id)
{
	return find(s, id);
}

bool qf_spoken_by(const struct qf_spoken *s, const struct qf_hash *id,
                  const struct qf_speaker *by)
{
	const struct qf_spoken_line *l = find(s, id);

	return l && qf_key_equal(&l->by.author, &by->author) &&
	       !strcmp(l->by.guest, by->guest);
}

const struct qf_speech *qf_spoken_speech(const struct qf_spoken *s,
                                         const struct qf_hash *id)
{
	const struct qf_spoken_line *l = find(s, id);

	return l ? &l->speech : NULL;
}
