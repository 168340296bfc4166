// Reads requests of profiles with the collector's own code, and prints what it understands.
//
// On standard input: a line "<format> <bytes>", then so many bytes; format is proto or json. On standard output, for each, a
// line of JSON.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

type answer struct {
	Error    string          `json:"error,omitempty"`
	Samples  int             `json:"samples"`
	Profiles []profile       `json:"profiles"`
	JSON     json.RawMessage `json:"json,omitempty"`
	Proto    string          `json:"proto,omitempty"`
}

type profile struct {
	Resource   map[string]any `json:"resource"`
	Scope      map[string]any `json:"scope"`
	Attributes map[string]any `json:"attributes"`
	Type       string         `json:"type"`
	Unit       string         `json:"unit"`
	Time       string         `json:"time"`
	Duration   string         `json:"duration"`
	PeriodType string         `json:"periodType"`
	PeriodUnit string         `json:"periodUnit"`
	Period     string         `json:"period"`
	Samples    []sample       `json:"samples"`
}

type sample struct {
	Values     []string    `json:"values"`
	Stack      []location  `json:"stack"`
	Attributes [][3]string `json:"attributes"`
	Link       string      `json:"link"`
}

type location struct {
	Address string   `json:"address"`
	Mapping string   `json:"mapping"`
	Lines   []string `json:"lines"`
}

func main() {
	input := bufio.NewReader(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	for {
		var format string
		var size int
		if _, err := fmt.Fscanf(input, "%s %d\n", &format, &size); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return
			}
			log.Fatal(err)
		}
		content := make([]byte, size)
		if _, err := io.ReadFull(input, content); err != nil {
			log.Fatal(err)
		}
		if err := output.Encode(read(format, content)); err != nil {
			log.Fatal(err)
		}
	}
}

func read(format string, content []byte) (result answer) {
	defer func() {
		if failure := recover(); failure != nil {
			result = answer{Error: fmt.Sprint(failure)}
		}
	}()
	var profiles pprofile.Profiles
	var err error
	if format == "json" {
		profiles, err = (&pprofile.JSONUnmarshaler{}).UnmarshalProfiles(content)
	} else {
		profiles, err = (&pprofile.ProtoUnmarshaler{}).UnmarshalProfiles(content)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	result.Samples = profiles.SampleCount()
	for _, resource := range profiles.ResourceProfiles().All() {
		for _, scope := range resource.ScopeProfiles().All() {
			for _, one := range scope.Profiles().All() {
				result.Profiles = append(result.Profiles, plain(profiles.Dictionary(), resource, scope, one))
			}
		}
	}
	if result.JSON, err = (&pprofile.JSONMarshaler{}).MarshalProfiles(profiles); err != nil {
		return answer{Error: err.Error()}
	}
	proto, err := (&pprofile.ProtoMarshaler{}).MarshalProfiles(profiles)
	if err != nil {
		return answer{Error: err.Error()}
	}
	result.Proto = base64.StdEncoding.EncodeToString(proto)
	return result
}

func plain(d pprofile.ProfilesDictionary, resource pprofile.ResourceProfiles, scope pprofile.ScopeProfiles, one pprofile.Profile) profile {
	text := func(index int32) string { return d.StringTable().At(int(index)) }
	result := profile{
		Resource:   resource.Resource().Attributes().AsRaw(),
		Scope:      scope.Scope().Attributes().AsRaw(),
		Attributes: attributes(d, one.AttributeIndices()).AsRaw(),
		Type:       text(one.SampleType().TypeStrindex()),
		Unit:       text(one.SampleType().UnitStrindex()),
		Time:       strconv.FormatUint(uint64(one.Time()), 10),
		Duration:   strconv.FormatUint(one.DurationNano(), 10),
		PeriodType: text(one.PeriodType().TypeStrindex()),
		PeriodUnit: text(one.PeriodType().UnitStrindex()),
		Period:     strconv.FormatInt(one.Period(), 10),
		Samples:    []sample{},
	}
	for _, own := range one.Samples().All() {
		row := sample{Values: []string{}, Stack: []location{}, Attributes: [][3]string{}}
		for _, value := range own.Values().All() {
			row.Values = append(row.Values, strconv.FormatInt(value, 10))
		}
		for _, index := range d.StackTable().At(int(own.StackIndex())).LocationIndices().All() {
			row.Stack = append(row.Stack, plainLocation(d, d.LocationTable().At(int(index))))
		}
		for _, index := range own.AttributeIndices().All() {
			attribute := d.AttributeTable().At(int(index))
			row.Attributes = append(row.Attributes, [3]string{
				text(attribute.KeyStrindex()), attribute.Value().AsString(), text(attribute.UnitStrindex()),
			})
		}
		if own.LinkIndex() != 0 {
			link := d.LinkTable().At(int(own.LinkIndex()))
			row.Link = fmt.Sprintf("%s %s", link.TraceID(), link.SpanID())
		}
		result.Samples = append(result.Samples, row)
	}
	return result
}

func plainLocation(d pprofile.ProfilesDictionary, own pprofile.Location) location {
	text := func(index int32) string { return d.StringTable().At(int(index)) }
	result := location{Address: strconv.FormatUint(own.Address(), 10), Lines: []string{}}
	if own.MappingIndex() != 0 {
		mapping := d.MappingTable().At(int(own.MappingIndex()))
		result.Mapping = fmt.Sprintf("%d %d %d %s", mapping.MemoryStart(), mapping.MemoryLimit(), mapping.FileOffset(), text(mapping.FilenameStrindex()))
		if id, ok := attributes(d, mapping.AttributeIndices()).Get("process.executable.build_id.gnu"); ok {
			result.Mapping += " " + id.Str()
		}
		result.Mapping = strings.TrimRight(result.Mapping, " ")
	}
	for _, line := range own.Lines().All() {
		function := d.FunctionTable().At(int(line.FunctionIndex()))
		result.Lines = append(result.Lines, fmt.Sprintf("%s|%s|%s|%d|%d|%d", text(function.NameStrindex()),
			text(function.SystemNameStrindex()), text(function.FilenameStrindex()), function.StartLine(), line.Line(), line.Column()))
	}
	return result
}

func attributes(d pprofile.ProfilesDictionary, indices pcommon.Int32Slice) pcommon.Map {
	return pprofile.FromAttributeIndices(d.AttributeTable(), indexed{indices}, d)
}

type indexed struct{ indices pcommon.Int32Slice }

func (one indexed) AttributeIndices() pcommon.Int32Slice { return one.indices }
