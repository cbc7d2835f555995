/* http.c - what a browser asks, read strictly, and the head of an answer */
#include "http.h"

#include <arpa/inet.h>
#include <llhttp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOST_BYTES_MAX = 255, KEY_CHARS = 24, LENGTH_DIGITS = 5 };

/* Fields that are looked at, each at most once. */
enum name {
	HOST,
	ORIGIN,
	ETAG,
	UPGRADE,
	CONNECTION,
	VERSION,
	KEY,
	LENGTH,
	ENCODING,
	NAMES,
};

static const char *const names[] = {
	[HOST] = "host",
	[ORIGIN] = "origin",
	[ETAG] = "if-none-match",
	[UPGRADE] = "upgrade",
	[CONNECTION] = "connection",
	[VERSION] = "sec-websocket-version",
	[KEY] = "sec-websocket-key",
	[LENGTH] = "content-length",
	[ENCODING] = "transfer-encoding",
};

struct head {
	llhttp_t parser; /* first: llhttp gives it back */
	struct qf_bytes target;
	enum name name; /* of the field that is being read */
	struct qf_bytes fields[NAMES];
	bool seen[NAMES];
	bool twice;
};

static struct qf_bytes joined(struct qf_bytes a, const char *at, size_t len)
{
	/* All of a head lies in one piece, so parts of a field touch. */
	return a.at ? qf_bytes(a.at, (size_t)((const uint8_t *)at - a.at) + len)
	            : qf_bytes(at, len);
}

static int on_target(llhttp_t *p, const char *at, size_t len)
{
	struct head *h = (struct head *)p;

	h->target = joined(h->target, at, len);
	return 0;
}

static int on_name(llhttp_t *p, const char *at, size_t len)
{
	struct head *h = (struct head *)p;

	h->name = NAMES;
	for (size_t i = 0; i < NAMES; i++)
		if (len == strlen(names[i]) && !strncasecmp(at, names[i], len))
			h->name = (enum name)i;
	if (h->name == NAMES)
		return 0;
	h->twice |= h->seen[h->name];
	h->seen[h->name] = true;
	return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t len)
{
	struct head *h = (struct head *)p;

	if (h->name != NAMES)
		h->fields[h->name] = joined(h->fields[h->name], at, len);
	return 0;
}

/* What follows is not its business. */
static int on_end(llhttp_t *p)
{
	(void)p;
	return 2;
}

bool qf_http_is(struct qf_bytes field, const char *text)
{
	return field.len == strlen(text) &&
	       !strncasecmp((const char *)field.at, text, field.len);
}

/* One of a list with commas. */
static bool lists(struct qf_bytes list, const char *word)
{
	while (list.len) {
		const uint8_t *comma = memchr(list.at, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.at) : list.len;
		struct qf_bytes one = qf_bytes(list.at, len);

		while (one.len && *one.at == ' ')
			one = qf_bytes(one.at + 1, one.len - 1);
		while (one.len && one.at[one.len - 1] == ' ')
			one.len--;
		if (qf_http_is(one, word))
			return true;
		len += comma != NULL;
		list = qf_bytes(list.at + len, list.len - len);
	}
	return false;
}

static bool has_bare_newline(struct qf_bytes head)
{
	for (size_t i = 0; i < head.len; i++)
		if (head.at[i] == '\n' && (!i || head.at[i - 1] != '\r'))
			return true;
	return false;
}

static bool is_websocket(const struct head *h)
{
	return qf_http_is(h->fields[UPGRADE], "websocket") &&
	       lists(h->fields[CONNECTION], "upgrade") &&
	       qf_http_is(h->fields[VERSION], "13") &&
	       h->fields[KEY].len == KEY_CHARS;
}

/* False: it is none, or more than may be. */
static bool take_length(struct qf_bytes digits, size_t *out)
{
	*out = 0;
	if (!digits.len || digits.len > LENGTH_DIGITS)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
		*out = 10 * *out + (size_t)(digits.at[i] - '0');
	}
	return *out <= QF_HTTP_BODY_BYTES_MAX;
}

static int judge(struct qf_http_request *r, const struct head *h)
{
	const llhttp_t *p = &h->parser;

	if (h->twice || h->seen[ENCODING] || !h->seen[HOST])
		return 400;
	if (h->seen[LENGTH] && !take_length(h->fields[LENGTH], &r->body.len))
		return 413;
	if (r->body.len && p->method != HTTP_POST)
		return 413;
	if (p->http_major != 1 || p->http_minor != 1)
		return 505;
	r->method = p->method == HTTP_GET    ? QF_HTTP_GET
	            : p->method == HTTP_HEAD ? QF_HTTP_HEAD
	            : p->method == HTTP_POST ? QF_HTTP_POST
	                                     : QF_HTTP_OTHER;
	r->target = h->target;
	r->host = h->fields[HOST];
	r->origin = h->fields[ORIGIN];
	r->etag = h->fields[ETAG];
	r->key = h->fields[KEY];
	r->websocket = is_websocket(h);
	r->close = lists(h->fields[CONNECTION], "close");
	return 0;
}

