<?php
p(socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS), socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 0), socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1), socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 4));
p(socket_cmsg_space(SOL_SOCKET, SCM_CREDENTIALS), socket_cmsg_space(SOL_SOCKET, SCM_CREDENTIALS, 5));
p(socket_cmsg_space(IPPROTO_IPV6, IPV6_HOPLIMIT), socket_cmsg_space(IPPROTO_IPV6, IPV6_TCLASS), socket_cmsg_space(IPPROTO_IPV6, IPV6_PKTINFO));
t(fn() => socket_cmsg_space(9, 9));
t(fn() => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, -1));
t(fn() => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, PHP_INT_MAX));
t(fn() => socket_cmsg_space(SOL_SOCKET));
t(fn() => socket_cmsg_space("x", 1));
