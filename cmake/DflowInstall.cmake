# What `cmake --install` gives: headers, the runtime, the tools, a CMake package, a pkg-config file, documents. Nothing in
# it names the prefix or the build tree, so that an installed tree may be moved.
include(CMakePackageConfigHelpers)

set(DFLOW_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/dflow")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/dflow" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
set_target_properties(dflow_headers PROPERTIES EXPORT_NAME headers)
install(TARGETS dflow_runtime dflow_headers EXPORT dflow-targets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT dflow-targets NAMESPACE dflow:: DESTINATION "${DFLOW_CMAKE_DIR}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/dflow-config.cmake.in"
  "${PROJECT_BINARY_DIR}/dflow-config.cmake" INSTALL_DESTINATION "${DFLOW_CMAKE_DIR}" PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/dflow-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/dflow-config.cmake" "${PROJECT_BINARY_DIR}/dflow-config-version.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/DflowAddExecutable.cmake"
        DESTINATION "${DFLOW_CMAKE_DIR}")

# The prefix as seen from LIBDIR/pkgconfig.
file(RELATIVE_PATH DFLOW_PC_UP "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" DFLOW_PC_UP "${DFLOW_PC_UP}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/dflow.pc.in" "${PROJECT_BINARY_DIR}/dflow.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/dflow.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME copyright)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.md")

include(DflowPackage)
