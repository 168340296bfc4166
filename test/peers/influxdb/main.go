// Reads line protocol with InfluxData's own decoder, and says what it understood.
//
// On stdin come requests: a line with the number of bytes, then the bytes. On stdout goes one line of JSON for each: the
// entries in their order, or where and why one of them is not line protocol.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
)

type pair [2]string

type field struct {
	Key   string `json:"key"`
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

type entry struct {
	Measurement string  `json:"measurement"`
	Tags        []pair  `json:"tags"`
	Fields      []field `json:"fields"`
	Time        string  `json:"time"`
}

type answer struct {
	Entries []entry `json:"entries"`
	Error   string  `json:"error,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return
		}
		must(err)
		size, err := strconv.Atoi(line[:len(line)-1])
		must(err)
		request := make([]byte, size)
		_, err = io.ReadFull(in, request)
		must(err)
		must(out.Encode(read(request)))
	}
}

func read(request []byte) answer {
	decoder := lineprotocol.NewDecoderWithBytes(request)
	entries := []entry{}
	for decoder.Next() {
		one, err := next(decoder)
		if err != nil {
			return answer{entries, err.Error()}
		}
		entries = append(entries, one)
	}
	if err := decoder.Err(); err != nil {
		return answer{entries, err.Error()}
	}
	return answer{Entries: entries}
}

func next(decoder *lineprotocol.Decoder) (entry, error) {
	one := entry{Tags: []pair{}}
	measurement, err := decoder.Measurement()
	if err != nil {
		return one, err
	}
	one.Measurement = string(measurement)
	for {
		key, value, err := decoder.NextTag()
		if err != nil {
			return one, err
		}
		if key == nil {
			break
		}
		one.Tags = append(one.Tags, pair{string(key), string(value)})
	}
	for {
		key, value, err := decoder.NextField()
		if err != nil {
			return one, err
		}
		if key == nil {
			break
		}
		one.Fields = append(one.Fields, field{string(key), value.Kind().String(), text(value)})
	}
	if len(one.Fields) == 0 {
		return one, fmt.Errorf("no field: %q", one.Measurement)
	}
	at, err := decoder.Time(lineprotocol.Nanosecond, time.Time{})
	if err != nil {
		return one, err
	}
	one.Time = strconv.FormatInt(at.UnixNano(), 10)
	return one, nil
}

func text(value lineprotocol.Value) string {
	switch value.Kind() {
	case lineprotocol.Float:
		return strconv.FormatFloat(value.FloatV(), 'g', -1, 64)
	case lineprotocol.String:
		return value.StringV()
	default:
		return fmt.Sprint(value.Interface())
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
