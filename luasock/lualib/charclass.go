package lualib

// The kinds of bytes, as C's ctype.h has them in its own locale.

// whiteSpace is every byte that isSpace knows.
const whiteSpace = " \t\n\v\f\r"

const hexDigits = "0123456789abcdef"

func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isAlpha(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// isLetter tells whether a name may begin with b.
func isLetter(b byte) bool { return isAlpha(b) || b == '_' }

func isHex(b byte) bool {
	_, ok := digitOf(b, 16)
	return ok
}

// digitOf is the value of a digit of a base up to 36.
func digitOf(b byte, base int) (int, bool) {
	digit := base
	switch {
	case isDigit(b):
		digit = int(b - '0')
	case isAlpha(b):
		digit = int(b|0x20-'a') + 10
	}
	return digit, digit < base
}

// swapCase turns the letters from first to last, which are of one case, into
// the other.
func swapCase(text []byte, first, last byte) {
	for i, b := range text {
		if first <= b && b <= last {
			text[i] = b ^ 0x20
		}
	}
}
