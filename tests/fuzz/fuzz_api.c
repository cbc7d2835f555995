/* fuzz_api.c - a client of the API that writes anything, at any moment
 *
 * The input is fed as bytes to the API of a node that is played; eight control
 * characters, which JSON never has, stand for what else happens meanwhile.
 * Every line that comes out must be a reply, and each line of the input is
 * also read as if a node had sent it.
 */
#include <sodium.h>

#include "fake_node.h"
#include "gateway/reply.h"

enum act {
	SERVE = 1, /* answer the oldest ask */
	PULL,
	POST, /* a line is committed and published */
	TOLD, /* a line is committed, and the way to the worker is full */
	NEWS,
	STORE, /* begins to fail, or works again */
	DROP,
	WHISPER, /* in a room of two, which comes if there is none yet */
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(__attribute__((unused)) int *argc,
                         __attribute__((unused)) char ***argv)
{
	return sodium_init() < 0 ? -1 : 0;
}

static void commit(struct fake_node *n, bool told_only)
{
	if (n->last_lsn == FAKE_LOG_MAX)
		return;
	/* The stamps go back and forth, and none comes twice. */
	fake_commit(n, (n->last_lsn * 7 % 5) << 32 | n->last_lsn, "\x1b[2J");
	fake_publish(n, told_only);
}

static void tell_news(struct fake_node *n)
{
	uint64_t any = n->last_lsn;
	struct qf_news news = {
		.kind = (enum qf_news_kind)(any % (QF_NEWS_NOTICE + 1)),
		.change = (enum qf_change_kind)(any % (QF_CHANGE_ROOMS + 1)),
		.name = "\xff\"",
		.room = n->lobby,
	};

	fake_news(n, &news);
}

static void drop(struct fake_node *n)
{
	struct qf_effect fx = { .kind = QF_FX_DROP, .conn = FAKE_CONN };

	fake_tell(n, &fx);
}

static void whisper(struct fake_node *n)
{
	struct fake_room *room;

	if (n->last_lsn == FAKE_LOG_MAX)
		return;
	/* A new room now and then, until there is no more space for any. */
	if (n->room_count == 1 ||
	    (n->last_lsn % 3 == 0 && n->room_count < FAKE_ROOMS_MAX))
		fake_direct(n, (uint8_t)(10 + n->room_count));
	room = &n->rooms[1 + n->last_lsn % (n->room_count - 1)];
	fake_whisper(n, room, n->last_lsn, "\x1b[2J");
}

static void do_act(struct fake_node *n, enum act act)
{
	switch (act) {
	case SERVE:
		fake_serve_one(n);
		break;
	case PULL:
		qf_api_pull(n->api, &n->out, n->out.len + 100);
		break;
	case POST:
		commit(n, false);
		break;
	case TOLD:
		commit(n, true);
		break;
	case NEWS:
		tell_news(n);
		break;
	case STORE:
		n->store_fails = !n->store_fails;
		break;
	case DROP:
		drop(n);
		break;
	case WHISPER:
		whisper(n);
		break;
	}
}

/* One line as a reply; what comes from the API must be one. */
static void read_reply(struct qf_bytes line, bool must)
{
	struct qf_reply r;

	if (!qf_reply_parse(&r, line)) {
		assert(!must || r.kind != QF_REPLY_OTHER);
		qf_reply_fini(&r);
	} else {
		assert(!must);
	}
}

static void read_replies(struct qf_bytes text, bool must)
{
	while (text.len) {
		const uint8_t *newline = memchr(text.at, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.at) : text.len;

		assert(newline || !must);
		read_reply(qf_bytes(text.at, len), must);
		len += newline != NULL;
		text = qf_bytes(text.at + len, text.len - len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_node n;
	size_t from = 0;

	fake_begin(&n);
	for (size_t i = 0; i < size; i++) {
		if (data[i] < SERVE || data[i] > WHISPER)
			continue;
		qf_api_bytes(n.api, qf_bytes(data + from, i - from));
		do_act(&n, (enum act)data[i]);
		from = i + 1;
	}
	qf_api_bytes(n.api, qf_bytes(data + from, size - from));
	fake_run(&n);
	read_replies(qf_buf_bytes(&n.out), true);
	fake_end(&n);
	read_replies(qf_bytes(data, size), false);
	return 0;
}
