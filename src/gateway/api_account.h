/* api_account.h - what a client of the API asks of an account, granted or
 * refused
 */
#ifndef QF_API_ACCOUNT_H
#define QF_API_ACCOUNT_H

#include "accounts.h"
#include "api_request.h"

/* It needs a hall that is ready. */
bool qf_api_is_account(const struct qf_api_request *r);
/* What is to be kept of the account; false: r says why nothing is. */
bool qf_api_account_text(struct qf_hall *h, struct qf_api_request *r,
                         char out[QF_ACCOUNT_TEXT_BYTES]);

#endif
