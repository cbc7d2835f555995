/* tls.c - how nodes prove to each other who they are: contexts, certificates */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "channel.h"
#include "core/err.h"

enum { CERT_LIST_BYTES_MAX = 8192 };

/* The only time that is read out of a certificate is none: these are the ends
 * of what X.509 can say. */
static bool set_dates(X509 *cert)
{
	return ASN1_TIME_set_string_X509(X509_getm_notBefore(cert),
	                                 "19700101000000Z") &&
	       ASN1_TIME_set_string_X509(X509_getm_notAfter(cert),
	                                 "99991231235959Z");
}

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name;

	if (!cert)
		return NULL;
	name = X509_get_subject_name(cert);
	if (X509_set_version(cert, X509_VERSION_3) &&
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
	    set_dates(cert) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                               (const uint8_t *)"quickfi", -1, -1, 0) &&
	    X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	    X509_sign(cert, key, NULL))
		return cert;
	X509_free(cert);
	return NULL;
}

/* Instead of a chain of authorities: one certificate, self-signed, Ed25519.
 * Its own signature is not computed, since the handshake proves the key. */
static int verify_peer(X509_STORE_CTX *chain, void *unused)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(chain);
	EVP_PKEY *key = leaf ? X509_get0_pubkey(leaf) : NULL;

	(void)unused;
	if (!key || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
		X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
		return 0;
	}
	if (X509_self_signed(leaf, 0) != 1) {
		X509_STORE_CTX_set_error(chain, X509_V_ERR_INVALID_CA);
		return 0;
	}
	X509_STORE_CTX_set_error(chain, X509_V_OK);
	return 1;
}

/* The wire form of a list of one protocol: its length, then its name. */
static const uint8_t alpn[] = "\x09" QF_ALPN;

static int choose_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len,
                       const uint8_t *in, unsigned in_len, void *unused)
{
	(void)ssl;
	(void)unused;
	if (SSL_select_next_proto((uint8_t **)out, out_len, alpn,
	                          sizeof alpn - 1, in,
	                          in_len) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* What both sides of a link insist on. Tickets would save nothing: a link
 * lives long, and resumption does not relieve the server (performance.md). */
static bool set_rules(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
	                                 SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_max_cert_list(ctx, CERT_LIST_BYTES_MAX);
	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify_peer, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_num_tickets(ctx, 0) &&
	       SSL_CTX_set1_groups_list(ctx, "X25519") &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ed25519") &&
	       SSL_CTX_set1_client_sigalgs_list(ctx, "ed25519") &&
	       SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:"
	                                     "TLS_CHACHA20_POLY1305_SHA256");
}

static SSL_CTX *make_context(const SSL_METHOD *method, X509 *cert,
                             EVP_PKEY *key)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx && set_rules(ctx) && SSL_CTX_use_certificate(ctx, cert) &&
	    SSL_CTX_use_PrivateKey(ctx, key))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

int qf_tls_init(struct qf_tls *tls, const uint8_t seed[QF_SEED_BYTES])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	                                             seed, QF_SEED_BYTES);
	X509 *cert = key ? self_signed(key) : NULL;

	*tls = (struct qf_tls){ 0 };
	if (cert) {
		tls->server = make_context(TLS_server_method(), cert, key);
		tls->client = make_context(TLS_client_method(), cert, key);
		tls->bytes = qf_channel_bytes();
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!tls->server || !tls->client || !tls->bytes ||
	    SSL_CTX_set_alpn_protos(tls->client, alpn, sizeof alpn - 1)) {
		qf_tls_fini(tls);
		return QF_E_NOMEM;
	}
	SSL_CTX_set_alpn_select_cb(tls->server, choose_alpn, NULL);
	return QF_OK;
}

void qf_tls_fini(struct qf_tls *tls)
{
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	BIO_meth_free(tls->bytes);
	*tls = (struct qf_tls){ 0 };
}
