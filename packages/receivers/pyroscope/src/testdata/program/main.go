// A program with pprof endpoints: it allocates, locks and computes when it is told to.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"strconv"
	"sync"
	"time"
)

var kept [][]byte

//go:noinline
func allocate(n int) {
	for i := 0; i < n; i++ {
		kept = append(kept, make([]byte, 1<<20))
	}
}

//go:noinline
func contend() {
	var lock sync.Mutex
	var done sync.WaitGroup
	for i := 0; i < 4; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			lock.Lock()
			time.Sleep(5 * time.Millisecond)
			lock.Unlock()
		}()
	}
	done.Wait()
}

var sum float64

//go:noinline
func burn() {
	for {
		sum += 1 / (1 + sum)
	}
}

func main() {
	runtime.MemProfileRate = 1
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	port := flag.Int("port", 0, "")
	flag.Parse()
	http.HandleFunc("/allocate", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		allocate(n)
		// What is allocated is in the profile after two collections.
		runtime.GC()
		runtime.GC()
	})
	http.HandleFunc("/contend", func(http.ResponseWriter, *http.Request) { contend() })
	http.HandleFunc("/burn", func(http.ResponseWriter, *http.Request) { go burn() })
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	_ = http.Serve(listener, nil)
}
