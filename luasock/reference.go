package luasock

import (
	"fmt"
	"strings"

	"sockscript/luasock/bind"
)

// Reference is the reference of every module of the VM as Markdown, made from
// the rows. luasock/REFERENCE.md is its copy.
func (vm *VM) Reference() string {
	var b strings.Builder
	b.WriteString("# Reference\n\nMade from the rows of the modules; `go test ./luasock -run Reference -update` writes it anew.\n")
	for _, m := range vm.env.Modules() {
		referModule(&b, m)
	}
	return b.String()
}

func referModule(b *strings.Builder, m *bind.Module) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", m.Name, m.Doc)
	referRows(b, m.Name+".", m.Rows)
	for _, class := range m.Classes {
		own := ownRows(class.Rows)
		fmt.Fprintf(b, "\n### %s\n\n%s\n", class.Name, class.Doc)
		if len(own) < len(class.Rows) {
			fmt.Fprintf(b, "\nIts methods are the functions of `%s` that take it first: `%s.bind(s, …)` is `s:bind(…)`.\n", m.Name, m.Name)
		}
		referRows(b, "", own)
		for _, f := range class.Fields {
			fmt.Fprintf(b, "\n**`.%s`**: %s\n", f.Name, f.Doc)
		}
	}
	if len(m.Consts) > 0 {
		names := make([]string, len(m.Consts))
		for i, k := range m.Consts {
			names[i] = "`" + k.Name + "`"
		}
		fmt.Fprintf(b, "\n### Constants of %s\n\n%s\n", m.Name, strings.Join(names, " "))
	}
}

// ownRows are the methods that are not functions of a module too.
func ownRows(rows []bind.Row) []bind.Row {
	var own []bind.Row
	for _, row := range rows {
		if strings.Contains(row.Sig, ":") {
			own = append(own, row)
		}
	}
	return own
}

func referRows(b *strings.Builder, prefix string, rows []bind.Row) {
	for _, row := range rows {
		fmt.Fprintf(b, "\n**`%s%s`**  \n%s", prefix, row.Sig, row.Doc)
		if row.PHP != "" {
			fmt.Fprintf(b, " (PHP: [%s](https://www.php.net/manual/en/function.%s.php))", row.PHP, strings.ReplaceAll(row.PHP, "_", "-"))
		}
		b.WriteString("\n")
	}
}
