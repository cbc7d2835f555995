/* channel.c - one TLS connection as bytes in and bytes out */
#include "channel.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum {
	RECORD_BYTES_MAX = 16384,
	SHORT_RECORD_BYTES = 1024,
};

/* The BIO: OpenSSL reads what the caller brought and writes to its buffer. */

static int take_bytes(BIO *bio, char *to, size_t most, size_t *got)
{
	struct qf_channel *ch = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*got = most < ch->in->len ? most : ch->in->len;
	if (!*got) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(to, ch->in->at, *got);
	ch->in->at += *got;
	ch->in->len -= *got;
	return 1;
}

static int give_bytes(BIO *bio, const char *from, size_t len, size_t *put)
{
	struct qf_channel *ch = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	qf_put_raw(ch->wire, from, len);
	*put = ch->wire->bad ? 0 : len;
	return !ch->wire->bad;
}

static long control(BIO *bio, int what, long number, void *at)
{
	(void)bio;
	(void)number;
	(void)at;
	return what == BIO_CTRL_FLUSH;
}

static int create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

struct bio_method_st *qf_channel_bytes(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "QuickFi channel");

	if (m && BIO_meth_set_read_ex(m, take_bytes) &&
	    BIO_meth_set_write_ex(m, give_bytes) &&
	    BIO_meth_set_ctrl(m, control) && BIO_meth_set_create(m, create))
		return m;
	BIO_meth_free(m);
	return NULL;
}

struct qf_channel *qf_channel_new(const struct qf_tls *tls, bool client)
{
	struct qf_channel *ch = calloc(1, sizeof *ch);
	SSL *ssl = ch ? SSL_new(client ? tls->client : tls->server) : NULL;
	BIO *bio = ssl ? BIO_new(tls->bytes) : NULL;

	if (!bio) {
		SSL_free(ssl);
		free(ch);
		ERR_clear_error();
		return NULL;
	}
	BIO_set_data(bio, ch);
	SSL_set_bio(ssl, bio, bio);
	if (client)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	ch->ssl = ssl;
	return ch;
}

void qf_channel_free(struct qf_channel *ch)
{
	if (!ch)
		return;
	SSL_free(ch->ssl);
	free(ch->why);
	free(ch);
}

static enum qf_channel_got over(struct qf_channel *ch, const char *why)
{
	if (!ch->over)
		ch->why = strdup(why);
	ch->over = true;
	ERR_clear_error();
	return QF_CHANNEL_OVER;
}

/* What OpenSSL has to say, in the words of people where they matter. */
static enum qf_channel_got failed(struct qf_channel *ch)
{
	unsigned long err = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(err);
	char why[96];

	ch->broken = true;
	switch (ERR_GET_REASON(err)) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		return over(ch, "it does not speak TLS");
	case SSL_R_NO_APPLICATION_PROTOCOL:
	case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
		return over(ch, "it speaks TLS, but not " QF_ALPN);
	default:
		snprintf(why, sizeof why, "TLS failed: %s",
		         reason ? reason : "no reason given");
		return over(ch, why);
	}
}

static bool peer_key(SSL *ssl, struct qf_key *key)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	size_t len = sizeof key->b;

	return cert &&
	       EVP_PKEY_get_raw_public_key(X509_get0_pubkey(cert), key->b,
	                                   &len) &&
	       len == sizeof key->b;
}

/* Without its type a key has no parts, and a private one is wiped. OpenSSL
 * calls that an error, which is ours to forget. */
static void empty(EVP_PKEY *key)
{
	ERR_set_mark();
	EVP_PKEY_set_type(key, EVP_PKEY_NONE);
	ERR_pop_to_mark();
	EVP_PKEY_free(key);
}

/* OpenSSL keeps both ephemeral keys of a handshake as long as the connection,
 * though nothing asks for them again: who finds them in memory could read what
 * was recorded before a KeyUpdate, and they are 0.4 KiB of each guest. */
static void forget_ephemeral_keys(SSL *ssl)
{
	EVP_PKEY *key;

	if (SSL_get_tmp_key(ssl, &key))
		empty(key);
	if (SSL_get_peer_tmp_key(ssl, &key))
		empty(key);
}

/* The handshake has just ended. A server that knows no ALPN ends it without
 * one, and so does a client that offers none. */
