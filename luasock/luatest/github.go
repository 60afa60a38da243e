package luatest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// GitHub returns a Reporter that writes an annotation for each failure, as a
// workflow of GitHub Actions reads it from its log.
func GitHub(w io.Writer) Reporter { return &github{w} }

type github struct{ w io.Writer }

func (g *github) Begin(*Summary)              {}
func (g *github) Started(string, []string)    {}
func (g *github) Counted(*Summary)            {}
func (g *github) Ended(string, time.Duration) {}

func (g *github) Result(r *Result) {
	for _, f := range r.Failures {
		file, line := f.File, f.Line
		if file == "" {
			file, line = r.File, r.Line
		}
		fmt.Fprintf(g.w, "::error file=%s,line=%d,title=%s::%s\n", githubProperty(file), max(line, 1), githubProperty(r.Name()), githubText(f.Message))
	}
}

func (g *github) End(s *Summary) {
	for _, text := range s.Obsolete {
		fmt.Fprintf(g.w, "::warning title=obsolete snapshot::%s\n", githubText(text))
	}
	fmt.Fprintf(g.w, "::notice title=sockscript test::%s in %s\n", githubText(counts(s)), duration(s.Duration))
}

// githubText escapes what would end a message.
func githubText(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// githubProperty escapes what would end a property too.
func githubProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubText(text))
}
