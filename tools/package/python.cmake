# SPDX-License-Identifier: MIT
# The Python package for the system's own Python 3, where Debian's looks for modules: a component of packages alone, as
# whoever installs from the sources uses pip. What is compiled serves each Python from 3.11 on.
find_program(DAYPACK_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH DOC "the system's Python, whose headers are used")
set(can_be_built 1)
if(DAYPACK_PYTHON AND NOT CMAKE_CROSSCOMPILING)
  execute_process(
    COMMAND ${DAYPACK_PYTHON} -I -c "import os, sys, sysconfig
sys.exit(sys.version_info < (3, 11) or not os.path.exists(sysconfig.get_path('include') + '/Python.h'))"
    RESULT_VARIABLE can_be_built
    ERROR_QUIET)
endif()
if(NOT can_be_built EQUAL 0)
  return()
endif()

set(sources ${PROJECT_SOURCE_DIR}/tools/python)
file(GLOB_RECURSE python_files ${sources}/native/*.[ch] ${sources}/src/*.py* ${sources}/src/*.typed
     ${sources}/backend/*.py ${headers}/*.h)
set(python_folder ${CMAKE_CURRENT_BINARY_DIR}/dist-packages)
add_custom_command(
  OUTPUT ${python_folder}/daypack/__init__.py
  COMMAND
    ${CMAKE_COMMAND} -E env "CFLAGS=-fstack-protector-strong -D_FORTIFY_SOURCE=2" LDFLAGS=-Wl,-s ${DAYPACK_PYTHON} -I -B
    ${CMAKE_CURRENT_SOURCE_DIR}/python_files.py ${sources} ${python_folder}
  DEPENDS ${python_files} ${sources}/pyproject.toml ${CMAKE_CURRENT_SOURCE_DIR}/python_files.py
  COMMENT "Laying out the Python package"
  VERBATIM)
add_custom_target(daypack_python ALL DEPENDS ${python_folder}/daypack/__init__.py)
install(DIRECTORY ${python_folder}/ DESTINATION lib/python3/dist-packages COMPONENT python EXCLUDE_FROM_ALL)
install(DIRECTORY ${sources}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/python3-daypack COMPONENT python EXCLUDE_FROM_ALL)