static enum qf_channel_got prove(struct qf_channel *ch)
{
	const uint8_t *alpn;
	unsigned len;

	forget_ephemeral_keys(ch->ssl);
	SSL_get0_alpn_selected(ch->ssl, &alpn, &len);
	ch->route = qf_route_alpn(qf_bytes(alpn, len));
	if (ch->route != QF_ROUTE_NODE && !SSL_is_server(ch->ssl))
		return over(ch, "it speaks TLS, but not " QF_ALPN);
	if (ch->route == QF_ROUTE_NODE) {
		if (!peer_key(ch->ssl, &ch->peer) ||
		    SSL_export_keying_material(
			    ch->ssl, ch->exporter, sizeof ch->exporter,
			    QF_EXPORTER, strlen(QF_EXPORTER), NULL, 0, 0) != 1)
			return failed(ch);
		ch->proven = true;
	}
	ch->shaken = true;
	return QF_CHANNEL_SOME;
}

static enum qf_channel_got unless_dry(struct qf_channel *ch, int rc)
{
	switch (SSL_get_error(ch->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return QF_CHANNEL_DRY;
	case SSL_ERROR_ZERO_RETURN:
		return over(ch, "it closed the link");
	default:
		return failed(ch);
	}
}

static enum qf_channel_got read_some(struct qf_channel *ch,
                                     struct qf_buf *plain)
{
	uint8_t *to;
	int got;

	if (ch->over)
		return QF_CHANNEL_OVER;
	if (!ch->shaken) {
		got = SSL_do_handshake(ch->ssl);
		return got == 1 ? prove(ch) : unless_dry(ch, got);
	}
	to = qf_buf_room(plain, RECORD_BYTES_MAX);
	if (!to)
		return over(ch, "out of memory");
	got = SSL_read(ch->ssl, to, RECORD_BYTES_MAX);
	if (got <= 0)
		return unless_dry(ch, got);
	plain->len += (size_t)got;
	return QF_CHANNEL_SOME;
}

enum qf_channel_got qf_channel_read(struct qf_channel *ch, struct qf_bytes *in,
                                    struct qf_buf *plain, struct qf_buf *wire)
{
	enum qf_channel_got got;

	ch->in = in;
	ch->wire = wire;
	got = read_some(ch, plain);
	ch->in = NULL;
	ch->wire = NULL;
	return got;
}

/* Some IRC clients wait at the socket for what TLS has read already, if a
 * record is longer than their read: Limnoria reads 1,024 bytes. While a record
 * is still to come the socket wakes them for each read, so it is enough that
 * the last one is that short. */
static size_t last_record(const struct qf_channel *ch, size_t len)
{
	if (ch->route != QF_ROUTE_MORE || len <= SHORT_RECORD_BYTES)
		return 0;
	return SHORT_RECORD_BYTES;
}

static bool write_records(struct qf_channel *ch, const uint8_t *at, size_t len)
{
	size_t put;

	/* Never partial: the buffer takes all. */
	return !len || SSL_write_ex(ch->ssl, at, len, &put) == 1;
}

bool qf_channel_write(struct qf_channel *ch, struct qf_bytes plain,
                      struct qf_buf *wire)
{
	struct qf_bytes none = { 0 };
	size_t last = last_record(ch, plain.len);
	bool good;

	assert(ch->shaken && plain.len);
	if (ch->over)
		return false;
	ch->in = &none;
	ch->wire = wire;
	good = write_records(ch, plain.at, plain.len - last) &&
	       write_records(ch, plain.at + plain.len - last, last);
	ch->in = NULL;
	ch->wire = NULL;
	if (!good)
		failed(ch);
	return good;
}

bool qf_channel_cert(const struct qf_channel *ch, struct qf_key *sha256)
{
	X509 *cert = SSL_get0_peer_certificate(ch->ssl);
	unsigned len = sizeof sha256->b;

	return cert && X509_digest(cert, EVP_sha256(), sha256->b, &len) &&
	       len == sizeof sha256->b;
}

void qf_channel_end(struct qf_channel *ch, struct qf_buf *wire)
{
	struct qf_bytes none = { 0 };

	ch->in = &none;
	ch->wire = wire;
	if (SSL_is_init_finished(ch->ssl) && !ch->broken)
		SSL_shutdown(ch->ssl);
	ch->in = NULL;
	ch->wire = NULL;
	over(ch, "we closed the link");
}
