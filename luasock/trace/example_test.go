package trace_test

import (
	"fmt"
	"time"

	"sockscript/luasock/sock"
	"sockscript/luasock/trace"
)

// A Record is an observer of a VM: luasock.Options{Observe: record.Observe}.
func ExampleRecord() {
	start := time.Now()
	record := &trace.Record{Limits: trace.Limits{Messages: 2}}
	for i, e := range []sock.Event{
		{ID: 7, FD: 5, Op: "connect"},
		{ID: 7, FD: 5, Op: "recv", Data: []byte("220 ready\r\n")},
		{ID: 7, FD: 5, Op: "send", Data: []byte("QUIT\r\n")},
	} {
		e.Time = start.Add(time.Duration(i) * time.Millisecond)
		record.Observe(e)
	}
	fmt.Print(record.Text(trace.Options{Start: start}, 7))
	// Output:
	// #7 … 1 call before
	// +0.001000 #7 fd 5 <- recv 11 bytes
	//     00000000  32 32 30 20 72 65 61 64  79 0d 0a                 |220 ready..|
	// +0.002000 #7 fd 5 -> send 6 bytes
	//     00000000  51 55 49 54 0d 0a                                 |QUIT..|
}
