# SPDX-License-Identifier: Apache-2.0
# snug_options: what every one of our targets is compiled with: the include root, and sanitizers or coverage on request.
set(SNUG_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them; empty for none")
option(SNUG_COVERAGE "Instrument for gcov" OFF)

add_library(snug_options INTERFACE)
target_include_directories(snug_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/include")
target_compile_features(snug_options INTERFACE cxx_std_20)
if(SNUG_SANITIZE)
  # The vptr check looks at objects through pipes, and so fails where a test takes pipes away.
  target_compile_options(snug_options INTERFACE -fsanitize=${SNUG_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
                                                -fno-omit-frame-pointer)
  target_link_options(snug_options INTERFACE -fsanitize=${SNUG_SANITIZE})
endif()
if(SNUG_COVERAGE)
  target_compile_options(snug_options INTERFACE --coverage)
  target_link_options(snug_options INTERFACE --coverage)
endif()
