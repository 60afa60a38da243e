package luasock

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What the collector has found is closed before EMFILE would be reported.
func TestForgottenSocketsBeforeEMFILE(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	few := limit
	few.Cur = uint64(openDescriptors(t) + 40)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Skip(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	runSocketScripts(t, []script{
		{name: "forgotten ones make room", code: `
			for i = 1, 500 do assert(socket.create(INET, STREAM)) end
			out("made") --> =made`},
		{name: "kept ones do not", code: `
			local kept, err, errno = {}
			repeat kept[#kept + 1], err, errno = socket.create(INET, STREAM) until err
			out(err, errno, #kept > 5) --> =Too many open files 24 true`},
	})
}
