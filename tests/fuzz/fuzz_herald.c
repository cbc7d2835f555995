/* fuzz_herald.c - lines of the child for mDNS, which anybody may have taken */
#include <assert.h>
#include <string.h>

#include "net/herald.h"
#include "net/sockaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[QF_HERALD_LINE_MAX] = "";
	struct qf_address address;
	struct qf_sockaddr numeric;
	struct qf_hint hint;

	if (size >= sizeof line)
		return 0;
	memcpy(line, data, size);
	if (!qf_herald_line(line, &hint, &address))
		return 0;
	assert(address.port && qf_address_numeric(&address, &numeric));
	return 0;
}
