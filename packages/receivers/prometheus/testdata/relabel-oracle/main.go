// What Prometheus itself makes of labels: cases on stdin, results on stdout, both JSON.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"gopkg.in/yaml.v2"
)

type testCase struct {
	Rules  []map[string]any  `json:"rules"`
	Labels map[string]string `json:"labels"`
}

type result struct {
	Error  string            `json:"error,omitempty"`
	Kept   bool              `json:"kept"`
	Labels map[string]string `json:"labels,omitempty"`
}

func main() {
	var cases []testCase
	decoder := json.NewDecoder(os.Stdin)
	decoder.UseNumber()
	if err := decoder.Decode(&cases); err != nil {
		panic(err)
	}
	results := make([]result, 0, len(cases))
	for _, one := range cases {
		results = append(results, run(one))
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

func run(one testCase) result {
	text, err := json.Marshal(one.Rules)
	if err != nil {
		return result{Error: err.Error()}
	}
	var rules []*relabel.Config
	if err := yaml.UnmarshalStrict(text, &rules); err != nil {
		return result{Error: strings.TrimSpace(err.Error())}
	}
	for _, rule := range rules {
		if err := rule.Validate(model.UTF8Validation); err != nil {
			return result{Error: err.Error()}
		}
	}
	builder := labels.NewBuilder(labels.FromMap(one.Labels))
	if !relabel.ProcessBuilder(builder, rules...) {
		return result{}
	}
	return result{Kept: true, Labels: builder.Labels().Map()}
}
