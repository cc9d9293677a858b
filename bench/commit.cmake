# SPDX-License-Identifier: MIT
# Writes the header that names the commit of the tree, "+" behind it where files were changed since, and its date.
execute_process(
  COMMAND git -C ${SOURCE} describe --always --abbrev=12 --dirty=+
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET
  RESULT_VARIABLE failed)
execute_process(
  COMMAND git -C ${SOURCE} show -s --format=%cs HEAD
  OUTPUT_VARIABLE date
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET)
if(failed)
  set(commit "not told: built outside a repository")
  set(date "no date")
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT
     "#define DAYPACK_COMMIT \"${commit}\"\n#define DAYPACK_COMMIT_DATE \"${date}\"\n")
