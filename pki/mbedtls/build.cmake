# VOXGATE_MBEDTLS: `source` links a build of our own of Debian's source package, as scripts/setup has unpacked it; `system` links
# libmbedtls-dev; `auto` is the first where the source is there, else the second. docs/tls-library.md says why.
set(VOXGATE_MBEDTLS auto CACHE STRING "TLS library: auto, source or system")
set(VOXGATE_MBEDTLS_DIR ${CMAKE_SOURCE_DIR}/build/mbedtls/source CACHE PATH "mbedTLS 2.28, unpacked")

if(NOT VOXGATE_MBEDTLS MATCHES "^(auto|source|system)$")
  message(FATAL_ERROR "VOXGATE_MBEDTLS is ${VOXGATE_MBEDTLS}: auto, source or system")
endif()
if(EXISTS ${VOXGATE_MBEDTLS_DIR}/library/ssl_tls.c AND NOT VOXGATE_MBEDTLS STREQUAL "system")
  set(own_mbedtls ON)
elseif(VOXGATE_MBEDTLS STREQUAL "source")
  message(FATAL_ERROR "VOXGATE_MBEDTLS=source, but ${VOXGATE_MBEDTLS_DIR} holds none: scripts/setup fetches it")
else()
  set(own_mbedtls OFF)
endif()

if(own_mbedtls)
  message(STATUS "TLS library: own build of ${VOXGATE_MBEDTLS_DIR}")
  file(GLOB mbedtls_c ${VOXGATE_MBEDTLS_DIR}/library/*.c)
  add_library(vg_mbedtls STATIC ${mbedtls_c} ${CMAKE_SOURCE_DIR}/pki/mbedtls/ecdh_alt.c
              ${CMAKE_SOURCE_DIR}/pki/mbedtls/ecdsa_alt.c)
  # Fast in every flavour, and without sanitizers, like a library of the system. Not our code: not our warnings.
  target_compile_options(vg_mbedtls PRIVATE -O2 -g -w -fstack-protector-strong)
  target_include_directories(vg_mbedtls SYSTEM PUBLIC ${VOXGATE_MBEDTLS_DIR}/include)
  target_include_directories(vg_mbedtls PRIVATE ${VOXGATE_MBEDTLS_DIR}/library ${CMAKE_SOURCE_DIR})
  target_compile_definitions(vg_mbedtls PUBLIC MBEDTLS_USER_CONFIG_FILE="pki/mbedtls/options.h" VOXGATE_OWN_MBEDTLS)
  target_link_libraries(vg_mbedtls PUBLIC crypto pthread)
  set(VOXGATE_MBEDTLS_LIBS vg_mbedtls)
else()
  message(STATUS "TLS library: the system's")
  set(VOXGATE_MBEDTLS_LIBS mbedtls mbedx509 mbedcrypto)
endif()
