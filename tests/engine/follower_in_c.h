/* SPDX-License-Identifier: MIT */
#ifndef DAYPACK_TESTS_ENGINE_FOLLOWER_IN_C_H
#define DAYPACK_TESTS_ENGINE_FOLLOWER_IN_C_H

#include "engine/include/daypack/follow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* <daypack/follow.h> as a C compiler makes it, for tests in C++. */
int follower_in_c_poll(daypack_follower* book);
uint32_t follower_in_c_levels(const daypack_follower* book, unsigned side);
daypack_level follower_in_c_level(const daypack_follower* book, unsigned side, uint32_t rank);

#ifdef __cplusplus
}
#endif
#endif /* DAYPACK_TESTS_ENGINE_FOLLOWER_IN_C_H */
