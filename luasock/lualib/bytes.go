package lualib

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// bytesModule is what protocol work does with strings of bytes.
var bytesModule = bind.Module{
	Name: "bytes",
	Doc:  "Bytes to read and to check: hexadecimal, dumps, comparison, base64, checksums, digests.",
	Rows: []bind.Row{
		{Name: "hex", Sig: "hex(s [, separator])", Returns: "string", Fn: bytesHex, PHP: "bin2hex",
			Doc: "Two lower-case hexadecimal digits for each byte, with the separator between bytes."},
		{Name: "unhex", Sig: "unhex(text)", Returns: "string?, string? message", Fn: bytesUnhex, PHP: "hex2bin",
			Doc: `The bytes that hexadecimal digits stand for; white space and ":" are skipped. ` +
				"Anything else gives nil and a message with its position."},
		{Name: "dump", Sig: "dump(s [, options])", Returns: "string", Fn: bytesDump,
			Doc: "A table of offset, hexadecimal and text, as hexdump -C prints it, without a newline at the end; " +
				"repeated rows collapse to *. Options: width (bytes a row, 16), offset (of the first byte, 0), color."},
		{Name: "diff", Sig: "diff(expected, actual [, options])", Returns: "string", Fn: bytesDiff,
			Doc: "Both strings side by side, the first difference marked. Equal rows that are far from a difference collapse. " +
				"Options: width (bytes a row, 8), rows (how many that differ are shown, 32), color."},
		{Name: "base64", Sig: "base64(s)", Returns: "string", Fn: bytesBase64, PHP: "base64_encode",
			Doc: "Base64 of RFC 4648 section 4, padded, on one line."},
		{Name: "unbase64", Sig: "unbase64(text)", Returns: "string?, string? message", Fn: bytesUnbase64, PHP: "base64_decode",
			Doc: "The bytes that base64 stands for. White space is skipped, the URL alphabet (- and _) is understood, " +
				"padding may be missing. Anything else gives nil and a message with its position."},
		{Name: "xor", Sig: "xor(s, key)", Returns: "string", Fn: bytesXor,
			Doc: "Every byte of s XOR the byte of the key at its place; the key repeats."},
		{Name: "random", Sig: "random(n)", Returns: "string", Fn: bytesRandom, PHP: "random_bytes",
			Doc: "n bytes from the system's cryptographic source."},
		{Name: "crc32", Sig: "crc32(s [, crc=0])", Returns: "integer", Fn: bytesCRC32, PHP: "crc32",
			Doc: "The CRC-32 of zip and Ethernet, 0 to 2^32-1. With the crc of what came before, it continues."},
		{Name: "crc16", Sig: "crc16(s [, kind=\"arc\"])", Returns: "integer", Fn: bytesCRC16,
			Doc: "A CRC of 16 bits. The kind has its name from the catalogue of CRC algorithms: " + strings.Join(crc16Names(), ", ") + "."},
		{Name: "inet_checksum", Sig: "inet_checksum(s)", Returns: "integer", Fn: bytesInetChecksum,
			Doc: "The checksum of IP, TCP, UDP and ICMP (RFC 1071), as the number whose two bytes are sent high byte first. " +
				"Over data that includes a correct checksum it is 0."},
		{Name: "digest", Sig: "digest(name, s)", Returns: "string", Fn: bytesDigest, PHP: "hash",
			Doc: "The hash of s, as bytes. Names: " + strings.Join(digestNames(), ", ") + "."},
		{Name: "hmac", Sig: "hmac(name, key, s)", Returns: "string", Fn: bytesHMAC, PHP: "hash_hmac",
			Doc: "The keyed hash of s (RFC 2104), as bytes. The names are those of bytes.digest."},
	},
}

func openBytes(m *machine, L *lua.LState) {
	m.global(L, &bytesModule)
}

func bytesHex(c bind.Call) int {
	s, separator := c.Bytes(1), c.OptBytes(2, "")
	if separator == "" {
		text := make([]byte, hex.EncodedLen(len(s)))
		hex.Encode(text, borrow(s))
		return c.Text(given(text))
	}
	text := make([]byte, 0, len(s)*(2+len(separator)))
	for i := range len(s) {
		if i > 0 {
			text = append(text, separator...)
		}
		text = append(text, hexDigits[s[i]>>4], hexDigits[s[i]&15])
	}
	return c.Text(given(text))
}

func bytesUnhex(c bind.Call) int {
	text := c.Bytes(1)
	b := make([]byte, 0, len(text)/2)
	high, open := 0, false
	for i := range len(text) {
		digit, ok := digitOf(text[i], 16)
		switch {
		case !ok && (isSpace(text[i]) || text[i] == ':'):
		case !ok:
			return refuse(c, "bytes.unhex: position %d: expected a hexadecimal digit, got %q", i+1, text[i:i+1])
		case open:
			b, open = append(b, byte(high<<4|digit)), false
		default:
			high, open = digit, true
		}
	}
	if open {
		return refuse(c, "bytes.unhex: position %d: expected a second hexadecimal digit, got the end", len(text)+1)
	}
	return c.Text(given(b))
}

