// Reads pages with Prometheus' own parsers, and says what it understood.
//
// On stdin come requests: a line with a content type, a space and a number of bytes, then the bytes. On stdout goes one line
// of JSON for each: the samples in their order, or what is wrong. With `bench FILE TIMES` it parses a file instead and says,
// in JSON, how many milliseconds of CPU that took with and without the labels being made.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

type sample struct {
	Labels   map[string]string `json:"labels"`
	Value    string            `json:"value"`
	Time     *int64            `json:"time,omitempty"`
	Exemplar *example          `json:"exemplar,omitempty"`
}

type example struct {
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"`
	Time   *int64            `json:"time,omitempty"`
}

type answer struct {
	Samples []sample    `json:"samples"`
	Told    [][3]string `json:"told"`
	Error   string      `json:"error,omitempty"`
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "bench" {
		bench(os.Args[2], os.Args[3])
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return
		}
		must(err)
		contentType, count, _ := strings.Cut(strings.TrimSpace(line), " ")
		size, err := strconv.Atoi(count)
		must(err)
		page := make([]byte, size)
		_, err = io.ReadFull(in, page)
		must(err)
		must(out.Encode(read(page, contentType)))
	}
}

func text(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }

func read(page []byte, contentType string) (result answer) {
	result.Samples = []sample{}
	result.Told = [][3]string{}
	parser, err := textparse.New(page, contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		result.Error = err.Error()
		return
	}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			result.Error = err.Error()
			return
		}
		switch entry {
		case textparse.EntryType:
			name, kind := parser.Type()
			result.Told = append(result.Told, [3]string{"type", string(name), string(kind)})
		case textparse.EntryHelp:
			name, help := parser.Help()
			result.Told = append(result.Told, [3]string{"help", string(name), string(help)})
		case textparse.EntryUnit:
			name, unit := parser.Unit()
			result.Told = append(result.Told, [3]string{"unit", string(name), string(unit)})
		case textparse.EntrySeries:
			_, time, value := parser.Series()
			var set labels.Labels
			parser.Labels(&set)
			one := sample{Labels: set.Map(), Value: text(value)}
			if time != nil {
				at := *time
				one.Time = &at
			}
			var found exemplar.Exemplar
			if parser.Exemplar(&found) {
				one.Exemplar = &example{Labels: found.Labels.Map(), Value: text(found.Value)}
				if found.HasTs {
					one.Exemplar.Time = &found.Ts
				}
			}
			result.Samples = append(result.Samples, one)
		}
	}
}

func bench(path, times string) {
	page, err := os.ReadFile(path)
	must(err)
	rounds, err := strconv.Atoi(times)
	must(err)
	first, again := []float64{}, []float64{}
	for round := 0; round < rounds; round++ {
		first = append(first, timed(page, true))
		again = append(again, timed(page, false))
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{"first": first, "again": again}))
}

func timed(page []byte, makeLabels bool) float64 {
	before := cpuMs()
	parser, err := textparse.New(page, "text/plain", labels.NewSymbolTable(), textparse.ParserOptions{})
	must(err)
	kept := []labels.Labels{}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return cpuMs() - before
		}
		must(err)
		if entry == textparse.EntrySeries {
			parser.Series()
			if makeLabels {
				var set labels.Labels
				parser.Labels(&set)
				kept = append(kept, set)
			}
		}
	}
}

func cpuMs() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
