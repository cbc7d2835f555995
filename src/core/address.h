/* address.h - where a node listens, as people write it
 *
 * A qf_address holds a name or a numeric address without brackets. Sockets
 * have it as sockaddr.h says.
 */
#ifndef QF_ADDRESS_H
#define QF_ADDRESS_H

#include "keep.h"

/* "HOST", "HOST:PORT", "[V6]:PORT", "V6"; the default port where none is
 * given. False: not of that form; `why` says what is wrong with it. */
bool qf_address_parse(const char *text, struct qf_address *out, char *why,
                      size_t cap);

#endif
