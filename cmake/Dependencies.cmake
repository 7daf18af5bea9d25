# SPDX-License-Identifier: Apache-2.0
# Everything snug stands on comes from the distribution; scripts/setup installs it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(fmt 8 REQUIRED)
pkg_check_modules(libseccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5.0)
pkg_check_modules(libunwind REQUIRED IMPORTED_TARGET libunwind-ptrace libunwind-generic)
find_package(yaml-cpp 0.7 REQUIRED)

# yaml-cpp's target has a namespace since its version 0.8.
add_library(snug_yaml INTERFACE)
if(TARGET yaml-cpp::yaml-cpp)
  target_link_libraries(snug_yaml INTERFACE yaml-cpp::yaml-cpp)
else()
  target_link_libraries(snug_yaml INTERFACE yaml-cpp)
endif()
