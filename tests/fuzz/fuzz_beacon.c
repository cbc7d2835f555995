/* fuzz_beacon.c - packets from the network: what is read is what would be sent
 */
#include <assert.h>
#include <string.h>

#include "core/beacon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[QF_BEACON_BYTES];
	struct qf_beacon b;

	if (qf_beacon_get(qf_bytes(data, size), &b) != QF_BEACON_GOOD)
		return 0;
	assert(size == sizeof again);
	qf_beacon_put(&b, again);
	assert(!memcmp(again, data, size));
	return 0;
}