static int read_head(struct qf_http_request *r, struct qf_bytes in)
{
	const uint8_t *end = in.len ? memmem(in.at, in.len, "\r\n\r\n", 4)
	                            : NULL;
	struct head h = { .name = NAMES };
	llhttp_settings_t on;
	llhttp_errno_t error;

	*r = (struct qf_http_request){ 0 };
	if (!end)
		return in.len < QF_HTTP_HEAD_BYTES_MAX ? 100 : 431;
	r->bytes = (size_t)(end - in.at) + 4;
	if (r->bytes > QF_HTTP_HEAD_BYTES_MAX)
		return 431;
	if (has_bare_newline(qf_bytes(in.at, r->bytes)))
		return 400;
	llhttp_settings_init(&on);
	on.on_url = on_target;
	on.on_header_field = on_name;
	on.on_header_value = on_value;
	on.on_headers_complete = on_end;
	llhttp_init(&h.parser, HTTP_REQUEST, &on);
	error = llhttp_execute(&h.parser, (const char *)in.at, r->bytes);
	if (error != HPE_PAUSED_UPGRADE)
		return 400;
	return judge(r, &h);
}

static int read_body(struct qf_http_request *r, struct qf_bytes in)
{
	if (r->body.len > in.len - r->bytes)
		return 100;
	r->body.at = in.at + r->bytes;
	r->bytes += r->body.len;
	return 0;
}

int qf_http_read(struct qf_http_request *r, struct qf_bytes in)
{
	int status = read_head(r, in);

	return status ? status : read_body(r, in);
}

/* Without its port. */
static bool cut_host(struct qf_bytes host, char out[HOST_BYTES_MAX + 1])
{
	char *colon;

	if (!host.len || host.len > HOST_BYTES_MAX ||
	    memchr(host.at, 0, host.len))
		return false;
	memcpy(out, host.at, host.len);
	out[host.len] = 0;
	colon = strrchr(out, ':');
	if (colon && !strchr(colon, ']')) {
		if (!colon[1] || colon[strspn(colon + 1, "0123456789") + 1])
			return false;
		*colon = 0;
	}
	return true;
}

bool qf_http_host_is_ours(struct qf_bytes host)
{
	char name[HOST_BYTES_MAX + 1];
	struct in6_addr any;
	size_t len;

	if (!cut_host(host, name))
		return false;
	len = strlen(name);
	if (name[0] == '[' && name[len - 1] == ']') {
		name[len - 1] = 0;
		return inet_pton(AF_INET6, name + 1, &any) == 1;
	}
	if (inet_pton(AF_INET, name, &any) == 1)
		return true;
	return !strcasecmp(name, "localhost") ||
	       (len > 6 && !strcasecmp(name + len - 6, ".local") &&
	        !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")]);
}

bool qf_http_same_origin(const struct qf_http_request *r, bool secure)
{
	const char *scheme = secure ? "https://" : "http://";
	size_t len = strlen(scheme);

	return r->origin.len == len + r->host.len &&
	       !memcmp(r->origin.at, scheme, len) &&
	       !strncasecmp((const char *)r->origin.at + len,
	                    (const char *)r->host.at, r->host.len);
}

static const struct {
	int status;
	const char *words;
} statuses[] = {
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 413, "Content Too Large" },
	{ 421, "Misdirected Request" },
	{ 426, "Upgrade Required" },
	{ 431, "Request Header Fields Too Large" },
	{ 505, "HTTP Version Not Supported" },
};

static void put(struct qf_buf *to, const char *text)
{
	qf_put_raw(to, text, strlen(text));
}

void qf_http_field(struct qf_buf *to, const char *name, const char *value)
{
	put(to, name);
	put(to, ": ");
	put(to, value);
	put(to, "\r\n");
}

void qf_http_begin(struct qf_buf *to, int status, bool close)
{
	const char *words = "";
	char line[64];

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].status == status)
			words = statuses[i].words;
	snprintf(line, sizeof line, "HTTP/1.1 %d %s\r\n", status, words);
	put(to, line);
	if (status == 101)
		return;
	qf_http_field(to, "X-Content-Type-Options", "nosniff");
	qf_http_field(to, "Referrer-Policy", "no-referrer");
	qf_http_field(to, "Cross-Origin-Resource-Policy", "same-origin");
	if (close)
		qf_http_field(to, "Connection", "close");
}

void qf_http_end(struct qf_buf *to, size_t body)
{
	char length[32];

	snprintf(length, sizeof length, "%zu", body);
	qf_http_field(to, "Content-Length", length);
	put(to, "\r\n");
}

void qf_http_refuse(struct qf_buf *to, int status, const char *why,
                    bool with_body)
{
	qf_http_begin(to, status, true);
	qf_http_field(to, "Content-Type", "text/plain; charset=utf-8");
	qf_http_field(to, "Content-Security-Policy", "default-src 'none'");
	qf_http_end(to, strlen(why));
	if (with_body)
		put(to, why);
}
