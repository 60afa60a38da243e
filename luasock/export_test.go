package luasock

import (
	"fmt"
	"regexp"

	"sockscript/luasock/bind"
)

// Entries are the VM's registered rows.
func Entries(vm *VM) []*bind.Entry { return vm.env.Entries() }

// Undocumented lists rows whose signature or documentation is wrong.
func Undocumented(vm *VM) []string {
	var problems []string
	for _, e := range vm.env.Entries() {
		shape := regexp.MustCompile(`^(\w+:)?` + regexp.QuoteMeta(e.Name) + `\(.*\)$`)
		if !shape.MatchString(e.Sig) {
			problems = append(problems, fmt.Sprintf("%s: signature %q does not name it", e.FullName(), e.Sig))
		}
		if len(e.Doc) < 10 && e.Name != "index" && e.Name != "newindex" {
			problems = append(problems, fmt.Sprintf("%s: says too little: %q", e.FullName(), e.Doc))
		}
	}
	return problems
}
