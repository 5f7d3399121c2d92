include(GNUInstallDirs)
install(TARGETS cairn-resolver cairn-auth RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/man/cairn-auth.1 packaging/man/cairn-resolver.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/man/cairn-auth.yaml.5 packaging/man/cairn-resolver.yaml.5
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES packaging/schema/trace.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/cairn)
install(FILES packaging/systemd/cairn-auth.service packaging/systemd/cairn-resolver.service
        DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
