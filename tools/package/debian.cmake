# SPDX-License-Identifier: MIT
# Debian packages, by `cpack --config build/release/CPackConfig.cmake`, one a component: daypack, libdaypack-dev,
# libdaypack-shm-dev, libdaypack-reader1 where that library is built, and python3-daypack where Python's headers are.
set(CPACK_GENERATOR DEB)
# Whoever distributes packages sets his own: cmake -DCPACK_PACKAGE_CONTACT="NAME <ADDRESS>". There is no address of the
# project, and this one says so: .invalid is nobody's.
set(CPACK_PACKAGE_CONTACT "the daypack authors <nobody@daypack.invalid>" CACHE STRING "the maintainer of Debian packages")
set(CPACK_COMPONENTS_ALL shm dev)
if(DAYPACK_PROGRAM)
  list(APPEND CPACK_COMPONENTS_ALL program)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(this_version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME daypack)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/postinst)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
    "low-latency order books of Backpack Exchange
The program holds the exchange's WebSocket over TLS, keeps every order book
exact by sequence number, and shows it to other processes through shared
memory, each book with a state that says whether it is right. A simulated
exchange and latency benches are part of it.")

set(CPACK_DEBIAN_SHM_PACKAGE_NAME libdaypack-shm-dev)
set(CPACK_DEBIAN_SHM_DESCRIPTION
    "readers of daypack's shared memory (headers)
The header <daypack/shm.h> reads the order books that a running daypack holds
in shared memory; it needs no library and no C++. <daypack/reader.hpp> is the
same for C++.")

if(TARGET daypack_reader_library)
  list(APPEND CPACK_COMPONENTS_ALL reader)
  get_target_property(soversion daypack_reader_library SOVERSION)
  set(CPACK_DEBIAN_READER_PACKAGE_NAME libdaypack-reader${soversion})
  set(CPACK_DEBIAN_READER_PACKAGE_SECTION libs)
  set(CPACK_DEBIAN_READER_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)  # what links it depends on this package; no other has a public library
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/reader/triggers "activate-noawait ldconfig\n")
  set(CPACK_DEBIAN_READER_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/reader/triggers)
  set(CPACK_DEBIAN_SHM_PACKAGE_DEPENDS "${CPACK_DEBIAN_READER_PACKAGE_NAME} (= ${this_version})")
  set(CPACK_DEBIAN_READER_DESCRIPTION
      "readers of daypack's shared memory (shared library)
The readers of <daypack/shm.h> as functions of a library, for programs in any
language.")
endif()

if(TARGET daypack_python)
  list(APPEND CPACK_COMPONENTS_ALL python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-daypack)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= 3.11)")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS daypack)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "python3-numpy, python3-matplotlib, python3-redis")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/python/postinst ${CMAKE_CURRENT_SOURCE_DIR}/python/prerm)
  set(CPACK_DEBIAN_PYTHON_DESCRIPTION
      "order books of a running daypack (Python)
The module daypack reads the order books, trades and states that a running
daypack shows in shared memory. daypack.cryptofeed is a feed for Cryptofeed,
and daypack.feed runs the same callbacks without it.")
endif()

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libdaypack-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libdaypack-shm-dev (= ${this_version}), libwolfssl-dev, libsodium-dev, libsimdjson-dev, libyaml-cpp-dev, libfmt-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION
    "daypack's order-book engine, to embed (static libraries)
The engine of daypack as a library, and its order book alone, with headers in
C++, files for CMake's find_package and for pkg-config. The engine links
wolfSSL, which is under the GPL, version 2 or later.")

# What Debian wants beside the files of each package; of the time of the commit, not of the build.
execute_process(
  COMMAND git -C ${PROJECT_SOURCE_DIR} show -s --format=%cD HEAD
  OUTPUT_VARIABLE commit_time
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET)
if(NOT commit_time)
  string(TIMESTAMP commit_time "%a, %d %b %Y %H:%M:%S +0000" UTC)
endif()
foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(only_packaged "")
  if(component STREQUAL python)
    set(only_packaged EXCLUDE_FROM_ALL)
  endif()
  configure_file(copyright.in ${package}/copyright @ONLY)
  configure_file(changelog.in ${package}/changelog.Debian @ONLY)
  execute_process(COMMAND gzip -9nkf ${CMAKE_CURRENT_BINARY_DIR}/${package}/changelog.Debian)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${package}/copyright ${CMAKE_CURRENT_BINARY_DIR}/${package}/changelog.Debian.gz
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component} ${only_packaged})
endforeach()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
include(CPack)
