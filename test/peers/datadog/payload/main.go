// Decodes Datadog payloads with Datadog's own generated code: a line `series|sketches <base64>` in, a line of JSON out.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/DataDog/agent-payload/v5/gogen"
)

type message interface{ Unmarshal([]byte) error }

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		kind, encoded, _ := strings.Cut(lines.Text(), " ")
		body, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil {
			var decoded message = &gogen.MetricPayload{}
			if kind == "sketches" {
				decoded = &gogen.SketchPayload{}
			}
			if err = decoded.Unmarshal(body); err == nil {
				err = json.NewEncoder(os.Stdout).Encode(decoded)
			}
		}
		if err != nil {
			fmt.Printf("%q\n", "error: "+err.Error())
		}
	}
}
