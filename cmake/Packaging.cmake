# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, and the packages `cpack` makes: a TGZ of everything, and two DEBs.
#   runtime      the command, its manual, its completions
#   development  the vocabulary library, for programs that read our recordings and profiles
include(CMakePackageConfigHelpers)

install(TARGETS snug RUNTIME COMPONENT runtime)
install(CODE "execute_process(COMMAND ${CMAKE_COMMAND} -E create_symlink snug
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/snug-runtime\" COMMAND_ERROR_IS_FATAL ANY)"
        COMPONENT runtime)

foreach(document README.md CHANGELOG.md LICENSE)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${document}")
    install(FILES "${document}" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)
  endif()
endforeach()

if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/docs/man")
  install(DIRECTORY docs/man/ DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT runtime FILES_MATCHING PATTERN "*.1")
endif()

# snug_install_completion(FILE FOLDER NAME): FILE of docs/completions, where a shell looks for it.
function(snug_install_completion file folder name)
  if(EXISTS "${PROJECT_SOURCE_DIR}/docs/completions/${file}")
    install(FILES "docs/completions/${file}" DESTINATION "${CMAKE_INSTALL_DATADIR}/${folder}" RENAME "${name}"
            COMPONENT runtime)
  endif()
endfunction()
snug_install_completion(snug.bash bash-completion/completions snug)
snug_install_completion(snug.zsh zsh/vendor-completions _snug)
snug_install_completion(snug.fish fish/vendor_completions.d snug.fish)

# The package config is written by hand rather than exported, so that the targets our build is made of stay inside it.
set(snug_config_folder "${CMAKE_INSTALL_LIBDIR}/cmake/snug")
configure_package_config_file(cmake/snugConfig.cmake.in "${PROJECT_BINARY_DIR}/snugConfig.cmake"
                              INSTALL_DESTINATION "${snug_config_folder}"
                              PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/snugConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(TARGETS snug_vocabulary ARCHIVE COMPONENT development)
install(DIRECTORY include/snug DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
        FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/snugConfig.cmake" "${PROJECT_BINARY_DIR}/snugConfigVersion.cmake"
        DESTINATION "${snug_config_folder}" COMPONENT development)

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The snug developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME snug)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libsnug-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS libfmt-dev)
include(CPack)
