p(in_array("tcp", stream_get_transports()), in_array("udp", stream_get_transports()), in_array("unix", stream_get_transports()), in_array("udg", stream_get_transports()), in_array("nope", stream_get_transports()))
p(AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM, SOCK_DGRAM, SOL_TCP, SOL_UDP, SOL_SOCKET, SOCKET_ECONNREFUSED, SOCKET_EAGAIN, MSG_PEEK, MSG_OOB, SO_REUSEADDR, SOMAXCONN)
