# What `cmake --install` gives: headers, the runtime, the tools, a CMake package, a pkg-config file; and CPack's .deb.
include(CMakePackageConfigHelpers)

set(DFLOW_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/dflow")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/dflow" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
install(TARGETS dflow_runtime dflow_headers EXPORT dflow-targets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT dflow-targets NAMESPACE dflow:: DESTINATION "${DFLOW_CMAKE_DIR}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/dflow-config.cmake.in"
  "${PROJECT_BINARY_DIR}/dflow-config.cmake" INSTALL_DESTINATION "${DFLOW_CMAKE_DIR}"
  PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/dflow-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/dflow-config.cmake" "${PROJECT_BINARY_DIR}/dflow-config-version.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/DflowAddExecutable.cmake"
        DESTINATION "${DFLOW_CMAKE_DIR}")

# The prefix as seen from LIBDIR/pkgconfig, so that an installed tree may be moved.
file(RELATIVE_PATH DFLOW_PC_UP "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file("${CMAKE_CURRENT_LIST_DIR}/dflow.pc.in" "${PROJECT_BINARY_DIR}/dflow.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/dflow.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME dflow)
set(CPACK_PACKAGE_CONTACT "dflow maintainers <maintainers@dflow.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Dataflow compiler and runtime for C++")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "g++ | clang-19")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "clang-19, graphviz")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
include(CPack)
