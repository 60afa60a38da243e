package repl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/spell"
	"sockscript/luasock/trace"
)

// command is an entry that begins with a dot.
type command struct {
	name string
	args string
	doc  string
	run  func(c *Console, arg string) error
}

// commands is the list of all, in the order of .help.
func commands() []command {
	return []command{
		{"help", "[NAME]", "this, or what a function does: .help socket.bind", (*Console).helpCommand},
		{"connect", "URL [CONTEXT]", "connects to tcp://host:port, tls://…; the stream is _", (*Console).connectCommand},
		{"listen", "URL [CONTEXT]", "listens on tcp://:port …; the server is _", (*Console).listenCommand},
		{"send", "TEXT", `sends "HELLO\r\n", or HELLO\r\n, with Lua's escapes`, (*Console).sendCommand},
		{"recv", "[LENGTH]", "waits for bytes and shows them", (*Console).recvCommand},
		{"interact", "[N]", "sends the lines that you type, up to Ctrl-]", (*Console).interactCommand},
		{"close", "[N]", "closes the connection", (*Console).closeCommand},
		{"sockets", "", "lists every open socket", (*Console).socketsCommand},
		{"tasks", "", "lists the tasks, and where they wait", (*Console).tasksCommand},
		{"hex", "on|off", "shows every byte that moves; of TLS, what is inside", (*Console).hexCommand},
		{"time", "EXPR", "evaluates, and says how long it took", (*Console).timeCommand},
		{"load", "FILE", "runs a script here", (*Console).loadCommand},
		{"save", "FILE", "writes the session as a script", (*Console).saveCommand},
		{"history", "[TEXT]", "lists what was entered, with TEXT in it", (*Console).historyCommand},
		{"quit", "", "leaves, as Ctrl-D does", (*Console).quitCommand},
	}
}

// isCommand tells whether an entry is a command: no Lua begins so.
func isCommand(text string) bool {
	return len(text) > 1 && text[0] == '.' && isNameByte(text[1]) && (text[1] < '0' || text[1] > '9')
}

// command runs a command and shows its error.
func (c *Console) command(text string) {
	name, arg, _ := strings.Cut(text[1:], " ")
	arg = strings.TrimSpace(arg)
	list := commands()
	i := slices.IndexFunc(list, func(k command) bool { return k.name == name })
	if i < 0 {
		c.fail(unknownCommand(name))
		return
	}
	switch k := list[i]; {
	case k.args == "" && arg != "":
		c.fail(fmt.Errorf(".%s takes nothing, got %s", k.name, arg))
	case arg == "" && k.args != "" && k.args[0] != '[':
		c.fail(fmt.Errorf(".%s needs %s: %s", k.name, k.args, k.doc))
	default:
		var refused *refusedError
		err := k.run(c, arg)
		if errors.As(err, &refused) {
			fmt.Fprintln(c.show, c.printer().results(refused.results))
		} else if err != nil {
			c.fail(err)
		}
	}
	c.notice()
}

// unknownCommand names the command that was perhaps meant.
func unknownCommand(name string) error {
	var names []string
	for _, k := range commands() {
		names = append(names, k.name)
	}
	near := spell.Nearest(name, slices.Values(names))
	if name == "exit" {
		near = "quit"
	}
	for i := 0; near == "" && i < len(names); i++ {
		if abbreviates(name, names[i]) {
			near = names[i]
		}
	}
	if near != "" {
		return fmt.Errorf("there is no command .%s; did you mean .%s?", name, near)
	}
	return fmt.Errorf("there is no command .%s; .help lists them", name)
}

// abbreviates tells whether a word has letters of a name, in their order, from the
// first on: "hx" and "sock" do.
func abbreviates(word, name string) bool {
	if word == "" || name == "" || word[0] != name[0] {
		return false
	}
	for _, c := range []byte(word) {
		i := strings.IndexByte(name, c)
		if i < 0 {
			return false
		}
		name = name[i+1:]
	}
	return true
}

// completeCommand completes a command's name, or the file that it is about; ok is
// false where Lua follows.
func completeCommand(text string) (from int, words []string, ok bool) {
	dot := strings.IndexByte(text, '.')
	name, arg, hasArg := strings.Cut(text[dot+1:], " ")
	if !hasArg {
		for _, k := range commands() {
			if strings.HasPrefix(k.name, name) {
				words = append(words, k.name)
			}
		}
		slices.Sort(words)
		return dot + 1, words, true
	}
	if name == "load" || name == "save" {
		from, words = completeFile(text, len(text)-len(strings.TrimLeft(arg, " ")))
		return from, words, true
	}
	return 0, nil, false
}

const usageNotes = `
An expression shows its value, which is _ from then on. What is unfinished goes
on in the next line (Alt-Enter begins one). The locals of an entry end with it:
leave out local, or paste lines: they are one entry. .send, .recv, .interact and
.close are about the socket or stream made or shown last, which is connection to
Lua; N: a descriptor or an expression. Tab completes; Ctrl-R searches; an entry
after a space is not kept. Ctrl-C interrupts or clears the line, tasks go on;
Ctrl-D leaves. Of Lua's names tell help(socket.bind) and help "socket".`

