package php

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// What a PHP program says to its web server or interpreter has nobody to hear it.
var noopRows = []bind.Row{
	differs(row("header(string $header, bool $replace = true, int $response_code = 0): void", "Does nothing.", nothing), "there is no web server"),
	differs(row("set_time_limit(int $seconds): bool", "Does nothing.", setTimeLimit), "see the option --timeout"),
	differs(row("error_reporting(?int $error_level = null): int", "Gives E_ALL, inside silence 4437, and changes nothing.", errorReporting), "set_error_handler and silence say what is shown"),
	differs(row("ob_implicit_flush(bool $enable = true): void", "Does nothing.", nothing), "what is printed goes out at once"),
}

func nothing(k call) int { return k.Return(lua.LNil) }

func setTimeLimit(k call) int { return k.True() }

func errorReporting(k call) int {
	const silenced = 4437 // what the operator @ leaves
	m, done := k.state().mood()
	defer done()
	if m.silent > 0 {
		return k.Integer(silenced)
	}
	return k.Integer(eAll)
}