func bytesBase64(c bind.Call) int {
	s := c.Bytes(1)
	text := make([]byte, base64.StdEncoding.EncodedLen(len(s)))
	base64.StdEncoding.Encode(text, borrow(s))
	return c.Text(given(text))
}

func bytesUnbase64(c bind.Call) int {
	digits, at, wrong := base64Digits(c.Bytes(1))
	if wrong != "" {
		return refuse(c, "bytes.unbase64: position %d: %s", at+1, wrong)
	}
	n, err := base64.RawStdEncoding.Decode(digits, digits)
	if err != nil {
		return refuse(c, "bytes.unbase64: %v", err)
	}
	return c.Text(given(digits[:n]))
}

// base64Digits takes the digits out of a text, in the standard alphabet, or
// says what is wrong at which index.
func base64Digits(text string) (digits []byte, at int, wrong string) {
	digits = make([]byte, 0, len(text))
	padding := 0
	for i := range len(text) {
		b := text[i]
		digit := base64Digit(b)
		switch {
		case isSpace(b):
		case b == '=' && len(digits)%4 >= 2 && len(digits)%4+padding < 4:
			padding++
		case digit == 0:
			return nil, i, fmt.Sprintf("expected a base64 digit, got %q", text[i:i+1])
		case padding > 0:
			return nil, i, fmt.Sprintf("expected nothing after the padding, got %q", text[i:i+1])
		default:
			digits = append(digits, digit)
		}
	}
	if len(digits)%4 == 1 || padding > 0 && len(digits)%4+padding != 4 {
		return nil, len(text), "expected the rest of a group of 4, got the end"
	}
	return digits, 0, ""
}

// base64Digit is the digit in the standard alphabet, 0 for what is none.
func base64Digit(b byte) byte {
	switch {
	case b >= 'A' && b <= 'Z', b >= 'a' && b <= 'z', b >= '0' && b <= '9', b == '+', b == '/':
		return b
	case b == '-':
		return '+'
	case b == '_':
		return '/'
	}
	return 0
}

func bytesXor(c bind.Call) int {
	s, key := c.Bytes(1), c.Bytes(2)
	if key == "" {
		c.Bad(2, "key must not be empty")
	}
	// XORBytes is quick on long pieces.
	key = strings.Repeat(key, 1+min(len(s), 4096)/len(key))
	out := make([]byte, len(s))
	for at := 0; at < len(s); {
		at += subtle.XORBytes(out[at:], borrow(s[at:]), borrow(key))
	}
	return c.Text(given(out))
}

func bytesRandom(c bind.Call) int {
	b := make([]byte, c.Int(1, 0, math.MaxInt32))
	rand.Read(b)
	return c.Text(given(b))
}

func bytesCRC32(c bind.Call) int {
	s, before := c.Bytes(1), uint32(0)
	if c.Has(2) {
		// A crc that went through bit.* is negative; its bits are the same.
		before = uint32(c.Int64(2, math.MinInt32, math.MaxUint32))
	}
	return c.Return(lua.LNumber(crc32.Update(before, crc32.IEEETable, borrow(s))))
}

func bytesInetChecksum(c bind.Call) int {
	s, sum := c.Bytes(1), uint64(0)
	for ; len(s) > 1; s = s[2:] {
		sum += uint64(s[0])<<8 | uint64(s[1])
	}
	if s != "" {
		sum += uint64(s[0]) << 8
	}
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return c.Integer(int(^uint16(sum)))
}

// digests are the hashes by PHP's names, in the order of the documentation.
var digests = []struct {
	name string
	make func() hash.Hash
}{
	{"md5", md5.New},
	{"sha1", sha1.New},
	{"sha224", sha256.New224},
	{"sha256", sha256.New},
	{"sha384", sha512.New384},
	{"sha512", sha512.New},
	{"sha512/224", sha512.New512_224},
	{"sha512/256", sha512.New512_256},
	{"sha3-224", func() hash.Hash { return sha3.New224() }},
	{"sha3-256", func() hash.Hash { return sha3.New256() }},
	{"sha3-384", func() hash.Hash { return sha3.New384() }},
	{"sha3-512", func() hash.Hash { return sha3.New512() }},
}

func digestNames() (names []string) {
	for _, d := range digests {
		names = append(names, d.name)
	}
	return names
}

// digestArg reads the name of a hash, in any case.
func digestArg(c bind.Call, i int) func() hash.Hash {
	name := strings.ToLower(c.Bytes(i))
	for _, d := range digests {
		if d.name == name {
			return d.make
		}
	}
	c.Wrong(i, "one of "+strings.Join(digestNames(), ", "))
	return nil
}

func bytesDigest(c bind.Call) int {
	h := digestArg(c, 1)()
	h.Write(borrow(c.Bytes(2)))
	return c.Text(given(h.Sum(nil)))
}

func bytesHMAC(c bind.Call) int {
	h := hmac.New(digestArg(c, 1), borrow(c.Bytes(2)))
	h.Write(borrow(c.Bytes(3)))
	return c.Text(given(h.Sum(nil)))
}