func (c *Console) helpCommand(arg string) error {
	if arg != "" {
		text, err := c.explain(strings.Trim(arg, `"'`))
		if err == nil {
			fmt.Fprintln(c.show, text)
		}
		return err
	}
	w := tabwriter.NewWriter(c.show, 0, 0, 2, ' ', 0)
	for _, k := range commands() {
		fmt.Fprintf(w, "  .%s %s\t%s\n", k.name, k.args, k.doc)
	}
	w.Flush()
	fmt.Fprintln(c.show, usageNotes)
	return nil
}

// explain is what a command, a name or a path of names is.
func (c *Console) explain(name string) (string, error) {
	for _, k := range commands() {
		if word, dotted := strings.CutPrefix(name, "."); word == k.name && (dotted || c.vm.L.GetGlobal(name) == lua.LNil) {
			return strings.TrimRight("."+k.name+" "+k.args, " ") + "\n  " + k.doc, nil
		}
	}
	text, ok := c.vm.Help(lua.LString(name))
	if !ok {
		p := pathBefore(name)
		text, ok = c.vm.Help(c.names.value(append(p.steps, p.word)))
	}
	switch command, dotted := strings.CutPrefix(name, "."); {
	case dotted:
		return "", unknownCommand(command)
	case !ok:
		return "", errors.New(c.vm.NoHelp(lua.LString(name)))
	}
	return text, nil
}

// target is what a person writes for an address: 7777, :7777, host:7777, host 7777,
// tls://host:7777, perhaps with a context behind it.
type target struct{ url, context string }

func readTarget(text, anyHost string) (t target, err error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "tcp", text
	}
	address, more, _ := strings.Cut(rest, " ")
	if port, _, _ := strings.Cut(strings.TrimSpace(more), " "); isNumber(port) {
		address, more = address+":"+port, strings.TrimPrefix(strings.TrimSpace(more), port)
	}
	if isNumber(address) {
		address = ":" + address
	}
	if strings.HasPrefix(address, ":") {
		address = anyHost + address
	}
	t = target{scheme + "://" + address, strings.TrimSpace(more)}
	if port := address[strings.LastIndexByte(address, ':')+1:]; !isNumber(port) && !slices.Contains([]string{"unix", "udg"}, scheme) {
		return t, fmt.Errorf("%s has no port, as %s:80 has", t.url, t.url)
	}
	return t, nil
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil
}

func (c *Console) connectCommand(arg string) error {
	return c.openCommand("socket.stream_client", arg, "127.0.0.1", ", nil, nil, ")
}

func (c *Console) listenCommand(arg string) error {
	return c.openCommand("socket.stream_server", arg, "0.0.0.0", ", nil, ")
}

// openCommand calls a function that makes a stream, which it shows. between stands
// between the function's URL and its context.
func (c *Console) openCommand(function, arg, anyHost, between string) error {
	t, err := readTarget(arg, anyHost)
	if err != nil {
		return err
	}
	expr := function + "(" + quoted(t.url)
	if t.context != "" {
		expr += between + t.context
	}
	expr += ")"
	fn, err := c.vm.Load([]byte("return "+expr), chunkName)
	if err != nil {
		return sourceError(err, "return "+expr)
	}
	results, err := c.vm.Call(c.vm.L, fn)
	if err != nil {
		return err
	}
	if first(results) == lua.LNil {
		return &refusedError{results}
	}
	c.session.add("_ = assert(" + expr + ")")
	c.session.current("_")
	c.results(results)
	return nil
}

func (c *Console) sendCommand(arg string) error {
	ud, err := c.object("")
	if err != nil {
		return err
	}
	if arg[0] != '"' && arg[0] != '\'' && arg[0] != '[' {
		arg = inQuotes(arg)
	}
	text, err := c.value(arg)
	if err != nil {
		return err
	}
	sent, err := c.method(ud, "write", text)
	if err != nil {
		return err
	}
	c.session.use("assert(connection:write(" + arg + "))")
	n, _ := first(sent).(lua.LNumber)
	fmt.Fprintln(c.show, c.paint(faint, plural(int(n), "byte")+" sent"))
	return nil
}

// inQuotes is a text with Lua's escapes as a string of Lua's. Quotes in it need no
// escape.
func inQuotes(text string) string {
	b := []byte{'"'}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			b = append(b, '\\')
			i++
		case text[i] == '"' || text[i] == '\\':
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return string(append(b, '"'))
}

