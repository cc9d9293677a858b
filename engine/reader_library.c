/* SPDX-License-Identifier: MIT */
/* libdaypack-reader.so: the C header, compiled once, with its functions as symbols; reader_library.map gives them their
 * version. For languages that cannot include the header: Python's ctypes, Rust, Java, Go, ... */
#define DAYPACK_API __attribute__((visibility("default")))
#include "engine/include/daypack/shm.h"
