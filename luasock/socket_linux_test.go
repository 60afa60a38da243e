package luasock

import "testing"

// What the collector has found is closed before EMFILE would be reported.
func TestForgottenSocketsBeforeEMFILE(t *testing.T) {
	limitDescriptors(t, openDescriptors(t)+40)
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
