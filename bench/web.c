/* web.c - a link as a browser: a WebSocket, Noise in it, and the API in that */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"
#include "world.h"

#define HEAD_END "\r\n\r\n"
#define SAID     "{\"on\":\"text\","
#define TEXT     "\"text\":\""

enum {
	HEAD_CHARS = 16, /* author and number, eight digits each */
	FRAME_LAST = 0x80,
	OPCODE_BINARY = 0x2,
	OPCODE_CLOSE = 0x8,
	OPCODE_PING = 0x9,
	OPCODE_PONG = 0xa,
	FRAME_MASKED = 0x80,
	LENGTH_16 = 126,
	LENGTH_64 = 127,
};

enum phase { ASKING, GREETING, ENTERING, FOLLOWING };

struct web {
	enum phase phase;
	struct noise_first first;
	struct qf_noise noise;
	struct qf_buf rest; /* part of a line */
};

bool is_web(const struct world *w)
{
	return w->kind == WORLD_WEB_TLS || w->kind == WORLD_WEB_PLAIN;
}

void web_free(struct link *l)
{
	if (l->web)
		qf_buf_fini(&l->web->rest);
	free(l->web);
	l->web = NULL;
}

void web_greeting(struct link *l, struct qf_buf *out)
{
	const struct world *w = l->crew->world;
	char text[400];

	l->web = calloc(1, sizeof *l->web);
	if (!l->web)
		die("out of memory");
	snprintf(text, sizeof text,
	         "GET /guest HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	         "Origin: http%s://127.0.0.1:%u\r\nUpgrade: websocket\r\n"
	         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" HEAD_END,
	         w->port, w->kind == WORLD_WEB_TLS ? "s" : "", w->port);
	qf_put_raw(out, text, strlen(text));
}

/* A mask of zeroes changes nothing. */
static void put_frame(struct qf_buf *out, int opcode, struct qf_bytes message)
{
	qf_put_u8(out, (uint8_t)(FRAME_LAST | opcode));
	if (message.len < LENGTH_16) {
		qf_put_u8(out, (uint8_t)(FRAME_MASKED | message.len));
	} else {
		qf_put_u8(out, FRAME_MASKED | LENGTH_16);
		qf_put_u8(out, (uint8_t)(message.len >> 8));
		qf_put_u8(out, (uint8_t)message.len);
	}
	qf_put_u32(out, 0);
	qf_put_raw(out, message.at, message.len);
}

void web_seal(struct link *l, struct qf_bytes plain, struct qf_buf *out)
{
	struct qf_buf sealed;

	qf_buf_init(&sealed, 0);
	qf_noise_seal(&l->web->noise, NULL, plain, &sealed);
	put_frame(out, OPCODE_BINARY, qf_buf_bytes(&sealed));
	qf_buf_fini(&sealed);
}

static void ask(struct link *l, const char *text)
{
	struct qf_buf out;

	qf_buf_init(&out, 0);
	web_seal(l, qf_bytes(text, strlen(text)), &out);
	link_write(l, qf_buf_bytes(&out));
	qf_buf_fini(&out);
}

static void greet(struct link *l)
{
	const struct world *w = l->crew->world;
	struct qf_buf message, out;

	qf_buf_init(&message, 0);
	qf_buf_init(&out, 0);
	noise_begin(&l->web->first, "QuickFi page 1", &w->page_key,
	            &w->page_shared, &message);
	put_frame(&out, OPCODE_BINARY, qf_buf_bytes(&message));
	l->web->phase = GREETING;
	link_write(l, qf_buf_bytes(&out));
	qf_buf_fini(&message);
	qf_buf_fini(&out);
}

static void enter(struct link *l, struct qf_bytes answer)
{
	unsigned number = l->crew->world->first + l->number;
	char text[200];

	noise_finish(&l->web->first, answer, &l->web->noise);
	l->web->phase = ENTERING;
	snprintf(text, sizeof text,
	         "{\"do\":\"enter\",\"name\":\"b%u\",\"nonce\":\"%032x\"}\n",
	         number, number);
	ask(l, text);
}

static void follow(struct link *l)
{
	char text[200];

	l->web->phase = FOLLOWING;
	snprintf(text, sizeof text,
	         "{\"do\":\"follow\",\"room\":\"%s\",\"last\":0}\n",
	         l->hall->name);
	ask(l, text);
}

static const char *find(const char *at, const char *end, const char *word)
{
	return memmem(at, (size_t)(end - at), word, strlen(word));
}

