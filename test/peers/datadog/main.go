// Prints what Datadog's own OTLP translator makes of metrics. Each line of the input is JSON: `{"options": {...}}` begins
// anew with these options, `{"request": "..."}` is an ExportMetricsServiceRequest in base64. Each request is answered by
// one line.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"log"
	"math"
	"os"
	"strconv"

	"github.com/DataDog/datadog-agent/pkg/opentelemetry-mapping-go/otlp/attributes"
	"github.com/DataDog/datadog-agent/pkg/opentelemetry-mapping-go/otlp/attributes/source"
	"github.com/DataDog/datadog-agent/pkg/opentelemetry-mapping-go/otlp/metrics"
	"github.com/DataDog/datadog-agent/pkg/util/quantile"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

type options struct {
	Histograms   string `json:"histograms"`
	Aggregations bool   `json:"aggregations"`
	Quantiles    bool   `json:"quantiles"`
	Sums         string `json:"sums"`
	Initial      string `json:"initial"`
	ScopeTags    bool   `json:"scope_tags"`
	Interval     bool   `json:"interval"`
	Hostname     string `json:"hostname"`
	DeltaTTL     int64  `json:"delta_ttl"`
}

type line struct {
	Options *options `json:"options"`
	Request string   `json:"request"`
}

// A float64 that JSON can hold whatever it is.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return json.Marshal(f)
}

type series struct {
	Metric    string   `json:"metric"`
	Type      string   `json:"type"`
	Unit      string   `json:"unit"`
	Interval  int64    `json:"interval"`
	Timestamp uint64   `json:"timestamp"`
	Value     number   `json:"value"`
	Tags      []string `json:"tags"`
	Host      string   `json:"host"`
}

type sketch struct {
	Metric    string   `json:"metric"`
	Unit      string   `json:"unit"`
	Timestamp uint64   `json:"timestamp"`
	Tags      []string `json:"tags"`
	Host      string   `json:"host"`
	Count     int64    `json:"count"`
	Min       number   `json:"min"`
	Max       number   `json:"max"`
	Sum       number   `json:"sum"`
	Average   number   `json:"average"`
	Keys      []int32  `json:"keys"`
	Counts    []uint32 `json:"counts"`
}

type answer struct {
	Series   []series `json:"series"`
	Sketches []sketch `json:"sketches"`
	Error    string   `json:"error,omitempty"`
}

func (a *answer) ConsumeTimeSeries(_ context.Context, d *metrics.Dimensions, t metrics.DataType, ts uint64, interval int64, value float64) {
	name, _ := t.MarshalText()
	a.Series = append(a.Series, series{d.Name(), string(name), d.Unit(), interval, ts, number(value), d.Tags(), d.Host()})
}

func (a *answer) ConsumeSketch(_ context.Context, d *metrics.Dimensions, ts uint64, _ int64, s *quantile.Sketch) {
	keys, counts := s.Cols()
	b := s.Basic
	a.Sketches = append(a.Sketches, sketch{
		d.Name(), d.Unit(), ts, d.Tags(), d.Host(),
		b.Cnt, number(b.Min), number(b.Max), number(b.Sum), number(b.Avg), keys, counts,
	})
}

func (*answer) ConsumeExplicitBoundHistogram(context.Context, *metrics.Dimensions, pmetric.HistogramDataPointSlice) {
}

func (*answer) ConsumeExponentialHistogram(context.Context, *metrics.Dimensions, pmetric.ExponentialHistogramDataPointSlice) {
}

type host string

func (h host) Source(context.Context) (source.Source, error) {
	return source.Source{Kind: source.HostnameKind, Identifier: string(h)}, nil
}

func newTranslator(o *options) metrics.Provider {
	set := component.TelemetrySettings{
		Logger:         zap.NewNop(),
		MeterProvider:  noopmetric.NewMeterProvider(),
		TracerProvider: nooptrace.NewTracerProvider(),
	}
	attributesTranslator, err := attributes.NewTranslator(set)
	if err != nil {
		log.Fatal(err)
	}
	given := []metrics.TranslatorOption{
		metrics.WithFallbackSourceProvider(host(o.Hostname)),
		metrics.WithHistogramMode(metrics.HistogramMode(o.Histograms)),
		metrics.WithNumberMode(metrics.NumberMode(o.Sums)),
		metrics.WithInitialCumulMonoValueMode(metrics.InitialCumulMonoValueMode(o.Initial)),
		metrics.WithDeltaTTL(o.DeltaTTL),
		metrics.WithoutRuntimeMetricMappings(),
		metrics.WithUnits(),
	}
	if o.Aggregations {
		given = append(given, metrics.WithHistogramAggregations())
	}
	if o.Quantiles {
		given = append(given, metrics.WithQuantiles())
	}
	if o.ScopeTags {
		given = append(given, metrics.WithInstrumentationScopeMetadataAsTags())
	}
	if o.Interval {
		given = append(given, metrics.WithInferDeltaInterval())
	}
	translator, err := metrics.NewDefaultTranslator(set, attributesTranslator, given...)
	if err != nil {
		log.Fatal(err)
	}
	return translator
}

func translate(translator metrics.Provider, encoded string) answer {
	answer := answer{Series: []series{}, Sketches: []sketch{}}
	bytes, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		log.Fatal(err)
	}
	request := pmetricotlp.NewExportRequest()
	if err := request.UnmarshalProto(bytes); err != nil {
		log.Fatal(err)
	}
	if _, err := translator.MapMetrics(context.Background(), request.Metrics(), &answer, nil); err != nil {
		answer.Error = err.Error()
	}
	return answer
}

func main() {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	var translator metrics.Provider
	for scanner.Scan() {
		var next line
		if err := json.Unmarshal(scanner.Bytes(), &next); err != nil {
			log.Fatal(err)
		}
		if next.Options != nil {
			translator = newTranslator(next.Options)
			continue
		}
		if err := encoder.Encode(translate(translator, next.Request)); err != nil {
			log.Fatal(err)
		}
		out.Flush()
	}
	if err := scanner.Err(); err != nil {
		log.Fatal(err)
	}
}
