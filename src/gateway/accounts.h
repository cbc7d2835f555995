/* accounts.h - names with a password, of those who come through this node
 *
 * Each is kept as an envelope in the room of this node's key with itself, so
 * it is sealed, and every worker reads the same: the newest of a name counts,
 * and one without keys is no account any more.
 *
 * Threads: one worker's.
 */
#ifndef QF_ACCOUNTS_H
#define QF_ACCOUNTS_H

#include "core/scram.h"
#include "hall.h"

enum {
	QF_CERTS_MAX = 4, /* of one account */
	QF_CERT_CHARS = 64,
	QF_ACCOUNT_TEXT_BYTES = QF_SCRAM_TEXT_BYTES +
	                        QF_CERTS_MAX * (QF_CERT_CHARS + 1),
};

struct qf_account {
	char name[QF_NICK_BYTES_MAX + 1];
	uint64_t hlc;       /* of the envelope that says so */
	uint64_t since_lsn; /* of that which made it */
	bool gone;
	struct qf_scram keys;
	/* SHA-256 of certificates that are as good as the password, in hex */
	char certs[QF_CERTS_MAX][QF_CERT_CHARS + 1];
	size_t cert_count;
};

/* What an envelope says of an account. */
void qf_account_note(struct qf_hall *h, const struct qf_body *body,
                     uint64_t hlc, uint64_t lsn);
/* All that are kept are known. */
bool qf_accounts_ready(const struct qf_hall *h);
/* For the room that they are in, when the first client comes: what guests say
 * to each other in it has to be heard from the first on. */
void qf_accounts_ask(struct qf_hall *h);
const struct qf_account *qf_account_find(const struct qf_hall *h,
                                         const char *name);
/* As many were made as may be; those that are gone count, for they are kept. */
bool qf_accounts_full(const struct qf_hall *h);
/* What has that lsn, and was said by or to it, was of the same account as now:
 * not of one that had its name before and is gone. */
bool qf_account_had(const struct qf_hall *h, const char *name, uint64_t lsn);
/* Whose certificate that is, or NULL. */
const struct qf_account *qf_account_of_cert(const struct qf_hall *h,
                                            const struct qf_key *sha256);
/* 64 digits of hex, in any case and with or without colons. */
bool qf_cert_read(const char *typed, char out[QF_CERT_CHARS + 1]);

/* What is kept of an account: with a new password and no certificate, with one
 * certificate more (false: it has as many as it may), or no more at all. */
void qf_account_text(struct qf_hall *h, const char *password,
                     char out[QF_ACCOUNT_TEXT_BYTES]);
bool qf_account_more(const struct qf_account *a, const char *cert,
                     char out[QF_ACCOUNT_TEXT_BYTES]);
#define QF_ACCOUNT_GONE "-"
/* That account is going, and what it has read is forgotten. */
void qf_account_unread(struct qf_hall *h, const char *name);
/* Keep that text of that name; answered as `request` of conn, if the command
 * could be made. */
void qf_account_keep(struct qf_hall *h, qf_conn conn, uint64_t request,
                     const char *name, const char *text);
/* Bytes that nobody can guess, new with each call. */
void qf_hall_random(struct qf_hall *h, uint8_t out[QF_HASH_BYTES]);

#endif
