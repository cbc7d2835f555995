/* api_account.c - what a client of the API asks of an account, granted or
 * refused
 */
#include "api_account.h"

#include <stdio.h>
#include <string.h>

#include "hall_people.h"

bool qf_api_is_account(const struct qf_api_request *r)
{
	return r->verb == QF_API_ACCOUNT || r->verb == QF_API_ACCOUNTS;
}

static bool refuse(struct qf_api_request *r, const char *code, const char *say,
                   const char *hint)
{
	r->code = code;
	r->hint = hint;
	snprintf(r->say, sizeof r->say, "%s", say);
	return false;
}

/* Whoever logged in to it would take the person's name. */
static bool refuse_persons(const struct qf_hall *h, struct qf_api_request *r)
{
	return refuse(r, "taken",
	              qf_nick_equal(r->command->to, h->name)
	                      ? "that is the name of this node's own person"
	                      : "somebody here has that name",
	              "choose another one");
}

bool qf_api_account_text(struct qf_hall *h, struct qf_api_request *r,
                         char out[QF_ACCOUNT_TEXT_BYTES])
{
	const struct qf_command *c = r->command;
	const struct qf_account *has = qf_account_find(h, c->to);

	if (r->is_new && has)
		return refuse(r, "bad-name", "there is an account of that name",
		              "quickfi account passwd gives it another "
		              "password");
	if (r->is_new && qf_hall_is_persons(h, c->to))
		return refuse_persons(h, r);
	if (!r->is_new && !has)
		return refuse(r, "unknown-account",
		              "there is no account of that name",
		              "quickfi account list shows those there are");
	if (c->text)
		qf_account_text(h, c->text, out);
	else if (!c->tags)
		strcpy(out, QF_ACCOUNT_GONE);
	else if (!qf_account_more(has, c->tags, out))
		return refuse(r, "limit", "it has four certificates already",
		              "a new password forgets them");
	return true;
}
