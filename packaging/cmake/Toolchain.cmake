# Language, warnings, hardening and sanitizers: one place, so that each folder's CMakeLists.txt names sources only.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough
  -fno-omit-frame-pointer -fstack-protector-strong)
option(CAIRN_WERROR "Treat warnings as errors" OFF)
if(CAIRN_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Designated initialisers of aggregates with defaults are our idiom; GCC 12 calls the omitted members missing.
  add_compile_options(-Wno-missing-field-initializers)
endif()

if(CAIRN_SANITIZE)
  add_compile_options(-fsanitize=${CAIRN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CAIRN_SANITIZE})
  if(CAIRN_FUZZERS)
    add_compile_options(-fsanitize=fuzzer-no-link)  # coverage for the fuzz targets, which link -fsanitize=fuzzer
  endif()
else()
  # Hardening of shipped programs (stack clash, control flow, read-only relocations).
  add_compile_options(-fstack-clash-protection -fcf-protection=full)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -pie)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_definitions(_FORTIFY_SOURCE=2)
  endif()
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

find_program(CAIRN_CCACHE ccache)
if(CAIRN_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CAIRN_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CAIRN_CCACHE})
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  find_program(CAIRN_LLD NAMES ld.lld-19 ld.lld)
  if(CAIRN_LLD)
    add_link_options(--ld-path=${CAIRN_LLD})
  endif()
endif()
