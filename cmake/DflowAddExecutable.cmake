# dflow_add_executable(NAME SOURCE...): an executable whose sources are compiled by dflowc, linked with
# dflow::runtime. The target is an ordinary one: target_sources, target_link_libraries and the rest apply to it.
#
# The project's own compiler and flags stay as they are: dflowc stands in front of each command as its launcher and
# hands the code to that compiler. So the object files mix freely with those of other targets.
function(dflow_add_executable name)
  if(NOT ARGN)
    message(FATAL_ERROR "dflow_add_executable(${name}): name at least one source")
  endif()
  if(NOT CMAKE_GENERATOR MATCHES "Ninja|Makefiles")
    message(FATAL_ERROR "dflow_add_executable(${name}): the generator '${CMAKE_GENERATOR}' knows no compiler launchers; "
                        "use Ninja or Unix Makefiles, or set CMAKE_CXX_COMPILER to dflowc")
  endif()
  if(NOT EXISTS "${DFLOW_BIN_DIR}/dflowc")
    message(FATAL_ERROR "dflow_add_executable(${name}): there is no dflowc in '${DFLOW_BIN_DIR}': this dflow was built "
                        "with DFLOW_BUILD_COMPILER=OFF; link dflow::runtime instead")
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE dflow::runtime)
  get_filename_component(compiler "${CMAKE_CXX_COMPILER}" NAME)
  if(NOT compiler STREQUAL "dflowc")
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "${DFLOW_BIN_DIR}/dflowc;--dflow-launch")
  endif()
endfunction()
