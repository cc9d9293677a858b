# SPDX-License-Identifier: MIT
# Where something is not built yet, `cmake --install` says what and what to do, and installs nothing.
#
#   cmake -D ROOT=<sources> -D WORK=<a folder of its own> [-D CXX=<compiler>] -P install_unbuilt.cmake
file(REMOVE_RECURSE ${WORK})
set(options -DDAYPACK_ENGINE=OFF -DDAYPACK_PROGRAM=OFF -DDAYPACK_TESTS=OFF -DDAYPACK_READER_LIBRARY=OFF)
if(CXX)
  list(APPEND options -DCMAKE_CXX_COMPILER=${CXX})
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${ROOT} -B ${WORK}/build ${options} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${WORK}/build --prefix ${WORK}/root RESULT_VARIABLE result OUTPUT_QUIET
                ERROR_VARIABLE said)
if(result EQUAL 0)
  message(FATAL_ERROR "an installation of nothing is called one")
endif()
string(REGEX REPLACE "[ \n]+" " " said "${said}")  # CMake breaks lines where it likes
if(NOT said MATCHES "daypack_book is not built yet, so nothing is installed. Build all of it first: cmake --build ${WORK}/build")
  message(FATAL_ERROR "it does not say what to do: ${said}")
endif()
if(EXISTS ${WORK}/root)
  message(FATAL_ERROR "something was installed")
endif()
