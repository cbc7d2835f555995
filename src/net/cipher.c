/* cipher.c - what the page and the node encrypt with, by OpenSSL */
#include "cipher.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static bool seal(void *ctx, const struct qf_noise_key *key,
                 const uint8_t *nonce, struct qf_bytes plain, uint8_t *to)
{
	int len = 0, more = 0;
	bool sealed;

	sealed = EVP_EncryptInit_ex(ctx, NULL, NULL, key->b, nonce) == 1 &&
	         EVP_EncryptUpdate(ctx, to, &len, plain.at, (int)plain.len) ==
	                 1 &&
	         EVP_EncryptFinal_ex(ctx, to + len, &more) == 1 &&
	         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
	                             QF_NOISE_TAG_BYTES, to + plain.len) == 1;
	if (!sealed)
		ERR_clear_error(); /* it would be the next one's */
	return sealed;
}

void qf_cipher_init(struct qf_noise_cipher *c)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	*c = (struct qf_noise_cipher){ 0 };
	if (ctx && EVP_EncryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL, NULL,
	                              NULL) == 1) {
		c->ctx = ctx;
		c->seal = seal;
		return;
	}
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
}

void qf_cipher_fini(struct qf_noise_cipher *c)
{
	EVP_CIPHER_CTX_free(c->ctx); /* which wipes the last key */
	*c = (struct qf_noise_cipher){ 0 };
}
