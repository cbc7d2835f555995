/* contacts.c - the command contacts: whom this node remembers, as a plain file
 *
 * A line is a name, a key and an address, "-" where none is known; what begins
 * with # is passed over. Reading stops at the first line that is none or that
 * the node refuses: what stands above it is remembered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "print.h"

enum { SHORT_CHARS = 3 };

static bool is_standard(const char *path)
{
	return !path || !strcmp(path, "-");
}

/* Writing */

static void write_contact(FILE *to, const struct qf_reply_contact *k)
{
	bool v6 = k->address.len && memchr(k->address.at, ':', k->address.len);

	/* Not heard yet: it is learned with the first link. */
	qf_print_word(to,
	              k->name.len ? k->name : qf_bytes(k->key.at, SHORT_CHARS));
	putc(' ', to);
	qf_print_word(to, k->key);
	if (!k->port) {
		fputs(" -\n", to);
		return;
	}
	fputs(v6 ? " [" : " ", to);
	qf_print_word(to, k->address);
	fprintf(to, v6 ? "]:%llu\n" : ":%llu\n", (unsigned long long)k->port);
}

static bool write_all(FILE *to, const struct qf_reply *contacts, bool json)
{
	if (json)
		return qf_lines_raw(to, contacts);
	for (size_t i = 0; i < contacts->contact_count; i++)
		if (contacts->contacts[i].key.len)
			write_contact(to, &contacts->contacts[i]);
	return qf_print_done(to);
}

static enum qf_outcome write_file(const struct qf_reply *contacts,
                                  const char *path, bool json)
{
	FILE *to = is_standard(path) ? stdout : fopen(path, "we");
	bool written;

	if (!to) {
		qf_complain("%s: %s", path, strerror(errno));
		return QF_CANNOT_CREATE;
	}
	written = write_all(to, contacts, json);
	if (to != stdout && fclose(to))
		written = false;
	if (!written)
		qf_complain("%s cannot be written", path ? path : "-");
	return written ? QF_GOOD : QF_DISK;
}

static enum qf_outcome export_all(struct qf_stream *s, const char *path,
                                  bool json)
{
	struct qf_reply contacts;
	enum qf_outcome end = qf_ask_plain(s, "contacts", &contacts);

	if (end)
		return end;
	end = write_file(&contacts, path, json);
	qf_reply_fini(&contacts);
	return end;
}

/* Reading */

static bool read_port(const char *text, uint64_t *port)
{
	size_t len = strlen(text);

	if (!len || len > 5 || text[strspn(text, "0123456789")])
		return false;
	*port = strtoull(text, NULL, 10);
	return *port >= 1 && *port <= UINT16_MAX;
}

/* "HOST:PORT", "[IPv6]:PORT" or "-"; the text is cut. */
static bool read_address(char *text, struct qf_reply_contact *k)
{
	char *colon = strrchr(text, ':');
	size_t len;

	if (!strcmp(text, "-"))
		return true;
	if (!colon || !read_port(colon + 1, &k->port))
		return false;
	*colon = '\0';
	len = strlen(text);
	if (*text == '[') {
		if (text[len - 1] != ']')
			return false;
		k->address = qf_bytes(text + 1, len - 2);
	} else {
		k->address = qf_bytes(text, len);
	}
	return k->address.len;
}

static bool read_contact(char *line, struct qf_reply_contact *k)
{
	char *rest = NULL;
	char *name = strtok_r(line, " \t\r\n", &rest);
	char *key = strtok_r(NULL, " \t\r\n", &rest);
	char *address = strtok_r(NULL, " \t\r\n", &rest);

	*k = (struct qf_reply_contact){ 0 };
	if (!address || strtok_r(NULL, " \t\r\n", &rest))
		return false;
	k->name = qf_bytes(name, strlen(name));
	k->key = qf_bytes(key, strlen(key));
	return read_address(address, k);
}

static enum qf_outcome remember(struct qf_stream *s,
                                const struct qf_reply_contact *k)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply done;
	enum qf_outcome end = QF_DATA;

	qf_buf_init(&request, 0);
	if (qf_request_contact(&request, id, k))
		qf_complain("that is not text in UTF-8");
	else
		end = qf_ask(s, id, &request, &done);
	qf_buf_fini(&request);
	if (!end)
		qf_reply_fini(&done);
	/* What is wrong with a line of a file is no wrong use. */
	return end == QF_USAGE ? QF_DATA : end;
}

static enum qf_outcome read_all(struct qf_stream *s, FILE *from,
                                const char *path)
{
	enum qf_outcome end = QF_GOOD;
	unsigned long long number = 0;
	struct qf_reply_contact k;
	char *line = NULL;
	size_t cap = 0;

	while (!end && getline(&line, &cap, from) >= 0) {
		number++;
		if (!line[strspn(line, " \t\r\n")] || *line == '#')
			continue;
		if (read_contact(line, &k)) {
			end = remember(s, &k);
		} else {
			qf_complain("a contact is a name, a key, and an "
			            "address with its port or -");
			end = QF_DATA;
		}
		if (end)
			qf_complain("%s: stopped at line %llu; what stands "
			            "above it is remembered, and what stands "
			            "below was not read",
			            path, number);
	}
	if (!end && ferror(from)) {
		qf_complain("%s: %s", path, strerror(errno));
		end = QF_NO_INPUT;
	}
	free(line);
	return end;
}

static enum qf_outcome import_all(struct qf_stream *s, const char *path)
{
	FILE *from = is_standard(path) ? stdin : fopen(path, "re");
	enum qf_outcome end;

	if (!from) {
		qf_complain("%s: %s", path, strerror(errno));
		return QF_NO_INPUT;
	}
	end = read_all(s, from, path);
	if (from != stdin)
		fclose(from);
	return end;
}

enum qf_outcome qf_contacts_run(struct qf_stream *s, const char *export_to,
                                const char *import_from, bool json)
{
	return import_from ? import_all(s, import_from)
	                   : export_all(s, export_to, json);
}