static bool begins(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && !memcmp(at, word, len);
}

static uint32_t number_of(const char *digits)
{
	uint32_t n = 0;

	for (int i = 0; i < HEAD_CHARS / 2; i++) {
		unsigned char c = (unsigned char)digits[i];

		n = n << 4 | ((c & 0xfu) + (c > '9' ? 9 : 0));
	}
	return n;
}

/* The text is nearly always where the line before had it. */
static const char *find_text(struct crew *c, const char *at, const char *end)
{
	const char *text;

	if (end - at > (ptrdiff_t)c->text_at &&
	    begins(at + c->text_at, end, TEXT))
		return at + c->text_at;
	text = find(at, end, TEXT);
	if (text)
		c->text_at = (size_t)(text - at);
	return text;
}

static void hear_text(struct link *l, const char *at, const char *end)
{
	const char *text = find_text(l->crew, at, end);
	uint32_t author;

	if (!text || end - text < (ptrdiff_t)(sizeof TEXT - 1 + HEAD_CHARS))
		die("the node sent something else");
	text += sizeof TEXT - 1;
	author = number_of(text);
	if (author >= l->hall->author_count)
		die("nobody said that");
	hear(l, author, number_of(text + HEAD_CHARS / 2));
}

static void hear_line(struct link *l, const char *at, const char *end)
{
	if (begins(at, end, SAID))
		hear_text(l, at, end);
	else if (find(at, end, "\"on\":\"error\""))
		die("the node says %.*s", (int)(end - at), at);
	else if (find(at, end, "\"on\":\"entered\""))
		follow(l);
	else if (find(at, end, "\"on\":\"following\""))
		link_ready(l);
}

/* Nearly always it ends with a line. */
static void hear_piece(struct link *l, struct qf_bytes sealed)
{
	struct qf_buf *rest = &l->web->rest;
	struct qf_buf *text = rest->len ? rest : &l->crew->plain;
	const char *at, *end, *newline;

	if (text != rest)
		qf_buf_clear(text);
	if (!noise_open(l->crew->opener, &l->web->noise, sealed, text))
		die("a message of the node does not open");
	at = (const char *)text->at;
	end = at + text->len;
	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		hear_line(l, at, newline);
		at = newline + 1;
	}
	if (text == rest)
		qf_buf_drop_front(rest, rest->len - (size_t)(end - at));
	else
		qf_put_raw(rest, at, (size_t)(end - at));
}

/* Whoever does not answer is thought to be gone. */
static void answer_ping(struct link *l)
{
	struct qf_buf out;

	qf_buf_init(&out, 0);
	put_frame(&out, OPCODE_PONG, qf_bytes(NULL, 0));
	link_write(l, qf_buf_bytes(&out));
	qf_buf_fini(&out);
}

static void hear_message(struct link *l, int opcode, struct qf_bytes message)
{
	if (opcode == OPCODE_PING)
		answer_ping(l);
	else if (opcode == OPCODE_CLOSE)
		die("the node closed a WebSocket");
	else if (l->web->phase == GREETING)
		enter(l, message);
	else
		hear_piece(l, message);
}

/* The length of a frame's head, and of its message; 0: not all is there. */
static size_t read_head(struct qf_bytes in, size_t *len)
{
	size_t more, size = 0;

	if (in.len < 2)
		return 0;
	*len = in.at[1];
	more = *len == LENGTH_64 ? 8 : *len == LENGTH_16 ? 2 : 0;
	if (in.len < 2 + more)
		return 0;
	for (size_t i = 0; i < more; i++)
		size = size << 8 | in.at[2 + i];
	if (more)
		*len = size;
	return 2 + more;
}

size_t heard_web(struct link *l, struct qf_bytes in)
{
	size_t used = 0, head, len;

	if (l->web->phase == ASKING) {
		const char *text = (const char *)in.at;
		const char *end = find(text, text + in.len, HEAD_END);

		if (!end)
			return 0;
		if (!find(text, end, " 101 "))
			die("the node says %.*s", (int)(end - text), text);
		used = (size_t)(end - text) + sizeof HEAD_END - 1;
		greet(l);
	}
	while ((head = read_head(qf_bytes(in.at + used, in.len - used),
	                         &len)) &&
	       in.len - used - head >= len) {
		hear_message(l, in.at[used] & 0xf,
		             qf_bytes(in.at + used + head, len));
		used += head + len;
	}
	return used;
}