func (c *Console) recvCommand(arg string) error {
	const usual, shown = 8192, 4096
	ud, err := c.object("")
	if err != nil {
		return err
	}
	length := lua.LValue(lua.LNumber(usual))
	if arg != "" {
		if length, err = c.value(arg); err != nil {
			return err
		}
	}
	received, err := c.method(ud, "read", length)
	if err != nil {
		return err
	}
	c.session.use(fmt.Sprintf("_ = assert(connection:read(%s))", length))
	c.vm.L.SetGlobal("_", first(received))
	text, _ := first(received).(lua.LString)
	fmt.Fprintln(c.show, c.printer().lines(string(text), shown))
	return nil
}

func (c *Console) interactCommand(arg string) error {
	ud, err := c.object(arg)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.show, c.paint(faint, "connected to the keyboard; Ctrl-] comes back"))
	_, err = c.method(ud, "interact")
	c.show.endLine()
	return err
}

func (c *Console) closeCommand(arg string) error {
	ud, err := c.object(arg)
	if fd, ok := literal(arg).(lua.LNumber); ok && err != nil {
		return c.closeDescriptor(int(fd))
	}
	if err != nil {
		return err
	}
	if _, err := c.method(ud, "close"); err != nil {
		return err
	}
	if ud == c.current {
		c.current = nil
		c.session.use("connection:close()")
	}
	return nil
}

// closeDescriptor closes a socket that only a task holds.
func (c *Console) closeDescriptor(fd int) error {
	for _, s := range c.vm.Net().Sockets() {
		if s.FD == fd {
			c.vm.Net().Abandon(s.ID)
			return nil
		}
	}
	return fmt.Errorf("there is no socket with the descriptor %d; .sockets lists all", fd)
}

func (c *Console) socketsCommand(string) error {
	list, named := c.vm.Net().Sockets(), c.connections()
	if len(list) == 0 {
		fmt.Fprintln(c.show, "no socket is open")
		return nil
	}
	w := tabwriter.NewWriter(c.show, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fd\tkind\tstate\tlocal\tremote\tin\tout\tage\tname")
	for _, s := range list {
		name := named[s.ID].name
		if name == currentName {
			name = ""
		}
		if socketIs(c.current, s.ID) {
			name = strings.TrimSpace(name + " *")
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", s.FD, s.Kind, s.State,
			address(s.Local.String(), s.State), address(s.Remote.String(), s.State), s.In, s.Out, age(time.Since(s.Made)), name)
	}
	return w.Flush()
}

func socketIs(ud *lua.LUserData, id uint64) bool {
	if ud == nil {
		return false
	}
	s := socketOf(ud)
	return s != nil && s.ID() == id
}

func address(text string, state sock.State) string {
	if text == "" || state == sock.Fresh {
		return "-"
	}
	return text
}

// age is a time as short as it can be told: 0.4s, 12s, 3m20s, 5h3m.
func age(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < time.Hour:
		return d.Truncate(time.Second).String()
	}
	return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
}

func (c *Console) tasksCommand(string) error {
	tasks := c.vm.Loop().Tasks()
	if len(tasks) == 0 {
		fmt.Fprintln(c.show, "no task runs")
		return nil
	}
	w := tabwriter.NewWriter(c.show, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "task\tstate\tat\twaits in")
	for _, t := range tasks {
		state, waits, where := "ready", "", ""
		if t.State() == loop.Waiting {
			state, waits = "waiting", strings.Replace(t.Why().String(), " socket: ", " ", 1)
			if t.Where != nil {
				where = t.Where()
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t, state, where, waits)
	}
	return w.Flush()
}

func (c *Console) hexCommand(arg string) error {
	net := c.vm.Net()
	switch arg {
	case "on":
		if c.unhex == nil {
			before := net.Observe
			net.Observe = trace.Tee(before, trace.Text(c.show, trace.Options{Color: c.color, Bytes: true}))
			c.unhex = func() { net.Observe = before }
		}
	case "off":
		if c.unhex != nil {
			c.unhex()
			c.unhex = nil
		}
	default:
		return fmt.Errorf(".hex must be on or off, got %s", arg)
	}
	return nil
}

func (c *Console) timeCommand(arg string) error {
	fn, source, err := c.compile(arg)
	if err != nil {
		return sourceError(err, source)
	}
	began := time.Now()
	results, ok := c.call(fn)
	took := time.Since(began)
	if ok {
		c.remember(arg, results)
		c.results(results)
	}
	fmt.Fprintln(c.show, c.paint(faint, took.String()))
	return nil
}

func (c *Console) loadCommand(arg string) error {
	if err := c.runFile(arg); err != nil {
		return err
	}
	c.session.add("dofile(" + quoted(arg) + ")")
	return nil
}

func (c *Console) saveCommand(arg string) error { return c.save(arg) }

func (c *Console) historyCommand(arg string) error {
	for i, entry := range c.history.entries {
		if strings.Contains(entry, arg) {
			fmt.Fprintf(c.show, "%5d  %s\n", i+1, strings.ReplaceAll(entry, "\n", "\n       "))
		}
	}
	return nil
}

func (c *Console) quitCommand(string) error {
	c.quit = true
	return nil
}
