/* SPDX-License-Identifier: MIT */
#include "tests/engine/follower_in_c.h"

int follower_in_c_poll(daypack_follower* book) {
    return daypack_follow_poll(book);
}

uint32_t follower_in_c_levels(const daypack_follower* book, unsigned side) {
    return daypack_follow_levels(book, side);
}

daypack_level follower_in_c_level(const daypack_follower* book, unsigned side, uint32_t rank) {
    return daypack_follow_level(book, side, rank);
}
