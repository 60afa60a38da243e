package luasock

import (
	"crypto/tls"
	"math/bits"

	"sockscript/luasock/bind"
)

// The bits of PHP's STREAM_CRYPTO_METHOD_…: which versions, and the client's role.
const (
	cryptoClient = 1 << iota
	cryptoSSLv2
	cryptoSSLv3
	cryptoTLS10
	cryptoTLS11
	cryptoTLS12
	cryptoTLS13

	cryptoTLS = cryptoTLS10 | cryptoTLS11 | cryptoTLS12 | cryptoTLS13
	cryptoAny = cryptoTLS | cryptoSSLv2 | cryptoSSLv3
)

// cryptoConsts are PHP's, with its values.
var cryptoConsts = []bind.Const{
	{Name: "STREAM_CRYPTO_METHOD_ANY_CLIENT", Value: cryptoAny | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_ANY_SERVER", Value: cryptoAny},
	{Name: "STREAM_CRYPTO_METHOD_TLS_CLIENT", Value: cryptoTLS | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_TLS_SERVER", Value: cryptoTLS},
	{Name: "STREAM_CRYPTO_METHOD_SSLv2_CLIENT", Value: cryptoSSLv2 | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_SSLv2_SERVER", Value: cryptoSSLv2},
	{Name: "STREAM_CRYPTO_METHOD_SSLv3_CLIENT", Value: cryptoSSLv3 | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_SSLv3_SERVER", Value: cryptoSSLv3},
	{Name: "STREAM_CRYPTO_METHOD_SSLv23_CLIENT", Value: cryptoTLS&^cryptoTLS13 | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_SSLv23_SERVER", Value: cryptoTLS},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_0_CLIENT", Value: cryptoTLS10 | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_0_SERVER", Value: cryptoTLS10},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_1_CLIENT", Value: cryptoTLS11 | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_1_SERVER", Value: cryptoTLS11},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT", Value: cryptoTLS12 | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_2_SERVER", Value: cryptoTLS12},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_3_CLIENT", Value: cryptoTLS13 | cryptoClient},
	{Name: "STREAM_CRYPTO_METHOD_TLSv1_3_SERVER", Value: cryptoTLS13},
}

// validMethod tells whether a method names a version that is still spoken.
func validMethod(method int) bool {
	return method&^(cryptoAny|cryptoClient) == 0 && method&cryptoTLS != 0
}

const wantMethod = "one of STREAM_CRYPTO_METHOD_TLS_CLIENT, …TLSv1_2_CLIENT, …TLSv1_3_CLIENT, or …_SERVER (SSLv2 and SSLv3 are gone: RFC 6176, RFC 7568)"

// versions are the oldest and the newest TLS that a method allows; 0 is
// crypto/tls's own choice. A method that allows all, or PHP's SSLv23, does not
// bring TLS 1.0 and 1.1 back (RFC 8996): they must be asked for by themselves.
func versions(method int) (oldest, newest uint16) {
	set := uint(method & cryptoTLS)
	if set == 0 || set == cryptoTLS {
		return 0, 0
	}
	version := func(bit int) uint16 { return tls.VersionTLS10 + uint16(bit-bits.TrailingZeros(cryptoTLS10)) }
	newest = version(bits.Len(set) - 1)
	if set == cryptoTLS&^cryptoTLS13 {
		return 0, newest
	}
	return version(bits.TrailingZeros(set)), newest
}
