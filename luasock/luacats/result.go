package luacats

import (
	"strings"

	"sockscript/luasock/bind"
)

// result is one value that a function returns.
type result struct {
	typ  string
	name string // "" for none
}

// Results are the types of what a function returns when it succeeds: of
// socket.create {"Socket"}, {"any"} when nothing is known.
func Results(row bind.Row) (types []string) {
	list, _ := resultsOf(row)
	for _, r := range list {
		types = append(types, r.typ)
	}
	return types
}

// resultsOf reads what a row returns. With fails, it is nil, message, errno when
// the world refuses. What the row does not say may stand at the end of its
// documentation.
func resultsOf(row bind.Row) (list []result, fails bool) {
	if row.Returns == "" {
		return documented(row.Doc), false
	}
	text, fails := strings.CutSuffix(row.Returns, " or error")
	if text == "nothing" {
		return nil, fails
	}
	for _, part := range strings.Split(text, ", ") {
		typ, name, _ := strings.Cut(part, " ")
		list = append(list, result{typ, name})
	}
	return list, fails
}

// phpTypes are PHP's names of types in ours.
var phpTypes = map[string]string{
	"bool": "boolean", "int": "integer", "float": "number", "string": "string", "array": "table", "mixed": "any",
	"true": "true", "false": "false", "Socket": "Socket",
}

// documented reads what a function of PHP returns from the end of its
// documentation: "Returns int|false, data." is a type of PHP, and the names of
// what PHP gives in parameters. Of any other text it is any number of values.
func documented(doc string) []result {
	unknown := []result{{"any", "..."}}
	_, text, found := strings.Cut(doc, "Returns ")
	text, ends := strings.CutSuffix(text, ".")
	if !found || !ends {
		return unknown
	}
	parts := strings.Split(text, ", ")
	if parts[0] == "void" {
		return nil
	}
	typ, optional := strings.CutPrefix(parts[0], "?")
	var types []string
	for _, name := range strings.Split(typ, "|") {
		if phpTypes[name] == "" {
			return unknown
		}
		types = append(types, phpTypes[name])
	}
	typ = strings.Join(types, "|")
	if optional {
		typ += "?"
	}
	list := []result{{typ, ""}}
	for _, name := range parts[1:] {
		if !isName(name) {
			return unknown
		}
		list = append(list, result{"any", name})
	}
	return list
}
