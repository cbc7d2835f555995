/* tell.c - what one worker tells all of them about guests, as bytes */
#include "tell.h"

#include <stdlib.h>
#include <string.h>

struct qf_shared *qf_tell_encode(const struct qf_tell *t)
{
	struct qf_shared *payload = NULL;
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_put_u8(&to, (uint8_t)t->kind);
	qf_put_u8(&to, t->flags);
	qf_put_u64(&to, t->number);
	qf_put_u64(&to, t->ms);
	for (unsigned i = 0; i < t->count; i++)
		qf_put_bytes(&to,
		             qf_bytes(t->words[i], strlen(t->words[i]) + 1));
	if (!to.bad)
		payload = qf_shared_new(to.at, to.len);
	qf_buf_fini(&to);
	return payload;
}

/* NULL: out of memory. */
static struct qf_command *command(struct qf_carry *carry,
                                  const struct qf_tell *t, qf_conn conn,
                                  uint64_t request)
{
	struct qf_event *ev = qf_carry_tell(carry, QF_EV_COMMAND, conn);
	struct qf_command *c = ev ? calloc(1, sizeof *c) : NULL;

	if (!c || !(c->payload = qf_tell_encode(t))) {
		carry->bad = true;
		free(c);
		return NULL;
	}
	c->kind = QF_CMD_TELL;
	c->request = request;
	ev->command = c;
	return c;
}

void qf_tell_send(struct qf_carry *carry, const struct qf_tell *t, qf_conn conn,
                  qf_conn to, uint64_t request)
{
	struct qf_command *c = command(carry, t, conn, request);

	if (c)
		c->number = to;
}

void qf_tell_keep(struct qf_carry *carry, const struct qf_tell *t, qf_conn conn,
                  uint64_t request)
{
	struct qf_command *c = command(carry, t, conn, request);

	if (!c)
		return;
	c->kind = QF_CMD_MARK;
	c->number = t->number;
	c->text = strdup(t->words[1]);
	if (!c->text)
		carry->bad = true;
}

bool qf_tell_read(struct qf_tell *t, const struct qf_shared *payload)
{
	struct qf_cursor c = qf_cursor(qf_bytes(payload->at, payload->len));

	*t = (struct qf_tell){ .kind = qf_get_u8(&c) };
	t->flags = qf_get_u8(&c);
	t->number = qf_get_u64(&c);
	t->ms = qf_get_u64(&c);
	while (qf_cursor_left(&c) && t->count < QF_TELL_WORDS_MAX) {
		struct qf_bytes word = qf_get_bytes(&c, payload->len);

		if (!word.len || word.at[word.len - 1])
			return false;
		t->words[t->count++] = (const char *)word.at;
	}
	return qf_cursor_done(&c);
}
