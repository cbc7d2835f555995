/* known.c - whom a screen knows by name, and how it calls them */
#include "known.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>

#include "gateway/nick.h"
#include "print.h"

#define DOT "\xc2\xb7"

enum { SHORT_CHARS = 3 }; /* of a key, beside a name */

void qf_known_fini(struct qf_known *k)
{
	free(k->people);
	*k = (struct qf_known){ 0 };
}

/* Good enough for what somebody types; who is meant the node decides. */
static void fold(struct qf_bytes name, wchar_t out[QF_USER_NAME_CHARS_MAX + 1])
{
	const char *at = (const char *)name.at;
	mbstate_t state = { 0 };
	size_t count = 0;

	if (name.len)
		count = mbsnrtowcs(out, &at, name.len, QF_USER_NAME_CHARS_MAX,
		                   &state);
	if (count == (size_t)-1)
		count = 0;
	out[count] = L'\0';
	for (size_t i = 0; i < count; i++)
		out[i] = (wchar_t)towlower((wint_t)out[i]);
}

static void copy(char *to, size_t cap, struct qf_bytes from)
{
	snprintf(to, cap, "%.*s", (int)from.len, (const char *)from.at);
}

/* What folds to nothing looks like itself alone. */
static void look(struct qf_bytes name, char out[QF_USER_NAME_BYTES_MAX + 1])
{
	char whole[QF_USER_NAME_BYTES_MAX + 1];

	copy(whole, sizeof whole, name);
	if (!qf_nick_fold(whole, out, sizeof whole))
		strcpy(out, whole);
}

static struct qf_known_person *find(const struct qf_known *k,
                                    struct qf_bytes key)
{
	for (size_t i = 0; i < k->count; i++)
		if (qf_reply_is(key, k->people[i].key))
			return &k->people[i];
	return NULL;
}

static struct qf_known_person *add(struct qf_known *k)
{
	struct qf_known_person *more;
	size_t cap = k->cap ? k->cap * 2 : 16;

	if (k->count == QF_KNOWN_MAX)
		return NULL;
	if (k->count == k->cap) {
		more = realloc(k->people, cap * sizeof *more);
		if (!more)
			return NULL;
		k->people = more;
		k->cap = cap;
	}
	k->people[k->count] = (struct qf_known_person){ 0 };
	return &k->people[k->count++];
}

bool qf_known_put(struct qf_known *k, struct qf_bytes key,
                  struct qf_bytes key_short, struct qf_bytes name, bool sure,
                  char old[QF_USER_NAME_BYTES_MAX + 1])
{
	struct qf_known_person *p = find(k, key);
	bool was_known = p;

	*old = '\0';
	if (!p && key.len)
		p = add(k);
	if (!p || (was_known && p->sure && !sure))
		return false;
	if (was_known)
		memcpy(old, p->name, sizeof p->name);
	copy(p->key, sizeof p->key, key);
	copy(p->key_short, sizeof p->key_short, key_short);
	copy(p->name, sizeof p->name, name);
	look(name, p->look);
	p->sure = sure;
	return was_known && strcmp(old, p->name) != 0;
}

void qf_known_put_all(struct qf_known *k, const struct qf_reply *people)
{
	char old[QF_USER_NAME_BYTES_MAX + 1];

	for (size_t i = 0; i < people->person_count; i++)
		qf_known_put(k, people->people[i].key,
		             people->people[i].key_short,
		             people->people[i].name, true, old);
}

void qf_known_put_contacts(struct qf_known *k, const struct qf_reply *contacts)
{
	char old[QF_USER_NAME_BYTES_MAX + 1];

	for (size_t i = 0; i < contacts->contact_count; i++) {
		const struct qf_reply_contact *c = &contacts->contacts[i];
		size_t len = c->key.len < SHORT_CHARS ? c->key.len
		                                      : SHORT_CHARS;

		if (c->name.len)
			qf_known_put(k, c->key, qf_bytes(c->key.at, len),
			             c->name, false, old);
	}
}

const struct qf_known_person *qf_known_find(const struct qf_known *k,
                                            struct qf_bytes key)
{
	return find(k, key);
}

static bool same(struct qf_bytes a, struct qf_bytes b)
{
	wchar_t left[QF_USER_NAME_CHARS_MAX + 1];
	wchar_t right[QF_USER_NAME_CHARS_MAX + 1];

	fold(a, left);
	fold(b, right);
	return *left && !wcscmp(left, right);
}

