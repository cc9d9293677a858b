# SPDX-License-Identifier: MIT
# Writes the header that names the commit of the tree, "+" behind it where files were changed since.
execute_process(
  COMMAND git -C ${SOURCE} describe --always --abbrev=12 --dirty=+
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET
  RESULT_VARIABLE failed)
if(failed)
  set(commit "not told: built outside a repository")
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define DAYPACK_COMMIT \"${commit}\"\n")
