/* account.c - the command account: names with a password, for IRC clients */
#include <stdio.h>
#include <string.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "print.h"

enum { LINE_BYTES = 512 };

/* One line of standard input, so that it stands in no list of processes. */
static bool read_password(char out[LINE_BYTES])
{
	if (!fgets(out, LINE_BYTES, stdin))
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	return *out;
}

static enum qf_outcome keep(struct qf_stream *s, const char *verb,
                            const char *name, const char *word)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply done;
	enum qf_outcome end = QF_DATA;

	qf_buf_init(&request, 0);
	if (qf_request_account(&request, id, verb, name, word))
		qf_complain("that is not text in UTF-8");
	else
		end = qf_ask(s, id, &request, &done);
	qf_buf_fini(&request);
	if (!end)
		qf_reply_fini(&done);
	return end;
}

static enum qf_outcome keep_password(struct qf_stream *s, const char *verb,
                                     const char *name)
{
	char password[LINE_BYTES];
	enum qf_outcome end;

	if (!read_password(password)) {
		qf_complain("the password is one line of standard input");
		return QF_DATA;
	}
	end = keep(s, verb, name, password);
	memset(password, 0, sizeof password);
	return end;
}

static void print_account(const struct qf_reply_account *a)
{
	qf_print_word(stdout, a->name);
	if (a->certs)
		printf(", %llu certificate%s", (unsigned long long)a->certs,
		       a->certs == 1 ? "" : "s");
	putchar('\n');
}

static enum qf_outcome list(struct qf_stream *s, bool json)
{
	struct qf_reply accounts;
	enum qf_outcome end = qf_ask_plain(s, "accounts", &accounts);
	bool printed;

	if (end)
		return end;
	for (size_t i = 0; i < accounts.account_count && !json; i++)
		print_account(&accounts.accounts[i]);
	printed = json ? qf_lines_raw(stdout, &accounts)
	               : qf_print_done(stdout);
	qf_reply_fini(&accounts);
	return printed ? QF_GOOD : QF_DISK;
}

enum qf_outcome qf_account_run(struct qf_stream *s, char **words, bool json)
{
	if (!strcmp(words[0], "list"))
		return list(s, json);
	if (!strcmp(words[0], "remove"))
		return keep(s, words[0], words[1], NULL);
	if (!strcmp(words[0], "cert"))
		return keep(s, words[0], words[1], words[2]);
	return keep_password(s, words[0], words[1]);
}
