package luasock

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"sockscript/luasock/stream"
)

// alertMeanings says what can be done about what a peer has refused with, by
// crypto/tls's names of the alerts (RFC 8446, section 6).
var alertMeanings = map[string]string{
	"handshake failure":              "no cipher suite or version in common, or it wants a client's certificate (local_cert)",
	"protocol version not supported": "it does not speak the TLS that is offered (crypto_method)",
	"insufficient security level":    "it wants better cipher suites (ciphers)",
	"bad certificate":                "it does not accept our certificate",
	"unsupported certificate":        "it does not accept our kind of certificate",
	"expired certificate":            "our certificate has expired",
	"revoked certificate":            "our certificate was revoked",
	"unknown certificate":            "it does not accept our certificate",
	"unknown certificate authority":  "it does not know who has signed our certificate",
	"certificate required":           "it wants a client's certificate (local_cert)",
	"unrecognized name":              "it is no server of that name (peer_name)",
	"no application protocol":        "it speaks none of alpn_protocols",
	"unknown PSK identity":           "it wants a pre-shared key",
	"error decrypting message":       "it could not verify what we have signed, or the keys differ",
	"access denied":                  "it does not let us in",
	"inappropriate fallback":         "it speaks a newer TLS than is offered",
	"internal error":                 "something in it has failed; a server may have no certificate for that name",
	"user canceled":                  "somebody has cancelled",
	"no renegotiation":               "it does not negotiate again",
	"unexpected message":             "what we have sent does not fit the handshake",
	"bad record MAC":                 "what we have sent has come damaged",
	"record overflow":                "a record was too long",
	"illegal parameter":              "what we have sent contradicts itself",
	"error decoding message":         "it could not read what we have sent",
}

// tlsMessage is a failure of TLS for people.
func tlsMessage(e *stream.TLSError) string {
	var (
		refused *net.OpError
		bad     untrusted
		logging *keyLogError
	)
	text := strings.TrimPrefix(e.Err.Error(), "tls: ")
	switch {
	case errors.As(e.Err, &bad):
		return string(bad)
	case errors.As(e.Err, &logging):
		return text
	case len(e.Saw) > 0:
		return "the peer speaks no TLS: it has sent " + sample(e.Saw)
	case errors.As(e.Err, &refused) && refused.Op == "remote error":
		return alertMessage(strings.TrimPrefix(refused.Err.Error(), "tls: "))
	case errors.As(e.Err, &refused):
		return "TLS is broken off: what has come is wrong (" + strings.TrimPrefix(refused.Err.Error(), "tls: ") + ")"
	case strings.Contains(text, "no certificates configured"):
		return "there is no certificate for the name that the client wants: it is not in SNI_server_certs, and there is no local_cert"
	case strings.Contains(text, "unexpected handshake message"):
		return "the peer has sent what does not fit the handshake, or wants to negotiate anew"
	case strings.Contains(text, "client didn't provide a certificate"):
		return "the client has shown no certificate, and verify_peer wants one"
	}
	if message := offerMessage(text); message != "" {
		return message
	}
	return "TLS failed: " + text
}

// offerMessage says what a client has offered of which this server has nothing;
// "" of other failures.
func offerMessage(text string) string {
	what, offer, _ := strings.Cut(text, ": ")
	switch {
	case what == "client offered only unsupported versions":
		return "the client speaks no version of TLS that is allowed here, only " + offered(offer, tls.VersionName) + " (crypto_method)"
	case strings.HasPrefix(what, "no cipher suite supported by both"):
		suite := func(id uint16) string { return suiteOf(id).name }
		return "the client has no cipher suite that is allowed here, only " + offered(offer, suite) + " (ciphers)"
	case strings.HasPrefix(what, "client requested unsupported application protocols"):
		return "the client speaks none of alpn_protocols, but " + strings.Trim(strings.TrimPrefix(what, "client requested unsupported application protocols"), "([ ])")
	}
	return ""
}

// offered names what stands in a list of hexadecimal numbers, as far as it has
// names.
func offered(list string, name func(uint16) string) string {
	var names []string
	for _, digits := range strings.Fields(strings.Trim(list, "[]")) {
		id, err := strconv.ParseUint(digits, 16, 16)
		if text := name(uint16(id)); err == nil && !strings.HasPrefix(text, "0x") {
			names = append(names, text)
		}
	}
	const most = 6
	switch {
	case len(names) == 0:
		return "such as are not known"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d others", len(names)-most)
	}
	return strings.Join(names, ", ")
}

func alertMessage(alert string) string {
	if meaning := alertMeanings[alert]; meaning != "" {
		return fmt.Sprintf("the peer has broken TLS off: %s (alert: %s)", meaning, alert)
	}
	return fmt.Sprintf("the peer has broken TLS off (alert: %s)", alert)
}

// sample shows the first bytes of something.
func sample(p []byte) string {
	const most = 40
	if len(p) > most {
		return fmt.Sprintf("%q…", p[:most])
	}
	return fmt.Sprintf("%q", p)
}