bool qf_known_is_meant(struct qf_bytes who, struct qf_bytes key,
                       struct qf_bytes key_short, struct qf_bytes name)
{
	char whole[QF_USER_NAME_BYTES_MAX + QF_KNOWN_SHORT_BYTES + 4];
	int len = snprintf(whole, sizeof whole, "%.*s" DOT "%.*s",
	                   (int)name.len, (const char *)name.at,
	                   (int)key_short.len, (const char *)key_short.at);

	return same(who, name) || same(who, qf_bytes(whole, (size_t)len)) ||
	       (who.len == key.len &&
	        !strncasecmp((const char *)who.at, (const char *)key.at,
	                     key.len));
}

const struct qf_known_person *qf_known_meant(const struct qf_known *k,
                                             struct qf_bytes who)
{
	const struct qf_known_person *found = NULL;

	for (size_t i = 0; i < k->count; i++) {
		const struct qf_known_person *p = &k->people[i];

		if (!qf_known_is_meant(
			    who, qf_bytes(p->key, strlen(p->key)),
			    qf_bytes(p->key_short, strlen(p->key_short)),
			    qf_bytes(p->name, strlen(p->name))))
			continue;
		if (found)
			return NULL;
		found = p;
	}
	return found;
}

static bool is_shared(const struct qf_known *k, struct qf_bytes key,
                      struct qf_bytes name)
{
	char looks[QF_USER_NAME_BYTES_MAX + 1];

	look(name, looks);
	for (size_t i = 0; i < k->count; i++)
		if (!strcmp(k->people[i].look, looks) &&
		    !qf_reply_is(key, k->people[i].key))
			return true;
	return false;
}

/* Letters of other scripts that look like those of "system". */
static wchar_t plain_letter(wchar_t c)
{
	static const wchar_t alike[][12] = {
		L"s\x455\x405\x586\x54f\x10bd\x13da\xa731\x282\x15b",
		L"y\x443\x423\x4af\x4ae\x3b3\x3c5\x3a5\x10e7\x28f\xfd\xff",
		L"t\x442\x422\x3c4\x3a4\x1d1b\x13a2\x163\x165\x167",
		L"e\x435\x415\x3b5\x395\x451\x450\x454\xe9\xe8\xea\xeb",
		L"m\x43c\x41c\x3bc\x39c\x28d\x13b7\x1d0d\x271",
	};

	if (c >= 0xff01 && c <= 0xff5e) /* the wide forms of ASCII */
		c = c - 0xff01 + '!';
	c = (wchar_t)towlower((wint_t)c);
	for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
		for (size_t j = 1; j < 12 && alike[i][j]; j++)
			if (c == alike[i][j])
				return alike[i][0];
	return c;
}

bool qf_known_is_doubtful(struct qf_bytes name)
{
	wchar_t folded[QF_USER_NAME_CHARS_MAX + 1], plain[sizeof "system"];
	size_t count = 0;

	fold(name, folded);
	if (wcspbrk(folded, L":\xff1a\x2236\xa789@\xff20\xfe6b"))
		return true;
	for (size_t i = 0; folded[i]; i++) {
		wchar_t c = plain_letter(folded[i]);

		if (!iswalpha((wint_t)c) || wcwidth(c) == 0)
			continue;
		if (count == sizeof "system" - 1)
			return false;
		plain[count++] = c;
	}
	plain[count] = L'\0';
	return !wcscmp(plain, L"system");
}

void qf_known_print(const struct qf_known *k, FILE *to, struct qf_bytes key,
                    struct qf_bytes key_short, struct qf_bytes name)
{
	qf_print_word(to, name.len ? name : key_short);
	if (name.len && key_short.len &&
	    ((k && is_shared(k, key, name)) || qf_known_is_doubtful(name))) {
		fputs(DOT, to);
		qf_print_word(to, key_short);
	}
}

void qf_known_print_way(const struct qf_known *k, FILE *to,
                        const struct qf_reply_person *p)
{
	const struct qf_known_person *via = qf_known_find(k, p->via);

	if (p->linked) {
		fputs("over ", to);
		qf_print_word(to, p->over);
		return;
	}
	fputs("through ", to);
	if (via)
		qf_known_print(k, to, p->via,
		               qf_bytes(via->key_short, strlen(via->key_short)),
		               qf_bytes(via->name, strlen(via->name)));
	else
		fputs("others", to);
	if (p->hops > 2)
		fprintf(to, ", %llu links away", (unsigned long long)p->hops);
}
