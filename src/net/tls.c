/* tls.c - how nodes prove to each other who they are: contexts, certificates */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
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

static X509 *self_signed(EVP_PKEY *key, const EVP_MD *md)
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
	    X509_sign(cert, key, md))
		return cert;
	X509_free(cert);
	return NULL;
}

static bool is_strict(const SSL *ssl)
{
	return SSL_get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

/* Instead of a chain of authorities: of a node one certificate, self-signed,
 * Ed25519. Its own signature is not computed, since the handshake proves the
 * key. Of others any. */
static int verify_peer(X509_STORE_CTX *chain, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *leaf = X509_STORE_CTX_get0_cert(chain);
	EVP_PKEY *key = leaf ? X509_get0_pubkey(leaf) : NULL;
	int wrong = X509_V_OK;

	(void)unused;
	if (!is_strict(ssl))
		wrong = X509_V_OK;
	else if (!key || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
		wrong = X509_V_ERR_CERT_REJECTED;
	else if (X509_self_signed(leaf, 0) != 1)
		wrong = X509_V_ERR_INVALID_CA;
	X509_STORE_CTX_set_error(chain, wrong);
	return wrong == X509_V_OK;
}

/* The wire form of a list of names: each after its length. */
static const uint8_t alpn[] = "\x09" QF_ALPN "\x08" QF_ALPN_WEB "\x03irc";

enum { ALPN_NODE_BYTES = sizeof(QF_ALPN) };

/* Of what we know the first that the client offers. A stranger's protocol is
 * passed over: its first bytes will tell. */
static int choose_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len,
                       const uint8_t *in, unsigned in_len, void *unused)
{
	(void)ssl;
	(void)unused;
	if (SSL_select_next_proto((uint8_t **)out, out_len, alpn,
	                          sizeof alpn - 1, in,
	                          in_len) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_NOACK;
}

/* What ALPN will be agreed upon, before anything else is. */
static enum qf_route offered(SSL *ssl)
{
	struct qf_bytes list = { 0 };
	const uint8_t *chosen;
	uint8_t len;

	if (SSL_client_hello_get0_ext(
		    ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
		    &list.at, &list.len) != 1 ||
	    list.len < 2 ||
	    choose_alpn(ssl, &chosen, &len, list.at + 2, (unsigned)list.len - 2,
	                NULL) != SSL_TLSEXT_ERR_OK)
		return QF_ROUTE_MORE;
	return qf_route_alpn(qf_bytes(chosen, len));
}

/* Who says that it is a node is held to a node's rules. */
static int see_hello(SSL *ssl, int *alert, void *unused)
{
	(void)unused;
	switch (offered(ssl)) {
	case QF_ROUTE_NODE:
		SSL_set_verify(
			ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			NULL);
		if (SSL_set_min_proto_version(ssl, TLS1_3_VERSION) &&
		    SSL_set1_groups_list(ssl, "X25519"))
			break;
		*alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	case QF_ROUTE_WEB:
		break;
	default:
		SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* What all sides of all connections insist on. Tickets would save nothing: a
 * link lives long, and resumption does not relieve the server
 * (performance.md). */
static bool set_rules(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
	                                 SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_max_cert_list(ctx, CERT_LIST_BYTES_MAX);
	SSL_CTX_set_cert_verify_callback(ctx, verify_peer, NULL);
	return SSL_CTX_set_num_tickets(ctx, 0) &&
	       SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:"
	                                     "TLS_CHACHA20_POLY1305_SHA256");
}

static bool set_client_rules(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set1_groups_list(ctx, "X25519") &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ed25519") &&
	       !SSL_CTX_set_alpn_protos(ctx, alpn, ALPN_NODE_BYTES);
}

/* RSA is for the certificates of IRC's people. */
static bool set_server_rules(SSL_CTX *ctx)
{
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	SSL_CTX_set_client_hello_cb(ctx, see_hello, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") &&
	       SSL_CTX_set1_groups_list(ctx, "X25519:P-256") &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ed25519:ECDSA+SHA256") &&
	       SSL_CTX_set1_client_sigalgs_list(
		       ctx, "ed25519:ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:"
			    "RSA-PSS+SHA384:RSA+SHA256:RSA+SHA384");
}

static bool show(SSL_CTX *ctx, EVP_PKEY *key, X509 *cert)
{
	return key && cert && SSL_CTX_use_certificate(ctx, cert) &&
	       SSL_CTX_use_PrivateKey(ctx, key);
}

static bool put_pem(struct qf_buf *to, EVP_PKEY *key, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool put = bio &&
	           PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
	                                    NULL) &&
	           PEM_write_bio_X509(bio, cert);
	char *at;
	long len = put ? BIO_get_mem_data(bio, &at) : 0;

	if (len)
		qf_put_raw(to, at, (size_t)len);
	BIO_free(bio);
	return put && !to->bad;
}

int qf_tls_make_pem(struct qf_buf *pem)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? self_signed(key, EVP_sha256()) : NULL;
	bool made = cert && put_pem(pem, key, cert);

	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return made ? QF_OK : QF_E_NOMEM;
}

/* Nobody is asked for a password. */
static int no_password(char *to, int size, int writes, void *unused)
{
	(void)to;
	(void)size;
	(void)writes;
	(void)unused;
	return -1;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[16];

	return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) &&
	       !strcmp(group, SN_X9_62_prime256v1);
}

static bool show_pem(SSL_CTX *ctx, struct qf_bytes pem)
{
	BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	X509 *cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	bool shown = key && is_p256(key) && show(ctx, key, cert);

	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return shown;
}

/* Of the certificate that was given to ctx last. */
static bool take_fingerprint(SSL_CTX *ctx, char out[3 * 32])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), hash,
	                 &len))
		return false;
	for (unsigned i = 0; i < len; i++)
		sprintf(out + 3 * i, i + 1 < len ? "%02X:" : "%02X", hash[i]);
	return true;
}

static bool show_seed(const struct qf_tls *tls,
                      const uint8_t seed[QF_SEED_BYTES])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	                                             seed, QF_SEED_BYTES);
	X509 *cert = key ? self_signed(key, NULL) : NULL;
	bool shown = show(tls->server, key, cert) &&
	             show(tls->client, key, cert);

	X509_free(cert);
	EVP_PKEY_free(key);
	return shown;
}

int qf_tls_init(struct qf_tls *tls, const uint8_t seed[QF_SEED_BYTES],
                struct qf_bytes pem)
{
	int rc = QF_E_NOMEM;

	tls->server = SSL_CTX_new(TLS_server_method());
	tls->client = SSL_CTX_new(TLS_client_method());
	tls->bytes = qf_channel_bytes();
	if (tls->server && tls->client && tls->bytes &&
	    set_rules(tls->server) && set_server_rules(tls->server) &&
	    set_rules(tls->client) && set_client_rules(tls->client))
		rc = show_pem(tls->server, pem) &&
		                     take_fingerprint(tls->server,
		                                      tls->fingerprint)
		             ? QF_OK
		             : QF_E_MALFORMED;
	if (!rc && !show_seed(tls, seed))
		rc = QF_E_NOMEM;
	ERR_clear_error();
	if (rc)
		qf_tls_fini(tls);
	return rc;
}

void qf_tls_fini(struct qf_tls *tls)
{
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	BIO_meth_free(tls->bytes);
	*tls = (struct qf_tls){ 0 };
}
