package luasock

import (
	"crypto/tls"
	"net"
)

// truncate serves TLS to whoever comes, and ends without close_notify.
func truncate(listener net.Listener, dir string) {
	pair, err := tls.LoadX509KeyPair(dir+"/server.pem", dir+"/server.key")
	check(err)
	for {
		raw, err := listener.Accept()
		if err != nil {
			return
		}
		conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{pair}})
		conn.Write([]byte("one\ntail"))
		raw.Close()
	}
}
