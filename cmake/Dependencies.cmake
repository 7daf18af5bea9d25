# SPDX-License-Identifier: Apache-2.0
# Everything snug stands on comes from the distribution; scripts/setup installs it.
if(SNUG_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(fmt 8 REQUIRED)
pkg_check_modules(libseccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5.0)
pkg_check_modules(libunwind REQUIRED IMPORTED_TARGET libunwind-ptrace libunwind-generic)
find_package(yaml-cpp 0.7 REQUIRED)

add_library(snug_fmt INTERFACE)
add_library(snug_unwind INTERFACE)
add_library(snug_yaml INTERFACE)
if(SNUG_STATIC)
  # Distributions have no archive of fmt, and their CMake files name yaml-cpp's shared library. libunwind's part for
  # the own process defines what the compiler's library does, which therefore stands before it.
  target_link_libraries(snug_fmt INTERFACE fmt::fmt-header-only)
  target_link_libraries(snug_unwind INTERFACE -l:libunwind-ptrace.a -l:libunwind-generic.a -lgcc_eh -l:libunwind.a
                                              -l:liblzma.a)
  target_link_libraries(snug_yaml INTERFACE -l:libyaml-cpp.a)
  return()
endif()
target_link_libraries(snug_fmt INTERFACE fmt::fmt)
target_link_libraries(snug_unwind INTERFACE PkgConfig::libunwind)
# yaml-cpp's target has a namespace since its version 0.8.
if(TARGET yaml-cpp::yaml-cpp)
  target_link_libraries(snug_yaml INTERFACE yaml-cpp::yaml-cpp)
else()
  target_link_libraries(snug_yaml INTERFACE yaml-cpp)
endif()
