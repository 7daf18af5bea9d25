# SPDX-License-Identifier: Apache-2.0
# How tests are declared. Every test has a level as its CTest label: unit, sim, golden, live, enforce, container, cli.
find_package(Catch2 REQUIRED)
include(Catch)

# Our Python tests use the distribution's interpreter, since that is the one scripts/setup installs modules for.
find_program(SNUG_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

# Catch2's main: part of a library in Catch2 3, a source file of ours in Catch2 2.
if(TARGET Catch2::Catch2WithMain)
  add_library(snug_catch_main ALIAS Catch2::Catch2WithMain)
else()
  add_library(snug_catch_main STATIC "${PROJECT_SOURCE_DIR}/tests/support/catch_main.cpp")
  target_link_libraries(snug_catch_main PUBLIC Catch2::Catch2)
endif()

# snug_catch_test(NAME LABEL level SOURCES … LIBRARIES … [SKIPS]): an executable whose every test case is a CTest test. With
# SKIPS one that prints "skipped:" and the reason, by WARN since Catch2 2 cannot skip, is shown as skipped.
function(snug_catch_test name)
  cmake_parse_arguments(arg "SKIPS" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} snug_options snug_warnings snug_catch_main)
  set(properties LABELS ${arg_LABEL} TIMEOUT 120)
  if(arg_SKIPS)
    list(APPEND properties SKIP_REGULAR_EXPRESSION "skipped:")
  endif()
  catch_discover_tests(${name} TEST_PREFIX "${arg_LABEL}: " PROPERTIES ${properties})
endfunction()

# snug_python_test(NAME LABEL level FILE script [TIMEOUT s] [SERIAL] [LONG]): a Python script as one CTest test. It exits
# 77 when the machine lacks what it needs; tests/support/harness.py turns that into a failure for what SNUG_REQUIRE
# names. LONG ones have that label besides: `ctest -LE long` leaves them out.
function(snug_python_test name)
  cmake_parse_arguments(arg "SERIAL;LONG" "LABEL;FILE;TIMEOUT" "" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME "${arg_LABEL}: ${name}" COMMAND "${SNUG_PYTHON}" -B "${CMAKE_CURRENT_SOURCE_DIR}/${arg_FILE}" -v)
  set_tests_properties(
    "${arg_LABEL}: ${name}"
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77
               ENVIRONMENT
               "SNUG=${PROJECT_BINARY_DIR}/snug;SNUG_SOURCE_DIR=${PROJECT_SOURCE_DIR};SNUG_BINARY_DIR=${PROJECT_BINARY_DIR};PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/support"
  )
  if(arg_LONG)
    set_property(TEST "${arg_LABEL}: ${name}" PROPERTY LABELS ${arg_LABEL} long)
  endif()
  if(arg_SERIAL)
    set_tests_properties("${arg_LABEL}: ${name}" PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()
