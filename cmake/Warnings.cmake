# SPDX-License-Identifier: Apache-2.0
# snug_warnings: the warnings our own code is held to. Errors only in the development presets, so that a newer
# compiler never stops a user's build.
option(SNUG_WERROR "Treat warnings as errors" OFF)

add_library(snug_warnings INTERFACE)
target_compile_options(
  snug_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Woverloaded-virtual
            $<$<BOOL:${SNUG_WERROR}>:-Werror>)
