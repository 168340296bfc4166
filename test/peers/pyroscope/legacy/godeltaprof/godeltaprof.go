// Package godeltaprof is what Pyroscope 0.37.1 profiles itself with. The real one compiles only with Go up to 1.20; nobody
// asks this one for a profile.
package godeltaprof

import "io"

type (
	BlockProfiler struct{}
	HeapProfiler  struct{}
)

func NewBlockProfiler() *BlockProfiler { return &BlockProfiler{} }
func NewMutexProfiler() *BlockProfiler { return &BlockProfiler{} }
func NewHeapProfiler() *HeapProfiler   { return &HeapProfiler{} }

func (*BlockProfiler) Profile(io.Writer) error { return nil }
func (*HeapProfiler) Profile(io.Writer) error  { return nil }
