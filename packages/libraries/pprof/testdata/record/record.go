// Records one profile of each kind into the folder that is its argument.
//go:build ignore

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"time"
)

type tree struct{ left, right *tree }

var kept []*tree
var sink int

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func fibonacci(n int) int {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}

func words(count int) []string {
	list := make([]string, 0, count)
	for i := 0; i < count; i++ {
		list = append(list, strings.Repeat(fmt.Sprint((i*7919)%count), 3))
	}
	sort.Strings(list)
	return list
}

func handle(ctx context.Context, route string, until time.Time) {
	pprof.Do(ctx, pprof.Labels("route", route, "version", "1"), func(context.Context) {
		for time.Now().Before(until) {
			sink += fibonacci(22)
			sink += len(words(2000))
			kept = append(kept[:0], grow(10))
		}
	})
}

func contend(mutex *sync.Mutex, group *sync.WaitGroup) {
	defer group.Done()
	for i := 0; i < 20; i++ {
		mutex.Lock()
		time.Sleep(time.Millisecond)
		mutex.Unlock()
	}
}

func wait(channel chan int) { <-channel }

func write(folder, name string) {
	file, err := os.Create(filepath.Join(folder, "go-"+name+".pb.gz"))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := pprof.Lookup(name).WriteTo(file, 0); err != nil {
		panic(err)
	}
}

func main() {
	folder := os.Args[1]
	runtime.MemProfileRate = 4096
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	file, err := os.Create(filepath.Join(folder, "go-cpu.pb.gz"))
	if err != nil {
		panic(err)
	}
	pprof.StartCPUProfile(file)
	var group sync.WaitGroup
	until := time.Now().Add(1500 * time.Millisecond)
	for _, route := range []string{"/orders", "/health"} {
		group.Add(1)
		go func() { defer group.Done(); handle(context.Background(), route, until) }()
	}
	group.Wait()
	pprof.StopCPUProfile()
	file.Close()

	mutex := &sync.Mutex{}
	for i := 0; i < 4; i++ {
		group.Add(1)
		go contend(mutex, &group)
	}
	group.Wait()
	channel := make(chan int)
	for i := 0; i < 3; i++ {
		go wait(channel)
	}
	kept = append(kept, grow(14))
	runtime.GC()
	time.Sleep(20 * time.Millisecond)
	for _, name := range []string{"heap", "mutex", "block", "goroutine", "threadcreate"} {
		write(folder, name)
	}
	close(channel)
	time.Sleep(20 * time.Millisecond)
	runtime.GC()
	file, _ = os.Create(filepath.Join(folder, "go-heap-later.pb.gz"))
	kept = kept[:1]
	for i := 0; i < 40; i++ {
		kept = append(kept, grow(9))
	}
	sink += len(words(20000))
	runtime.GC()
	pprof.Lookup("heap").WriteTo(file, 0)
	file.Close()
}
