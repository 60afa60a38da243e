package php

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var timeRows = []bind.Row{
	row("sleep(int $seconds): int", "Waits, while other tasks go on, and gives 0.", sleep),
	row("usleep(int $microseconds): void", "Waits, while other tasks go on.", usleep),
	row("time(): int", "Gives the seconds since 1970 in UTC.", unixTime),
	row("microtime(bool $as_float = false): string|float", "Gives \"0.12345600 1700000000\", or with as_float the seconds since 1970 with a fraction.", microtime),
	row("date(string $format, ?int $timestamp = null): string", "Formats a time by PHP's letters, in UTC, as PHP does where no time zone is configured.", date),
}

func sleep(k call) int {
	if k.int(1) < 0 {
		k.valueError(1, "must be greater than or equal to 0")
	}
	k.wait(time.Second)
	return k.Integer(0)
}

func usleep(k call) int {
	if k.int(1) < 0 {
		k.valueError(1, "must be greater than or equal to 0")
	}
	k.wait(time.Microsecond)
	return k.Return(lua.LNil)
}

// wait suspends the task for so many units as argument 1 says.
func (k call) wait(unit time.Duration) {
	n := min(int64(k.int(1)), int64(math.MaxInt64/unit))
	if err := k.vm().Loop().Sleep(time.Duration(n) * unit); err != nil {
		k.Fail(err)
	}
}

func unixTime(k call) int { return k.Return(lua.LNumber(time.Now().Unix())) }

func microtime(k call) int {
	now := time.Now()
	if k.bool(1) {
		return k.Return(lua.LNumber(float64(now.UnixMicro()) / 1e6))
	}
	return k.Text(fmt.Sprintf("0.%06d00 %d", now.Nanosecond()/1000, now.Unix()))
}

func date(k call) int {
	at := time.Now()
	if k.has(2) {
		at = time.Unix(int64(k.int(2)), 0)
	}
	return k.Text(formatDate(k.text(1), at.UTC()))
}

// formatDate writes a time by the letters of PHP's date().
func formatDate(format string, t time.Time) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c == '\\' && i+1 < len(format) {
			i++
			b.WriteByte(format[i])
			continue
		}
		if layout, ok := dateLayouts[c]; ok {
			b.WriteString(t.Format(layout))
		} else if text, ok := dateText(c, t); ok {
			b.WriteString(text)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// dateLayouts are the letters that package time knows too.
var dateLayouts = map[byte]string{
	'd': "02", 'D': "Mon", 'j': "2", 'l': "Monday",
	'F': "January", 'm': "01", 'M': "Jan", 'n': "1", 'y': "06",
	'a': "pm", 'A': "PM", 'g': "3", 'h': "03", 'H': "15", 'i': "04", 's': "05",
	'e': "MST", 'T': "MST", 'O': "-0700", 'P': "-07:00", 'p': "Z07:00",
	'r': "Mon, 02 Jan 2006 15:04:05 -0700",
}

// dateText gives what the other letters stand for.
func dateText(letter byte, t time.Time) (string, bool) {
	isoYear, isoWeek := t.ISOWeek()
	switch letter {
	case 'N':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1), true
	case 'w':
		return strconv.Itoa(int(t.Weekday())), true
	case 'S':
		return ordinal(t.Day()), true
	case 'z':
		return strconv.Itoa(t.YearDay() - 1), true
	case 'W':
		return fmt.Sprintf("%02d", isoWeek), true
	case 't':
		return strconv.Itoa(time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()), true
	case 'L':
		return strconv.Itoa(time.Date(t.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay() - 365), true
	case 'o':
		return strconv.Itoa(isoYear), true
	case 'Y':
		return yearText(t.Year(), ""), true
	case 'x':
		if t.Year() > 9999 {
			return yearText(t.Year(), "+"), true
		}
		return yearText(t.Year(), ""), true
	case 'X':
		return yearText(t.Year(), "+"), true
	case 'B':
		return fmt.Sprintf("%03d", swatchBeat(t)), true
	case 'G':
		return strconv.Itoa(t.Hour()), true
	case 'u':
		return "000000", true
	case 'v':
		return "000", true
	case 'I', 'Z':
		return "0", true
	case 'c':
		return yearText(t.Year(), "") + t.Format("-01-02T15:04:05-07:00"), true
	case 'U':
		return strconv.FormatInt(t.Unix(), 10), true
	}
	return "", false
}

// yearText is a year with at least four digits.
func yearText(year int, plus string) string {
	if year < 0 {
		return fmt.Sprintf("-%04d", -year)
	}
	return plus + fmt.Sprintf("%04d", year)
}

func ordinal(day int) string {
	if day%100 >= 10 && day%100 <= 19 {
		return "th"
	}
	switch day % 10 {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	}
	return "th"
}

// swatchBeat is Swatch Internet Time: thousandths of a day in UTC+1.
func swatchBeat(t time.Time) int {
	s := (t.Hour()*3600 + t.Minute()*60 + t.Second() + 3600) % 86400
	return s * 10 / 864
}

var fileRows = []bind.Row{
	row("unlink(string $filename, resource $context = null): bool", "Removes a file, such as the path of an AF_UNIX socket.", unlink),
}

func unlink(k call) int {
	path := k.text(1)
	if strings.Contains(path, "\x00") {
		k.valueError(1, "must not contain any null bytes")
	}
	if err := unix.Unlink(path); err != nil {
		code := 0
		if errno, ok := err.(unix.Errno); ok {
			code = int(errno)
		}
		k.report(eWarning, fmt.Sprintf("unlink(%s): %s", path, sock.Strerror(code)))
		return k.no()
	}
	return k.True()
}
