# SPDX-License-Identifier: MIT
# Builds for aarch64 on another processor, with Debian's cross-compiler and the libraries that `tools/install --aarch64`
# unpacks. What is built so runs under qemu's user emulation, which ctest puts in front of each test.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
get_filename_component(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../../build/aarch64/sysroot ABSOLUTE)

# Nothing of this machine's own is linked or included; programs are its own.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)

find_program(DAYPACK_QEMU NAMES qemu-aarch64-static qemu-aarch64 DOC "runs programs for aarch64")
if(DAYPACK_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${DAYPACK_QEMU};-L;${CMAKE_SYSROOT})
endif()
