# A room is one static library of the house: filmgate_room(name SOURCES ... LINK ...).
# Headers are included from the top of the tree ("plugins/core/json.h", "host/base/file.h"), so
# that an include says which wall it crosses; tests/unit/walls checks who may cross which.

add_library(filmgate_options INTERFACE)
target_include_directories(filmgate_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(filmgate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2
  -Wcast-qual -Wundef -Wno-missing-field-initializers
  -pthread)  # for all alike: GLib and GoogleTest ask for it, and the precompiled header must match
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(filmgate_options INTERFACE -Wthread-safety)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overruns in plain std::string concatenation (GCC bug 105651 and its kin).
  target_compile_options(filmgate_options INTERFACE -Wno-restrict -Wno-array-bounds
    -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(FILMGATE_WERROR)
  target_compile_options(filmgate_options INTERFACE -Werror)
endif()
if(FILMGATE_SANITIZE)
  target_compile_options(filmgate_options INTERFACE
    -fsanitize=${FILMGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(filmgate_options INTERFACE -fsanitize=${FILMGATE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports false "maybe uninitialized" in std::variant when instrumented.
    target_compile_options(filmgate_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

# One precompiled header for all rooms: the standard headers nearly every file wants.
file(CONFIGURE OUTPUT pch.cpp CONTENT "// The precompiled header only.\n")  # untouched if equal
add_library(filmgate_pch OBJECT ${CMAKE_CURRENT_BINARY_DIR}/pch.cpp)
target_link_libraries(filmgate_pch PRIVATE filmgate_options)
target_precompile_headers(filmgate_pch PRIVATE
  <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <functional> <map> <memory> <mutex>
  <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)

function(filmgate_target_defaults target)
  target_link_libraries(${target} PRIVATE filmgate_options)
  target_precompile_headers(${target} REUSE_FROM filmgate_pch)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    # Compiled as the libraries are, or the shared precompiled header doesn't fit.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
endfunction()

function(filmgate_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  filmgate_target_defaults(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

function(filmgate_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  filmgate_target_defaults(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
endfunction()

# filmgate_test(name LABEL unit SOURCES ... LINK ... [ENVIRONMENT A=b ...]): a GoogleTest program;
# CTest runs each case in a process of its own, with the build folder's plugin and registry.
function(filmgate_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINK;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  filmgate_target_defaults(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    FILMGATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" FILMGATE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # All programs of a label: cmake --build … --target tests_unit
  if(NOT TARGET tests_${ARG_LABEL})
    add_custom_target(tests_${ARG_LABEL})
  endif()
  add_dependencies(tests_${ARG_LABEL} ${name})
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST TEST_LIST ${name}_cases NO_PRETTY_VALUES
    PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
  # gtest_discover_tests flattens its properties: of a list, only the first entry would arrive. So the
  # environment is set by a file of its own, which CTest reads after it has found the cases.
  set(environment "GST_PLUGIN_PATH=${CMAKE_BINARY_DIR}/plugins" "GST_REGISTRY=${CMAKE_BINARY_DIR}/registry.bin"
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0"
    "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp" ${ARG_ENVIRONMENT})
  if(FILMGATE_SANITIZE STREQUAL "thread")
    # GLib's allocator isn't instrumented: what one thread frees and another gets looks like a race.
    list(APPEND environment "G_SLICE=always-malloc")
  endif()
  set(environment_file "${CMAKE_CURRENT_BINARY_DIR}/${name}_environment.cmake")
  file(WRITE "${environment_file}.new"
    "if(${name}_cases)\n  set_tests_properties(\${${name}_cases} PROPERTIES ENVIRONMENT [==[${environment}]==])\nendif()\n")
  file(COPY_FILE "${environment_file}.new" "${environment_file}" ONLY_IF_DIFFERENT)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${environment_file}")
endfunction()
if(FILMGATE_TESTS)
  include(GoogleTest)
endif()
