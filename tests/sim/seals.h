/* seals.h - signatures of simulated nodes: real, or cheap ones
 *
 * Cheap ones cost a hash and can be forged by anyone, but who has a wrong one
 * is found out all the same. The program that uses them is linked with
 * --wrap=qf_identity_sign and --wrap=qf_key_verify.
 */
#ifndef QF_SIM_SEALS_H
#define QF_SIM_SEALS_H

#include "core/identity.h"

extern bool seals_cheap; /* false; set before there is a world */

#endif
