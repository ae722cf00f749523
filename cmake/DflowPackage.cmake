# CPack's .deb: one package with the library, the headers and the tools, for /usr.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME dflow)
set(CPACK_PACKAGE_CONTACT "dflow maintainers <maintainers@dflow.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Dataflow compiler and runtime for C++")
set(CPACK_PACKAGE_DESCRIPTION "Mark heavy functions, call them through futures, and the program runs on all cores.
Compiled with dflowc, its task graph is found, checked and stored in the executable.")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Programs linked with libdflow.so.0 get their dependency from the shlibs file; CPack adds the call of ldconfig.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(DFLOW_BUILD_COMPILER)
  # dflowc's default host, and Clang's own headers, which the analysis reads whatever the host is.
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "clang-19, libclang-common-19-dev")
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "g++, graphviz")
else()
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "g++")
endif()
include(CPack)
