# SPDX-License-Identifier: MIT
# Manual pages and shells' completion, made from the parser that prints --help.
add_executable(daypack_manual manual.cpp)
target_link_libraries(daypack_manual PRIVATE daypack_command_line daypack_link)
target_compile_definitions(daypack_manual PRIVATE DAYPACK_VERSION="${PROJECT_VERSION}")
add_dependencies(daypack_manual daypack_commit)
target_include_directories(daypack_manual PRIVATE ${PROJECT_BINARY_DIR}/commit)

set(pages ${CMAKE_CURRENT_BINARY_DIR}/pages)
set(completions ${CMAKE_CURRENT_BINARY_DIR}/completions)
file(MAKE_DIRECTORY ${pages} ${completions})
add_custom_command(
  OUTPUT ${pages}/made
  COMMAND daypack_manual ${pages}
  COMMAND gzip -9nf ${pages}/*.1
  COMMAND ${CMAKE_COMMAND} -E touch ${pages}/made
  DEPENDS daypack_manual)
foreach(shell bash zsh)
  add_custom_command(
    OUTPUT ${completions}/${shell}
    COMMAND daypack completion ${shell} > ${completions}/${shell}
    DEPENDS daypack)
endforeach()
add_custom_target(daypack_words ALL DEPENDS ${pages}/made ${completions}/bash ${completions}/zsh)
install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program FILES_MATCHING PATTERN "*.1.gz")
install(FILES ${completions}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME daypack COMPONENT program)
install(FILES ${completions}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _daypack COMPONENT program)
