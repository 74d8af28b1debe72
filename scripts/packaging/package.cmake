# What `cmake --install` puts where, and the Debian package that cpack makes of it (scripts/package).
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "" FORCE)
endif()
set(pkg ${CMAKE_SOURCE_DIR}/scripts/packaging)
set(made ${CMAKE_BINARY_DIR}/packaging)

# The pages are compressed reproducibly: no name, no time.
add_custom_command(OUTPUT ${made}/voxgate.8.gz ${made}/voxgate.conf.5.gz
  COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
  COMMAND gzip -9n -c ${pkg}/voxgate.8 > ${made}/voxgate.8.gz
  COMMAND voxgate manual > ${made}/voxgate.conf.5
  COMMAND gzip -9nf ${made}/voxgate.conf.5
  DEPENDS voxgate ${pkg}/voxgate.8 VERBATIM)
add_custom_target(manuals DEPENDS ${made}/voxgate.8.gz ${made}/voxgate.conf.5.gz)

install(TARGETS voxgate RUNTIME DESTINATION /usr/sbin)
# Function names stay for backtraces.
install(CODE "execute_process(COMMAND ${CMAKE_STRIP} --strip-debug \$ENV{DESTDIR}/usr/sbin/voxgate)")
install(PROGRAMS ${pkg}/links-up DESTINATION /usr/lib/voxgate)
install(FILES ${pkg}/voxgate.service DESTINATION /lib/systemd/system)
install(FILES ${pkg}/ports DESTINATION /etc/voxgate)
install(FILES ${made}/voxgate.8.gz DESTINATION /usr/share/man/man8)
install(FILES ${made}/voxgate.conf.5.gz DESTINATION /usr/share/man/man5)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION /usr/share/doc/voxgate)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs DESTINATION /usr/share/doc/voxgate FILES_MATCHING PATTERN "*.md")
install(FILES ${pkg}/copyright DESTINATION /usr/share/doc/voxgate)

file(STRINGS ${CMAKE_SOURCE_DIR}/cli/box/box.h version REGEX "define VOXGATE_VERSION")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${version}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME voxgate)
set(CPACK_PACKAGE_VERSION ${version})
set(CPACK_PACKAGE_CONTACT "Voxgate developers <voxgate@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "ASA-style appliance that protects unified communications")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "TLS proxy, phone proxy for SCCP and SIP phones, media relay, inspection,
 NAT and access lists in one process, configured in the command language of the ASA.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, iproute2")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "snmpd")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${pkg}/postinst ${pkg}/prerm ${pkg}/postrm ${pkg}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_SET_DESTDIR ON)
include(CPack)
