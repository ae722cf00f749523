# dflow_add_executable(NAME SOURCE...): an executable whose sources are compiled by dflowc, linked with dflow::runtime.
# The target is an ordinary one: target_link_libraries, target_include_directories and the rest apply to it.
#
# CMake's own compiler stays the project's; dflowc is its launcher for these sources, with that compiler as its host.
function(dflow_add_executable name)
  if(NOT ARGN)
    message(FATAL_ERROR "dflow_add_executable(${name}): name at least one source")
  endif()
  find_program(DFLOWC dflowc HINTS "${DFLOW_BIN_DIR}" REQUIRED)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE dflow::runtime)
  set_target_properties(${name} PROPERTIES
    CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;DFLOWC_HOST=;${DFLOWC};--dflow-launch")
endfunction()
