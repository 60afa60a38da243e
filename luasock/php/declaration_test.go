package php

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// phpJSON runs PHP code that prints JSON.
func phpJSON(t *testing.T, code string, into any) {
	t.Helper()
	needPHP(t)
	out, err := exec.Command("php", "-r", code).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// Every function of ext/sockets and of streams is here, or the reference says
// why not.
func TestFunctionsAreComplete(t *testing.T) {
	var names []string
	phpJSON(t, `echo json_encode(array_values(array_unique(array_merge(get_extension_funcs("sockets"),
		array_filter(get_defined_functions()["internal"], fn($f) => preg_match('/^(stream_|socket_|p?fsockopen|f(gets|getc|read|write|puts|eof|close|flush|passthru|seek|tell)$|inet_|get(host|proto|serv)by|gethostname)/', $f))))));`, &names)
	if len(names) < 90 {
		t.Fatal(names)
	}
	var here []string
	for _, r := range rows() {
		here = append(here, r.Name)
	}
	for _, a := range absent {
		for _, name := range strings.Fields(a.names) {
			if slices.Contains(here, name) {
				t.Errorf("%s is here, and the reference says that it is not", name)
			}
			here = append(here, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(here, name) {
			t.Errorf("PHP's %s is neither here nor in the list of those that are not", name)
		}
	}
}

// phpParam is a parameter as PHP's reflection tells it.
type phpParam struct {
	Name, Type         string
	Optional, Ref, Var bool
}

// Each declaration is PHP's own: the parameters' names and order, and which may
// be left out.
func TestDeclarations(t *testing.T) {
	var theirs map[string][]phpParam
	phpJSON(t, `$all = [];
		foreach (get_defined_functions()["internal"] as $f) $all[$f] = array_map(fn($p) => ["name" => $p->getName(), "type" => (string) $p->getType(),
			"optional" => $p->isOptional() && !$p->isVariadic(), "ref" => $p->isPassedByReference(), "var" => $p->isVariadic()], (new ReflectionFunction($f))->getParameters());
		echo json_encode($all);`, &theirs)
	for _, r := range rows() {
		params, ok := theirs[r.PHP]
		if !ok {
			continue
		}
		var want strings.Builder
		separate, brackets := "", 0
		for _, p := range params {
			if p.Ref && p.Type == "" {
				continue
			}
			if p.Optional {
				brackets++
			}
			name := p.Name
			if p.Var {
				name = "..."
			}
			want.WriteString(separate + strings.Repeat("[", min(brackets, 1)*btoi(p.Optional)) + name)
			separate = ", "
		}
		if got := bare(r.Sig); got != want.String() {
			t.Errorf("%s: declared (%s), PHP's (%s)", r.Name, got, want.String())
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bare is a signature's parameters without defaults and closing brackets, each
// optional one behind a bracket: "a, [b, [c".
func bare(sig string) string {
	_, list, _ := strings.Cut(strings.TrimSuffix(sig, ")"), "(")
	list = strings.ReplaceAll(strings.TrimRight(list, "]"), " [, ", ", [")
	var parts []string
	for _, part := range strings.Split(list, ", ") {
		name, _, _ := strings.Cut(part, "=")
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}

// Every constant of ext/sockets and of streams has PHP's value.
func TestConstants(t *testing.T) {
	var theirs map[string]any
	phpJSON(t, `$c = get_defined_constants(true); $all = $c["sockets"];
		foreach ($c as $group) foreach ($group as $n => $v) if (preg_match('/^(STREAM_|E_|SEEK_|PHP_INT_SIZE)/', $n)) $all[$n] = $v;
		echo json_encode($all);`, &theirs)
	here := map[string]int{}
	for _, c := range constants() {
		if _, twice := here[c.Name]; twice {
			t.Errorf("%s stands there twice", c.Name)
		}
		here[c.Name] = c.Value
	}
	// Those of what is absent.
	without := []string{"STREAM_FILTER_", "STREAM_NOTIFY_", "STREAM_URL_STAT_", "STREAM_MKDIR_", "STREAM_REPORT_ERRORS", "STREAM_MUST_SEEK",
		"STREAM_USE_PATH", "STREAM_IS_URL", "STREAM_OPTION_", "STREAM_BUFFER_", "STREAM_CAST_", "STREAM_META_", "STREAM_CRYPTO_PROTO_", "STREAM_ALLOW_", "STREAM_IGNORE_URL"}
	for name, v := range theirs {
		value, ok := here[name]
		switch number, _ := v.(float64); {
		case !ok && slices.ContainsFunc(without, func(prefix string) bool { return strings.HasPrefix(name, prefix) }):
		case !ok:
			t.Errorf("%s is missing, PHP's is %v", name, v)
		case float64(value) != number:
			t.Errorf("%s is %d, PHP's is %v", name, value, v)
		}
	}
}
