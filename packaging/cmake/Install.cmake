include(GNUInstallDirs)
install(TARGETS cairn-resolver cairn-auth RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
