// A client with grpc-go. It pulls as dbmon's clients do, and reads nodes as they do, into Go's types; then it subscribes, and
// says how that ended. A JSON object a line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

// What a node is for dbmon's clients.
type node struct {
	ID                int
	Up                bool
	Init              bool
	Out               bool
	Dead              bool
	Ranges            uint
	Replicas          uint
	CapacityUsage     uint64
	CapacityReserved  uint64
	CapacityAvailable uint64
	Capacity          uint64
	TotalSystemMemory int64
	MemoryUsage       uint64
	MemoryReserved    uint64
	MemoryAvailable   uint64
	QueriesPerSecond  float64
	Latency99         uint64
	ClockOffset       uint32
}

type probe struct {
	Cluster, Status, Timestamp string
	Nodes                      []node
}

// Messages are bytes here, as the wire has them.
type bytesCodec struct{}

func (bytesCodec) Name() string                  { return "proto" }
func (bytesCodec) Marshal(v any) ([]byte, error) { return *(v.(*[]byte)), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error {
	*(v.(*[]byte)) = append([]byte{}, data...)
	return nil
}

func main() {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})),
	}
	connection, err := grpc.NewClient(os.Args[1], options...)
	must(err)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, count := range []int32{1, 0, 1000, -1} {
		say(map[string]any{"probes": pull(ctx, connection, count)})
	}
	subscribe(ctx, connection)
}

func pull(ctx context.Context, connection *grpc.ClientConn, count int32) []probe {
	request := protowire.AppendTag(nil, 1, protowire.BytesType)
	request = protowire.AppendString(request, "roachy")
	request = protowire.AppendTag(request, 2, protowire.VarintType)
	request = protowire.AppendVarint(request, uint64(int64(count)))
	var reply []byte
	must(connection.Invoke(ctx, "/dbmon.HealCheck/Pull", &request, &reply))
	probes := []probe{}
	fields(reply, func(number protowire.Number, value []byte) {
		if number == 3 {
			probes = append(probes, read(value))
		}
	})
	return probes
}

func read(message []byte) probe {
	var one probe
	fields(message, func(number protowire.Number, value []byte) {
		switch number {
		case 1:
			one.Cluster = string(value)
		case 2:
			one.Status = string(value)
		case 3:
			must(json.Unmarshal(value, &one.Nodes))
		case 4:
			one.Timestamp = string(value)
		}
	})
	return one
}

func subscribe(ctx context.Context, connection *grpc.ClientConn) {
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/millrace.reports.v1.Reports/Subscribe")
	must(err)
	request := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), 0)
	must(stream.SendMsg(&request))
	must(stream.CloseSend())
	for {
		var event []byte
		if err := stream.RecvMsg(&event); err != nil {
			say(map[string]any{"ended": status.Code(err).String(), "message": status.Convert(err).Message()})
			return
		}
		say(map[string]any{"event": len(event)})
	}
}

// All fields have a length here.
func fields(message []byte, each func(protowire.Number, []byte)) {
	for len(message) > 0 {
		number, _, size := protowire.ConsumeTag(message)
		value, length := protowire.ConsumeBytes(message[size:])
		each(number, value)
		message = message[size+length:]
	}
}

func say(line any) {
	text, err := json.Marshal(line)
	must(err)
	fmt.Println(string(text))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
